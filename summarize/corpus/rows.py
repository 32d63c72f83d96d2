"""Rows of JSON Lines, CSV and Parquet, one at a time, from any row on.

A reader never raises. A row that can't be read comes out as an error. So does the place where a
damaged file ends, and that is its last row. Planning and working therefore count alike.
"""

from __future__ import annotations

import csv
import gzip
import json
import lzma
import zlib
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import accumulate, count
from pathlib import Path
from typing import IO, Any, NamedTuple

from summarize.document.read import LARGEST_BYTES
from summarize.errors import DataError, first_line

# Where the text is when no field is named: the first of these that a row has.
TEXT_FIELDS = ("document", "article", "text", "abstract", "dialogue")
PACKED = (".gz", ".xz")
KINDS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
EVERY = 1000  # rows from one mark to the next
DAMAGES = (OSError, EOFError, lzma.LZMAError, zlib.error, UnicodeError, csv.Error)


class Mark(NamedTuple):
    """A row at which reading can start."""

    row: int  # from 0
    line: int  # lines (or row groups, in Parquet) before it
    offset: int  # bytes before it


class Row(NamedTuple):
    """A row as found. `line` is where it starts, from 1."""

    line: int
    content: bytes | dict[str, Any] | DataError
    mark: tuple[int, int] | None = None  # `line` and `offset` of a Mark, where one could be set


def kind_of(path: str) -> str:
    """jsonl, csv or parquet by the name; else document."""
    stem = path.lower()
    for suffix in PACKED:
        stem = stem.removesuffix(suffix)
    kind = KINDS.get(Path(stem).suffix, "document")
    return "document" if kind == "parquet" and stem != path.lower() else kind


def read_rows(
    path: str, kind: str, columns: tuple[str, ...], encoding: str | None, mark: Mark | None = None
) -> Iterator[Row]:
    """Every row from `mark` on. Of Parquet, only `columns` are read."""
    line = mark.line if mark else 0
    try:
        if kind == "jsonl":
            rows = json_lines(path, mark)
        elif kind == "csv":
            rows = csv_rows(path, encoding)
        else:
            rows = parquet_rows(path, columns, mark)
        for row in rows:
            line = row.line
            yield row
    except DataError as error:
        yield Row(line + 1, error)
    except DAMAGES as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        after = f" after line {line}" if line else ""
        yield Row(line + 1, DataError(f"can't read {path}{after}: {reason}"))


def open_bytes(path: str) -> IO[bytes]:
    if path.lower().endswith(".xz"):
        return lzma.open(path)
    if path.lower().endswith(".gz"):
        return gzip.open(path)  # type: ignore[return-value]
    return open(path, "rb")


def json_lines(path: str, mark: Mark | None) -> Iterator[Row]:
    """Lines that are not blank, unparsed; one that is too long comes out as an error."""
    can_seek = not path.lower().endswith(PACKED)
    with open_bytes(path) as file:
        offset = 0
        if mark:
            file.seek(mark.offset)
            offset = mark.offset
        for number in count(mark.line if mark else 0):
            line = file.readline(LARGEST_BYTES + 1)
            if not line:
                return
            place = (number, offset) if can_seek else None
            offset += len(line)
            if len(line) > LARGEST_BYTES:
                while line and not line.endswith(b"\n"):
                    line = file.readline(LARGEST_BYTES)
                    offset += len(line)
                message = f"{path}:{number + 1} is longer than {LARGEST_BYTES >> 20} MiB"
                yield Row(number + 1, DataError(message), place)
            elif not line.isspace():
                yield Row(number + 1, line, place)


def parse(line: bytes, where: str, encoding: str | None) -> dict[str, Any]:
    """Raises DataError."""
    try:
        row = json.loads(line.decode(encoding) if encoding else line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where} is not JSON: {first_line(error)}") from None
    if not isinstance(row, dict):
        raise DataError(f"{where} is not a JSON object")
    return row


def csv_rows(path: str, encoding: str | None) -> Iterator[Row]:
    """Rows after the first, which names the columns."""
    import io

    # A quotation mark that is never closed must not read the rest of a large file into memory.
    csv.field_size_limit(LARGEST_BYTES)
    delimiter = "\t" if kind_of(path) == "csv" and ".tsv" in path.lower()[-7:] else ","
    with open_bytes(path) as raw:
        text = io.TextIOWrapper(raw, encoding or "utf-8-sig", errors="replace", newline="")
        lines = iter(lambda: text.readline(LARGEST_BYTES), "")
        reader = csv.reader(lines, delimiter=delimiter)
        header = next(reader, [])
        while True:
            start = reader.line_num + 1
            try:
                values = next(reader, None)
            except csv.Error as error:
                yield Row(start, DataError(f"{path}:{start} is not CSV: {error}"))
                continue
            if values is None:
                return
            if values:
                yield Row(start, dict(zip(header, values, strict=False)))


def parquet_rows(path: str, columns: tuple[str, ...], mark: Mark | None) -> Iterator[Row]:
    """Whole row groups are skipped; one is read a few hundred rows at a time."""
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
            first = mark.line if mark else 0
            before = list(accumulate(groups, initial=0))
            number = before[first]
            starts = {before[i]: i for i in range(first, len(groups)) if groups[i]}
            names = [name for name in file.schema_arrow.names if name in columns]
            wanted = list(range(first, len(groups)))
            for batch in file.iter_batches(256, row_groups=wanted, columns=names):
                for content in batch.to_pylist():
                    place = (starts[number], 0) if number in starts else None
                    number += 1
                    yield Row(number, content, place)
    except pyarrow.ArrowException as error:
        raise DataError(f"can't read {path}: {first_line(error)}") from None


def require_pyarrow(what: str) -> None:
    if find_spec("pyarrow") is None:
        raise DataError(f'{what} needs pyarrow; install the extra "cluster" (README, Install)')


def columns_of(path: str, kind: str, encoding: str | None) -> list[str] | None:
    """The names of the columns of CSV and Parquet; None where they can't be read."""
    try:
        if kind == "parquet":
            from pyarrow.parquet import read_schema

            return list(read_schema(path).names)
        import io

        with open_bytes(path) as raw:
            text = io.TextIOWrapper(raw, encoding or "utf-8-sig", errors="replace", newline="")
            return next(csv.reader([text.readline(1 << 20)]), [])
    except (*DAMAGES, ValueError):  # ArrowInvalid is a ValueError
        return None


def text_of(row: dict[str, Any], field: str | None, where: str) -> str:
    """The text in `field`, which may be a path such as data.0.text. Raises DataError."""
    name = field or next((f for f in TEXT_FIELDS if isinstance(row.get(f), str)), None)
    found = None if name is None else value_at(row, name)
    if isinstance(found, list) and found and all(isinstance(part, str) for part in found):
        found = "\n\n".join(found)
    if not isinstance(found, str):
        has = ", ".join(map(str, list(row)[:8])) or "no fields"
        asked = repr(field) if field else ", ".join(TEXT_FIELDS)
        advice = "" if field else "; name the field with --field"
        raise DataError(f"{where} has no text in {asked}, only {has}{advice}")
    return found


def value_at(row: Any, name: str) -> Any:
    """`row[name]`, or what the path `name` leads to; None where there is nothing."""
    if isinstance(row, dict) and name in row:
        return row[name]
    first, _, rest = name.partition(".")
    if isinstance(row, list) and first.isdecimal() and len(first) < 10 and int(first) < len(row):
        return value_at(row[int(first)], rest) if rest else row[int(first)]
    if isinstance(row, dict) and first in row and rest:
        return value_at(row[first], rest)
    return None
