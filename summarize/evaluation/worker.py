"""The child process of a measurement: one model, so that its memory and start are its own.

    python -m summarize.evaluation.worker < job.json      (bench starts it through child.py)

A job is a JSON object: model, started (Unix time when the parent began), batch_size, options, and
documents, each with `number`, `document` and `options` of its own. The answers are lines of JSON on
standard output: a `ready`, one `summary` a document in the order asked, or an `error`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from itertools import groupby
from typing import Any

from summarize.errors import SummarizeError
from summarize.evaluation.environment import peak_memory
from summarize.options import Options
from summarize.pipeline.quoting import FOLLOWED
from summarize.pipeline.run import Summarizer, load_summarizer

Answer = Callable[..., None]


def main() -> None:
    # What a library prints must not stand between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(**values: Any) -> None:
        print(json.dumps(values), file=answers, flush=True)

    serve(json.load(sys.stdin), answer)


def serve(job: dict[str, Any], answer: Answer) -> None:
    try:
        summarizer = load_summarizer(job["model"], **job["load"])
        answer(
            kind="ready",
            parameters=summarizer.capabilities.parameters,
            load_seconds=time.time() - job["started"],
        )
        run(job, summarizer, answer)
    except SummarizeError as error:
        answer(kind="error", message=str(error), exit_code=error.exit_code)
    except MemoryError:
        answer(kind="error", message=f"{job['model']} ran out of memory", exit_code=1)


def run(job: dict[str, Any], summarizer: Summarizer, answer: Answer) -> None:
    """Documents with the same options go together, at most batch_size at a time."""
    for values, group in groupby(job["documents"], key=lambda row: row["options"]):
        known = dict(values)
        if not summarizer.capabilities.styles:
            known.pop("style", None)  # a row's style is for the models that were trained on styles
        asked = {**job["options"], **known}
        if not summarizer.capabilities.writes:  # the options of a search say nothing to it
            asked = {name: value for name, value in asked.items() if name in FOLLOWED}
        options = Options(**{**asked, "batch_size": job["batch_size"]})
        rows = list(group)
        for start in range(0, len(rows), job["batch_size"]):
            batch = rows[start : start + job["batch_size"]]
            found = summarizer.summarize([row["document"] for row in batch], options)
            for row, summary in zip(batch, found, strict=True):
                answer(
                    kind="summary",
                    number=row["number"],
                    text=summary.text,
                    seconds=summary.seconds,
                    tokens=vars(summary.tokens),
                    confidence=summary.confidence,
                    since_start=time.time() - job["started"],
                    peak_memory_bytes=peak_memory(),
                )


if __name__ == "__main__":
    main()
