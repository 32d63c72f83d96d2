"""reStructuredText: titles, paragraphs, items, tables and literal blocks; no comments, targets,
images or other directives without prose. One pass over the lines, without recursion.

Why not docutils: it takes seconds for a megabyte, and knows neither the roles nor the directives of
Sphinx, which most .rst files use. The tests compare its titles with ours."""

from __future__ import annotations

import re
from collections.abc import Iterator

from summarize.document.parts import Part, table

ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1*\s*$")
EXPLICIT = re.compile(r"(\s*)\.\.(?:\s+|$)")
DIRECTIVE = re.compile(r"\s*\.\. +([\w.:+-]+?) ?::(?: +|$)")
PROSE = {
    *("note", "warning", "tip", "important", "hint", "caution", "attention", "admonition"),
    *("danger", "error", "seealso", "topic", "epigraph", "highlights", "pull-quote", "sidebar"),
    *("versionadded", "versionchanged", "deprecated", "versionremoved", "container", "rubric"),
    *("glossary", "compound", "only", "hlist", "rst-class", "module", "class", "function"),
}
CODE = {"code", "code-block", "sourcecode", "parsed-literal", "doctest", "prompt", "testcode"}
DOMAIN = re.compile(r"(?:py|c|cpp|js|rst|std):\w|\w*(?:method|function|attribute|data|exception)$")
ITEM = re.compile(r"(\s*)((?:[-*+•‣]|\(?(?:\d{1,4}|#|[a-zA-Z]|[ivxIVX]{1,6})[.)])\s+)(?=\S)")
FIELD = re.compile(r"\s*:(?!`)[^:`\s](?:[^:`]{0,80}[^:`\s])?:(?:\s|$)")
GRID = re.compile(r"\s*\+(?:[-=]+\+)+\s*$")
MARK = re.compile(r"[`*_|\[\\]")
ROLE = re.compile(r"(?::[\w.+-]{1,40}){1,3}:`[~!]?([^`<\n]{1,300})(?:<[^`>\n]{0,300}>)?`")
LINK = re.compile(r"`([^`<\n]{1,300})<[^`>\n]{0,500}>`__?")
INLINE = re.compile(
    r"``([^`\n]{1,300})``|\*\*([^*\s][^*\n]{0,300})\*\*|\*([^*\s][^*\n]{0,300})\*"
    r"|`([^`\n]{1,300})`(?:__?)?|\b([^\W_][\w-]{0,60}[^\W_])__?(?!\w)"
)
SUBSTITUTION = re.compile(r"\|([^|\s\n][^|\n]{0,80})\|_{0,2}|\[([#*\w.-]{1,40})\]_")


def parts(text: str, name: str) -> list[Part]:
    return list(Reader(text.replace("\r\n", "\n")).read())


def inline(text: str) -> str:
    """Without the marks of roles, links and emphasis."""
    if not MARK.search(text):
        return text
    for pattern in (ROLE, LINK):
        text = pattern.sub(lambda found: found[1].strip(), text)
    text = INLINE.sub(lambda found: next(filter(None, found.groups())), text)
    return SUBSTITUTION.sub("", text).replace("\\ ", "").replace("\\*", "*")


