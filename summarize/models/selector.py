"""Which sentence says what the document says: a small scorer over `sentence_features`.

Learned by benchmarks/selection.py from the ROUGE of each sentence with summaries that people wrote.
Without its file, LexRank and a bonus for early sentences decide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.files import write_bytes
from summarize.models.candidates import candidates
from summarize.models.papers import log_odds
from summarize.models.scorer import UNUSABLE, Scorer, damaged, from_bytes, to_bytes
from summarize.models.sentence_features import LOOKED_AT, NAMES, features
from summarize.models.term_vectors import lexrank, terms, vectors_of

FILE = Path(__file__).parent.parent / "checkpoints" / "selector.json"


class Scored(NamedTuple):
    """The candidates of a document, in order, and how well each would do as its summary."""

    sentences: list[int]  # indices into Document.sentences
    scores: NDArray[np.float64]

    @property
    def best(self) -> int | None:
        return self.sentences[int(np.argmax(self.scores))] if self.sentences else None


@dataclass(frozen=True, eq=False)
class Selector:
    """`cues` says how much a term speaks for its sentence."""

    cues: dict[str, float]
    scorer: Scorer

    def score(
        self, document: Document, chosen: list[int], style: str = "tldr"
    ) -> NDArray[np.float64]:
        return self.scorer.score(features(document, chosen, self.cues, style))

    def save(self, path: Path) -> None:
        cues = {term: round(weight, 3) for term, weight in sorted(self.cues.items())}
        write_bytes(path, to_bytes({**self.scorer.to_dict(), "cues": cues}))

    @classmethod
    def load(cls, path: Path) -> Selector:
        """Raises CheckpointError for a file that is damaged, altered or of another version."""
        try:
            values = from_bytes(path.read_bytes())
            cues = {str(term): float(weight) for term, weight in values["cues"].items()}
            if not all(map(math.isfinite, cues.values())):
                raise ValueError("a weight is not a finite number")
            return cls(cues, Scorer.from_dict(values, NAMES))
        except (OSError, *UNUSABLE) as error:
            remedy = "install summarize again, or create it with: python benchmarks/selection.py"
            raise damaged(path, error, remedy) from None


@lru_cache(maxsize=1)
def shipped_selector() -> Selector | None:
    """The weights of the package; None where there are none."""
    return Selector.load(FILE) if FILE.exists() else None


def score_sentences(
    document: Document, style: str = "tldr", selector: Selector | None = None
) -> Scored:
    """The candidates and their scores, by `selector`, the shipped weights, or LexRank."""
    selector = selector or shipped_selector()
    if len(document.text) > LOOKED_AT:
        return score(document, style, selector)
    return score_again(Same(document), style, selector)


class Same:
    """A document as far as its sentences' scores depend on it. A passage is read as a document of
    its own, and mostly is the one that it was taken from, white space aside."""

    def __init__(self, document: Document) -> None:
        self.document: Document | None = document
        self.key = (
            tuple(document.sentence_text(i) for i in range(len(document.sentences))),
            tuple(sentence.block for sentence in document.sentences),
            tuple((block.kind, block.level, bool(block.speaker)) for block in document.blocks),
            document.kind if document.kind in ("mail", "manpage") else "",
            log_odds(document.text) > 0,
        )

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.key == other.key


@lru_cache(maxsize=32)  # as many as are written together
def score_again(same: Same, style: str, selector: Selector | None) -> Scored:
    document, same.document = same.document, None  # only the key is kept
    assert document is not None
    return score(document, style, selector)


def score(document: Document, style: str, selector: Selector | None) -> Scored:
    chosen = candidates(document)
    if not chosen:
        return Scored([], np.zeros(0))
    if selector is None:
        return Scored(chosen, lexrank_and_position(document, chosen))
    return Scored(chosen, selector.score(document, chosen, style))


def lexrank_and_position(document: Document, chosen: list[int]) -> NDArray[np.float64]:
    """LexRank, highest 1, plus exp(-i / 5) for the i-th sentence: the unsupervised fallback."""
    vectors, _ = vectors_of([terms(document.sentence_text(i)) for i in chosen])
    result: NDArray[np.float64] = lexrank(vectors) + np.exp(-np.arange(len(chosen)) / 5)
    return result
