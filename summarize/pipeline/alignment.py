"""Where a summary looked: attention between tokens becomes shares of words, and of sentences.

A network attends from the tokens that it writes to the tokens that it read. A reader knows words:
what stands between white space. The weights of a source word's tokens are summed, those of a
summary word's tokens averaged, so that each row still sums to one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.models.base import Passage, Span, TokenAttention

WORD = re.compile(r"\S+")
CITED, LEAST = 3, 0.1  # sentences named for one of the summary, and the share each must have
Weights = NDArray[np.float32]


class WordAttention(NamedTuple):
    """T words of a summary, S words of a passage."""

    summary: list[str]
    weights: Weights  # (T, S), rows sum to one
    outside: Weights  # (T,) the share of marks of start and end, taken off
    part: NDArray[np.int64]  # (S,) which of the passage's sentences a word is in

    def shown_as(self, text: str) -> WordAttention:
        """With the words as they are given: one cut short lost its last word, and the first may
        have got a capital."""
        words = text.split()[: len(self.summary)]
        count = len(words)
        return WordAttention(words, self.weights[:count], self.outside[:count], self.part)


def to_words(passage: Passage, found: TokenAttention) -> WordAttention:
    """From tokens to words."""
    text = passage.text
    spans = spans_of(text)
    starts = np.array([start for start, _ in spans] or [0])
    # A token may begin with the space before its word, so its last character decides; of one that
    # is nothing but space, what follows it.
    lasts = [b if text[a:b].isspace() else b - 1 for a, b in found.offsets]
    word = np.searchsorted(starts, lasts, side="right") - 1
    word_ends = np.array([end for _, end in spans] or [0])[word]
    first, last = np.array(found.offsets, dtype=np.int64).reshape(-1, 2).T
    is_inside = (last > first) & (word >= 0) & (word_ends > first) & bool(spans)
    summed = np.zeros((len(found.weights), len(spans)), dtype=np.float64)
    np.add.at(summed.T, word[is_inside], found.weights.T[is_inside])
    outside = found.weights[:, ~is_inside].sum(axis=1, dtype=np.float64)
    words, members = words_of_pieces(found.pieces)
    rows = np.zeros((len(words), len(spans)))
    apart = np.zeros(len(words))
    for i, tokens in enumerate(members):
        rows[i] = summed[tokens].mean(axis=0)
        apart[i] = outside[tokens].mean()
    total = rows.sum(axis=1, keepdims=True)
    rows = np.divide(rows, total, out=np.full_like(rows, 1 / max(1, len(spans))), where=total > 0)
    part = np.searchsorted(np.array(passage.starts), starts, side="right") - 1
    return WordAttention(
        words, rows.astype(np.float32), apart.astype(np.float32), part[: len(spans)]
    )


def spans_of(text: str) -> list[Span]:
    return [match.span() for match in WORD.finditer(text)]


def words_of_pieces(pieces: Sequence[str]) -> tuple[list[str], list[list[int]]]:
    """Words of the joined pieces, and for each the pieces that it is made of."""
    words: list[str] = []
    members: list[list[int]] = []
    is_open = False
    waiting: list[int] = []  # halves of a character belong to the word that it stands in
    for number, piece in enumerate(pieces):
        if not piece:
            waiting.append(number)
        for part in re.findall(r"\s+|\S+", piece):
            if part.isspace():
                is_open = False
                continue
            if not is_open:
                words.append("")
                members.append([])
            words[-1] += part
            members[-1] += [n for n in (*waiting, number) if n not in members[-1]]
            waiting = []
            is_open = True
    return words, members


# --- sentences -----------------------------------------------------------------------------------


def sentence_shares(found: WordAttention, parts: int) -> tuple[list[str], Weights]:
    """The sentences of the summary, and for each how much every part of the passage was read."""
    texts, of_word = sentences_of_words(found.summary)
    summed = np.zeros((len(found.summary), parts), dtype=np.float32)
    np.add.at(summed.T, found.part, found.weights.T)
    rows = [summed[of_word == i].mean(axis=0) for i in range(len(texts))]
    return texts, np.stack(rows) if rows else np.zeros((0, parts), dtype=np.float32)


def sentences_of_words(words: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """The sentences of a summary, and which of them each word is in."""
    text = " ".join(words)
    document = Document.from_text(text, is_prose=True)
    ends = [sentence.end for sentence in document.sentences] or [len(text)]
    starts = np.cumsum([0, *(len(word) + 1 for word in words)])[:-1]
    of_word = np.minimum(np.searchsorted(ends, starts, side="right"), len(ends) - 1)
    kept, renumbered = np.unique(of_word, return_inverse=True)
    texts = [" ".join(w for w, n in zip(words, of_word, strict=True) if n == k) for k in kept]
    return texts, renumbered.astype(np.int64)


def cited(text: str, shares: dict[int, float]) -> dict[str, Any]:
    """A sentence of the summary and the sentences of the document that it was read from most."""
    order = sorted(shares, key=lambda i: (-shares[i], i))[:CITED]
    named = [i for i in order if shares[i] >= LEAST] or order[:1]
    return {
        "sentence": text,
        "source_sentences": [{"number": i + 1, "share": round(float(shares[i]), 3)} for i in named],
    }


# --- what is shown -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alignment:
    """T words of a summary, S words of what was read of the document, and how the one looked at
    the other."""

    text: str  # the document's
    source: tuple[Span, ...]  # the words that were read: (start, end) in `text`
    sentence: NDArray[np.int64]  # (S,) the sentence of each, an index into Document.sentences
    summary: tuple[str, ...]
    weights: Weights  # (T, S), rows sum to one
    outside: Weights  # (T,) share that went to marks of start and end, taken off
    model: str
    kind: str  # which attention, in words
    tokens_read: int
    tokens_document: int
    style: str | None = None
    chunks: int = 1
    overflow: str | None = None
    familiarity: float | None = None

    @property
    def words(self) -> list[str]:
        return [self.text[start:end] for start, end in self.source]

    @property
    def received(self) -> Weights:
        """(S,) how much each source word was read, over the whole summary: sums to one."""
        mean: Weights = self.weights.mean(axis=0)
        return mean

    def looked(self, summary_word: int, count: int = 5) -> list[tuple[int, float]]:
        """The source words that one summary word read most: (number, share), most first."""
        row = self.weights[summary_word]
        order = np.argsort(-row, kind="stable")[:count]
        return [(int(i), float(row[i])) for i in order if row[i] > 0]

    def by_sentence(self) -> tuple[list[str], list[str], Weights]:
        """Sentences that were read, those of the summary, and the shares (summary, source)."""
        numbers, part = np.unique(self.sentence, return_inverse=True)
        words = np.array(self.words, dtype=object)
        source = [" ".join(words[part == k]) for k in range(len(numbers))]
        found = WordAttention(list(self.summary), self.weights, self.outside, part)
        return source, *sentence_shares(found, len(numbers))

    def to_dict(self) -> dict[str, Any]:
        source, target, shares = self.by_sentence()
        return {
            "schema_version": 1,
            "model": self.model,
            "attention": self.kind,
            "style": self.style,
            "tokens": {"document": self.tokens_document, "read": self.tokens_read},
            "chunk": None,
            "chunks": self.chunks,
            "overflow": self.overflow,
            "source": self.words,
            "summary": list(self.summary),
            "weights": rounded(self.weights),
            "outside": rounded(self.outside),
            "sentences": {
                "source": source,
                "summary": target,
                "weights": rounded(shares),
                "numbers": [int(i) + 1 for i in np.unique(self.sentence)],
            },
        }


def rounded(values: Weights) -> list[Any]:
    """Four decimals are what a reader can use, and a tenth of the file."""
    result: list[Any] = np.round(values.astype(np.float64), 4).tolist()
    return result
