"""The from-scratch RNN as a summarizer: encode, search, decode. NumPy only."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from summarize.document.sentences import ENDS
from summarize.errors import DocumentError, ModelError, OptionError
from summarize.models.base import (
    COUNTED,
    Draft,
    Source,
    estimated_tokens,
    write_to_end,
)
from summarize.models.familiarity import Familiarity
from summarize.models.registry import shipped, style_of
from summarize.options import Options, resolve
from summarize.pipeline.alignment import Alignment, align, pieces_of, spans_of
from summarize.pipeline.chunking import align_long
from summarize.pipeline.run import summarize_all, takes_pieces
from summarize.rnn.beam_search import Hypothesis, Search, beam_search_batch
from summarize.rnn.checkpoint import Checkpoint, load_checkpoint
from summarize.rnn.runtime import Runtime
from summarize.rnn.tokenizer import EOS_ID, SPECIAL, squeeze
from summarize.summary import Summary

# Chosen on 400 documents of arxiv-dev (benchmarks/LOG.md).
DEFAULTS: dict[str, Any] = {
    "beam_size": 8,
    "min_tokens": 1,
    "max_tokens": 64,
    "length_penalty": 1.5,
    "no_repeat_ngram_size": 3,
}
PATIENCE = 2.0
WORD = re.compile(r"\w+")


class Rnn:
    """A checkpoint folder, or the one that ships with the package."""

    writes_sentence = is_parallel = True

    def __init__(self, source: Path | Checkpoint | None = None, name: str | None = None) -> None:
        if isinstance(source, Checkpoint):
            checkpoint, shown = source, "checkpoint"
            self.familiarity = None
        else:
            folder = source or shipped("attention")
            shown = str(source) if source else "attention"
            checkpoint = load_checkpoint(folder)
            self.familiarity = Familiarity.from_files(
                checkpoint.files, folder, checkpoint.config.vocab_size
            )
        self.name = name or shown
        self.tokenizer = checkpoint.tokenizer
        self.max_source_tokens = checkpoint.max_source_tokens
        self.styles, self.default_style = checkpoint.styles, checkpoint.default_style
        self.runtime = Runtime(checkpoint.config, checkpoint.weights)

    def summarize(
        self, documents: Sequence[str], options: Options | None = None, /, **changes: Any
    ) -> list[Summary]:
        chosen = self.check(resolve(documents, options, changes))
        return summarize_all(self, documents, chosen, chosen.style)

    def check(self, chosen: Options) -> Options:
        """Options that this model can follow, its style filled in; else an OptionError."""
        style = chosen.style or style_of(chosen.length, self.styles, self.default_style)
        if style not in self.styles:
            raise OptionError(
                f"{self.name} knows no style {style!r}; it was trained on {', '.join(self.styles)}"
            )
        if chosen.seed is not None and self.runtime.config.attention != "hard":
            raise OptionError(f"{self.name} draws nothing, which --seed is for; leave it out")
        self.runtime.seed = chosen.seed
        return replace(chosen, style=style)

    def read(self, text: str) -> Source:
        """Token ids of the opening that the model reads."""
        text = text.strip()
        ids = self.tokenizer.encode(text[:COUNTED])
        read = ids[: self.max_source_tokens]
        total = estimated_tokens(len(ids), text)
        familiar = self.familiarity.of(read) if self.familiarity and read else None
        return Source(read, len(read), total, familiar)

    def write(self, payloads: list[list[int]], options: Options) -> list[Draft]:
        style = options.style or self.default_style
        drafts = []
        for found in self.search(payloads, style, options):
            # The search blocks repeated token runs; "small change, Small Change" is none.
            best = next((h for h in found if not repeats_words(self.text(h))), found[0])
            written = len(best.tokens) - (not best.finished)
            text = self.text(best)
            done = best.finished or text.endswith(ENDS)
            draft = Draft(text, written, confidence(best), is_finished=done)
            if self.runtime.config.attention != "none":
                draft = draft._replace(
                    ids=best.tokens[:written], attention=best.attention[:written]
                )
            drafts.append(draft)
        return drafts

    def align(self, document: str, draft: Draft, source: Source) -> Alignment | None:
        if draft.attention is None or not len(draft.ids):
            return None
        read = draft.attention.shape[1]
        document = document.strip()[:COUNTED]
        # Of a long document its beginning, unless its tokens are longer than any real ones.
        opening = document[: 16 * read + 100]
        offsets = self.tokenizer.offsets(opening)
        if len(offsets) <= read and len(opening) < len(document):
            opening = document
            offsets = self.tokenizer.offsets(opening)
        squeezed, offsets = squeeze(opening), offsets[:read]
        config = self.runtime.config
        found = align(
            squeezed[: offsets[-1][1]],
            offsets,
            pieces_of(draft.ids, self.tokenizer.decode),
            draft.attention,
            model=self.name,
            kind=f"{config.attention} attention"
            + (f", mean of {config.attention_heads} heads" if config.attention_heads > 1 else ""),
            tokens_read=read,
            tokens_document=source.total,
            style=None,
        )
        if not found.summary:
            return None
        # The same words as they stand in the document, line ends and all.
        spans = spans_of(opening)[: len(found.source)]
        shown = len(draft.text.split())  # a summary that was cut lost its last word
        return replace(
            found,
            text=opening[: spans[-1][1]],
            source=tuple(spans),
            summary=found.summary[:shown],
            weights=found.weights[:shown],
            outside=found.outside[:shown],
        )

    def attend(self, document: str, options: Options | None = None, /, **changes: Any) -> Alignment:
        """Where each word of the summary looked. Raises ModelError where nothing does."""
        chosen = self.check(resolve([document], options, changes))
        if self.runtime.config.attention == "none":
            raise ModelError(
                f"{self.name} has no attention: it reads the document into one vector of "
                f"{self.runtime.config.memory_size} numbers, and there is nothing to look at; "
                "use -m attention"
            )
        source = self.read(document)
        if not source.read:
            raise DocumentError("the document is empty; there is nothing to look at")
        found = self.align(document, write_to_end(self, [source.payload], chosen)[0], source)
        if found is not None and takes_pieces(self, source, chosen):
            found = align_long(self, document, chosen, found)
        if found is None or not found.summary:
            raise ModelError(f"{self.name} wrote nothing; there is nothing to look at")
        return replace(found, style=chosen.style)

    def search(
        self, sources: Sequence[Sequence[int]], style: str, options: Options
    ) -> list[list[Hypothesis]]:
        """Token ids of documents -> for each its hypotheses, best first, with their attention."""
        options = options.filled(**DEFAULTS)
        assert options.beam_size and options.min_tokens and options.max_tokens
        assert options.length_penalty is not None and options.no_repeat_ngram_size is not None
        memories = self.runtime.encode_batch([np.asarray(ids) for ids in sources])
        return beam_search_batch(
            self.runtime,
            self.runtime.start(*memories),
            len(memories),
            self.tokenizer.style_id(style),
            EOS_ID,
            Search(
                beam_size=options.beam_size,
                min_tokens=options.min_tokens + 1,  # the search counts the end as one
                max_tokens=options.max_tokens + 1,
                length_penalty=options.length_penalty,
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
