"""What a file holds: told by its first bytes, then by its text, and only then by its name.

One visible table: format -> module with `parts(data, name)`, a list of Part. Those of BINARY get
bytes, mail bytes or text, the others decoded text.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from summarize.errors import DocumentError

if TYPE_CHECKING:
    from summarize.document.parts import Part

# Format -> the library it needs beyond the core's (of the extra `formats`).
BINARY = {"pdf": "pypdf", "docx": None}
TEXT = {
    "html": "trafilatura",
    "xml": "lxml",
    "markdown": None,
    "rst": None,
    "tex": None,
    "mail": None,
    "manpage": None,
    "subtitles": None,
    "notebook": None,
    "metadata": None,
    "pod": None,
}
KINDS = {"mail": "mail", "manpage": "manpage"}  # of the document; of the others "text"
SUFFIXES = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".rst": "rst",
    ".tex": "tex",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".eml": "mail",
    ".mbox": "mail",
    ".json": "json",
    ".ipynb": "notebook",
    ".pod": "pod",
}
XML_PROSE = re.compile(r"<(?:\w{1,20}:)?(?:para|simpara|p|description|summary|content)\b")
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


def of_bytes(data: bytes) -> str | None:
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
    if HTML.match(head, after_comments(head)):
        return "html"
    if head.startswith("<?xml") and holds_prose(text[: 8 * HEAD]):
        return "xml"
    suffix = next((s for s in SUFFIXES if name.lower().endswith(s)), None)
    if suffix:
        return SUFFIXES[suffix]
    if head.lstrip()[:1] in ("{", "[") and is_json(text):
        return "notebook" if is_notebook(text) else "json"
    if head.lstrip()[:1] == "=" and is_pod(head):
        return "pod"
    if head.startswith(("Metadata-Version: ", "Package:", "Name")) and is_package(head):
        return "metadata"
    if "-->" in head and is_subtitles(head):
        return "subtitles"
    if head.lstrip()[:1] in (".", "'") and has_roff_title(text[: 8 * HEAD]):
        return "manpage"
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


def is_notebook(text: str) -> bool:
    return '"nbformat"' in text and '"cells"' in text


def is_subtitles(head: str) -> bool:
    from summarize.document.formats import subtitles

    return subtitles.is_subtitles(head)


def is_package(head: str) -> bool:
    from summarize.document.formats import metadata

    return metadata.is_package(head)


def is_pod(head: str) -> bool:
    from summarize.document.formats import pod

    return pod.is_pod(head)


def has_roff_title(head: str) -> bool:
    """Whether a line names a manual page; comments and macros of its own may come first."""
    return any(line.startswith((".TH ", ".Dd ")) for line in head.split("\n"))


def holds_prose(head: str) -> bool:
    """Whether XML has paragraphs or descriptions, as DocBook and feeds have."""
    return sum(1 for _ in XML_PROSE.finditer(head)) >= 3


def after_comments(head: str) -> int:
    """Where what is not a comment or an XML declaration begins."""
    place = 0
    while True:
        place += len(head[place:]) - len(head[place:].lstrip())
        mark = "-->" if head.startswith("<!--", place) else ">"
        if mark == ">" and not head.startswith("<?xml", place):
            return place
        end = head.find(mark, place)
        if end < 0:
            return place
        place = end + len(mark)


def is_json(text: str) -> bool:
    import json

    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def parts(kind: str, data: bytes | str, name: str) -> list[Part]:
    """What a reader of this file sees. Raises DocumentError, in one line."""
    library = BINARY.get(kind) or TEXT.get(kind)
    if library and find_spec(library) is None:
        raise DocumentError(
            f"{name} is {kind.upper()}, which needs {library}; install the extra "
            '"formats" (README, Install)'
        )
    if kind == "mail" and isinstance(data, str):
        data = data.encode("utf-8", "replace")
    found: list[Part] = import_module(f"summarize.document.formats.{kind}").parts(data, name)
    return found
