from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarize.rnn.beam_search import (
    Hypothesis,
    Search,
    banned,
    beam_search_stream,
    ranked,
)

END = 0


class Table:
    """A language model by lookup: the state is the history, log_probs a function of it."""

    def __init__(self, vocab: int, seed: int) -> None:
        self.vocab, self.seed = vocab, seed

    def log_probs(self, history: tuple[int, ...]) -> np.ndarray[Any, Any]:
        generator = np.random.default_rng([self.seed, *history])
        logits = generator.normal(0, 2, self.vocab)
        return logits - np.log(np.exp(logits).sum())

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        state = [(*history, int(t)) for history, t in zip(state, tokens, strict=True)]
        return np.stack([self.log_probs(history) for history in state]), state

    def select(self, state: Any, rows: Any) -> Any:
        return [state[row] for row in rows]

    @staticmethod
    def join(states: list[Any]) -> Any:
        return [history for state in states for history in state]


def beam_search(table: Any, state: Any, search: Search, **rest: Any) -> list[Hypothesis]:
    """One document alone."""
    ((_, found),) = beam_search_stream(table, [state], 1, END, search, **rest)
    return found


def run(table: Table, **options: Any) -> Any:
    search = Search(**{"no_repeat_ngram_size": 0, "max_tokens": 5, **options})
    return beam_search(table, [()], search)


def exhaustive(table: Table, longest: int, length_penalty: float) -> tuple[int, ...]:
    """The best of every finished sequence, by the definition of the score."""
    found = {}
    for length in range(longest):
        for tokens in itertools.product(range(1, table.vocab), repeat=length):
            log_prob, history = 0.0, (1,)
            for token in (*tokens, END):
                log_prob += table.log_probs(history)[token]
                history = (*history, token)
            found[tokens] = log_prob / ((5 + length + 1) / 6) ** length_penalty
    return max(found, key=lambda tokens: found[tokens])


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), penalty=st.sampled_from([0.0, 0.7, 1.0, 2.0]))
def test_a_beam_as_wide_as_the_search_space_finds_the_best(seed: int, penalty: float) -> None:
    table = Table(vocab=4, seed=seed)
    found = run(table, beam_size=400, length_penalty=penalty)
    assert found[0].tokens == exhaustive(table, 5, penalty)
    assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 10_000))
def test_beam_one_equals_greedy(seed: int) -> None:
    table = Table(vocab=6, seed=seed)
    history: tuple[int, ...] = (1,)
    greedy: list[int] = []
    for _ in range(5):
        token = int(table.log_probs(history).argmax())
        if token == END:
            break
        greedy.append(token)
        history = (*history, token)
    assert list(run(table, beam_size=1)[0].tokens) == greedy


@settings(deadline=None, max_examples=20)
@given(
    seeds=st.lists(st.integers(1, 10_000), max_size=7),
    room=st.integers(1, 4),
    beam=st.integers(1, 3),
)
def test_documents_that_enter_and_leave_are_searched_as_alone(
    seeds: list[int], room: int, beam: int
) -> None:
    """A document is a first word of the history, so that each has its own probabilities."""

    class Watched(Table):
        def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
            in_step.append(len({history[0] for history in state}))
            return super().step(tokens, state)

    in_step: list[int] = []
    table = Watched(vocab=5, seed=3)
    search = Search(beam_size=beam, max_tokens=6, no_repeat_ngram_size=2, patience=1.5)
    starts = [[(seed,)] for seed in seeds]
    found = dict(beam_search_stream(table, starts, 1, END, search, room=room))
    assert sorted(found) == list(range(len(seeds)))
    assert max(in_step, default=0) <= room
    for number, start in enumerate(starts):
        alone = beam_search(table, start, search)
        assert list(map(facts, found[number])) == list(map(facts, alone))


