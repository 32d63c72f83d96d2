"""Which of a beam's hypotheses to give: a small scorer over what is known of each.

Beam search ranks by probability. Which of a dozen hypotheses is closest to what a person would
write is better told with more: how much each agrees with the others, with the sentences that
attention read, with the best sentence of the source; what it repeats, invents or leaves open.
Learned by benchmarks/rerank.py; a checkpoint without rerank.json keeps the order of the search.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from summarize.document.document import Document
from summarize.models.base import Passage, Standing
from summarize.models.content import Contents, Expected, contents_of
from summarize.models.doubt import SIGNALS, WEIGHT, doubts, signals
from summarize.models.papers import log_odds
from summarize.models.scorer import UNUSABLE, Array, Scorer, damaged, from_bytes, to_bytes
from summarize.models.selector import score_sentences
from summarize.models.sentence_features import sentences_of
from summarize.models.term_vectors import STOP_WORDS, terms

FILE = "rerank.json"
NAMES = (
    *("log prob mean", "log prob least", "log prob sum", "log prob end", "behind best", "rank"),
    *("log words", "words beside others", "few words"),
    *("known words", "known pairs", "known triples", "longest copy", "new words", "new digits"),
    *("best sentence", "best sentence pairs", "read sentence", "read pairs", "most read"),
    *("first sentence", "central", "covered", "whole sentence"),
    *("agreement", "agreement in pairs"),
    *(
        "unbalanced",
        "repeats",
        "small start",
        "open end",
        "full stop",
        "capitals",
        "colon",
        "quote",
    ),
    *("digits", "cut", "title style", "log source", "log beam", "prob of best"),
    *("familiarity", "paper"),
    *("expected f1", "expected precision", "expected recall", "expected pairs"),
    *("expected pairs precision", "content", "weakest", "omitted", "length beside expected"),
    *("expected f1 beside others", "expected pairs beside others", "content beside others"),
    *("agreement evenly", "agreement by sum", "same opening"),
)
AGREEMENTS = ("agreement", "agreement in pairs", "agreement evenly", "agreement by sum")
CENTRAL = 10  # terms that a document uses most
CAPITAL = re.compile(r"(?<=\s)[A-Z]")
PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"))
PAIRED = frozenset('()[]{}“”"')
DIGITS = frozenset("0123456789")


class Line(NamedTuple):
    """A hypothesis: what was found of it by the search."""

    text: str
    log_probs: Sequence[float]  # of its tokens, and of the end where it is finished
    score: float
    is_finished: bool
    shares: Sequence[float] = ()  # of its attention, for each sentence of the passage


class Text(NamedTuple):
    """The passage that the lines were written from, taken apart once."""

    sentences: list[list[str]]  # terms
    where: dict[str, list[int]]  # the sentences that have a term
    best: list[str]  # terms of the sentence that the selector would give
    words: frozenset[str]
    pairs: frozenset[tuple[str, ...]]
    triples: frozenset[tuple[str, ...]]
    central: dict[str, float]  # weight of the terms that are used most, summing to one
    style: str
    size: int
    familiarity: float  # 1 for a text like those the model learned from, 0 for another
    contents: Contents  # which words a person would take
    is_paper: bool


def taken_apart(
    passage_text: str, starts: Sequence[int], style: str, familiarity: float | None = None
) -> Text:
    bounds = [*starts, len(passage_text)]
    sentences = [terms(passage_text[a:b]) for a, b in zip(bounds, bounds[1:], strict=False)]
    is_paper = log_odds(passage_text) > 0
    every = [term for sentence in sentences for term in sentence]
    document = Document.from_text(passage_text, is_prose=True)
    best = score_sentences(document, style).best
    often = Counter(t for t in every if t not in STOP_WORDS and not t.isdigit())
    top = dict(often.most_common(CENTRAL))
    total = sum(top.values())
    return Text(
        sentences,
        where(sentences),
        terms(document.sentence_text(best)) if best is not None else [],
        frozenset(every),
        frozenset(grams(every, 2)),
        frozenset(grams(every, 3)),
        {term: count / total for term, count in top.items()},
        style,
        len(every),
        1.0 if familiarity is None else familiarity,
        contents_of(sentences_of(document), style, is_paper),
        is_paper,
    )


def where(sentences: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """The sentences that have a term, by their places."""
    found: dict[str, list[int]] = {}
    for place, sentence in enumerate(sentences):
        for term in set(sentence):
            found.setdefault(term, []).append(place)
    return found


def grams(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    if size == 2:
        return list(zip(words, words[1:], strict=False))
    return list(zip(*[words[i:] for i in range(size)], strict=False))


class Some(NamedTuple):
    """A part of the passage."""

    words: list[str]
    distinct: frozenset[str]
    pairs: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, words: list[str]) -> Some:
        return cls(words, frozenset(words), frozenset(grams(words, 2)))


class Own(NamedTuple):
    """The terms of a line, taken apart once."""

    words: list[str]
    distinct: frozenset[str]
    repeated: dict[str, int]  # those that it has more than once, and how often
    content: list[str]  # without stop words
    pairs: list[tuple[str, ...]]

    @classmethod
    def of(cls, text: str) -> Own:
        words = terms(text)
        distinct = frozenset(words)
        repeated = {} if len(distinct) == len(words) else Counter(words)
        return cls(
            words,
            distinct,
            {word: count for word, count in repeated.items() if count > 1},
            [word for word in words if word not in STOP_WORDS],
            grams(words, 2),
        )

    def f1(self, other: Some) -> float:
        if not self.words or not other.words:
            return 0.0
        common = len(self.distinct & other.distinct)
        for word, count in self.repeated.items():
            if word in other.distinct:
                common += min(count, other.words.count(word)) - 1
        return 2 * common / (len(self.words) + len(other.words))

    def f1_of_each(self, text: Text) -> list[float]:
        """`f1` with each sentence of the text."""
        common = [0] * len(text.sentences)
        for word in self.distinct:
            for place in text.where.get(word, ()):
                common[place] += 1
        for word, count in self.repeated.items():
            for place in text.where.get(word, ()):
                common[place] += min(count, text.sentences[place].count(word)) - 1
        size = len(self.words)
        return [
            2 * both / (size + len(sentence)) if both else 0.0
            for both, sentence in zip(common, text.sentences, strict=True)
        ]


def features(text: Text, lines: Sequence[Line], owns: Sequence[Own] | None = None) -> Array:
    """(lines, len(NAMES)); the lines are in the order of the search, best first."""
    words = [Own.of(line.text) for line in lines] if owns is None else owns
    sums = [sum(line.log_probs) for line in lines]
    means = [mean_of(line, total) for line, total in zip(lines, sums, strict=True)]
    same = alike([own.distinct for own in words])
    same_pairs = alike([frozenset(own.pairs) for own in words])
    likely = np.exp(means)
    most = max(sums)
    agreements = [
        agreement(same, likely),
        agreement(same_pairs, likely),
        agreement(same, np.ones(len(lines))),
        agreement(same_pairs, np.array([math.exp(max(s - most, -8) / 2) for s in sums])),
    ]
    of_line = np.array(agreements).T.tolist()
    expected = [text.contents.expected(own.words) for own in words]
    usual = [sum(column) / len(lines) for column in zip(*expected, strict=True)]
    openings = Counter(tuple(own.words[:2]) for own in words)
    typical = sum(len(own.words) for own in words) / len(lines)
    of_document = {
        "title style": float(text.style == "title"),
        "log source": math.log1p(text.size) - 5,
        "log beam": math.log(len(lines)),
        "prob of best": math.exp(means[0]),
        "familiarity": text.familiarity,
        "paper": float(text.is_paper),
    }
    best = Some.of(text.best)
    read: dict[tuple[int, ...], Some] = {}  # by the places of the sentences
    rows = []
    for number, (line, own) in enumerate(zip(lines, words, strict=True)):
        named = {
            **of_document,
            **probability(line, means[number], lines[0].score, number / len(lines)),
            **source(text, line, own, best, read),
            **shape(line.text, own),
            **hoped(expected[number], usual),
            **dict(zip(AGREEMENTS, of_line[number], strict=True)),
            "same opening": openings[tuple(own.words[:2])] / len(lines),
            "words beside others": len(own.words) / max(1.0, typical) - 1,
        }
        rows.append([named[name] for name in NAMES])
    return np.array(rows, dtype=np.float64)


def hoped(found: Expected, usual: Sequence[float]) -> dict[str, float]:
    """What the line can expect of a person's summary, also beside the mean of the beam."""
    return {
        "expected f1": found.f1,
        "expected precision": found.precision,
        "expected recall": found.recall,
        "expected pairs": found.pairs_f1,
        "expected pairs precision": found.pairs_precision,
        "content": found.content,
        "weakest": found.weakest,
        "omitted": found.omitted,
        "length beside expected": found.length,
        "expected f1 beside others": found.f1 - usual[0],
        "expected pairs beside others": found.pairs_f1 - usual[3],
        "content beside others": found.content - usual[5],
    }


