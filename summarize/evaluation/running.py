"""Running the models of a plan, each in a process of its own (worker.py).

What a model has answered is kept in a journal until the whole measurement is done, so that the same
command continues where an interrupted one stopped.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from summarize.errors import ModelError
from summarize.evaluation import child
from summarize.evaluation.environment import child_environment, environment
from summarize.evaluation.journal import Journal, fingerprint
from summarize.evaluation.plan import Plan
from summarize.models.registry import SUMMARIZERS, is_hugging_face

Told = Callable[[str, int], None]  # a model's name, and how many of its documents are done


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
    with journal.held(path) as known:
        done = {line["number"]: line for line in known if line.get("kind") == "summary"}
        facts = next((line for line in known if line.get("kind") == "facts"), {})
        told(model, len(done))

        def keep(answer: dict[str, Any]) -> None:
            if answer["kind"] == "facts":
                facts.update(answer)
            else:
                done[answer["number"]] = answer
                told(model, len(done))
            journal.add(path, answer)

        everything = range(len(plan.data.rows))
        work_on([number for number in everything if number not in done], model, plan, keep)
    return [done[number] for number in everything], facts


def work_on(
    numbers: list[int], model: str, plan: Plan, keep: Callable[[dict[str, Any]], None]
) -> None:
    """Dealt out to the processes like cards, so that each gets long rows and short ones."""
    shares = [numbers[i :: plan.processes] for i in range(plan.processes)]
    stop: list[subprocess.Popen[str]] = []
    with ThreadPoolExecutor(plan.processes) as pool:
        jobs = [pool.submit(work, model, share, plan, keep, stop) for share in shares if share]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            for process in stop:
                process.kill()
            raise


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
