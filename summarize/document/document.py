"""A document: its text, the blocks it is made of, and its sentences. Everything later carries
indices into these, so a sentence is found once and never searched for again."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

NAME_LINE = 200  # characters; a longer paragraph under NAME is no name line
CHAPTER = re.compile(r"[ \t]*(?:Chapter|Part|Appendix|Section)?[ \t]?(?:\d{1,3}|[A-Z]\d?)[.:)]")
CONTENTS = re.compile(r"(?:table of )?contents:?|toc", re.I)
DASHES = ("-", "--", "–", "—")


class Block(NamedTuple):
    """A span of the text, and what it is.

    kind: "heading", "paragraph", "item" (of a list), "table", "code" or "quote".
    level: of a heading (1 to 6) or of a nested item. speaker: of a turn in a chat or a meeting.
    """

    kind: str
    start: int
    end: int
    level: int = 0
    speaker: str = ""


class Sentence(NamedTuple):
    """A span of the text, and the index of its block."""

    start: int
    end: int
    block: int


@contextmanager
def without_collector() -> Iterator[None]:
    """Python's collector of cycles looks again and again at hundreds of thousands of spans, none
    of which is in a cycle; that is a quarter of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def without_contents(text: str, blocks: Iterable[Block]) -> Iterator[Block]:
    """What stands under the heading "Contents" is a table, but for sentences."""
    is_inside = False
    for block in blocks:
        first = text[block.start : block.start + 1]
        if block.kind == "heading":
            is_chapter = is_inside and CHAPTER.match(text, block.start, block.end) is not None
            is_contents = first in "cCtT" and CONTENTS.fullmatch(text, block.start, block.end)
            is_inside = is_chapter or bool(is_contents)
        elif not is_inside and (block.kind != "paragraph" or first not in "cCtT"):
            pass  # nearly all
        elif not is_inside:
            line = text[block.start : min(block.end, block.start + 20)].partition("\n")[0]
            is_inside = CONTENTS.fullmatch(line) is not None
            if is_inside and len(line) < block.end - block.start:
                block = block._replace(kind="table")
        elif is_inside and is_list_of_chapters(text[block.start : block.end]):
            block = block._replace(kind="table", level=0)
        elif text.endswith((".", "!", "?"), block.start, block.end):
            is_inside = False
        elif is_inside and block.kind in ("item", "paragraph"):
            block = block._replace(kind="table", level=0)
        yield block


def is_list_of_chapters(text: str) -> bool:
    lines = text.split("\n")
    return len(lines) > 1 and 2 * sum(CHAPTER.match(line) is not None for line in lines) > len(
        lines
    )


@dataclass(frozen=True)
class Document:
    """A text with its structure, built once by `summarize.document.read.read` or `from_text`.

    source: a path, or "stdin". note: what the user should know about the reading.
    kind: "text", or "mail", "manpage", "chat", "csv", "json", "jsonl", "log", "diff", "gitlog",
    "columns", "settings", "copyright", "traceback", "usage",
    "testrun", "diagnostics", "entries", "code".
    facts: what was counted in a table, a log, a diff or source code; `facts["summary"]` is a
    true sentence or two about it, given instead of a summary.
    """

    text: str
    source: str = ""
    note: str = ""
    kind: str = "text"
    blocks: tuple[Block, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_text(
        cls, text: str, source: str = "", *, name: str = "", is_prose: bool = False
    ) -> Document:
        """Plain text; its kind is recognized and its blocks are guessed.

        name: of the file, whose suffix may tell the kind. is_prose: known to be of the kind "text".
        """
        from summarize.document import blocks, kinds

        # Half a surrogate pair is not text.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        with without_collector():
            found = None if is_prose else kinds.recognize(text, name)
            if found:
                spans = found.blocks or (Block("code", 0, len(text)),)
                return cls(text, source, "", found.kind, spans, found.facts)
            guessed = without_contents(text, blocks.guess_blocks(text))
            document = cls(text, source, blocks=tuple(guessed))
            names = [heading for _, _, heading in document.headings[:3]]
            if names[:1] == ["NAME"] and ("SYNOPSIS" in names or "DESCRIPTION" in names):
                return replace(document, kind="manpage")
            return document

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """In order. Headings are sentences too, told apart by their block's kind; code and
        tables hold none."""
        from summarize.document.sentences import sentences_of

        with without_collector():
            return tuple(
                Sentence(start, end, index)
                for index, block in enumerate(self.blocks)
                for start, end in sentences_of(self.text, block)
            )

    def sentence_text(self, index: int) -> str:
        """With runs of white space squeezed."""
        sentence = self.sentences[index]
        return " ".join(self.text[sentence.start : sentence.end].split())

    def block_text(self, index: int) -> str:
        block = self.blocks[index]
        return self.text[block.start : block.end]

    @cached_property
    def prose(self) -> str:
        """The text without code and tables, for a model that reads it as it is."""
        prose = [block for block in self.blocks if block.kind not in ("code", "table")]
        if not prose or len(prose) == len(self.blocks):
            return self.text
        return "\n\n".join(self.text[block.start : block.end] for block in prose)

    @cached_property
    def name_line(self) -> int | None:
        """The block under NAME in a manual page: the command, a dash, and what it is for."""
        for index, _, heading in self.headings[:3]:
            if heading.upper() == "NAME" and index + 1 < len(self.blocks):
                line = " ".join(self.block_text(index + 1).split())
                if len(line) <= NAME_LINE and any(f" {dash} " in line for dash in DASHES):
                    return index + 1
        return None

    @cached_property
    def headings(self) -> list[tuple[int, int, str]]:
        """Block index, level and name of each heading, in order."""
        return [
            (index, block.level, " ".join(self.block_text(index).split()))
            for index, block in enumerate(self.blocks)
            if block.kind == "heading"
        ]
