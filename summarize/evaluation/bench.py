"""Quality, time and memory of several models on the same documents, as one result.

Each model runs in a process of its own (worker.py). What it has written is kept in a journal until
the whole is done, so that the same command goes on where an interrupted one was.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from summarize.document.sentences import sentences
from summarize.errors import ModelError, OptionError
from summarize.evaluation import child
from summarize.evaluation.data import Data, Row
from summarize.evaluation.environment import child_environment, environment
from summarize.evaluation.journal import Journal, fingerprint
from summarize.evaluation.rouge import (
    RESAMPLES,
    SEED,
    paired_difference,
    report,
    rouge,
    rouge_scores,
    signature,
)
from summarize.evaluation.text import describe
from summarize.models.registry import SUMMARIZERS, is_hugging_face
from summarize.options import Options

SCHEMA_VERSION = 1
ORACLE = "oracle"
Told = Callable[[str, int], None]  # a model's name, and how many of its documents are done


@dataclass(frozen=True)
class Plan:
    """What to measure. `options` is what was asked for every model, None left out."""

    models: list[str]
    data: Data
    options: dict[str, Any] = field(default_factory=dict)
    load: dict[str, Any] = field(default_factory=dict)
    batch_size: int = 1
    processes: int = 1
    threads: int | None = None
    buckets: tuple[int, ...] | None = None
    device: str | None = None  # for transformers; the others have one anyway

    def __post_init__(self) -> None:
        if not self.data.rows:
            raise OptionError(f"{self.data.name} has no documents to measure on")
        if len(set(self.models)) < len(self.models):
            raise OptionError("a model is named twice; name each once")
        for name in ("batch_size", "processes"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if self.threads is not None and self.threads < 1:
            raise OptionError(f"threads is {self.threads}; it must be 1 or more")
        Options(**self.options)  # its errors belong before the work


def bench(plan: Plan, journal: Journal, told: Told) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """The result (see `benchmarks/README.md`), and each model's answers, document by document."""
    rows = plan.data.rows
    answers: dict[str, list[dict[str, Any]]] = {}
    facts: dict[str, dict[str, Any]] = {}
    for model in plan.models:
        if model == ORACLE:
            answers[model], facts[model] = [best_sentence(row) for row in rows], {}
        else:
            answers[model], facts[model] = measure(model, plan, journal, told)
    references = [row.references for row in rows]
    scores = {m: rouge([a["text"] for a in answers[m]], references) for m in plan.models}
    result = {
        "schema_version": SCHEMA_VERSION,
        "kind": "bench",
        "date": time.strftime("%Y-%m-%d"),
        "data": describe_data(plan.data),
        "signature": signature("max" if any(len(r) > 1 for r in references) else "1"),
        "seed": SEED,
        "resamples": RESAMPLES,
        "options": plan.options,
        "batch_size": plan.batch_size,
        "processes": plan.processes,
        "environment": environment(plan.threads or (1 if plan.processes > 1 else None)),
        "models": {
            model: {
                "scores": report(scores[model]),
                "text": describe([a["text"] for a in answers[model]], [r.document for r in rows]),
                "cost": cost(
                    answers[model], facts[model], plan.batch_size > 1 or plan.processes > 1
                ),
            }
            for model in plan.models
        },
        "differences": differences(scores),
        "buckets": in_buckets(scores, answers, rows, plan.buckets),
        "kinds": by_kind(scores, rows),
    }
    return result, answers


def describe_data(data: Data) -> dict[str, Any]:
    return {
        "name": data.name,
        "sha256": data.sha256,
        "documents": len(data.rows),
        "of": data.available,
        "limited": data.available is None or len(data.rows) < data.available,
        "words": sum(len(row.document.split()) for row in data.rows),
        "ids": [row.id for row in data.rows],
        "document_sha256": [row.sha256 for row in data.rows],
    }


def differences(scores: dict[str, dict[str, NDArray[np.float64]]]) -> dict[str, Any]:
    """Each model minus each before it, F1, paired."""
    return {
        f"{other} - {one}": {
            kind: paired_difference(values[:, 2], scores[one][kind][:, 2])
            for kind, values in scores[other].items()
        }
        for one, other in combinations(scores, 2)
    }


