"""What can be said of a summary without a reference: how short, how novel, how repetitive."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from summarize.evaluation.result import TextFacts

WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def ngrams(tokens: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1)]


def novel_share(document: str, summary: str, size: int) -> float | None:
    """Share of the summary's n-grams that the document lacks (See et al. 2017, figure 6)."""
    written = ngrams(words(summary), size)
    known = set(ngrams(words(document), size))
    return float(np.mean([gram not in known for gram in written])) if written else None


def repeated_share(summary: str, size: int = 2) -> float | None:
    """Share of the summary's word pairs that it had written before."""
    written = ngrams(words(summary), size)
    return 1 - len(set(written)) / len(written) if written else None


def describe(summaries: Sequence[str], documents: Sequence[str] | None) -> TextFacts:
    """Means over the summaries; without documents, only what needs none.

    `compression` is words of the document over words of the summary (Grusky et al. 2018).
    """
    counts = [len(words(s)) for s in summaries]
    pairs = list(zip(documents or [], summaries, strict=documents is not None))
    ratios = [len(words(d)) / len(words(s)) for d, s in pairs if words(s)]
    novel = {
        f"novel_{size}grams": mean([novel_share(d, s, size) for d, s in pairs])
        for size in (1, 2, 3)
    }
    return TextFacts(
        words=mean(counts),
        repeated_word_pairs=mean([repeated_share(s) for s in summaries]),
        distinct_summaries=len(set(summaries)) / len(summaries) if len(summaries) else None,
        empty_summaries=mean([float(n == 0) for n in counts]),
        compression=mean(ratios),
        **novel,
    )


def mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return round(float(np.mean(known)), 4) if known else None
