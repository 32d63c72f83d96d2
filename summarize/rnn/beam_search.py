"""Beam search over a step function. It knows no network: a step takes tokens and a state.

The score of a finished hypothesis is log P(Y | X) / lp(Y) + cp(X; Y), Wu et al. 2016, eq. 14:
lp(Y) = ((5 + |Y|) / 6) ** length_penalty, cp = coverage_penalty * sum over source positions of
log(min(attention received, 1)). No n-gram of `no_repeat_ngram_size` tokens is written twice
(Paulus et al. 2018, 2.5). The search ends when patience * beam_size hypotheses have (Kasai et al.
2024, A Call for Clarity in Beam Search). Greedy search is a beam of one with a patience of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

S = TypeVar("S")


class Stepper(Protocol[S]):
    """What is searched: K hypotheses go one token further."""

    def step(self, tokens: NDArray[np.int64], state: S) -> tuple[NDArray[Any], S]:
        """tokens (K,) -> log_probs (K, V) and the next state."""
        ...

    def select(self, state: S, rows: NDArray[np.int64]) -> S:
        """The state of these hypotheses, in this order."""
        ...


@dataclass(frozen=True)
class Search:
    """How to search. Token counts leave out the start token and include the end."""

    beam_size: int = 4
    min_tokens: int = 1
    max_tokens: int = 64
    length_penalty: float = 1.0
    coverage_penalty: float = 0.0
    no_repeat_ngram_size: int = 2
    patience: float = 1.0


@dataclass(frozen=True)
class Hypothesis:
    """A summary in tokens, without start and end. `finished` is false if max_tokens cut it."""

    tokens: tuple[int, ...]
    token_log_probs: tuple[float, ...]  # of tokens, and of the end where finished
    attention: NDArray[np.float32]  # (len(token_log_probs), S)
    score: float
    finished: bool


@dataclass(frozen=True)
class Live:
    """A hypothesis still growing; kept as plain Python, the tensors are in the state."""

    tokens: tuple[int, ...] = ()
    token_log_probs: tuple[float, ...] = ()
    attention: tuple[NDArray[np.float32], ...] = ()
    log_prob: float = 0.0


def beam_search(
    stepper: Stepper[Any],
    state: Any,
    start_token: int,
    end_token: int,
    search: Search,
    forbidden: Sequence[int] = (),
) -> list[Hypothesis]:
    """The best finished hypotheses of one document, best first; see beam_search_batch."""
    return beam_search_batch(stepper, state, 1, start_token, end_token, search, forbidden)[0]


def beam_search_batch(
    stepper: Stepper[Any],
    state: Any,
    documents: int,
    start_token: int,
    end_token: int,
    search: Search,
    forbidden: Sequence[int] = (),
) -> list[list[Hypothesis]]:
    """Several documents in step: for each its finished hypotheses, best first.

    At least one each, unfinished if none could end. `state` holds one hypothesis a document, in
    order; where it has an `attention` (K, S), that is recorded, up to the row's `lengths` if it
    has those. Documents that are done leave the batch. `forbidden` tokens are never written.
    """
    beams = [Beam(search, end_token) for _ in range(documents)]
    active = beams
    tokens = np.full(documents, start_token)
    for _ in range(search.max_tokens):
        log_probs, state = stepper.step(tokens, state)
        log_probs = np.array(log_probs, dtype=np.float64)
        log_probs[:, list(forbidden)] = -np.inf
        attention = looked_at(state)
        parents: list[int] = []
        first = 0
        for beam in active:
            rows = slice(first, first + len(beam.live))
            looks = None if attention is None else attention[rows]
            parents += [first + row for row in beam.advance(log_probs[rows], looks)]
            first = rows.stop
        active = [beam for beam in active if beam.live]
        if not active:
            break
        state = stepper.select(state, np.array(parents))
        tokens = np.array([h.tokens[-1] for beam in active for h in beam.live])
    return [beam.result() for beam in beams]


def looked_at(state: Any) -> list[NDArray[np.float32]] | None:
    """Where each hypothesis looked, without the padding of shorter documents."""
    attention = getattr(state, "attention", None)
    if attention is None:
        return None
    lengths = getattr(state, "lengths", None)
    if lengths is None:
        return list(attention)
    return [row[:length] for row, length in zip(attention, lengths, strict=True)]


class Beam:
    """The search of one document: `live` hypotheses grow until the search is over."""

    def __init__(self, search: Search, end_token: int) -> None:
        self.search, self.end_token = search, end_token
        self.live: list[Live] = [Live()]
        self.finished: list[Hypothesis] = []
        self.cut: list[Live] = []

    def advance(
        self, log_probs: NDArray[np.float64], attention: list[NDArray[np.float32]] | None
    ) -> list[int]:
        """log_probs (K, V) of the live hypotheses -> for each that lives on, the row it was."""
        search, live = self.search, self.live
        length = len(live[0].token_log_probs) + 1
        if length < search.min_tokens:
            log_probs[:, self.end_token] = -np.inf
        for row, hypothesis in enumerate(live):
            log_probs[row, banned(hypothesis.tokens, search.no_repeat_ngram_size)] = -np.inf
        totals = log_probs + np.array([h.log_prob for h in live])[:, None]

        following: list[Live] = []
        parents: list[int] = []
        # Twice as many as wanted: even if every other one ends, the beam stays full.
        for rank, (row, token) in enumerate(best(totals, 2 * search.beam_size)):
            parent = live[row]
            ends = token == self.end_token
            grown = Live(
                parent.tokens if ends else (*parent.tokens, token),
                (*parent.token_log_probs, float(log_probs[row, token])),
                parent.attention if attention is None else (*parent.attention, attention[row]),
                float(totals[row, token]),
            )
            if ends:
                if rank < search.beam_size:
                    self.finished.append(finish(grown, search, True))
            elif len(following) < search.beam_size:
                following.append(grown)
                parents.append(row)
        enough = len(self.finished) >= search.patience * search.beam_size
        if enough or not following or length == search.max_tokens:
            self.cut = following or live
            self.live = []
            return []
        self.live = following
        return parents

    def result(self) -> list[Hypothesis]:
        found = self.finished or [finish(h, self.search, False) for h in self.cut]
        return sorted(found, key=lambda h: -h.score)


def best(totals: NDArray[np.float64], count: int) -> list[tuple[int, int]]:
    """(row, token) of the highest finite totals, highest first; ties in reading order."""
    flat = totals.ravel()
    if count < flat.size:
        candidates = np.argpartition(-flat, count)[:count]
        # A tie across the cut must not depend on the partition's whims.
        candidates = np.union1d(candidates, np.flatnonzero(flat == flat[candidates].min()))
    else:
        candidates = np.arange(flat.size)
    candidates = candidates[np.isfinite(flat[candidates])]
    order = candidates[np.lexsort((candidates, -flat[candidates]))][:count]
    return [(int(i) // totals.shape[1], int(i) % totals.shape[1]) for i in order]


def banned(tokens: tuple[int, ...], size: int) -> list[int]:
    """Tokens that would write an n-gram of `size` a second time; 0 bans nothing."""
    if size < 1 or len(tokens) < size:
        return []
    tail = tokens[len(tokens) - size + 1 :]
    return [
        tokens[i + size - 1]
        for i in range(len(tokens) - size + 1)
        if tokens[i : i + size - 1] == tail
    ]


def finish(live: Live, search: Search, finished: bool) -> Hypothesis:
    attention = np.stack(live.attention) if live.attention else np.zeros((0, 0), dtype=np.float32)
    score = live.log_prob / ((5 + len(live.token_log_probs)) / 6) ** search.length_penalty
    if search.coverage_penalty and attention.size:
        received = np.clip(attention.sum(axis=0), 1e-10, 1.0)
        score += search.coverage_penalty * float(np.log(received).sum())
    return Hypothesis(live.tokens, live.token_log_probs, attention, score, finished)
