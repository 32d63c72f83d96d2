"""Many documents through one model: read each, sort by length, write in batches, put in order.

Sorted, because a batch costs what its longest document costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from summarize.models.base import Source, Writer, familiarity_of, write_sorted
from summarize.options import Options
from summarize.pipeline import decision as settling
from summarize.pipeline.alignment import group
from summarize.pipeline.chunking import summarize_long
from summarize.pipeline.decision import Part, settle, tokens_of
from summarize.summary import Summary, Tokens


def summarize_all(
    writer: Writer, documents: Sequence[str], options: Options, style: str | None
) -> list[Summary]:
    """One Summary a document, in the order given; `seconds` is its share of its batch."""
    sources, reading = timed_map(writer.read, documents)
    in_pieces = [takes_pieces(writer, source, options) for source in sources]
    whole = [i for i, pieces in enumerate(in_pieces) if not pieces]
    drafts, writing = write_sorted(writer, [sources[i] for i in whole], options)
    summaries: list[Summary | None] = [None] * len(documents)
    for i, draft, seconds in zip(whole, drafts, writing, strict=True):
        source = sources[i]
        started = time.perf_counter()
        found = writer.align(documents[i], draft, source)
        text = settling.Source((), (), documents[i])
        parts = [Part(draft.text, None)]
        if found is not None:
            sentences, written, shares = found.by_sentence()
            numbers = group(found.text, found.words).numbers
            text = settling.Source(sentences, numbers, documents[i])
            parts = [Part(text, row) for text, row in zip(written, shares, strict=True)]
        known = familiarity_of(source, draft)
        settled = settle(draft.text, parts, text, draft.confidence, known, options)
        looking = time.perf_counter() - started
        summaries[i] = Summary(
            text=settled.text,
            model=writer.name,
            tokens=Tokens(source.total, source.read, tokens_of(writer, settled, draft.tokens)),
            seconds=reading[i] + seconds + looking,
            style=style if source.read else None,
            mode=settled.mode,
            confidence=settled.confidence,
            provenance=settled.provenance,
        )
    for i, pieces in enumerate(in_pieces):
        if pieces:
            summaries[i] = summarize_long(writer, documents[i], options, style)
    return [summary for summary in summaries if summary is not None]


def takes_pieces(writer: Writer, source: Source, options: Options) -> bool:
    """Whether more than one line must be written: it is too long, or too much is asked."""
    if not source.read:
        return False
    is_cut = source.read < source.total and options.long == "chunk"
    return is_cut or (writer.writes_sentence and options.length != "short")


def timed_map(
    function: Callable[[str], Source], texts: Sequence[str]
) -> tuple[list[Source], list[float]]:
    results, seconds = [], []
    for text in texts:
        started = time.perf_counter()
        results.append(function(text))
        seconds.append(time.perf_counter() - started)
    return results, seconds
