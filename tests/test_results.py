"""The committed results: complete, and what benchmarks/README.md shows."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from conftest import ROOT

from summarize.commands.report import read_result

BENCHMARKS = ROOT / "benchmarks"
RESULTS = sorted((BENCHMARKS / "results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_result_says_how_it_was_measured(path) -> None:  # type: ignore[no-untyped-def]
    values = json.loads(path.read_text())
    assert values["command"] and values["date"] and values["environment"]["cpu"]
    if "kind" in values:
        assert set(read_result(path).to_dict()) >= set(values)
        assert not re.search(r"/(work|home|root|tmp)/", values["command"])


def test_the_tables_are_those_of_the_results() -> None:
    command = [sys.executable, str(BENCHMARKS / "figures.py"), "--check"]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_picture_that_is_shown_is_there() -> None:
    for page in (ROOT / "README.md", BENCHMARKS / "README.md"):
        for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text()):
            assert (page.parent / name).is_file(), name
