"""A network of one hidden layer that scores rows of named features, and its file.

score = w . tanh(W (x - mean) / scale + b). A few kilobytes of JSON, NumPy alone: it chooses
sentences (selector.py), ranks a beam (rerank.py) and weighs writing against quoting (judge.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summarize.errors import CheckpointError

Array = NDArray[np.float64]
FORMAT = 1
CLIP = 5.0  # deviations; a stranger value counts as this


@dataclass(frozen=True)
class Scorer:
    """F features, H hidden units."""

    names: tuple[str, ...]
    mean: Array  # (F,)
    scale: Array  # (F,)
    hidden: Array  # (H, F + 1), the bias last
    output: Array  # (H,)

    def score(self, rows: Array) -> Array:
        """(N, F) -> (N,)"""
        scaled = np.clip((rows - self.mean) / self.scale, -CLIP, CLIP)
        result: Array = np.tanh(scaled @ self.hidden[:, :-1].T + self.hidden[:, -1]) @ self.output
        return result

    def to_dict(self) -> dict[str, Any]:
        return {
            "features": list(self.names),
            "mean": rounded(self.mean),
            "scale": rounded(self.scale),
            "hidden": [rounded(row) for row in self.hidden],
            "output": rounded(self.output),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any], names: Sequence[str]) -> Scorer:
        """Raises ValueError, KeyError or TypeError for weights that can't be used."""
        if values["features"] != list(names):
            raise ValueError("it was made for another version")
        mean, scale, hidden, output = (
            np.asarray(values[key], dtype=np.float64)
            for key in ("mean", "scale", "hidden", "output")
        )
        if mean.shape != (len(names),) or scale.shape != mean.shape or hidden.ndim != 2:
            raise ValueError("its shapes do not fit")
        if hidden.shape[1] != len(names) + 1 or output.shape != (len(hidden),):
            raise ValueError("its shapes do not fit")
        if not all(np.isfinite(part).all() for part in (mean, scale, hidden, output)):
            raise ValueError("a weight is not a finite number")
        if (scale <= 0).any():
            raise ValueError("a scale is not positive")
        return cls(tuple(names), mean, scale, hidden, output)


def rounded(values: Array) -> list[float]:
    """Four digits are enough, and keep the file small."""
    return [float(f"{value:.4g}") for value in values]


def to_bytes(values: dict[str, Any]) -> bytes:
    """JSON with a format number and the SHA-256 of what it holds."""
    values = {"format": FORMAT, **values}
    return (json.dumps({**values, "sha256": digest(values)}) + "\n").encode()


def from_bytes(data: bytes) -> dict[str, Any]:
    """Raises ValueError where it is damaged, altered or of another format."""
    values = json.loads(data.decode("utf-8"))
    if not isinstance(values, dict) or values.pop("sha256", None) != digest(values):
        raise ValueError("its SHA-256 does not match")
    if values["format"] != FORMAT:
        raise ValueError("it was made for another version")
    return values


def digest(values: dict[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# What from_bytes and from_dict raise.
UNUSABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def damaged(where: object, error: Exception, remedy: str) -> CheckpointError:
    return CheckpointError(f"{where} can't be used ({error}); {remedy}")
