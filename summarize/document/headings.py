"""Headings of a plain text, and the sections under them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from summarize.document.sentences import ENDS, is_capitals, marked

LONGEST, MOST_WORDS = 80, 12  # of a heading, in characters and words
PROSE = 20  # words that make a block prose although no sentence ends there
RULES = tuple("=~^\"'#*+_-")
RULE = re.compile(r"\s*([=~^\"'#*+_-])\1{2,}\s*")
ITEM = re.compile(r"\s*(?:[-*•+>$|]|\d+\)|[a-z]\)\s|[a-zß-öø-ÿ])")  # or a small letter


class Section(NamedTuple):
    """`heading` is the bare name, empty before the first one; `head` its line (or two) as it
    stood, `body` what follows. `head` and `body` of all, joined, have every word in order."""

    heading: str
    head: str
    body: str

    @property
    def text(self) -> str:
        return f"{self.head}\n\n{self.body}" if self.head else self.body


def sections(text: str) -> list[Section]:
    """The text cut before each heading.

    A heading is marked (`# Name`, or a line ruled underneath), or a short line on its own before
    prose, or a line in capitals before indented text, as in a manual page. Fewer than two make
    one section without a heading.
    """
    lines = text.splitlines()
    starts = list(headings(lines))
    if len(starts) < 2:
        return [Section("", "", text)]
    bounds = [*(number for number, _ in starts), len(lines)]
    found = [Section("", "", "\n".join(lines[: bounds[0]]))]
    for (start, name), end in zip(starts, bounds[1:], strict=True):
        first = start + 1 + is_ruled(lines, start)
        found.append(Section(name, "\n".join(lines[start:first]), "\n".join(lines[first:end])))
    return [section for section in found if section.text.strip()]


def is_ruled(lines: list[str], number: int) -> bool:
    """Whether the next line is a rule under this one."""
    under = lines[number + 1] if number + 1 < len(lines) else ""
    if under.lstrip()[:1] not in RULES:
        return False
    return bool(RULE.fullmatch(under)) and 2 * len(under.strip()) >= len(lines[number].strip())


def headings(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Line number and name of each."""
    bare = set(bare_lines(lines))
    for number, line in enumerate(lines):
        if not line:
            continue
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if line.lstrip()[:1] == "#":
            mark = marked(line)
            if mark and not is_comment(lines, number):
                yield number, mark[1]
        elif number in bare:
            yield number, line.strip()
        elif is_ruled(lines, number) or is_capitals(line, following):
            if looks_like_one(line):
                yield number, line.strip()


def is_comment(lines: list[str], number: int) -> bool:
    """One of several marked lines without a gap: a comment in a configuration file, say."""
    own = marked(lines[number])
    for near in (number - 1, number + 1):
        other = marked(lines[near]) if 0 <= near < len(lines) else None
        if own and other and own[0] == other[0]:
            return True
    return False


def looks_like_one(line: str) -> bool:
    name = line.strip()
    return (
        0 < len(name) <= LONGEST
        and len(name.split()) <= MOST_WORDS
        and not name.endswith((*ENDS, ",", ";", ":"))
        and not ITEM.match(line)
        and any(character.isalpha() for character in name)
    )


def bare_lines(lines: list[str]) -> Iterator[int]:
    """Short lines between blank ones, the last before prose, not one of many (a list)."""
    blocks = list(blocks_of(lines))
    run = 0
    for place, (start, block) in enumerate(blocks):
        is_short = len(block) == 1 and len(block[0].split()) <= MOST_WORDS
        if not is_short or block[0].rstrip().endswith(ENDS):
            run = 0
            continue
        run += 1
        if not looks_like_one(block[0]):
            continue
        after = " ".join(blocks[place + 1][1]).rstrip() if place + 1 < len(blocks) else ""
        if run <= 2 and (after.endswith(ENDS) or len(after.split()) >= PROSE):
            if not looks_like_one(after):
                yield start


def blocks_of(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """First line's number and the lines of each block between blank ones."""
    block: list[str] = []
    for number, line in enumerate([*lines, ""]):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []
