"""What is known of a candidate sentence without a network: one row of numbers each."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.models.content import Contents, contents_of
from summarize.models.content_features import PURPOSES, SUBJECTS, table
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
NO_MARKS = bytes(code for code in range(128) if not PUNCTUATION.match(chr(code)))

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
    glances = [glance(document.sentence_text(i)) for i in chosen]
    words = [one.words for one in glances]
    is_paper = log_odds(document.text) > 0
    contents = contents_of(sentences_of(document), style, is_paper)
    columns = {
        **places(document, chosen),
        **centrality(document, words),
        **lengths(words),
        **wording(glances, cues),
        **kinds(document, chosen),
        **hoped(contents, words),
    }
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
    return table(NAMES, {**of_document, **columns}, len(chosen))


Named = dict[str, Array | list[float]]


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


def places(document: Document, chosen: Sequence[int]) -> Named:
    """Where each stands: in the document, in its block, under a heading."""
    count = len(chosen)
    number = np.arange(count, dtype=np.float64)
    block = [document.sentences[i].block for i in chosen]
    new = [float(own != before) for own, before in zip(block, [-1, *block], strict=False)]
    order = np.cumsum(new) - 1
    sizes = Counter(block)
    return {
        "first": number == 0,
        "second": number == 1,
        "third": number == 2,
        "near 1.5": np.exp(-number / 1.5),
        "near 5": np.exp(-number / 5),
        "near 20": np.exp(-number / 20),
        "relative": number / max(1, count - 1),
        "last": number == count - 1,
        "block first": new,
        "after heading": [
            float(is_new and b > 0 and document.blocks[b - 1].kind == "heading")
            for is_new, b in zip(new, block, strict=True)
        ],
        "block near 2": np.exp(-order / 2),
        "block sentences": np.log1p([float(sizes[b]) for b in block]) - 1,
    }


def centrality(document: Document, words: Sequence[Sequence[str]]) -> Named:
    """How much of the document, of its headings and of its opening each one says."""
    count = len(words)
    vectors, columns = vectors_of(words)
    rank, middle = lexrank(vectors), centroid(vectors)
    names = [name for _, _, name in document.headings]
    title: Array | list[float] = [0.0] * count
    headings = title
    if names:
        title = vectors.times(vector_of(terms(names[0]), columns))
        headings = vectors.times(vector_of([t for name in names for t in terms(name)], columns))
    beside = [0.0] * count  # the product with the one before
    bounds = np.searchsorted(vectors.rows, np.arange(count + 1)).tolist()
    places, values = vectors.columns.tolist(), vectors.values.tolist()
    before: dict[int, float] = {}
    for row, (start, end) in enumerate(pairwise(bounds)):
        here = dict(zip(places[start:end], values[start:end], strict=True))
        beside[row] = sum([before[k] * value for k, value in here.items() if k in before])
        before = here
    opening = vectors.similarity(0)
    total = np.bincount(vectors.columns, minlength=vectors.width)
    shared = np.log1p(np.maximum(0, total - 1))  # other sentences that have the term
    common = np.bincount(vectors.rows, shared[vectors.columns], count)
    seen: set[str] = set()
    fresh = []
    for sentence in words:
        distinct = set(sentence)
        fresh.append(len(distinct - seen) / max(1, len(distinct)))
        seen |= distinct
    return {
        "lexrank": rank,
        "lexrank rank": ranks(rank),
        "centroid": middle,
        "centroid rank": ranks(middle),
        "title": title,
        "headings": headings,
        "opening": opening,
        "before": beside,
        "after": [*beside[1:], 0.0],
        "novelty": fresh,
        "closing": vectors.similarity(count - 1),
        "common words": common / max(1e-9, common.max(initial=0.0)),
        "common words per word": common / np.maximum(3, [len(s) for s in words]),
    }


def ranks(values: Array) -> Array:
    """0 for the highest, 1 for the lowest."""
    place = np.empty(len(values))
    place[np.argsort(-values, kind="stable")] = np.arange(len(values))
    return place / max(1, len(values) - 1)


def lengths(words: Sequence[Sequence[str]]) -> Named:
    count = np.array([len(sentence) for sentence in words], dtype=np.float64)
    return {
        "log words": np.log1p(count) - 3,
        "short": np.clip((12 - count) / 8, 0, 1),
        "long": np.clip((count - 30) / 20, 0, 2),
        "medium": np.exp(-(((count - 22) / 10) ** 2)),
        "words of document": count / max(1.0, count.sum()),
    }


class Glance(NamedTuple):
    """What is seen of a sentence by itself."""

    words: tuple[str, ...]
    seen: tuple[float, ...]  # in the order of GLANCED


GLANCED = (
    *("refers", "connects", "purpose", "defines", *PERSONS),
    *("digits", "punctuation", "capitals", "brackets", "question", "quote", "small start"),
    "open end",
)


@lru_cache(maxsize=256)  # a passage has sentences of its document
def glance(text: str) -> Glance:
    words = tuple(terms(text))
    distinct = frozenset(words)
    size = max(1, text.count(" ") + 1)
    seen = (
        REFERS.match(text) is not None,
        CONNECTS.match(text) is not None,
        not PURPOSES.isdisjoint(distinct) and has_purpose(words),
        not DEFINES.isdisjoint(words[1:7]),
        *[not some.isdisjoint(distinct) for some in PERSONS.values()],
        sum([word[0].isdigit() for word in words]) / max(1, len(words)),
        marks(text) / size,
        len(CAPITAL.findall(text)) / size,
        "(" in text or "[" in text,
        text.endswith("?"),
        text[:1] in "\"'“‘«",
        text[:1].islower(),
        text[-1:].isalnum(),
    )
    return Glance(words, seen)


def wording(glances: Sequence[Glance], cues: Mapping[str, float]) -> Named:
    """What a glance at each sentence says."""
    worth = [[cues.get(term, 0.0) for term in one.words] or [0.0] for one in glances]
    return {
        **dict(zip(GLANCED, np.array([one.seen for one in glances], np.float64).T, strict=True)),
        "cue": [sum(w) / math.sqrt(len(w) + 3) for w in worth],
        "cue start": [sum(w[:3]) for w in worth],
    }


def marks(text: str) -> int:
    """How many characters are PUNCTUATION."""
    if not text.isascii():
        return len(PUNCTUATION.findall(text))
    return len(text.encode("ascii").translate(None, NO_MARKS))


def has_purpose(words: Sequence[str]) -> bool:
    """Whether "we", "this" or "the" stands before a word of purpose."""
    return any(
        second in PURPOSES and first in SUBJECTS
        for first, second in zip(words, words[1:], strict=False)
    )


def kinds(document: Document, chosen: Sequence[int]) -> Named:
    blocks = [document.blocks[document.sentences[i].block] for i in chosen]
    return {
        "item": [float(block.kind == "item") for block in blocks],
        "quoted": [float(block.kind == "quote") for block in blocks],
        "spoken": [float(bool(block.speaker)) for block in blocks],
    }
