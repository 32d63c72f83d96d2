"""The plain check of names and numbers finds what is missing, and nothing in a text's own words."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from plain import Vouching, names_and_numbers

TEXT = "Ada Lovelace met the London team on 12 March 2019. GPT-4 scored 3.5 points for networks."


def test_names_and_numbers_inside_sentences() -> None:
    found = names_and_numbers("The team met Ada. Later GPT-4 scored (3.5) for iPhones")
    assert found == ["Ada.", "GPT-4", "(3.5)", "iPhones"]


def test_three_ways_to_be_in_a_text() -> None:
    known = Vouching(TEXT)
    assert known.missing("met Ada, on 12 March") == []
    assert known.missing("met Charles, on 13 March") == ["Charles,", "13"]
    # "Love" is a part of a word; "Network" has the stem of one.
    assert known.missing("a Love of Network") == []
    assert known.missing_words("a Love of Network") == ["Love", "Network"]
    assert known.missing_stems("a Love of Network") == ["Love"]


@given(st.text(max_size=60))
def test_a_text_lacks_nothing_of_its_own(text: str) -> None:
    known = Vouching(text)
    assert known.missing(text) == known.missing_words(text) == known.missing_stems(text) == []
