"""A line joined from places far apart is doubted more than one that stands in the text."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from summarize.models.doubt import SIGNALS, doubts, signals
from summarize.models.rerank import Line, doubt_signals, features, taken_apart

SENTENCES = (
    "The council does not allow cars in the old town. ",
    "The museum lends bicycles to every visitor of the harbour.",
)
TEXT = "".join(SENTENCES)


def doubt_of(*lines: str, shares: tuple[float, float] = (1.0, 0.0)) -> list[float]:
    found = [Line(line, [-0.3] * 9, 0.0, True, shares) for line in lines]
    text = taken_apart(TEXT, [0, len(SENTENCES[0])], "tldr")
    return list(doubts(doubt_signals(text, found, features(text, found))))


def test_joined_from_two_sentences() -> None:
    whole, joined = doubt_of(
        "The museum lends bicycles to every visitor",
        "The council lends cars to every harbour",
        shares=(0.0, 1.0),
    )
    assert whole < joined


def test_a_lost_denial() -> None:
    kept, lost = doubt_of(
        "The council does not allow cars in the old town",
        "The council does allow cars in the old town",
    )
    assert kept < lost


@given(st.lists(st.lists(st.floats(-20, 20), min_size=7, max_size=7), min_size=1, max_size=5))
def test_between_0_and_1(rows: list[list[float]]) -> None:
    found = doubts(np.array(rows))
    assert found.shape == (len(rows),) and ((found >= 0) & (found <= 1)).all()


def test_without_attention() -> None:
    columns = {name: np.zeros(1) for name in SIGNALS}
    found = signals([["a"]], [["a"]], [()], columns)
    assert found.shape == (1, len(SIGNALS)) and np.isfinite(found).all()
