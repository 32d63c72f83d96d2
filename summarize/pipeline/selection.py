"""Which sentences of a document to give: the best one, or several that cover it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.models.extract import Extract
from summarize.models.selector import Selector, score_sentences


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
    """Indices of `count` sentences, in the document's order; fewer where it has no more."""
    return Extract(selector).choose(document, count, style)
