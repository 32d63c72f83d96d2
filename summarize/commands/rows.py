"""JSON Lines, CSV and Parquet with --field: a document for each row, as the rows come."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from summarize.corpus.rows import kind_of, parse, read_rows, require_pyarrow, text_of
from summarize.document.document import Document
from summarize.document.read import LARGEST_BYTES, STDIN
from summarize.errors import DataError, DocumentError

Content = bytes | dict[str, Any] | DataError


def is_table(source: str) -> bool:
    """By its name; of standard input, by its first line."""
    if source == STDIN:
        return sys.stdin is not None and holds_json_lines(sys.stdin.buffer)
    return kind_of(source) != "document"


def holds_json_lines(stream: object) -> bool:
    """Whether the first line is a whole JSON object and there are more; nothing is consumed."""
    peek = getattr(stream, "peek", None)
    first, newline, rest = peek().partition(b"\n") if peek else (b"", b"", b"")
    if not newline or not first.lstrip().startswith(b"{") or not rest.strip():
        return False
    try:
        parse(first, "stdin", None)
    except DataError:
        return False
    return True


def read(source: str, field: str, encoding: str | None) -> Iterator[Document | DocumentError]:
    """Named by file and line: `data.jsonl:3`."""
    name = "stdin" if source == STDIN else source
    kind = "jsonl" if source == STDIN else kind_of(source)
    try:
        if kind == "parquet":
            require_pyarrow(source)
        found = stdin_rows() if source == STDIN else file_rows(source, kind, field, encoding)
        for line, content in found:
            yield document(name, line, content, field, encoding)
    except DataError as error:
        yield DocumentError(str(error))


def file_rows(
    source: str, kind: str, field: str, encoding: str | None
) -> Iterator[tuple[int, Content]]:
    for row in read_rows(source, kind, (field,), encoding):
        yield row.line, row.content


def stdin_rows() -> Iterator[tuple[int, Content]]:
    number = 0
    while line := sys.stdin.buffer.readline(LARGEST_BYTES + 1):
        number += 1
        if len(line) > LARGEST_BYTES:
            raise DataError(f"stdin:{number} is longer than {LARGEST_BYTES >> 20} MiB")
        if not line.isspace():
            yield number, line


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
