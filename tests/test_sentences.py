"""Chunks of whole sentences: the most that fits, found in few trials."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from summarize.document.sentences import chunks, largest, sentences


@given(st.integers(1, 200), st.integers(0, 250), st.integers(1, 250))
def test_the_largest_that_holds_is_found_from_any_guess(most: int, limit: int, first: int) -> None:
    tried: list[int] = []

    def holds(n: int) -> bool:
        assert 1 <= n <= most and n not in tried
        tried.append(n)
        return n <= limit

    found = largest(most, holds, first)
    assert found == min(most, limit)
    # Steps double, then halve: a guess that is right needs two trials, one that is far off few.
    distance = abs(min(first, most) - found)
    assert len(tried) <= 2 + 2 * math.ceil(math.log2(distance + 2))


@given(st.lists(st.integers(1, 30), max_size=40), st.integers(30, 120))
def test_each_chunk_is_as_long_as_fits(lengths: list[int], limit: int) -> None:
    text = " ".join("Word" + " word" * (n - 1) + "." for n in lengths)
    every = list(sentences(text))
    found = list(chunks(text, lambda part: len(part.split()) <= limit))
    assert " ".join(found).split() == text.split()
    starts = [len(" ".join(found[:i]).split()) for i in range(len(found))]
    for start, part in zip(starts, found, strict=True):
        words = len(part.split())
        assert words <= limit
        following = [s for i, s in enumerate(every) if sum(lengths[:i]) == start + words]
        assert not following or words + len(following[0].split()) > limit


def test_the_next_chunk_is_guessed_from_the_last() -> None:
    for parts in (["word"] * 4000, ["w" * 4000], [f"word{'s' * (i % 7)}" for i in range(4000)]):
        text, tried = " ".join(parts) + ".", []

        def fits(part: str, tried: list[str] = tried) -> bool:
            tried.append(part)
            return len(part) <= 400

        found = list(chunks(text, fits))
        assert "".join(found).replace(" ", "") == text.replace(" ", "")
        assert len(tried) < 4.5 * len(found) + 30
