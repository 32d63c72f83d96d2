"""The committed results: complete, and what benchmarks/README.md shows."""

from __future__ import annotations

import json
import re
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


def test_the_tables_are_those_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(BENCHMARKS)
    monkeypatch.setattr(sys, "argv", ["figures.py", "--check"])
    import figures

    assert figures.main() == 0


def test_every_picture_that_is_shown_is_there() -> None:
    for page in (ROOT / "README.md", BENCHMARKS / "README.md"):
        for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text()):
            assert (page.parent / name).is_file(), name
