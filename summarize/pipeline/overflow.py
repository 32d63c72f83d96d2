"""Which sentences of a document a model reads: all, or those that fit its window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from summarize.pipeline.reading import Reading
from summarize.pipeline.selection import scores


def to_read(
    reading: Reading,
    limit: int,
    overflow: str,
    among: Sequence[int] | None = None,
    style: str | None = None,
) -> tuple[list[int], str | None]:
    """Sentences in order, and how they came to be fewer than there are (None where all fit)."""
    every = range(len(reading.document.sentences)) if among is None else among
    if among is None and reading.total <= limit:
        return list(every), None
    if among is not None and sum(map(reading.tokens, every)) <= limit:
        return list(every), None
    if overflow == "truncate" and among is None:
        return reading.opening(limit), "truncate"
    return fill(reading, limit, every, style or "tldr"), "select"


def fill(reading: Reading, limit: int, among: Sequence[int], style: str) -> list[int]:
    """The best sentences whose tokens fit, in order."""
    values = scores(reading.document, style)
    order = sorted(among, key=lambda i: (-values[i], i))
    reading.encode(order[: 2 + limit // 8])  # hardly more will fit
    kept: list[int] = []
    room = limit
    for i in order:
        if not np.isfinite(values[i]) and kept:
            break
        tokens = reading.tokens(i)
        if tokens <= room or not kept:
            kept.append(i)
            room -= tokens
        if room < limit / 20:
            break
    return sorted(kept)
