"""Ordinary files that are neither prose nor a table: what of them is read, and what is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from summarize import load_summarizer
from summarize.document.document import Document
from summarize.document.read import read

SAID = [
    "The tide comes in twice a day,",
    "and nobody looks up any more.",
    "It was flooded in 1953.",
]
SRT = f"""1
00:00:01,000 --> 00:00:04,200
{SAID[0]}
<i>{SAID[1]}</i>

2
00:00:30,000 --> 00:00:34,000
{SAID[2]}
"""
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["# Tides\n", "\n", "We fit ten *constants* to it."]},
        {"cell_type": "code", "source": "import numpy", "outputs": [{"text": ["a result"]}]},
        {"cell_type": "markdown", "source": "## Result\n\nIt beats the tables at every harbour."},
    ],
    "nbformat": 4,
}
METADATA = """Metadata-Version: 2.4
Name: tides
Summary: Tide tables for any harbour
Classifier: Programming Language :: Python
Description-Content-Type: text/markdown

# tides

It computes the tides of [a harbour](x) from ten constants.
"""


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_subtitles_give_what_is_said(tmp_path: Path, form: str) -> None:
    text = SRT if form == "srt" else "WEBVTT\n\n" + SRT.replace(",000", ".000").replace(",2", ".2")
    (tmp_path / "film").write_text(text)
    document = read(str(tmp_path / "film"))
    assert document.text == f"{SAID[0]} {SAID[1]}\n\n{SAID[2]}"  # a pause parts them


@pytest.mark.parametrize("name", ["a.ipynb", "a.json", "a"])
def test_a_notebook_gives_its_text_and_no_output(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(json.dumps(NOTEBOOK))
    document = read(str(tmp_path / name))
    if name == "a.json":  # the name says that it is data
        assert document.kind == "json"
        return
    assert [(b.kind, document.text[b.start : b.end]) for b in document.blocks] == [
        ("heading", "Tides"),
        ("paragraph", "We fit ten constants to it."),
        ("code", "import numpy"),
        ("heading", "Result"),
        ("paragraph", "It beats the tables at every harbour."),
    ]


def test_metadata_of_a_package_gives_its_description(tmp_path: Path) -> None:
    (tmp_path / "METADATA").write_text(METADATA)
    document = read(str(tmp_path / "METADATA"))
    assert document.text == (
        "NAME\n\ntides - Tide tables for any harbour\n\ntides\n\n"
        "It computes the tides of a harbour from ten constants."
    )
    assert document.name_line == 1


APT = """Package: tides
Version: 1.2-1
Depends: libc6 (>= 2.34), libsea2,
 libmoon (>= 1.0)
Description: tide tables for any harbour
 It computes the tides of a harbour from ten constants.
 .
 The constants are measured once a year.
Homepage: https://tides.example.org/
"""
PIP = """Name: tides
Version: 1.2
Summary: Tide tables for any harbour
Home-page: https://tides.example.org/
Author: Ann Example
"""
RPM = """Name        : tides
Version     : 1.2
Summary     : Tide tables for any harbour
Description :
It computes the tides of a harbour from ten constants.

