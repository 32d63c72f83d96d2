"""What is not prose is recognized, and what is told about it is true; prose is left alone."""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import traceback
import unittest
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarize.document.document import Document
from summarize.document.kinds import listed, recognize
from summarize.document.read import read
from summarize.pipeline.decision import has_turns

ROOT = Path(__file__).parent.parent
PROSE = "The boats will be moved on Friday. Crews were told, and the harbour is dredged."


@given(st.integers(4, 60), st.integers(3, 6), st.sampled_from([",", "\t", ";"]))
def test_a_table_is_counted(rows: int, columns: int, delimiter: str) -> None:
    names = [f"col{n}" for n in range(columns)]
    lines = [delimiter.join(names)]
    lines += [delimiter.join(str(row * n) for n in range(columns)) for row in range(rows)]
    found = recognize("\n".join(lines) + "\n", "")
    assert found is not None and found.kind == "csv"
    assert (found.facts["columns"], found.facts["rows"]) == (names, rows)
    assert found.facts["ranges"]["col2"] == [0, 2 * (rows - 1)]
    assert f"{columns} columns" in found.facts["summary"]


def test_quoted_cells_may_hold_line_breaks(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('name,text\nAnn,"one\ntwo, three"\nBob,four\n')
    assert read(str(tmp_path / "a.csv")).facts["rows"] == 2


@given(st.lists(st.text(max_size=20), min_size=2, max_size=30))
def test_json_lines_are_counted(texts: list[str]) -> None:
    lines = "\n".join(json.dumps({"id": n, "body": text}) for n, text in enumerate(texts))
    found = recognize(lines, "")
    assert found is not None and found.kind == "jsonl"
    assert found.facts["rows"] == len(texts)
    assert found.facts["fields"] == ["id", "body"]


def test_a_log_is_counted() -> None:
    entries = [
        f"2026-03-02 10:{n // 60:02}:{n % 60:02} {'ERROR' if n % 10 == 3 else 'INFO'} "
        + (f"disk {n} is full" if n % 10 == 3 else "copied a file")
        for n in range(100)
    ]
    found = recognize("\n".join(entries), "")
    assert found is not None and found.kind == "log"
    facts = found.facts
    assert facts["entries"] == 100
    assert facts["levels"] == {"error": 10, "info": 90}
    assert (facts["first"], facts["last"]) == ("2026-03-02 10:00:00", "2026-03-02 10:01:39")
    assert facts["frequent"][:2] == [
        {"message": "copied a file", "count": 90},
        {"message": "disk 3 is full", "count": 10},
    ]
    assert "10 errors" in facts["summary"] and "disk 3 is full" in facts["summary"]


@pytest.mark.parametrize(
    "line",
    [
        "Mar  2 10:00:00 host sshd[12]: session opened",
        '10.0.0.1 - - [02/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12',
        "[    1.234567] usb 1-1: new device",
        "INFO: starting the server",
        "2026-03-02T10:00:00.123Z [warn] slow",
    ],
)
def test_logs_of_many_programs(line: str) -> None:
    found = recognize(f"{line}\n" * 8, "")
    assert found is not None and found.kind == "log" and found.facts["entries"] == 8


PATCH = """diff --git a/boat.py b/boat.py
--- a/boat.py
+++ b/boat.py
@@ -1,3 +1,4 @@
 import sea
--- x
+a
+b
 c
diff --git a/gone.txt b/gone.txt
--- a/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-gone
"""


def test_a_patch_is_counted_by_its_hunks() -> None:
    found = recognize(PATCH, "")
    assert found is not None and found.kind == "diff"
    assert found.facts["files"] == {"boat.py": [2, 1], "gone.txt": [0, 1]}
    assert "2 files, 2 lines added and 2 removed" in found.facts["summary"]


@pytest.mark.parametrize(
    "text",
    [
        f"#!/usr/bin/env python3\n# Copyright 2026\n\n'''{PROSE}'''\n\nimport sys\n",
        f"#!/bin/sh\n#\n# {PROSE}\n\nset -e\n",
        f"/*\n * {PROSE}\n */\n#include <stdio.h>\nint main() {{\n  return 0;\n}}\nint x = 1;\n",
    ],
)
def test_code_is_told_by_its_opening_comment(text: str) -> None:
    found = recognize(text, "")
    assert found is not None and found.kind == "code"
    assert found.facts["comment"] == PROSE
    assert found.facts["lines"] == text.count("\n")


def test_our_own_code() -> None:
    found = read(str(ROOT / "summarize" / "errors.py"))
    assert found.kind == "code" and found.facts["language"] == "Python"
    assert "SummarizeError" in found.facts["defines"]


CHATS = [
    "[10:32] <bob> can we move it?\n[10:33] <ann> yes\n[10:34] <bob> at 8 then\n[10:35] <ann> ok",
    "10:32 Ann: hi\n10:33 Bob: yes\n10:34 Ann: go\n10:35 Bob: ok",
    "2/3/26, 10:32 - Ann Lee: hi\n2/3/26, 10:33 - Bob: a\n2/3/26, 10:33 - Ann Lee: b\n"
    "2/3/26, 10:34 - Bob: c",
    "Ann: Can we move the meeting?\nBob: I would rather\nkeep it.\nAnn: The room is taken.\n"
    "Bob: Then Friday, at eight.",
]


@pytest.mark.parametrize("text", CHATS)
def test_a_conversation_is_read_by_turns(text: str) -> None:
    found = recognize(text, "")
    assert found is not None and found.kind == "chat"
    speakers = [block.speaker for block in found.blocks]
    assert len(speakers) == 4 and speakers[:2] == speakers[2:] and len(set(speakers)) == 2
    for block in found.blocks:
        assert block.speaker not in text[block.start : block.end]


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        f"{PROSE}\n\n" * 20,
        "Package: boat\nVersion: 1.0\nSection: sea\nPriority: high\n\n" * 5,
        "Ann: yes please\nBob: no\nAnn: why not\nBob: too late\nAnn: ok\nBob: bye\n",
        "Mon: swim with Ann and Bob\nTue: rest at home\nWed: run in the park\nThu: see Ann\n" * 2,
        "boats, oars, and sails\nnets, lines, and hooks\nropes, pegs, and bells\nor, so, on\n",
        "10:00 Opening\n10:30 Talk by Ann\n11:00 Break\n",
        "2026 was dry.\n2027 was wet.\n2028 was cold.\n2029 was warm.\n2030 is unknown.\n",
        "* Fixed: a leak.\n* Added: a sail.\n* Fixed: an oar.\n* Added: a net.\n",
        "Note: this.\nWarning: that.\nNote: those.\nWarning: these.\n",
        "--- On boats ---\n\nThey float; they sink; they are made of wood.\n",
        "import duties rose;\nfor years nobody cared;\nif it matters;\nand only if it does:\n" * 4,
    ],
)
def test_prose_is_left_alone(text: str) -> None:
    assert recognize(text, "notes.txt") is None


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks" / "samples").glob("*.txt")))
def test_our_samples_are_prose(path: Path) -> None:
    assert read(str(path)).kind in ("text", "mail", "manpage")


