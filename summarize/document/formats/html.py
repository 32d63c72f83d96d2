"""HTML to its main text with trafilatura: no navigation, advertisements or footers."""

from __future__ import annotations

import logging
import re

from summarize.errors import DocumentError

BREAK = re.compile(r"<br\s*/?>", re.I)
PREFORMATTED = re.compile(r"<pre\b[^>]*>(.*?)</pre>", re.I | re.S)


def to_text(text: str, name: str) -> str:
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    # Its lines are paragraphs, so a line break inside of one must not make two.
    text = BREAK.sub(" ", text.replace("\0", ""))
    text = PREFORMATTED.sub(lambda found: unwrapped(found[1]), text)
    try:
        found = trafilatura.extract(text, include_comments=False, include_tables=True)
        if not found or not found.strip():  # a fragment, or a page of an odd build
            found = trafilatura.html2txt(text)
    except Exception as error:  # lxml raises what it likes on broken markup
        first = " ".join(str(error).split())[:120] or type(error).__name__
        raise DocumentError(f"{name} is HTML that can't be read: {first}") from None
    if not found or not found.strip():
        raise DocumentError(f"{name} is HTML without a text to summarize")
    return "\n\n".join(line for line in found.splitlines() if line.strip())


def unwrapped(preformatted: str) -> str:
    """Blank lines part paragraphs, as in a plain text that is wrapped by hand."""
    blocks = re.split(r"\n[ \t]*\n", preformatted)
    return "".join(f"<p>{' '.join(block.split())}</p>" for block in blocks)
