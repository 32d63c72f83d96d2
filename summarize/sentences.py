"""Sentences of a text, through sentencex (rules for many languages, no data to download)."""

from __future__ import annotations

from collections.abc import Iterator

OPENING = 20_000  # characters; no first sentence is longer


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
    """The first sentence; of a text without any end of sentence, its opening."""
    return next(sentences(text.lstrip()[:OPENING]), "")
