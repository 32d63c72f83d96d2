"""Many documents through one model: read each, sort by length, write in batches, put in order.

Sorted, because a batch costs what its longest document costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from summarize.sentences import ENDS, chunks
from summarize.summarizers import Options, Summary, Tokens
from summarize.summarizers.alignment import Alignment, provenance

# Characters of which the tokens are counted: counting those of a book would take longer than
# reading its opening.
COUNTED = 500_000


class Source(NamedTuple):
    """A document as far as the model reads it."""

    payload: Any  # what the model's `write` takes
    read: int  # tokens that will be read; 0 is an empty document
    total: int  # tokens that there are


class Draft(NamedTuple):
    """What the model wrote for one source."""

    text: str
    tokens: int
    confidence: float | None = None
    ids: Sequence[int] = ()  # the tokens of `text`
    attention: NDArray[np.float32] | None = None  # (len(ids), S) where each looked, if anywhere


class Writer(Protocol):
    """A model: how it reads a text, and writes for several at once."""

    name: str

    def read(self, text: str) -> Source: ...
    def write(self, payloads: list[Any], options: Options) -> list[Draft]: ...
    def align(self, document: str, draft: Draft, source: Source) -> Alignment | None:
        """Where each word of the draft looked; None where there is nothing to look at."""
        ...


def summarize_all(
    writer: Writer, documents: Sequence[str], options: Options, style: str | None
) -> list[Summary]:
    """One Summary a document, in the order given; `seconds` is its share of its batch."""
    sources, reading = timed_map(writer.read, documents)
    cut = [s.read < s.total and options.long == "chunk" for s in sources]
    whole = [i for i, is_cut in enumerate(cut) if not is_cut]
    drafts, writing = write_sorted(writer, [sources[i] for i in whole], options)
    summaries: list[Summary | None] = [None] * len(documents)
    for i, draft, seconds in zip(whole, drafts, writing, strict=True):
        tokens = Tokens(sources[i].total, sources[i].read, draft.tokens)
        started = time.perf_counter()
        found = writer.align(documents[i], draft, sources[i])
        cited = provenance(found) if found else []
        looking = time.perf_counter() - started
        summaries[i] = Summary(
            text=draft.text,
            model=writer.name,
            tokens=tokens,
            seconds=reading[i] + seconds + looking,
            style=style if sources[i].read else None,
            confidence=draft.confidence,
            provenance=cited,
        )
    for i, is_cut in enumerate(cut):
        if is_cut:
            summaries[i] = summarize_chunks(writer, documents[i], options, style)
    return [summary for summary in summaries if summary is not None]


def summarize_chunks(writer: Writer, document: str, options: Options, style: str | None) -> Summary:
    """Pieces that end at a sentence, a summary of each, and a summary of those summaries."""
    started = time.perf_counter()
    pieces = fitting(writer, document)
    sources = [writer.read(piece) for piece in pieces]
    count, read = len(pieces), sum(source.read for source in sources)
    drafts, _ = write_sorted(writer, sources, options)
    while len(drafts) > 1:
        text = "\n\n".join(d.text if d.text.endswith(ENDS) else f"{d.text}." for d in drafts)
        pieces = fitting(writer, text)
        if len(pieces) >= len(drafts):  # a model that writes as much as it reads: for ever
            pieces = pieces[: max(1, len(drafts) // 2)]
        drafts, _ = write_sorted(writer, [writer.read(piece) for piece in pieces], options)
    return Summary(
        text=drafts[0].text,
        model=writer.name,
        tokens=Tokens(read, read, drafts[0].tokens),  # all of it, white space squeezed
        seconds=time.perf_counter() - started,
        style=style,
        chunks=count,
        confidence=drafts[0].confidence,
    )


def fitting(writer: Writer, text: str) -> list[str]:
    """The text in pieces that the model reads whole."""
    return list(chunks(text, lambda piece: fits(writer.read(piece)))) or [text]


def fits(source: Source) -> bool:
    return source.read >= source.total


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
    for start in range(0, len(order), options.batch_size):
        rows = order[start : start + options.batch_size]
        started = time.perf_counter()
        found = writer.write([sources[i].payload for i in rows], options)
        share = (time.perf_counter() - started) / len(rows)
        for i, draft in zip(rows, found, strict=True):
            drafts[i], seconds[i] = draft, share
    return drafts, seconds


def timed_map(
    function: Callable[[str], Source], texts: Sequence[str]
) -> tuple[list[Source], list[float]]:
    results, seconds = [], []
    for text in texts:
        started = time.perf_counter()
        results.append(function(text))
        seconds.append(time.perf_counter() - started)
    return results, seconds
