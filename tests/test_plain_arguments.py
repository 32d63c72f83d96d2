"""What is read without Typer is read as Typer reads it."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from summarize.commands.app import app
from summarize.commands.plain import SWITCHES, WITH_TEXT, plain


def typed(line: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Typer hands on, without the defaults, which are all empty."""
    seen: dict[str, Any] = {}

    def run(**asked: Any) -> int:
        seen.update(asked)
        return 0

    monkeypatch.setattr("summarize.commands.text.run", run)
    with pytest.raises(SystemExit) as ended:
        app("text")(line.split(), prog_name="summarize")
    assert ended.value.code == 0
    return {name: value for name, value in seen.items() if value}


@pytest.mark.parametrize(
    "line",
    ["a", "a b -", "a -q", "-q a --json -v", "-m lead a -l long b", "-m lead -m extract a", "./x y"]
    + [f"{option} a" for option in SWITCHES]
    + [f"a {option} b" for option in WITH_TEXT],
)
def test_plain_arguments_mean_the_same(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plain(line.split()) == typed(line, monkeypatch)


@pytest.mark.parametrize(
    "line",
    ["-qv a", "--help", "a -h", "-x a", "-m", "a -m", "-m -q a", "-mlead a", "--model=lead a"]
    + ["-- -a", "models", "train a", "-r a", "--width 7 a", "--man", "--version", "--mod lead a"],
)
def test_anything_else_is_left_to_typer(line: str) -> None:
    assert plain(line.split()) is None


def test_without_files_a_terminal_gets_the_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert plain([]) is None and plain(["-q"]) is None
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert plain(["-q"]) == {"quiet": True, "files": []}