def cost(answers: list[dict[str, Any]], facts: dict[str, Any], in_company: bool) -> dict[str, Any]:
    """Seconds are of one document alone, or its share of its batch; memory of the process."""
    if not facts:
        return {}
    seconds = np.array([answer["seconds"] for answer in answers])
    written = sum(answer["tokens"]["summary"] for answer in answers)
    middle = float(np.median(seconds))
    return {
        "seconds_per_document": {
            "median": round(middle, 6),
            "mad": round(float(np.median(np.abs(seconds - middle))), 6),
        },
        "tokens_per_second": round(written / max(float(seconds.sum()), 1e-9), 1),
        "peak_memory_bytes": max(answer["peak_memory_bytes"] for answer in answers),
        # In batches or beside others the first summary waits for more than its model.
        "cold_start_seconds": None if in_company else round(facts["cold_start_seconds"], 3),
        "parameters": facts["parameters"],
        "tokens_read_share": round(
            sum(a["tokens"]["read"] for a in answers)
            / max(1, sum(a["tokens"]["document"] for a in answers)),
            4,
        ),
    }


def in_buckets(
    scores: dict[str, dict[str, NDArray[np.float64]]],
    answers: dict[str, list[dict[str, Any]]],
    rows: list[Row],
    ends: tuple[int, ...] | None,
) -> list[dict[str, Any]]:
    """ROUGE by words of the document; without `ends`, quarters of the documents."""
    counts = np.array([len(row.document.split()) for row in rows])
    if ends is None:
        ends = tuple(int(q) for q in np.quantile(counts, [0.25, 0.5, 0.75]))
    edges = [0, *sorted(set(ends)), max(int(counts.max()), max(ends, default=0) + 1)]
    found = []
    for low, high in zip(edges, edges[1:], strict=False):
        inside = (counts > low) & (counts <= high)
        if not inside.any():
            continue
        models = {}
        for model, values in scores.items():
            models[model] = report({kind: v[inside] for kind, v in values.items()})
            seconds = [a["seconds"] for a, here in zip(answers[model], inside, strict=True) if here]
            models[model]["seconds"] = round(float(np.median(seconds)), 6)
        found.append(
            {
                "words": [int(low) + 1, int(min(high, counts.max()))],
                "documents": int(inside.sum()),
                "median_words": int(np.median(counts[inside])),
                "models": models,
            }
        )
    return found


def by_kind(
    scores: dict[str, dict[str, NDArray[np.float64]]], rows: list[Row]
) -> dict[str, dict[str, Any]]:
    """F1 for each kind of document, where the data names several."""
    kinds = [row.kind for row in rows]
    if len(set(kinds)) < 2:
        return {}
    found = {}
    for kind in dict.fromkeys(kinds):
        inside = np.array([k == kind for k in kinds])
        found[kind or "(none)"] = {
            "documents": int(inside.sum()),
            "models": {
                model: {name: round(float(v[inside, 2].mean()), 3) for name, v in values.items()}
                for model, values in scores.items()
            },
        }
    return found


def best_sentence(row: Row) -> dict[str, Any]:
    """The sentence of the document that scores best: what no extracting of one can beat."""
    found = list(sentences(row.document)) or [row.document]
    f1 = rouge_scores(found, [row.references] * len(found))
    best = found[int((f1["rouge1"] + f1["rouge2"] + f1["rougeL"]).argmax())]
    return {"text": best, "seconds": 0.0}


# --- running a model ---------------------------------------------------------------------------


def asked_of(model: str, plan: Plan) -> list[Any]:
    """All that a model's answers depend on."""
    return [
        model,
        fingerprint(model),
        environment()["versions"],
        plan.options,
        plan.load,
        plan.device,
        plan.batch_size,
        plan.processes,
        plan.threads,
        plan.data.sha256,
        len(plan.data.rows),
        [row.style for row in plan.data.rows],
        environment(plan.threads)["threads"],
    ]