@given(st.text(max_size=300), st.sampled_from(["", "a.csv", "a.log", "a.py", "a.jsonl", "a.diff"]))
def test_any_text_is_told_or_left(text: str, name: str) -> None:
    found = recognize(text, name)
    if found is not None:
        assert found.kind == "chat" or found.facts["summary"].strip()
        for block in found.blocks:
            assert 0 <= block.start < block.end <= len(text)


def test_a_manual_page_as_it_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "boat"
    path.write_text(f"NAME\n       boat - moves boats\n\nDESCRIPTION\n       {PROSE}\n")
    found = read(str(path))
    assert found.kind == "manpage"
    assert [name for _, _, name in found.headings] == ["NAME", "DESCRIPTION"]


NAMES = st.text("abcdefghijkl", min_size=3, max_size=9)
COMMITS = st.lists(st.tuples(NAMES, st.dates(), NAMES), min_size=1, max_size=12)


def log_of(commits: list[tuple[str, object, str]], inside: str = "") -> str:
    return "\n".join(
        f"commit {n:040x}\nAuthor: {author} <{author}@example.org>\n"
        f"Date:   {date} 10:00:00 +0000\n\n    Mend {subject}\n\n    {PROSE}\n{inside}"
        for n, (author, date, subject) in enumerate(commits, start=1)
    )


