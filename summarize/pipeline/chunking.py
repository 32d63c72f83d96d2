"""A document in chunks that a model reads whole: a sentence for each, then one for those.

    document -> chunks (whole sentences) -> chunk summaries -> groups of them -> one summary

Each summary knows which sentences of the document it was read from; where summaries are read
again, the shares multiply.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from summarize.models.base import Draft, Encoding, Model, Passage, Source
from summarize.options import Options
from summarize.pipeline.alignment import sentence_shares, to_words
from summarize.pipeline.batching import write_sorted
from summarize.pipeline.decision import Written, finished
from summarize.pipeline.reading import Part, Reading

OPENING = 0.5  # of the window, at most, for the opening of the first chunk, above chunk summaries
MANY = 100  # chunks from which on they are searched greedily
QUICK_BATCH = 32
MOST = 4000  # chunks that are read; more than any book has
Shares = dict[int, float]


class ChunkSummary(NamedTuple):
    """The summary of a chunk, or of several; `opening` is the first sentence of the document in
    it."""

    written: Written
    opening: int
    text: str  # as it is read again
    encoding: Encoding

    @property
    def shares(self) -> Shares:
        """Over the sentences of the document, summing to one."""
        rows = [shares for _, shares in self.written.read_from]
        return mean_of(rows)


def chunks_of(reading: Reading, limit: int) -> Iterator[list[Part]]:
    """Runs of sentences of at most `limit` tokens; one that is longer is cut between words. A
    heading begins a new chunk where the one before is at least half full."""
    document = reading.document
    reading.encode(range(len(document.sentences)))
    chunk: list[Part] = []
    size = 0
    for i, sentence in enumerate(document.sentences):
        is_heading = document.blocks[sentence.block].kind == "heading"
        for part in reading.parts(i, limit):
            stop = reading.tokens(i) if part.stop is None else part.stop
            tokens = stop - part.first
            if chunk and (size + tokens > limit or (is_heading and size > limit / 2)):
                yield chunk
                chunk, size = [], 0
            chunk.append(part)
            size += tokens
    if chunk:
        yield chunk


def write_chunks(
    model: Model, reading: Reading, options: Options, limit: int, retries: int
) -> tuple[Written, int, int]:
    """One summary, the number of chunks, and the tokens read."""
    chunks: list[list[Part]] = []
    for chunk in chunks_of(reading, limit):
        chunks.append(chunk)
        if len(chunks) == MOST:
            break
    passages = [reading.passage(chunk) for chunk in chunks]
    owners = [[{part.sentence: 1.0} for part in chunk] for chunk in chunks]
    asked = hurried(model, len(chunks), options)
    found = write_all(model, passages, owners, asked, limit, retries)
    openings = [chunk[0].sentence for chunk in chunks]
    summaries = summaries_of(model, found, openings)
    whole = of_the_whole(summaries)
    asked, options = replace(asked, progress=None), replace(options, progress=None)
    while len(summaries) > 1:
        groups = fitting(summaries, limit)
        search = options if len(groups) == 1 else asked  # the last one is shown
        summaries = list(join(model, reading, groups, search, limit, retries))
    return (
        with_familiarity(summaries[0].written, whole),
        len(chunks),
        sum(passage.tokens for passage in passages),
    )


def join(
    model: Model,
    reading: Reading,
    groups: list[list[ChunkSummary]],
    options: Options,
    limit: int,
    retries: int,
) -> Iterator[ChunkSummary]:
    """One summary for each group, which is read at once under the opening of its first chunk."""
    several = [group for group in groups if len(group) > 1]
    made = [with_opening(reading, group, limit) for group in several]
    passages, owners = [p for p, _ in made], [o for _, o in made]
    found = write_all(model, passages, owners, options, limit, retries)
    # A model that writes nothing of several summaries did write the first of them.
    kept = [w if w.text else g[0].written for w, g in zip(found, several, strict=True)]
    fresh = iter(summaries_of(model, kept, [group[0].opening for group in several]))
    for group in groups:
        if len(group) == 1:
            yield group[0]
            continue
        yield next(fresh)


def summaries_of(
    model: Model, found: Sequence[Written], openings: Sequence[int]
) -> list[ChunkSummary]:
    """Those that say something; where none does, the first."""
    some = [pair for pair in zip(found, openings, strict=True) if pair[0].text]
    some = some or [(found[0], openings[0])] if found else []
    texts = [finished(one.text) for one, _ in some]
    return [
        ChunkSummary(written, opening, text, encoding)
        for (written, opening), text, encoding in zip(some, texts, model.encode(texts), strict=True)
    ]


def write_all(
    model: Model,
    passages: Sequence[Passage],
    owners: Sequence[Sequence[Shares]],
    options: Options,
    limit: int,
    retries: int,
) -> list[Written]:
    sources = [model.read(passage, limit) for passage in passages]
    drafts, _ = write_sorted(model, sources, options, retries)
    return [written(model, *one) for one in zip(sources, drafts, passages, owners, strict=True)]


def written(
    model: Model, source: Source, draft: Draft, passage: Passage, owners: Sequence[Shares]
) -> Written:
    """A draft, and the sentences of the document that its sentences were read from: `owners` says
    it of each part of the passage."""
    familiar = source.familiarity
    if familiar is not None and not draft.is_finished:
        familiar = 0.0  # it found no end, which says as much
    confidence = draft.confidence
    if confidence is not None and familiar is not None:
        confidence *= familiar
    read_from: list[tuple[str, Shares]] = []
    attention = model.attention(source, draft) if draft.attention is not None else None
    if attention is not None:
        texts, shares = sentence_shares(
            to_words(passage, attention).shown_as(draft.text), len(owners)
        )
        read_from = [(text, combine(row, owners)) for text, row in zip(texts, shares, strict=True)]
    return Written(draft.text, draft.tokens, confidence, familiar, read_from, draft.standing)


def combine(row: Sequence[float], owners: Sequence[Shares]) -> Shares:
    """Shares of the parts of a passage, times the shares that each part has of the document."""
    found: Shares = {}
    for share, owner in zip(row, owners, strict=True):
        if share > 0:
            for sentence, of_part in owner.items():
                found[sentence] = found.get(sentence, 0.0) + float(share) * of_part
    return found


def mean_of(rows: Sequence[Shares]) -> Shares:
    return combine([1 / len(rows)] * len(rows), rows) if rows else {}


def fitting(summaries: list[ChunkSummary], limit: int) -> list[list[ChunkSummary]]:
    """Neighbours, two and more at a time, that fill half of the window."""
    groups: list[list[ChunkSummary]] = [[]]
    total = 0
    for summary in summaries:
        size = len(summary.encoding)
        if len(groups[-1]) > 1 and total + size > limit / 2:
            groups.append([])
            total = 0
        groups[-1].append(summary)
        total += size
    return groups


def with_opening(
    reading: Reading, summaries: Sequence[ChunkSummary], limit: int
) -> tuple[Passage, list[Shares]]:
    """The opening of a group's first chunk and all of its summaries, as one passage."""
    encodings = [summary.encoding for summary in summaries]
    room = min(limit - sum(map(len, encodings)), int(OPENING * limit))
    first = []
    for i in range(summaries[0].opening, len(reading.document.sentences)):
        room -= reading.tokens(i)
        if room < 0:
            break
        first.append(i)
    before = reading.passage(first)
    text, starts = before.text, list(before.starts)
    for summary in summaries:
        starts.append(len(text) + bool(text))
        text = f"{text} {summary.text}" if text else summary.text
    owners: list[Shares] = [{i: 1.0} for i in first]
    return (
        Passage(text, starts, [*before.encodings, *encodings], reading.document.text),
        owners + [summary.shares for summary in summaries],
    )


def of_the_whole(summaries: Sequence[ChunkSummary]) -> float | None:
    """The familiarity of a document: its opening's or that of half of its chunks, whichever is
    less. A text of another kind is so in every summary."""
    known = [f for summary in summaries if (f := summary.written.familiarity) is not None]
    return min(known[0], float(np.median(known))) if known else None


def with_familiarity(found: Written, whole: float | None) -> Written:
    if whole is None or found.familiarity is None or found.familiarity <= whole:
        return found
    confidence = found.confidence
    if confidence is not None and found.familiarity > 0:
        confidence *= whole / found.familiarity
    return found._replace(familiarity=whole, confidence=confidence)


def hurried(model: Model, count: int, options: Options) -> Options:
    """For many chunks a greedy search; their summaries are only read again."""
    is_ours = model.capabilities.writes_one_sentence
    if count < MANY or options.beam_size is not None or not is_ours:
        return options
    return replace(options, beam_size=1, batch_size=max(QUICK_BATCH, options.batch_size))
