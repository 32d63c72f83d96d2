"""What is seen of a word without reading: how often and where it stands, between which words, its
capitals, and how often people took that word from other texts. One row of numbers each; and the
same for pairs of words that stand side by side."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.models.scorer import Array
from summarize.models.term_vectors import STOP_WORDS, stem, words_of

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
        found = words_of(text)
        if found:
            raw.append(found)
            count += len(found)
        if count >= MOST_WORDS:
            break
    if not raw:
        return None
    flat = list(chain.from_iterable(raw))
    terms = list(map(stem, map(str.lower, flat)))
    number = {term: i for i, term in enumerate(dict.fromkeys(terms))}
    here = np.fromiter(map(number.__getitem__, terms), np.int64, len(terms))
    words, size, many = list(number), len(number), len(terms)
    sizes = [len(found) for found in raw]
    sentence = np.repeat(np.arange(len(raw)), sizes)
    position = np.arange(many, dtype=np.float64)
    stops = np.cumsum(sizes)
    firsts = stops - sizes

    def flags(found: NDArray[np.int64]) -> Array:
        result = np.zeros(size)
        result[found] = 1
        return result

    def mean(values: Array) -> Array:
        return np.bincount(here, values, size) / times

    def share(found: Sequence[int]) -> Array:
        return np.bincount(here[found], minlength=size) / times if found else np.zeros(size)

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
    behind, before = (tables.column(name, places)[here] for name in ("behind", "before"))
    edge = tables.places(["."])
    of_previous, of_next = np.empty(many), np.empty(many)
    of_previous[1:], of_next[:-1] = behind[:-1], before[1:]
    of_previous[firsts] = tables.column("behind", edge)
    of_next[stops - 1] = tables.column("before", edge)
    purpose, after = np.zeros(size), np.zeros(size)
    if not PURPOSES.isdisjoint(number):
        purpose, after = map(most, purposes(terms, firsts.tolist(), stops.tolist()))
    hyphened = {
        stem(part)
        for text in texts[: len(raw)]
        if "-" in text
        for token in text.split()
        if "-" in token
        for whole in HYPHENATED.findall(token)
        for part in whole.lower().split("-")
    }
    # Few words are written in other than small letters.
    others = [i for i, is_small in enumerate(map(str.islower, flat)) if not is_small]
    opening = set(firsts.tolist())
    capitals = [i for i in others if i not in opening and flat[i][0].isupper()]
    uppers = [i for i in others if len(flat[i]) > 1 and flat[i].isupper()]
    spread = np.sort(here * len(raw) + sentence)
    spread = spread[np.append(True, spread[1:] != spread[:-1])] // len(raw)
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
        "unknown": ~known,
        "behind": mean(of_previous),
        "before": mean(of_next),
        "most behind": most(of_previous),
        "most before": most(of_next),
        "log count": np.log(times),
        "share": 50 * times / many,
        "once": times == 1,
        "sentences": np.log(np.bincount(spread, minlength=size)),
        "near 10": np.exp(-first / 10),
        "near 50": np.exp(-first / 50),
        "relative": first / many,
        "latest": last / many,
        "first sentence": flags(here[: stops[0]]),
        "second sentence": flags(here[stops[0] : stops[1]] if len(raw) > 1 else here[:0]),
        "last sentence": flags(here[firsts[-1] :]),
        "purpose": purpose,
        "after purpose": after,
        "capital": share(capitals),
        "upper": share(uppers),
        "digit": [word[0].isdigit() for word in words],
        "hyphen": [word in hyphened for word in words] if hyphened else np.zeros(size),
        "letters": letters / 5 - 1,
        "stop": np.array([word in STOP_WORDS for word in words]) * 1.0,
    }
    rows = table(NAMES, {**of_text, **named}, size)

    is_inside = sentence[1:] == sentence[:-1]
    joined = (here[:-1] * size + here[1:])[is_inside]
    place = position[:-1][is_inside]
    order = np.argsort(joined, kind="stable")
    joined = joined[order]
    bounds = np.flatnonzero(np.append(True, joined[1:] != joined[:-1])[: len(joined)])
    keys, at, often = joined[bounds], order[bounds], np.diff(np.append(bounds, len(joined)))
    pairs = np.stack([keys // size, keys % size], axis=1)
    pair_named = {
        "first": 0.0,
        "second": 0.0,
        "least": 0.0,
        "log count": np.log(often),
        "always": often / times[pairs].min(axis=1, initial=np.inf),
        "near 20": np.exp(-place[at] / 20),
        "relative": place[at] / many,
        "stop first": named["stop"][pairs[:, 0]],
        "stop second": named["stop"][pairs[:, 1]],
        "capitals": named["capital"][pairs].min(axis=1, initial=1.0),
        "first sentence": place[at] < len(raw[0]),
    }
    pair_rows = table(PAIR_NAMES, {**of_text, **pair_named}, len(keys))
    of_text["short"] = float(len(raw) < 4)
    return Seen(words, rows, pairs, pair_rows, np.array([of_text[n] for n in LENGTH_NAMES]))


def table(names: Sequence[str], columns: Mapping[str, Any], count: int) -> Array:
    """(count, len(names)); a column is one number for all, or one for each row."""
    rows = np.empty((count, len(names)))
    for place, name in enumerate(names):
        rows[:, place] = columns[name]
    return rows


def purposes(
    terms: Sequence[str], firsts: Sequence[int], stops: Sequence[int]
) -> tuple[Array, Array]:
    """For each word: whether its sentence says what the text is for ("we propose"), and how near
    behind that it stands. `firsts` and `stops` are where each sentence begins and ends."""
    inside, after = np.zeros(len(terms)), np.zeros(len(terms))
    for i in [i for i, term in enumerate(terms) if term in PURPOSES]:
        number = bisect_right(firsts, i) - 1
        first, stop = firsts[number], stops[number]
        if i > first and terms[i - 1] in SUBJECTS:
            inside[first:stop] = 1
            after[i + 1 : stop] = np.exp(-np.arange(stop - i - 1) / 6)
    return inside, after


def with_words(seen: Seen, logits: Array) -> Array:
    """The rows of the pairs with the log-odds of both words."""
    rows = seen.pair_rows.copy()
    both = np.clip(logits, -7, 7)[seen.pairs]
    rows[:, 0], rows[:, 1] = both[:, 0], both[:, 1]
    rows[:, 2] = both.min(axis=1, initial=np.inf) if len(both) else 0.0
    return rows
