"""Blocks of a plain text, guessed from its lines: one pass, and each line is looked at a fixed
number of times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import accumulate

from summarize.document.document import Block
from summarize.document.headings import headings, is_ruled, marked
from summarize.document.parts import has_words

RULES = {"=": 1, "-": 2, "~": 3}  # level of a heading by the rule under it
BULLET = re.compile(r"[ \t]*[-*•‣+]\s+(?:\[[ xX]\]\s+)?(?=\S)")
OPTION = re.compile(r"[ \t]+--?\w")  # as a manual page describes it
NUMBERED = re.compile(r"[ \t]*\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]\s+(?=\S)")
FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
ENTRY = re.compile(r"(?: ?\.){3,40} *\d{1,5}$")  # of a table of contents, from the end of its dots
BORDER = re.compile(r"[+|][-=+|: ]{3,}$")
# Within the first characters of a line; what has such signs and is set in is code.
CODE = re.compile(
    r"[;{}\\]\s*$|^\s*(?:[$%#>.]|>>>|sudo |def |class |import |--?\w|<\w)|\w\(|\w\s?=\s?\S|::|/\w+/"
)
PATCH = "diff --git "  # goes on to the end, or to the signature of the mail that it comes in
CODE_HEAD = 160
CODE_INDENT = 4


def guess_blocks(text: str) -> Iterator[Block]:
    """In order; their spans do not overlap."""
    raw = text.splitlines(keepends=True)
    return Guess(raw).blocks()


class Guess:
    """Walks over the lines; each method below takes those of one block, from `number` on."""

    def __init__(self, raw: list[str]) -> None:
        self.lines = [line.rstrip() for line in raw]
        self.offsets = list(accumulate(map(len, raw), initial=0))
        inner = [line.lstrip() for line in self.lines]
        self.indents = [len(line) - len(bare) for line, bare in zip(self.lines, inner, strict=True)]
        self.firsts = [bare[:1] for bare in inner]  # "" of a blank line
        self.firsts.append("")
        self.headings = {number for number, _ in headings(self.lines)}
        self.number = 0
        self.margin = 0  # of the last paragraph

    def span(self, first: int, end: int) -> tuple[int, int]:
        """Of the lines from `first` to before `end`, white space around them aside."""
        return (
            self.offsets[first] + self.indents[first],
            self.offsets[end - 1] + len(self.lines[end - 1]),
        )

    def blocks(self) -> Iterator[Block]:
        end = len(self.lines)
        while self.number < end:
            first = self.firsts[self.number]
            if not first:
                self.number += 1
            elif self.number in self.headings:
                yield self.heading()
            elif first in "`~" and FENCE.match(self.lines[self.number]):
                yield from self.fenced()
            elif first == "d" and self.lines[self.number].startswith(PATCH):
                yield self.run("code", lambda number: number < end and self.lines[number] != "--")
            elif first in "|│+" and self.is_row(self.number) and self.is_row(self.number + 1):
                yield self.run("table", self.is_row)
            elif first == ">" and not self.lines[self.number].lstrip().startswith(">>>"):
                yield self.run("quote", lambda number: self.firsts[number] == ">")
            else:
                number = self.number
                block = self.paragraph()
                if any(has_words(line) for line in self.lines[number : self.number]):
                    yield block  # not a rule across the page

    def heading(self) -> Block:
        number = self.number
        line = self.lines[number]
        start, end = self.span(number, number + 1)
        self.margin = self.indents[number]
        self.number += 1
        if mark := marked(line):
            start = self.offsets[number] + line.index(mark[1], self.margin + mark[0])
            return Block("heading", start, start + len(mark[1]), mark[0])
        if is_ruled(self.lines, number):
            self.number += 1
            return Block("heading", start, end, RULES.get(self.firsts[number + 1], 3))
        return Block("heading", start, end, 1 if line.isupper() else 2)

    def fenced(self) -> Iterator[Block]:
        """To the closing fence, or to the end."""
        found = FENCE.match(self.lines[self.number])
        mark = found[1] if found else "```"
        self.number += 1
        first = self.number
        while self.number < len(self.lines):
            if self.firsts[self.number] == mark[0] and (
                self.lines[self.number].lstrip().startswith(mark)
            ):
                break
            self.number += 1
        filled = [number for number in range(first, self.number) if self.firsts[number]]
        if filled:
            yield Block("code", *self.span(filled[0], filled[-1] + 1))
        self.number += 1

    def run(self, kind: str, belongs: Callable[[int], bool]) -> Block:
        first = self.number
        while belongs(self.number):
            self.number += 1
        last = self.number
        while not self.firsts[last - 1]:
            last -= 1
        return Block(kind, *self.span(first, last))

    def is_row(self, number: int) -> bool:
        if not self.firsts[number] or self.firsts[number] not in "|│+":
            return False
        line = self.lines[number].lstrip()
        return line[-1] in "|│" or BORDER.match(line) is not None

    def paragraph(self) -> Block:
        """Lines up to a blank one, a heading or the next item. An item begins with a bullet, or
        with a number where a paragraph would begin."""
        first, line = self.number, self.lines[self.number]
        mark = BULLET.match(line) or NUMBERED.match(line)
        while True:
            self.number += 1
            character = self.firsts[self.number]
            if not character or self.number in self.headings:
                break
            if character in "-*•‣+`~" or (mark and not character.isalpha()):
                line = self.lines[self.number]
                if BULLET.match(line) or FENCE.match(line) or (mark and NUMBERED.match(line)):
                    break
        start, end = self.span(first, self.number)
        if mark:
            start = min(end, self.offsets[first] + mark.end())
            return Block("item", start, end, 1 + min(8, self.indents[first] // 2))
        if self.lines[self.number - 1][-1].isdigit() and self.is_contents(first, self.number):
            return Block("table", start, end)
        if self.firsts[first] == "-" and OPTION.match(self.lines[first]):
            return Block("item", start, end, 1)
        if self.is_code(first, self.number):
            return Block("code", start, end)
        self.margin = min(self.indents[first : self.number])
        return Block("paragraph", start, end)

    def is_contents(self, first: int, end: int) -> bool:
        """Most of its lines end in dots and the number of a page."""
        return 2 * sum(ENTRY.search(line[-48:]) is not None for line in self.lines[first:end]) > (
            end - first
        )

    def is_code(self, first: int, end: int) -> bool:
        """Set in from the last paragraph, and most of its lines have the signs of code."""
        if self.indents[first] < self.margin + CODE_INDENT:
            return False
        if any(self.indents[n] < self.margin + CODE_INDENT for n in range(first, end)):
            return False
        heads = (self.lines[n].lstrip()[:CODE_HEAD] for n in range(first, end))
        return 2 * sum(CODE.search(head) is not None for head in heads) > end - first
