"""The from-scratch RNN: encode, search, decode. NumPy only."""

from __future__ import annotations

import copy
import ctypes
import math
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from summarize.document.sentences import ENDS
from summarize.errors import CheckpointError, OptionError
from summarize.models.base import (
    Capabilities,
    Draft,
    Encoding,
    Model,
    Passage,
    Source,
    Standing,
    TokenAttention,
    refuse_seed,
    style_of,
)
from summarize.models.familiarity import Familiarity
from summarize.models.judge import Judge
from summarize.models.pieces import pieces_of
from summarize.models.registry import Request, refuse, shipped
from summarize.models.rerank import Line, Reranker, shares_of
from summarize.options import Options
from summarize.rnn.beam_search import Hypothesis, Search, beam_search_stream
from summarize.rnn.checkpoint import Checkpoint, load_checkpoint
from summarize.rnn.constraint import Alphabet, Constraint, capitalized, cut
from summarize.rnn.lexicon import Known, Words, frequent_words
from summarize.rnn.runtime import Runtime, State
from summarize.rnn.shortlist import Spellings
from summarize.rnn.tokenizer import EOS_ID, SPECIAL
from summarize.threads import one_core_each

# Chosen on 400 documents of arxiv-dev (benchmarks/LOG.md).
DEFAULTS: dict[str, Any] = {
    "beam_size": 8,
    "min_tokens": 1,
    "max_tokens": 64,
    "length_penalty": 1.5,
    "no_repeat_ngram_size": 3,
}
PATIENCE = 2.0
ROOM = 16  # documents that are encoded together, and searched in step
CLOSERS = ")]}\"'"
WORD = re.compile(r"\w+")
# Two sentences strung together without a stop: "open on Sundays The library is".
RUN_ON = re.compile(r"[a-z0-9] (?:The|This|These|It|We|He|She|They|There) [a-z]")


class Tokens(NamedTuple):
    """The payload of a source: token ids, and the passage that they are of."""

    ids: list[int]
    passage: Passage


