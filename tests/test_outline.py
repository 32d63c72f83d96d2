"""Several sentences: each can be understood by itself, where the document has such."""

from __future__ import annotations

import numpy as np
import pytest

from summarize import Document, Options
from summarize.models.extract import Extract
from summarize.pipeline.outline import best_alone, choose_several, leaning, leans

ALONE = [
    "The harbour will close its northern basin on Monday.",
    "This page tells how a basin is closed.",
    "There are three basins in the harbour.",
    "Another year of repairs has begun in the harbour.",
    "npm installs the packages of a project.",
]
LEANING = [
    "However, the ships may stay.",
    "It costs eleven million crowns.",
    "This makes the way longer.",
    "For example, small boats may pass.",
    "With such repairs the way is longer.",
    "parent-scoped counters, and",
    "Parts of the northern basin and",
]


@pytest.mark.parametrize("sentence", [s for s in ALONE if s[0].isupper()])
def test_what_stands_by_itself(sentence: str) -> None:
    assert not leans(sentence)


@pytest.mark.parametrize("sentence", LEANING)
def test_what_leans_on_something_said_before(sentence: str) -> None:
    assert leans(sentence)


def document(*sentences: str) -> Document:
    return Document.from_text(" ".join(sentences))


TEXT = document(
    "The port of Aldersund will close its northern basin for repairs from May to September.",
    "It will therefore be hard for ships to moor in the northern basin of the port of Aldersund.",
    "Divers found cracks in the foundations of the northern basin of the port in February.",
    "The repairs of the northern basin cost eleven million crowns, the port of Aldersund says.",
    "Fishermen of Aldersund fear that the repairs of the port will cost them an hour a day.",
    "The auction hall of the port of Aldersund stays open during the repairs of the basin.",
)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_as_many_sentences_none_of_which_leans(count: int) -> None:
    found = choose_several(TEXT, Options(sentences=count), Extract())
    assert len(found) == count and found == sorted(set(found))
    assert leaning(TEXT, found) == []


def test_lines_of_an_outline_stand_by_themselves() -> None:
    values = np.array([0.0, 1.0, 0.9, 0.2, 0.1, 0.3])
    assert best_alone(TEXT, [1, 2, 3], values) == 2
    assert best_alone(TEXT, [1, 3], values) == 1  # the other is far worse


def test_where_every_sentence_leans_they_are_given_all_the_same() -> None:
    text = document(*[f"It was the {n} ship that came to the harbour." for n in ("red", "old")] * 2)
    assert choose_several(text, Options(sentences=2), Extract())
