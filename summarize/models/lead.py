"""The first sentences: the baseline that every summarizer must beat, and the fastest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.document.sentences import is_finished
from summarize.models.base import Capabilities, Chooser
from summarize.models.candidates import FAREWELL, FAREWELL_WORDS, NOT_PROSE, WORD
from summarize.models.registry import Request, refuse


class Lead:
    """Quotes; never writes. Headings are passed over."""

    name = "lead"
    capabilities = Capabilities(writes=False)

    def choose(self, document: Document, count: int, style: str = "tldr") -> list[int]:
        return self.candidates(document)[:count]

    def scores(self, document: Document, style: str = "tldr") -> NDArray[np.float64]:
        """The earlier the better."""
        values = np.full(len(document.sentences), -np.inf)
        found = self.candidates(document)
        values[found] = -np.arange(len(found))
        return values

    def candidates(self, document: Document) -> list[int]:
        """Sentences that end as such and say something; without any of those, lines of text; else
        headings."""
        sentences = document.sentences
        prose = [i for i, s in enumerate(sentences) if document.blocks[s.block].kind != "heading"]
        whole = [i for i in prose if is_finished(document.sentence_text(i))]
        saying = [i for i in whole if says_something(document.sentence_text(i))]
        return saying or whole or prose or list(range(len(sentences)))


def says_something(text: str) -> bool:
    """It is neither a number nor a greeting, nor a line of a log."""
    words = WORD.findall(text)
    is_greeting = len(words) <= FAREWELL_WORDS and FAREWELL.match(text) is not None
    return len(words) > 1 and not is_greeting and not NOT_PROSE.match(text)


def load(request: Request) -> Chooser:
    refuse(request, "revision", "device", "backend")
    return Lead()
