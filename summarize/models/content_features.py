"""What is seen of a word without reading: how often and where it stands, between which words, its
capitals, and how often people took that word from other texts. One row of numbers each; and the
same for pairs of words that stand side by side."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.models.scorer import Array
from summarize.models.term_vectors import STOP_WORDS, WORD, stem

MOST_WORDS = 1200  # of a text that are looked at
ENDING = 3  # letters; a word that the tables lack counts as its ending
# Log-odds that a summary takes the word from its text, for each kind of summary; that it has the
# word where the text does not; and what standing behind or before the word says of its neighbour.
KINDS = ("paper title", "title", "sentence")
TABLES = (*KINDS, *(f"{kind}, new" for kind in KINDS), "behind", "before")
NAMES = (
    *("log odds", "unknown", "behind", "before", "most behind", "most before"),
    *("log count", "share", "once", "sentences", "near 10", "near 50", "relative", "latest"),
    *("first sentence", "second sentence", "last sentence", "purpose", "after purpose"),
    *("capital", "upper", "digit", "hyphen", "letters", "stop"),
    *("log terms", "log sentences", "log first", "title", "paper"),
)
PAIR_NAMES = (
    *("first", "second", "least", "log count", "always", "near 20", "relative"),
    *("stop first", "stop second", "capitals", "first sentence"),
    *("log terms", "title", "paper"),
)
LENGTH_NAMES = ("log terms", "log sentences", "log first", "title", "paper", "short")
HYPHENATED = re.compile(r"[^\W_]+(?:-[^\W_]+)+")
# Words, stemmed as `terms` gives them. "We propose" and "this page" say what a text is for.
SUBJECTS = frozenset({"we", "thi", "the"})
PURPOSES = frozenset(
    """propos present introduc show describ develop study explain provid outlin defin specify
    specifi demonstrat investigat paper articl document page section topic chapter guid post talk
    pep proposal rfc modul packag library tool command function program""".split()
)


@dataclass(frozen=True)
class Tables:
    """What is known of single words: `values` (len(TABLES), V)."""

    index: Mapping[str, int]
    values: Array

    def places(self, words: Sequence[str]) -> NDArray[np.int64]:
        """The column of each word, or of its ending; 0 where neither is known."""
        index = self.index
        return np.array(
            [index.get(w) or index.get("-" + w[-ENDING:], 0) for w in words], dtype=np.int64
        )

    def column(self, name: str, places: NDArray[np.int64]) -> Array:
        result: Array = self.values[TABLES.index(name)][places]
        return result


class Seen(NamedTuple):
    """A text taken apart: D distinct terms, P distinct pairs of neighbours."""

    words: list[str]
    rows: Array  # (D, len(NAMES))
    pairs: NDArray[np.int64]  # (P, 2) of words
    pair_rows: Array  # (P, len(PAIR_NAMES)); the log-odds of both words are filled in later
    length_row: Array  # (len(LENGTH_NAMES),)


def kind_of(is_title: bool, is_paper: bool) -> str:
    return "sentence" if not is_title else "paper title" if is_paper else "title"


def look(texts: Sequence[str], tables: Tables, is_title: bool, is_paper: bool) -> Seen | None:
    """`texts` are the sentences. None where there is no word."""
    raw: list[list[str]] = []
    count = 0
    for text in texts:
        found = WORD.findall(text)
        if found:
            raw.append(found)
            count += len(found)
        if count >= MOST_WORDS:
            break
    if not raw:
        return None
    flat = list(chain.from_iterable(raw))
    terms = [stem(word) for word in map(str.lower, flat)]
    number: dict[str, int] = {}
    here = np.array([number.setdefault(term, len(number)) for term in terms], dtype=np.int64)
    words, size, many = list(number), len(number), len(terms)
    sentence = np.repeat(np.arange(len(raw)), [len(found) for found in raw])
    position = np.arange(many, dtype=np.float64)
    starts = np.diff(sentence, prepend=-1) > 0
    ends = np.diff(sentence, append=len(raw)) > 0

    def mean(values: Array) -> Array:
        return np.bincount(here, values, size) / times

    def most(values: Array) -> Array:
        result = np.full(size, -9.0)
        np.maximum.at(result, here, values)
        return result

    times = np.bincount(here, minlength=size).astype(np.float64)
    first = np.empty(size)
    first[here[::-1]] = position[::-1]
    last = np.empty(size)
    last[here] = position
    places = tables.places(words)
    known = np.array([word in tables.index for word in words])
    behind, before = (tables.column(name, places) for name in ("behind", "before"))
    edge = tables.places(["."])
    of_previous = np.where(starts, tables.column("behind", edge), behind[np.roll(here, 1)])
    of_next = np.where(ends, tables.column("before", edge), before[np.roll(here, -1)])
    inside = sentence[:, None] == np.array([0, 1, len(raw) - 1])
    purpose, after = purposes(terms, sentence)
    hyphened = {
        stem(part)
        for text in texts[: len(raw)]
        if "-" in text
        for whole in HYPHENATED.findall(text)
        for part in whole.lower().split("-")
    }
    capital = np.array([word[0].isupper() for word in flat]) & ~starts
    # With an index, because without one NumPy imports numpy.ma, 2 MiB and 10 ms.
    spread = np.unique(here * len(raw) + sentence, return_index=True)[0] // len(raw)
    letters = np.array([len(word) for word in words], dtype=np.float64)
    of_text = {
        "log terms": math.log1p(many) - 5,
        "log sentences": math.log1p(len(raw)) - 2,
        "log first": math.log1p(len(raw[0])) - 3,
        "title": float(is_title),
        "paper": float(is_paper),
    }
    named = {
        "log odds": tables.column(kind_of(is_title, is_paper), places),
        "unknown": ~known * 1.0,
        "behind": mean(of_previous),
        "before": mean(of_next),
        "most behind": most(of_previous),
        "most before": most(of_next),
        "log count": np.log(times),
        "share": 50 * times / many,
        "once": (times == 1) * 1.0,
        "sentences": np.log(np.bincount(spread, minlength=size)),
        "near 10": np.exp(-first / 10),
        "near 50": np.exp(-first / 50),
        "relative": first / many,
        "latest": last / many,
        "first sentence": (mean(inside[:, 0] * 1.0) > 0) * 1.0,
        "second sentence": (mean(inside[:, 1] * 1.0) > 0) * 1.0,
        "last sentence": (mean(inside[:, 2] * 1.0) > 0) * 1.0,
        "purpose": most(purpose),
        "after purpose": most(after),
        "capital": mean(capital.astype(np.float64)),
        "upper": mean(np.array([float(len(w) > 1 and w.isupper()) for w in flat])),
        "digit": np.array([float(word[0].isdigit()) for word in words]),
        "hyphen": np.array([float(word in hyphened) for word in words]),
        "letters": letters / 5 - 1,
        "stop": np.array([float(word in STOP_WORDS) for word in words]),
    }
    ones = np.ones(size)
    rows = np.stack([named[n] if n in named else of_text[n] * ones for n in NAMES], axis=1)

    joined = here[:-1] * size + here[1:]
    joined = joined[~starts[1:]]
    place = position[:-1][~starts[1:]]
    keys, at, often = np.unique(joined, return_index=True, return_counts=True)
    pairs = np.stack([keys // size, keys % size], axis=1)
    nothing = np.zeros(len(keys))
    pair_named = {
        "first": nothing,
        "second": nothing,
        "least": nothing,
        "log count": np.log(often),
        "always": often / times[pairs].min(axis=1, initial=np.inf),
        "near 20": np.exp(-place[at] / 20),
        "relative": place[at] / many,
        "stop first": named["stop"][pairs[:, 0]],
        "stop second": named["stop"][pairs[:, 1]],
        "capitals": named["capital"][pairs].min(axis=1, initial=1.0),
        "first sentence": (place[at] < len(raw[0])) * 1.0,
    }
    ones = np.ones(len(keys))
    pair_rows = np.stack(
        [pair_named[n] if n in pair_named else of_text[n] * ones for n in PAIR_NAMES], axis=1
    )
    of_text["short"] = float(len(raw) < 4)
    return Seen(words, rows, pairs, pair_rows, np.array([of_text[n] for n in LENGTH_NAMES]))


def purposes(terms: Sequence[str], sentence: NDArray[np.int64]) -> tuple[Array, Array]:
    """For each word: whether its sentence says what the text is for ("we propose"), and how near
    behind that it stands."""
    inside, after = np.zeros(len(terms)), np.zeros(len(terms))
    for i, term in enumerate(terms):
        if term in PURPOSES and i and terms[i - 1] in SUBJECTS and sentence[i - 1] == sentence[i]:
            end = int(np.searchsorted(sentence, sentence[i], side="right"))
            inside[np.searchsorted(sentence, sentence[i]) : end] = 1
            after[i + 1 : end] = np.exp(-np.arange(end - i - 1) / 6)
    return inside, after


def with_words(seen: Seen, logits: Array) -> Array:
    """The rows of the pairs with the log-odds of both words."""
    rows = seen.pair_rows.copy()
    both = np.clip(logits, -7, 7)[seen.pairs]
    rows[:, 0], rows[:, 1] = both[:, 0], both[:, 1]
    rows[:, 2] = both.min(axis=1, initial=np.inf) if len(both) else 0.0
    return rows
