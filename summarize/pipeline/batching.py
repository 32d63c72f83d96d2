"""Many sources through one model: sorted by length, in batches, on several cores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from summarize import threads
from summarize.models.base import Draft, Model, Source
from summarize.options import Options

ENOUGH = 16  # tokens for a short sentence
RETRIES = 2  # for a sentence to end


def write_sorted(
    model: Model, sources: Sequence[Source], options: Options, retries: int = RETRIES
) -> tuple[list[Draft], list[float]]:
    """Drafts in the order of the sources, and each one's share of its batch's seconds. Sorted,
    because a batch costs what its longest source costs."""
    drafts = [Draft("", 0)] * len(sources)
    seconds = [0.0] * len(sources)
    order = sorted((i for i, s in enumerate(sources) if s.read), key=lambda i: -sources[i].read)
    starts = range(0, len(order), options.batch_size)
    batches = [order[start : start + options.batch_size] for start in starts]

    def write(rows: list[int]) -> tuple[list[Draft], float]:
        started = time.perf_counter()
        found = write_to_end(model, [sources[i] for i in rows], options, retries)
        return found, (time.perf_counter() - started) / len(rows)

    done = 0
    results = threads.map_in_order(write, batches, model.capabilities.is_parallel)
    for rows, (found, share) in zip(batches, results, strict=True):
        for i, draft in zip(rows, found, strict=True):
            drafts[i], seconds[i] = draft, share
        done += len(rows)
        if options.progress:
            options.progress(done, len(order))
    return drafts, seconds


def write_to_end(
    model: Model, sources: Sequence[Source], options: Options, retries: int = RETRIES
) -> list[Draft]:
    """Drafts; those that max_tokens would cut in mid-sentence are written again with more."""
    drafts = model.write(sources, options)
    for retry in range(1, retries + 1):
        cut = [i for i, draft in enumerate(drafts) if not draft.is_finished]
        if options.max_tokens is None or not cut:
            break
        again = replace(options, max_tokens=max(ENOUGH, options.max_tokens * 2**retry))
        for i, draft in zip(cut, model.write([sources[i] for i in cut], again), strict=True):
            drafts[i] = draft
    return drafts
