"""Which files a corpus has: found in a fixed order, hashed, and their documents counted."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from summarize.corpus.rows import (
    EVERY,
    TEXT_FIELDS,
    Mark,
    columns_of,
    kind_of,
    read_rows,
    require_pyarrow,
)
from summarize.document.read import LARGEST_BYTES
from summarize.errors import DataError, OptionError


@dataclass(frozen=True)
class Input:
    """A file. `error` says why it can't be read; it is then one document, and that an error."""

    path: str
    kind: str  # document, jsonl, csv or parquet
    bytes: int = 0
    sha256: str = ""
    documents: int = 1
    marks: list[Mark] = field(default_factory=list)
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Input:
        return cls(**{**values, "marks": [Mark(*mark) for mark in values["marks"]]})


@dataclass(frozen=True)
class Question:
    """Which inputs, and how their rows are read."""

    names: tuple[str, ...]
    globs: tuple[str, ...] = ()
    field: str | None = None
    id_field: str | None = None
    encoding: str | None = None

    def columns(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of CSV or Parquet that are read."""
        text = self.field or next((f for f in TEXT_FIELDS if f in names), TEXT_FIELDS[0])
        return (text, self.id_field or "id")


def check(question: Question) -> None:
    """Refuse before the work what the user must have meant otherwise. Raises OptionError, and
    DataError for what is not there."""
    seen: dict[str, str] = {}
    for name in question.names:
        if name == "-":
            raise OptionError("batch reads files and directories; for a pipe use: summarize -")
        if not os.path.lexists(name):
            raise DataError(f"{name}: no such file or directory")
        real = os.path.realpath(name)
        for other, named in seen.items():
            if Path(real).is_relative_to(other) or Path(other).is_relative_to(real):
                raise OptionError(f"{name} and {named} name the same files; leave one out")
        seen[real] = name
        kind = kind_of(name)
        if os.path.isdir(name) or kind not in ("csv", "parquet"):
            continue
        if kind == "parquet":
            require_pyarrow(name)
        columns = columns_of(name, kind, question.encoding)
        if columns is not None and question.columns(columns)[0] not in columns:
            missing = f"no column {question.field!r}" if question.field else "no column of text"
            raise OptionError(
                f"{name} has {missing}; name one with --field: {', '.join(columns[:20])}"
            )


def find(question: Question, out: Path) -> Iterator[tuple[str, str]]:
    """Path and kind of every file, in order. What lies in `out` is ours and left out."""
    for name in question.names:
        if os.path.isdir(name):
            own = os.path.realpath(out)
            for path in walk(name, own):
                relative = os.path.relpath(path, name)
                if not question.globs or any(matches(relative, g) for g in question.globs):
                    kind = kind_of(path)
                    # A table in a folder of documents is one of them, unless its column is named.
                    is_table = kind == "csv" and question.field is None
                    yield path, "document" if is_table else kind
        else:
            yield name, kind_of(name)


def walk(folder: str, own: str) -> Iterator[str]:
    """Files below a directory, sorted, and directories that can't be read. Hidden ones are
    skipped, and so are links to directories, which may lead in a circle."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if os.path.realpath(entry.path) != own:
                yield from walk(entry.path, own)
        elif not (entry.is_symlink() and os.path.isdir(entry.path)):
            yield entry.path


def matches(relative: str, glob: str) -> bool:
    """A pattern without a slash is of the name, at any depth."""
    name = relative if "/" in glob else os.path.basename(relative)
    return fnmatchcase(name, glob)


def scan(path: str, kind: str, question: Question, known: Input | None = None) -> Input:
    """Hash the file and count its documents; `known` is given back if the hash is still its."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            os.listdir(path)
        if not stat.S_ISREG(status.st_mode):
            return Input(path, "document", error=f"{path} is not a regular file")
        with open(path, "rb") as file:
            # A document that is too large is not read; its size says that.
            whole = kind != "document" or status.st_size <= LARGEST_BYTES
            digest = hashlib.file_digest(file, "sha256").hexdigest() if whole else ""
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return Input(path, "document", error=f"can't read {path}: {reason}")
    if known is not None and (known.sha256, known.bytes) == (digest, status.st_size):
        return known
    if kind == "document":
        return Input(path, kind, status.st_size, digest)
    if kind == "parquet":
        require_pyarrow(path)
    documents = 0
    marks: list[Mark] = []
    columns = question.columns(columns_of(path, kind, question.encoding) or ())
    for row in read_rows(path, kind, columns, question.encoding):
        is_far = not marks or documents >= marks[-1].row + EVERY
        if row.mark and (is_far or kind == "parquet"):
            marks.append(Mark(documents, *row.mark))
        documents += 1
    return Input(path, kind, status.st_size, digest, documents, marks)
