"""`summarize batch`: documents a second and memory of each process, with 1 and 2 and on Ray.

    python benchmarks/batch.py DATA.jsonl.xz --limit 20000 -o benchmarks/results/batch.json
    python benchmarks/batch.py --rows 1000000 --ways 2 -m lead -o benchmarks/results/batch-rows.json

The ways: a number is that many processes of this machine; ray is a local cluster of two nodes with
one core each, started before the clock is. --rows generates rows of ten words instead of DATA.
Memory is looked at while they work: what a process shares with others is counted in parts (PSS).
Linux only.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

from kills import actors, children, write_head

from summarize.evaluation.environment import how_measured
from summarize.files import write_text

WORDS = "boat sea calm harbour wind left day captain the old ship sails north again home".split()
LOOK = 0.5  # seconds between two looks at the memory


def write_rows(count: int, target: Path) -> None:
    words = random.Random(0)
    with target.open("w", encoding="utf-8") as file:
        for number in range(count):
            text = " ".join(words.choices(WORDS, k=10))
            file.write(json.dumps({"id": number, "text": f"{text}."}) + "\n")


def memory(pid: int) -> dict[str, int] | None:
    """Bytes of a process: its share of all (PSS), and what is its own."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        found = {name: int(n) * 1024 for name, n in re.findall(r"^(\w+): +(\d+) kB", text, re.M)}
        return {"pss": found["Pss"], "own": found["Private_Clean"] + found["Private_Dirty"]}
    return None


class Looks(threading.Thread):
    """Looks at the memory of the workers, and of the command, until it is stopped."""

    def __init__(self, pid: int, is_ray: bool) -> None:
        super().__init__(daemon=True)
        self.pid, self.is_ray = pid, is_ray
        self.workers: list[dict[str, int]] = []
        self.command: list[dict[str, int]] = []
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(LOOK):
            for pid in actors() if self.is_ray else children(self.pid):
                if found := memory(pid):
                    self.workers.append(found)
            if found := memory(self.pid):
                self.command.append(found)

    def report(self) -> dict[str, Any]:
        self.ended.set()
        self.join()
        if not self.workers or not self.command:
            return {}
        own, pss = ([look[kind] for look in self.workers] for kind in ("own", "pss"))
        tenth = max(1, len(pss) // 10)
        return {
            "worker_pss_bytes": {"median": round(median(pss)), "most": max(pss)},
            "worker_own_bytes": {"median": round(median(own)), "most": max(own)},
            # Flat, if the last tenth of the run holds what the second tenth did.
            "worker_pss_early_and_late": [
                round(median(pss[tenth : 2 * tenth] or pss)),
                round(median(pss[-tenth:])),
            ],
            "command_pss_bytes": max(look["pss"] for look in self.command),
        }


@contextmanager
def cluster() -> Iterator[str]:
    """The address of two nodes of one core each."""
    from ray.cluster_utils import Cluster

    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        found.add_node(num_cpus=1)
        yield found.address
    finally:
        found.shutdown()


def measure(data: Path, out: Path, model: str, engine: list[str]) -> dict[str, Any]:
    """One run of the command."""
    asked = ["-m", model, "-q", "--json", "-o", str(out), *engine]
    started = time.perf_counter()
    run = subprocess.Popen(
        [sys.executable, "-m", "summarize", "batch", str(data), *asked], stdout=subprocess.PIPE
    )
    looks = Looks(run.pid, "ray" in engine)
    looks.start()
    printed, _ = run.communicate()
    seconds = time.perf_counter() - started
    if run.returncode not in (0, 1):
        raise SystemExit(f"summarize batch ended with {run.returncode}")
    totals = json.loads(printed)
    written = sorted(path.stat().st_mtime for path in out.glob("part-*"))
    working = max(written[-1] - written[0], 0.001)
    size = totals["documents"] / len(written)
    names = ("_manifest.json", "_inputs.jsonl", "_finished.jsonl")
    return {
        "documents": totals["documents"],
        "errors": totals["errors"],
        "seconds": round(seconds, 2),
        "documents_per_second": round(totals["documents"] / seconds, 1),
        # Without the start: from the first finished shard to the last.
        "documents_per_second_working": round(size * (len(written) - 1) / working, 1),
        "documents_per_cpu_second": totals["documents_per_cpu_second"],
        "core_hours_per_million": round(1e6 / totals["documents_per_cpu_second"] / 3600, 4),
        "shards": len(written),
        "shard_bytes": totals["bytes"],
        "bookkeeping_bytes": sum((out / name).stat().st_size for name in names),
        "memory": looks.report(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--limit", type=int, default=20_000)
    parser.add_argument("--rows", type=int, help="generate so many rows of ten words")
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("--ways", default="1,2,ray")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    if (arguments.data is None) == (arguments.rows is None):
        parser.error("name DATA, or --rows")
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data.jsonl"
        if arguments.rows is None:
            write_head(arguments.data, arguments.limit, data)
        else:
            write_rows(arguments.rows, data)
        for way in arguments.ways.split(","):
            out = folder / f"out-{way}"
            if way == "ray":
                with cluster() as address:
                    engine = ["--engine", "ray", "--address", address]
                    found[way] = measure(data, out, arguments.model, engine)
            else:
                found[way] = measure(data, out, arguments.model, ["--processes", way])
            print(way, json.dumps(found[way]), file=sys.stderr)
    result: dict[str, Any] = {
        **how_measured(),
        "model": arguments.model,
        "ways": found,
    }
    if {"1", "2"} <= found.keys():
        one, two = (found[way]["documents_per_second"] for way in ("1", "2"))
        result["speedup_of_two"] = round(two / one, 3)
        if "ray" in found:
            result["ray_against_two"] = round(found["ray"]["documents_per_second"] / two, 3)
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
