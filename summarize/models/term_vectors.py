"""Sentences as tf-idf vectors, and how central each is: LexRank and the centroid.

The vectors are sparse: three arrays of row, column and weight. A product with a vector is two
`bincount`s, so a document of any length costs time in proportion to its words; the matrix of
similarities is never built.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DAMPING = 0.85
ITERATIONS = 30
WORD = re.compile(r"[^\W_]+")


class Vectors(NamedTuple):
    """N unit vectors over V terms; entry k is `values[k]` at (`rows[k]`, `columns[k]`)."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Array
    height: int
    width: int

    def times(self, vector: Array) -> Array:
        """X @ vector: (V,) -> (N,)."""
        return summed(self.rows, self.values * vector[self.columns], self.height)

    def transposed_times(self, vector: Array) -> Array:
        """X.T @ vector: (N,) -> (V,)."""
        return summed(self.columns, self.values * vector[self.rows], self.width)

    def similarity(self, row: int) -> Array:
        """Cosine of every vector with that of `row`: (N,)."""
        one = self.rows == row
        dense = np.zeros(self.width)
        dense[self.columns[one]] = self.values[one]
        return self.times(dense)


def summed(places: NDArray[np.int64], values: Array, size: int) -> Array:
    """(size,) the sum of the values at each place."""
    return np.bincount(places, values, size).astype(np.float64, copy=False)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The word without its commonest endings. Cruder than Porter's, and a tenth of its time."""
    if len(word) < 4 or not word.isalpha():
        return word
    for ending, least in (("ies", 3), ("ing", 4), ("ed", 4), ("es", 4), ("s", 3)):
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            word = word[: -len(ending)] + ("y" if ending == "ies" else "")
            break
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


STOP_WORDS = frozenset(
    map(
        stem,
        """
        a about above after again against all also am an and any are as at be because been before
        being below between both but by can cannot could did do does doing down during each few for
        from further had has have having he her here hers him his how i if in into is it its itself
        just me more most my no nor not now of off on once only or other our out over own s same she
        should so some such t than that the their them then there these they this those through to
        too under until up us very was we were what when where which while who whom why will with
        would you your may must might shall
        """.split(),
    )
)


# Of ASCII, what is no letter or digit becomes a space: a tenth of the time of WORD.
SPACED = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(128)


def words_of(text: str) -> list[str]:
    """Its words as they stand, the matches of WORD."""
    if not text.isascii():
        return WORD.findall(text)
    return text.encode("ascii").translate(SPACED).decode("ascii").split()


def terms(text: str) -> list[str]:
    """Its words, lower case and stemmed."""
    return list(map(stem, words_of(text.lower())))


def vectors_of(sentences: Sequence[Sequence[str]]) -> tuple[Vectors, dict[str, int]]:
    """Terms of each sentence -> unit vectors of (1 + log tf) * log(1 + N / df) without stop words,
    and the column of each term."""
    columns: dict[str, int] = {}
    rows: list[int] = []
    places: list[int] = []
    counts: list[int] = []
    for row, sentence in enumerate(sentences):
        for term, count in Counter(sentence).items():
            if term not in STOP_WORDS:
                rows.append(row)
                places.append(columns.setdefault(term, len(columns)))
                counts.append(count)
    number, size = len(sentences), len(columns)
    row_of = np.array(rows, dtype=np.int64)
    column_of = np.array(places, dtype=np.int64)
    frequency = np.bincount(column_of, minlength=size)
    values = (1 + np.log(np.array(counts, dtype=np.float64))) * np.log1p(
        number / np.maximum(1, frequency)
    )[column_of]
    norms = np.sqrt(np.bincount(row_of, values**2, number))
    return Vectors(row_of, column_of, values / norms[row_of], number, size), columns


def vector_of(sentence: Sequence[str], columns: dict[str, int]) -> Array:
    """A text outside the document over the same terms, (V,), of unit length or zero."""
    dense = np.zeros(len(columns))
    for term, count in Counter(sentence).items():
        if term in columns and term not in STOP_WORDS:
            dense[columns[term]] = 1 + math.log(count)
    norm = np.linalg.norm(dense)
    return dense / norm if norm else dense


def lexrank(vectors: Vectors) -> Array:
    """PageRank over the cosines of sentences, highest 1; Erkan & Radev 2004, the continuous kind.

    The diagonal is zero and rows sum to one: p = (1 - d) / N + d * A (p / row sums), with
    A v = X (X.T v) - (diagonal) v.
    """
    count = vectors.height
    rows, columns, values, width = vectors.rows, vectors.columns, vectors.values, vectors.width
    diagonal = np.bincount(rows, values**2, count)

    def similar(vector: Array) -> Array:
        whole = np.bincount(columns, values * vector.take(rows), width)
        return summed(rows, values * whole.take(columns), count) - diagonal * vector

    sums = similar(np.ones(count))
    alone = sums < 1e-9
    some_alone = bool(alone.any())
    scale = np.where(alone, 0.0, 1 / np.where(alone, 1.0, sums))
    rank = np.full(count, 1 / count)
    for _ in range(ITERATIONS):
        following = (1 - DAMPING) / count + DAMPING * similar(rank * scale)
        if some_alone:
            following += DAMPING * rank[alone].sum() / count
        settled = np.abs(following - rank).sum() < 1e-7
        rank = following
        if settled:
            break
    highest: float = rank.max()
    return rank / highest


def centroid(vectors: Vectors) -> Array:
    """Cosine of each vector with the sum of all, highest 1."""
    total = vectors.transposed_times(np.ones(vectors.height))
    cosines = vectors.times(total)
    highest = cosines.max(initial=0.0)
    return cosines / highest if highest > 0 else cosines
