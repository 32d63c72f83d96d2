"""What the README shows is what the commands do."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from conftest import ROOT, Command

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "benchmarks" / "README.md",
    ROOT / "summarize" / "rnn" / "README.md",
]
CARDS = sorted((ROOT / "summarize" / "checkpoints").glob("*/MODEL_CARD.md"))


def test_ci_runs_the_readmes_test_command() -> None:
    command = next(
        line.removeprefix("$ ") for line in README.splitlines() if line.endswith("&& pytest -q")
    )
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == command


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("shown")


def test_shown_runs_print_something_like_what_is_shown(summarize: Command, shown: Any) -> None:
    """As many lines, and of a table or a manual page the very words, in which no weights have a
    part. `python benchmarks/shown.py` compares the others with what the shipped models write."""
    runs = shown.compared(README)
    assert runs
    for command, expected in runs:
        done = summarize(*shown.arguments(command))
        assert done.returncode == 0, command
        assert len(done.stdout.decode().splitlines()) == len(expected.splitlines()), command
        if "csv" in command:
            assert done.stdout.decode() == expected


def test_links_lead_somewhere() -> None:
    """Files that a page links to are there."""
    for page in (ROOT / "README.md", ROOT / "benchmarks" / "README.md", *CARDS):
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page}: {target}"


def test_every_folder_and_script_is_described() -> None:
    """In the README or in a page that it links to; what a file is, its docstring says."""
    pages = [page.read_text(encoding="utf-8") for page in PAGES if page.exists()]
    text = "\n".join(pages)
    for folder in (ROOT / "summarize").iterdir():
        if folder.is_dir() and any(folder.glob("*.py")):
            assert f"{folder.name}/" in text, folder
    for path in (ROOT / "benchmarks").glob("*.*"):
        assert path.name in text, path


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "summarize/commands/README.md"])
def test_generated_parts_are_fresh(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tree and the option tables; `cog -r` writes them."""
    from cogapp import Cog

    monkeypatch.syspath_prepend(str(ROOT))
    assert Cog().main(["cog", "--check", str(ROOT / page)]) == 0, f"run: PYTHONPATH=. cog -r {page}"