class Rnn:
    """A checkpoint, from its folder or in memory; by default the one that ships."""

    def __init__(self, source: Path | Checkpoint | None = None, name: str | None = None) -> None:
        if isinstance(source, Checkpoint):
            checkpoint, shown = source, "checkpoint"
            self.familiarity = self.reranker = self.judge = None
        else:
            folder = source or shipped("attention")
            shown = str(source) if source else "attention"
            checkpoint = load_checkpoint(folder)
            self.familiarity = Familiarity.from_files(
                checkpoint.files, folder, checkpoint.config.vocab_size
            )
            self.reranker = Reranker.from_files(checkpoint.files, folder)
            self.judge = Judge.from_files(checkpoint.files, folder)
        self.name = name or shown
        self.tokenizer = checkpoint.tokenizer
        self.runtime = Runtime(checkpoint.config, checkpoint.weights)
        self.attention_kind = checkpoint.config.attention
        self.files = checkpoint.files
        self.spellings, self.alphabet = Spellings(self.tokenizer), Alphabet(self.tokenizer)
        closers = (self.tokenizer.id_of(mark) for mark in CLOSERS)
        self.always = [EOS_ID, *(token for token in closers if token is not None)]
        # The words of a long document are the same for all of its chunks.
        self.known = lru_cache(maxsize=ROOM)(lambda text: Known(text, self.frequent))
        self.capabilities = Capabilities(
            parameters=self.runtime.parameters,
            max_source_tokens=checkpoint.max_source_tokens,
            styles=checkpoint.styles,
            default_style=checkpoint.default_style,
            is_parallel=True,
            attends=self.attention_kind != "none",
        )

    @cached_property
    def frequent(self) -> Words:
        return frequent_words(self.files, self.tokenizer)

    def check(self, options: Options) -> Options:
        if self.attention_kind != "hard":
            refuse_seed(self.name, options)
        return replace(options, style=style_of(options, self.capabilities))

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        return self.tokenizer.encodings(texts)

    def read(self, passage: Passage, limit: int) -> Source:
        ids = [token for encoding in passage.encodings for token in encoding.ids][:limit]
        if ids and max(ids) >= self.tokenizer.vocab_size:
            raise CheckpointError(
                f"{self.name}: its tokenizer has ids beyond the network's vocabulary"
            )
        familiar = self.familiarity.of(ids) if self.familiarity and ids else None
        return Source(Tokens(ids, passage), len(ids), familiar)

    def write(self, sources: Sequence[Source], options: Options) -> list[Draft]:
        payloads: list[Tokens] = [source.payload for source in sources]
        constraints = [self.constraint(one.passage, options) for one in payloads]
        with one_core_each():
            found, seconds = self.search([one.ids for one in payloads], options, constraints)
        drafts = []
        for source, beam, constraint in zip(sources, found, constraints, strict=True):
            ranked, standing = self.ranked(source, beam, options)
            draft = self.draft(ranked, constraint)
            drafts.append(draft._replace(encode_seconds=seconds, standing=standing))
        return drafts

    def ranked(
        self, source: Source, found: Sequence[Hypothesis], options: Options
    ) -> tuple[list[Hypothesis], Standing | None]:
        """Best first: as the reranker orders them, or without one the search; and how the one that
        `draft` takes stands among them."""
        style = options.style or self.capabilities.default_style
        if self.reranker is None or style is None:
            return list(found), None
        lines = self.lines(source, found)
        passage = source.payload.passage
        ranking = self.reranker.rank(passage, style, lines, source.familiarity)
        return [found[i] for i in ranking.order], ranking.standing(first_fit(lines, ranking.order))

    def lines(self, source: Source, found: Sequence[Hypothesis]) -> list[Line]:
        """What the reranker needs to know of each hypothesis."""
        lengths = [len(encoding) for encoding in source.payload.passage.encodings]
        return [
            Line(
                self.text(h.tokens),
                h.token_log_probs,
                h.score,
                h.finished,
                shares_of(h.attention, lengths) if self.capabilities.attends else (),
            )
            for h in found
        ]

    def draft(self, found: Sequence[Hypothesis], constraint: Constraint) -> Draft:
        """The best of these hypotheses that does not repeat itself or run on."""
        # The search blocks repeated runs of tokens; "small change, Small Change" is another case.
        best = next((h for h in found if not is_garbled(self.text(h.tokens))), found[0])
        written = len(best.tokens)
        if not best.finished:
            # Where it may end; else without the last word, which may be half of one.
            written = cut(best.tokens, constraint) or self.whole_words(best.tokens)
        text = capitalized(self.text(best.tokens[:written]), constraint.known)
        draft = Draft(
            text,
            written,
            confidence(best),
            best.tokens[:written],
            is_finished=best.finished or text.endswith(ENDS),
        )
        if self.capabilities.attends:
            draft = draft._replace(attention=best.attention[:written])
        return draft

    def attention(
        self,
        source: Source,
        draft: Draft,
        *,
        style: str | None = None,
        layer: int | None = None,
        head: int | None = None,
    ) -> TokenAttention | None:
        if layer is not None or head is not None:
            name = "layer" if layer is not None else "head"
            raise OptionError(f"--{name} is for transformers; leave it out for {self.name}")
        if draft.attention is None or not len(draft.ids):
            return None
        kind = f"{self.attention_kind} attention"
        if self.runtime.config.attention_heads > 1:
            kind += f", mean of {self.runtime.config.attention_heads} heads"
        return TokenAttention(
            source.payload.passage.offsets(source.read),
            pieces_of(draft.ids, self.tokenizer.decode),
            draft.attention,
            kind,
        )

    def search(
        self,
        sources: Sequence[Sequence[int]],
        options: Options,
        constraints: Sequence[Constraint] | None = None,
    ) -> tuple[list[list[Hypothesis]], float]:
        """Token ids of documents -> for each its hypotheses, best first, with their attention; and
        the seconds that encoding took."""
        options = options.filled(**DEFAULTS)
        assert options.beam_size and options.min_tokens and options.max_tokens
        assert options.length_penalty is not None and options.no_repeat_ngram_size is not None
        style = options.style or self.capabilities.default_style
        assert style
        runtime = self.runtime
        if options.seed is not None:  # a copy with a seed of its own: the model stays as it is
            runtime = copy.copy(runtime)
            runtime.attend = copy.copy(runtime.attend)
            runtime.seed = options.seed
        # Sorted, because what is encoded together costs what the longest source costs.
        order = sorted(range(len(sources)), key=lambda i: -len(sources[i]))
        waiting = Waiting(self, runtime, [sources[i] for i in order], options.full_vocabulary)
        found: list[list[Hypothesis]] = [[]] * len(sources)
        for number, hypotheses in beam_search_stream(
            runtime,
            waiting,
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
            constraints=constraints and [constraints[i] for i in order],
            room=ROOM,
        ):
            found[order[number]] = hypotheses
        return found, waiting.seconds

    def constraint(self, passage: Passage, options: Options) -> Constraint:
        known = self.known(passage.document or passage.text)
        return Constraint(known, self.alphabet, options.free_words)

    def text(self, tokens: Sequence[int]) -> str:
        return self.tokenizer.decode(tokens).replace("\ufffd", "")

    def whole_words(self, tokens: Sequence[int]) -> int:
        """The tokens before the last word."""
        begins = [i for i, token in enumerate(tokens) if self.alphabet[token].data[:1] == b" "]
        return begins[-1] if begins and begins[-1] else len(tokens)


