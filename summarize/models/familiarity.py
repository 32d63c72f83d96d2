"""Whether a text is like those that a model was trained on, judged by its words alone.

A network writes just as fluently about a text that it does not understand, and its probabilities
hardly drop (benchmarks/confidence.py). The words give it away. The measure is the mean surprisal,
-log P, of the distinct tokens of a text under their frequency in the training sources, compared
with training texts that have as many distinct tokens.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summarize.errors import CheckpointError
from summarize.rnn.manifest import add_to_set
from summarize.rnn.weights import load_weights

FILE = "familiarity.safetensors"
QUANTILE = 0.95  # the strangest twentieth of the training texts counts as foreign
STEEPNESS = 4.0
# Below this confidence a sentence of the document is given instead (benchmarks/confidence.py).
LEAST_CONFIDENCE = 0.25


@dataclass(frozen=True)
class Familiarity:
    """surprisal (V,) in nats; the mean over a text's distinct tokens is, for a training text of n
    of them, about intercept + slope * log(n), with this deviation."""

    surprisal: NDArray[np.float32]
    intercept: float
    slope: float
    deviation: float
    limit: float  # the strangeness that a twentieth of training texts passes

    def strangeness(self, ids: Sequence[int]) -> float:
        """Deviations above what is usual; 0 for a text without tokens."""
        mean, log_count = surprise(self.surprisal, ids)
        return (mean - self.intercept - self.slope * log_count) / self.deviation if len(ids) else 0

    def of(self, ids: Sequence[int]) -> float:
        """From 1, an ordinary text, through a half at the limit, to 0."""
        return 1 / (1 + math.exp(min(500, STEEPNESS * (self.strangeness(ids) - self.limit))))

    def to_bytes(self) -> bytes:
        """The content of FILE."""
        from safetensors.numpy import save

        values = np.array([self.intercept, self.slope, self.deviation, self.limit], np.float64)
        tensors: dict[str, NDArray[Any]] = {
            "surprisal": self.surprisal.astype(np.float16),
            "line": values,
        }
        data: bytes = save(tensors)
        return data

    def save(self, folder: Path) -> None:
        """Into the folder of a checkpoint, whose manifest then lists it."""
        add_to_set(folder, {FILE: self.to_bytes()})

    @classmethod
    def from_files(
        cls, files: Mapping[str, bytes], folder: Path, vocab_size: int
    ) -> Familiarity | None:
        """None where a checkpoint has no such file. Raises CheckpointError."""
        if FILE not in files:
            return None
        path = folder / FILE
        tensors = load_weights(files[FILE], path, {"surprisal": (vocab_size,), "line": (4,)})
        intercept, slope, deviation, limit = (float(value) for value in tensors["line"])
        if deviation <= 0:
            raise CheckpointError(f"{path} is damaged; copy or train the checkpoint again")
        return cls(tensors["surprisal"].astype(np.float32), intercept, slope, deviation, limit)


def surprise(
    surprisal: NDArray[np.float32], ids: Sequence[int] | NDArray[Any]
) -> tuple[float, float]:
    """Mean surprisal of the distinct tokens, and the logarithm of their number."""
    distinct = np.array(sorted(set(map(int, ids))), dtype=np.int64)  # np.unique imports numpy.ma
    if not len(distinct):
        return 0.0, 0.0
    return float(surprisal[distinct].mean()), math.log(len(distinct))


def learn(sources: Sequence[NDArray[Any]], vocab_size: int) -> Familiarity:
    """From the token ids of training sources; each token counts half a time more than it came."""
    counts = np.bincount(np.concatenate(sources), minlength=vocab_size) + 0.5
    surprisal = -np.log(counts / counts.sum()).astype(np.float32)
    means, logs = np.array([surprise(surprisal, ids) for ids in sources if len(ids)]).T
    slope, intercept = np.polyfit(logs, means, 1) if np.ptp(logs) > 0 else (0.0, means.mean())
    rest = means - intercept - slope * logs
    deviation = max(float(rest.std()), 1e-6)
    limit = float(np.quantile(rest / deviation, QUANTILE))
    return Familiarity(surprisal, float(intercept), float(slope), deviation, limit)
