"""A document's sentences in tokens, each encoded once, and passages made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from summarize.document.document import Document
from summarize.models.base import Encoding, Model, Passage, Span

# Characters whose tokens are counted; those of a book take longer than reading what is chosen.
COUNTED = 500_000


class Part(NamedTuple):
    """A sentence, or of one that no model reads whole, some of its tokens."""

    sentence: int
    first: int = 0  # token
    stop: int | None = None


class Slice(NamedTuple):
    """Neighbouring tokens of an encoding."""

    ids: list[int]
    offsets: list[Span]

    def __len__(self) -> int:
        return len(self.ids)


class Reading:
    """The sentences of a document, as one model sees them."""

    def __init__(self, model: Model, document: Document) -> None:
        self.model, self.document = model, document
        self._encodings: dict[int, Encoding] = {}

    def encode(self, indices: Iterable[int]) -> None:
        """In one call, those that are not yet."""
        missing = [i for i in indices if i not in self._encodings]
        if not missing:
            return
        texts = [self.document.sentence_text(i) for i in missing]
        self._encodings.update(zip(missing, self.model.encode(texts), strict=True))

    def tokens(self, index: int) -> int:
        self.encode([index])
        return len(self._encodings[index])

    @cached_property
    def total(self) -> int:
        """Tokens of the document; beyond COUNTED characters an estimate."""
        sentences = self.document.sentences
        counted = [i for i, sentence in enumerate(sentences) if sentence.start < COUNTED]
        self.encode(counted)
        found = sum(self.tokens(i) for i in counted)
        if len(counted) == len(sentences):
            return found
        return round(found * sentences[-1].end / sentences[len(counted) - 1].end)

    def opening(self, limit: int) -> list[int]:
        """The first sentences that hold `limit` tokens, or all."""
        found, tokens = [], 0
        for i in range(len(self.document.sentences)):
            if tokens >= limit:
                break
            found.append(i)
            tokens += self.tokens(i)
        return found

    def passage(self, parts: Sequence[int | Part]) -> Passage:
        """These sentences, or parts of them, as one text."""
        sentences = self.document.sentences
        self.encode(part if isinstance(part, int) else part.sentence for part in parts)
        texts: list[str] = []
        starts: list[int] = []
        encodings: list[Encoding] = []
        length, before = 0, -1
        for part in parts:
            index = part if isinstance(part, int) else part.sentence
            text, encoding = self.document.sentence_text(index), self._encodings[index]
            if isinstance(part, Part) and (part.first or part.stop is not None):
                text, encoding = cut(text, encoding, part)
            block = sentences[index].block
            joint = "" if before < 0 else " " if block == before else "\n\n"
            before = block
            starts.append(length + len(joint))
            texts += [joint, text]
            encodings.append(encoding)
            length += len(joint) + len(text)
        return Passage("".join(texts), starts, encodings, self.document.text)

    def parts(self, index: int, limit: int) -> list[Part]:
        """A sentence, cut between words where it has more than `limit` tokens."""
        total = self.tokens(index)
        if total <= limit:
            return [Part(index)]
        offsets, text = self._encodings[index].offsets, self.document.sentence_text(index)
        found: list[Part] = []
        first = 0
        while first < total:
            stop = min(first + limit, total)
            if stop < total:
                stop = where_to_cut(text, offsets, first, stop)
            found.append(Part(index, first, stop))
            first = stop
        return found


def where_to_cut(text: str, offsets: Sequence[Span], first: int, most: int) -> int:
    """The last token up to `most` that begins a word; else one that begins a character."""
    whole = 0
    for t in range(most, first, -1):
        start = offsets[t][0]
        if start < offsets[t - 1][1]:  # the second half of a character
            continue
        whole = whole or t
        if text[start : start + 1].isspace() or text[start - 1 : start].isspace():
            return t
    return whole or most


def cut(text: str, encoding: Encoding, part: Part) -> tuple[str, Slice]:
    """The text of some tokens, without white space around it, and those tokens in it."""
    ids = encoding.ids[part.first : part.stop]
    offsets = encoding.offsets[part.first : part.stop]
    start, end = offsets[0][0], offsets[-1][1]
    start += len(text[start:end]) - len(text[start:end].lstrip())
    shown = text[start:end].rstrip()
    moved = [tuple(min(max(0, at - start), len(shown)) for at in span) for span in offsets]
    return shown, Slice(ids, [(a, b) for a, b in moved])
