"""How likely a written line is to say what its source does not.

A logistic rule over seven signals, learned by benchmarks/judged/doubt.py from lines that were
judged one by one (benchmarks/judged/RULES.md). What tells most is whether the words stand in the
source in one run, or were joined from places far apart, which is how a deed gets another doer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from summarize.models.scorer import Array

# Signal -> mean, deviation, weight.
SIGNALS = {
    "log prob sum": (-0.864, 0.426, -0.349),
    "log prob least": (-2.749, 0.900, -0.254),
    "longest copy": (0.774, 0.251, -0.423),
    "known triples": (0.810, 0.247, -0.253),
    "words of the sentence read": (0.866, 0.166, -0.328),
    "denial lost": (0.107, 0.309, 0.210),
    "title style": (0.486, 0.500, -0.398),
}
MEAN, DEVIATION, WEIGHTS = np.array(list(SIGNALS.values())).T
CONSTANT = -1.156
# How much it counts against what the reranker expects of a line. On 1,000 dev documents the mean of
# ROUGE-1/2/L and of the doubt: 0 33.3 and 0.305, 1 33.0 and 0.262, 2 32.7 and 0.233.
WEIGHT = 1.0
# As terms: stemmed. "doesn't" is two, of which the first says enough.
DENIALS = frozenset(
    "no not never without cannot none neither nor unless only fail unable don doesn didn isn aren "
    "wasn weren won wouldn couldn shouldn hasn haven can't could would may might".split()
)


def signals(
    sentences: Sequence[Sequence[str]],
    words: Sequence[Sequence[str]],
    shares: Sequence[Sequence[float]],
    columns: Mapping[str, Array],
) -> Array:
    """(lines, signals): terms of the source's sentences; of each line its terms, and its attention
    on each sentence; and the reranker's features by name, (lines,) each."""
    own = []
    for line, share in zip(words, shares, strict=True):
        read = sentences[share.index(max(share))] if len(share) == len(sentences) > 0 else ()
        distinct, there = frozenset(line), frozenset(read)
        denies = not DENIALS.isdisjoint(there - distinct)
        own.append((len(distinct & there) / max(1, len(distinct)), float(denies)))
    both = dict(zip(("words of the sentence read", "denial lost"), np.array(own).T, strict=True))
    found = np.stack([both[n] if n in both else columns[n] for n in SIGNALS], axis=1)
    return found.astype(np.float64, copy=False)


def doubts(found: Array) -> Array:
    """signals (lines, signals) -> (lines,) from 0 to 1."""
    return np.asarray(1 / (1 + np.exp(-((found - MEAN) / DEVIATION) @ WEIGHTS - CONSTANT)))
