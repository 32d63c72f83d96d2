"""Which sentences of a document to give: the best one, or several that cover it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.models.selector import Selector, score_sentences
from summarize.models.term_vectors import terms, vectors_of

# Of several sentences: how much their own score counts against saying what is said already.
RELEVANCE = 0.6


def scores(
    document: Document, style: str = "tldr", selector: Selector | None = None
) -> NDArray[np.float64]:
    """One number a sentence of the document, higher is better; -inf for what cannot be chosen."""
    found = score_sentences(document, style, selector)
    result = np.full(len(document.sentences), -np.inf)
    result[found.sentences] = found.scores
    return result


def select(
    document: Document, count: int = 1, style: str = "tldr", selector: Selector | None = None
) -> list[int]:
    """Indices of `count` sentences, in the document's order; fewer where it has no more.

    Several are chosen one by one by maximal marginal relevance (Carbonell & Goldstein 1998): the
    next one has a high score and little in common with those taken.
    """
    found = score_sentences(document, style, selector)
    if count < 1 or not found.sentences:
        return []
    if count == 1:
        return [found.sentences[int(np.argmax(found.scores))]]
    places = diverse(document, found.sentences, found.scores, count)
    return sorted(found.sentences[i] for i in places)


def diverse(
    document: Document, chosen: list[int], values: NDArray[np.float64], count: int
) -> list[int]:
    """Places in `chosen`, best first. A sentence that says the same again is never taken."""
    vectors, _ = vectors_of([terms(document.sentence_text(i)) for i in chosen])
    spread = np.ptp(values)
    relevance = (values - values.min()) / (spread if spread > 0 else 1.0)
    nearest = np.zeros(len(chosen))
    taken: list[int] = []
    while len(taken) < min(count, len(chosen)):
        value = RELEVANCE * relevance - (1 - RELEVANCE) * nearest
        value[nearest > 0.95] = -np.inf
        value[taken] = -np.inf
        best = int(np.argmax(value))
        if value[best] == -np.inf:
            break
        taken.append(best)
        nearest = np.maximum(nearest, vectors.similarity(best))
    return taken
