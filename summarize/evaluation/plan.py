"""What `summarize bench` is asked to measure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from summarize.errors import OptionError
from summarize.evaluation.data import Data
from summarize.options import Options


@dataclass(frozen=True)
class Plan:
    """Which models on which documents, and how. `options` are those that were given."""

    models: list[str]
    data: Data
    options: dict[str, Any] = field(default_factory=dict)
    load: dict[str, Any] = field(default_factory=dict)
    batch_size: int = 1
    processes: int = 1
    threads: int | None = None
    buckets: tuple[int, ...] | None = None
    device: str | None = None  # for transformers; the other models have no choice

    def __post_init__(self) -> None:
        if not self.data.rows:
            raise OptionError(f"{self.data.name} has no documents to measure on")
        if len(set(self.models)) < len(self.models):
            raise OptionError("a model is named twice; name each once")
        for name in ("batch_size", "processes"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if self.threads is not None and self.threads < 1:
            raise OptionError(f"threads is {self.threads}; it must be 1 or more")
        Options(**self.options)  # refuses bad values before the work begins
