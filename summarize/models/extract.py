"""The best sentences of a document, as they stand in it: quotes, and never invents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.models.base import Capabilities, Chooser
from summarize.models.registry import Request, refuse
from summarize.models.selector import (
    Scored,
    Selector,
    lexrank_and_position,
    score_sentences,
)
from summarize.models.term_vectors import terms, vectors_of

# Of several sentences: how much a sentence's own score counts against repeating what is taken.
RELEVANCE = 0.6
SAME = 0.95  # cosine from which on two sentences say the same


class Extract:
    """Scores every sentence and takes the best, each different from the others."""

    name = "extract"
    capabilities = Capabilities(writes=False)

    def __init__(self, selector: Selector | None = None) -> None:
        """`selector` replaces the shipped weights."""
        self.selector = selector

    def choose(self, document: Document, count: int, style: str = "tldr") -> list[int]:
        """Indices of `count` sentences, in the document's order; fewer where it has no more."""
        found = score_sentences(document, style, self.selector)
        first: list[int] = []
        if count > 1 and found.sentences:
            found = balanced(document, found)
            first = [i for i, s in enumerate(found.sentences) if is_name(document, s)]
        return sorted(found.sentences[i] for i in diverse(document, found, count, first))

    def scores(self, document: Document, style: str = "tldr") -> NDArray[np.float64]:
        """One number a sentence, higher is better; -inf for what can't be chosen."""
        found = score_sentences(document, style, self.selector)
        result = np.full(len(document.sentences), -np.inf)
        result[found.sentences] = found.scores
        return result


def is_name(document: Document, sentence: int) -> bool:
    """Whether it is the line of a manual page that says what the command is for."""
    return (
        document.name_line is not None and document.sentences[sentence].block == document.name_line
    )


def balanced(document: Document, found: Scored) -> Scored:
    """For several sentences what is central counts as much: the selector learned to find one."""
    central = standardized(lexrank_and_position(document, found.sentences))
    return Scored(found.sentences, (standardized(found.scores) + central) / 2)


def diverse(document: Document, found: Scored, count: int, first: Sequence[int] = ()) -> list[int]:
    """`first`, then places among the candidates, best first, by maximal marginal relevance
    (Carbonell & Goldstein 1998): the next one has a high score and little in common with those
    taken."""
    if count < 2 or len(found.sentences) < 2:
        return [int(np.argmax(found.scores))] if count > 0 and found.sentences else []
    vectors, _ = vectors_of([terms(document.sentence_text(i)) for i in found.sentences])
    relevance = standardized(found.scores)
    nearest = np.zeros(len(found.sentences))
    taken = list(first)
    for place in taken:
        nearest = np.maximum(nearest, vectors.similarity(place))
    while len(taken) < min(count, len(found.sentences)):
        value = RELEVANCE * relevance - (1 - RELEVANCE) * nearest
        value[nearest > SAME] = -np.inf
        value[taken] = -np.inf
        best = int(np.argmax(value))
        if value[best] == -np.inf:
            break
        taken.append(best)
        nearest = np.maximum(nearest, vectors.similarity(best))
    return taken


def standardized(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """From 0, the lowest, to 1, the highest."""
    spread = float(np.ptp(values))
    result: NDArray[np.float64] = (values - values.min()) / (spread if spread > 0 else 1.0)
    return result


def load(request: Request) -> Chooser:
    refuse(request, "revision", "device", "backend")
    return Extract()
