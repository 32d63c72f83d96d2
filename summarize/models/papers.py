"""Whether a text is a scientific paper or its abstract, told from the words of its opening.

A logistic regression over the presence of a few hundred words, learned by benchmarks/papers.py. A
title suits a paper; for everything else a sentence says more.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from summarize.document.document import Document
from summarize.models.scorer import UNUSABLE, damaged, from_bytes

FILE = Path(__file__).parent.parent / "checkpoints" / "papers.json"
OPENING = 1500  # characters
WORD = re.compile(r"[^\W\d_]{2,}")


def is_paper(document: Document) -> bool:
    return log_odds(document.text) > 0


def log_odds(text: str) -> float:
    return log_odds_of_opening(text[:OPENING])


@lru_cache(maxsize=64)  # style, reranker, selector and judge ask for the same text
def log_odds_of_opening(opening: str) -> float:
    bias, weights = shipped_weights()
    return bias + sum(weights.get(word, 0.0) for word in opening_words(opening))


def opening_words(text: str) -> set[str]:
    return set(WORD.findall(text[:OPENING].lower()))


@lru_cache(maxsize=1)
def shipped_weights() -> tuple[float, dict[str, float]]:
    """The bias, and how much each word speaks for a paper. Raises CheckpointError."""
    try:
        values = from_bytes(FILE.read_bytes())
        return float(values["bias"]), {str(k): float(v) for k, v in values["words"].items()}
    except (OSError, *UNUSABLE) as error:
        remedy = "install summarize again, or create it with: python benchmarks/papers.py"
        raise damaged(FILE, error, remedy) from None
