"""Which words of a text a summary would take: probabilities, what a line can expect, the file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarize.errors import CheckpointError
from summarize.models import content as module
from summarize.models.content import ContentModel, Contents, contents_of, shipped_content
from summarize.models.content_features import NAMES, PAIR_NAMES, TABLES, Tables, look
from summarize.models.scorer import digest, from_bytes
from summarize.models.term_vectors import terms

SENTENCES = [
    "We propose a long-range sensor for ice.",
    "The sensor measures ice under 3 km of snow, as NASA does.",
    "Snow was heavy.",
]
EMPTY = Tables({"~": 0, ".": 1}, np.zeros((len(TABLES), 2)))
TEXTS = st.lists(st.text(max_size=60) | st.sampled_from(SENTENCES), max_size=5)


def seen(sentences: list[str], tables: Tables = EMPTY) -> dict[str, dict[str, float]]:
    found = look(sentences, tables, True, True)
    assert found is not None
    return {
        word: dict(zip(NAMES, row, strict=True))
        for word, row in zip(found.words, found.rows.tolist(), strict=True)
    }


@settings(deadline=None)
@given(TEXTS, st.sampled_from(["title", "tldr"]), st.booleans())
def test_every_word_of_a_text_has_a_probability(
    sentences: list[str], style: str, is_paper: bool
) -> None:
    found = contents_of(tuple(sentences), style, is_paper)
    assert all(0 <= p <= 1 for p in [*found.words.values(), *found.pairs.values()])
    assert found.length > 0
    assert found.total == pytest.approx(sum(found.words.values()))
    for sentence in sentences:
        expected = found.expected(terms(sentence))
        assert np.isfinite(expected).all()
        assert 0 <= expected.precision <= 1 and 0 <= expected.recall <= 1.000001


def test_words_are_seen_as_they_stand() -> None:
    found = seen(SENTENCES)
    assert {w for w, row in found.items() if row["hyphen"]} == {"long", "rang"}
    assert found["nasa"]["upper"] == found["nasa"]["capital"] == 1
    assert found["snow"]["capital"] == found["the"]["capital"] == 0  # only at the start of one
    assert found["ice"]["first sentence"] == found["ice"]["second sentence"] == 1
    assert found["snow"]["first sentence"] == 0 and found["snow"]["last sentence"] == 1
    assert found["3"]["digit"] == 1
    assert np.exp(found["sensor"]["log count"]) == pytest.approx(2)
    assert found["ice"]["purpose"] == 1 and found["km"]["purpose"] == 0
    assert found["long"]["after purpose"] > found["ice"]["after purpose"] > 0


def test_neighbours_and_endings_are_looked_up() -> None:
    words = ["~", "-vel", ".", "the", "novel"]
    values = np.arange(len(TABLES) * len(words), dtype=float).reshape(len(TABLES), -1)
    tables = Tables({word: i for i, word in enumerate(words)}, values)
    found = seen(["The gravel moves."], tables)
    odds, behind, before = (values[TABLES.index(n)] for n in ("paper title", "behind", "before"))
    assert found["the"]["log odds"] == odds[3] and found["gravel"]["log odds"] == odds[1]
    assert found["move"]["log odds"] == odds[0] and found["move"]["unknown"] == 1
    assert found["gravel"]["behind"] == behind[3] and found["the"]["behind"] == behind[2]
    assert found["the"]["before"] == before[1] and found["move"]["before"] == before[2]


def test_pairs_stand_side_by_side_in_one_sentence() -> None:
    found = look(SENTENCES, EMPTY, False, False)
    assert found is not None and found.pair_rows.shape == (len(found.pairs), len(PAIR_NAMES))
    wanted = {p for s in SENTENCES for w in [terms(s)] for p in zip(w, w[1:], strict=False)}
    assert {(found.words[a], found.words[b]) for a, b in found.pairs.tolist()} == wanted


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=8))
def test_what_a_line_can_expect_is_what_a_draw_has_on_average(line: list[str]) -> None:
    """Against references drawn word by word, all as long as is expected."""
    words = {"a": 0.9, "b": 0.5, "c": 0.1, "d": 0.0, "e": 0.3}
    contents = Contents(words, {("a", "b"): 0.5}, {"f": 0.2}, 4.0, sum(words.values()), ("a", "e"))
    draws = np.random.default_rng(1).uniform(size=(4000, 7)) < [0.9, 0.5, 0.1, 0, 0.3, 0.2, 0]
    here = ["abcdefg".index(w) for w in set(line)]
    common = draws[:, here].sum(axis=1).mean()
    found = contents.expected(line)
    assert found.f1 == pytest.approx(2 * common / (len(line) + 4), abs=0.03)
    assert found.precision == pytest.approx(common / len(line), abs=0.03)
    assert found.omitted == max((words[w] for w in "ae" if w not in line), default=0)
    has_pair = ("a", "b") in zip(line, line[1:], strict=False)
    assert found.pairs_f1 == pytest.approx(has_pair * 0.5 * 2 / (len(line) + 3))


def test_the_file_keeps_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = shipped_content()
    data = model.to_bytes()
    assert len(data) < 160_000
    again = ContentModel.from_dict(from_bytes(data))
    first = model.contents(SENTENCES, "title", True)
    second = again.contents(SENTENCES, "title", True)
    assert first.words == pytest.approx(second.words, abs=0.01)
    assert again.tables.index == model.tables.index


@pytest.mark.parametrize("damage", ["half", "names", "table", "missing"])
def test_a_damaged_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    values = from_bytes(module.FILE.read_bytes())
    if damage == "names":
        values["word"]["features"] = values["word"]["features"][1:]
    if damage == "table":
        values["tables"]["behind"] = values["tables"]["behind"][:-5]
    data = json.dumps({**values, "sha256": digest(values)}).encode()
    path = tmp_path / "content.json"
    if damage != "missing":
        path.write_bytes(data[: len(data) // 2] if damage == "half" else data)
    monkeypatch.setattr(module, "FILE", path)
    shipped_content.cache_clear()
    with pytest.raises(CheckpointError, match=r"content\.json"):
        shipped_content()
    monkeypatch.undo()
    shipped_content.cache_clear()