def probability(line: Line, mean: float, best: float, rank: float) -> dict[str, float]:
    return {
        "log prob mean": mean,
        "log prob least": min(line.log_probs, default=-9.0),
        "log prob sum": sum(line.log_probs) / 10,
        "log prob end": line.log_probs[-1] if line.log_probs else -9.0,
        "behind best": line.score - best,
        "rank": rank,
        "cut": float(not line.is_finished),
    }


def source(
    text: Text, line: Line, own: Own, best: Some, parts: dict[tuple[int, ...], Some]
) -> dict[str, float]:
    """What the line has in common with its source, and what the source lacks."""
    words, distinct, content = own.words, own.distinct, own.content
    count = max(1, len(words))
    three = grams(words, 3)
    new = [w for w in content if w not in text.words]
    places: tuple[int, ...] = ()
    if len(line.shares) == len(text.sentences):
        places = most_read(line.shares)
    read = parts.get(places)
    if read is None:
        read = parts[places] = Some.of([term for i in places for term in text.sentences[i]])
    like = own.f1_of_each(text)
    return {
        "known words": sum(w in text.words for w in words) / count,
        "known pairs": share(own.pairs, text.pairs),
        "known triples": share(three, text.triples),
        "longest copy": longest_run(three, text.triples) / count,
        "new words": len(new) / 4,
        "new digits": float(any(w[0].isdigit() for w in new)),
        "best sentence": own.f1(best),
        "best sentence pairs": share(own.pairs, best.pairs),
        "read sentence": own.f1(read),
        "read pairs": share(own.pairs, read.pairs),
        "most read": float(line.shares[places[0]]) if places else 0.0,
        "first sentence": like[0] if like else 0.0,
        "central": sum(text.central.get(w, 0.0) for w in set(content))
        / max(1, len(content)) ** 0.5,
        "covered": sum(weight for term, weight in text.central.items() if term in distinct),
        "whole sentence": max(like, default=0.0),
    }


