"""Kill `summarize batch` at random moments; is the output that of a run that was never stopped?

    python benchmarks/kills.py documents.jsonl --count 50 -o benchmarks/results/kills.json

Every kill is SIGKILL. On this machine's processes: of the command, or of one of its workers. On a
Ray cluster of two nodes: of the command, of an actor, or of a whole node, which then comes back.
After a kill of the command the same command runs again, and may be killed again. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from summarize.corpus.shards import read_records
from summarize.evaluation.environment import command_line, environment
from summarize.files import write_text

LOCAL, RAY = ("command", "worker"), ("command", "actor", "node")


def command(data: Path, out: Path, model: str, engine: list[str]) -> list[str]:
    asked = ["-m", model, "--shard-size", "25", "-q", "-o", str(out), *engine]
    return [sys.executable, "-m", "summarize", "batch", str(data), *asked]


def content(out: Path) -> list[dict[str, Any]]:
    """All that the output says, but for how long it took."""
    return [{k: v for k, v in r.items() if k != "seconds"} for r in read_records(out)]


def children(parent: int) -> list[int]:
    """Of a process on Linux."""
    with suppress(OSError):
        found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [int(pid) for pid in found]
    return []


def actors() -> list[int]:
    """Processes of Ray that do shards at present."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "cmdline").read_bytes().startswith(b"ray::MapWorker(MapBatches(Actor))"):
                found.append(int(folder.name))
    return found


class Nodes:
    """A Ray cluster of two nodes of one core each, started when it is first needed."""

    def __init__(self) -> None:
        self.cluster: Any = None

    @property
    def engine(self) -> list[str]:
        if self.cluster is None:
            from ray.cluster_utils import Cluster

            self.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
            self.second = self.cluster.add_node(num_cpus=1)
        return ["--engine", "ray", "--address", self.cluster.address]

    def kill(self) -> None:
        """The second node, without a word; another joins."""
        self.cluster.remove_node(self.second, allow_graceful=False)
        self.second = self.cluster.add_node(num_cpus=1)

    def stop(self) -> None:
        if self.cluster is not None:
            self.cluster.shutdown()


def strike(victim: str, run: subprocess.Popen[bytes], nodes: Nodes) -> bool:
    """Kill; False if there was nothing to kill any more."""
    if run.poll() is not None:
        return False
    if victim == "node":
        nodes.kill()
        return True
    pids = {"command": lambda: [run.pid], "worker": lambda: children(run.pid), "actor": actors}
    found = pids[victim]()
    for pid in found[:1]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
    return False


def go(asked: list[str], quiet: bool) -> subprocess.Popen[bytes]:
    return subprocess.Popen(asked, stderr=subprocess.DEVNULL if quiet else None)


def trial(
    asked: list[str], out: Path, victims: list[str], nodes: Nodes, span: tuple[float, float]
) -> tuple[Counter[str], list[int]]:
    """Runs of the command until it ends by itself, with a kill in each; what was killed, and how
    many shards were there when the command died."""
    killed: Counter[str] = Counter()
    shards: list[int] = []
    for victim in victims:
        run = go(asked, quiet=False)
        time.sleep(random.uniform(*span))
        if strike(victim, run, nodes):
            killed[victim] += 1
        if victim != "command":
            run.wait()
            break
        run.wait()
        shards.append(len(list(out.glob("part-*"))))
    code = go(asked, quiet=False).wait()
    if code not in (0, 1):
        raise SystemExit(f"the last run ended with {code}")
    return killed, shards


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("-m", "--model", default="lead")
    parser.add_argument("--engines", default="local,ray")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    nodes = Nodes()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole"
        local = ["--processes", "2"]
        subprocess.run(command(arguments.data, whole, arguments.model, local), check=False)
        expected = content(whole)
        done = 0
        try:
            engines = arguments.engines.split(",")
            for number, engine in enumerate(engines, start=1):
                kinds = LOCAL if engine == "local" else RAY
                share = arguments.count * number // len(engines) - done
                means = local if engine == "local" else nodes.engine
                # How long a run takes, so that kills fall on all of it.
                out = Path(folder) / "timing"
                started = time.perf_counter()
                subprocess.run(command(arguments.data, out, arguments.model, means), check=False)
                seconds = time.perf_counter() - started
                same = content(out) == expected
                shutil.rmtree(out)
                found: Counter[str] = Counter()
                kept: list[int] = []
                trials = unequal = 0
                while sum(found.values()) < share:
                    left = share - sum(found.values())
                    victim = kinds[trials % len(kinds)]
                    victims = [victim] * min(left, 3 if victim == "command" else 1)
                    out = Path(folder) / f"{engine}-{trials}"
                    asked = command(arguments.data, out, arguments.model, means)
                    killed, shards = trial(asked, out, victims, nodes, (0.1, 0.85 * seconds))
                    found, kept = found + killed, kept + shards
                    trials += 1
                    leftovers = [*out.glob("*.tmp"), *out.glob(".*.tmp"), *out.glob(".trying*")]
                    if content(out) != expected or leftovers:
                        unequal += 1
                    shutil.rmtree(out)
                    print(engine, dict(found), f"{unequal} of {trials} unequal", file=sys.stderr)
                done += sum(found.values())
                results.append(
                    {
                        "engine": engine,
                        "seconds_uninterrupted": round(seconds, 2),
                        "kills": dict(found),
                        "shards_when_the_command_died": kept,
                        "trials": trials,
                        "uninterrupted_equal": same,
                        "unequal": unequal,
                    }
                )
        finally:
            nodes.stop()
    result = {
        "command": command_line("python", sys.argv[0]),
        "date": time.strftime("%Y-%m-%d"),
        "environment": environment(),
        "model": arguments.model,
        "documents": len(expected),
        "unique_ids": len({record["id"] for record in expected}),
        "kills": done,
        "all_equal": all(r["uninterrupted_equal"] and not r["unequal"] for r in results),
        "engines": results,
    }
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")
    print(json.dumps({k: result[k] for k in ("kills", "all_equal")}))


if __name__ == "__main__":
    main()
