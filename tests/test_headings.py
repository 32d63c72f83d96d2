"""Headings of plain texts: found in every form, and not where a line only looks like one."""

from __future__ import annotations

import pytest

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


NEWS = """GNU boats NEWS

* Changes in release 2 (2026-03-01)

** Bug fixes

  "boat -x" no longer sinks when the harbour is empty, as it did before.

  "boat -y -z" now says what it misses:

    boat: no oars found

./configure CFLAGS=-O2

  This works again on systems that have no compiler of their own, since March.

** New features

  boat now reads the tide table of the harbour it is in, which it could not do.

* not a heading
  but an item
"""


def test_stars_of_two_levels_are_headings_and_quotations_are_none() -> None:
    found = Document.from_text(NEWS).headings
    assert [(level, name) for _, level, name in found] == [
        (1, "Changes in release 2 (2026-03-01)"),
        (2, "Bug fixes"),
        (2, "New features"),
    ]


@pytest.mark.parametrize(
    "contents",
    [
        "Table of Contents\n\n  1. Boats ........ 3\n  2. Fees . . . . . 4\n\nBoats\n\n",
        "Contents\n\n- Boats\n- Fees\n\nBoats\n\n",
        "TOC\n\nBoats\n\nFees\n\nBoats\n\n",
    ],
)
def test_a_table_of_contents_is_no_text(contents: str) -> None:
    prose = "The harbour is open to boats of up to twelve metres from April to October."
    document = Document.from_text(f"{contents}{prose}\n")
    kinds = {document.block_text(i): block.kind for i, block in enumerate(document.blocks)}
    assert kinds[prose] == "paragraph"
    assert not any(kind == "item" for kind in kinds.values())
    assert [document.sentence_text(i) for i in range(len(document.sentences))][-1] == prose
