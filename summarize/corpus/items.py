"""Any range of the corpus, as documents. Whoever asks in order reads each file once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from summarize.corpus.inputs import Input, Question
from summarize.corpus.rows import Row, columns_of, parse, read_rows, text_of, value_at
from summarize.document.document import Document
from summarize.document.read import read
from summarize.errors import DataError, DocumentError, SummarizeError, first_line


class Item(NamedTuple):
    """A document of the corpus, or why it can't be read. `line` is that of a row, from 1."""

    id: str
    source: str
    document: Document | SummarizeError
    line: int | None = None


class Care(NamedTuple):
    """For a range in which a document has ended the process before, in reading or after it."""

    before: Callable[[int], None]  # told the place of each document before it is read
    deadly: Mapping[int, str]  # why the documents at these places are not tried again


class Corpus:
    """The inputs listed in a file, a line each, as one sequence of documents."""

    def __init__(self, listing: Path, question: Question) -> None:
        self.listing, self.question = listing, question
        self.inputs = self.listed()
        self.current: Input | None = None
        self.first = 0  # documents before the current input
        self.rows: Iterator[Row] = iter(())
        self.place = 0  # of the next row of the current input

    def items(self, first: int, count: int, care: Care | None = None) -> Iterator[Item]:
        """The documents `first`, `first + 1`, ..."""
        before, deadly = care or Care(lambda place: None, {})
        position, end = first, first + count
        while position < end:
            source = self.input_at(position)
            if source.kind == "document" or source.error:
                before(position - first)
                yield self.whole(source, deadly.get(position - first))
                position += 1
                continue
            last = min(end, self.first + source.documents)
            for row in self.rows_of(source, position - self.first, last - position):
                before(position - first)
                yield self.item(source, row, deadly.get(position - first))
                position += 1
            if position < last:
                raise DataError(f"{source.path} has changed while it was read; use --restart")

    def input_at(self, position: int) -> Input:
        """The input that holds this document; it becomes the current one."""
        if position < self.first:
            self.inputs, self.current, self.first = self.listed(), None, 0
        while self.current is None or position >= self.first + self.current.documents:
            if self.current is not None:
                self.first += self.current.documents
            self.current = next(self.inputs)
            self.rows, self.place = iter(()), -1
        return self.current

    def listed(self) -> Iterator[Input]:
        try:
            with self.listing.open("rb") as lines:
                for line in lines:
                    yield Input.from_dict(json.loads(line))
        except OSError as error:
            raise DataError(f"can't read {self.listing}: {error.strerror}") from None
        raise DataError(f"{self.listing} ends early; use --restart")

    def rows_of(self, source: Input, start: int, count: int) -> Iterator[Row]:
        """Rows of the current input: from where the last ones ended, if they ended before."""
        marks = [mark for mark in source.marks if mark.row <= start]
        if not 0 <= self.place <= start or (marks and marks[-1].row > self.place):
            question = self.question
            columns: tuple[str, ...] = ()
            if source.kind == "parquet":
                found = columns_of(source.path, source.kind, question.encoding)
                columns = question.columns(found or ())
            mark = marks[-1] if marks else None
            self.rows = read_rows(source.path, source.kind, columns, question.encoding, mark)
            self.place = mark.row if mark else 0
        for row in islice(self.rows, start - self.place, start - self.place + count):
            self.place = start + 1
            start += 1
            yield row

    def whole(self, source: Input, refused: str | None = None) -> Item:
        """A file that is one document."""
        name = printable(source.path)
        if refused:
            return Item(name, name, SummarizeError(refused))
        if source.error:
            return Item(name, name, DocumentError(printable(source.error)))
        # Other documents have no fields, and would refuse one.
        field = self.question.field if source.path.lower().endswith(".json") else None
        try:
            return Item(name, name, read(source.path, self.question.encoding, field))
        except SummarizeError as error:
            return Item(name, name, type(error)(printable(str(error))))
        except Exception as error:  # a library that a strange file surprises
            message = f"can't read {name}: {type(error).__name__}: {first_line(error)}"
            return Item(name, name, DocumentError(printable(message)))

    def item(self, source: Input, row: Row, refused: str | None = None) -> Item:
        where = f"{source.path}:{row.line}"
        name = printable(where)
        try:
            if isinstance(row.content, DataError):
                raise row.content
            content = row.content
            if isinstance(content, bytes):
                content = parse(content, where, self.question.encoding)
            key = id_of(content, self.question.id_field, where)
            name = printable(key or where)
            if refused:
                raise SummarizeError(refused)
            text = text_of(content, self.question.field, where)
            document = Document.from_text(text, printable(where))
            if not any(character.isalnum() for character in document.text):
                raise DocumentError(f"{where} holds no words")
        except SummarizeError as error:
            failed = type(error)(printable(str(error)))
            return Item(name, printable(where), failed, row.line)
        return Item(name, document.source, document, row.line)


def id_of(row: dict[str, Any], field: str | None, where: str) -> str:
    """The text or number in `field`, or in `id` if the row has one. Raises DataError."""
    found = value_at(row, field or "id")
    if isinstance(found, str | int | float) and not isinstance(found, bool) and str(found):
        return str(found)
    if field:
        raise DataError(f"{where} has no id in {field!r}")
    return ""


def printable(text: str) -> str:
    """As valid UTF-8: bytes of a path, or halves of characters, that are none are escaped."""
    with suppress(UnicodeEncodeError):
        text.encode()
        return text
    data = text.encode("utf-8", "surrogateescape" if is_path(text) else "surrogatepass")
    return data.decode("utf-8", "backslashreplace")


def is_path(text: str) -> bool:
    """Whether Python made its surrogates from bytes of a path."""
    return all("\udc80" <= c <= "\udcff" for c in text if "\ud800" <= c <= "\udfff")
