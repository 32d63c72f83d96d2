"""Results as CSV: a row for each figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from summarize.evaluation.result import (
    BenchResult,
    Interval,
    Phase,
    Result,
    ScalingCell,
    ScalingResult,
    Spread,
)

Row = list[Any]


def to_csv(result: Result) -> str:
    """Of bench: model, figure, value, low, high. Of scaling: model, length, figure, value."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if isinstance(result, ScalingResult):
        writer.writerow(["model", "length", "figure", "value"])
        writer.writerows(scaling_rows(result))
    else:
        writer.writerow(["model", "figure", "value", "low", "high"])
        writer.writerows(bench_rows(result))
    return out.getvalue()


def bench_rows(result: BenchResult) -> Iterator[Row]:
    for name, model in result.models.items():
        for kind, score in model.scores.items():
            for part in ("precision", "recall", "f1"):
                yield [name, f"{kind}_{part}", *bounds(getattr(score, part))]
        for facts in filter(None, (model.cost, model.text)):
            for key, value in vars(facts).items():
                if isinstance(value, Spread):
                    yield [name, f"{key}_median", value.median, "", ""]
                    yield [name, f"{key}_mad", value.mad, "", ""]
                elif value is not None:
                    yield [name, key, value, "", ""]
    for bucket in result.buckets:
        low, high = bucket.words
        for name, scores in bucket.models.items():
            for kind, score in vars(scores).items():
                if kind != "seconds":
                    yield [name, f"{kind}_f1_of_{low}_to_{high}_words", *bounds(score.f1)]
    for of_kind, found in result.kinds.items():
        for name, values in found.models.items():
            for figure, number in values.items():
                yield [name, f"{figure}_f1_of_{of_kind}", number, "", ""]
    for pair, differences in result.differences.items():
        for kind, value in differences.items():
            yield [pair, f"{kind}_difference", value.difference, value.low, value.high]
            yield [pair, f"{kind}_p", value.p, "", ""]


def bounds(value: Interval) -> Row:
    return [value.mean, value.low, value.high]


def scaling_rows(result: ScalingResult) -> Iterator[Row]:
    for name, cells in result.models.items():
        for cell in cells:
            for figure, value in figures(cell):
                yield [name, cell.length, figure, value]
        for quantity, fit in result.exponents[name].items():
            for part in ("exponent", "low", "high"):
                yield [name, "", f"{quantity}_{part}", getattr(fit, part)]
    for crossing in result.crossings:
        pair = f"{crossing.cheaper_before} then {crossing.cheaper_after}"
        yield [pair, crossing.length, f"{crossing.quantity}_crossing", ""]


def figures(cell: ScalingCell) -> Iterator[tuple[str, Any]]:
    for name, phase in (("inference", cell.inference), ("training", cell.training or Phase())):
        for key, spread in phase.seconds.items():
            for part, number in vars(spread).items():
                yield f"{key}_seconds_{part}", number
        if phase.out_of_memory:
            yield f"{name}_out_of_memory", 1
        elif phase.error:
            yield f"{name}_failed", 1
        if phase.peak_memory_bytes is not None:
            yield f"{name}_peak_memory_bytes", phase.peak_memory_bytes
    if cell.multiply_adds:
        for key, value in asdict(cell.multiply_adds).items():
            yield f"{key}_multiply_adds", value
