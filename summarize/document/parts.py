"""What a format hands over: the parts of a document in order, each with the kind of block it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from summarize.document.document import Block

SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, which is not text
SHY = "\u00ad"  # a hyphen that is only seen where a line breaks
VERBATIM = ("code", "table")


class Part(NamedTuple):
    """The text of one block; see Block for the other fields."""

    kind: str
    text: str
    level: int = 0
    speaker: str = ""


def assemble(parts: Iterable[Part]) -> tuple[str, tuple[Block, ...]]:
    """One text of all parts, a blank line between them, and where each is. White space is squeezed,
    except in code and tables; a part without a letter or digit is left out."""
    texts: list[str] = []
    blocks: list[Block] = []
    offset, before = 0, ""
    for part in parts:
        kind, text, level, speaker = part
        if not text.isascii():
            text = SURROGATE.sub("\ufffd", text).replace(SHY, "")
        text = text.strip("\n").rstrip() if kind in VERBATIM else " ".join(text.split())
        if not has_words(text):
            continue
        gap = "" if not texts else "\n" if before == kind == "item" else "\n\n"
        start = offset + len(gap)
        offset, before = start + len(text), kind
        texts += (gap, text)
        blocks.append(Block(kind, start, offset, level, speaker))
    return "".join(texts), tuple(blocks)


def has_words(text: str) -> bool:
    return text[:1].isalnum() or any(map(str.isalnum, text))


def table(rows: Iterable[Iterable[str]]) -> Part:
    """A line for each row, its cells set apart."""
    lines = (" | ".join(" ".join(cell.split()) for cell in row) for row in rows)
    return Part("table", "\n".join(line for line in lines if has_words(line)))


def of_text(text: str, kind: str = "") -> list[Part]:
    """The parts of a plain text, all of one kind if that is given."""
    from summarize.document.blocks import guess_blocks

    return [
        Part(kind or block.kind, text[block.start : block.end], block.level, block.speaker)
        for block in guess_blocks(text)
    ]
