"""The short form of benchmarks/fuzz_command.py; that of signals.py is in test_streams.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT


@pytest.mark.parametrize("model", ["lead", "tiny"])
def test_damaged_inputs_of_every_format(
    monkeypatch: pytest.MonkeyPatch, checkpoint_folders: dict[str, Path], model: str
) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import fuzz_command as fuzz

    name = model if model == "lead" else str(checkpoint_folders["general"])
    found = fuzz.run(80 if model == "lead" else 25, seed=11, model=name)
    assert found["failures"] == []
    assert found["exit_codes"]["0"] > 10  # most are not so damaged that nothing is left


def test_the_judge_knows_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from fuzz_command import judge

    assert judge(0, b"A summary.\n", b"", 0.1) == ""
    assert judge(1, b"", b"summarize: a.txt is empty\n", 0.1) == ""
    assert judge(1, b"", b"Traceback (most recent call last):", 0.1)
    assert judge(1, b"", b"summarize: internal error: KeyError", 0.1)
    assert judge(1, b"", b"", 0.1) and judge(0, b"\n", b"", 0.1) and judge(2, b"", b"x", 0.1)
    assert judge(0, b"\x1b[2J", b"", 0.1) and judge(0, "\u009b".encode(), b"", 0.1)
    assert judge(0, b"A summary.\n", b"", 60.0)
