"""Which text is given: what the model wrote, a sentence of the document, or all of a short one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.sentences import ENDS, first_sentence
from summarize.summarizers import Options
from summarize.summarizers.alignment import cited
from summarize.summarizers.familiarity import LEAST_CONFIDENCE

SENTENCE = 4  # words; with fewer it says little about a document


class Part(NamedTuple):
    """A sentence of a summary, and how much of its attention each source sentence got."""

    text: str
    shares: NDArray[Any] | None


class Settled(NamedTuple):
    text: str
    mode: str  # abstractive, extractive, or document
    confidence: float | None
    provenance: list[dict[str, Any]]


def settle(
    written: str,
    parts: Sequence[Part],
    sentences: Sequence[str],
    document: str,
    confidence: float | None,
    familiarity: float | None,
    options: Options,
) -> Settled:
    """`sentences` are those of the document that `shares` number; `document` is what the text
    must not be longer than. A sure model on a text that is foreign to it is not sure."""
    if confidence is not None and familiarity is not None:
        confidence *= familiarity
    if len(written.split()) >= len(document.split()):
        return Settled(" ".join(document.split()), "document", confidence, provenance(parts))
    doubtful = familiarity is not None and (confidence or 0.0) < LEAST_CONFIDENCE
    if options.mode == "extractive" or (options.mode == "auto" and doubtful):
        chosen = [extract(part, sentences, document) for part in parts]
        texts = list(dict.fromkeys(text for text, _ in chosen))
        numbers = [
            {"sentence": text, "source_sentences": [{"number": number, "share": 1.0}]}
            for text, number in dict(chosen).items()
        ]
        return Settled(" ".join(texts), "extractive", confidence, numbers)
    return Settled(written, "abstractive", confidence, provenance(parts))


def provenance(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [cited(part.text, part.shares) for part in parts if part.shares is not None]


def extract(part: Part, sentences: Sequence[str], document: str) -> tuple[str, int]:
    """The source sentence that was read most, and its number from 1; a heading is none. Where
    nothing was looked at, the first one."""
    if part.shares is not None:
        order = [int(i) for i in np.argsort(-part.shares, kind="stable") if part.shares[i] > 0]
        full = (i for i in order if sentences[i].endswith(ENDS) and is_said(sentences[i]))
        found = next(full, order[0] if order else None)
        if found is not None:
            return sentences[found], found + 1
    number, text = first_sentence(document)
    return text, number


def is_said(sentence: str) -> bool:
    """Whether it has words enough; `[OPTION]...` and `0x7f` are none."""
    words = (word.strip(".,;:!?…'\"()“”‘’") for word in sentence.split())
    return sum(word.isalpha() for word in words) >= SENTENCE
