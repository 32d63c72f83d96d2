"""How time and memory grow with the document: each model at each length in a process of its own."""

from __future__ import annotations

import json
import math
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from summarize.errors import ModelError, OptionError
from summarize.evaluation import child
from summarize.evaluation.bench import SCHEMA_VERSION, is_transformer
from summarize.evaluation.data import read_data
from summarize.evaluation.environment import child_environment, environment
from summarize.evaluation.journal import Journal, fingerprint
from summarize.evaluation.operations import multiply_adds

# What is fitted and drawn -> how to find it in a cell.
QUANTITIES = ("encoder", "decoder_step", "whole", "training_step", "memory", "training_memory")
# 97.5 % points of Student's t, by degrees of freedom.
T975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179)
NOISE = 1.3  # the medians of one thing in two processes were seen to differ by as much
A_DAY = 86_400  # seconds; times of another day are not set beside those of this one
NOTHING = "lead"  # no network: it has neither an encoder nor a training step


@dataclass(frozen=True)
class Plan:
    """Models and lengths; `batch` is of a training step."""

    models: list[str]
    lengths: list[int]
    summary_tokens: int = 16
    repeats: int = 10
    batch: int = 4
    threads: int | None = None
    training: bool = True
    load: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, least in (("summary_tokens", 1), ("repeats", 3), ("batch", 1)):
            if getattr(self, name) < least:
                raise OptionError(f"{name} is {getattr(self, name)}; it must be {least} or more")
        if self.threads is not None and self.threads < 1:
            raise OptionError(f"threads is {self.threads}; it must be 1 or more")
        if len(set(self.models)) < len(self.models):
            raise OptionError("a model is named twice; name each once")
        if not self.lengths or min(self.lengths) < 8:
            raise OptionError("--lengths needs numbers of tokens from 8 up, as in 64,256,1024")


def scaling(plan: Plan, journal: Journal, told: Callable[[str], None]) -> dict[str, Any]:
    """The result: cells, fitted exponents, and where the lines cross."""
    text = long_text(max(plan.lengths))
    cells: dict[str, list[dict[str, Any]]] = {}
    for model in plan.models:
        cells[model] = list(measure(model, plan, text, journal, told))
    curves = {
        model: {quantity: curve(found, quantity) for quantity in QUANTITIES}
        for model, found in cells.items()
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "scaling",
        "date": time.strftime("%Y-%m-%d"),
        "lengths": plan.lengths,
        "summary_tokens": plan.summary_tokens,
        "training_batch": plan.batch,
        "environment": environment(plan.threads),
        "memory_limit_bytes": memory_limit(),
        "models": cells,
        "exponents": {
            model: {q: fitted for q, points in found.items() if (fitted := fit(points))}
            for model, found in curves.items()
        },
        "crossings": crossings(curves),
    }


