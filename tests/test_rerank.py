"""The reranker of a beam and the judge of what is given: signals, order, files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarize.document.document import Document
from summarize.errors import CheckpointError
from summarize.models import judge as judging
from summarize.models import rerank as ranking
from summarize.models.base import Passage
from summarize.models.judge import Case, Judge
from summarize.models.rerank import (
    Line,
    Own,
    Reranker,
    Some,
    agreement,
    f1,
    features,
    longest_run,
    most_read,
    shares_of,
    similarities,
    taken_apart,
)
from summarize.models.scorer import Scorer, digest

SENTENCES = [
    "The council approved a bridge over the river.",
    "The bridge replaces a ferry.",
    "Prices for buses stay the same.",
]
TEXT = " ".join(SENTENCES)
STARTS = [0, len(SENTENCES[0]) + 1, len(SENTENCES[0]) + len(SENTENCES[1]) + 2]
LINES = st.builds(
    Line,
    st.text(max_size=60) | st.sampled_from(SENTENCES),
    st.lists(st.floats(-9, 0), max_size=5),
    st.floats(-20, 0),
    st.booleans(),
    st.sampled_from([(), (0.5, 0.3, 0.2), (1.0,)]),
)


def random_scorer(names: tuple[str, ...], seed: int = 5) -> Scorer:
    generator = np.random.default_rng(seed)
    size = len(names)
    return Scorer(
        names,
        generator.normal(size=size),
        generator.uniform(0.5, 2, size),
        generator.normal(size=(3, size + 1)),
        generator.normal(size=3),
    )


def random_judge(margin: float = 1.0) -> Judge:
    generator = np.random.default_rng(5)
    size = len(judging.NAMES)
    return Judge(
        generator.normal(size=size),
        generator.uniform(0.5, 2, size),
        generator.normal(size=size + 1),
        generator.normal(size=size + 1),
        {"title": margin, "tldr": margin},
    )


@settings(deadline=None)
@given(st.lists(LINES, min_size=1, max_size=5), st.sampled_from(["title", "tldr"]))
def test_signals_are_finite_and_the_order_has_each_line_once(lines: list[Line], style: str) -> None:
    rows = features(taken_apart(TEXT, STARTS, style), lines)
    assert rows.shape == (len(lines), len(ranking.NAMES))
    assert np.isfinite(rows).all()
    reranker = Reranker(random_scorer(ranking.NAMES))
    found = reranker.rank(Passage(TEXT, STARTS, []), style, lines)
    order, scores = found.order, found.scores
    assert sorted(order) == list(range(len(lines)))
    assert (np.diff(scores[order]) <= 0).all()
    standing = found.standing(order[0])
    assert 0 <= standing.agreement <= 1.000001 and standing.lead >= -1e-9


def test_a_passage_without_text_keeps_the_order_of_the_search() -> None:
    lines = [Line("a", [-1.0], -1, True), Line("b", [-2.0], -2, True)]
    reranker = Reranker(random_scorer(ranking.NAMES))
    assert reranker.rank(Passage("", [], []), "tldr", lines).order == [0, 1]


def named(lines: list[Line]) -> list[dict[str, float]]:
    rows = features(taken_apart(TEXT, STARTS, "tldr"), lines)
    return [dict(zip(ranking.NAMES, row, strict=True)) for row in rows]


def test_a_copy_an_invention_and_a_loose_end_are_seen() -> None:
    copy, invention, loose = named(
        [
            Line("the bridge replaces a ferry", [-0.1], -1, True, (0.1, 0.8, 0.1)),
            Line("A tunnel costs 900 euros", [-0.1], -2, True, (0.1, 0.8, 0.1)),
            Line('The bridge (over "the', [-0.1], -3, False, ()),
        ]
    )
    assert copy["known words"] == copy["known triples"] == copy["longest copy"] == 1
    assert copy["read sentence"] > invention["read sentence"]
    assert copy["new words"] == copy["new digits"] == 0
    assert invention["new words"] > 0 and invention["new digits"] == 1
    assert loose["unbalanced"] == loose["open end"] == loose["cut"] == 1


def test_agreement_is_highest_for_what_most_say() -> None:
    words = [s.lower().split() for s in (SENTENCES[0], SENTENCES[0], SENTENCES[2])]
    one, two = (agreement(same, np.ones(3)) for same in similarities(words))
    assert one[0] == one[1] > one[2]
    assert two[0] == two[1] > two[2]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from("abcd"), max_size=8), st.lists(st.sampled_from("abcd"), max_size=20)
)
def test_three_ways_to_f1(line: list[str], sentence: list[str]) -> None:
    common = sum((Counter(line) & Counter(sentence)).values())
    wanted = 2 * common / max(1, len(line) + len(sentence))
    text = taken_apart(" ".join(sentence), [0], "tldr")
    own = Own.of(" ".join(line))
    assert f1(line, sentence) == own.f1(Some.of(sentence)) == own.f1_of_each(text)[0] == wanted


@given(st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.9]), max_size=6))
def test_the_two_sentences_most_read_are_the_first_of_equals(shares: list[float]) -> None:
    assert list(most_read(shares)) == sorted(range(len(shares)), key=lambda i: -shares[i])[:2]


def test_the_longest_copy_is_counted_in_words() -> None:
    known = frozenset(zip("abcde", "bcdef", "cdefg", strict=True))
    assert longest_run([("x", "y", "z")], known) == 0
    assert longest_run([("a", "b", "c"), ("b", "c", "d"), ("q", "r", "s")], known) == 4


def test_attention_is_shared_out_to_sentences() -> None:
    generator = np.random.default_rng(2)
    attention = generator.uniform(size=(4, 9))
    attention /= attention.sum(axis=1, keepdims=True)
    wanted = [attention[:, a:b].sum(axis=1).mean() for a, b in ((0, 2), (2, 3), (3, 9))]
    np.testing.assert_allclose(shares_of(attention, [2, 1, 6]), wanted)
    assert shares_of(attention, [2, 1, 6, 5])[3] == 0  # a sentence that was not read
    assert shares_of(np.zeros((0, 9)), [2, 1, 6]) == []


@settings(deadline=None)
@given(st.text(max_size=80), st.floats(0, 1), st.floats(0, 1), st.sampled_from([None, 0, 2]))
def test_a_written_line_is_given_only_if_it_wins_by_the_margin(
    written: str, confidence: float, familiarity: float, chosen: int | None
) -> None:
    case = Case(Document.from_text(TEXT), written, chosen, confidence, familiarity, "tldr")
    found = random_judge().weigh(case)
    assert np.isfinite([found.gain, found.worth]).all()
    assert 0 <= found.worth <= 100
    assert found.is_written == (chosen is None or found.gain > 1.0)


def test_both_files_keep_their_weights() -> None:
    lines = [Line(s, [-0.5, -1.0], -float(n), True) for n, s in enumerate(SENTENCES)]
    made = Reranker(random_scorer(ranking.NAMES))
    found = Reranker.from_files({ranking.FILE: made.to_bytes()}, Path("folder"))
    assert found is not None
    text = taken_apart(TEXT, STARTS, "title", 0.5)
    np.testing.assert_allclose(found.scores(text, lines), made.scores(text, lines), atol=0.05)
    judge = random_judge()
    again = Judge.from_files({judging.FILE: judge.to_bytes()}, Path("folder"))
    case = Case(Document.from_text(TEXT), SENTENCES[1], 0, 0.5, 0.9, "title")
    assert again is not None
    np.testing.assert_allclose(again.weigh(case)[:2], judge.weigh(case)[:2], atol=0.1)
    assert Reranker.from_files({}, Path("folder")) is Judge.from_files({}, Path("folder")) is None


@pytest.mark.parametrize("kind", ["rerank", "judge"])
@pytest.mark.parametrize("damage", ["half", "digit", "nan", "shape", "names", "not json", "list"])
def test_a_damaged_file_is_refused_by_name(kind: str, damage: str) -> None:
    made = Reranker(random_scorer(ranking.NAMES)) if kind == "rerank" else random_judge()
    data = made.to_bytes()
    values = json.loads(data)
    del values["sha256"]
    if damage == "nan":
        values["mean"][0] = float("nan")
    elif damage == "shape":
        values["mean"] = values["mean"][1:]
    elif damage == "names":
        values["features"] = values["features"][1:]
    altered = {
        "half": data[: len(data) // 2],
        "digit": data.replace(b"-0.", b"-1.", 1),
        "not json": b"\xff\x00",
        "list": b"[]",
    }.get(damage, json.dumps({**values, "sha256": digest(values)}).encode())
    load = Reranker.from_files if kind == "rerank" else Judge.from_files
    with pytest.raises(CheckpointError, match=rf"folder.{kind}\.json"):
        load({f"{kind}.json": altered}, Path("folder"))
