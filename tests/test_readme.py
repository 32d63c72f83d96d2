"""What the README shows is what the commands do."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import ROOT, Command

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks() -> list[str]:
    return re.findall(r"```console\n(.*?)```", README, re.DOTALL)


def test_ci_runs_the_readmes_test_command() -> None:
    command = next(
        line.removeprefix("$ ") for line in README.splitlines() if line.endswith("&& pytest -q")
    )
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == command


def test_shown_runs_print_what_is_shown(summarize: Command) -> None:
    """Every `$ summarize ...` of the README whose output does not depend on the clock."""
    checked = 0
    for block in blocks():
        for command, shown in re.findall(r"^\$ (summarize .*)\n((?:(?!\$ ).*\n)*)", block, re.M):
            # README.md holds its own summary, which is of the text without it.
            left_out = ("--json", "my-model", "smollm2", "paper.txt", "README.md")
            if any(word in command for word in left_out):
                continue
            if command.split()[1] in ("train", "bench", "score", "scaling", "report"):
                continue  # minutes, or files of the reader's own
            arguments = [
                str(ROOT / word) if (ROOT / word).is_file() else word
                for word in command.split()[1:]
            ]
            done = summarize(*arguments)
            assert done.returncode == 0, command
            if "--help" in command:
                shown = shown.replace("...\n", "")
                assert shown.split() == done.stdout.decode().split()[: len(shown.split())]
            else:
                assert done.stdout.decode() == shown, command
            checked += 1
    assert checked >= 3


def test_every_file_of_the_tree_is_described() -> None:
    for path in sorted((ROOT / "summarize").rglob("*.py")):
        if path.name not in ("__init__.py", "__main__.py"):
            assert path.name in README, path
    for path in Path(ROOT / "benchmarks").glob("*.*"):
        assert path.name in README, path
