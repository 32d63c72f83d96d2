"""Documents with reference summaries to evaluate on: JSON Lines, or a data set of the hub."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from summarize.document.jsonl import read_rows
from summarize.errors import DataError, first_line
from summarize.models.hub import is_reachable
from summarize.models.registry import is_hub_id

DOCUMENT_FIELDS = ("document", "article", "text", "abstract", "dialogue")
SUMMARY_FIELDS = ("references", "summary", "highlights", "title", "target")


@dataclass(frozen=True)
class Row:
    """One document with what people wrote of it; `kind` is what it is, `style` what was asked."""

    id: str
    document: str
    references: tuple[str, ...]
    kind: str = ""
    style: str | None = None

    @property
    def sha256(self) -> str:
        """Of document and references, cut to 16 characters: enough to tell two rows apart."""
        text = "\0".join((self.document, *self.references))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class Data:
    """Rows and where they came from. `available` is how many there were before the limit."""

    name: str
    rows: list[Row]
    available: int | None
    sha256: str


def own_documents() -> Path:
    """The evaluation set that comes with summarize; benchmarks/documents.jsonl is a link to it."""
    return Path(__file__).parent / "documents.jsonl"


def read_data(source: str | None, limit: int | None = None, split: str = "test") -> Data:
    """Rows of a .jsonl, .jsonl.gz or .jsonl.xz, of the hub's org/name, or of our own set.

    Raises DataError.
    """
    path = own_documents() if source is None else Path(source)
    if path.exists() or source is None:
        every = (to_row(row, f"{path}:{n}", n) for n, row in read_rows(path))
        rows = list(every)
        return Data(path.name, rows[:limit], len(rows), joint_sha256(rows))
    if is_hub_id(source) and not source.endswith((".jsonl", ".json", ".gz", ".xz")):
        rows = list(islice(hub_rows(source, split), limit))
        whole = limit is None or len(rows) < limit
        return Data(f"{source} ({split})", rows, len(rows) if whole else None, joint_sha256(rows))
    raise DataError(f"no file {source}; name a .jsonl file, or org/name of a data set on the hub")


def to_row(values: dict[str, Any], where: str, number: int) -> Row:
    field = next((f for f in DOCUMENT_FIELDS if f in values), "document")
    document = values.get(field)
    if not isinstance(document, str) or not document.strip():
        raise DataError(f"{where} has no text in 'document'")
    return Row(
        id=str(values.get("id", number)),
        document=document,
        references=references_of(values, where, field),
        kind=str(values.get("kind", values.get("domain", ""))),
        style=values.get("style"),
    )


def references_of(values: dict[str, Any], where: str, besides: str = "") -> tuple[str, ...]:
    found = next((values[f] for f in SUMMARY_FIELDS if f in values and f != besides), None)
    references = found if isinstance(found, list) else [found]
    if not references or not all(isinstance(r, str) and r.strip() for r in references):
        raise DataError(f"{where} has no text in 'summary' (or a list of texts in 'references')")
    return tuple(references)


def hub_rows(name: str, split: str) -> Iterator[Row]:
    """org/name, or a folder's path, through the library datasets, a row at a time."""
    if find_spec("datasets") is None:
        raise DataError(f'{name} needs datasets; install the extra "hub" (README, Install)')
    if not Path(name).exists() and not is_reachable():
        raise DataError(f"{name}: no such file or folder, and the hub can't be reached")
    import datasets

    datasets.disable_progress_bars()
    try:
        # No code that comes with a data set: datasets 4 and later have no way to run any.
        stream = datasets.load_dataset(name, split=split, streaming=True)
        for number, values in enumerate(stream, start=1):
            yield to_row(values, f"{name}:{number}", number)
    except DataError:
        raise
    except Exception as error:  # whatever a server or a file provokes
        reason = first_line(error, 300)
        raise DataError(f"can't read the data set {name} ({split}): {reason}") from None


def joint_sha256(rows: list[Row]) -> str:
    joint = hashlib.sha256()
    for row in rows:
        joint.update(row.sha256.encode())
    return joint.hexdigest()