@given(COMMITS, st.sampled_from(["", "\n boat.py | 3 ++-\n 1 file changed, 2 insertions(+)\n"]))
def test_commits_are_counted(commits: list[tuple[str, object, str]], inside: str) -> None:
    text = log_of(commits, inside)
    found = recognize(text, "")
    assert found is not None and found.kind == "gitlog"
    facts = found.facts
    assert facts["commits"] == len(commits)
    assert set(facts["authors"]) == {author for author, _, _ in commits}
    dates = sorted(str(date) for _, date, _ in commits)
    assert (facts["first"], facts["last"]) == (dates[0], dates[-1])
    assert facts["subjects"] == [f"Mend {subject}" for _, _, subject in commits]
    assert f"“Mend {commits[0][2]}”" in facts["summary"]
    assert [text[block.start : block.end] for block in found.blocks[1::2]] == [PROSE] * len(commits)


def test_our_own_history() -> None:
    def git(*arguments: str) -> str:
        answer = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False
        )
        return answer.stdout

    if not git("rev-parse", "HEAD~3"):
        pytest.skip("not a clone with a history")
    subjects = git("log", "-3", "--no-merges", "--format=%s").splitlines()
    for arguments in (["log"], ["log", "--stat"], ["log", "--oneline"], ["log", "-p"]):
        found = recognize(git(*arguments, "-3", "--no-merges"), "")
        assert found is not None and found.kind == "gitlog"
        assert found.facts["subjects"] == subjects
    numbers = [line.split("\t") for line in git("diff", "--numstat", "HEAD~3").splitlines()]
    found = recognize(git("diff", "--stat=200", "HEAD~3"), "")
    assert found is not None and found.kind == "diff"
    assert found.facts["files_changed"] == len(numbers)
    assert found.facts["added"] == sum(int(row[0]) for row in numbers if row[0] != "-")


def test_a_hash_may_be_of_letters_alone_but_not_most() -> None:
    lines = ["deddffe One", "7f556f0 Two", "65feea4 Three"]
    found = recognize("\n".join(lines), "")
    assert found is not None and found.facts["subjects"] == ["One", "Two", "Three"]
    assert recognize("defaced walls\neffaced names\nacceded lands", "") is None


def test_statistics_of_a_patch() -> None:
    text = " boat.py | 1203 +++--\n oar.png | Bin 0 -> 9 bytes\n sea.py  |   2 +-\n"
    text += " 3 files changed, 1200 insertions(+), 5 deletions(-)\n create mode 100644 oar.png\n"
    found = recognize(text, "")
    assert found is not None and found.kind == "diff"
    assert found.facts["summary"] == (
        "3 files changed, 1,200 insertions, 5 deletions. "
        "Largest: boat.py (1,203 lines) and sea.py (2 lines)."
    )


@given(st.lists(NAMES, min_size=3, max_size=30), st.sampled_from([":", "\t", " "]))
def test_columns_are_counted(names: list[str], separator: str) -> None:
    lines = [
        separator.join([name, f"{n}/tcp", f"/home/{name}", str(n), "x"])
        for n, name in enumerate(names)
    ]
    found = recognize("# Users.\n#\n" + "\n".join(lines) + "\n", "")
    assert found is not None and found.kind in ("columns", "csv")
    assert found.facts["rows"] == len(names)
    assert names[0] in found.facts["summary"] or found.kind == "csv"


def test_a_table_of_file_systems() -> None:
    text = "# <file system> <mount point> <type> <options> <dump> <pass>\n"
    text += "UUID=1a-2b / ext4 errors=remount-ro 0 1\n/dev/sda2\tnone swap sw 0 0\n"
    found = recognize(text, "/etc/fstab")
    assert found is not None and "2 lines of 6 fields" in found.facts["summary"]


@pytest.mark.parametrize(
    "text",
    [
        "In 2026 the 3 boats\nof 12 crews in 4\nharbours were at 5\n",
        "At 10:30:00:00 we left\nAt 11:30:00:00 we came\nAt 12:30:00:00 we ate\n",
        "1   Introduction to boats\n2   The parts of a boat\n3   How a boat floats\n",
        "-a  all of the boats\n-b  no boats at all\n-c  boats with a sail only\n",
        "boats\toars\nnets\tlines\nropes\tpegs\nTheir uses differ.\n",
        "commit to a plan.\nAuthor: a person who writes.\nDate: a fruit.\n",
        "defaced walls\ndecade old\nfacade of stone\n",
        "boat.py | changed\n1 file changed, and nobody knows why.\n",
        "Format: short.\n\nFiles: none.\n\nLicense: to sail.\n",
    ],
)
def test_prose_with_signs_of_a_table_is_left_alone(text: str) -> None:
    assert recognize(text, "") is None


