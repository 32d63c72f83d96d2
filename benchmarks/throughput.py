"""Many small files: documents a second of `summarize *.txt`, on one thread and on all.

    python benchmarks/throughput.py -o benchmarks/results/throughput.json

Whole runs, start and all, in turns; the files are our own documents' beginnings.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from summarize.evaluation.data import read_data
from summarize.evaluation.environment import child_environment, how_measured
from summarize.files import write_text
from summarize.threads import available


def write_files(folder: Path, count: int, words: int) -> list[Path]:
    """So many files of about so many words, all different."""
    rows = cycle(read_data(None).rows)
    paths, start = [], 0
    for number in range(count):
        found: list[str] = []
        while len(found) < words:
            found += next(rows).document.split()[start:]
        start = 0 if start > 100 else start + 7
        path = folder / f"{number:04}.txt"
        path.write_text(" ".join(found[:words]) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def run(paths: list[Path], model: str, threads: int) -> tuple[float, str]:
    command = [sys.executable, "-P", "-m", "summarize", "-q", "-m", model]
    started = time.perf_counter()
    done = subprocess.run(
        [*command, *map(str, paths)],
        check=True,
        capture_output=True,
        text=True,
        env=child_environment(threads),
    )
    return time.perf_counter() - started, done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--words", type=int, default=200)
    parser.add_argument("--threads", type=int, default=available())
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    seconds: dict[int, list[float]] = {1: [], arguments.threads: []}
    written: set[str] = set()
    with tempfile.TemporaryDirectory() as name:
        paths = write_files(Path(name), arguments.files, arguments.words)
        for _ in range(arguments.repeats):
            for threads, found in seconds.items():
                spent, text = run(paths, arguments.model, threads)
                found.append(spent)
                written.add(text)
    if len(written) != 1:
        sys.exit("the number of threads changed a summary, or their order")
    medians = {threads: float(np.median(found)) for threads, found in seconds.items()}
    result: dict[str, Any] = {
        **how_measured(),
        "files": arguments.files,
        "words": arguments.words,
        "threads": {
            str(threads): {
                "seconds": round(middle, 3),
                "documents_per_second": round(arguments.files / middle, 1),
            }
            for threads, middle in medians.items()
        },
        "speedup": round(medians[1] / medians[arguments.threads], 2),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text) if arguments.output is None else write_text(arguments.output, text)


if __name__ == "__main__":
    main()
