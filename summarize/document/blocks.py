"""Blocks of a plain text, guessed from its lines: one pass, and each line is looked at a fixed
number of times."""

from __future__ import annotations

import re
from collections.abc import Iterator

from summarize.document.document import Block
from summarize.document.headings import headings, is_ruled
from summarize.document.sentences import marked

RULES = {"=": 1, "-": 2, "~": 3}  # level of a heading by the rule under it
BULLET = re.compile(r"[ \t]*[-*•‣+]\s+(?=\S)")
OPTION = re.compile(r"[ \t]+--?\w")  # as a manual page describes it
NUMBERED = re.compile(r"[ \t]*\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]\s+(?=\S)")
FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
BORDER = re.compile(r"[+|][-=+|: ]{3,}$")
# Within the first characters of a line; what has such signs and is set in is code.
CODE = re.compile(
    r"[;{}\\]\s*$|^\s*(?:[$%#>.]|>>>|sudo |def |class |import |--?\w|<\w)|\w\(|\w\s?=\s?\S|::|/\w+/"
)
CODE_HEAD = 160
CODE_INDENT = 4


class Line:
    """A line, and where it is."""

    __slots__ = ("bare", "end", "indent", "start", "stripped")

    def __init__(self, line: str, offset: int) -> None:
        self.stripped = line.strip()
        self.indent = len(line) - len(line.lstrip())
        self.start = offset + self.indent
        self.end = self.start + len(self.stripped)
        self.bare = line


def guess_blocks(text: str) -> Iterator[Block]:
    """In order; their spans do not overlap."""
    raw = text.splitlines(keepends=True)
    bare = [line.rstrip() for line in raw]
    names = {number for number, _ in headings(bare)}
    lines, offset = [], 0
    for line in raw:
        lines.append(Line(line, offset))
        offset += len(line)
    return Guess(lines, bare, names).blocks()


class Guess:
    def __init__(self, lines: list[Line], bare: list[str], names: set[int]) -> None:
        self.lines, self.bare, self.names = lines, bare, names
        self.number = 0
        self.margin = 0  # of the last paragraph

    def blocks(self) -> Iterator[Block]:
        while self.number < len(self.lines):
            line = self.lines[self.number]
            if not line.stripped:
                self.number += 1
            elif self.number in self.names:
                yield self.heading(line)
            elif FENCE.match(line.bare):
                yield from self.fenced(line)
            elif self.is_row(self.number) and self.is_row(self.number + 1):
                yield self.run("table", self.is_row)
            elif line.stripped[0] == ">" and not line.stripped.startswith(">>>"):
                yield self.run("quote", self.is_quoted)
            else:
                yield self.paragraph(line)

    def heading(self, line: Line) -> Block:
        self.margin = line.indent
        mark = marked(line.stripped)
        if mark:
            start = line.start + line.stripped.index(mark[1], mark[0])
            self.number += 1
            return Block("heading", start, start + len(mark[1]), mark[0])
        ruled = is_ruled(self.bare, self.number)
        if ruled:
            level = RULES.get(self.lines[self.number + 1].stripped[0], 3)
        else:
            level = 1 if line.stripped.isupper() else 2
        self.number += 1 + ruled
        return Block("heading", line.start, line.end, level)

    def fenced(self, line: Line) -> Iterator[Block]:
        """To the closing fence, or to the end."""
        found = FENCE.match(line.bare)
        mark = found[1] if found else "```"
        self.number += 1
        first = self.number
        while self.number < len(self.lines):
            if self.lines[self.number].stripped.startswith(mark):
                break
            self.number += 1
        if first < min(self.number, len(self.lines)):
            yield Block("code", self.lines[first].start, self.lines[self.number - 1].end)
        self.number += 1

    def run(self, kind: str, belongs: object) -> Block:
        assert callable(belongs)
        first = self.number
        while belongs(self.number):
            self.number += 1
        return Block(kind, self.lines[first].start, self.lines[self.number - 1].end)

    def is_row(self, number: int) -> bool:
        if number >= len(self.lines):
            return False
        line = self.lines[number].stripped
        return line[:1] in ("|", "│", "+") and (line[-1] in "|│" or bool(BORDER.match(line)))

    def is_quoted(self, number: int) -> bool:
        return number < len(self.lines) and self.lines[number].stripped.startswith(">")

    def paragraph(self, line: Line) -> Block:
        """Lines up to a blank one, a heading or the next item. An item begins with a bullet, or
        with a number where a paragraph would begin."""
        first = self.number
        mark = BULLET.match(line.bare) or NUMBERED.match(line.bare)
        start = line.start
        if mark:
            start = line.start - line.indent + mark.end()
        self.number += 1
        while self.number < len(self.lines):
            following = self.lines[self.number]
            if not following.stripped or self.number in self.names:
                break
            if BULLET.match(following.bare) or (mark and NUMBERED.match(following.bare)):
                break
            if FENCE.match(following.bare):
                break
            self.number += 1
        last = self.lines[self.number - 1]
        if mark or OPTION.match(line.bare):
            return Block("item", start, last.end, 1 + min(8, line.indent // 2))
        if self.is_code(first, self.number):
            return Block("code", start, last.end)
        self.margin = min(self.lines[n].indent for n in range(first, self.number))
        return Block("paragraph", start, last.end)

    def is_code(self, first: int, end: int) -> bool:
        """Set in from the last paragraph, and most of its lines have the signs of code."""
        if any(self.lines[n].indent < self.margin + CODE_INDENT for n in range(first, end)):
            return False
        signs = sum(
            bool(CODE.search(self.lines[n].stripped[:CODE_HEAD])) for n in range(first, end)
        )
        return 2 * signs > end - first
