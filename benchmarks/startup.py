"""What a start costs: CPU time, wall time and peak memory of processes, beside `import torch`.

    python benchmarks/startup.py -o benchmarks/results/startup.json

The processes take turns. CPU time, unlike wall time, hardly depends on what else runs. Modules are
compiled in the first turn, which does not count: pip does that when it installs a package.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from summarize.evaluation.environment import child_environment, how_measured
from summarize.files import write_text

SAMPLE = str(Path(__file__).parent / "samples" / "abstract.txt")
COMMANDS = {
    "python": ["-c", "pass"],
    "import numpy": ["-c", "import numpy"],
    "import torch": ["-c", "import torch"],
    "summarize --help": ["-P", "-m", "summarize", "--help"],
    "summarize FILE": ["-P", "-m", "summarize", "-q", SAMPLE],
}


def run(arguments: list[str]) -> tuple[float, float, int]:
    """CPU seconds, wall seconds and peak bytes. The parent must be small: its memory counts."""
    silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    started = time.perf_counter()
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, *arguments],
        {k: v for k, v in child_environment(None).items() if k != "PYTHONDONTWRITEBYTECODE"},
        file_actions=silent,
    )
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - started
    if status:
        sys.exit(f"python {' '.join(arguments)} failed")
    unit = 1 if sys.platform == "darwin" else 1024
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss * unit


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    found: dict[str, list[tuple[float, float, int]]] = {name: [] for name in COMMANDS}
    for number in range(arguments.repeats + 1):
        for name, command in COMMANDS.items():
            measured = run(command)
            if number:  # the first fills the caches
                found[name].append(measured)
    torch = np.median([cpu for cpu, _, _ in found["import torch"]])
    torch_wall = np.median([wall for _, wall, _ in found["import torch"]])
    cells: dict[str, Any] = {}
    for name, rows in found.items():
        cpu, wall = (float(np.median([row[i] for row in rows])) for i in range(2))
        cells[name] = {
            "cpu_ms": round(1000 * cpu, 1),
            "wall_ms": round(1000 * wall, 1),
            "cpu_of_import_torch": round(cpu / float(torch), 3),
            "wall_of_import_torch": round(wall / float(torch_wall), 3),
            "peak_memory_mib": round(max(row[2] for row in rows) / 2**20, 1),
        }
    result = {
        **how_measured(),
        "repeats": arguments.repeats,
        "processes": cells,
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text) if arguments.output is None else write_text(arguments.output, text)


if __name__ == "__main__":
    main()
