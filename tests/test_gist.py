"""Licenses, changelogs and minutes are told; prose about them is left to the models."""

from __future__ import annotations

from pathlib import Path

import pytest

from summarize import load_summarizer
from summarize.document.changelog import releases
from summarize.document.document import Document
from summarize.document.gist import gist
from summarize.document.licenses import LICENSES, License
from summarize.document.read import read

ROOT = Path(__file__).parent.parent
MARKDOWN = """# Changelog

## [2.1.0] - 2026-03-01

### Added
- Boats can be booked [by phone](https://example.org/phone).

### Fixed
- The timetable shows Sundays again, also where the
  ferry runs at night.

## [2.0.0] - 2025-11-30
- Bump version to 2.0.0.
"""
DEBIAN = """harbour (1.4-2) unstable; urgency=medium

  * Team upload.
  * Do not ring the bell before six (Closes: #4711).

 -- Ann Example <ann@example.org>  Mon, 02 Mar 2026 10:00:00 +0100

harbour (1.4-1) unstable; urgency=low

  * New upstream release.

 -- Ann Example <ann@example.org>  Sun, 01 Mar 2026 10:00:00 +0100
"""
GNU = """2026-03-02  Ann Example  <ann@example.org>

\t* bell.c (ring): Wait until six.

2026-02-14  Bo Example  <bo@example.org>

\t* mast.c: New file.

2026-01-01  Bo Example  <bo@example.org>

\t* bell.c: Ring louder.
"""
PLAIN = "\n\n".join(
    f"Version 1.{n} (released 2026-0{n}-01)\n\n* The lamp number {n} is lit at dusk."
    for n in (4, 3, 2)
)


def told(text: str, name: str = "") -> str | None:
    return gist(Document.from_text(text, name, name=name))


@pytest.mark.parametrize("license", LICENSES, ids=lambda one: one.name)
def test_a_license_is_told_from_its_relatives(license: License) -> None:
    filler = " ".join(["clause"] * int(0.8 * license.words))
    text = f"License\n\n{'. '.join(license.phrases)}.\n\n{filler}."
    assert (told(text) or "").startswith(f"The {license.name}: {license.says}.")
    assert told(f"{text}\n\n{' '.join(['other'] * license.words)}") is None


def test_our_own_license_and_changelog() -> None:
    assert (gist(read(str(ROOT / "LICENSE"))) or "").startswith("The Apache License, version 2.0:")
    changes = gist(read(str(ROOT / "CHANGELOG.md")))
    assert changes and changes.startswith("Changelog, ") and "“" in changes


def test_holders_are_named() -> None:
    mit = next(one for one in LICENSES if one.name == "MIT License")
    text = f"Copyright (c) 2019-2026 Ann Example <ann@example.org>\n\n{mit.phrases[0]}\n\n"
    assert (told(text + "word " * 120) or "").endswith("Copyright: Ann Example.")


