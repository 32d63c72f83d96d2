"""Where a summary looked: attention from pieces of words to words, and to sentences.

A network attends from the tokens that it writes to the tokens that it read. A reader knows words:
what stands between white space. The weights of a source word's tokens are summed, those of a
summary word's tokens averaged, so that each row still sums to one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.document.sentences import sentences

WORD = re.compile(r"\S+")
CITED, LEAST = 3, 0.1  # sentences named for one of the summary, and the share each must have
Span = tuple[int, int]


@dataclass(frozen=True)
class Alignment:
    """T words of a summary, S words of what was read of the document, and how the one looked at
    the other."""

    text: str  # what was read, as it stood in the document
    source: tuple[Span, ...]  # its words: (start, end) in `text`
    summary: tuple[str, ...]
    weights: NDArray[np.float32]  # (T, S), rows sum to one
    outside: NDArray[np.float32]  # (T,) share that went to marks of start and end, taken off
    model: str
    kind: str  # which attention, in words
    tokens_read: int
    tokens_document: int
    style: str | None = None
    chunk: int | None = None  # of a long document: which piece, from 1
    chunks: int = 1

    @property
    def words(self) -> list[str]:
        return [self.text[start:end] for start, end in self.source]

    @property
    def received(self) -> NDArray[np.float32]:
        """(S,) how much each source word was read, over the whole summary: sums to one."""
        mean: NDArray[np.float32] = self.weights.mean(axis=0)
        return mean

    def looked(self, summary_word: int, count: int = 5) -> list[tuple[int, float]]:
        """The source words that one summary word read most: (number, share), most first."""
        row = self.weights[summary_word]
        order = np.argsort(-row, kind="stable")[:count]
        return [(int(i), float(row[i])) for i in order if row[i] > 0]

    def by_sentence(self) -> tuple[list[str], list[str], NDArray[np.float32]]:
        """Sentences of the source, of the summary, and the shares (summary, source) between."""
        source, source_of, _ = group(self.text, self.words)
        target, target_of, _ = group(" ".join(self.summary), self.summary)
        summed = np.zeros((len(self.summary), len(source)), dtype=np.float32)
        np.add.at(summed.T, source_of, self.weights.T)
        shares = np.stack([summed[target_of == i].mean(axis=0) for i in range(len(target))])
        return source, target, shares

    def to_dict(self) -> dict[str, Any]:
        source, target, shares = self.by_sentence()
        return {
            "schema_version": 1,
            "model": self.model,
            "attention": self.kind,
            "style": self.style,
            "tokens": {"document": self.tokens_document, "read": self.tokens_read},
            "chunk": self.chunk,
            "chunks": self.chunks,
            "source": self.words,
            "summary": list(self.summary),
            "weights": rounded(self.weights),
            "outside": rounded(self.outside),
            "sentences": {"source": source, "summary": target, "weights": rounded(shares)},
        }


def align(
    text: str,
    source_offsets: Sequence[Span],
    summary_pieces: Sequence[str],
    weights: NDArray[np.float32],
    **facts: Any,
) -> Alignment:
    """From tokens to words.

    source_offsets (S tokens) are places in `text`, an empty one for a mark that is no text;
    summary_pieces (T tokens) are pieces of text whose joining is the summary; weights (T, S).
    """
    spans = spans_of(text)
    starts = np.array([start for start, _ in spans] or [0])
    # A token may begin with the space before its word, so its last character decides; of one that
    # is nothing but space, what follows it.
    lasts = [b if text[a:b].isspace() else b - 1 for a, b in source_offsets]
    word = np.searchsorted(starts, lasts, side="right") - 1
    word_ends = np.array([end for _, end in spans] or [0])[word]
    first, last = np.array(source_offsets, dtype=np.int64).reshape(-1, 2).T
    is_inside = (last > first) & (word >= 0) & (word_ends > first) & bool(spans)
    summed = np.zeros((len(weights), len(spans)), dtype=np.float64)
    np.add.at(summed.T, word[is_inside], weights.T[is_inside])
    outside = weights[:, ~is_inside].sum(axis=1, dtype=np.float64)
    words, members = words_of_pieces(summary_pieces)
    rows = np.zeros((len(words), len(spans)))
    apart = np.zeros(len(words))
    for i, tokens in enumerate(members):
        rows[i] = summed[tokens].mean(axis=0)
        apart[i] = outside[tokens].mean()
    total = rows.sum(axis=1, keepdims=True)
    rows = np.divide(rows, total, out=np.full_like(rows, 1 / max(1, len(spans))), where=total > 0)
    return Alignment(
        text=text,
        source=tuple(spans),
        summary=tuple(words),
        weights=rows.astype(np.float32),
        outside=apart.astype(np.float32),
        **facts,
    )


def spans_of(text: str) -> list[Span]:
    return [match.span() for match in WORD.finditer(text)]


def pieces_of(ids: Sequence[int], decode: Callable[[Sequence[int]], str]) -> list[str]:
    """What each token adds to the text; nothing where it is the first half of a character."""
    pieces = []
    before = ""
    for count in range(1, len(ids) + 1):
        text = decode(ids[:count]).replace("\ufffd", "")
        pieces.append(text[len(before) :])
        before = max(before, text, key=len)
    return pieces


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


class Grouped(NamedTuple):
    """Sentences, for each word which of them it is in, and the number of each, from 1, among
    `sentences(text)`: where no space parts two of them, they are one here."""

    texts: list[str]
    of_word: NDArray[np.int64]
    numbers: list[int]


def group(text: str, words: Sequence[str]) -> Grouped:
    """The sentences of a text, as its words lie in them."""
    found = list(sentences(text))
    # Counted in letters: a splitter may part what no space parts.
    ends = np.cumsum([len("".join(sentence.split())) for sentence in found])
    letters = np.cumsum([0, *(len(word) for word in words[:-1])]) if words else np.zeros(0)
    number = np.searchsorted(ends, letters, side="right") if len(ends) else letters
    # One that begins in the middle of a word belongs to the sentence before.
    starts, renumbered = np.unique(np.minimum(number, len(found) - 1), return_inverse=True)
    bounds = [*starts.astype(int).tolist(), len(found)]
    joined = [" ".join(found[a:b]) for a, b in zip(bounds, bounds[1:], strict=False)]
    return Grouped(joined, renumbered.astype(np.int64), [a + 1 for a in bounds[:-1]])


def cited(text: str, shares: NDArray[Any], numbers: Sequence[int] | None = None) -> dict[str, Any]:
    """The source sentences that a sentence of the summary read most; their numbers, or counted
    from 1."""
    order = [int(i) for i in np.argsort(-shares, kind="stable")[:CITED]]
    named = [i for i in order if shares[i] >= LEAST] or order[:1]
    return {
        "sentence": text,
        "source_sentences": [
            {"number": numbers[i] if numbers else i + 1, "share": round(float(shares[i]), 3)}
            for i in named
        ],
    }


def rounded(values: NDArray[np.float32]) -> list[Any]:
    """Four decimals are what a reader can use, and a tenth of the file."""
    result: list[Any] = np.round(values.astype(np.float64), 4).tolist()
    return result
