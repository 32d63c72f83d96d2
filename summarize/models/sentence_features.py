"""What is known of a candidate sentence without a network: one row of numbers each."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.models.content import Contents, contents_of
from summarize.models.content_features import PURPOSES, SUBJECTS
from summarize.models.papers import log_odds
from summarize.models.term_vectors import Array, centroid, lexrank, terms, vector_of, vectors_of

# Openings that lean on an earlier sentence.
REFERS = re.compile(
    r"(?:he|she|it|they|this|that|these|those|his|her|its|their|such|both|here|there|one|another"
    r"|the (?:same|former|latter|other))\b",
    re.IGNORECASE,
)
CONNECTS = re.compile(
    r"(?:however|but|and|or|so|also|then|thus|therefore|hence|moreover|furthermore|besides|instead"
    r"|nevertheless|meanwhile|finally|additionally|for example|for instance|in addition|in contrast"
    r"|on the other hand|as a result|similarly|otherwise|yet|still|later|next|second|third)\b",
    re.IGNORECASE,
)
DEFINES = frozenset("is are was were provid allow help let enabl".split())
PERSONS = {
    "I": frozenset({"i", "my", "me"}),
    "we": frozenset({"we", "our", "us"}),
    "you": frozenset({"you", "your"}),
    "reports": frozenset("announc said says today releas launch agree decid will".split()),
    "example": frozenset("exampl instanc see figur tabl below above".split()),
}
CAPITAL = re.compile(r"(?<=\s)[A-Z]\w+")
PUNCTUATION = re.compile(r"[^\w\s]")

LOOKED_AT = 12_000  # characters: more than the words that the content model looks at have
NAMES = (
    *("first", "second", "third", "near 1.5", "near 5", "near 20", "relative", "last"),
    *("block first", "after heading", "block near 2", "block sentences", "spoken"),
    *("lexrank", "lexrank rank", "centroid", "centroid rank", "title", "headings", "opening"),
    *("before", "after", "novelty", "closing", "common words", "common words per word"),
    *("log words", "short", "long", "medium", "words of document"),
    *("refers", "connects", "purpose", "defines", "I", "we", "you", "reports", "example"),
    *("digits", "punctuation", "capitals", "brackets", "question", "quote", "small start"),
    *("open end", "item", "quoted", "cue", "cue start"),
    *("expected f1", "expected precision", "expected recall", "expected pairs", "content"),
    *("expected pairs precision", "length beside expected", "below best", "below best pairs"),
    *("expected rank", "pairs rank"),
    *(
        "log document",
        "log candidates",
        "has headings",
        "short document",
        "log first",
        "title style",
        "paper",
        "expected length",
    ),
)


def features(
    document: Document, chosen: Sequence[int], cues: Mapping[str, float], style: str = "tldr"
) -> NDArray[np.float64]:
    """(candidates, len(NAMES)). `cues` says how much a term speaks for a sentence; `style` what is
    wanted: a title is shorter than a sentence."""
    texts = [document.sentence_text(i) for i in chosen]
    words = [terms(text) for text in texts]
    is_paper = log_odds(document.text) > 0
    contents = contents_of(sentences_of(document), style, is_paper)
    columns = [
        *places(document, chosen),
        *centrality(document, words),
        *lengths(words),
        *wording(texts, words, cues),
        *kinds(document, chosen),
        hoped(contents, words),
    ]
    order = {name: column for named in columns for name, column in named.items()}
    total = sum(map(len, words))
    of_document = {
        "log document": math.log1p(total) - 5,
        "log candidates": math.log1p(len(chosen)) - 2.5,
        "has headings": float(bool(document.headings)),
        "short document": float(len(chosen) < 5),
        "log first": math.log1p(len(words[0])) - 3,
        "title style": float(style == "title"),
        "paper": float(is_paper),
        "expected length": math.log(contents.length) - 2,
    }
    ones = np.ones(len(chosen))
    return np.stack(
        [order[name] if name in order else of_document[name] * ones for name in NAMES], axis=1
    )


Named = dict[str, Array]


def sentences_of(document: Document) -> tuple[str, ...]:
    """As many as the content model looks at, so that a long text is not kept in its cache."""
    found: list[str] = []
    room = LOOKED_AT
    for i in range(len(document.sentences)):
        found.append(document.sentence_text(i)[:room])
        room -= len(found[-1])
        if room <= 0:
            break
    return tuple(found)


def hoped(contents: Contents, words: Sequence[Sequence[str]]) -> Named:
    """What each can expect of being compared with a person's summary."""
    found = np.array([contents.expected(sentence) for sentence in words])
    f1, precision, recall, pairs, pairs_precision, content, _, _, length = found.T
    return {
        "expected f1": f1,
        "expected precision": precision,
        "expected recall": recall,
        "expected pairs": pairs,
        "expected pairs precision": pairs_precision,
        "content": content,
        "length beside expected": length,
        "below best": f1.max() - f1,
        "below best pairs": pairs.max() - pairs,
        "expected rank": ranks(f1),
        "pairs rank": ranks(pairs),
    }


def places(document: Document, chosen: Sequence[int]) -> list[Named]:
    """Where each stands: in the document, in its block, under a heading."""
    number = np.arange(len(chosen), dtype=np.float64)
    block = np.array([document.sentences[i].block for i in chosen])
    new = np.diff(block, prepend=-1) != 0
    order = np.cumsum(new) - 1
    size = np.bincount(order)[order]
    under = [b > 0 and document.blocks[b - 1].kind == "heading" for b in block]
    return [
        {
            "first": (number == 0) * 1.0,
            "second": (number == 1) * 1.0,
            "third": (number == 2) * 1.0,
            "near 1.5": np.exp(-number / 1.5),
            "near 5": np.exp(-number / 5),
            "near 20": np.exp(-number / 20),
            "relative": number / max(1, len(chosen) - 1),
            "last": (number == len(chosen) - 1) * 1.0,
            "block first": new * 1.0,
            "after heading": new * np.array(under, dtype=np.float64),
            "block near 2": np.exp(-order / 2),
            "block sentences": np.log1p(size) - 1,
        }
    ]


