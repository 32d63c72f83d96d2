"""The first sentences: the baseline that every summarizer must beat, and the fastest."""

from __future__ import annotations

from summarize.document.document import Document
from summarize.document.sentences import ENDS
from summarize.models.base import Capabilities
from summarize.models.registry import Request, refuse


class Lead:
    """Quotes; never writes. Headings are passed over."""

    name = "lead"
    capabilities = Capabilities(writes=False)

    def choose(self, document: Document, count: int) -> list[int]:
        sentences = document.sentences
        prose = [i for i, s in enumerate(sentences) if document.blocks[s.block].kind != "heading"]
        whole = [i for i in prose if document.text[: sentences[i].end].endswith(ENDS)]
        return (whole or prose or list(range(len(sentences))))[:count]


def load(request: Request) -> Lead:
    refuse(request, "revision", "device")
    return Lead()
