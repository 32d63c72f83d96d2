"""Markdown to the text that a reader sees: no front matter, code blocks, link targets or HTML."""

from __future__ import annotations

import re
from html import unescape

FRONT_MATTER = re.compile(
    r"\A\ufeff?(---|\+\+\+)[ \t]*\n(?=[\w-]+\s*[:=]|#).*?\n(---|\+\+\+|\.\.\.)[ \t]*(\n|\Z)", re.S
)


PARSED = 500_000  # characters; what follows is taken as it is, for no model reads that far


def to_text(markdown: str, name: str = "") -> str:
    """Paragraphs, headings, list items and table cells, a blank line between blocks."""
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    def inline(children: list[Token]) -> str:
        parts = []
        for child in children:
            if child.type in ("text", "code_inline"):
                parts.append(child.content)
            elif child.type in ("softbreak", "hardbreak"):
                parts.append(" ")
        return "".join(parts)

    markdown = FRONT_MATTER.sub("", markdown.replace("\r\n", "\n"), count=1)
    markdown, rest = markdown[:PARSED], markdown[PARSED:]
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    blocks = []
    for token in parser.parse(markdown):
        if token.type == "inline":
            # An image's alternative text (often a badge) is not prose: its children are nested
            # one deeper and so left out.
            text = inline(token.children or [])
            if text.strip():
                blocks.append(text.strip())
        elif token.type == "html_block":
            text = unescape(re.sub(r"<!--.*?(?:-->|\Z)|<[^<>]*>", " ", token.content, flags=re.S))
            if text.strip():
                blocks.append(" ".join(text.split()))
    return "\n\n".join([*blocks, rest] if rest else blocks)
