"""Headings of a plain text, guessed from its lines.

A heading is marked (`# Name`, or a line ruled underneath), or a short line by itself before prose,
or a line in capitals before indented text, as in a manual page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from summarize.document.sentences import ENDS

LONGEST, MOST_WORDS = 80, 12  # of a heading, in characters and words
GAPS = 0.6  # share of the headings in an outline that a blank line follows
PROSE = 20  # words that make a block prose although no sentence ends there
RULES = tuple("=~^\"'#*+_-")
SETTING = re.compile(r"\w=[^\s=]")
RULE = re.compile(r"\s*([=~^\"'#*+_-])\1{2,}\s*")
ITEM = re.compile(r"\s*(?:[-*•+>$|]|\d+\)|[a-z]\)\s|[a-zß-öø-ÿ])")  # or a small letter


def headings(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Line number and name of each. The lines have no white space at their ends."""
    bare = set(bare_lines(lines))
    starred = is_outline(lines)
    for number, line in enumerate(lines):
        if not line:
            continue
        following = lines[number + 1] if number + 1 < len(lines) else ""
        sign = line[0] if line[0] > " " else line.lstrip()[0]
        if sign == "#":
            mark = marked(line)
            if mark and not is_comment(lines, number):
                yield number, mark[1]
        elif starred and line[0] == "*" and not following and (mark := marked(line)):
            yield number, mark[1]
        elif number in bare:
            yield number, line.strip()
        elif following and (is_capitals(line, following) or is_ruled(lines, number)):
            if looks_like_one(line):
                yield number, line.strip()


def marked(line: str) -> tuple[int, str] | None:
    """Level and name of `## Heading`, as in Markdown, or of `** Heading`."""
    line = line.strip()
    sign = line[:1]
    if sign not in ("#", "*"):
        return None
    bare = line.lstrip(sign)
    level = len(line) - len(bare)
    if not 1 <= level <= 6 or not bare[:1].isspace():
        return None
    name = bare.rstrip("#")
    name = name.strip() if name[-1:].isspace() else bare.strip()
    return (level, name) if name else None


def is_outline(lines: list[str]) -> bool:
    """Whether stars mark headings, as in GNU's NEWS files: of two levels, with gaps below."""
    starred = [number for number, line in enumerate(lines[:-1]) if line.startswith("** ")]
    gaps = sum(not lines[number + 1] for number in starred)
    return gaps >= max(2, GAPS * len(starred))


def is_comment(lines: list[str], number: int) -> bool:
    """One of several marked lines without a gap: a comment in a configuration file, say."""
    for near in (number - 1, number + 1):
        if 0 <= near < len(lines) and lines[near].lstrip()[:1] == "#":
            own, other = marked(lines[number]), marked(lines[near])
            if not other or (own and own[0] == other[0]):
                return True
    return False


def is_ruled(lines: list[str], number: int) -> bool:
    """Whether the next line is a rule under this one."""
    under = lines[number + 1] if number + 1 < len(lines) else ""
    if under.lstrip()[:1] not in RULES:
        return False
    return bool(RULE.fullmatch(under)) and 2 * len(under.strip()) >= len(lines[number].strip())


def is_capitals(line: str, following: str) -> bool:
    """A heading of a manual page: capitals at the margin, the text below them indented."""
    return following[0].isspace() and not line[0].isspace() and line.isupper()


def looks_like_one(line: str) -> bool:
    name = line.strip()
    return (
        0 < len(name) <= LONGEST
        and len(name.split()) <= MOST_WORDS
        and not name.endswith((*ENDS, ",", ";", ":", "[", "{", "("))
        and not name.lower().startswith(("copyright", "all rights reserved"))
        and (name[0].isalnum() or name[0] == "§")  # no quotation, no bracket, no ./command
        and "://" not in name
        and not SETTING.search(name)
        and not ITEM.match(line)
        and any(map(str.isalpha, name))
    )


def bare_lines(lines: list[str]) -> Iterator[int]:
    """Short lines between blank ones, the last before prose, not one of many (a list)."""
    blocks = list(blocks_of(lines))
    run = 0
    for place, (start, block) in enumerate(blocks):
        is_short = len(block) == 1 and len(block[0].split()) <= MOST_WORDS
        if not is_short or block[0].endswith(ENDS):
            run = 0
            continue
        run += 1
        if run > 2 or not looks_like_one(block[0]):
            continue
        after = " ".join(blocks[place + 1][1]) if place + 1 < len(blocks) else ""
        if (after.endswith(ENDS) or len(after.split()) >= PROSE) and not looks_like_one(after):
            yield start


def blocks_of(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """First line's number and the lines of each block between blank ones."""
    block: list[str] = []
    for number, line in enumerate([*lines, ""]):
        if line:
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []
