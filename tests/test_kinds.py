"""What is not prose is recognized, and what is told about it is true; prose is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarize.document.kinds import recognize
from summarize.document.read import read

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
