"""Training pairs: JSON Lines to token arrays to length-sorted batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.document.jsonl import read_rows
from summarize.errors import DataError
from summarize.rnn.tokenizer import EOS_ID, PAD_ID, STYLES, Tokenizer
from summarize.training.recipe import Recipe

# Sizes are rounded up so that batches share a few shapes. oneDNN builds a kernel for each new one,
# and when every batch had its own, training took three times as long (benchmarks/LOG.md).
ROWS, SOURCE, TARGET = 16, 32, 8
IGNORE = -100  # the label of padding


@dataclass(frozen=True)
class Example:
    """A document with its summaries, which are of this style."""

    document: str
    references: tuple[str, ...]
    style: str
    domain: str


def read_examples(paths: Sequence[Path], recipe: Recipe) -> Iterator[Example]:
    """Rows with `document` and `summary` (or `references`); `domain` and `style` are optional."""
    for path in paths:
        for number, row in read_rows(path):
            yield to_example(row, f"{path}:{number}", recipe)


def to_example(row: dict[str, Any], where: str, recipe: Recipe) -> Example:
    document = row.get("document")
    references = row["references"] if "references" in row else [row.get("summary")]
    if not isinstance(document, str) or not document.strip():
        raise DataError(f"{where} has no text in 'document'")
    if (
        not isinstance(references, list)
        or not references
        or not all(isinstance(r, str) and r.strip() for r in references)
    ):
        raise DataError(f"{where} has no text in 'summary' (or a list of texts in 'references')")
    domain = str(row.get("domain", ""))
    style = row.get("style", recipe.styles.get(domain, recipe.default_style))
    if style not in STYLES:
        raise DataError(f"{where} has the style {style!r}; use one of {', '.join(STYLES)}")
    return Example(document, tuple(references), style, domain)


class Batch(NamedTuple):
    """Padded arrays. Where `labels` is negative there is nothing to learn."""

    src: NDArray[np.int64]  # (B, S)
    src_mask: NDArray[np.bool_]  # (B, S), True is a real token
    tgt: NDArray[np.int64]  # (B, T), starts with the style token
    labels: NDArray[np.int64]  # (B, T), tgt shifted left, ends with <eos>


@dataclass(frozen=True)
class Pairs:
    """Token ids of many pairs, end to end in two flat arrays. tgt holds style ... <eos>."""

    src: NDArray[np.uint16]
    src_offsets: NDArray[np.int64]  # (N + 1,)
    tgt: NDArray[np.uint16]
    tgt_offsets: NDArray[np.int64]  # (N + 1,)

    def __len__(self) -> int:
        return len(self.src_offsets) - 1

    def starts_with(self, token: int) -> bool:
        """Whether any target begins with this (style) token."""
        return bool((self.tgt[self.tgt_offsets[:-1]] == token).any())

    @classmethod
    def from_examples(
        cls, examples: Iterator[Example], tokenizer: Tokenizer, recipe: Recipe
    ) -> Pairs:
        """One pair for each reference; `recipe.repeat` multiplies those of small domains."""
        src = FlatWriter()
        tgt = FlatWriter()
        for chunk in chunks(examples, 2000):
            # Cut the text first: the recipe only reads the opening, and in any real text a token
            # has at most a few characters.
            opening = recipe.max_source_tokens * 12
            documents = tokenizer.encode_batch([e.document[:opening] for e in chunk])
            for example, ids in zip(chunk, documents, strict=True):
                ids = ids[: recipe.max_source_tokens] or [EOS_ID]
                for summary in tokenizer.encode_batch(example.references):
                    target = [tokenizer.style_id(example.style)]
                    target += [*summary[: recipe.max_target_tokens - 2], EOS_ID]
                    for _ in range(recipe.repeat.get(example.domain, 1)):
                        src.add(ids)
                        tgt.add(target)
        return cls(*src.arrays(), *tgt.arrays())

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, **self.__dict__)

    @classmethod
    def load(cls, path: Path) -> Pairs:
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})

    def batch(self, rows: NDArray[np.int64], max_source_tokens: int) -> Batch:
        sources = [
            self.src[self.src_offsets[r] : self.src_offsets[r + 1]][:max_source_tokens]
            for r in rows
        ]
        targets = [self.tgt[self.tgt_offsets[r] : self.tgt_offsets[r + 1]] for r in rows]
        height = round_up(len(rows), ROWS)
        src = pad(sources, PAD_ID, height, SOURCE)
        src[len(rows) :, 0] = EOS_ID  # a row without a real token would have no last state
        tgt = pad([t[:-1] for t in targets], PAD_ID, height, TARGET)
        labels = pad([t[1:] for t in targets], IGNORE, height, TARGET)
        lengths = np.ones(height, dtype=np.int64)
        lengths[: len(rows)] = [len(s) for s in sources]
        return Batch(src, np.arange(src.shape[1])[None, :] < lengths[:, None], tgt, labels)


class FlatWriter:
    """Appends id lists to one growing array."""

    def __init__(self) -> None:
        self.parts: list[NDArray[np.uint16]] = []
        self.lengths: list[int] = []

    def add(self, ids: Sequence[int]) -> None:
        self.parts.append(np.asarray(ids, dtype=np.uint16))
        self.lengths.append(len(ids))

    def arrays(self) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
        flat = np.concatenate(self.parts) if self.parts else np.zeros(0, dtype=np.uint16)
        return flat, np.concatenate([[0], np.cumsum(self.lengths, dtype=np.int64)])


def chunks(items: Iterator[Example], size: int) -> Iterator[list[Example]]:
    chunk: list[Example] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def round_up(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple


def round_up_array(values: NDArray[np.int64], multiple: int) -> NDArray[np.int64]:
    return -(-values // multiple) * multiple


def pad(rows: Sequence[NDArray[Any]], value: int, height: int, multiple: int) -> NDArray[np.int64]:
    """Rows of unequal length -> (height, longest rounded up), filled with value."""
    width = round_up(max(len(r) for r in rows), multiple)
    out = np.full((height, width), value, dtype=np.int64)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out


@dataclass(frozen=True)
class Plan:
    """Which rows form which batch, for a whole run: a pure function of seed and sizes.

    Pairs are taken pool by pool from one shuffled epoch after another. Within a pool they are
    sorted by length, cut into batches, and the batches shuffled. A resumed run can jump to any
    pool without having seen those before.
    """

    pairs: Pairs
    recipe: Recipe

    @property
    def total_pairs(self) -> int:
        return max(1, round(self.recipe.epochs * len(self.pairs)))

    @property
    def pools(self) -> int:
        return -(-self.total_pairs // self.recipe.pool_pairs)

    def source_tokens(self, pool: int) -> int:
        """How much of a document this pool reads: less at first, if the recipe has a curriculum."""
        recipe = self.recipe
        early = pool < recipe.curriculum_fraction * self.pools
        if early and recipe.curriculum_source_tokens:
            return min(recipe.curriculum_source_tokens, recipe.max_source_tokens)
        return recipe.max_source_tokens

    def batches(self, pool: int) -> list[NDArray[np.int64]]:
        """Row numbers of each batch of a pool."""
        recipe, size = self.recipe, len(self.pairs)
        first = pool * recipe.pool_pairs
        positions = np.arange(first, min(first + recipe.pool_pairs, self.total_pairs))
        rows = np.concatenate(
            [
                np.random.default_rng([recipe.seed, int(epoch)]).permutation(size)[
                    positions[positions // size == epoch] % size
                ]
                for epoch in np.unique(positions // size)
            ]
        )
        lengths = np.minimum(
            self.pairs.src_offsets[rows + 1] - self.pairs.src_offsets[rows],
            self.source_tokens(pool),
        )
        targets = self.pairs.tgt_offsets[rows + 1] - self.pairs.tgt_offsets[rows]
        rng = np.random.default_rng([recipe.seed, pool, 1])
        widths = round_up_array(lengths, SOURCE)
        # Three classes of target length, and no finer: batches of a single length pull the end
        # token's logit back and forth, and training hardly moves (benchmarks/LOG.md).
        target_class = np.searchsorted([2 * TARGET + 1, 3 * TARGET + 1], targets)
        order = np.lexsort((rng.permutation(len(rows)), target_class, widths))
        size = recipe.batch_pairs
        batches = [rows[order[start : start + size]] for start in range(0, len(order), size)]
        shuffled = rng.permutation(len(batches))
        return [batches[i] for i in shuffled]
