"""What a training run is asked for, and whom it talks to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from summarize.training.examples import Example
from summarize.training.recipe import Recipe


@dataclass(frozen=True)
class Run:
    """What one call of `summarize train` was asked for."""

    data: list[Path]
    dev: list[Path]
    out: Path
    recipe: Recipe
    resume: bool = False
    init_from: Path | None = None
    device: str = "cpu"
    notes: str = ""


class Progress(Protocol):
    """Where a run reports how it is going; the command line draws it."""

    def message(self, text: str) -> None: ...
    def step(self, values: dict[str, Any]) -> None: ...


class DevScores(Protocol):
    """Scores a saved model on dev documents. Passed in, so that training knows no summarizer."""

    def __call__(self, folder: Path, examples: list[Example]) -> dict[str, float]: ...
