"""The short form of benchmarks/mutate.py: damaged checkpoints are refused in one line, or work."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import ROOT


@pytest.fixture
def mutate(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import mutate

    yield mutate
    sys.modules.pop("mutate")


def test_sixty_mutations(mutate: object, tmp_path: Path) -> None:
    mutate.good_folders(tmp_path)  # type: ignore[attr-defined]
    outcomes = mutate.run(tmp_path, 60, seed=1)  # type: ignore[attr-defined]
    assert [outcome for outcome in outcomes if outcome.is_failure] == []
    kinds = {outcome.kind for outcome in outcomes}
    assert kinds == {"refused", "works"}


def test_the_harness_sees_a_failure(
    mutate: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> str:
        raise KeyError("a\nb")

    mutate.good_folders(tmp_path)  # type: ignore[attr-defined]
    monkeypatch.setattr(mutate, "summary_of", fail)
    outcome = mutate.attempt(tmp_path / "none", "", None)  # type: ignore[attr-defined]
    assert outcome.is_failure and outcome.kind == "KeyError"
    monkeypatch.setattr(mutate, "summary_of", lambda folder: "something else")
    outcome = mutate.attempt(tmp_path / "none", "", "what it was")  # type: ignore[attr-defined]
    assert outcome.kind == "another summary"
