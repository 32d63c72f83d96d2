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
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from summarize.corpus.rows import read_rows
from summarize.corpus.shards import read_records
from summarize.evaluation.environment import how_measured
from summarize.files import write_text

LOCAL, RAY = ("command", "worker"), ("command", "actor", "node")


def command(data: Path, out: Path, model: str, engine: list[str]) -> list[str]:
    asked = ["-m", model, "--shard-size", "25", "-q", "-o", str(out), *engine]
    return [sys.executable, "-m", "summarize", "batch", str(data), *asked]


def write_head(source: Path, limit: int, target: Path) -> None:
    """The first rows of JSON Lines, packed or not."""
    with target.open("wb") as file:
        for row in islice(read_rows(str(source), "jsonl", (), None), limit):
            if isinstance(row.content, bytes):
                file.write(row.content.rstrip(b"\n") + b"\n")


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
        self.is_whole = True

    @property
    def engine(self) -> list[str]:
        if self.cluster is None:
            from ray.cluster_utils import Cluster

            self.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
            self.second = self.cluster.add_node(num_cpus=1)
        return ["--engine", "ray", "--address", self.cluster.address]

    def kill(self) -> None:
        """The second node's own process, without a word; its actors die with it."""
        for info in self.second.all_processes["raylet"]:
            os.kill(info.process.pid, signal.SIGKILL)
        self.is_whole = False

    def mend(self) -> None:
        """Another node joins."""
        if self.cluster is None or self.is_whole:
            return
        self.cluster.remove_node(self.second, allow_graceful=False)
        self.second = self.cluster.add_node(num_cpus=1)
        self.is_whole = True

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


class Trial(NamedTuple):
    killed: Counter[str]
    shards: list[int]  # that were finished each time that the command was killed
    went_on: int  # runs that ended by themselves though a part of them was killed


class Span(NamedTuple):
    """Seconds that a run takes, and from its first shard to its last."""

    whole: float
    work: float


def timed(asked: list[str], out: Path) -> Span:
    started = time.perf_counter()
    subprocess.run(asked, check=True)
    written = [path.stat().st_mtime for path in out.glob("part-*")]
    return Span(time.perf_counter() - started, max(written) - min(written))


def wait(run: subprocess.Popen[bytes], out: Path, span: Span) -> None:
    """Until some moment of the whole run, or, more often, of its work: a start can be long."""
    if random.random() < 0.3:
        time.sleep(random.uniform(0.1, span.whole))
        return
    before = len(list(out.glob("part-*")))
    while run.poll() is None and len(list(out.glob("part-*"))) == before:
        time.sleep(0.005)
    time.sleep(random.uniform(0, span.work))


def trial(asked: list[str], out: Path, victims: list[str], nodes: Nodes, span: Span) -> Trial:
    """Runs of the command with a kill in each, then one that is left alone."""
    killed: Counter[str] = Counter()
    shards: list[int] = []
    went_on = 0
    with (out.parent / "log").open("ab") as log:
        for victim in victims:
            run = subprocess.Popen(asked, stderr=log)
            wait(run, out, span)
            hit = strike(victim, run, nodes)
            code = run.wait()
            if hit and victim == "command":
                shards.append(len(list(out.glob("part-*"))))
            went_on += hit and code == 0
            killed[victim] += hit
        if subprocess.run(asked, stderr=log).returncode:
            raise SystemExit(f"a run failed: {(out.parent / 'log').read_text()[-2000:]}")
    return Trial(killed, shards, went_on)


@dataclass
class Tally:
    """What became of the trials on one engine."""

    engine: str
    seconds_uninterrupted: float
    uninterrupted_equal: bool
    kills: dict[str, int] = field(default_factory=dict)
    went_on_by_itself: int = 0
    shards_when_the_command_died: list[int] = field(default_factory=list)
    trials: int = 0
    unequal: int = 0

    def add(self, found: Trial, is_equal: bool) -> None:
        self.kills = dict(Counter(self.kills) + found.killed)
        self.went_on_by_itself += found.went_on
        self.shards_when_the_command_died += found.shards
        self.trials += 1
        self.unequal += not is_equal


class Trials:
    """Kills on one engine after the other, in a folder of their own."""

    def __init__(self, data: Path, model: str, folder: Path, nodes: Nodes) -> None:
        self.data, self.model, self.folder, self.nodes = data, model, folder, nodes
        asked = command(data, folder / "whole", model, ["--processes", "2"])
        subprocess.run(asked, check=True)
        self.expected = content(folder / "whole")

    def is_equal(self, out: Path) -> bool:
        """To the run that was never stopped, with nothing left over; `out` is then removed."""
        leftovers = [*out.glob("*.tmp"), *out.glob(".*.tmp"), *out.glob(".trying*")]
        same = content(out) == self.expected and not leftovers
        shutil.rmtree(out)
        return same

    def on(self, engine: str, count: int) -> Iterator[Tally]:
        """So many kills; the tally after each trial."""
        means = ["--processes", "2"] if engine == "local" else self.nodes.engine
        kinds = LOCAL if engine == "local" else RAY
        out = self.folder / "out"
        asked = command(self.data, out, self.model, means)
        # How long a run takes, so that kills fall on all of it. The first one is slow.
        spans, same = [], True
        for _ in range(2):
            spans.append(timed(asked, out))
            same &= self.is_equal(out)
        tally = Tally(engine, round(min(spans).whole, 2), same)
        while (left := count - sum(tally.kills.values())) > 0:
            victim = kinds[tally.trials % len(kinds)]
            victims = [victim] * min(left, 3 if victim == "command" else 1)
            found = trial(asked, out, victims, self.nodes, min(spans))
            tally.add(found, self.is_equal(out))
            self.nodes.mend()
            yield tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, default=3000)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("-m", "--model", default="lead")
    parser.add_argument("--engines", default="local,ray")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    os.environ["RAY_raylet_start_wait_time_s"] = "120"  # read by Ray, for a busy machine
    nodes = Nodes()
    tallies: dict[str, Tally] = {}

    def save(documents: int) -> None:
        kills = sum(sum(tally.kills.values()) for tally in tallies.values())
        result = {
            **how_measured(),
            "model": arguments.model,
            "documents": documents,
            "kills": kills,
            "is_complete": kills >= arguments.count,
            "all_equal": all(t.uninterrupted_equal and not t.unequal for t in tallies.values()),
            "engines": [asdict(tally) for tally in tallies.values()],
        }
        write_text(arguments.output, json.dumps(result, indent=1) + "\n")

    engines = arguments.engines.split(",")
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data.jsonl"
        write_head(arguments.data, arguments.limit, data)
        trials = Trials(data, arguments.model, Path(name), nodes)
        try:
            for place, engine in enumerate(engines, start=1):
                share = arguments.count * place // len(engines)
                share -= arguments.count * (place - 1) // len(engines)
                for tally in trials.on(engine, share):
                    tallies[engine] = tally
                    print(tally, file=sys.stderr)
                    save(len(trials.expected))
        finally:
            nodes.stop()


if __name__ == "__main__":
    main()
