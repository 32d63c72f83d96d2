"""Documents longer than the models read: all of them in pieces against the opening alone.

    python benchmarks/long.py arxiv-dev.jsonl.xz -o benchmarks/results/long.json

Our own documents and the longest of the dev data, those of more than 256 tokens. What is measured
is what the models write (`--mode abstractive`), one sentence for each document.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summarize import load_summarizer
from summarize.evaluation.bench import Plan, bench
from summarize.evaluation.data import Data, read_data
from summarize.evaluation.environment import command_line, environment
from summarize.evaluation.journal import Journal
from summarize.evaluation.rouge import (
    paired_difference,
    rouge_scores,
    signature,
    with_interval,
)
from summarize.files import write_text

MODELS = ("attention", "transformer")
ENDS = (min, max)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--longest", type=int, default=60, help="dev documents")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--journal", type=Path, default=Path("runs") / "long")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    model: Any = load_summarizer("attention")

    def tokens(document: str) -> int:
        return int(model.read(document).total)

    own, dev = read_data(None), read_data(arguments.data)
    longest = sorted(dev.rows, key=lambda row: -tokens(row.document))[: arguments.longest]
    rows = [row for row in own.rows if tokens(row.document) > model.max_source_tokens]
    rows += [replace(row, kind="dev") for row in longest]
    data = Data(f"{own.name} and {dev.name}, the longest", rows, len(own.rows) + len(dev.rows), "")
    is_dev = np.array([row.kind == "dev" for row in rows])
    sets = {"our own": ~is_dev, "dev, the longest": is_dev}
    scores: dict[str, dict[str, Any]] = {}
    answers: dict[str, list[Any]] = {}
    for long in ("truncate", "chunk"):
        plan = Plan(
            models=list(MODELS),
            data=data,
            options={"long": long, "mode": "abstractive"},
            processes=arguments.processes,
            threads=1,
        )
        _, found = bench(plan, Journal(arguments.journal), lambda model, done: None)
        for name, given in found.items():
            texts = [answer["text"] for answer in given]
            scores[f"{name}, {long}"] = rouge_scores(texts, [row.references for row in rows])
            answers[f"{name}, {long}"] = given
    result = {
        "command": command_line("python", sys.argv[0]),
        "date": time.strftime("%Y-%m-%d"),
        "data": {"own_sha256": own.sha256, "dev_sha256": dev.sha256},
        "signature": signature("max"),
        "environment": environment(1),
        "sets": {
            label: {
                "documents": int(chosen.sum()),
                "tokens": [int(f([tokens(r.document) for r in pick(rows, chosen)])) for f in ENDS],
                "models": {
                    name: {
                        **{
                            k: asdict(with_interval(np.asarray(v)[chosen]))
                            for k, v in values.items()
                        },
                        **cost(pick(answers[name], chosen)),
                    }
                    for name, values in scores.items()
                },
                "chunk - truncate": {
                    model: {
                        kind: asdict(
                            paired_difference(
                                np.asarray(scores[f"{model}, chunk"][kind])[chosen],
                                np.asarray(scores[f"{model}, truncate"][kind])[chosen],
                            )
                        )
                        for kind in ("rouge1", "rouge2", "rougeL")
                    }
                    for model in MODELS
                },
            }
            for label, chosen in sets.items()
        },
    }
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")


def pick(items: list[Any], chosen: NDArray[np.bool_]) -> list[Any]:
    return [item for item, taken in zip(items, chosen, strict=True) if taken]


def cost(answers: list[Any]) -> dict[str, Any]:
    read = sum(answer["tokens"]["read"] for answer in answers)
    there = sum(answer["tokens"]["document"] for answer in answers)
    return {
        "seconds": {"median": round(float(np.median([a["seconds"] for a in answers])), 3)},
        "read": round(read / there, 4),
    }


if __name__ == "__main__":
    main()
