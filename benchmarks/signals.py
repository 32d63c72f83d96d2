"""Stop commands at random moments, and see that nothing is lost, half written or left behind.

    python benchmarks/signals.py [SCENARIO...] [--count 200] [--seed 1] [--no-record]

A command runs once to its end: that is the reference, and how long it takes. Then it is started
again and again, and SIGINT, SIGTERM or SIGKILL is sent at a random moment before its end. After
each: no traceback, the exit code that is promised, no child left after 0.3 s, the old file or the
whole new one; and the same command, run again, ends with the result of the reference.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robustness import record

ROOT = Path(__file__).parent.parent
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
OLD = "what was there before\n"
LATEST_CHILD = 0.3  # seconds after its parent

TEXT = (
    "Bees build their homes of wax in hollow trees near rivers. They store honey for the winter "
    "months, and guard it against wasps. A keeper takes a part of it in late summer."
)
RECIPE = """
epochs = 20
vocab_size = 300
tokenizer_rows = 50
max_source_tokens = 32
max_target_tokens = 16
batch_pairs = 4
pool_pairs = 16
evaluate_pairs = 40
dev_rouge_rows = 2
snapshot_minutes = 0.005
precision = "fp32"
[network]
embedding_size = 16
encoder_size = 16
encoder_layers = 1
decoder_size = 16
"""


@dataclass(frozen=True)
class Scenario:
    """A command, and what must be true of its folder afterwards."""

    arguments: list[str]
    prepare: Callable[[Path], None]
    result: Callable[[Path], str]  # what must be the same after every end
    old: str | None = None  # what the result may also be after a stop; None: anything
    again: list[str] = field(default_factory=list)  # instead of the same command
    codes: tuple[int, ...] = (0,)


def text_files(folder: Path) -> None:
    for name in ("a", "b", "c"):
        (folder / f"{name}.txt").write_text(f"{name.upper()}: {TEXT}\n")
    (folder / "out").write_text(OLD)


def pairs(folder: Path) -> None:
    rows = [
        json.dumps({"document": f"{TEXT} Number {n}.", "summary": f"Bees store honey {n}"}) + "\n"
        for n in range(24)
    ]
    (folder / "data.jsonl").write_text("".join(rows))
    (folder / "recipe.toml").write_text(RECIPE)


def written(folder: Path) -> str:
    return (folder / "out").read_text()


def weights(folder: Path) -> str:
    """Of the trained model, wherever its folder keeps them."""
    import hashlib

    found = sorted((folder / "model").rglob("model.safetensors"))
    found = [path for path in found if "snapshot" not in str(path)]
    return hashlib.sha256(found[-1].read_bytes()).hexdigest() if found else ""


def scores(folder: Path) -> str:
    """The figures of a result that do not depend on the clock."""
    path = folder / "result.json"
    if not path.exists():
        return ""
    models = json.loads(path.read_text())["models"]
    # Of scaling, all figures depend on the clock.
    return json.dumps(
        {n: m.get("scores") if isinstance(m, dict) else "" for n, m in models.items()}
    )


SCENARIOS = {
    "start": Scenario(["-m", "lead", "a.txt"], text_files, lambda folder: ""),
    "output": Scenario(["a.txt", "b.txt", "c.txt", "-o", "out"], text_files, written, OLD),
    "train": Scenario(
        ["train", "data.jsonl", "--recipe", "recipe.toml", "--out", "model"],
        pairs,
        weights,
        again=["--resume"],
    ),
    "bench": Scenario(
        ["bench", "data.jsonl", "-m", "lead", "-m", "attention", "--limit", "6"]
        + ["-o", "result.json", "--threads", "1"],
        pairs,
        scores,
        old="",
    ),
    "scaling": Scenario(
        ["scaling", "-m", "attention", "--lengths", "32,64", "--repeats", "3", "--no-training"]
        + ["-o", "result.json", "--threads", "1"],
        pairs,
        scores,
        old="",
    ),
}


def start(arguments: list[str], folder: Path) -> subprocess.Popen[bytes]:
    cache = {"XDG_CACHE_HOME": str(folder / "cache"), "XDG_CONFIG_HOME": str(folder / "config")}
    return subprocess.Popen(
        [sys.executable, "-m", "summarize", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **cache},
        start_new_session=True,
    )


def to_end(arguments: list[str], folder: Path) -> tuple[int, str]:
    process = start(arguments, folder)
    _, stderr = process.communicate(timeout=600)
    return process.returncode, stderr.decode(errors="replace")


def stop_once(
    scenario: Scenario, moment: float, number: signal.Signals, reference: str
) -> tuple[list[str], float]:
    """What went wrong, and the seconds from the signal to the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scenario.prepare(folder)
        process = start(scenario.arguments, folder)
        time.sleep(moment)
        children = session(process.pid) - {process.pid}
        process.send_signal(number)
        sent = time.monotonic()
        _, stderr = process.communicate(timeout=120)
        seconds = time.monotonic() - sent
        problems = []
        told = stderr.decode(errors="replace")
        if is_early(told):
            return problems, seconds
        if any(sign in told for sign in ("Traceback", "internal error", "Exception ignored")):
            problems.append(f"traceback: {told[-500:]}")
        if process.returncode not in (0, -number, 128 + number):
            problems.append(f"exit code {process.returncode}: {told[-200:]}")
        problems += left_behind(children | session(process.pid))
        after = scenario.result(folder)
        if scenario.old is not None and after not in (scenario.old, reference):
            problems.append(f"half a result: {after[:200]!r}")
        if reference:
            problems += again(scenario, folder, reference)
        return problems, seconds


