"""What a file holds and how to get its text: told by its first bytes, and only then by its name.

One visible table: format -> module with `to_text(data, name)`. Those that read text get it decoded.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec

from summarize.errors import DocumentError

# Format -> the library it needs (of the extra `formats`, or of the core), for those in bytes.
BINARY = {"pdf": "pypdf", "docx": "mammoth"}
TEXT = {"html": "trafilatura", "markdown": None, "rst": None, "tex": None, "mail": None}
SUFFIXES = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".rst": "rst",
    ".tex": "tex",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".eml": "mail",
    ".json": "json",
}
COMMENTS = re.compile(r"(?:\s*<(?:!--(?:(?!-->).)*--|\?xml[^>]*)>)*\s*", re.S)
HTML = re.compile(r"<(?:!doctype\s+html\b|(?:html|head|body)(?:\s*>|\s+[\w:-]+=))", re.I)
MAIL = re.compile(r"(?:From [^\n]*\n)?(?:[A-Za-z][\w-]*:[^\n]*\n(?:[ \t][^\n]*\n)*)+\r?\n")
MAIL_FIELDS = re.compile(r"^(From|To|Subject|Date|Message-ID|Received|MIME-Version):", re.M | re.I)
# A document, not a sentence about LaTeX: its first line is a command or a comment.
TEX = re.compile(r"(?:\s|%[^\n]*\n)*\\[a-z]")
TEX_DOCUMENT = re.compile(r"^\\(?:documentclass\b|usepackage\b|begin\{document\})", re.M)
HEADING = re.compile(r"^#{1,6} \S", re.M)
FENCE_OR_LINK = re.compile(r"^```|\]\([^)\s]{1,200}\)", re.M)
RST_TITLE = re.compile(r"^(\S[^\n]*)\n([=~^\"'#*+-])\2{2,}[ \t]*$", re.M)
RST_SIGN = re.compile(r"^\.\. [\w-]+::|:[a-z]{1,20}:`[^`\n]{1,200}`", re.M)
HEAD = 4096  # characters that are looked at


def of_bytes(data: bytes, name: str) -> str | None:
    """pdf or docx, else None."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"PK\x03\x04") and b"word/" in data:
        return "docx"
    return None


def of_text(text: str, name: str) -> str | None:
    """The markup of a text, None for plain text. The content decides; where it says nothing, the
    name does."""
    head = text[:HEAD].lstrip("\ufeff")
    before = COMMENTS.match(head)
    if HTML.match(head, before.end() if before else 0):
        return "html"
    suffix = next((s for s in SUFFIXES if name.lower().endswith(s)), None)
    if suffix:
        return SUFFIXES[suffix]
    if head.lstrip()[:1] in ("{", "[") and is_json(text):
        return "json"
    headers = MAIL.match(text[: 8 * HEAD])  # a mail that went far carries many
    if headers and len(set(MAIL_FIELDS.findall(headers[0]))) >= 3:
        return "mail"
    if TEX.match(head) and TEX_DOCUMENT.search(head):
        return "tex"
    has_heading = HEADING.search(head) and not head.startswith("#!")
    if has_heading and FENCE_OR_LINK.search(text[: 8 * HEAD]):
        return "markdown"
    if RST_TITLE.search(head) and RST_SIGN.search(text[: 8 * HEAD]):
        return "rst"
    return None


def is_json(text: str) -> bool:
    import json

    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def convert(kind: str, data: bytes | str, name: str) -> str:
    """The text that a reader of this file sees. Raises DocumentError, in one line."""
    library = BINARY.get(kind) or TEXT.get(kind)
    if library and find_spec(library) is None:
        raise DocumentError(
            f"{name} is {kind.upper()}, which needs {library}; install it with: "
            "pip install 'summarize[formats]'"
        )
    text: str = import_module(f"summarize.document.formats.{kind}").to_text(data, name)
    return text
