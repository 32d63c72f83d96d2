"""Markdown with markdown-it: headings, paragraphs, items, tables, quotations and code. Link
targets, images, HTML tags, comments and front matter are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any

from summarize.document.parts import Part, of_text, table

if TYPE_CHECKING:
    from markdown_it.token import Token

# markdown-it needs a microsecond for a character, and 10 to 20 for a line or a mark. What a hostile
# or very long text has beyond this is read with the rules for plain text, which are faster.
MOST_CHARACTERS, MOST_MARKS = 400_000, 30_000
MARKS = re.compile(r"[\n\[\]()*_!`|<&\\]")
TAG = re.compile(r"<[^<>]*>")
HTML_HEADING = re.compile(r"\s*<h([1-6])\b", re.I)
CHECKBOX = re.compile(r"\[[ xX]\]\s+")
KEY = re.compile(r"[\w-]+\s*[:=]|#")
LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\s]{0,500}\)")


def parts(markdown: str, name: str = "") -> list[Part]:
    markdown = without_front_matter(markdown.replace("\r\n", "\n"))
    end = affordable(markdown)
    found = list(parsed(markdown[:end]))
    if end < len(markdown):
        found += of_text(LINK.sub(r"\1", markdown[end:]))
    return found


def affordable(markdown: str) -> int:
    """Where to stop parsing: at the end, or at a blank line (or any place) before it."""
    stop = len(markdown)
    for count, mark in enumerate(MARKS.finditer(markdown[: MOST_CHARACTERS + 1])):
        if count == MOST_MARKS:
            stop = mark.start()
            break
    stop = min(stop, MOST_CHARACTERS)
    if stop == len(markdown):
        return stop
    blank = markdown.rfind("\n\n", 0, stop)
    return blank if blank > stop // 2 else stop


@cache
def parser() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable("table")


def parsed(markdown: str) -> Iterator[Part]:
    tokens = parser().parse(markdown)
    heading, quotes, lists = 0, 0, 0
    first = False  # whether the next paragraph begins an item
    rows: list[list[str]] = []
    for token in tokens:
        match token.type:
            case "heading_open":
                heading = int(token.tag[1])
            case "heading_close":
                heading = 0
            case "blockquote_open" | "blockquote_close":
                quotes += token.nesting
            case (
                "bullet_list_open"
                | "ordered_list_open"
                | "bullet_list_close"
                | ("ordered_list_close")
            ):
                lists += token.nesting
            case "list_item_open":
                first = True
            case "tr_open":
                rows.append([])
            case "table_close":
                yield table(rows)
                rows = []
            case "fence" | "code_block":
                yield Part("code", token.content)
            case "html_block":
                yield of_html(token.content)
            case "inline":
                text = inline(token.children or [])
                if heading:
                    yield Part("heading", text, heading)
                elif rows:
                    rows[-1].append(text)
                elif first and is_entry(token.children or []):
                    pass  # of a table of contents
                elif first:
                    yield Part("item", CHECKBOX.sub("", text), lists)
                else:
                    yield Part("quote" if quotes else "paragraph", text)
                first = False


def is_entry(children: list[Token]) -> bool:
    """Whether it is nothing but a link to a place on the same page."""
    if len(children) < 3 or children[0].type != "link_open" or children[-1].type != "link_close":
        return False
    return str(children[0].attrs.get("href", "")).startswith("#")


def inline(children: list[Token]) -> str:
    """Without images: the text of one (often a badge) is nested one deeper, and so left out."""
    pieces = []
    for child in children:
        if child.type in ("text", "code_inline"):
            pieces.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            pieces.append(" ")
    return "".join(pieces)


def of_html(html: str) -> Part:
    """A block of HTML within Markdown: its text, without comments and tags."""
    visible: list[str] = []
    for piece in html.split("<!--"):
        visible.append(piece.partition("-->")[2] if visible else piece)
    text = unescape(TAG.sub(" ", " ".join(visible)))
    heading = HTML_HEADING.match(visible[0])
    return Part("heading", text, int(heading[1])) if heading else Part("paragraph", text)


def without_front_matter(markdown: str) -> str:
    """A head of keys and values between rules is for programs."""
    lines = markdown.removeprefix("\ufeff").split("\n", 1)
    mark = lines[0].rstrip()
    if mark not in ("---", "+++") or len(lines) < 2 or not KEY.match(lines[1]):
        return markdown
    size = len(markdown) - len(lines[1])
    for line in lines[1].splitlines(keepends=True):
        size += len(line)
        if line.rstrip() in (mark, "..."):
            return markdown[size:]
    return markdown