class Waiting:
    """Documents before their first word, encoded some at a time as the search has room."""

    def __init__(
        self, model: Rnn, runtime: Runtime, sources: Sequence[Sequence[int]], is_full: bool
    ) -> None:
        self.model, self.runtime, self.sources, self.is_full = model, runtime, sources, is_full
        self.seconds = 0.0  # that encoding took

    def __iter__(self) -> Iterator[State]:
        for first in range(0, len(self.sources), ROOM):
            some = self.sources[first : first + ROOM]
            started = time.perf_counter()
            shortlists = None
            if not self.is_full:
                model = self.model
                shortlists = [model.spellings.of(ids, model.always) for ids in some]
            memories = self.runtime.encode_batch([np.asarray(ids) for ids in some], shortlists)
            self.seconds += time.perf_counter() - started
            yield from map(self.runtime.start, memories)


def load(request: Request) -> Model:
    refuse(request, "revision", "device", "backend")
    assert isinstance(request.source, Path)
    model = Rnn(request.source, request.name)
    _ = model.frequent, model.runtime.frequent_output  # while there is room below the peak
    trim_memory()
    return model


def trim_memory() -> None:
    """To the system with what loading took and freed; glibc would keep its gaps, 7 MB."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def first_fit(lines: Sequence[Line], order: Sequence[int]) -> int:
    """The first in that order that does not repeat itself or run on."""
    return next((i for i in order if not is_garbled(lines[i].text)), order[0])


def is_garbled(text: str) -> bool:
    return repeats_words(text) or RUN_ON.search(text) is not None


def repeats_words(text: str) -> bool:
    """Whether two words stand side by side more than once, whatever their case."""
    words = WORD.findall(text.lower())
    pairs = list(zip(words, words[1:], strict=False))
    return len(pairs) > len(set(pairs))


def confidence(hypothesis: Hypothesis) -> float:
    """Geometric mean of the token probabilities."""
    log_probs = hypothesis.token_log_probs
    return math.exp(sum(log_probs) / len(log_probs)) if log_probs else 0.0
