"""Documents longer than the model's window: its best sentences, all in chunks, or the beginning.

    python benchmarks/long.py general-dev.jsonl.xz --longest 60 -o benchmarks/results/long.json

The longest documents of the data, one sentence for each. What is compared is what the model writes
(`--mode abstractive`) under each --overflow, and the sentences that `extract` and `lead` give.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from summarize import Document, Summary, load_summarizer
from summarize.evaluation.data import Row, read_data
from summarize.evaluation.environment import command_line, environment
from summarize.evaluation.rouge import (
    paired_difference,
    rouge_scores,
    signature,
    with_interval,
)
from summarize.files import write_text
from summarize.pipeline.run import Summarizer

KINDS = ("rouge1", "rouge2", "rougeL")
OVERFLOWS = ("select", "truncate", "chunk")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("--longest", type=int, default=60, help="documents")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    data = read_data(arguments.data)
    rows = sorted(data.rows, key=lambda row: -len(row.document))[: arguments.longest]
    references = [row.references for row in rows]
    answers = {name: answer(load_summarizer(name), rows, {}) for name in ("lead", "extract")}
    summarizer = load_summarizer(arguments.model)
    for overflow in OVERFLOWS:
        options = {"overflow": overflow, "mode": "abstractive"}
        answers[overflow] = answer(summarizer, rows, options)
    scores = {
        name: rouge_scores([summary.text for summary in found], references)
        for name, found in answers.items()
    }
    result = {
        "command": command_line("python", sys.argv[0]),
        "date": time.strftime("%Y-%m-%d"),
        "model": arguments.model,
        "data": {"name": data.name, "sha256": data.sha256, "documents": len(rows)},
        "signature": signature("max"),
        "environment": environment(1),
        "words": [len(rows[-1].document.split()), len(rows[0].document.split())],
        "answers": {
            name: {
                **{kind: with_interval(scores[name][kind]) for kind in KINDS},
                **cost(found),
            }
            for name, found in answers.items()
        },
        "select - truncate": {
            kind: paired_difference(scores["select"][kind], scores["truncate"][kind])
            for kind in KINDS
        },
    }
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")


def answer(summarizer: Summarizer, rows: list[Row], options: dict[str, Any]) -> list[Summary]:
    """With the style of each row, where the model knows it."""
    found = []
    for row in rows:
        knows = row.style in summarizer.capabilities.styles
        asked = {**options, "style": row.style} if knows else options
        found += summarizer.summarize([Document.from_text(row.document)], **asked)
    return found


def cost(found: list[Summary]) -> dict[str, Any]:
    read = sum(summary.tokens.read for summary in found)
    return {
        "seconds": round(float(np.median([summary.seconds for summary in found])), 4),
        "share read": round(read / sum(summary.tokens.document for summary in found), 4),
    }


if __name__ == "__main__":
    main()
