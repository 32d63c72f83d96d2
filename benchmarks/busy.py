"""A summary on a busy machine: wall time of whole runs, quiet and beside two busy loops.

    python benchmarks/busy.py -o benchmarks/results/busy.json

Quiet and busy runs take turns; the loops are started before each busy run and stopped after it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from summarize.evaluation.environment import child_environment, how_measured
from summarize.files import write_text

SAMPLE = Path(__file__).parent / "samples" / "abstract.txt"
LOOP = "while True: pass"


def run(path: Path, model: str) -> float:
    """Seconds of one `summarize FILE`, start and all."""
    command = [sys.executable, "-P", "-m", "summarize", "-q", "-m", model, str(path)]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=child_environment(None))
    return time.perf_counter() - started


def beside(loops: int, path: Path, model: str) -> float:
    busy = [subprocess.Popen([sys.executable, "-S", "-c", LOOP]) for _ in range(loops)]
    try:
        time.sleep(0.5)  # until they are at full speed
        return run(path, model)
    finally:
        for process in busy:
            process.kill()
            process.wait()


def summary_of(seconds: list[float]) -> dict[str, Any]:
    middle = float(np.median(seconds))
    return {
        "median": round(middle, 4),
        "mad": round(float(np.median(np.abs(np.array(seconds) - middle))), 4),
        "largest": round(max(seconds), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("--loops", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    run(arguments.file, arguments.model)
    quiet, busy = [], []
    for _ in range(arguments.repeats):
        quiet.append(run(arguments.file, arguments.model))
        busy.append(beside(arguments.loops, arguments.file, arguments.model))
    ratios = np.array(busy) / np.median(quiet)
    result = {
        **how_measured(),
        "loops": arguments.loops,
        "repeats": arguments.repeats,
        "quiet_seconds": summary_of(quiet),
        "busy_seconds": summary_of(busy),
        "busy_over_quiet": round(float(np.median(ratios)), 2),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text) if arguments.output is None else write_text(arguments.output, text)


if __name__ == "__main__":
    main()
