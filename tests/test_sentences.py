"""Sentences: whole, in order, with nothing lost, however odd the text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from summarize.document.sentences import WINDOW, bounded, is_finished, sentences, spans

ODD = st.text(alphabet="ab .!?“”()[]'\"12\n\u0301。", max_size=300)


@given(ODD)
def test_spans_hold_every_letter_in_order(text: str) -> None:
    found = list(spans(text))
    assert "".join("".join(text[a:b].split()) for a, b in found) == "".join(text.split())
    for start, end in found:
        assert text[start:end] == text[start:end].strip() != ""


@given(st.integers(1, 60), st.integers(1, 400))
def test_long_texts_are_divided_as_short_ones(count: int, words: int) -> None:
    sentence = "Word" + " word" * words + "."
    text = " ".join([sentence] * count)
    found = [text[start:end] for start, end in spans(text)]
    assert found == [sentence] * count


def test_names_with_a_full_stop_are_whole() -> None:
    for name in ("ASP.NET", "torch.Tensor", "README.SBo", "nova.exception_Remote.ComputeHost"):
        assert list(sentences(f"We use {name} here. It works.")) == [
            f"We use {name} here.",
            "It works.",
        ]
    assert list(sentences("It ended.Then it began.")) == ["It ended.", "Then it began."]
    assert len(list(sentences("Конец.Начало было."))) == 2
    assert all(end - start <= WINDOW for start, end in spans("Ab.Cd " * 2000))


def test_an_opening_quotation_mark_belongs_to_what_it_opens() -> None:
    text = 'It began at Fort Riley. "On the morning of March 11, a cook was ill," he said. He left.'
    found = list(sentences(text))
    assert found[0] == "It began at Fort Riley." and found[1].startswith('"On the morning')
    assert " ".join(found) == text


def test_what_never_ends_is_cut() -> None:
    found = list(spans("a" * (3 * WINDOW)))
    assert [end - start for start, end in found] == [WINDOW] * 3


def test_of_a_text_headings_items_and_rows_stand_alone() -> None:
    text = "# Name\nOne here. Two\nthere.\n- an item\n- another\n\n| a | b |\n| 1 | 2 |"
    assert list(sentences(text)) == [
        *("Name", "One here.", "Two there.", "an item", "another", "| a | b |", "| 1 | 2 |")
    ]


def test_what_ends_as_a_sentence_is_left_whole() -> None:
    whole = "word " * 60 + "end"
    for end in (".", "!", ".)", '." [12]', ".”)", "?’ [a] [b]"):
        assert is_finished(whole + end) and bounded(whole + end) == whole + end
    for end in ("", ",", ")", " [12]"):
        assert not is_finished(whole + end) and bounded(whole + end).endswith(" …")
