"""OUT/metrics.jsonl: a line every ten steps and one an evaluation, each of them once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Metrics:
    """Appends lines. A run that resumes rewinds to where its snapshot was taken.

    What a killed run wrote after its last snapshot is computed, and written, again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, kind: str, values: dict[str, Any]) -> None:
        rounded = {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in values.items()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, **rounded}) + "\n")

    def size(self) -> int:
        """Bytes so far: the place to rewind to."""
        return self.path.stat().st_size if self.path.exists() else 0

    def rewind(self, size: int) -> None:
        if self.path.exists():
            with self.path.open("rb+") as file:
                file.truncate(min(size, self.size()))

    def size_until(self, step: int) -> int:
        """Bytes of the lines up to this step, for snapshots that did not record their place."""
        size = 0
        for line in self.path.read_bytes().splitlines(keepends=True) if self.path.exists() else []:
            try:
                if json.loads(line)["step"] > step:
                    break
            except (ValueError, KeyError, TypeError):
                break
            size += len(line)
        return size
