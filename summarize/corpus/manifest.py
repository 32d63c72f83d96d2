"""What a run was asked to do, and which of its shards are finished, on disk.

_manifest.json    model, options, and how the inputs are read; written once they are counted
_inputs.jsonl     the inputs in order: path, size, hash, documents
_finished.jsonl   a line for each finished shard, added after the shard has its name

A shard counts as finished if its line is there and the file has the size that the line names.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from summarize.corpus.inputs import Question
from summarize.corpus.shards import shard_path
from summarize.errors import DataError, OutputError
from summarize.files import write_text
from summarize.models.registry import shipped

FORMAT_VERSION = 1
MANIFEST, INPUTS, FINISHED, LOCK = "_manifest.json", "_inputs.jsonl", "_finished.jsonl", ".lock"
TRYING = ".trying-"  # and the number of a shard: on a cluster, how often it was begun
OWN = (MANIFEST, INPUTS, FINISHED, LOCK)


@dataclass(frozen=True)
class Asked:
    """All that the output depends on, besides the inputs."""

    version: str  # of summarize
    model: str
    model_sha256: str
    revision: str | None
    device: str | None
    options: dict[str, Any]  # that were given
    names: list[str]
    globs: list[str]
    field: str | None
    id_field: str | None
    encoding: str | None
    format: str

    def question(self) -> Question:
        names, globs = tuple(self.names), tuple(self.globs)
        return Question(names, globs, self.field, self.id_field, self.encoding)


@dataclass(frozen=True)
class Manifest:
    run: str  # a name of its own for each beginning; whoever works for another one stops
    asked: Asked
    files: int
    documents: int
    bytes: int
    inputs_sha256: str
    shard_size: int

    @property
    def shards(self) -> int:
        return -(-self.documents // self.shard_size)

    def bounds(self, shard: int) -> tuple[int, int]:
        """The first document of a shard, and how many it has."""
        first = shard * self.shard_size
        return first, min(self.shard_size, self.documents - first)


@dataclass(frozen=True)
class Finished:
    """What is known of a finished shard."""

    shard: int
    documents: int
    errors: int
    bytes: int
    cpu_seconds: float
    peak_memory_bytes: int
    messages: tuple[str, ...] = ()  # of its first errors


def shard_size_for(documents: int) -> int:
    """Small enough that every core has work and a kill costs little; at most about 4,000 files."""
    return max(min(1000, max(10, documents // 64)), documents // 4000)


def write_manifest(out: Path, manifest: Manifest) -> None:
    values = {"format_version": FORMAT_VERSION, **asdict(manifest)}
    write_text(out / MANIFEST, json.dumps(values, indent=1, ensure_ascii=True) + "\n")


def read_manifest(out: Path) -> Manifest | None:
    """None if there is none. Raises DataError."""
    path = out / MANIFEST
    try:
        values = json.loads(path.read_text("utf-8"))
        version = values.pop("format_version")
        if version != FORMAT_VERSION:
            raise ValueError(f"format {version} is not {FORMAT_VERSION}")
        return Manifest(**{**values, "asked": Asked(**values["asked"])})
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"can't read {path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is damaged ({error}); start over with --restart") from None


def difference(old: Asked, new: Asked) -> str | None:
    """The first thing that was asked otherwise, for a message."""
    for name in (f.name for f in fields(Asked)):
        before, now = getattr(old, name), getattr(new, name)
        if before == now:
            continue
        if name == "model_sha256":
            return f"the files of the model {new.model} have changed"
        if name == "options":
            name = next(k for k in (*old.options, *new.options) if before.get(k) != now.get(k))
            before, now = before.get(name), now.get(name)
        shown = {"names": "INPUT", "globs": "--glob", "version": "summarize"}
        option = shown.get(name, "--" + name.replace("_", "-"))
        return f"{option} was {said(before)} and is {said(now)} now"
    return None


def fingerprint(model: str) -> str:
    """Changes when the files of a model on this machine do; of a large file, its ends are read."""
    folder = Path(model) if os.path.isdir(model) else shipped(model)
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        with suppress(OSError), path.open("rb") as file:
            size = path.stat().st_size
            digest.update(f"{path.relative_to(folder)} {size}\n".encode())
            digest.update(file.read(1 << 20))
            file.seek(max(0, size - (1 << 20)))
            digest.update(file.read())
    return digest.hexdigest()


def said(value: Any) -> str:
    if value is None or value == []:
        return "not given"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def is_current(out: Path, run: str) -> bool:
    """Whether `out` still belongs to this run: not begun anew since by another."""
    with suppress(DataError):
        found = read_manifest(out)
        return found is not None and found.run == run
    return False


# --- finished shards ---------------------------------------------------------------------------


def read_finished(out: Path, manifest: Manifest) -> dict[int, Finished]:
    """Those whose file is whole, by number."""
    found: dict[int, Finished] = {}
    with suppress(FileNotFoundError), (out / FINISHED).open("rb") as lines:
        for line in lines:
            with suppress(ValueError, TypeError):  # the last may have been cut off
                values = json.loads(line)
                one = Finished(**{**values, "messages": tuple(values["messages"])})
                if is_whole(out, manifest, one):
                    found[one.shard] = one
    return found


def is_whole(out: Path, manifest: Manifest, one: Finished) -> bool:
    if not 0 <= one.shard < manifest.shards:
        return False
    with suppress(OSError):
        path = shard_path(out, one.shard, manifest.asked.format)
        return path.stat().st_size == one.bytes
    return False


class Journal:
    """Adds a line for each finished shard."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        self.end = os.lseek(self.handle, 0, os.SEEK_END)
        # A line that was cut off must not spoil the next one.
        while self.end and os.pread(self.handle, 1, self.end - 1) != b"\n":
            self.end -= 1
        os.ftruncate(self.handle, self.end)

    def add(self, one: Finished) -> None:
        """Raises OutputError; the file then ends where it did before."""
        line = (json.dumps(asdict(one)) + "\n").encode()
        try:
            if os.pwrite(self.handle, line, self.end) < len(line):
                raise OSError(0, "No space left on device")
            os.fsync(self.handle)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self.handle, self.end)
            raise OutputError(f"can't write {self.path}: {error.strerror}") from None
        self.end += len(line)


@contextmanager
def journal(out: Path) -> Iterator[Journal]:
    try:
        opened = Journal(out / FINISHED)
    except OSError as error:
        raise OutputError(f"can't write {out / FINISHED}: {error.strerror}") from None
    try:
        yield opened
    finally:
        os.close(opened.handle)


# --- beginning ---------------------------------------------------------------------------------


def refuse_foreign(out: Path) -> None:
    """Without a manifest, nothing in `out` may look like somebody's work. Raises DataError."""
    for entry in sorted(os.scandir(out), key=lambda entry: entry.name):
        if entry.name in OWN or (entry.name.startswith("._") and entry.name.endswith(".tmp")):
            continue
        raise DataError(
            f"{out} holds {entry.name} and was not written by summarize batch; "
            "name a new directory with -o"
        )


def clear(out: Path) -> None:
    """Remove shards, then what speaks of them. Other files stay."""
    try:
        for path in [*sorted(out.glob("part-*")), *out.glob(".part-*.tmp")]:
            path.unlink(missing_ok=True)
        forget_tries(out)
        for name in (FINISHED, INPUTS, MANIFEST):
            (out / name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"can't remove {error.filename}: {error.strerror}") from None


def forget_tries(out: Path) -> None:
    for path in out.glob(f"{TRYING}*"):
        path.unlink(missing_ok=True)
