"""What a long measurement has done so far, on disk, so that the same command goes on."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from summarize.models.registry import SUMMARIZERS, shipped


class Journal:
    """Lines of JSON in a file whose name is a hash of what was asked; without a folder, nowhere."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.used: list[Path] = []

    def path(self, asked: Any) -> Path | None:
        """`asked` is all that the lines depend on, as JSON."""
        if self.folder is None:
            return None
        name = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError:  # a home that can't be written to is no reason to measure nothing
            self.folder = None
            return None
        path = self.folder / f"{name}.jsonl"
        self.used.append(path)
        return path

    def read(self, path: Path | None) -> list[dict[str, Any]]:
        if path is None or not path.exists():
            return []
        lines = []
        for line in path.read_text("utf-8", errors="replace").splitlines():
            with suppress(ValueError):  # the last may have been cut
                lines.append(json.loads(line))
        return [line for line in lines if isinstance(line, dict)]

    def add(self, path: Path | None, line: dict[str, Any]) -> None:
        if path is not None:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def forget(self, asked: Any) -> None:
        """What an interrupted run has done is done again."""
        path = self.path(asked)
        if path is not None:
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        for path in self.used:
            path.unlink(missing_ok=True)


def fingerprint(model: str) -> str:
    """Changes when the files of a model on disk do."""
    folder = shipped(model) if model in SUMMARIZERS else Path(model)
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    return " ".join(f"{p.name}:{p.stat().st_size}:{p.stat().st_mtime_ns}" for p in files)
