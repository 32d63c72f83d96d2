"""Run what the README shows, and print where the output has become another.

    python benchmarks/shown.py

Run it after the weights have changed. The tests do not compare these words, which would bind them
to one set of weights.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
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


def compared(page: str) -> list[tuple[str, str]]:
    """The commands that a page shows, and their output there, so far as it can be compared."""
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    runs = [
        run
        for block in blocks
        for run in re.findall(r"^\$ (summarize .*)\n((?:(?!\$ ).*\n)*)", block, re.M)
    ]
    return [run for run in runs if not NOT_COMPARED.keys() & set(shlex.split(run[0]))]


def arguments(command: str) -> list[str]:
    """What follows `summarize`, files of this repository by their whole paths."""
    return [
        str(ROOT / word) if (ROOT / word).is_file() else word for word in shlex.split(command)[1:]
    ]


def main() -> int:
    different = 0
    for command, expected in compared((ROOT / "README.md").read_text(encoding="utf-8")):
        asked = [sys.executable, "-m", "summarize", *arguments(command)]
        found = subprocess.run(asked, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
        if found != expected:
            different += 1
            print(f"$ {command}\nREADME: {expected}now:    {found}")
    return min(different, 1)


if __name__ == "__main__":
    sys.exit(main())
