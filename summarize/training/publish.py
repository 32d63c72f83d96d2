"""Writing what a run has learned as a checkpoint that `summarize -m` loads."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from summarize.models import familiarity
from summarize.rnn import lexicon
from summarize.training.data_cache import TrainingData
from summarize.training.models import Model
from summarize.training.run import Run

LEXICON_ROWS = 300_000  # summaries whose words are counted
FAMILIAR_ROWS = 60_000  # rows from which the run learns what an ordinary text is


class Publisher:
    """Saves the network's present weights with all that a checkpoint says about itself."""

    def __init__(self, run: Run, model: Model, data: TrainingData) -> None:
        self.run, self.model, self.data = run, model, data
        self.styles = data.styles
        wanted = run.recipe.default_style
        self.default_style = wanted if wanted in self.styles else self.styles[0]

    def save(self, folder: Path, progress: dict[str, Any]) -> None:
        """`progress`: pairs, steps, seconds and the last evaluation."""
        recipe = self.run.recipe
        training = {**progress, "notes": self.run.notes, "recipe": recipe.to_dict()}
        facts = {
            "max_source_tokens": recipe.max_source_tokens,
            "styles": list(self.styles),
            "default_style": self.default_style,
            "training": training | self.before,
            "files": {familiarity.FILE: self.familiarity, lexicon.FILE: self.words},
        }
        self.model.save(folder, self.data.tokenizer, facts)

    @cached_property
    def familiarity(self) -> bytes:
        """How usual each token is in the sources: it tells foreign texts from familiar ones."""
        pairs, longest = self.data.pairs, self.run.recipe.max_source_tokens
        order = np.random.default_rng(self.run.recipe.seed).permutation(len(pairs))
        bounds = ((pairs.src_offsets[i], pairs.src_offsets[i + 1]) for i in order[:FAMILIAR_ROWS])
        sources = [pairs.src[start:end][:longest] for start, end in bounds]
        return familiarity.learn(sources, self.data.tokenizer.vocab_size).to_bytes()

    @cached_property
    def words(self) -> bytes:
        """The frequent words of the summaries: those that may be written of any document."""
        pairs, decode = self.data.pairs, self.data.tokenizer.decode
        bounds = zip(pairs.tgt_offsets[:LEXICON_ROWS], pairs.tgt_offsets[1:], strict=False)
        texts = (decode(pairs.tgt[start:end].tolist()) for start, end in bounds)
        return lexicon.to_bytes(lexicon.learn_words(texts))

    @cached_property
    def before(self) -> dict[str, Any]:
        """Under `before`, the run that made the weights of --init-from, if it is known."""
        for name in ("summarize.json", "config.json"):
            path = self.run.init_from and self.run.init_from / name
            if path and path.exists():
                known = json.loads(path.read_text("utf-8")).get("training")
                return {"before": known} if known else {}
        return {}
