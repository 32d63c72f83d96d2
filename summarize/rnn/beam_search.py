"""Beam search over a step function. It knows no network: a step takes tokens and a state.

The score of a finished hypothesis is log P(Y | X) / lp(Y) + cp(X; Y), Wu et al. 2016, eq. 14:
lp(Y) = ((5 + |Y|) / 6) ** length_penalty, cp = coverage_penalty * sum over source positions of
log(min(attention received, 1)). No n-gram of `no_repeat_ngram_size` tokens is written twice
(Paulus et al. 2018, 2.5). The search ends when patience * beam_size hypotheses have ended (Kasai et
al. 2024, A Call for Clarity in Beam Search). Greedy search is a beam of one with a patience of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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

    def join(self, states: Sequence[S]) -> S:
        """The states of several documents as one."""
        ...


class Constraint(Protocol):
    """What one document's summary may say, followed token by token (see constraint.py)."""

    start: Any

    def extend(self, state: Any, token: int) -> Any:
        """The state after this token; None where it may not follow."""
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


@dataclass(frozen=True, slots=True)
class Live:
    """A hypothesis still growing; kept as plain Python, the network's arrays are in the state."""

    tokens: tuple[int, ...] = ()
    token_log_probs: tuple[float, ...] = ()
    attention: tuple[NDArray[np.float32], ...] = ()
    log_prob: float = 0.0
    allowed: Any = None  # the constraint's state


def beam_search_stream(
    stepper: Stepper[S],
    states: Iterable[S],
    start_token: int,
    end_token: int,
    search: Search,
    forbidden: Sequence[int] = (),
    constraints: Iterable[Constraint | None] | None = None,
    room: int = 16,
) -> Iterator[tuple[int, list[Hypothesis]]]:
    """(number, hypotheses) of each document as it is done, with at most `room` of them in step;
    its hypotheses best first, at least one, unfinished if none could end.

    `states` has one state a document, and is read as room is made: what is done leaves, what waits
    enters. Where a state has an `attention` (K, S), that is recorded, up to the row's `lengths` if
    it has those. Where it has a `vocabulary`, that names the tokens of a row's columns. `forbidden`
    tokens are never written.
    """
    run = Run(stepper, start_token)
    numbers: dict[int, int] = {}  # of the beams in the run
    waiting = enumerate(zip(states, endless(constraints), strict=False))
    more = True
    while True:
        while more and len(run.beams) < room:
            found = next(waiting, None)
            if found is None:
                more = False
                break
            number, (state, rule) = found
            beam = Beam(search, end_token, set(forbidden), rule)
            numbers[id(beam)] = number
            run.enter([beam], state)
        if not run.beams:
            return
        for beam in run.advance():
            yield numbers.pop(id(beam)), beam.result()


def endless(constraints: Iterable[Constraint | None] | None) -> Iterator[Constraint | None]:
    if constraints is not None:
        yield from constraints
        return
    while True:
        yield None


