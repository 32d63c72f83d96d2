"""ROUGE of a checkpoint on dev documents while it trains, with the runtime that will serve it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from summarize.evaluation.rouge import rouge_scores
from summarize.summarizers import Options
from summarize.summarizers.rnn import Rnn

if TYPE_CHECKING:
    from summarize.rnn.checkpoint import Checkpoint
    from summarize.training.examples import Example


def dev_scores(checkpoint: Checkpoint, examples: list[Example]) -> dict[str, float]:
    """ROUGE-1, -2, -L F1 with a beam of 4, and `rouge`, their mean: what the best is chosen by."""
    rnn = Rnn(checkpoint)
    summaries = [
        rnn.summarize([e.document], Options(beam_size=4, style=e.style))[0].text for e in examples
    ]
    scores = rouge_scores(summaries, [e.references for e in examples])
    means = {kind: float(values.mean()) for kind, values in scores.items()}
    return {**means, "rouge": sum(means.values()) / len(means)}
