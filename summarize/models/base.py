"""What every writing model offers to those who feed it: read, write, align."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from summarize import threads
from summarize.options import Options
from summarize.pipeline.alignment import Alignment

# Characters of which the tokens are counted: counting those of a book would take longer than
# reading its opening.
COUNTED = 500_000
PARALLEL = 3  # batches from which on they are written on several cores
ENOUGH = 16  # tokens for a short sentence
RETRIES = 2  # for a sentence to end


class Source(NamedTuple):
    """A document as far as the model reads it."""

    payload: Any  # what the model's `write` takes
    read: int  # tokens that will be read; 0 is an empty document
    total: int  # tokens that there are
    familiarity: float | None = None  # 1 for a text of the kind it learned from, 0 for another


class Draft(NamedTuple):
    """What the model wrote for one source."""

    text: str
    tokens: int
    confidence: float | None = None
    ids: Sequence[int] = ()  # the tokens of `text`
    attention: NDArray[np.float32] | None = None  # (len(ids), S) where each looked, if anywhere
    is_finished: bool = True  # it ends as a sentence or by the model's own end


class Writer(Protocol):
    """A model: how it reads a text, and writes for several at once."""

    name: str
    max_source_tokens: int
    is_parallel: bool  # several threads may write; else the model uses them itself
    writes_sentence: bool  # one, whatever is read; else as long as --length asks

    def read(self, text: str) -> Source: ...
    def write(self, payloads: list[Any], options: Options) -> list[Draft]: ...
    def align(self, document: str, draft: Draft, source: Source) -> Alignment | None:
        """Where each word of the draft looked; None where there is nothing to look at."""
        ...


def write_to_end(writer: Writer, payloads: list[Any], options: Options) -> list[Draft]:
    """Drafts; those that --max-tokens would cut in mid-sentence are written again with more."""
    drafts = writer.write(payloads, options)
    for retry in range(1, RETRIES + 1):
        cut = [i for i, draft in enumerate(drafts) if not draft.is_finished]
        if options.max_tokens is None or not cut:
            break
        again = replace(options, max_tokens=max(ENOUGH, options.max_tokens * 2**retry))
        for i, draft in zip(cut, writer.write([payloads[i] for i in cut], again), strict=True):
            drafts[i] = draft
    return drafts


def familiarity_of(source: Source, draft: Draft) -> float | None:
    """Of the text; nothing, where what was written for it did not come to an end."""
    return 0.0 if source.familiarity is not None and not draft.is_finished else source.familiarity


def estimated_tokens(counted: int, text: str) -> int:
    """Tokens of a text, `counted` in its first COUNTED characters."""
    return round(counted * max(1.0, len(text) / COUNTED))


def write_sorted(
    writer: Writer, sources: Sequence[Source], options: Options
) -> tuple[list[Draft], list[float]]:
    """Drafts in the order of the sources, and each one's share of its batch's seconds."""
    drafts = [Draft("", 0)] * len(sources)
    seconds = [0.0] * len(sources)
    order = sorted((i for i, s in enumerate(sources) if s.read), key=lambda i: -sources[i].read)
    starts = range(0, len(order), options.batch_size)
    batches = [order[start : start + options.batch_size] for start in starts]

    def write(rows: list[int]) -> tuple[list[Draft], float]:
        started = time.perf_counter()
        found = write_to_end(writer, [sources[i].payload for i in rows], options)
        return found, (time.perf_counter() - started) / len(rows)

    done = 0
    for rows, (found, share) in zip(batches, in_step(write, batches, writer), strict=True):
        for i, draft in zip(rows, found, strict=True):
            drafts[i], seconds[i] = draft, share
        done += len(rows)
        if options.progress:
            options.progress(done, len(order))
    return drafts, seconds


def in_step(
    write: Callable[[list[int]], Any], batches: list[list[int]], writer: Writer
) -> Iterator[Any]:
    """Results in order; where the model allows it and there is much to do, on all cores, each with
    matrix products of its own: sharing those between the cores too took twice as long
    (benchmarks/LOG.md)."""
    workers = min(threads.available(), len(batches))
    if len(batches) < PARALLEL or workers < 2 or not writer.is_parallel:
        yield from map(write, batches)
        return
    # Here, because a start-up must not wait for it.
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(workers)
    with threads.one_core_each():
        try:
            yield from pool.map(write, batches)
        finally:  # an interrupted run must not finish what it has begun
            pool.shutdown(wait=False, cancel_futures=True)
