"""Which sentence says what the document says: a small scorer over `sentence_features`.

score = w2 . tanh(W1 (x - mean) / scale + b1), learned by benchmarks/selection.py from the ROUGE of
each sentence with summaries that people wrote. Without its file, LexRank and a bonus for early
sentences decide.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.errors import CheckpointError
from summarize.files import write_text
from summarize.models.candidates import candidates
from summarize.models.sentence_features import NAMES, features
from summarize.models.term_vectors import lexrank, terms, vectors_of

FILE = Path(__file__).parent.parent / "checkpoints" / "selector.json"
FORMAT = 1


class Scored(NamedTuple):
    """The candidates of a document, in order, and how well each would do as its summary."""

    sentences: list[int]  # indices into Document.sentences
    scores: NDArray[np.float64]

    @property
    def best(self) -> int | None:
        return self.sentences[int(np.argmax(self.scores))] if self.sentences else None


@dataclass(frozen=True)
class Selector:
    """The weights: F features, H hidden units."""

    cues: dict[str, float]  # how much a term speaks for a sentence
    mean: NDArray[np.float64]  # (F,)
    scale: NDArray[np.float64]  # (F,)
    hidden: NDArray[np.float64]  # (H, F + 1), the bias last
    output: NDArray[np.float64]  # (H,)

    def score(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, F) -> (N,)"""
        scaled = np.clip((rows - self.mean) / self.scale, -5, 5)
        result: NDArray[np.float64] = (
            np.tanh(scaled @ self.hidden[:, :-1].T + self.hidden[:, -1]) @ self.output
        )
        return result

    def save(self, path: Path) -> None:
        payload: dict[str, Any] = {
            "format": FORMAT,
            "features": list(NAMES),
            "cues": {term: round(weight, 3) for term, weight in sorted(self.cues.items())},
            "mean": rounded(self.mean),
            "scale": rounded(self.scale),
            "hidden": [rounded(row) for row in self.hidden],
            "output": rounded(self.output),
        }
        write_text(path, json.dumps({**payload, "sha256": digest(payload)}) + "\n")

    @classmethod
    def load(cls, path: Path) -> Selector:
        """Raises CheckpointError for a file that is damaged, altered or of another version."""
        try:
            payload = json.loads(path.read_text(encoding="utf-8"))
            if payload.pop("sha256") != digest(payload):
                raise ValueError("its SHA-256 does not match")
            if payload["format"] != FORMAT or payload["features"] != list(NAMES):
                raise ValueError("it was made for another version")
            found = cls(
                {str(term): float(weight) for term, weight in payload["cues"].items()},
                *(
                    np.asarray(payload[k], dtype=np.float64)
                    for k in ("mean", "scale", "hidden", "output")
                ),
            )
            found.check()
            return found
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CheckpointError(
                f"{path} is damaged ({error}); install summarize again, or create it with: "
                "python benchmarks/selection.py"
            ) from None

    def check(self) -> None:
        """Shapes fit and every number is finite; else a ValueError."""
        size = len(NAMES)
        if self.mean.shape != (size,) or self.scale.shape != (size,) or self.hidden.ndim != 2:
            raise ValueError("its shapes do not fit")
        if self.hidden.shape[1] != size + 1 or self.output.shape != (len(self.hidden),):
            raise ValueError("its shapes do not fit")
        parts = [self.mean, self.scale, self.hidden, self.output, np.array([*self.cues.values()])]
        if not all(np.isfinite(part).all() for part in parts) or (self.scale <= 0).any():
            raise ValueError("a weight is not a finite number")


def rounded(values: NDArray[np.float64]) -> list[float]:
    """Four digits are enough, and keep the file small."""
    return [float(f"{value:.4g}") for value in values]


def digest(payload: dict[str, Any]) -> str:
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=1)
def shipped_selector() -> Selector | None:
    """The weights of the package; None where there are none."""
    return Selector.load(FILE) if FILE.exists() else None


def score_sentences(
    document: Document, style: str = "tldr", selector: Selector | None = None
) -> Scored:
    """The candidates and their scores, by `selector`, the shipped weights, or LexRank."""
    chosen = candidates(document)
    selector = selector or shipped_selector()
    if not chosen:
        return Scored([], np.zeros(0))
    if selector is None:
        return Scored(chosen, lexrank_and_position(document, chosen))
    return Scored(chosen, selector.score(features(document, chosen, selector.cues, style)))


def lexrank_and_position(document: Document, chosen: list[int]) -> NDArray[np.float64]:
    """LexRank, highest 1, plus exp(-i / 5) for the i-th sentence: the unsupervised fallback."""
    vectors, _ = vectors_of([terms(document.sentence_text(i)) for i in chosen])
    result: NDArray[np.float64] = lexrank(vectors) + np.exp(-np.arange(len(chosen)) / 5)
    return result