def measure(
    model: str, plan: Plan, text: str, journal: Journal, told: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """A cell for each length."""
    path = journal.path(asked_of(model, plan))
    known = {
        (line["length"], line["phase"]): line["found"]
        for line in journal.read(path)
        if time.time() - line["at"] < A_DAY
    }
    for length in plan.lengths:
        cell: dict[str, Any] = {"length": length}
        for phase in ("inference", "training") if plan.training else ("inference",):
            if phase == "training" and model == NOTHING:
                continue
            told(f"{model}, {length:,} tokens, {phase}")
            if (length, phase) in known:
                cell[phase] = known[length, phase]
                continue
            cell[phase] = probe(model, length, phase, plan, text)
            if "seconds" in cell[phase]:  # what there was no memory for may fit another time
                line = {"length": length, "phase": phase, "found": cell[phase], "at": time.time()}
                journal.add(path, line)
            if "error" in cell[phase]:
                told(cell[phase]["error"])
                if length == plan.lengths[0] and phase == "inference":
                    raise ModelError(cell[phase]["error"])  # the other lengths would say the same
        if "beam_size" in cell["inference"]:
            cell["multiply_adds"] = multiply_adds(
                model, length, plan.summary_tokens, cell["inference"]["beam_size"]
            )
        yield cell


def asked_of(model: str, plan: Plan) -> list[Any]:
    """All that a model's measurements depend on, but for the length and the hour."""
    return [
        "scaling",
        Path(__file__).with_name("probe.py").stat().st_mtime_ns,
        model,
        fingerprint(model),
        environment(plan.threads),
        [plan.summary_tokens, plan.repeats, plan.batch, plan.load],
    ]


def probe(model: str, length: int, phase: str, plan: Plan, text: str) -> dict[str, Any]:
    """One child process; what it could not hold comes back as `out_of_memory`."""
    is_served_by_torch = phase == "inference" and model != NOTHING and is_transformer(model)
    job = {
        "model": model,
        "load": plan.load if is_served_by_torch or "/" in model else {},
        "length": length,
        "summary_tokens": plan.summary_tokens,
        "phase": phase,
        "repeats": plan.repeats,
        "batch": plan.batch,
        "text": text,
        "memory_bytes": memory_limit(),
    }
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            child.command("probe"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            env=child_environment(plan.threads),
        )
        try:
            out, _ = process.communicate(json.dumps(job))
        except BaseException:
            process.kill()
            raise
        errors.seek(0)
        last = [line for line in errors.read().splitlines() if line.strip()][-1:]
    lines = out.splitlines()
    if lines:
        found: dict[str, Any] = json.loads(lines[-1])
        return found
    # The kernel, or a library that gave up before Python could.
    if process.returncode == -9 or any("memory" in line.lower() for line in last):
        return {"out_of_memory": True}
    why = last[0] if last else f"signal {-process.returncode}"
    return {"error": f"{model} failed at {length:,} tokens: {why}"}


def memory_limit() -> int | None:
    """Nine tenths of what is free now, where the system says what that is."""
    known = Path("/proc/meminfo")
    if not known.exists():
        return None
    found = re.search(r"MemAvailable:\s*(\d+) kB", known.read_text())
    return int(found[1]) * 1024 * 9 // 10 if found else None


def long_text(tokens: int) -> str:
    """Our own documents one after another, again and again; no token is longer than 12 letters on
    average, so this is text enough."""
    every = "\n\n".join(row.document for row in read_data(None).rows)
    wanted = 12 * tokens
    return (every + "\n\n") * (wanted // len(every) + 1)


# --- what the numbers say ----------------------------------------------------------------------


def curve(cells: list[dict[str, Any]], quantity: str) -> list[tuple[int, float]]:
    """(length, seconds or bytes) where it was measured; memory above the shortest length's."""
    points = []
    for cell in cells:
        if quantity in ("memory", "training_memory"):
            phase = "inference" if quantity == "memory" else "training"
            value = cell.get(phase, {}).get("peak_memory_bytes")
            # Python, libraries and weights do not grow: what the shortest document took.
            base = cells[0].get(phase, {}).get("peak_memory_bytes", 0)
            value = value and max(0, value - base)
        else:
            phase = "training" if quantity == "training_step" else "inference"
            value = cell.get(phase, {}).get("seconds", {}).get(quantity, {}).get("median")
        if value:
            points.append((cell["length"], float(value)))
    return points


def fit(points: list[tuple[int, float]]) -> dict[str, Any] | None:
    """value = c * length ** exponent on the longer half of the lengths, where constants count
    least: least squares on logarithms, with the 95 % interval of the slope."""
    longer = points[len(points) // 2 :] if len(points) >= 6 else points
    if len(longer) < 3:
        return None
    x, y = np.log(np.array(longer, dtype=float)).T
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    freedom = len(x) - 2
    errors = y - y.mean() - slope * centred
    spread = math.sqrt(float(errors @ errors) / freedom / float(centred @ centred))
    margin = T975[min(freedom, len(T975)) - 1] * spread
    return {
        "exponent": round(slope, 3),
        "low": round(slope - margin, 3),
        "high": round(slope + margin, 3),
        "from": longer[0][0],
        "to": longer[-1][0],
    }


def crossings(curves: dict[str, dict[str, list[tuple[int, float]]]]) -> list[dict[str, Any]]:
    """Where of two models the dearer becomes the cheaper, between measured lengths.

    Lengths where the two differ by less than NOISE say nothing of which is the cheaper: lines that
    run beside each other do not cross, however it falls.
    """
    found = []
    for one, other in combinations(curves, 2):
        for quantity in ("encoder", "decoder_step", "whole", "training_step"):
            first, second = (dict(curves[m][quantity]) for m in (one, other))
            gaps = {n: math.log(first[n] / second[n]) for n in sorted(set(first) & set(second))}
            clear = [n for n, gap in gaps.items() if abs(gap) > math.log(NOISE)]
            for low, high in pairwise(clear):
                if gaps[low] * gaps[high] < 0:
                    length = zero_between([(n, g) for n, g in gaps.items() if low <= n <= high])
                    found.append(
                        {
                            "quantity": quantity,
                            "cheaper_before": one if gaps[low] < 0 else other,
                            "cheaper_after": other if gaps[low] < 0 else one,
                            "length": round(length),
                        }
                    )
    return found


def zero_between(gaps: list[tuple[int, float]]) -> float:
    """Where a gap that changes its sign is zero, straight on the logarithm of the length: between
    two neighbours, or, where noise lets it change several times, between the ends."""
    changes = [(a, b) for a, b in pairwise(gaps) if a[1] * b[1] <= 0]
    (low, before), (high, after) = changes[0] if len(changes) == 1 else (gaps[0], gaps[-1])
    return low * math.exp(math.log(high / low) * before / (before - after))
