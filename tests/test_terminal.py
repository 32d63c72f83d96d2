from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from summarize.views.terminal import columns, visible, wrapped


def test_attacks_are_shown() -> None:
    attack = "\x1b[2J\x9b31m\u202egnp.exe\u2066\u200f\r\x07\x7f\U000e0041\ud800"
    shown = visible(attack)
    assert shown.isascii()
    assert "\\u001b[2J\\u009b31m\\u202egnp" in shown


@given(st.text())
def test_nothing_left_can_act(text: str) -> None:
    for character in visible(text):
        assert unicodedata.category(character) not in ("Cc", "Cs") or character in "\t\n"
        assert unicodedata.bidirectional(character) not in ("RLO", "LRO", "RLE", "LRE", "PDF")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_json_stays_json(text: str) -> None:
    assert json.loads(visible(json.dumps({"a": text}, ensure_ascii=False))) == {"a": text}


def test_text_stays_text() -> None:
    text = "Zürich 東京 עברית العربية 👩‍🚀 a\tb\nc [bold]x[/bold]"
    assert visible(text) == text


@given(st.text(), st.integers(1, 100))
def test_wrapping_loses_and_adds_nothing_but_line_ends(text: str, width: int) -> None:
    assert wrapped(text, width).replace("\n", "").replace(" ", "") == text.replace(
        "\n", ""
    ).replace(" ", "")


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=8), min_size=1), st.integers(8, 60))
def test_lines_are_as_wide_as_asked_and_no_narrower_than_they_must(
    words: list[str], width: int
) -> None:
    lines = wrapped(" ".join(words), width).split("\n")
    assert all(len(line) <= width for line in lines)
    for line, following in zip(lines, lines[1:], strict=False):
        assert len(line) + 1 + len(following.split(" ")[0]) > width


def test_wide_characters_take_two_columns() -> None:
    assert wrapped("東京に雪が降る", 6) == "東京に\n雪が降\nる"
    assert columns("e\u0301") == 1 and columns("👩") == 2 and columns("ab") == 2


def test_items_of_a_list_hang() -> None:
    assert wrapped("- one two three", 9) == "- one two\n  three"


def test_a_link_is_never_broken() -> None:
    link = "https://example.org/" + "x" * 40
    assert wrapped(f"see {link} now", 20) == f"see\n{link}\nnow"


def test_colors_take_no_room() -> None:
    assert columns("\x1b[1mab\x1b[0m") == 2
    assert wrapped("\x1b[1mone\x1b[0m two", 7) == "\x1b[1mone\x1b[0m two"
