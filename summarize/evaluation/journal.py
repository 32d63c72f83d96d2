"""What a long measurement has done so far, on disk, so that the same command can continue."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from summarize.errors import OutputError
from summarize.files import is_file_of, lock
from summarize.models.registry import SUMMARIZERS, shipped


class Journal:
    """Lines of JSON, in files named by a hash of what was asked. Without a folder, none."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.used: list[Path] = []

    def path(self, asked: Any) -> Path | None:
        """`asked` is everything that the lines depend on, as JSON."""
        if self.folder is None:
            return None
        name = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError:  # a home that is read-only is no reason to measure nothing
            self.folder = None
            return None
        path = self.folder / f"{name}.jsonl"
        self.used.append(path)
        return path

    @contextmanager
    def held(self, path: Path | None) -> Iterator[list[dict[str, Any]]]:
        """The lines so far. Inside the `with` block no other process can hold this journal.

        Raises OutputError if one does.
        """
        if path is None:
            yield []
            return
        handle = take(path)
        try:
            yield whole_lines(path)
        finally:
            os.close(handle)

    def add(self, path: Path | None, line: dict[str, Any]) -> None:
        if path is not None:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def forget(self, asked: Any) -> None:
        """Discard what an interrupted run has done."""
        path = self.path(asked)
        if path is not None:
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        for path in self.used:
            path.unlink(missing_ok=True)


def take(path: Path) -> int:
    """The open and locked file, which is made if there is none."""
    try:
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            if not lock(handle):
                os.close(handle)
                raise OutputError(
                    "another process is measuring the same; wait for it, or run with other options"
                )
            if is_file_of(handle, str(path)):
                return handle
            os.close(handle)  # the other process finished and removed the file meanwhile
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror or error}") from None


def whole_lines(path: Path) -> list[dict[str, Any]]:
    """Half a line at the end, of a process that was killed, is cut off."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.truncate(path, len(whole))
    lines = []
    for line in whole.splitlines():
        with suppress(ValueError):  # damaged on the disk
            lines.append(json.loads(line))
    return [line for line in lines if isinstance(line, dict)]


def fingerprint(model: str) -> str:
    """Changes when the files of a model on disk do."""
    folder = shipped(model) if model in SUMMARIZERS else Path(model)
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    return " ".join(f"{p.name}:{p.stat().st_size}:{p.stat().st_mtime_ns}" for p in files)
