"""ROUGE of a saved model on dev documents while it trains, through the code that will serve it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from summarize.evaluation.rouge import rouge_scores
from summarize.options import Options
from summarize.pipeline.run import load_summarizer


class Example(Protocol):
    """A document with its reference summaries, as training reads them."""

    @property
    def document(self) -> str: ...
    @property
    def references(self) -> tuple[str, ...]: ...
    @property
    def style(self) -> str: ...


def dev_scores(folder: Path, examples: Sequence[Example]) -> dict[str, float]:
    """ROUGE-1, -2, -L F1 with a beam of 4, and `rouge`, their mean: what the best is chosen by."""
    summarizer = load_summarizer(str(folder))
    summaries = [""] * len(examples)
    for style in {example.style for example in examples}:
        rows = [i for i, example in enumerate(examples) if example.style == style]
        found = summarizer.summarize(
            [examples[i].document for i in rows],
            Options(beam_size=4, style=style, long="truncate", mode="abstractive"),
        )
        for i, summary in zip(rows, found, strict=True):
            summaries[i] = summary.text
    scores = rouge_scores(summaries, [e.references for e in examples])
    means = {kind: float(scores[kind].mean()) for kind in ("rouge1", "rouge2", "rougeL")}
    return {**means, "rouge": sum(means.values()) / len(means)}
