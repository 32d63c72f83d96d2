"""JSON Lines, CSV and Parquet with --field: a document for each row, as the rows come."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from summarize.corpus.rows import kind_of, parse, read_rows, require_pyarrow, text_of
from summarize.document.document import Document
from summarize.document.read import LARGEST_BYTES, STDIN, Ahead, standard_input
from summarize.errors import DataError, DocumentError

Content = bytes | dict[str, Any] | DataError


def is_table(source: str) -> bool:
    """By its name; of standard input, by its first line."""
    if source == STDIN:
        return sys.stdin is not None and holds_json_lines(standard_input())
    return kind_of(source) != "document"


def holds_json_lines(stream: Ahead) -> bool:
    """Whether the first line is a whole JSON object, and ends; nothing is consumed."""
    first = stream.first_line()
    if not first.endswith(b"\n") or not first.lstrip().startswith(b"{"):
        return False
    try:
        parse(first, "stdin", None)
    except DataError:
        return False
    return True


def read(
    source: str, field: str, encoding: str | None
) -> Iterator[Document | DocumentError | None]:
    """Named by file and line: `data.jsonl:3`. None says that a pipe has no more for now."""
    name = "stdin" if source == STDIN else source
    kind = "jsonl" if source == STDIN else kind_of(source)
    try:
        if kind == "parquet":
            require_pyarrow(source)
        found: Iterator[tuple[int, Content | None]]
        found = stdin_rows() if source == STDIN else file_rows(source, kind, field, encoding)
        has_rows = False
        for line, content in found:
            has_rows = has_rows or content is not None
            yield None if content is None else document(name, line, content, field, encoding)
        if not has_rows:
            raise DataError(f"{name} holds no rows")
    except DataError as error:
        yield DocumentError(str(error))


def file_rows(
    source: str, kind: str, field: str, encoding: str | None
) -> Iterator[tuple[int, Content | None]]:
    for row in read_rows(source, kind, (field,), encoding):
        yield row.line, row.content


def stdin_rows() -> Iterator[tuple[int, Content | None]]:
    """Lines that are not blank, from 1; None where a slow pipe has no more for now."""
    number, rest = 0, bytearray()
    stream = standard_input()
    while part := stream.read1(2**20):
        if b"\n" not in part:
            rest += part
        else:
            *lines, last = bytes(rest + part).split(b"\n")
            rest = bytearray(last)
            for line in lines:
                number += 1
                if not line.isspace() and line:
                    yield number, line
            yield number, None
        if len(rest) > LARGEST_BYTES:
            raise DataError(f"stdin:{number + 1} is longer than {LARGEST_BYTES >> 20} MiB")
    if rest.strip():
        yield number + 1, bytes(rest)


def document(
    name: str,
    line: int,
    content: Content,
    field: str,
    encoding: str | None,
) -> Document | DocumentError:
    where = f"{name}:{line}"
    try:
        if isinstance(content, DataError):
            raise content
        row = parse(content, where, encoding) if isinstance(content, bytes) else content
        text = text_of(row, field, where)
    except DataError as error:
        return DocumentError(str(error))
    if not any(character.isalnum() for character in text):
        return DocumentError(f"{where} holds no words in {field!r}")
    return Document.from_text(text, where)
