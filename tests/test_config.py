"""Defaults of the user's own, in a TOML file."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from conftest import Command

from summarize.commands.settings import Settings, as_toml, load_settings

TEXT = b"Bees build homes of wax in trees. They store honey for the winter. Wasps do not."


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where the system keeps the user's settings."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "summarize"
    folder.mkdir(parents=True)
    return folder


def test_settings_are_defaults_that_options_override(summarize: Command, home: Path) -> None:
    first = summarize("-m", "lead", stdin=TEXT).stdout
    (home / "config.toml").write_text('model = "lead"\nlength = "long"\n')
    assert summarize("-l", "short", stdin=TEXT).stdout == first
    assert summarize("-q", stdin=TEXT).stdout == summarize("-l", "long", stdin=TEXT).stdout
    assert b"lead" in summarize("-v", stdin=TEXT).stderr


def test_settings_are_found_in_either_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With XDG_CONFIG_HOME and without it; where there is none, platformdirs is not asked."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    assert load_settings() == Settings()
    for folder, width in ((tmp_path / "own", 7), (tmp_path / ".config", 9)):
        (folder / "summarize").mkdir(parents=True)
        (folder / "summarize" / "config.toml").write_text(f"width = {width}\n")
    assert load_settings() == Settings(width=7)
    monkeypatch.delenv("XDG_CONFIG_HOME")
    if sys.platform == "linux":
        assert load_settings() == Settings(width=9)


def test_a_setting_of_width_is_for_terminals_only(summarize: Command, home: Path) -> None:
    (home / "config.toml").write_text("width = 10\n")
    assert summarize("-m", "lead", stdin=TEXT).stdout.count(b"\n") == 1
    wrapped = summarize("-m", "lead", "--width", "10", stdin=TEXT).stdout.decode()
    assert max(map(len, wrapped.splitlines())) <= 10
    assert wrapped.split() == "Bees build homes of wax in trees.".split()


def test_config_shows_the_file_and_is_one(summarize: Command, home: Path) -> None:
    path = home / "config.toml"
    assert summarize("config", "--path").stdout.decode() == f"{path}\n"
    shown = summarize("config").stdout.decode()
    assert str(path) in shown and tomllib.loads(shown) == {}
    path.write_text('model = "a\\"b"\nwidth = 72\n')
    assert tomllib.loads(summarize("config").stdout.decode()) == {"model": 'a"b', "width": 72}
    assert load_settings(path) == Settings(model='a"b', width=72)
    assert tomllib.loads(as_toml(Settings(style="tldr"))) == {"style": "tldr"}


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('modle = "lead"', "did you mean model?"),
        ("length = 3", "text in quotes"),
        ('length = "big"', "big"),
        ("width = true", "whole number"),
        ("width = -1", "from 0"),
        ("width = " + "9" * 5000, "can't be read"),
        ("model = ", "can't be read"),
        ("model = " + "[" * 5000, "can't be read"),
        ("\x00", "can't be read"),
    ],
)
def test_what_cant_be_used_is_one_line_that_names_the_file(
    summarize: Command, home: Path, toml: str, message: str
) -> None:
    (home / "config.toml").write_text(toml)
    for arguments in ([], ["config"]):
        done = summarize(*arguments, stdin=TEXT)
        assert done.returncode == 2 and done.stdout == b""
        told = done.stderr.decode()
        assert told.count("\n") == 1 and "config.toml" in told and message in told
    assert summarize("--help").returncode == 0 and summarize("config", "--path").returncode == 0


def test_no_variable_of_another_tool_is_read(summarize: Command, home: Path) -> None:
    done = summarize(
        "-m", "lead", stdin=TEXT, SUMMARIZE_MODEL="psychic", SUMMARIZE_LENGTH="psychic"
    )
    assert done.returncode == 0 and done.stderr == b""