def most_read(shares: Sequence[float]) -> tuple[int, ...]:
    """The places of the two highest shares, or of fewer; of equals the first."""
    if len(shares) < 2:
        return (0,) if len(shares) else ()
    first = shares.index(max(shares))
    others = [*shares[:first], *shares[first + 1 :]]
    second = others.index(max(others))
    return first, second + (second >= first)


def shape(text: str, own: Own) -> dict[str, float]:
    """How the line looks."""
    words, content = own.words, own.content
    tokens = text.split()
    has_digits = not text.isascii() or not DIGITS.isdisjoint(text)
    return {
        "log words": math.log1p(len(words)) - 2.5,
        "few words": float(len(words) < 4),
        "unbalanced": float(not PAIRED.isdisjoint(text) and is_unbalanced(text)),
        "repeats": float(len(content) - len(set(content))),
        "small start": float(text[:1].islower()),
        "open end": float(not words or words[-1] in STOP_WORDS or text[-1:] in ",:;-("),
        "full stop": float(text.endswith((".", "!", "?"))),
        "capitals": len(CAPITAL.findall(text)) / max(1, len(tokens)),
        "colon": float(":" in text),
        "quote": float('"' in text or "“" in text),
        "digits": sum(any(map(str.isdigit, token)) for token in tokens) / max(1, len(tokens))
        if has_digits
        else 0.0,
    }


def is_unbalanced(text: str) -> bool:
    return any(text.count(a) != text.count(b) for a, b in PAIRS) or text.count('"') % 2 == 1


def similarities(words: Sequence[Sequence[str]]) -> tuple[Array, Array]:
    """(K, K) F1 of the distinct words of two lines, and of their pairs of words; 0 with itself."""
    one, two = ([frozenset(grams(w, size)) for w in words] for size in (1, 2))
    return alike(one), alike(two)


