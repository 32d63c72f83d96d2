"""Which text is given: what the model wrote, a sentence of the document, or all of a short one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.document.sentences import ENDS, bounded, first_sentence, sentences
from summarize.models.base import Writer
from summarize.models.familiarity import LEAST_CONFIDENCE
from summarize.options import Options
from summarize.pipeline.alignment import cited

SENTENCE = 4  # words; with fewer it says little about a document


class Part(NamedTuple):
    """A sentence of a summary, and how much of its attention each source sentence got; `inside`
    are the source sentences that it is of, where those are not all."""

    text: str
    shares: NDArray[Any] | None
    inside: Sequence[int] = ()


class Source(NamedTuple):
    """The sentences that shares are of, their numbers from 1, and the document."""

    sentences: Sequence[str]
    numbers: Sequence[int]
    document: str


class Settled(NamedTuple):
    text: str
    mode: str  # abstractive, extractive, or document
    confidence: float | None
    provenance: list[dict[str, Any]]


def settle(
    written: str,
    parts: Sequence[Part],
    source: Source,
    confidence: float | None,
    familiarity: float | None,
    options: Options,
) -> Settled:
    """The text is never longer than the document. A sure model on a text that is foreign to it is
    not sure."""
    if confidence is not None and familiarity is not None:
        confidence *= familiarity
    if count_letters(written) >= count_letters(source.document):
        every = [sentence_of(text, n) for n, text in enumerate(sentences(source.document), 1)]
        return Settled(" ".join(source.document.split()), "document", confidence, every)
    doubtful = familiarity is not None and (confidence or 0.0) < LEAST_CONFIDENCE
    if options.mode == "extractive" or (options.mode == "auto" and doubtful):
        chosen = dict(extract(part, source) for part in parts)
        numbered = [sentence_of(text, number) for text, number in chosen.items()]
        return Settled(" ".join(chosen), "extractive", confidence, numbered)
    found = [
        cited(part.text, part.shares, source.numbers) for part in parts if part.shares is not None
    ]
    return Settled(written, "abstractive", confidence, found)


def tokens_of(writer: Writer, given: Settled, written: int) -> int:
    """Of what is given; `written` are those of the draft, which may have been set aside."""
    return written if given.mode == "abstractive" else writer.read(given.text).total


def sentence_of(text: str, number: int) -> dict[str, Any]:
    """The provenance of a sentence that is taken from the document."""
    return {"sentence": text, "source_sentences": [{"number": number, "share": 1.0}]}


def extract(part: Part, source: Source) -> tuple[str, int]:
    """The source sentence that was read most, and its number from 1; a heading is none. Where
    nothing was looked at, the first one."""
    order = list(part.inside)
    if part.shares is not None:
        order = [int(i) for i in np.argsort(-part.shares, kind="stable") if part.shares[i] > 0]
    full = (i for i in order if is_said(source.sentences[i]))
    found = next(full, order[0] if order else None)
    if found is not None:  # where no space parts sentences, several are one: the first of them
        return bounded(next(sentences(source.sentences[found]))), source.numbers[found]
    number, text = first_sentence(source.document)
    return bounded(text), number


def is_said(sentence: str) -> bool:
    """Whether it ends, and has words enough; `[OPTION]...` and `0x7f` are none."""
    words = (word.strip(".,;:!?…'\"()“”‘’") for word in sentence.split())
    return sentence.endswith(ENDS) and sum(word.isalpha() for word in words) >= SENTENCE


def count_letters(text: str) -> int:
    """Without white space: what is long in any script."""
    return len("".join(text.split()))