The constants are measured once a year.
"""


@pytest.mark.parametrize("shown", [APT, PIP, RPM, APT + "\n" + APT.replace("1.2-1", "1.1-1")])
def test_what_a_package_manager_shows(tmp_path: Path, shown: str) -> None:
    (tmp_path / "shown").write_text(shown)
    document = read(str(tmp_path / "shown"))
    assert document.name_line == 1
    assert document.block_text(1).lower() == "tides - tide tables for any harbour"
    rest = [document.block_text(i) for i in range(2, len(document.blocks))]
    about = "It computes the tides of a harbour from ten constants."
    assert rest == ([] if shown == PIP else [about, "The constants are measured once a year."])


def test_several_packages_are_counted(tmp_path: Path) -> None:
    (tmp_path / "shown").write_text(f"{PIP}---\n{PIP.replace('tides', 'waves')}")
    document = read(str(tmp_path / "shown"))
    assert document.block_text(1) == "2 packages - tides and waves"


def test_a_form_that_names_somebody_is_no_package(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Name: Ann Example\nTown: Oslo\n\nI write to you again.\n")
    assert read(str(tmp_path / "letter")).name_line is None


CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;TZID=Europe/London:20260309T100000
SUMMARY:Site visit\\, with
  the council
DESCRIPTION:SUMMARY:not this
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260302
SUMMARY:Planning
END:VEVENT
END:VCALENDAR
"""
CONTACT = "BEGIN:VCARD\nVERSION:3.0\nFN:Ann Example\nTEL:+44 1632 960000\nEND:VCARD\n"
TRANSLATION = """msgid ""
msgstr ""
"Language: de\\n"

#: a.py:1
msgid "No harbour"
msgstr "Kein Hafen"

#, fuzzy
msgid "Tide"
msgstr "Zeit"

msgid "Two"
msgid_plural "lines"
msgstr[0] ""
msgstr[1] ""
"""
BIBLIOGRAPHY = """@article{a2015,
  title = {Learning to {Align}},
  booktitle = {ICLR},
}
@book{b, title = "Tides"}
"""
RECORDS = {
    "calendar": (
        CALENDAR,
        "A calendar of 2 events: Planning (2026-03-02) and Site visit, with the council "
        "(2026-03-09).",
    ),
    "contacts": (CONTACT, "1 contact: Ann Example."),
    "translation": (
        TRANSLATION,
        "A translation into de: 3 messages, 1 not translated, 1 to be checked.",
    ),
    "bibliography": (
        BIBLIOGRAPHY,
        "A bibliography of 2 entries: “Learning to Align” and “Tides”.",
    ),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_records_are_counted_and_named(kind: str) -> None:
    text, told = RECORDS[kind]
    document = Document.from_text(text)
    assert (document.kind, document.facts["summary"]) == (kind, told)


CODE = {
    "Makefile": (
        "all: a\n\na: a.o\n\tcc -o a a.o\n\n.PHONY: all\n",
        "Make, 6 lines, makes all and a.",
    ),
    "Dockerfile": ("FROM debian:12\nRUN ls\nCMD ls\n", "Dockerfile, 3 lines, from debian:12."),
    "a.yaml": ("web:\n  port: 1\ndb:\n  port: 2\n", "YAML, 4 lines, with web and db."),
    "a.toml": (
        "[project]\nname = 'a'\n[tool.b]\nc = 1\n",
        "TOML, 4 lines, with project and tool.b.",
    ),
    "a.sql": ("CREATE TABLE level (\n  at REAL\n);\n", "SQL, 3 lines, creates level."),
    "a.h": ("#ifndef A\n#define A 1\nint f(void);\n#endif\n", "C, 4 lines."),
    "a.service": (
        "#  comment\n\n[Unit]\nDescription=First boot of it\n[Service]\nType=simple\nUser=root\n",
        "First boot of it. (Configuration, 7 lines, with Unit and Service.)",
    ),
    "init": (
        "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: a\n# Short-Description: Message bus\n"
        "### END INIT INFO\nset -e\n",
        "Message bus. (shell, 6 lines.)",
    ),
}


@pytest.mark.parametrize("name", CODE)
def test_files_of_programs_say_what_they_hold(tmp_path: Path, name: str) -> None:
    text, told = CODE[name]
    (tmp_path / name).write_text(text)
    assert read(str(tmp_path / name)).facts["summary"] == told


def test_a_translation_beside_the_text_is_left_out(tmp_path: Path) -> None:
    paragraphs = "".join(
        f"<p>It reads the levels of harbour {n}.</p><p xml:lang='de'>Es liest.</p>"
        for n in range(3)
    )
    (tmp_path / "a.xml").write_text(f"<?xml version='1.0'?><component>{paragraphs}</component>")
    text = read(str(tmp_path / "a.xml")).text
    assert text.count("It reads") == 3 and "Es liest" not in text


CONTENTS_LINKS = {
    "a.md": "# A\n\n- [B](#b)\n- [C](#c)\n- see [D](#d)\n\n## B\n\nText of it.\n",
    "a.html": "<html><body><h1>A</h1><ul><li><a href='#b'>B</a></li><li><a href='#c'>C</a></li>"
    "<li>see <a href='#d'>D</a></li></ul><h2 id=b>B <a href='#b'>¶</a></h2><p>Text of it.</p>",
}


@pytest.mark.parametrize("name", CONTENTS_LINKS)
def test_links_within_the_page_are_no_items(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(CONTENTS_LINKS[name])
    document = read(str(tmp_path / name))
    found = [document.text[b.start : b.end] for b in document.blocks]
    assert found == ["A", "see D", "B", "Text of it."]


def test_of_a_mail_the_writers_own_words_are_chosen(tmp_path: Path) -> None:
    mail = (
        "From: Ann <a@b.c>\nTo: d@e.f\nSubject: Barrier\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n\n"
        "> Delft is dearer by ten per cent, but it starts in May.\n\n"
        "We take the offer from Delft, which can begin before the floods.\n"
    )
    (tmp_path / "a.eml").write_text(mail)
    document = read(str(tmp_path / "a.eml"))
    found = load_summarizer("extract").summarize([document], sentences=5)[0]
    assert "We take the offer" in found.text and "dearer" not in found.text


def test_boxes_to_tick_are_marks_of_items(tmp_path: Path) -> None:
    text = "- [ ] call the inspector about it\n- [x] replace the pump\n"
    for name in ("a.txt", "a.md"):
        (tmp_path / name).write_text(text)
        document = read(str(tmp_path / name))
        found = [document.text[b.start : b.end] for b in document.blocks]
        assert found == ["call the inspector about it", "replace the pump"]


def test_pod_gives_its_text_without_codes(tmp_path: Path) -> None:
    pod = (
        "=head1 NAME\n\ntides - B<tide C<tables>> of L<harbours|perldoc/a>\n\n=over\n\n"
        "=item * one\n\n=back\n\n  my $x;\n\n=begin html\n\n<b>no</b>\n\n=end html\n\n"
        "The C<< a->b >> is E<lt>X<i>.\n\n=headx Odd\n"
    )
    (tmp_path / "a.pod").write_text(pod)
    document = read(str(tmp_path / "a.pod"))
    assert [(b.kind, document.text[b.start : b.end].strip()) for b in document.blocks] == [
        ("heading", "NAME"),
        ("paragraph", "tides - tide tables of harbours"),
        ("item", "one"),
        ("code", "my $x;"),
        ("paragraph", "The a->b is <."),
        ("heading", "Odd"),
    ]
    (tmp_path / "a.pm").write_text(f"package Tides;\nuse strict;\n\n{pod}")
    assert read(str(tmp_path / "a.pm")).facts["summary"].startswith("tides - B<tide")
