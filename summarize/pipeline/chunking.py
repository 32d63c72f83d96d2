"""A document in pieces that a model reads whole: a sentence for each piece, then fewer for more.

    document -> sections (headings) -> pieces (whole sentences) -> a line each -> groups -> lines

Every step writes from words it was given, and remembers where it looked; multiplied together, the
weights lead from a word of the last line back to words of the document.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.document.headings import Section, sections
from summarize.document.sentences import ENDS, chunks, sentences
from summarize.models.base import Writer, familiarity_of, write_sorted
from summarize.options import Options
from summarize.pipeline.alignment import Alignment, Grouped, group, spans_of
from summarize.pipeline.decision import (
    Part,
    Settled,
    Source,
    count_letters,
    settle,
    tokens_of,
)
from summarize.summary import Summary, Tokens

MEDIUM = (3, 5)  # sentences
OPENING = 0.75  # of what the model reads when it joins lines, at most this share is the opening
ALIKE = 0.6  # words in common, of all words of both: two such lines say the same
SMALLEST = 48  # tokens; a text is not cut into less for the sake of more sentences
MANY = 100  # pieces from which on they are searched greedily
QUICK_BATCH = 32
MOST = 4000  # pieces that are read; more than any book has
WORD = re.compile(r"\w+")


class Look(NamedTuple):
    """Where the words of a line looked, in words of the document."""

    first: int
    weights: NDArray[np.float32]  # (words of the line, words of the document from `first` on)


class Line(NamedTuple):
    """What was written for neighbouring pieces; `inside` are the document's words in them."""

    text: str
    pieces: range
    confidence: float | None
    familiarity: float | None
    tokens: int
    look: Look | None
    inside: range
    heading: str = ""
    section: int = 0


class Piece(NamedTuple):
    text: str
    heading: str
    section: int
    letters: int  # of the document before it


class Words:
    """The words and sentences of a document, found by counting letters: white space may differ."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans = spans_of(text)
        self.words = [text[a:b] for a, b in self.spans]
        self.starts = np.cumsum([0, *(len(word) for word in self.words)])[:-1]
        self._sentences: Grouped | None = None

    @property
    def sentences(self) -> Grouped:
        if self._sentences is None:
            self._sentences = group(self.text, self.words)
        return self._sentences

    def number(self, piece: Piece, words: Sequence[str]) -> NDArray[np.int64]:
        """For each word of a piece which word of the document it is in."""
        places = piece.letters + np.cumsum([0, *(len(word) for word in words)])[:-1]
        found: NDArray[np.int64] = np.searchsorted(self.starts, places, side="right") - 1
        return np.clip(found, 0, max(0, len(self.words) - 1))


class Written(NamedTuple):
    """What was written for a document in pieces, before it is decided what is given."""

    lines: list[Line]
    words: Words
    tokens: Tokens
    pieces: int


def summarize_long(writer: Writer, document: str, options: Options, style: str | None) -> Summary:
    """Raises what the model raises. Time and memory grow with the document's length."""
    started = time.perf_counter()
    found = write_long(writer, document, options)
    settled = [(line, settle_line(line, found.words, options)) for line in found.lines]
    kept = list(distinct(settled))
    known = [s.confidence for _, s in kept if s.confidence is not None]
    modes = {s.mode for _, s in kept}
    return Summary(
        text=shown(kept, options.length),
        model=writer.name,
        tokens=replace(
            found.tokens, summary=sum(tokens_of(writer, s, line.tokens) for line, s in kept)
        ),
        seconds=time.perf_counter() - started,
        style=style,
        mode=modes.pop() if len(modes) == 1 else "mixed",
        chunks=found.pieces,
        confidence=sum(known) / len(known) if known else None,
        provenance=[
            {**cited, "chunks": [line.pieces.start + 1, line.pieces.stop]}
            for line, s in kept
            for cited in s.provenance
        ],
    )


