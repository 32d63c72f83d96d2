from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from summarize.document.headings import sections

PROSE = "This paragraph says something about the thing, and ends like a sentence does."


def letters(text: str) -> str:
    return "".join(text.split())


@given(
    st.lists(
        st.sampled_from(["# One", "Two", "=====", "THREE", "   indented.", "", "- item", PROSE]),
        max_size=30,
    )
)
def test_no_word_is_lost_or_moved(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert letters("".join(s.text for s in sections(text))) == letters(text)


def names(text: str) -> list[str]:
    return [section.heading for section in sections(text)]


def test_headings_of_every_form_are_found() -> None:
    assert names(f"# One\n{PROSE}\n\n## Two ##\n{PROSE}") == ["One", "Two"]
    assert names(f"One\n===\n{PROSE}\n\nTwo\n---\n{PROSE}") == ["One", "Two"]
    assert names(f"Opening.\n\nMethods\n\n{PROSE}\n\n2. Results\n\n{PROSE}") == [
        "",
        "Methods",
        "2. Results",
    ]
    assert names("NAME\n       ls - list\n\nSYNOPSIS\n       ls [OPTION]") == ["NAME", "SYNOPSIS"]


def test_what_only_looks_like_a_heading_is_none() -> None:
    items = "\n\n".join(["Apples", "Pears", "Plums", "Quinces"])
    for text in (
        PROSE,
        f"{items}\n\n{PROSE}",  # a list
        f"- One\n\n{PROSE}\n\n- Two\n\n{PROSE}",
        f"and so on\n\n{PROSE}\n\nbut not here\n\n{PROSE}",
        f"Dear Ana,\n\n{PROSE}\n\nBest,\n\n{PROSE}",
        f"Only one\n\n{PROSE}",
        "",
    ):
        assert [s.heading for s in sections(text)] == [""], text
