"""Records, one a document, and the files that hold them: JSON Lines or Parquet."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from summarize.corpus.items import Item
from summarize.errors import DataError
from summarize.summary import Summary

FORMATS = {"jsonl": ".jsonl.gz", "parquet": ".parquet"}
ROW_GROUP = 1000  # records of Parquet that are held in memory
Record = dict[str, Any]


def record_of(item: Item, summary: Summary) -> Record:
    """id and source of the document, then the fields of `summarize --json`."""
    return {"id": item.id, **summary.to_dict(), "source": item.source}


def error_record(item: Item, error: BaseException, message: str) -> Record:
    found: Record = {"class": type(error).__name__, "message": message}
    if item.line is not None:
        found["line"] = item.line
    return {"id": item.id, "source": item.source, "error": found}


def shard_path(out: Path, number: int, form: str) -> Path:
    return out / f"part-{number:05d}{FORMATS[form]}"


def write_shard(path: Path, form: str, records: Iterable[Record]) -> None:
    """Written as they come; memory holds a part of them only. Raises OSError."""
    if form == "parquet":
        write_parquet(path, records)
        return
    # Without the time and the temporary name in its header, a shard written twice is the same.
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as file,
    ):
        for record in records:
            line = json.dumps(record, ensure_ascii=False) + "\n"
            file.write(line.encode("utf-8", "backslashreplace"))


def read_records(out: Path) -> Iterator[Record]:
    """Every record of a directory that `summarize batch` has written, in order.

    Raises DataError.
    """
    for path in sorted(out.glob("part-*")):
        try:
            if path.name.endswith(FORMATS["jsonl"]):
                with gzip.open(path, "rb") as lines:
                    yield from map(json.loads, lines)
            elif path.name.endswith(FORMATS["parquet"]):
                yield from read_parquet(path)
        except (OSError, EOFError, ValueError) as error:
            raise DataError(f"can't read {path}: {error}") from None


# --- Parquet -----------------------------------------------------------------------------------


def write_parquet(path: Path, records: Iterable[Record]) -> None:
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    schema = parquet_schema()
    rest = iter(records)
    with ParquetWriter(path, schema, compression="zstd") as writer:
        while group := [to_row(record) for record in islice(rest, ROW_GROUP)]:
            writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))


def parquet_schema() -> Any:
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    return pa.schema(
        {
            "id": text,
            "source": text,
            "schema_version": number,
            "summary": text,
            "model": text,
            "style": text,
            "mode": text,
            "tokens": pa.struct({"document": number, "read": number, "summary": number}),
            "chunks": number,
            "confidence": pa.float64(),
            "seconds": pa.float64(),
            "provenance": text,  # as JSON: its depth differs from model to model
            "more": text,  # fields of a later version, as JSON
            "error": pa.struct({"class": text, "message": text, "line": number}),
        }
    )


def to_row(record: Record) -> Record:
    known = set(parquet_schema().names) - {"provenance", "more"}
    row = {name: record[name] for name in record if name in known}
    more = {name: record[name] for name in record if name not in known and name != "provenance"}
    if "provenance" in record:
        row["provenance"] = json.dumps(record["provenance"], ensure_ascii=False)
    if more:
        row["more"] = json.dumps(more, ensure_ascii=False)
    return row


def read_parquet(path: Path) -> Iterator[Record]:
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        for batch in file.iter_batches(ROW_GROUP):
            for row in batch.to_pylist():
                more = json.loads(row.pop("more") or "{}")
                provenance = row.pop("provenance")
                error = row.pop("error")
                if error is not None:
                    shown = {name: value for name, value in error.items() if value is not None}
                    yield {"id": row["id"], "source": row["source"], "error": shown}
                    continue
                yield row | {"provenance": json.loads(provenance or "[]")} | more