def align_long(writer: Writer, document: str, options: Options, facts: Alignment) -> Alignment:
    """Where each word of the summary looked in the whole document; `facts` names the model."""
    found = write_long(writer, document, options)
    looks = [
        # As many words as rows, should odd white space part one that the tokens did not.
        (line.text.split()[: len(look.weights)], look)
        for line in found.lines
        if (look := line.look) is not None
    ]
    summary = [word for inside, _ in looks for word in inside]
    weights = np.zeros((len(summary), len(found.words.words)), dtype=np.float32)
    row = 0
    for inside, look in looks:
        block = look.weights[: len(inside)]
        weights[row : row + len(block), look.first : look.first + block.shape[1]] = block
        row += len(block)
    return replace(
        facts,
        text=found.words.text,
        source=tuple(found.words.spans),
        summary=tuple(summary),
        weights=weights,
        outside=np.zeros(len(summary), dtype=np.float32),
        tokens_read=found.tokens.read,
        tokens_document=found.tokens.document,
        chunks=found.pieces,
    )


def write_long(writer: Writer, document: str, options: Options) -> Written:
    words = Words(document.strip())
    source = writer.read(document)
    if options.long == "truncate":
        document = opening_of(writer, document)
    pieces = list(islice(cut(writer, document, options.length), MOST + 1))
    is_whole = len(pieces) <= MOST and options.long == "chunk"
    pieces = pieces[:MOST]
    lines, read = write_pieces(writer, pieces, words, options)
    groups = [lines]
    if options.length == "long":
        groups = list(by_heading(lines))
    elif options.length == "medium":
        count = min(len(lines), max(MEDIUM[0], min(MEDIUM[1], len(lines) // 2)))
        bounds = np.linspace(0, len(lines), count + 1).round().astype(int)
        groups = [lines[a:b] for a, b in pairwise(bounds)]
    whole = of_the_whole(lines)
    lines = [
        with_familiarity(line, whole)
        for line in one_line_each(writer, groups, pieces, words, options)
    ]
    # Headings are read too, if not by the network; a long document's tokens are an estimate.
    total = max(source.total, read)
    tokens = Tokens(total, total if is_whole else read, sum(line.tokens for line in lines))
    return Written(lines, words, tokens, len(pieces))


def of_the_whole(lines: Sequence[Line]) -> float | None:
    """The familiarity of a document: its opening's or that of half of its pieces, whichever is
    less. A text of another kind is so in every line."""
    known = [line.familiarity for line in lines if line.familiarity is not None]
    return min(known[0], float(np.median(known))) if known else None


def with_familiarity(line: Line, whole: float | None) -> Line:
    if line.familiarity is None or whole is None:
        return line
    return line._replace(familiarity=min(line.familiarity, whole))


def by_heading(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """The lines of a section together; without a heading each is one of its own."""
    part: list[Line] = []
    for line in lines:
        if part and not (line.heading and line.section == part[-1].section):
            yield part
            part = []
        part.append(line)
    if part:
        yield part


# --- cutting -------------------------------------------------------------------------------------


def cut(writer: Writer, document: str, length: str) -> Iterator[Piece]:
    """Pieces that the model reads whole, in order. Each section begins a new one, and is read
    without its heading; but the first, whose heading is the document's."""

    def readable(text: str) -> bool:
        source = writer.read(text)
        return source.read >= source.total

    def fits(text: str) -> bool:
        source = writer.read(text)
        return source.read >= source.total and source.read <= limit

    source = writer.read(document)
    limit = source.read
    if length != "short":  # what is read whole has parts, too
        limit = min(limit, max(SMALLEST, -(-source.total // MEDIUM[0])))
    letters = 0
    parts = sections(document)
    if length == "short" and source.total > MANY * limit:  # a book: full pieces are fewer
        parts = [Section("", "", document)]
    if not any(section.body.strip() for section in parts):  # nothing but headings
        parts = [Section("", "", document)]
    for number, section in enumerate(parts):
        text = section.text
        if number or length == "long":
            text = section.body
            letters += count_letters(section.head)
        for part in chunks(text, fits, readable):
            yield Piece(part, section.heading, number, letters)
            letters += count_letters(part)


def opening_of(writer: Writer, document: str) -> str:
    """What the model reads of a document that it cuts, to the last word."""
    words = document.split()
    low, high = 1, len(words)
    while low < high:  # the most words that are read whole
        middle = (low + high + 1) // 2
        source = writer.read(" ".join(words[:middle]))
        low, high = (middle, high) if source.read >= source.total else (low, middle - 1)
    spans = spans_of(document)
    return document[: spans[low - 1][1]]


# --- writing -------------------------------------------------------------------------------------


def write_pieces(
    writer: Writer, pieces: list[Piece], words: Words, options: Options
) -> tuple[list[Line], int]:
    """A line for each piece, and the tokens that were read."""
    sources = [writer.read(piece.text) for piece in pieces]
    asked = replace(hurried(writer, len(pieces), options), length="short")
    drafts, _ = write_sorted(writer, sources, asked)
    lines = []
    for number, (piece, source, draft) in enumerate(zip(pieces, sources, drafts, strict=True)):
        found = writer.align(piece.text, draft, source)
        look = None
        if found is not None:
            look = spread(found.weights, words.number(piece, found.words))
        text = draft.text
        inside = piece.text.split()
        numbers = words.number(piece, inside)
        if count_letters(text) >= count_letters(piece.text):  # never longer than what it is of
            itself = np.eye(len(inside), dtype=np.float32)
            text, look = " ".join(inside), spread(itself, numbers)
        lines.append(
            Line(
                text,
                range(number, number + 1),
                draft.confidence,
                familiarity_of(source, draft),
                draft.tokens,
                look,
                range(int(numbers.min()), int(numbers.max()) + 1),
                piece.heading,
                piece.section,
            )
        )
    lines = [line for line in lines if line.text] or lines[:1]
    return lines, sum(source.read for source in sources)


def one_line_each(
    writer: Writer,
    groups: list[list[Line]],
    pieces: list[Piece],
    words: Words,
    options: Options,
) -> list[Line]:
    """One line for each group of lines: read the opening and the lines, and write again. All
    groups go on in step, so that what they need is written in batches."""
    headings = [
        part[0].heading if len({line.heading for line in part}) == 1 else "" for part in groups
    ]
    while any(len(part) > 1 for part in groups):
        divided = [fitting(writer, part) for part in groups]
        several = [part for parts in divided for part in parts if len(part) > 1]
        is_last = all(len(parts) == 1 for parts in divided)
        asked = options if is_last else hurried(writer, len(pieces), options)
        fresh = iter(joined(writer, several, pieces, words, asked))
        groups = [
            [next(fresh) if len(part) > 1 else part[0] for part in parts] for parts in divided
        ]
    return [
        part[0]._replace(heading=heading) for part, heading in zip(groups, headings, strict=True)
    ]


def hurried(writer: Writer, count: int, options: Options) -> Options:
    """For many pieces of a text a greedy search; their lines are only read again."""
    if count < MANY or options.beam_size is not None or not writer.writes_sentence:
        return options
    return replace(options, beam_size=1, batch_size=max(QUICK_BATCH, options.batch_size))


def fitting(writer: Writer, lines: list[Line]) -> list[list[Line]]:
    """Neighbours in groups of two and more that the model reads at once, half of it kept for the
    opening."""
    groups: list[list[Line]] = [[]]
    for line in lines:
        trial = [*groups[-1], line]
        source = writer.read(listed(trial))
        if len(trial) > 2 and 2 * source.read > writer.max_source_tokens:
            groups.append([line])
        else:
            groups[-1] = trial
    return groups


def listed(lines: Sequence[Line]) -> str:
    return " ".join(finished(line.text) for line in lines)


def finished(text: str) -> str:
    return text if text.endswith(ENDS) else f"{text}."


def joined(
    writer: Writer,
    groups: Sequence[list[Line]],
    pieces: list[Piece],
    words: Words,
    options: Options,
) -> Iterator[Line]:
    """For each group one line, from the opening of its first piece and all of its lines."""
    firsts = [pieces[lines[0].pieces.start] for lines in groups]
    befores = [
        opening_before(writer, first, listed(lines))
        for first, lines in zip(firsts, groups, strict=True)
    ]
    texts = [
        f"{before} {listed(lines)}".strip() for before, lines in zip(befores, groups, strict=True)
    ]
    sources = [writer.read(text) for text in texts]
    drafts, _ = write_sorted(writer, sources, replace(options, length="short", progress=None))
    for lines, first, before, text, source, draft in zip(
        groups, firsts, befores, texts, sources, drafts, strict=True
    ):
        covered = range(lines[0].pieces.start, lines[-1].pieces.stop)
        inside = range(lines[0].inside.start, lines[-1].inside.stop)
        if not draft.text:  # a model that writes nothing of several lines wrote the first of them
            yield lines[0]._replace(pieces=covered, inside=inside)
            continue
        found = writer.align(text, draft, source)
        known = [line.familiarity for line in lines if line.familiarity is not None]
        yield Line(
            draft.text,
            covered,
            draft.confidence,
            float(np.median(known)) if known else None,
            draft.tokens,
            None if found is None else through(found, before, first, lines, words),
            inside,
        )


def opening_before(writer: Writer, first: Piece, after: str) -> str:
    """As many sentences of a piece as can be read before these lines."""
    room = writer.max_source_tokens - writer.read(after).read
    room = min(room, int(OPENING * writer.max_source_tokens))
    before = ""
    for sentence in sentences(first.text):
        longer = f"{before} {sentence}".strip()
        if writer.read(longer).total > room:
            break
        before = longer
    return before


# --- looking back --------------------------------------------------------------------------------


def spread(weights: NDArray[np.float32], numbers: NDArray[np.int64]) -> Look:
    """Weights over the words of a piece -> over words of the document."""
    first, last = int(numbers.min()), int(numbers.max())
    found = np.zeros((len(weights), last - first + 1), dtype=np.float32)
    np.add.at(found.T, numbers - first, weights.T)
    return Look(first, found)


def through(
    found: Alignment, before: str, first: Piece, lines: Sequence[Line], words: Words
) -> Look | None:
    """What was read of opening and lines -> what those were read from."""
    if any(line.look is None for line in lines):
        return None
    looks = [line.look for line in lines if line.look is not None]
    start = min(look.first for look in looks)
    stop = max(look.first + look.weights.shape[1] for look in looks)
    opening = words.number(first, before.split()) if before else np.zeros(0, dtype=np.int64)
    if len(opening):
        start, stop = min(start, int(opening.min())), max(stop, int(opening.max()) + 1)
    result = np.zeros((len(found.weights), stop - start), dtype=np.float32)
    np.add.at(result.T, opening - start, found.weights[:, : len(opening)].T)
    place = len(opening)
    for look in looks:
        count = len(look.weights)
        part = found.weights[:, place : place + count]
        columns = slice(look.first - start, look.first - start + look.weights.shape[1])
        result[:, columns] += part @ look.weights[: part.shape[1]]
        place += count
    total = result.sum(axis=1, keepdims=True)
    return Look(start, (result / np.where(total > 0, total, 1)).astype(np.float32))


# --- what is shown -------------------------------------------------------------------------------


def settle_line(line: Line, words: Words, options: Options) -> Settled:
    texts, of, numbers = words.sentences
    shares = None
    if line.look is not None:
        received = line.look.weights.mean(axis=0)
        columns = of[line.look.first : line.look.first + len(received)]
        shares = np.bincount(columns, weights=received, minlength=len(texts))
    inside = np.unique(of[line.inside.start : line.inside.stop]).tolist()
    return settle(
        line.text,
        [Part(line.text, shares, inside)],
        Source(texts, numbers, words.text),
        line.confidence,
        line.familiarity,
        options,
    )


def distinct(settled: Sequence[tuple[Line, Settled]]) -> Iterator[tuple[Line, Settled]]:
    """Without lines that say what one before them said."""
    seen: list[set[str]] = []
    for line, found in settled:
        told = set(WORD.findall(f"{line.heading} {found.text}".lower()))
        if found.text and not any(len(told & s) >= ALIKE * len(told | s) for s in seen):
            seen.append(told)
            yield line, found


def shown(kept: Sequence[tuple[Line, Settled]], length: str) -> str:
    """One line; several sentences; or a list with the headings."""
    if length == "long" and len(kept) > 1:
        return "\n".join(
            f"- {line.heading}: {found.text}" if line.heading else f"- {found.text}"
            for line, found in kept
        )
    if len(kept) == 1:
        return kept[0][1].text
    return " ".join(finished(found.text) for _, found in kept)