class Run:
    """Documents that are searched in step, and what their hypotheses have in common: a state."""

    def __init__(self, stepper: Any, start_token: int) -> None:
        self.stepper, self.start_token = stepper, start_token
        self.beams: list[Beam] = []
        self.entering: list[Any] = []
        self.state: Any = None
        self.tokens: list[int] = []

    def enter(self, beams: list[Beam], state: Any) -> None:
        """Documents at their start, one row of `state` each."""
        self.beams += beams
        self.tokens += [self.start_token] * len(beams)
        self.entering.append(state)

    def advance(self) -> list[Beam]:
        """One token more for every hypothesis; the documents that are done with it, which leave."""
        states = ([] if self.state is None else [self.state]) + self.entering
        state = states[0] if len(states) == 1 else self.stepper.join(states)
        self.entering = []
        log_probs, state = self.stepper.step(np.array(self.tokens), state)
        attention = looked_at(state)
        vocabulary = getattr(state, "vocabulary", None)
        parents: list[int] = []
        first = 0
        for beam in self.beams:
            rows = slice(first, first + len(beam.live))
            looks = None if attention is None else attention[rows]
            names = None if vocabulary is None else vocabulary[first]
            parents += [first + row for row in beam.advance(log_probs[rows], names, looks)]
            first = rows.stop
        done = [beam for beam in self.beams if not beam.live]
        self.beams = [beam for beam in self.beams if beam.live]
        self.state = self.stepper.select(state, np.array(parents)) if self.beams else None
        self.tokens = [h.tokens[-1] for beam in self.beams for h in beam.live]
        return done


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

    def __init__(
        self,
        search: Search,
        end_token: int,
        forbidden: set[int] | None = None,
        constraint: Constraint | None = None,
    ) -> None:
        self.search, self.end_token = search, end_token
        self.forbidden = forbidden or set()
        self.constraint = constraint
        self.live: list[Live] = [Live(allowed=constraint and constraint.start)]
        self.finished: list[Hypothesis] = []
        self.cut: list[Live] = []

    def advance(
        self,
        log_probs: NDArray[Any],
        names: NDArray[np.int64] | None,
        attention: list[NDArray[np.float32]] | None,
    ) -> list[int]:
        """log_probs (K, V) of the live hypotheses -> for each that lives on, the row it was.

        `names` has the token of each column, if that is not the column's own number.
        """
        search, live = self.search, self.live
        length = len(live[0].token_log_probs) + 1
        following: list[Live] = []
        parents: list[int] = []
        for rank, (row, column, token, allowed) in enumerate(self.best(log_probs, names, length)):
            if rank >= search.beam_size and len(following) == search.beam_size:
                break
            parent = live[row]
            log_prob = float(log_probs[row, column])
            ends = token == self.end_token
            if ends and rank >= search.beam_size:
                continue
            grown = Live(
                parent.tokens if ends else (*parent.tokens, token),
                (*parent.token_log_probs, log_prob),
                parent.attention if attention is None else (*parent.attention, attention[row]),
                parent.log_prob + log_prob,
                allowed,
            )
            if ends:
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

    def best(
        self, log_probs: NDArray[Any], names: NDArray[np.int64] | None, length: int
    ) -> Iterator[tuple[int, int, int, Any]]:
        """The ways to go on that are allowed, the likeliest first: row, column, token, and the
        state of the constraint after it. At least one if there is any; those that are not among
        the likeliest few are left out."""
        search, constraint = self.search, self.constraint
        before = np.array([h.log_prob for h in self.live], dtype=log_probs.dtype)
        repeats = [set(banned(h.tokens, search.no_repeat_ngram_size)) for h in self.live]
        early = length < search.min_tokens
        found = False
        for is_likely, row, column in ranked(log_probs, before, 4 * search.beam_size + 8):
            if found and not is_likely:
                return
            token = column if names is None else int(names[column])
            if token in self.forbidden or token in repeats[row]:
                continue
            if early and token == self.end_token:
                continue
            allowed = None
            if constraint is not None:
                allowed = constraint.extend(self.live[row].allowed, token)
                if allowed is None:
                    continue
            found = True
            yield row, column, token, allowed

    def result(self) -> list[Hypothesis]:
        found = self.finished or [finish(h, self.search, False) for h in self.cut]
        return sorted(found, key=lambda h: -h.score)


def ranked(
    log_probs: NDArray[Any], before: NDArray[Any], likely: int
) -> Iterator[tuple[bool, int, int]]:
    """(is likely, row, column) of all finite totals, log_probs (K, V) + before (K,), highest first;
    ties in reading order.

    At least `likely` of them come first, and the others are sorted only when they are asked for;
    of few totals all are likely.
    """
    rows, width = log_probs.shape
    folds = width // FOLD
    least = -np.inf
    above = None
    if folds > 1 and rows * FOLD >= likely:
        # The columns laid upon each other: as many totals as there are maxima from this one up
        # are no less than it.
        maxima = log_probs[:, : folds * FOLD].reshape(rows, folds, FOLD).max(axis=1)
        least = np.partition((maxima + before[:, None]).ravel(), -likely)[-likely]
        if np.isfinite(least):  # a little less, because a difference is rounded
            above = log_probs >= (least - before - SLACK)[:, None]
    finite = np.isfinite(log_probs) if above is None else above
    while True:
        places = np.flatnonzero(finite)
        totals = log_probs.ravel()[places] + before[places // width]
        order = np.argsort(-totals, kind="stable")
        for place, total in zip(places[order].tolist(), totals[order].tolist(), strict=True):
            yield total >= least, *divmod(place, width)
        if above is None:
            return
        finite, above = np.isfinite(log_probs) & ~above, None


SLACK = 1e-3
FOLD = 64


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