def is_transformer(model: str) -> bool:
    """Whether a model has use for a device; without loading it."""
    if model in SUMMARIZERS:
        return model == "transformer"
    return not Path(model).is_dir() or is_hugging_face(Path(model))


def measure(
    model: str, plan: Plan, journal: Journal, told: Told
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Answers in the order of the rows, and what was found once: parameters and cold start."""
    path = journal.path(asked_of(model, plan))
    known = journal.read(path)
    done = {line["number"]: line for line in known if line.get("kind") == "summary"}
    facts = next((line for line in known if line.get("kind") == "facts"), {})
    left = [number for number in range(len(plan.data.rows)) if number not in done]
    told(model, len(plan.data.rows) - len(left))
    with ThreadPoolExecutor(plan.processes) as pool:
        # Rows are dealt out like cards: each process gets long and short ones.
        shares = [left[i :: plan.processes] for i in range(plan.processes)]
        stop: list[subprocess.Popen[str]] = []

        def keep(answer: dict[str, Any]) -> None:
            if answer["kind"] == "facts":
                facts.update(answer)
            else:
                done[answer["number"]] = answer
                told(model, len(done))
            journal.add(path, answer)

        jobs = [pool.submit(work, model, share, plan, keep, stop) for share in shares if share]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            for process in stop:
                process.kill()
            raise
    return [done[number] for number in range(len(plan.data.rows))], facts


def work(
    model: str,
    share: list[int],
    plan: Plan,
    keep: Callable[[dict[str, Any]], None],
    stop: list[subprocess.Popen[str]],
) -> None:
    """One process and its share of the row numbers; `keep` takes each answer."""
    threads = plan.threads or (1 if plan.processes > 1 else None)
    is_first = True
    for answer in answers_of(model, share, plan, threads, stop):
        if answer["kind"] == "ready":
            ready = answer
        elif answer["kind"] == "summary":
            if is_first:
                keep(
                    {
                        "kind": "facts",
                        "parameters": ready["parameters"],
                        "cold_start_seconds": answer["since_start"],
                    }
                )
                is_first = False
            keep(answer)


def answers_of(
    model: str,
    share: list[int],
    plan: Plan,
    threads: int | None,
    stop: list[subprocess.Popen[str]],
) -> Iterator[dict[str, Any]]:
    """What the worker says, line by line. Raises ModelError where it fails."""
    style = {"style": plan.options["style"]} if plan.options.get("style") else None
    rows = [(number, plan.data.rows[number]) for number in share]
    job = {
        "model": model,
        "load": plan.load
        | ({"device": plan.device} if plan.device and is_transformer(model) else {}),
        "started": time.time(),
        "batch_size": plan.batch_size,
        "options": {k: v for k, v in plan.options.items() if k != "style"},
        "documents": [
            {
                "number": number,
                "document": row.document,
                "options": style or ({"style": row.style} if row.style else {}),
            }
            for number, row in rows
        ],
    }
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        tempfile.TemporaryFile("w+", encoding="utf-8") as asked,
    ):
        # A file and not a pipe: a child that dies before it reads must not look like a reader gone.
        json.dump(job, asked)
        asked.seek(0)
        yield from answers_from(model, asked, errors, threads, stop)


def answers_from(
    model: str,
    asked: IO[str],
    errors: IO[str],
    threads: int | None,
    stop: list[subprocess.Popen[str]],
) -> Iterator[dict[str, Any]]:
    with (
        subprocess.Popen(
            child.command("worker"),
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            env=child_environment(threads),
        ) as process,
    ):
        stop.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            answer = json.loads(line)
            if answer["kind"] == "error":
                error = ModelError(answer["message"])
                error.exit_code = answer["exit_code"]
                raise error
            yield answer
        if process.wait():
            errors.seek(0)
            last = [line for line in errors.read().splitlines() if line.strip()][-1:]
            why = last[0] if last else "killed, perhaps for want of memory"
            raise ModelError(f"{model} failed: {why}")
