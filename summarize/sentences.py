"""Sentences of a text, through sentencex (rules for many languages, no data to download)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

OPENING = 20_000  # characters; no first sentence is longer
ENDS = (".", "!", "?", "…", ".)", '."', ".”", "。", "！", "？")


def sentences(text: str) -> Iterator[str]:
    """Sentences in order, white space inside them squeezed. Blank lines end a sentence too."""
    from sentencex import segment

    for paragraph in paragraphs(text):
        for sentence in segment("en", paragraph):
            squeezed = " ".join(sentence.split())
            if squeezed:
                yield squeezed


def paragraphs(text: str) -> Iterator[str]:
    """Blocks between blank lines, each on one line, so that a hard wrap ends no sentence."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip():
            lines.append(line.strip())
        elif lines:
            yield " ".join(lines)
            lines = []
    if lines:
        yield " ".join(lines)


def first_sentence(text: str) -> str:
    """The first sentence, headings passed over; of a text without sentences, its opening."""
    opening = list(islice(sentences(text.lstrip()[:OPENING]), 50))
    return next((s for s in opening if s.endswith(ENDS)), opening[0] if opening else "")
