"""Choosing sentences: what may be chosen, how it is scored, and what several have in common."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarize.document.document import Document
from summarize.errors import CheckpointError
from summarize.models import selector as selecting
from summarize.models.candidates import candidates, is_statement
from summarize.models.extract import Extract, diverse
from summarize.models.scorer import Scorer, digest
from summarize.models.selector import (
    Scored,
    Selector,
    lexrank_and_position,
    score_sentences,
)
from summarize.models.sentence_features import NAMES, PUNCTUATION, features, marks
from summarize.models.term_vectors import (
    STOP_WORDS,
    WORD,
    centroid,
    lexrank,
    terms,
    vectors_of,
    words_of,
)
from summarize.pipeline.selection import scores, select

PROSE = [
    "The council approved a new bridge over the river on Monday evening.",
    "The bridge will replace a ferry that has carried cars since 1950.",
    "Construction of the bridge starts in May and takes two years.",
    "Owners of the ferry said they expect to sell the boat.",
    "Ticket prices for buses in the valley stay the same this year.",
]
NOISE = [
    "tar --create [--file ARCHIVE] [OPTION]... [FILE]... and some more words.",
    "THE AUTHORS ARE NOT LIABLE FOR ANY DAMAGE FROM ITS USE.",
    "--verbose print more about what happens on every line.",
    "Copyright 2019 The Example Authors. All rights reserved by them.",
    "$ sudo apt install the package and all that it needs.",
    "[12:03] see you all at the usual place then.",
    "Best regards from all of us in the office.",
    "![build](https://example.org/build.svg) and more of these badges here.",
]
WORDS = st.sampled_from("river bridge ferry council price valley owner the of is in".split())
SENTENCE = st.lists(WORDS, min_size=1, max_size=12).map(lambda words: " ".join(words) + ".")
TEXT = st.lists(st.one_of(SENTENCE, st.text(max_size=40), st.sampled_from(NOISE)), max_size=12)


def random_selector(seed: int = 3, hidden: int = 4) -> Selector:
    generator = np.random.default_rng(seed)
    size = len(NAMES)
    return Selector(
        {"bridg": 1.0, "river": -0.5},
        Scorer(
            NAMES,
            generator.normal(size=size),
            generator.uniform(0.5, 2, size),
            generator.normal(size=(hidden, size + 1)),
            generator.normal(size=hidden),
        ),
    )


@pytest.fixture
def unsupervised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selecting, "shipped_selector", lambda: None)


@pytest.mark.parametrize("noise", NOISE)
def test_what_is_not_prose_is_no_statement(noise: str) -> None:
    assert not is_statement(noise, "paragraph")
    document = Document.from_text(f"{noise}\n\n{PROSE[0]}\n\n{noise}")
    assert [document.sentence_text(i) for i in candidates(document)] == [PROSE[0]]


def test_headings_are_never_chosen_where_there_is_prose() -> None:
    document = Document.from_text("# The new bridge is over the river.\n\n" + " ".join(PROSE))
    kinds = {document.blocks[document.sentences[i].block].kind for i in candidates(document)}
    assert kinds == {"paragraph"}


def test_an_item_needs_a_verb_or_an_end() -> None:
    assert is_statement("the council has approved a new bridge", "item")
    assert not is_statement("a new bridge over the wide river", "item")
    assert not is_statement("the council has approved a new bridge", "paragraph")
    assert is_statement("the council has approved a new bridge", "paragraph", is_spoken=True)
    assert not is_statement("The bridges that were built of wood, e.g.", "paragraph")


@settings(deadline=None)
@given(TEXT, st.integers(0, 5))
def test_selected_sentences_exist_once_and_in_order(lines: list[str], count: int) -> None:
    document = Document.from_text("\n\n".join(lines))
    found = select(document, count, selector=random_selector())
    assert found == sorted(set(found))
    assert len(found) <= count
    assert all(0 <= i < len(document.sentences) for i in found)
    if count and document.sentences:
        assert found
    every = scores(document, selector=random_selector())
    assert every.shape == (len(document.sentences),)
    if count == 1 and found:
        assert every[found[0]] == every.max()


def test_a_first_line_that_introduces_a_package_may_be_chosen() -> None:
    rest = "\n\nIt was rewritten from scratch by its first author."
    for line in ("azr (organ simulator for jack)", "Lyx - A WYSIWYM document processor."):
        assert candidates(Document.from_text(line + rest))[0] == 0
    for line in ("2.1 (released in May of this year)", "azr (1998)"):
        assert 0 not in candidates(Document.from_text(line + rest))


@settings(deadline=None)
@given(TEXT)
def test_features_are_finite(lines: list[str]) -> None:
    document = Document.from_text("\n\n".join(lines))
    chosen = candidates(document)
    if chosen:
        rows = features(document, chosen, {"river": 1.0})
        assert rows.shape == (len(chosen), len(NAMES))
        assert np.isfinite(rows).all()


@given(st.text(max_size=80) | st.text(st.characters(codec="ascii"), max_size=80))
def test_the_quick_way_through_ascii_finds_what_the_patterns_find(text: str) -> None:
    assert words_of(text) == WORD.findall(text)
    assert marks(text) == len(PUNCTUATION.findall(text))


@settings(deadline=None)
@given(TEXT, st.sampled_from(["title", "tldr"]))
def test_a_document_that_was_scored_before_is_scored_alike(lines: list[str], style: str) -> None:
    selector = random_selector()
    first = Document.from_text("\n\n".join(lines))
    again = Document.from_text("\n\n".join(line.replace(" ", "\n") for line in lines))
    for document in (first, again):
        found = score_sentences(document, style, selector)
        wanted = selecting.score(document, style, selector)
        assert found.sentences == wanted.sentences
        np.testing.assert_allclose(found.scores, wanted.scores)


def dense_vectors(sentences: list[str]) -> np.ndarray:
    words = [[t for t in terms(s) if t not in STOP_WORDS] for s in sentences]
    vocabulary = sorted({t for s in words for t in s})
    tf = np.array([[s.count(t) for t in vocabulary] for s in words], dtype=float)
    weights = np.where(tf > 0, 1 + np.log(np.maximum(tf, 1)), 0)
    weights *= np.log(1 + len(words) / (tf > 0).sum(axis=0))
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


def test_lexrank_is_pagerank_over_the_matrix_of_cosines() -> None:
    x = dense_vectors(PROSE)
    similar = x @ x.T
    np.fill_diagonal(similar, 0)
    step = similar / similar.sum(axis=1, keepdims=True)
    # The stationary distribution, from a linear system and not by iterating.
    count = len(PROSE)
    rank = np.linalg.solve(np.eye(count) - 0.85 * step.T, np.full(count, 0.15 / count))
    found, _ = vectors_of([terms(s) for s in PROSE])
    np.testing.assert_allclose(lexrank(found), rank / rank.max(), atol=1e-3)
    middle = x @ x.sum(axis=0)
    np.testing.assert_allclose(centroid(found), middle / middle.max(), atol=1e-9)
    np.testing.assert_allclose(found.similarity(2), x @ x[2], atol=1e-9)


def test_sentences_without_a_word_in_common_rank_alike() -> None:
    found, _ = vectors_of([["bridge"], ["ferry"], ["the", "of"], []])
    np.testing.assert_allclose(lexrank(found), 1)


@pytest.mark.usefixtures("unsupervised")
def test_without_weights_lexrank_and_position_decide() -> None:
    document = Document.from_text(" ".join(PROSE))
    found = score_sentences(document)
    assert found.scores.tolist() == lexrank_and_position(document, found.sentences).tolist()
    assert select(document, 1) == [found.best]


@pytest.mark.usefixtures("unsupervised")
def test_nothing_is_said_twice() -> None:
    document = Document.from_text("\n\n".join([PROSE[0], PROSE[0], PROSE[0], *PROSE[3:]]))
    texts = [document.sentence_text(i) for i in select(document, 4)]
    assert len(texts) == len(set(texts)) == 3


def test_of_equal_sentences_those_that_differ_are_taken() -> None:
    same = [f"The council approved the bridge over the river in vote {n}." for n in range(5)]
    document = Document.from_text(" ".join([*same, PROSE[4]]))
    every = list(range(len(document.sentences)))
    assert diverse(document, Scored(every, np.ones(len(every))), 2) == [0, len(every) - 1]


def test_weights_survive_the_file(tmp_path: Path) -> None:
    made = random_selector()
    made.save(tmp_path / "selector.json")
    document = Document.from_text(" ".join(PROSE))
    found = Selector.load(tmp_path / "selector.json")
    chosen = candidates(document)
    wanted = made.score(document, chosen)
    np.testing.assert_allclose(found.score(document, chosen), wanted, rtol=0.02, atol=0.02)


@pytest.mark.parametrize("key", ["cues", "mean", "scale", "hidden", "output"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "three", None, [1.0]])
def test_unusable_weights_are_refused_even_with_a_right_hash(
    tmp_path: Path, key: str, value: object
) -> None:
    path = tmp_path / "selector.json"
    random_selector().save(path)
    payload = json.loads(path.read_text())
    del payload["sha256"]
    if key == "cues":
        payload[key] = {"bridg": value}
    elif isinstance(value, list):
        payload[key] = value
    else:
        row = payload[key][0] if key == "hidden" else payload[key]
        row[0] = value
    path.write_text(json.dumps({**payload, "sha256": digest(payload)}))
    with pytest.raises(CheckpointError, match="selector.json"):
        Selector.load(path)


def test_a_changed_digit_a_cut_and_an_old_list_of_features_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "selector.json"
    random_selector().save(path)
    text = path.read_text()
    payload = json.loads(text)
    del payload["sha256"]
    payload["features"] = payload["features"][::-1]
    old = json.dumps({**payload, "sha256": digest(payload)})
    for wrong in (text.replace("1.0", "1.1", 1), text[: len(text) // 2], "[]", "", old):
        path.write_text(wrong)
        with pytest.raises(CheckpointError):
            Selector.load(path)


def test_the_shipped_weights_load() -> None:
    assert selecting.shipped_selector() is not None


@pytest.mark.parametrize(
    "text",
    [
        "The work may be used if the following conditions are met: 1.",
        '1.1. "Contributor" means each person that creates or owns the covered software.',
        "If you need those settings, remove the comment and # make your intended change.",
    ],
)
def test_numbers_of_lists_and_marks_of_comments_are_no_candidates(text: str) -> None:
    assert not is_statement(text, "paragraph")
    assert is_statement("The bridge was opened in 2026: it cost 1.5 million.", "paragraph")


PAGE = """NAME
       tides - compute the tides of a harbour

SYNOPSIS
       tides [OPTION]... HARBOUR

DESCRIPTION
       The tides of a harbour follow from ten constants that are measured once. They are printed for
       a year.

OPTIONS
       -v, --verbose
              Print the constants of the harbour and the tides of every hour of the year.

AUTHOR
       The tides of a harbour were computed by Ann Example, who wrote this page.
"""


def test_of_a_manual_page_the_name_comes_first_and_options_never() -> None:
    document = Document.from_text(PAGE)
    assert document.kind == "manpage" and document.name_line is not None
    texts = [document.sentence_text(i) for i in Extract().choose(document, 5)]
    assert texts[0] == "tides - compute the tides of a harbour"
    assert texts[1:] == [
        "The tides of a harbour follow from ten constants that are measured once.",
        "They are printed for a year.",
    ]