def centrality(document: Document, words: Sequence[Sequence[str]]) -> list[Named]:
    """How much of the document, of its headings and of its opening each one says."""
    count = len(words)
    vectors, columns = vectors_of(words)
    rank, middle = lexrank(vectors), centroid(vectors)
    names = [name for _, _, name in document.headings]
    title = vectors.times(vector_of(terms(names[0] if names else ""), columns))
    headings = vectors.times(vector_of([t for name in names for t in terms(name)], columns))
    beside = np.zeros(count)
    dense = np.zeros((2, vectors.width))
    bounds = np.searchsorted(vectors.rows, np.arange(count + 1))
    for row in range(count):
        here = slice(bounds[row], bounds[row + 1])
        place, value = vectors.columns[here], vectors.values[here]
        beside[row] = dense[(row + 1) % 2][place] @ value
        dense[row % 2] = 0
        dense[row % 2][place] = value
    opening = vectors.similarity(0)
    total = np.zeros(vectors.width)
    np.add.at(total, vectors.columns, 1)
    shared = np.log1p(np.maximum(0, total - 1))  # other sentences that have the term
    common = np.bincount(vectors.rows, shared[vectors.columns], count)
    seen: set[str] = set()
    fresh = np.zeros(count)
    for row, sentence in enumerate(words):
        distinct = set(sentence)
        fresh[row] = len(distinct - seen) / max(1, len(distinct))
        seen |= distinct
    return [
        {
            "lexrank": rank,
            "lexrank rank": ranks(rank),
            "centroid": middle,
            "centroid rank": ranks(middle),
            "title": title,
            "headings": headings,
            "opening": opening,
            "before": beside,
            "after": np.append(beside[1:], 0.0),
            "novelty": fresh,
            "closing": vectors.similarity(count - 1),
            "common words": common / max(1e-9, common.max(initial=0.0)),
            "common words per word": common / np.maximum(3, [len(s) for s in words]),
        }
    ]


def ranks(values: Array) -> Array:
    """0 for the highest, 1 for the lowest."""
    place = np.empty(len(values))
    place[np.argsort(-values, kind="stable")] = np.arange(len(values))
    return place / max(1, len(values) - 1)


def lengths(words: Sequence[Sequence[str]]) -> list[Named]:
    count = np.array([len(sentence) for sentence in words], dtype=np.float64)
    return [
        {
            "log words": np.log1p(count) - 3,
            "short": np.clip((12 - count) / 8, 0, 1),
            "long": np.clip((count - 30) / 20, 0, 2),
            "medium": np.exp(-(((count - 22) / 10) ** 2)),
            "words of document": count / max(1.0, count.sum()),
        }
    ]


def wording(
    texts: Sequence[str], words: Sequence[Sequence[str]], cues: Mapping[str, float]
) -> list[Named]:
    """What a glance at the sentence says."""

    def begins(pattern: re.Pattern[str]) -> Array:
        return np.array([pattern.match(text) is not None for text in texts], dtype=np.float64)

    def share(pattern: re.Pattern[str]) -> Array:
        return np.array(
            [len(pattern.findall(text)) / max(1, text.count(" ") + 1) for text in texts]
        )

    worth = [[cues.get(term, 0.0) for term in sentence] or [0.0] for sentence in words]
    return [
        {
            "refers": begins(REFERS),
            "connects": begins(CONNECTS),
            "purpose": np.array([float(has_purpose(s)) for s in words]),
            "defines": np.array([float(not DEFINES.isdisjoint(s[1:7])) for s in words]),
            **{
                name: np.array([float(not some.isdisjoint(s)) for s in words])
                for name, some in PERSONS.items()
            },
            "digits": np.array(
                [sum(t[0].isdigit() for t in s) / max(1, len(s)) for s in words], dtype=np.float64
            ),
            "punctuation": share(PUNCTUATION),
            "capitals": share(CAPITAL),
            "brackets": np.array([float("(" in text or "[" in text) for text in texts]),
            "question": np.array([float(text.endswith("?")) for text in texts]),
            "quote": np.array([float(text[:1] in "\"'“‘«") for text in texts]),
            "small start": np.array([float(text[:1].islower()) for text in texts]),
            "open end": np.array([float(text[-1:].isalnum()) for text in texts]),
            "cue": np.array([sum(w) / math.sqrt(len(w) + 3) for w in worth]),
            "cue start": np.array([sum(w[:3]) for w in worth]),
        }
    ]


def has_purpose(words: Sequence[str]) -> bool:
    """Whether "we", "this" or "the" stands before a word of purpose."""
    return any(
        second in PURPOSES and first in SUBJECTS
        for first, second in zip(words, words[1:], strict=False)
    )


def kinds(document: Document, chosen: Sequence[int]) -> list[Named]:
    blocks = [document.blocks[document.sentences[i].block] for i in chosen]
    return [
        {
            "item": np.array([float(block.kind == "item") for block in blocks]),
            "quoted": np.array([float(block.kind == "quote") for block in blocks]),
            "spoken": np.array([float(bool(block.speaker)) for block in blocks]),
        }
    ]
