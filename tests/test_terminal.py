from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from summarize.views.terminal import visible


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
