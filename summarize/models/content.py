"""Which words of a text a person would put into its summary: a probability for each.

A small network (scorer.py) over what is seen of a word without reading (content_features.py).
Pairs of words that stand side by side have a second one. Learned by benchmarks/content.py from
texts and their summaries; nothing is decoded for it. From it follows the F1 that a line can
expect, which the selector, the reranker and the judge use. It comes with the package.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.models.content_features import (
    KINDS,
    LENGTH_NAMES,
    NAMES,
    PAIR_NAMES,
    TABLES,
    Tables,
    kind_of,
    look,
    with_words,
)
from summarize.models.scorer import UNUSABLE, Array, Scorer, damaged, from_bytes, rounded, to_bytes
from summarize.models.term_vectors import STOP_WORDS

FILE = Path(__file__).parent.parent / "checkpoints" / "content.json"
STEP = 0.05  # of a value in a table, kept as a byte
LEAST = 0.02  # probability from which on a pair, or a word that the text lacks, is kept


class Expected(NamedTuple):
    """What a line can expect of being compared with the summary that a person wrote."""

    f1: float
    precision: float
    recall: float
    pairs_f1: float
    pairs_precision: float
    content: float  # mean probability of its words, stop words aside
    weakest: float  # least of them
    omitted: float  # the highest probability of a word that it lacks
    length: float  # log of its words beside those expected


@dataclass(frozen=True)
class Contents:
    """What is expected of the summary of one text."""

    words: Mapping[str, float]  # probability of each of its terms
    pairs: Mapping[tuple[str, str], float]  # ... of neighbours
    new: Mapping[str, float]  # ... of terms that it lacks
    length: float  # words of the summary
    total: float
    best: tuple[str, ...]

    def expected(self, line: Sequence[str]) -> Expected:
        words, new, pairs_of = self.words, self.new, self.pairs
        distinct = set(line)
        # Those of stop words, and of all others.
        stops = [words[t] if t in words else new.get(t, 0.0) for t in distinct & STOP_WORDS]
        content = [words[t] if t in words else new.get(t, 0.0) for t in distinct - STOP_WORDS]
        common = sum(stops) + sum(content)
        neighbours = set(zip(line, line[1:], strict=False))
        pairs = sum([pairs_of[pair] for pair in neighbours if pair in pairs_of])
        size = max(1, len(line))
        return Expected(
            2 * common / (size + self.length),
            common / size,
            common / max(1e-3, self.total),
            2 * pairs / (size + max(1.0, self.length - 1)),
            pairs / max(1, len(neighbours)),
            sum(content) / max(1, len(content)),
            min(content, default=0.0),
            max([words[t] for t in self.best if t not in distinct], default=0.0),
            math.log(size / self.length),
        )


@dataclass(frozen=True)
class ContentModel:
    tables: Tables
    words: Scorer
    pairs: Scorer
    length: Array  # (len(LENGTH_NAMES) + 1,) of the log of the words of a summary, by kind

    def contents(self, texts: Sequence[str], style: str, is_paper: bool) -> Contents:
        """`texts` are the sentences of a text."""
        is_title = style == "title"
        seen = look(texts, self.tables, is_title, is_paper)
        if seen is None:
            return Contents({}, {}, {}, 10.0, 0.0, ())
        logits = self.words.score(seen.rows)
        p = 1 / (1 + np.exp(-logits))
        words: dict[str, float] = dict(zip(seen.words, p.tolist(), strict=True))
        q = 1 / (1 + np.exp(-self.pairs.score(with_words(seen, logits))))
        kept = np.flatnonzero(q >= LEAST)
        pairs = {
            (seen.words[a], seen.words[b]): value
            for (a, b), value in zip(seen.pairs[kept].tolist(), q[kept].tolist(), strict=True)
        }
        weights = self.length[KINDS.index(kind_of(is_title, is_paper))]
        length = float(np.clip(np.exp(seen.length_row @ weights[:-1] + weights[-1]), 2, 60))
        best = tuple(seen.words[i] for i in np.argsort(-p)[:8].tolist())
        new = self.new[kind_of(is_title, is_paper)]
        return Contents(words, pairs, new, length, float(p.sum()), best)

    @cached_property
    def new(self) -> dict[str, dict[str, float]]:
        """For each kind of summary the words that it has where its text lacks them."""
        found = {}
        for kind in KINDS:
            p = 1 / (1 + np.exp(-self.tables.values[TABLES.index(f"{kind}, new")]))
            found[kind] = {
                word: value
                for word, value in zip(self.tables.index, p.tolist(), strict=True)
                if value >= LEAST and word[0] not in "-."
            }
        return found

    def to_bytes(self) -> bytes:
        table = np.round(self.tables.values / STEP).astype(np.int8)
        return to_bytes(
            {
                "words": " ".join(self.tables.index),
                "tables": {
                    name: base64.b64encode(row.tobytes()).decode()
                    for name, row in zip(TABLES, table, strict=True)
                },
                "word": self.words.to_dict(),
                "pair": self.pairs.to_dict(),
                "length": [rounded(row) for row in self.length],
            }
        )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ContentModel:
        words = values["words"].split(" ")
        rows = [np.frombuffer(base64.b64decode(values["tables"][n]), np.int8) for n in TABLES]
        length = np.asarray(values["length"], dtype=np.float64)
        if any(len(row) != len(words) for row in rows) or len(set(words)) != len(words):
            raise ValueError("its tables do not fit")
        if length.shape != (len(KINDS), len(LENGTH_NAMES) + 1) or not np.isfinite(length).all():
            raise ValueError("its shapes do not fit")
        return cls(
            Tables({word: i for i, word in enumerate(words)}, values_of(rows)),
            Scorer.from_dict(values["word"], NAMES),
            Scorer.from_dict(values["pair"], PAIR_NAMES),
            length,
        )


def values_of(rows: Sequence[NDArray[np.int8]]) -> Array:
    result: Array = np.stack(rows).astype(np.float64) * STEP
    return result


@lru_cache(maxsize=32)  # the selector, the reranker and the judge ask for the same text
def contents_of(texts: tuple[str, ...], style: str, is_paper: bool) -> Contents:
    """By the weights of the package; `texts` are the sentences."""
    return shipped_content().contents(texts, style, is_paper)


@lru_cache(maxsize=1)
def shipped_content() -> ContentModel:
    """The weights of the package. Raises CheckpointError."""
    try:
        return ContentModel.from_dict(from_bytes(FILE.read_bytes()))
    except (OSError, *UNUSABLE) as error:
        remedy = "install summarize again, or create it with: python benchmarks/content.py"
        raise damaged(FILE, error, remedy) from None