def is_early(told: str) -> bool:
    """Whether Python itself was still starting, before any line of the command line ran: what it
    prints then, and its exit code, no program can change."""
    frames = [line for line in told.splitlines() if line.strip().startswith("File ")]
    ours = [frame for frame in frames if "/summarize/" in frame]
    return bool(frames) and all("/summarize/__init__.py" in frame for frame in ours)


def again(scenario: Scenario, folder: Path, reference: str) -> list[str]:
    """The same command must end as if nothing had happened."""
    code, told = to_end(scenario.arguments + scenario.again, folder)
    problems = []
    if code != 0 and scenario.again:  # stopped before there was anything to resume
        code, told = to_end(scenario.arguments, folder)
    if code != 0:
        problems.append(f"run again: exit code {code}: {told[-300:]}")
    elif scenario.result(folder) != reference:
        problems.append("run again: another result than that of a run never stopped")
    if left := [path.name for path in folder.iterdir() if path.name.endswith(".tmp")]:
        problems.append(f"run again: temporary files are left: {left}")
    return problems


def left_behind(processes: set[int]) -> list[str]:
    deadline = time.monotonic() + LATEST_CHILD
    while alive := [number for number in processes if is_alive(number)]:
        if time.monotonic() > deadline:
            return [f"{len(alive)} children live {LATEST_CHILD} s after their parent"]
        time.sleep(0.02)
    return []


def session(leader: int) -> set[int]:
    """Processes of the session that a command began."""
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            try:
                if os.getsid(int(entry)) == leader:
                    found.add(int(entry))
            except OSError:
                pass
    return found


def is_alive(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def run(name: str, count: int, seed: int = 1, patient: bool = True) -> dict[str, Any]:
    """Stop one scenario `count` times, in turn by each signal."""
    scenario, draw = SCENARIOS[name], random.Random(f"{name} {seed}")
    with tempfile.TemporaryDirectory() as folder:
        scenario.prepare(Path(folder))
        started = time.monotonic()
        code, told = to_end(scenario.arguments, Path(folder))
        span = time.monotonic() - started
        assert code == 0, told
        reference = scenario.result(Path(folder))
    failures, slowest = [], 0.0
    for n in range(count):
        number, moment = SIGNALS[n % len(SIGNALS)], draw.uniform(0, span)
        problems, seconds = stop_once(scenario, moment, number, reference)
        slowest = max(slowest, seconds)
        failures += [f"{number.name} after {moment:.3f} s: {problem}" for problem in problems]
        if problems and patient:
            print(name, failures[-1], file=sys.stderr, flush=True)
    return {"tried": count, "failures": failures, "slowest_end_seconds": round(slowest, 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], metavar="SCENARIO")
    parser.add_argument("--count", type=int, default=200, help="stops in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-record", action="store_true")
    asked = parser.parse_args()
    names = asked.scenarios or list(SCENARIOS)
    found = {name: run(name, -(-asked.count // len(names)), asked.seed) for name in names}
    for name, values in found.items():
        print(f"{name}: {values['tried']} stops, {len(values['failures'])} failures")
    if not asked.no_record:
        record("signals", found)


if __name__ == "__main__":
    main()
