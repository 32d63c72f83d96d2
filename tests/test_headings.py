"""Headings of plain texts: found in every form, and not where a line only looks like one."""

from __future__ import annotations

from summarize.document.document import Document

PROSE = "This paragraph says something about the thing, and ends like a sentence does."


def names(text: str) -> list[str]:
    return [name for _, _, name in Document.from_text(text).headings]


def test_headings_of_every_form_are_found() -> None:
    assert names(f"# One\n{PROSE}\n\n## Two ##\n{PROSE}\n\n# C#\n{PROSE}") == ["One", "Two", "C#"]
    assert names(f"One\n===\n{PROSE}\n\nTwo\n---\n{PROSE}") == ["One", "Two"]
    assert names(f"Opening.\n\nMethods\n\n{PROSE}\n\n2. Results\n\n{PROSE}") == [
        "Methods",
        "2. Results",
    ]
    assert names("NAME\n       ls - list\n\nSYNOPSIS\n       ls [OPTION]") == ["NAME", "SYNOPSIS"]


def test_their_levels() -> None:
    text = f"# One\n{PROSE}\n\n### Two\n{PROSE}\n\nThree\n=====\n{PROSE}\n\nFour\n----\n{PROSE}"
    assert [level for _, level, _ in Document.from_text(text).headings] == [1, 3, 1, 2]


def test_what_only_looks_like_a_heading_is_none() -> None:
    items = "\n\n".join(["Apples", "Pears", "Plums", "Quinces"])
    for text in (
        PROSE,
        f"{items}\n\n{PROSE}",  # a list
        f"- One\n\n{PROSE}\n\n- Two\n\n{PROSE}",
        f"and so on\n\n{PROSE}\n\nbut not here\n\n{PROSE}",
        f"Dear Ana,\n\n{PROSE}\n\nBest,\n\n{PROSE}",
        "# a comment\n# in a file of settings\nsize = 1",
        "#hashtag here\n\nText.",
        "",
    ):
        assert names(text) == [], text
