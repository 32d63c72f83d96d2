"""ROUGE F1: scores from rouge_score, intervals and tests from a seeded bootstrap of our own."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

TYPES = ("rouge1", "rouge2", "rougeL")
RESAMPLES = 1000
SEED = 12345


def signature(references: str = "1") -> str:
    """What must be said with a ROUGE figure; `references` is "1", or "max" over several."""
    return (
        f"ROUGE|nrefs:{references}|stem:yes|lsum:none|bs:{RESAMPLES}|seed:{SEED}"
        f"|v:{version('rouge-score')}"
    )


def rouge_scores(
    summaries: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, NDArray[np.float64]]:
    """F1 of each summary in percent, stemmed; of several references the best, by F1."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(TYPES), use_stemmer=True)
    rows = [
        scorer.score_multi(list(refs), summary)
        for summary, refs in zip(summaries, references, strict=True)
    ]
    return {kind: np.array([100 * row[kind].fmeasure for row in rows]) for kind in TYPES}


def bootstrap_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of RESAMPLES seeded draws with replacement; the same draws for the same length."""
    generator = np.random.default_rng(SEED)
    size = len(values)
    return np.array([values[generator.integers(0, size, size)].mean() for _ in range(RESAMPLES)])


def with_interval(values: NDArray[np.float64]) -> dict[str, Any]:
    """Mean and its 95 % bootstrap interval: 1,000 resamples of the documents, seeded."""
    low, high = np.percentile(bootstrap_means(values), [2.5, 97.5])
    return {"f1": round(float(values.mean()), 3), "low": round(low, 3), "high": round(high, 3)}


def paired_difference(values: NDArray[np.float64], others: NDArray[np.float64]) -> dict[str, float]:
    """Mean of values - others on the same documents, its 95 % interval, and a two-sided p.

    Paired bootstrap (Koehn 2004): the documents are drawn with replacement, 1,000 times, seeded. p
    is twice the smaller share of resamples on either side of zero, at least 1 / 1,001.
    """
    difference = values - others
    means = bootstrap_means(difference)
    low, high = np.percentile(means, [2.5, 97.5])
    tail = min(int((means <= 0).sum()), int((means >= 0).sum()))
    return {
        "difference": round(float(difference.mean()), 3),
        "low": round(float(low), 3),
        "high": round(float(high), 3),
        "p": round(min(1.0, 2 * (tail + 1) / (RESAMPLES + 1)), 4),
    }
