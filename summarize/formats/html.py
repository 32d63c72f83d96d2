"""HTML to its main text with trafilatura: no navigation, advertisements or footers."""

from __future__ import annotations

import logging

from summarize.errors import DocumentError


def to_text(text: str, name: str) -> str:
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        found = trafilatura.extract(text, include_comments=False, include_tables=True)
    except Exception as error:  # lxml raises what it likes on broken markup
        raise DocumentError(f"{name} is HTML that can't be read: {error}") from None
    if not found or not found.strip():
        raise DocumentError(f"{name} is HTML without a text to summarize")
    # Its lines are paragraphs.
    return "\n\n".join(line for line in found.splitlines() if line.strip())