@pytest.mark.parametrize(
    "opening",
    [
        f'# Author: Ann Lee <ann@example.org>\n# Maintainer: Bob\n\n"""{PROSE}\n"""\n',
        f'# -*- coding: utf-8 -*-\n# A note that is not about the module.\n\n"""{PROSE}"""\n',
        f"#!/usr/bin/env python\n# Written by Ann\n#\n# {PROSE}\n",
        f'# Redistribution is permitted.\n"""boats\n~~~~~\n\n{PROSE}\n"""\n',
        f"# $Id: boat.py 1 $\n\n# Copyright (C) 2026 Ann\n# License: MIT\n\n# {PROSE}\n",
    ],
)
def test_credits_and_law_do_not_tell_what_code_does(opening: str) -> None:
    found = recognize(f"{opening}\nimport sea\n\ndef sail():\n    return sea\n", "boat.py")
    assert found is not None and found.facts["comment"] == PROSE


def test_a_chat_whose_turns_end_without_a_stop_is_quoted_by_turns() -> None:
    text = "Nora: are we doing the hut weekend or not\nPiet: I'm in but not on the 12th\n"
    text += "Nora: then the 19th of September\nYusuf: works for me\nPiet: me too\nNora: and Ida\n"
    text += "Ida: I can only come by train\nYusuf: I'll drive you from the station\n"
    found = recognize(text, "a.txt")
    assert found is not None and found.kind == "chat"
    assert has_turns(Document.from_text(text)) and not has_turns(Document.from_text(PROSE))
    records = "".join(f"Name: ring number {n}\nSize: about {n} mm\n" for n in range(6))
    other = recognize(records, "a.txt")
    assert other is None or other.kind != "chat"


def test_a_chat_of_three_turns_with_times() -> None:
    text = "[09:01] Ann: Is it out?\n[09:02] Bob: Not yet\n[09:03] Ann: Why?\n"
    found = recognize(text, "")
    assert found is not None
    assert [block.speaker for block in found.blocks] == ["Ann", "Bob", "Ann"]
    agenda = "10:00 Opening: Ann\n10:30 Talk: Bob\n11:00 Break: all\n"
    assert recognize(agenda, "") is None


def test_licenses_and_holders() -> None:
    text = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
    text += "Upstream-Name: boat\n\nFiles: *\nCopyright: (c) 2020-2026, Ann Lee <a@example.org>\n"
    text += "License: GPL-2+\n\nFiles: oar/*\nCopyright:\n 2021 Ann Lee\n © 2022 Bob\n"
    text += f"License: MIT\n\nLicense: MIT\n {PROSE}\n"
    found = recognize(text, "copyright")
    assert found is not None and found.kind == "copyright"
    assert found.facts["licenses"] == ["GPL-2+", "MIT"]
    assert found.facts["holders"] == ["Ann Lee", "Bob"]
    unnamed = recognize(text.replace("Upstream-Name: boat\n", ""), "/usr/share/doc/boat/copyright")
    assert unnamed == found
    assert "boat" in found.facts["summary"] and "GPL-2+ and MIT" in found.facts["summary"]


