"""Whether to give what was written or the sentence that was chosen.

Two linear rules over signals that need no reference. `gain` estimates by how much the written line
scores above the chosen sentence, in points of ROUGE; `worth` what the written line scores at all.
A written line that may be wrong must win clearly: an invention costs more than a dull quotation.
One that is hardly wrong may even lose a little.
Learned by benchmarks/judge.py on dev documents, with cross-validation by source; a checkpoint
without judge.json is judged by its confidence alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from summarize.document.document import Document
from summarize.models.base import Standing
from summarize.models.content import contents_of
from summarize.models.papers import log_odds
from summarize.models.rerank import f1, grams, share
from summarize.models.scorer import CLIP, UNUSABLE, Array, damaged, from_bytes, rounded, to_bytes
from summarize.models.sentence_features import CONNECTS, REFERS, sentences_of
from summarize.models.term_vectors import STOP_WORDS, terms

FILE = "judge.json"
OPENING = 40  # terms of a document that count as its opening
# A fault costs as much as so many points of ROUGE, counted from the usual doubt on; more where a
# sentence of the text says nearly as much as the line. results/judge.json has the curve.
PRICE, USUAL_DOUBT = {"title": 10.0, "tldr": 15.0}, 0.25
NAMES = (
    *("confidence", "sure", "familiarity", "confidence of titles"),
    *("agrees", "agrees in pairs", "agrees with headings", "agrees with opening"),
    *("chosen agrees with headings", "chosen leans back", "chosen first", "chosen late"),
    *("known words", "known pairs", "new words", "new names"),
    *("log written", "log chosen", "written beside chosen", "long chosen"),
    *("log document", "log sentences", "title style", "paper"),
    *("f1", "pairs", "precision", "content", "weakest", "omitted", "length"),
    *("chosen f1", "chosen pairs", "chosen content", "chosen length"),
    *("f1 beside chosen", "pairs beside chosen", "content beside chosen"),
    *("best f1", "expected length", "agreement", "lead", "doubt", "alone"),
    *("f1 of titles", "pairs of titles", "agreement of titles", "chosen f1 of titles"),
)


class Case(NamedTuple):
    """What is to be judged."""

    document: Document
    written: str
    chosen: int | None  # index of a sentence
    confidence: float  # of the written line, times the familiarity
    familiarity: float
    style: str
    standing: Standing | None = None


class Verdict(NamedTuple):
    """In points of ROUGE, 0 to 100."""

    gain: float  # written minus chosen
    worth: float  # of what was written
    is_written: bool  # whether to give it


def features(case: Case) -> Array:
    document = case.document
    written = terms(case.written)
    chosen_text = document.sentence_text(case.chosen) if case.chosen is not None else ""
    chosen = terms(chosen_text)
    every = terms(document.text)
    known, pairs = frozenset(every), frozenset(zip(every, every[1:], strict=False))
    headings = terms(" ".join(name for _, _, name in document.headings[:3]))
    content = [w for w in written if w not in STOP_WORDS]
    new = [w for w in content if w not in known]
    names = {w.strip(".,;:()'\"").lower() for w in case.written.split()[1:] if w[:1].isupper()}
    place = 0 if case.chosen is None else case.chosen
    is_title = float(case.style == "title")
    is_paper = log_odds(document.text) > 0
    contents = contents_of(sentences_of(document), case.style, is_paper)
    hoped, other = contents.expected(written), contents.expected(chosen)
    standing = case.standing or Standing(0.0, 0.0, 0.0)
    named = {
        "confidence": case.confidence,
        "sure": math.log(max(1e-3, case.confidence)),
        "familiarity": case.familiarity,
        "confidence of titles": is_title * case.confidence,
        "agrees": f1(written, chosen),
        "agrees in pairs": share(grams(written, 2), frozenset(grams(chosen, 2))),
        "agrees with headings": f1(written, headings),
        "agrees with opening": f1(written, every[:OPENING]),
        "chosen agrees with headings": f1(chosen, headings),
        "chosen leans back": float(
            bool(REFERS.match(chosen_text)) or bool(CONNECTS.match(chosen_text))
        ),
        "chosen first": float(place == 0),
        "chosen late": math.log1p(place),
        "known words": sum(w in known for w in written) / max(1, len(written)),
        "known pairs": share(grams(written, 2), pairs),
        "new words": float(len(new)),
        "new names": float(sum(w in names for w in new)),
        "log written": math.log1p(len(written)),
        "log chosen": math.log1p(len(chosen)),
        "written beside chosen": math.log((len(written) + 1) / (len(chosen) + 1)),
        "long chosen": max(0.0, len(chosen) - 30) / 10,
        "log document": math.log1p(len(every)),
        "log sentences": math.log1p(len(document.sentences)),
        "title style": is_title,
        "paper": float(is_paper),
        "f1": hoped.f1,
        "pairs": hoped.pairs_f1,
        "precision": hoped.precision,
        "content": hoped.content,
        "weakest": hoped.weakest,
        "omitted": hoped.omitted,
        "length": hoped.length,
        "chosen f1": other.f1,
        "chosen pairs": other.pairs_f1,
        "chosen content": other.content,
        "chosen length": other.length,
        "f1 beside chosen": hoped.f1 - other.f1,
        "pairs beside chosen": hoped.pairs_f1 - other.pairs_f1,
        "content beside chosen": hoped.content - other.content,
        "best f1": max(hoped.f1, other.f1),
        "expected length": math.log(contents.length),
        "agreement": standing.agreement,
        "lead": standing.lead,
        "doubt": standing.doubt,
        "alone": float(case.standing is None),
        "f1 of titles": is_title * hoped.f1,
        "pairs of titles": is_title * hoped.pairs_f1,
        "agreement of titles": is_title * standing.agreement,
        "chosen f1 of titles": is_title * other.f1,
    }
    return np.array([named[name] for name in NAMES])


def risk_of(standing: Standing | None, style: str) -> float:
    """Points by which a line must win beyond the margin, because it may say what is not so; below
    0 for one that hardly can."""
    price = PRICE.get(style, max(PRICE.values()))
    return price * (standing.doubt - USUAL_DOUBT) if standing else 0.0


@dataclass(frozen=True)
class Judge:
    """F signals; the last weight of each rule is its constant."""

    mean: Array  # (F,)
    scale: Array  # (F,)
    gain: Array  # (F + 1,)
    worth: Array  # (F + 1,)
    margins: Mapping[str, float]  # by style

    def weigh(self, case: Case) -> Verdict:
        row = np.clip((features(case) - self.mean) / self.scale, -CLIP, CLIP)
        gain = float(row @ self.gain[:-1] + self.gain[-1])
        worth = float(np.clip(row @ self.worth[:-1] + self.worth[-1], 0, 100))
        margin = self.margins.get(case.style, max(self.margins.values()))
        margin += risk_of(case.standing, case.style)
        return Verdict(gain, worth, case.chosen is None or gain > margin)

    def to_bytes(self) -> bytes:
        values = {key: rounded(getattr(self, key)) for key in ("mean", "scale", "gain", "worth")}
        return to_bytes({"features": list(NAMES), **values, "margins": dict(self.margins)})

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], folder: Path) -> Judge | None:
        """None where a checkpoint has no such file. Raises CheckpointError."""
        if FILE not in files:
            return None
        try:
            values = from_bytes(files[FILE])
            if values["features"] != list(NAMES):
                raise ValueError("it was made for another version")
            mean, scale, gain, worth = (
                np.asarray(values[key], dtype=np.float64)
                for key in ("mean", "scale", "gain", "worth")
            )
            margins = {str(style): float(m) for style, m in values["margins"].items()}
            found = cls(mean, scale, gain, worth, margins)
            size = len(NAMES)
            if [p.shape for p in (mean, scale, gain, worth)] != [(size,)] * 2 + [(size + 1,)] * 2:
                raise ValueError("its shapes do not fit")
            parts = (mean, scale, gain, worth, np.array(list(margins.values())))
            if not all(np.isfinite(part).all() for part in parts) or (scale <= 0).any():
                raise ValueError("a weight can't be used")
            return found
        except UNUSABLE as error:
            remedy = "copy it again, or leave it out of config.json"
            raise damaged(folder / FILE, error, remedy) from None
