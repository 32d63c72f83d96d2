"""ROUGE: scores from rouge_score, intervals and tests from a seeded bootstrap of our own."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from summarize.document.sentences import sentences
from summarize.evaluation.result import ROUGE_TYPES as TYPES
from summarize.evaluation.result import Difference, Interval, Score

PARTS = ("precision", "recall", "f1")
RESAMPLES = 1000
SEED = 12345
FEW = 12


def signature(references: str = "1") -> str:
    """What must accompany a ROUGE figure; `references` is "1", or "max" over several."""
    return (
        f"ROUGE|nrefs:{references}|stem:yes|lsum:sentences|bs:{RESAMPLES}|seed:{SEED}"
        f"|v:{version('rouge-score')}"
    )


def rouge(
    summaries: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, NDArray[np.float64]]:
    """Type -> (N, 3) precision, recall and F1 in percent, stemmed. Among several references the one
    with the best F1 counts. rougeLsum compares sentence by sentence, so each gets its own line."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(TYPES), use_stemmer=True)
    rows = [
        scorer.score_multi([by_lines(r) for r in several], by_lines(summary))
        for summary, several in zip(summaries, references, strict=True)
    ]
    return {kind: 100 * np.array([row[kind] for row in rows]).reshape(-1, 3) for kind in TYPES}


def by_lines(text: str) -> str:
    """One sentence per line; line breaks that the text has already are kept."""
    return "\n".join(found for line in text.splitlines() for found in sentences(line))


def rouge_scores(
    summaries: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, NDArray[np.float64]]:
    """F1 alone, (N,) each."""
    return {kind: values[:, 2] for kind, values in rouge(summaries, references).items()}


def bootstrap_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """values (N,) or (N, C) -> means of RESAMPLES seeded draws with replacement, (R,) or (R, C).

    The same draws for the same N, whatever the values.
    """
    generator = np.random.default_rng(SEED)
    size = len(values)
    draws = (generator.integers(0, size, size) for _ in range(RESAMPLES))
    return np.array([values[rows].mean(axis=0) for rows in draws])


def with_interval(values: NDArray[np.float64]) -> Interval:
    """Mean of values (N,) and its 95 % bootstrap interval; a single value has none."""
    return interval_of(values, bootstrap_means(values))


def interval_of(values: NDArray[np.float64], means: NDArray[np.float64]) -> Interval:
    if len(values) < 2:
        return Interval(float(values.mean()), None, None)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def paired_difference(values: NDArray[np.float64], others: NDArray[np.float64]) -> Difference:
    """Mean of values - others on the same documents, its 95 % interval, and a two-sided p.

    Paired bootstrap (Koehn 2004): the documents are drawn with replacement, 1,000 times, seeded. p
    is twice the smaller share of resamples on either side of zero, at least 2 / 1,001. With fewer
    than FEW documents resampling says too little, and p is that of the exact sign-flip test.
    """
    difference = values - others
    means = bootstrap_means(difference)
    found = interval_of(difference, means)
    if len(difference) < FEW:
        signs = 1 - 2 * (np.arange(2 ** len(difference))[:, None] >> np.arange(len(difference)) & 1)
        flipped = np.abs((signs * difference).mean(axis=1))
        p = float((flipped >= abs(difference.mean()) - 1e-9).mean())
    else:
        tail = min(int((means <= 0).sum()), int((means >= 0).sum()))
        p = min(1.0, 2 * (tail + 1) / (RESAMPLES + 1))
    return Difference(found.mean, found.low, found.high, p)


def report(scores: dict[str, NDArray[np.float64]]) -> dict[str, Score]:
    """From what `rouge` returns: means and intervals, by ROUGE type."""
    return {
        kind: Score(*(with_interval(values[:, i]) for i in range(len(PARTS))))
        for kind, values in scores.items()
    }