@pytest.mark.parametrize("text", [*CHATS, PATCH, PROSE])
def test_text_and_a_file_of_it_are_one_document(text: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(text)
    path = str(tmp_path / "a")
    assert Document.from_text(text, path) == read(path)
    assert Document.from_text(text, is_prose=True).kind == "text"


@given(
    st.lists(st.from_regex(r"[A-Z]{3,9}", fullmatch=True), min_size=3, max_size=6, unique=True),
    st.integers(5, 30),
    st.booleans(),
)
def test_a_table_under_aligned_names(names: list[str], rows: int, is_right: bool) -> None:
    lines = [names] + [[str((row + 7) * (n + 3)) for n in range(len(names))] for row in range(rows)]
    pad = str.rjust if is_right else str.ljust
    text = "\n".join("  ".join(pad(cell, 11) for cell in line) for line in lines)
    found = recognize(text, "")
    assert found is not None and found.kind == "columns"
    assert found.facts["rows"] == rows and found.facts["columns"] == names


def test_a_name_of_two_words_is_one_column() -> None:
    text = "Filesystem  Size Use% Mounted on\n" + "".join(
        f"/dev/vda{n}    {n}0G   7% /mnt/{n}\n" for n in range(1, 7)
    )
    found = recognize(text, "")
    assert found is not None
    assert found.facts["columns"] == ["Filesystem", "Size", "Use%", "Mounted on"]


def test_a_listing_of_a_directory() -> None:
    lines = [f"-rw-r--r-- 1 ann staff {n}00 Mar  1 2023 a{n}.txt" for n in range(6)]
    lines += ["drwxr-xr-x 2 ann staff 4096 Mar  1 2023 b"]
    found = recognize("total 40\n" + "\n".join(lines), "")
    assert found is not None and found.facts["summary"] == "A listing of 6 files and 1 folder."


@given(st.integers(5, 40), st.sampled_from(["NAME{}=value {}", "Name{}:  {} kB", "name {}\t: {}"]))
def test_settings_are_counted_and_their_values_kept(count: int, line: str) -> None:
    found = recognize("\n".join(line.format(n, 9876) for n in range(count)), "")
    assert found is not None and found.kind == "settings"
    assert found.facts["settings"] == count and "9876" not in found.facts["summary"]


@pytest.mark.parametrize("mark", ["#", ";", "//"])
def test_comments_of_a_configuration_lose_their_marks(mark: str) -> None:
    text = (
        f"{mark} Who may log in, and\n{mark} how.\n{mark}\n{mark} See the manual.\n\na = 1\nb = 2\n"
    )
    found = recognize(text, "")
    assert found is not None and found.kind == "code"
    assert found.facts["summary"].startswith("Who may log in, and how.")


def test_notes_with_headings_and_brackets_are_left_alone() -> None:
    for text in (
        "# Boats\n\nThey were moved.\n\n# Crews\n\nThey were told.\n\n# Harbour\n\nFine.\n",
        "Note: the boats were moved.\n" * 6,
        "When the boats  were moved\nAll the crews  were told\n" * 4,
    ):
        assert recognize(text, "") is None


def test_names_with_an_and_are_parted_by_semicolons() -> None:
    assert listed([]) == "" and listed(["a"]) == "a" and listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert listed(["GPL and MIT", "BSD"]) == "GPL and MIT; and BSD"
    assert listed(["GPL and MIT", "BSD", "ISC"], 1) == "GPL and MIT; and 2 more"


DPKG = """Desired=Unknown/Install/Remove/Purge/Hold
| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend
|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)
||/ Name           Version      Architecture Description
+++-==============-============-============-=================================
ii  adduser        3.134        all          add and remove users and groups
ii  apt            2.6.1        amd64        commandline package manager
rc  bash           5.2.15       amd64        GNU Bourne Again SHell
"""
FREE = """               total        used        free      shared
Mem:           24105       11100        9993           8
Swap:              0           0           0           0
"""
MOUNT = """proc on /proc type proc (rw,relatime)
tmpfs on /dev/shm type tmpfs (rw,relatime,size=24684092k)
tmpfs on /run type tmpfs (rw)
"""
LSCPU = """Architecture:                            x86_64
CPU op-mode(s):                          32-bit, 64-bit
CPU(s):                                  2
  On-line CPU(s) list:                   0,1
Vendor ID:                               AuthenticAMD
Vulnerability Spec store bypass:         Not affected
"""
PRINTED = {
    "dpkg": (DPKG, "A table: 3 lines, columns Name, Version, Architecture and Description."),
    "free": (FREE, "A table: 2 lines, columns total, used, free and shared."),
    "mount": (MOUNT, "A listing of 3 mounts: 2 tmpfs and 1 proc."),
    "lscpu": (LSCPU, "6 settings: Architecture, CPU op-mode(s), CPU(s), On-line CPU(s) list, "),
    "du": ("32K\t./a\n8K\t./b\n4K\t./c\n44K\t.\n", "TSV: 2 columns without a header, 4 rows."),
}


@pytest.mark.parametrize("command", PRINTED)
def test_what_commands_print_is_counted(command: str) -> None:
    text, told = PRINTED[command]
    assert Document.from_text(text).facts["summary"].startswith(told)


def help_of(**about: str) -> str:
    parser = argparse.ArgumentParser("tides", **about)  # type: ignore[arg-type]
    for option in ("--harbour", "--year", "--plot"):
        parser.add_argument(option, help=f"Set {option[2:]}. More is in the manual.")
    commands = parser.add_subparsers(title="commands", metavar="")
    for command in ("compute", "show", "fit"):
        commands.add_parser(command, help="Do it.")
    return parser.format_help()


def test_what_a_command_says_about_itself() -> None:
    found = recognize(help_of(description="Compute tides of a harbour. Twice a day."), "")
    assert found is not None and found.kind == "usage"
    assert found.facts["summary"] == "tides - Compute tides of a harbour."


def test_the_options_and_commands_of_a_usage_are_counted() -> None:
    found = recognize(help_of(), "")
    assert found is not None
    assert found.facts["commands"] == ["compute", "show", "fit"]
    assert found.facts["options"] == 4  # argparse adds --help
    assert found.facts["summary"] == (
        "The usage of tides: 3 commands (compute, show and fit) and 4 options."
    )


def test_a_text_about_usage_is_no_usage() -> None:
    assert recognize(f"Usage: how it is done\n\n{PROSE} {PROSE}\n\n{PROSE}\n", "") is None


def fail(depth: int) -> None:
    if depth:
        fail(depth - 1)
    raise ValueError("no tide at noon")


def test_a_traceback_tells_its_error_first() -> None:
    try:
        fail(2)
    except ValueError as error:
        try:
            raise KeyError("harbour") from error
        except KeyError as last:
            both, one = traceback.format_exception(last), traceback.format_exception(error)
    line = fail.__code__.co_firstlineno + 3
    found = recognize("".join(one), "")
    assert found is not None and found.kind == "traceback"
    assert found.facts["summary"] == (
        "ValueError: no tide at noon. Raised in fail "
        f"(test_kinds.py, line {line}), 4 calls deep (Python traceback)."
    )
    found = recognize("".join(both), "")
    assert found is not None and found.facts["error"] == "KeyError"


def test_a_traceback_without_its_end_is_no_traceback() -> None:
    assert (
        recognize('Traceback (most recent call last):\n  File "a.py", line 3, in f\n', "") is None
    )


@given(st.lists(st.sampled_from(["error", "warning", "note"]), min_size=1, max_size=30))
def test_diagnostics_are_counted(levels: list[str]) -> None:
    lines = [
        f"src/tide{n % 3}.c:{n + 1}:5: {level}: lamp {n} is lit" for n, level in enumerate(levels)
    ]
    found = recognize("\n".join(lines), "")
    if set(levels) == {"note"}:
        assert found is None or found.kind != "diagnostics"
        return
    assert found is not None and found.kind == "diagnostics"
    counts = {level: levels.count(level) for level in ("error", "warning") if level in levels}
    assert found.facts["levels"] == counts
    worst = "error" if "error" in levels else "warning"
    first = levels.index(worst)
    assert f"src/tide{first % 3}.c, line {first + 1}: lamp {first} is lit" in found.facts["summary"]


def test_diagnostics_whose_place_comes_next() -> None:
    shown = (
        "error[E0308]: mismatched types\n --> src/main.rs:2:5\n  |\n2 |     tide()\n  |  ^^^^\n\n"
        "warning: unused variable: `sea`\n --> src/main.rs:9:5\n  |\n9 |     let sea = 1;\n"
    )
    found = recognize(shown, "")
    assert found is not None and found.facts["levels"] == {"error": 1, "warning": 1}
    assert found.facts["summary"] == (
        "1 error and 1 warning in 1 file. First error: src/main.rs, line 2: mismatched types."
    )


class Tides(unittest.TestCase):
    def test_high(self) -> None:
        self.assertEqual(1, 2)

    def test_low(self) -> None:
        raise KeyError("harbour")

    def test_neap(self) -> None:
        pass


Tides.__test__ = False  # type: ignore[attr-defined] # not for pytest: two of them fail


def test_a_run_of_unittest_tells_what_failed() -> None:
    printed = io.StringIO()
    tests = unittest.TestSuite(map(Tides, ("test_high", "test_low", "test_neap")))
    unittest.TextTestRunner(printed).run(tests)
    found = recognize(printed.getvalue(), "")
    assert found is not None and found.kind == "testrun"
    assert set(found.facts["failed"]) == {"test_high", "test_low"}
    assert found.facts["counts"] == {"failed": 1, "error": 1, "passed": 1}


@pytest.mark.parametrize("options", ["-q", "-v", ""])
def test_a_run_of_pytest_tells_what_failed(tmp_path: Path, options: str) -> None:
    (tmp_path / "test_tides.py").write_text(
        "def test_high(): assert 1 == 2\ndef test_low(): raise KeyError\ndef test_neap(): pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options.split(), "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    found = recognize(done.stdout, "")
    assert found is not None and found.kind == "testrun"
    assert found.facts["summary"] == (
        "Test run: 2 failed, 1 passed. "
        "Failed: test_tides.py::test_high and test_tides.py::test_low."
    )


def test_prose_about_errors_is_no_list_of_them() -> None:
    text = f"The compiler said a.c:2:21: error: no tide.\n\n{PROSE}\n"
    assert recognize(text * 3, "") is None
    assert recognize(f"{PROSE} Of the tests 2 failed, 1 passed in 3 days.\n" * 5, "") is None


@given(st.integers(5, 40), st.sampled_from(["", " (1)"]))
def test_names_with_a_line_about_each_are_counted(count: int, section: str) -> None:
    lines = [f"tide{n}{section} - compute tide {n} of a harbour" for n in range(count)]
    found = recognize("\n".join(lines), "")
    assert found is not None and found.kind == "entries"
    assert found.facts["names"] == [f"tide{n}" for n in range(count)]
    assert recognize("\n".join([*lines, *[PROSE] * count]), "") is None


@pytest.mark.parametrize(
    "text",
    [
        f"Hi all,\n\n{PROSE}\n\nAll tests pass:\n\n412 passed in 38.21s\n\nRegards, Ann\n",
        "Hi Tom,\n\nit broke:\n\na.c:12:5: error: too few arguments\n\nCould you look at it?\n",
        "Fertilizer\nUsage: Dissolve 20 ml in water.\nContains\n  nitrogen\n  potassium\n  iron\n",
        "\n".join(f"191{n} - A year of many ships" for n in range(9)),
        "\n".join(f"Leeds{n} - Arsenal 2:{n}" for n in range(9)),
    ],
)
def test_texts_that_look_like_output_of_programs_are_not(text: str) -> None:
    found = recognize(text, "")
    printed = ("usage", "testrun", "diagnostics", "entries", "traceback")
    assert found is None or found.kind not in printed


def test_times_are_no_files() -> None:
    log = "\n".join(f"12:30:{n}: error: lamp {n} is out" for n in range(10, 40))
    found = recognize(log, "")
    assert found is not None and found.kind == "log"


def test_several_runs_of_tests_are_added() -> None:
    runs = "".join(
        f"running 2 tests\ntest lamp{n} ... ok\n\ntest result: ok. {n} passed; 0 failed\n\n"
        for n in (3, 0)
    )
    found = recognize(runs, "")
    assert found is not None and found.facts["summary"] == "2 test runs: 3 passed."


def test_a_link_that_failed_is_no_warning() -> None:
    shown = (
        "w.c:1:33: warning: unused variable 'z'\n"
        "/usr/bin/ld: w.c:(.text+0xe): undefined reference to `foo'\n"
    )
    found = recognize(shown, "")
    assert found is not None and found.facts["summary"].startswith(
        "The build failed: undefined reference to `foo'. Also 1 warning in 1 file"
    )


def test_calls_that_python_leaves_out_are_counted() -> None:
    frame = '  File "a.py", line 2, in f\n    return f(n)\n'
    more = "  [Previous line repeated 996 more times]\n"
    shown = f"Traceback (most recent call last):\n{frame * 3}{more}"
    found = recognize(f"{shown}RecursionError: too deep\n", "")
    assert found is not None and found.facts["calls"] == 999


def test_the_usage_of_a_subcommand() -> None:
    options = "".join(f"  --{name}  Set it.\n" for name in ("year", "harbour", "plot"))
    found = recognize(f"Usage: tides show [OPTIONS] FILE\n\nOptions:\n{options}", "")
    assert found is not None and found.facts["program"] == "tides show"
    assert found.facts["summary"] == "The usage of tides show: 3 options."