class Reader:
    def __init__(self, text: str) -> None:
        self.lines = [line.rstrip() for line in text.expandtabs(8).split("\n")]
        self.number = 0
        self.pieces: list[str] = []
        self.kind = "paragraph"
        self.margin = 0  # of the paragraph's first line
        self.items: list[int] = []  # margins of the lists around
        self.styles: list[tuple[str, bool]] = []  # of titles, in order of appearance

    def line(self, ahead: int = 0) -> str:
        number = self.number + ahead
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    def read(self) -> Iterator[Part]:
        while self.number < len(self.lines):
            yield from self.step()
        yield from self.flush()

    def step(self) -> Iterator[Part]:
        line = self.line()
        if not line:
            yield from self.blank()
            return
        title = self.title()
        if title:
            yield from self.flush()
            yield title
            return
        if not self.pieces:
            if (found := EXPLICIT.match(line)) and found.end() <= len(line):
                yield from self.explicit(line, len(found[1]))
                return
            if FIELD.match(line):
                self.skip_indented(indent(line))
                return
            if is_border(line) or GRID.match(line):
                yield from self.rows(line)
                return
            if line.lstrip().startswith(">>> "):
                yield Part("code", "\n".join(self.until_blank()))
                return
        item = ITEM.match(line)
        if item and (not self.pieces or self.kind == "item"):
            yield from self.flush()
            self.kind, self.margin = "item", len(item[1])
            while self.items and self.items[-1] >= self.margin:
                self.items.pop()
            self.items.append(self.margin)
            self.pieces.append(line[item.end() :])
            self.number += 1
            return
        if not self.pieces:
            self.kind, self.margin = "paragraph", indent(line)
            if ADORNMENT.match(line.lstrip()) and len(line.strip()) >= 4:  # a rule across the page
                self.number += 1
                return
        elif indent(line) > self.margin and len(self.pieces) == 1 and self.kind == "paragraph":
            self.kind = "item"  # a term, and its definition below
            yield from self.flush()
            self.kind, self.margin = "paragraph", indent(line)
        self.pieces.append(line.strip().removeprefix("| "))
        self.number += 1

    def flush(self) -> Iterator[Part]:
        text = " ".join(self.pieces)
        self.pieces = []
        if text:
            is_item = self.kind == "item"
            yield Part(self.kind, inline(text), max(1, len(self.items)) if is_item else 0)

    def blank(self) -> Iterator[Part]:
        """The end of a paragraph; after `::` a literal block begins."""
        is_literal = bool(self.pieces) and self.pieces[-1].endswith("::")
        if is_literal:
            last = self.pieces[-1]
            self.pieces[-1] = last[:-2].rstrip() if last[:-2].endswith(" ") else last[:-1]
            if self.pieces[-1] == ":":
                self.pieces.pop()
        yield from self.flush()
        self.number += 1
        if is_literal:
            while self.number < len(self.lines) and not self.line():
                self.number += 1
            if indent(self.line()) > self.margin:
                yield Part("code", "\n".join(self.indented(self.margin)))

    def title(self) -> Part | None:
        """A line with an adornment below it, or above and below."""
        if self.pieces:
            return None
        name, under, over = self.line(), self.line(1), False
        if under and self.is_adornment(name) and name == self.line(2):
            over, under, name = True, name, under
        elif name[:1].isspace() or not self.is_adornment(under):
            return None
        if len(under) < min(len(name.strip()), 4) or (under[0].isalnum()):
            return None
        if not any(map(str.isalnum, name)):
            return None
        style = (under[0], over)
        if style not in self.styles:
            self.styles.append(style)
        self.number += 3 if over else 2
        self.items = []
        return Part("heading", inline(name.strip()), min(6, self.styles.index(style) + 1))

    @staticmethod
    def is_adornment(line: str) -> bool:
        return len(line) > 1 and ADORNMENT.match(line) is not None

    def explicit(self, line: str, margin: int) -> Iterator[Part]:
        """`.. name:: text` and what is indented under it: prose, code, or nothing to read."""
        found = DIRECTIVE.match(line)
        name = found[1].lower() if found else ""
        if found and name in CODE:
            self.number += 1
            body = self.indented(margin)
            first = 0
            while first < len(body) and (not body[first].strip() or FIELD.match(body[first])):
                first += 1
            yield Part("code", "\n".join(body[first:]))
        elif found and (name in PROSE or DOMAIN.match(name)):
            rest = line[found.end() :].strip()
            self.number += 1
            self.margin = margin
            if (
                name.startswith(("version", "deprecated"))
                or DOMAIN.match(name)
                or name in ("module", "class", "function", "only", "container")
            ):
                rest = ""  # a version or a signature
            if rest:
                self.kind = "paragraph"
                self.pieces.append(rest)
                self.margin = indent(self.line()) or margin
            else:
                while FIELD.match(self.line()) and indent(self.line()) > margin:
                    self.number += 1
        else:
            self.skip_indented(margin)

    def skip_indented(self, margin: int) -> None:
        self.number += 1
        self.indented(margin)

    def indented(self, margin: int) -> list[str]:
        """The lines from here that are further in than the margin, and blank ones between."""
        start = self.number
        end = start
        while self.number < len(self.lines):
            line = self.line()
            if line and indent(line) <= margin:
                break
            self.number += 1
            if line:
                end = self.number
        return self.lines[start:end]

    def until_blank(self) -> list[str]:
        start = self.number
        while self.line():
            self.number += 1
        return self.lines[start : self.number]

    def rows(self, border: str) -> Iterator[Part]:
        """A table drawn with characters: its cells, a line for each row."""
        lines = self.until_blank()
        if GRID.match(border):
            rows = [line.strip().strip("|").split("|") for line in lines if not GRID.match(line)]
        else:
            starts = [found.start() for found in re.finditer(r"(?:(?<=\s)|^)=", border)]
            while not is_border(lines[-1]) and self.number < len(self.lines):
                self.number += 1  # a blank line within
                more = self.until_blank()
                if not more:
                    break
                lines += more
            ends = [*starts[1:], None]
            rows = [
                [line[start:end] for start, end in zip(starts, ends, strict=True)]
                for line in lines
                if not is_border(line)
            ]
        yield table([[inline(cell.strip()) for cell in row] for row in rows])


def is_border(line: str) -> bool:
    """===  ====, as around the rows of a simple table."""
    return set(line.strip()) == {"=", " "}


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())
