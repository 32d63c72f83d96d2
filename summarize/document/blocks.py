"""Blocks of a plain text, guessed from its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from summarize.document.document import Block
from summarize.document.headings import headings, is_ruled
from summarize.document.sentences import ITEM, MARK

RULES = {"=": 1, "-": 2, "~": 3}
NUMBERED = re.compile(r"\s*\(?(?:\d{1,3}|[a-z])[.)]\s")


def guess_blocks(text: str) -> Iterator[Block]:
    """Headings, items and paragraphs, in order; their spans do not overlap."""
    lines = text.splitlines(keepends=True)
    bare = [line.rstrip("\r\n") for line in lines]
    names = {number for number, _ in headings(bare)}
    kind, start, end, offset = "", 0, 0, 0
    ruled = -1
    for number, line in enumerate(lines):
        stripped = line.strip()
        begin = offset + len(line) - len(line.lstrip())
        stop = offset + len(line.rstrip())
        offset += len(line)
        is_item = bool(ITEM.match(line)) or (kind != "paragraph" and bool(NUMBERED.match(line)))
        if kind and (not stripped or number in names or is_item):
            yield Block(kind, start, end)
            kind = ""
        if not stripped or number == ruled:
            continue
        if number in names:
            if is_ruled(bare, number):
                ruled = number + 1
            yield Block("heading", begin, stop, level(bare, number))
        elif kind:
            end = stop
        else:
            if is_item and (mark := ITEM.match(line) or NUMBERED.match(line)):
                begin = min(stop, begin - (len(line) - len(line.lstrip())) + mark.end())
            kind, start, end = ("item" if is_item else "paragraph"), begin, stop
    if kind:
        yield Block(kind, start, end)


def level(lines: list[str], number: int) -> int:
    line = lines[number].strip()
    if MARK.fullmatch(line):
        return min(6, len(line) - len(line.lstrip("#")))
    if is_ruled(lines, number):
        return RULES.get(lines[number + 1].strip()[0], 3)
    return 1 if line.isupper() else 2
