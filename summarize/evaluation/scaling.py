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
from summarize.evaluation.codec import from_json
from summarize.evaluation.data import read_data
from summarize.evaluation.environment import child_environment, environment
from summarize.evaluation.journal import Journal, fingerprint
from summarize.evaluation.operations import multiply_adds
from summarize.evaluation.result import (
    QUANTITIES,
    Crossing,
    Fit,
    Phase,
    ScalingCell,
    ScalingResult,
)
from summarize.evaluation.running import is_transformer

# 97.5 % quantiles of Student's t, by degrees of freedom.
T975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179)
NOISE = 1.3  # medians of the same thing in two processes have differed by this factor
A_DAY = 86_400  # seconds; older times are not combined with new ones
NOTHING = ("lead", "extract")  # models without a network have no encoder and no training step


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


def scaling(plan: Plan, journal: Journal, told: Callable[[str], None]) -> ScalingResult:
    """Cells, fitted exponents, and where the curves cross."""
    text = long_text(max(plan.lengths))
    cells = {model: list(measure(model, plan, text, journal, told)) for model in plan.models}
    curves = {
        model: {quantity: curve(found, quantity) for quantity in QUANTITIES}
        for model, found in cells.items()
    }
    return ScalingResult(
        date=time.strftime("%Y-%m-%d"),
        lengths=plan.lengths,
        summary_tokens=plan.summary_tokens,
        training_batch=plan.batch,
        environment=environment(plan.threads),
        memory_limit_bytes=memory_limit(),
        models=cells,
        exponents={
            model: {q: fitted for q, points in found.items() if (fitted := fit(points))}
            for model, found in curves.items()
        },
        crossings=crossings(curves),
    )


def measure(
    model: str, plan: Plan, text: str, journal: Journal, told: Callable[[str], None]
) -> Iterator[ScalingCell]:
    """A cell for each length."""
    path = journal.path(asked_of(model, plan))
    with journal.held(path) as lines:
        known = {
            (line["length"], line["phase"]): line["found"]
            for line in lines
            if time.time() - line["at"] < A_DAY
        }
        for length in plan.lengths:
            phases: dict[str, Phase] = {}
            for phase in ("inference", "training") if plan.training else ("inference",):
                if phase == "training" and model in NOTHING:
                    continue
                told(f"{model}, {length:,} tokens, {phase}")
                found = known.get((length, phase)) or probe(model, length, phase, plan, text)
                # What there was no memory for may fit another time.
                if "seconds" in found and (length, phase) not in known:
                    line = {"length": length, "phase": phase, "found": found, "at": time.time()}
                    journal.add(path, line)
                phases[phase] = from_json(Phase, found)
                failure = phases[phase].error
                if failure and phase == "inference" and length == plan.lengths[0]:
                    raise ModelError(failure)  # the other lengths would fail alike
                if failure:
                    told(failure)
            yield cell(model, length, phases, plan)


def cell(model: str, length: int, phases: dict[str, Phase], plan: Plan) -> ScalingCell:
    inference, counted = phases["inference"], None
    if inference.beam_size is not None:
        counted = multiply_adds(model, length, plan.summary_tokens, inference.beam_size)
    return ScalingCell(
        length=length,
        inference=inference,
        training=phases.get("training"),
        multiply_adds=counted,
    )


def asked_of(model: str, plan: Plan) -> list[Any]:
    """Everything that a model's measurements depend on, except the length and the time."""
    return [
        "scaling",
        Path(__file__).with_name("probe.py").stat().st_mtime_ns,
        model,
        fingerprint(model),
        environment(plan.threads),
        [plan.summary_tokens, plan.repeats, plan.batch, plan.load],
    ]


def probe(model: str, length: int, phase: str, plan: Plan, text: str) -> dict[str, Any]:
    """One child process; `out_of_memory` if it could not hold what it needed."""
    is_served_by_torch = phase == "inference" and model not in NOTHING and is_transformer(model)
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
    """Nine tenths of the memory that is free now, if the system says how much that is."""
    known = Path("/proc/meminfo")
    if not known.exists():
        return None
    found = re.search(r"MemAvailable:\s*(\d+) kB", known.read_text())
    return int(found[1]) * 1024 * 9 // 10 if found else None


def long_text(tokens: int) -> str:
    """Our own documents, repeated. Tokens have far fewer than 12 letters on average, so 12 for each
    are enough."""
    every = "\n\n".join(row.document for row in read_data(None).rows)
    wanted = 12 * tokens
    return (every + "\n\n") * (wanted // len(every) + 1)


# --- what the numbers say ----------------------------------------------------------------------


def curve(cells: list[ScalingCell], quantity: str) -> list[tuple[int, float]]:
    """(length, seconds or bytes) where it was measured; memory above that of the shortest."""
    points = []
    base = 0.0
    if quantity in ("memory", "training_memory"):
        # Python, libraries and weights do not grow.
        base = cells[0].value(quantity) or 0.0
    for cell in cells:
        value = cell.value(quantity)
        if value and value > base:
            points.append((cell.length, float(value - base)))
    return points


def fit(points: list[tuple[int, float]]) -> Fit | None:
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
    return Fit(
        exponent=round(slope, 3),
        low=round(slope - margin, 3),
        high=round(slope + margin, 3),
        from_=longer[0][0],
        to=longer[-1][0],
    )


def crossings(curves: dict[str, dict[str, list[tuple[int, float]]]]) -> list[Crossing]:
    """Where one of two models, the dearer until then, becomes the cheaper one.

    Lengths at which the two differ by less than NOISE do not count: curves that run side by side
    are not said to cross.
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
                    one_first = gaps[low] < 0
                    found.append(
                        Crossing(
                            quantity=quantity,
                            cheaper_before=one if one_first else other,
                            cheaper_after=other if one_first else one,
                            length=round(length),
                        )
                    )
    return found


def zero_between(gaps: list[tuple[int, float]]) -> float:
    """Where a gap that changes its sign is zero, interpolated on the logarithm of the length:
    between the two neighbours, or between the ends if noise makes it change several times."""
    changes = [(a, b) for a, b in pairwise(gaps) if a[1] * b[1] <= 0]
    (low, before), (high, after) = changes[0] if len(changes) == 1 else (gaps[0], gaps[-1])
    return low * math.exp(math.log(high / low) * before / (before - after))
