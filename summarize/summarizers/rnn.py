"""The from-scratch RNN as a summarizer: encode, search, decode. NumPy only."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from summarize.errors import OptionError
from summarize.rnn.beam_search import Hypothesis, Search, beam_search
from summarize.rnn.checkpoint import Checkpoint, load_checkpoint
from summarize.rnn.runtime import Runtime
from summarize.rnn.tokenizer import EOS_ID, SPECIAL
from summarize.summarizers import Options, Summary, Tokens, resolve

# Chosen on 400 documents of arxiv-dev (benchmarks/LOG.md).
LENGTH_PENALTY = 1.5
PATIENCE = 2.0
WORD = re.compile(r"\w+")
COUNTED = 500_000  # characters of which the tokens are counted; the rest is estimated from them


class Rnn:
    """A checkpoint folder, or the one that ships with the package."""

    def __init__(self, source: Path | Checkpoint | None = None, name: str | None = None) -> None:
        if isinstance(source, Checkpoint):
            checkpoint, shown = source, "checkpoint"
        else:
            shown = str(source) if source else "attention"
            checkpoint = load_checkpoint(source or shipped("attention"))
        self.name = name or shown
        self.tokenizer = checkpoint.tokenizer
        self.max_source_tokens = checkpoint.max_source_tokens
        self.styles, self.default_style = checkpoint.styles, checkpoint.default_style
        self.runtime = Runtime(checkpoint.config, checkpoint.weights)

    def summarize(
        self, documents: Sequence[str], options: Options | None = None, /, **changes: Any
    ) -> list[Summary]:
        chosen = resolve(documents, options, changes)
        style = chosen.style or self.default_style
        if style not in self.styles:
            raise OptionError(
                f"{self.name} knows no style {style!r}; it was trained on {', '.join(self.styles)}"
            )
        return [self.one(document, style, chosen) for document in documents]

    def one(self, document: str, style: str, options: Options) -> Summary:
        started = time.perf_counter()
        document = document.strip()
        ids = self.tokenizer.encode(document[:COUNTED])
        read = ids[: self.max_source_tokens]
        # Counting the tokens of a book would take longer than reading its opening.
        total = len(ids) * max(1.0, len(document) / COUNTED)
        if not read:
            return Summary("", self.name, Tokens(0, 0, 0), time.perf_counter() - started)
        found = self.search(read, style, options)
        # The search blocks repeated token runs; "small change, Small Change" is none of those.
        best = next((h for h in found if not repeats_words(self.text(h))), found[0])
        return Summary(
            text=self.text(best),
            model=self.name,
            tokens=Tokens(round(total), len(read), len(best.tokens) - (not best.finished)),
            seconds=time.perf_counter() - started,
            style=style,
            confidence=confidence(best),
        )

    def search(self, ids: Sequence[int], style: str, options: Options) -> list[Hypothesis]:
        """Token ids of a document -> hypotheses, best first, with their attention."""
        penalty = LENGTH_PENALTY if options.length_penalty is None else options.length_penalty
        return beam_search(
            self.runtime,
            self.runtime.start(self.runtime.encode(np.asarray(ids))),
            self.tokenizer.style_id(style),
            EOS_ID,
            Search(
                beam_size=options.beam_size,
                min_tokens=options.min_tokens + 1,  # the search counts the end as one
                max_tokens=options.max_tokens + 1,
                length_penalty=penalty,
                patience=PATIENCE if options.beam_size > 1 else 1.0,
                no_repeat_ngram_size=options.no_repeat_ngram_size,
            ),
            forbidden=[i for i in range(len(SPECIAL)) if i != EOS_ID],
        )

    def text(self, hypothesis: Hypothesis) -> str:
        """A summary cut at max_tokens loses its last word, which may be half of one."""
        tokens = hypothesis.tokens
        text = self.tokenizer.decode(tokens if hypothesis.finished else tokens[:-1])
        if not hypothesis.finished and " " in text:
            text = text.rsplit(" ", 1)[0]
        return text.replace("\ufffd", "")


def repeats_words(text: str) -> bool:
    """Whether two words stand side by side more than once, whatever their case."""
    words = WORD.findall(text.lower())
    pairs = list(zip(words, words[1:], strict=False))
    return len(pairs) > len(set(pairs))


def confidence(hypothesis: Hypothesis) -> float:
    """Geometric mean of the token probabilities."""
    log_probs = hypothesis.token_log_probs
    return math.exp(sum(log_probs) / len(log_probs)) if log_probs else 0.0


def shipped(name: str) -> Path:
    """Folder of a checkpoint in the package."""
    return Path(str(resources.files("summarize") / "checkpoints" / name))