def test_a_package_refers_to_its_licenses() -> None:
    text = (
        "This package was put together by Ann Example.\n\nCopyright (C) 2026 Bo Example\n\n"
        "On Debian systems the text is in /usr/share/common-licenses/GPL-2.\n"
    )
    expected = "The copyright of harbour, which refers to GPL-2. Its holder is Bo Example."
    assert told(text, "/usr/share/doc/harbour/copyright") == expected


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (
            MARKDOWN,
            "CHANGELOG.md",
            "Changelog, newest release 2.1.0 (2026-03-01): “Boats can be booked by phone.” "
            "and “The timetable shows Sundays again, also where the ferry runs at night.”.",
        ),
        (
            DEBIAN,
            "",
            "Changelog of harbour, newest release 1.4-2 (02 Mar 2026): “Do not ring the "
            "bell before six (Closes: #4711).”.",
        ),
        (GNU, "ChangeLog", "Changelog, newest entry 2026-03-02: “Wait until six.”."),
        (
            PLAIN,
            "NEWS",
            "Changelog, newest release 1.4 (2026-04-01): “The lamp number 4 is lit at dusk.”.",
        ),
    ],
    ids=["markdown", "debian", "gnu", "plain"],
)
def test_a_changelog_is_told(text: str, name: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / (name or "piped")
    path.write_text(text)
    document = read(str(path))
    assert gist(document) == expected
    summary = load_summarizer("attention").summarize([document])[0]
    assert (summary.text, summary.mode) == (expected, "facts")
    quoted = load_summarizer("extract").summarize([document])[0]
    assert quoted.text != expected


@pytest.mark.parametrize(
    "text",
    [
        "The news of the day: harbour 1.7.0 and 1.7.1 are released.\n\nVersion 1.6 was the last.",
        "Release notes\n\nWe changed version 1.2 of the timetable, and version 1.3 follows.",
        "The museum licenses its pictures under the Apache License, version 2.0, as it said.",
    ],
)
def test_prose_about_them_is_left_alone(text: str) -> None:
    assert told(text) is None


PEOPLE = [
    "Ann Example",
    "Bo B. Example",
    "Cy van Example",
    "Di Example",
    "Ed Example",
    "Fé Example",
]
MEETING = "Meeting of the harbour office\n3 March 2026\nPresent: Ann, Bo, Cy\nExcused: Di\n\n"


def test_minutes_say_what_was_decided_or_discussed() -> None:
    items = (
        "1. Lamps\nTwo are broken. The office decides to buy new ones.\n\n2. Boats\nAll float.\n"
    )
    expected = "Meeting of the harbour office. Decided: “The office decides to buy new ones.”."
    assert told(MEETING + items) == expected
    items = items.replace("decides to buy", "looks at")
    assert told(MEETING + items) == "Meeting of the harbour office: Lamps and Boats."
    assert told(MEETING.replace("Present: ", "").replace("Excused: ", "") + items) is None


def test_release_notes_are_told() -> None:
    items = "\n".join(f" * Lamp {n} is lit at\n   dusk." for n in range(1, 5))
    expected = "Boats v1.2 Release Notes: “Lamp 1 is lit at dusk.”, “Lamp 2 is lit at dusk.” and "
    assert (told(f"Boats v1.2 Release Notes\n\n{items}\n") or "").startswith(expected)
    prose = "The lamps are lit.\n\n" * 5
    assert told(f"Boats v1.2 Release Notes\n\n{prose}{items}\n") is None


def test_versions_in_entries_are_no_releases() -> None:
    lines = [("paragraph", "2026-01-02  Ann Example  <ann@example.org>"), ("item", "release 1.2")]
    assert [one.version for one in releases(lines, 14)] == ["2026-01-02"]


def test_people_are_counted() -> None:
    lines = [f"{name} <{name[:2].lower()}@example.org>" for name in PEOPLE]
    summary = told("\n".join(lines), "AUTHORS")
    assert summary == f"A list of 6 names: {', '.join(PEOPLE[:5])} and 1 more."
    assert told("\n".join(lines), "letter.txt") is None
    assert told("The library is developed by its users.\nWrite to them.", "AUTHORS") is None


def test_a_version_named_twice_is_one_release() -> None:
    lines = [("paragraph", "Version 1.2"), ("paragraph", "1.2 release"), ("item", "Lamps.")]
    assert [one.version for one in releases(lines, 14)] == ["1.2"]


def test_a_changelog_behind_a_long_table_of_contents() -> None:
    links = "\n".join(f"* [{n}.x](CHANGES_{n}.md)" for n in range(1, 30))
    releases = "\n\n".join(
        f"## 2026-01-0{n}, Version 1.0.{n} 'Gull' (LTS), @ann prepared by @bob\n\n"
        f"* [`0a1b2c3d4e`](https://example.org/{n}) - lamps: light number {n} https://example.org/{n}"
        for n in (3, 2, 1)
    )
    summary = told(f"# Boats ChangeLog\n\n{links}\n\n{releases}\n", "notes.md")
    assert summary == "Changelog, newest release 1.0.3 (2026-01-03): “lamps: light number 3”."
    # Without the name of a changelog, releases so far down are a part of something else.
    assert told(f"# Boats\n\n{links}\n\n{releases}\n", "notes.md") is None


def test_versions_of_one_number() -> None:
    entries = "\n\n".join(f"## boats {n}\n\n* Lamp {n} is lit." for n in (122, 121))
    told_of = told(f"{entries}\n", "NEWS.md")
    assert told_of == "Changelog, newest release 122: “Lamp 122 is lit.”."
    plain = "\n\n".join(f"CHANGES WITH {n}:\n\n  * Lamp {n} is lit." for n in (52, 51, 50))
    told_of = told(f"boats, with lamps\n\n{plain}\n", "NEWS")
    assert told_of == "Changelog, newest release 52: “Lamp 52 is lit.”."


def test_entries_are_cut_between_words() -> None:
    entry = " ".join(["lamplighter"] * 20)
    summary = told(f"# Changelog\n\n## 1.1\n\n* {entry}\n\n## 1.0\n\n* Lamps.\n", "CHANGES.md")
    assert summary is not None and "lamplighter…”" in summary and len(summary) < 160


def text_of(license: License, share: float = 1.0) -> str:
    filler = " ".join(["clause"] * int(share * license.words))
    return f"{'. '.join(license.phrases)}.\n\n{filler}.\n\n"


def named(name: str) -> License:
    return next(one for one in LICENSES if one.name == name)


def test_a_collection_of_licenses() -> None:
    mit, apache = named("MIT License"), named("Apache License, version 2.0")
    summary = told(text_of(apache) + text_of(mit), "LICENSE")
    assert summary == (
        "Several licenses, among them the Apache License version 2.0 and the MIT License."
    )
    # A license that mentions another is no collection.
    gpl = named("GNU General Public License, version 3")
    only = told(text_of(apache) + ". ".join(gpl.phrases), "LICENSE")
    assert only is not None and only.startswith("The Apache License, version 2.0: ")


def test_a_license_with_notes() -> None:
    mit, notes = named("MIT License"), " ".join(["history"] * 350)
    text = f"{text_of(mit)}\n\n{notes}.\n"
    assert (told(text, "LICENSE.txt") or "").startswith("The MIT License: ")
    assert told(text, "letter.txt") is None


def test_a_readme_that_names_its_list_of_changes_is_no_changelog() -> None:
    releases = "\n\n".join(f"Boats 2.{n}.0\n===========\n\nLamps of kind {n}." for n in (3, 2, 1))
    read_me = "The lamps of a boat burn all night, and docs/CHANGES tells which of them are new."
    assert told(f"Boats 2.4.0\n===========\n\n{read_me}\n\n{releases}\n", "README") is None


@pytest.mark.parametrize(
    "text",
    [
        "BBC One, Thursday\n\n18.00 News\n18.30 Weather\n19.00 The One Show\n20.00 EastEnders\n",
        "# Changes in the Alps\n\n## 1.1 Background\n\nFarms fell.\n\n## 1.2 Methods\n",
        "Network changes\n\n192.168.0.1 router\n192.168.0.2 printer\n192.168.0.3 camera\n",
        "Club news\n\n12.05.2024\nThe boathouse.\n\n14.06.2024\nThe race.\n",
        "## News\n\nSoon.\n\n### Python 3.9\n\n### PyTorch 2.1\n\n### CUDA 11.8\n",
    ],
)
def test_numbers_of_other_things_are_no_releases(text: str) -> None:
    assert told(text) is None


def test_a_changelog_that_goes_up_ends_with_the_newest() -> None:
    entries = "\n\n".join(f"Version 1.{n}\n- Lamp {n} is lit." for n in (8, 9, 10))
    summary = told(f"Change log\n\n{entries}\n")
    assert summary == "Changelog, newest release 1.10: “Lamp 10 is lit.”."


def test_a_series_is_no_release() -> None:
    releases = "\n\n".join(f"Boats 2.5.{n} (2026-01-0{n})\n- Lamp {n}." for n in (3, 2, 1))
    summary = told(f"Boats changes\n\nBoats 2.5\n\n{releases}\n", "CHANGES")
    assert summary is not None and summary.startswith(
        "Changelog, newest release 2.5.3 (2026-01-03)"
    )


def test_an_entry_of_debian_may_name_a_version() -> None:
    text = (
        "boats (1.2-1) unstable; urgency=medium\n\n  * New upstream version 1.2 (lit lamps)\n\n"
        " -- Ann Example <ann@example.org>  Thu, 29 May 2025 18:04:02 +0100\n"
    )
    assert told(text, "changelog.Debian") == (
        "Changelog of boats, newest release 1.2-1 (29 May 2025): "
        "“New upstream version 1.2 (lit lamps)”."
    )


def test_a_license_that_takes_freedom_away_again() -> None:
    mit = named("MIT License")
    text = f"{'. '.join(mit.phrases)}, for non-commercial purposes only.\n\n{'clause ' * 100}.\n"
    summary = told(text, "LICENSE")
    assert summary == "The text of the MIT License, with a restriction (“non-commercial”)."


def test_a_letter_about_a_license_is_no_license() -> None:
    mit = named("MIT License")
    letter = "Dear Ann,\n\nmay we use these boats in our harbour? I need your answer by Friday.\n\n"
    assert told(letter + text_of(mit)) is None