def facts(found: Hypothesis) -> tuple[Any, ...]:
    return found.tokens, found.score, found.token_log_probs


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_a_constraint_is_a_mask_over_the_tokens(seed: int) -> None:
    """What may follow is what a table would give without the others; here an odd token only after
    an even one, and an end only after two tokens."""

    class Masked(Table):
        def log_probs(self, history: tuple[int, ...]) -> np.ndarray[Any, Any]:
            return np.where(allowed(history[1:]), super().log_probs(history), -np.inf)

    def allowed(history: tuple[int, ...]) -> list[bool]:
        return [
            len(history) >= 2 if token == END else not (token % 2 and history and history[-1] % 2)
            for token in range(6)
        ]

    class Rule:
        start = ()

        def extend(self, state: tuple[int, ...], token: int) -> tuple[int, ...] | None:
            return (*state, token) if allowed(state)[token] else None

    search = Search(beam_size=3, max_tokens=6, no_repeat_ngram_size=0)
    masked = beam_search(Masked(6, seed), [()], search)
    ruled = beam_search(Table(6, seed), [()], search, constraints=[Rule()])
    assert [(h.tokens, h.score) for h in masked] == [(h.tokens, h.score) for h in ruled]


@settings(deadline=None, max_examples=40)
@given(
    rows=st.integers(1, 4),
    width=st.sampled_from([1, 5, 64, 127, 128, 300]),
    likely=st.integers(1, 40),
    seed=st.integers(0, 10_000),
)
def test_ranked_is_sorted(rows: int, width: int, likely: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    log_probs = generator.integers(-9, 9, (rows, width)).astype(np.float32)  # many ties
    log_probs[generator.random((rows, width)) < 0.3] = -np.inf
    before = generator.integers(-9, 9, rows).astype(np.float32)
    found = list(ranked(log_probs, before, likely))
    flat = (log_probs + before[:, None]).ravel()
    order = [i for i in np.argsort(-flat, kind="stable").tolist() if np.isfinite(flat[i])]
    assert [(row, column) for _, row, column in found] == [divmod(i, width) for i in order]
    assert all(is_likely for is_likely, _, _ in found[:likely])


@pytest.mark.parametrize("beam_size", [1, 3, 8])
def test_length_limits_hold(beam_size: int) -> None:
    for seed in range(20):
        table = Table(vocab=5, seed=seed)
        for found in run(table, beam_size=beam_size, min_tokens=3, max_tokens=4):
            assert 3 <= len(found.token_log_probs) <= 4
            assert found.finished == (len(found.token_log_probs) == len(found.tokens) + 1)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_ngram_is_written_twice(size: int) -> None:
    for seed in range(20):
        options = {"beam_size": 3, "no_repeat_ngram_size": size, "max_tokens": 12}
        tokens = run(Table(vocab=5, seed=seed), **options)[0].tokens
        grams = [tokens[i : i + size] for i in range(len(tokens) - size + 1)]
        assert len(grams) == len(set(grams))


def test_when_everything_is_banned_the_search_still_answers() -> None:
    table = Table(vocab=3, seed=1)
    options = {"beam_size": 2, "no_repeat_ngram_size": 1, "min_tokens": 12, "max_tokens": 12}
    found = run(table, **options)
    assert found and not found[0].finished


def test_forbidden_tokens_are_never_written() -> None:
    for seed in range(10):
        search = Search(beam_size=4, max_tokens=6, no_repeat_ngram_size=0)
        for found in beam_search(Table(5, seed), [()], search, forbidden=[2, 3]):
            assert not {2, 3} & set(found.tokens)


@given(st.lists(st.integers(0, 3), max_size=12), st.integers(1, 4))
def test_banned_is_what_would_repeat(tokens: list[int], size: int) -> None:
    history = tuple(tokens)
    seen = {history[i : i + size] for i in range(len(history) - size + 1)}
    for token in range(4):
        tail = (*history[max(0, len(history) - size + 1) :], token)
        repeats = len(tail) == size and tail in seen
        assert (token in banned(history, size)) == repeats


def test_coverage_prefers_reading_everything() -> None:
    """Two equally likely summaries; one reads both source positions, one reads the first twice."""

    class Reader:
        def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
            rows = []
            looks = []
            for token in tokens:
                looks.append([0.0, 1.0] if token == 3 else [1.0, 0.0])
                rows.append([-9.0, -9.0, -0.7, -0.71] if token == 1 else [-0.1, -9.0, -9.0, -9.0])
            state = State(np.array(looks, dtype=np.float32))
            return np.array(rows), state

        def select(self, state: Any, rows: Any) -> Any:
            return State(state.attention[rows])

    class State:
        def __init__(self, attention: Any) -> None:
            self.attention = attention

    for penalty, expected in ((0.0, (2,)), (1.0, (3,))):
        search = Search(beam_size=2, coverage_penalty=penalty, max_tokens=3)
        assert beam_search(Reader(), State(None), search)[0].tokens == expected
