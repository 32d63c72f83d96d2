"""A book at once: seconds and memory of a whole `summarize FILE` as the file grows.

    python benchmarks/book.py -o benchmarks/results/book.json

The text is our own documents one after another, as often as it takes; and, as the last size, ten
megabytes of it on one line. Each run is a process of its own, start and all; the median of several,
and the most memory that any of them held. The exponent is the slope of log seconds over log words,
without what an empty start takes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from summarize.evaluation.data import read_data
from summarize.evaluation.environment import how_measured
from summarize.files import write_text

# A child's peak memory counts what its parent held: a parent that holds nothing.
LAUNCHER = """
import os, sys
_, status, used = os.wait4(os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:]), 0)
print(used.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def book(words: int) -> str:
    """So many words of our own documents, paragraphs and headings kept."""
    parts: list[str] = []
    left = words
    for row in cycle(read_data(None).rows):
        found = row.document.split(" ")
        parts.append(" ".join(islice(found, left)))
        left -= len(parts[-1].split())
        if left <= 0:
            return "\n\n".join(parts)
    raise AssertionError("a cycle does not end")


def one_line(size: int) -> str:
    """So many characters of the same on a single line."""
    text = " ".join(book(20_000).split())
    return (text + " ") * (size // len(text) + 1)


def exponent(words: list[int], seconds: list[float], start: float) -> float:
    """Of time over words."""
    work = np.maximum(np.array(seconds) - start, 1e-3)
    return float(np.polyfit(np.log(words), np.log(work), 1)[0])


def run(path: Path, model: str) -> dict[str, Any]:
    """One summary: wall time and peak memory of the process, and what it says of itself."""
    asked = [sys.executable, "-m", "summarize", "-q", "-m", model, "--json", str(path)]
    command = [sys.executable, "-S", "-c", LAUNCHER, *asked]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "seconds": seconds,
        "peak_memory_bytes": int(done.stderr.splitlines()[-1]) * unit,
        "summary": json.loads(done.stdout),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("--words", default="1000,3000,10000,30000,100000")
    parser.add_argument("--line", type=int, default=10_000_000, help="characters on one line")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    cells: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        sizes = list(map(int, arguments.words.split(",")))
        texts = {f"{words}.txt": book(words) for words in sizes}
        if arguments.line:
            texts["line.txt"] = one_line(arguments.line)[: arguments.line]
        short = Path(folder) / "short.txt"
        short.write_text("A sentence is here.\n", encoding="utf-8")
        start = min(run(short, arguments.model)["seconds"] for _ in range(arguments.repeats))
        for name, text in texts.items():
            path = Path(folder) / name
            path.write_text(text, encoding="utf-8")
            found = [run(path, arguments.model) for _ in range(arguments.repeats)]
            seconds = np.array([one["seconds"] for one in found])
            middle = float(np.median(seconds))
            cells.append(
                {
                    "words": len(text.split()),
                    "characters": len(text),
                    "lines": text.count("\n") + 1,
                    "overflow": found[0]["summary"].get("overflow"),
                    "seconds": {
                        "median": round(middle, 3),
                        "mad": round(float(np.median(np.abs(seconds - middle))), 3),
                    },
                    "peak_memory_bytes": max(one["peak_memory_bytes"] for one in found),
                }
            )
            print(cells[-1], file=sys.stderr)
    result = {
        **how_measured(),
        "model": arguments.model,
        "repeats": arguments.repeats,
        "start_seconds": round(start, 3),
        "exponent": round(
            exponent(
                [cell["words"] for cell in cells[: len(sizes)]],
                [cell["seconds"]["median"] for cell in cells[: len(sizes)]],
                start,
            ),
            3,
        ),
        "sizes": cells,
    }
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