def alike(sets: Sequence[frozenset[Any]]) -> Array:
    """(K, K) F1 of two sets; 0 of one with itself."""
    bits: dict[Any, int] = {}  # of each member
    masks = [0] * len(sets)
    for row, one in enumerate(sets):
        for member in one:
            masks[row] |= 1 << bits.setdefault(member, len(bits))
    same = [[0.0] * len(sets) for _ in sets]
    for i, one in enumerate(sets):
        for j in range(i):
            if common := (masks[i] & masks[j]).bit_count():
                same[i][j] = same[j][i] = 2 * common / (len(one) + len(sets[j]))
    return np.array(same)


def agreement(same: Array, weights: Array) -> Array:
    """(K,) how much each line says what the others say, by their weights."""
    result: Array = same @ weights / np.maximum(1e-9, weights.sum() - weights)
    return result


def mean_of(line: Line, total: float) -> float:
    return total / len(line.log_probs) if line.log_probs else -9.0


def share(found: Sequence[tuple[str, ...]], known: Set[tuple[str, ...]]) -> float:
    return sum(map(known.__contains__, found)) / len(found) if found else 0.0


def longest_run(found: Sequence[tuple[str, ...]], known: frozenset[tuple[str, ...]]) -> int:
    """Words in a row that stand in the source in that order, as far as triples tell."""
    longest = run = 0
    for gram in found:
        run = run + 1 if gram in known else 0
        longest = max(longest, run)
    return longest + 2 if longest else 0


def f1(words: Sequence[str], other: Sequence[str]) -> float:
    if not words or not other:
        return 0.0
    distinct = set(words)
    both = distinct.intersection(other)
    common = len(both)
    if len(distinct) < len(words):
        common = sum(min(words.count(w), other.count(w)) for w in both)
    return 2 * common / (len(words) + len(other))


def shares_of(attention: Array | np.ndarray, lengths: Sequence[int]) -> list[float]:
    """attention (T, S) and the tokens of each sentence -> its share of all attention."""
    if not len(attention):
        return []
    received = np.asarray(attention, dtype=np.float64).mean(axis=0)
    ends = np.minimum(np.cumsum(lengths), len(received))
    sums = np.concatenate([[0.0], np.cumsum(received)])[ends]
    shares: list[float] = np.diff(sums, prepend=0.0).tolist()
    return shares


def doubt_signals(
    text: Text, lines: Sequence[Line], rows: Array, owns: Sequence[Own] | None = None
) -> Array:
    """`rows` are the features of the lines."""
    columns = {name: rows[:, NAMES.index(name)] for name in SIGNALS if name in NAMES}
    words = [terms(line.text) for line in lines] if owns is None else [own.words for own in owns]
    return signals(text.sentences, words, [line.shares for line in lines], columns)


class Ranking(NamedTuple):
    order: list[int]  # places of the lines, best first
    scores: Array
    agreement: Array
    doubts: Array

    def standing(self, taken: int) -> Standing:
        """How the line that is taken stands among all."""
        lead = float(self.scores[taken] - self.scores.mean())
        return Standing(float(self.agreement[taken]), lead, float(self.doubts[taken]))


class Reranker:
    """The weights of a checkpoint."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer

    def scores(self, text: Text, lines: Sequence[Line]) -> Array:
        """(K,) for the lines in the order of the search; higher is better."""
        return self.scorer.score(features(text, lines))

    def rank(
        self, passage: Passage, style: str, lines: Sequence[Line], familiarity: float | None = None
    ) -> Ranking:
        if len(lines) < 2 or not passage.text:
            zeros = np.zeros(len(lines))
            return Ranking(list(range(len(lines))), zeros, zeros, zeros)
        text = taken_apart(passage.text, passage.starts, style, familiarity)
        owns = [Own.of(line.text) for line in lines]
        rows = features(text, lines, owns)
        doubted = doubts(doubt_signals(text, lines, rows, owns))
        scores = self.scorer.score(rows) - WEIGHT * doubted
        order = np.argsort(-scores, kind="stable").tolist()
        return Ranking(order, scores, rows[:, NAMES.index("agreement")], doubted)

    def to_bytes(self) -> bytes:
        return to_bytes(self.scorer.to_dict())

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], folder: Path) -> Reranker | None:
        """None where a checkpoint has no such file. Raises CheckpointError."""
        if FILE not in files:
            return None
        try:
            return cls(Scorer.from_dict(from_bytes(files[FILE]), NAMES))
        except UNUSABLE as error:
            raise damaged(
                folder / FILE, error, "copy it again, or leave it out of config.json"
            ) from None
