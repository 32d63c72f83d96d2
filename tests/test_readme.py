"""What the README shows is what the commands do."""

from __future__ import annotations

import re
import shlex

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


def blocks() -> list[str]:
    return re.findall(r"```console\n(.*?)```", README, re.DOTALL)


def test_ci_runs_the_readmes_test_command() -> None:
    command = next(
        line.removeprefix("$ ") for line in README.splitlines() if line.endswith("&& pytest -q")
    )
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == command


# Words of a shown command -> why its output is not compared.
NOT_COMPARED = {
    "--json": "it holds seconds",
    "my-model": "the reader's own model",
    "smollm2": "a model that does not ship",
    "paper.txt": "the reader's own file",
    "README.md": "it holds its own summary",
    **dict.fromkeys(
        ("train", "bench", "score", "scaling", "report", "batch"), "minutes, or the reader's files"
    ),
}
SHOWN = [
    run
    for block in blocks()
    for run in re.findall(r"^\$ (summarize .*)\n((?:(?!\$ ).*\n)*)", block, re.M)
]
COMPARED = [run for run in SHOWN if not NOT_COMPARED.keys() & set(shlex.split(run[0]))]


def test_the_readme_shows_runs_that_are_compared() -> None:
    assert COMPARED


@pytest.mark.parametrize(("command", "shown"), COMPARED)
def test_shown_runs_print_what_is_shown(summarize: Command, command: str, shown: str) -> None:
    arguments = [
        str(ROOT / word) if (ROOT / word).is_file() else word for word in shlex.split(command)[1:]
    ]
    done = summarize(*arguments)
    assert done.returncode == 0
    if "--help" in command:
        shown = shown.replace("...\n", "")
        assert shown.split() == done.stdout.decode().split()[: len(shown.split())]
    else:
        assert done.stdout.decode() == shown


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
