"""The judge's price of doubt, and the decision that benchmarks/judge.py measures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarize.document.document import Document
from summarize.models.base import Standing
from summarize.models.judge import NAMES, PRICE, USUAL_DOUBT, Case, Judge, risk_of

ROOT = Path(__file__).parent.parent
DOCUMENT = Document.from_text("The council approved a bridge. The bridge replaces a ferry.")


def judge_of(gain: float) -> Judge:
    """Expects that gain of every line."""
    size = len(NAMES)
    weights = np.append(np.zeros(size), gain)
    return Judge(np.zeros(size), np.ones(size), weights, weights, {"title": 0.0, "tldr": 0.0})


def is_written(gain: float, doubt: float, style: str = "tldr") -> bool:
    case = Case(DOCUMENT, "A bridge", 0, 0.5, 1.0, style, Standing(0.5, 0.1, doubt))
    return judge_of(gain).weigh(case).is_written


@pytest.mark.parametrize("style", ["title", "tldr"])
@settings(deadline=None)
@given(st.floats(-20, 20), st.floats(0, 1), st.floats(0, 1))
def test_more_doubt_never_makes_a_line_written(
    style: str, gain: float, one: float, other: float
) -> None:
    more, less = max(one, other), min(one, other)
    assert is_written(gain, less, style) or not is_written(gain, more, style)


def test_a_doubted_line_must_win_and_one_beyond_doubt_may_lose_a_little() -> None:
    for style, price in PRICE.items():
        assert not is_written(price * (1 - USUAL_DOUBT) - 0.1, 1.0, style)
        assert is_written(price * (1 - USUAL_DOUBT) + 0.1, 1.0, style)
        assert is_written(-price * USUAL_DOUBT + 0.1, 0.0, style)
        assert not is_written(-price * USUAL_DOUBT - 0.1, 0.0, style)


def test_a_line_of_which_nothing_is_known_has_no_price() -> None:
    usual = Standing(0.5, 0.1, USUAL_DOUBT)
    assert risk_of(None, "tldr") == risk_of(usual, "tldr") == 0
    assert risk_of(usual._replace(doubt=0.5), "other") >= risk_of(
        usual._replace(doubt=0.5), "title"
    )


def test_the_benchmark_decides_as_the_judge_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from judge import Cases, curve, written_of

    generator = np.random.default_rng(3)
    gain, doubt = generator.uniform(-5, 5, 30), generator.uniform(0, 1, 30)
    styles = ["title", "tldr"] * 15
    decoded: Any = [type("D", (), {"style": s, "data": "general-dev"})() for s in styles]
    scores = generator.uniform(0, 60, (2, 30, 3))
    cases = Cases(decoded, np.zeros((30, 1)), doubt, *scores, np.zeros(30, np.int64))
    wanted = [is_written(*one) for one in zip(gain, doubt, styles, strict=True)]
    assert written_of(cases, gain).tolist() == wanted
    found = curve(cases, gain)
    shares = {name: values["all"]["share written"] for name, values in found.items()}
    assert (shares["always written"], shares["always chosen"]) == (1, 0)
    assert shares["auto"] == pytest.approx(np.mean(wanted), abs=1e-3)
