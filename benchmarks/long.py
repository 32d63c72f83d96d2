"""Documents longer than the model's window: its best sentences, all in chunks, or the beginning.

    python benchmarks/long.py general-dev.jsonl.xz --longest 100 -o benchmarks/results/long.json

One sentence for each of our own documents that are longer than the window, for the longest of the
data, and for twenty long documentation files (kinds/long.txt), which have no references. What is
compared is what the model writes (`--mode abstractive`) under each --overflow, and the sentences
that `extract` and `lead` give.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from summarize import Document, Summary, load_summarizer
from summarize.document.read import read
from summarize.evaluation.data import Row, read_data
from summarize.evaluation.environment import command_line, environment
from summarize.evaluation.rouge import (
    paired_difference,
    rouge_scores,
    signature,
    with_interval,
)
from summarize.files import write_text
from summarize.pipeline.reading import Reading
from summarize.pipeline.run import Summarizer

KINDS = ("rouge1", "rouge2", "rougeL")
OVERFLOWS = ("select", "truncate", "chunk")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("--longest", type=int, default=100, help="documents of the data")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    summarizer = load_summarizer(arguments.model)
    own, data = read_data(None), read_data(arguments.data)
    longest = sorted(data.rows, key=lambda row: -len(row.document))[: arguments.longest]
    sets = {
        "our own": [row for row in own.rows if is_long(summarizer, row)],
        f"{data.name}, the longest": [row for row in longest if is_long(summarizer, row)],
    }
    result = {
        "command": command_line("python", sys.argv[0]),
        "date": time.strftime("%Y-%m-%d"),
        "model": arguments.model,
        "data": {"own_sha256": own.sha256, "dev_sha256": data.sha256},
        "signature": signature("max"),
        "environment": environment(1),
        "sets": {label: compare(summarizer, rows) for label, rows in sets.items()},
        "documentation files": files(summarizer),
    }
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")


def is_long(summarizer: Summarizer, row: Row) -> bool:
    reading = Reading(summarizer.writer, Document.from_text(row.document))
    return reading.total > summarizer.max_source_tokens


def compare(summarizer: Summarizer, rows: list[Row]) -> dict[str, Any]:
    answers = {name: answer(load_summarizer(name), rows, {}) for name in ("lead", "extract")}
    for overflow in OVERFLOWS:
        options = {"overflow": overflow, "mode": "abstractive"}
        answers[f"{summarizer.name}, {overflow}"] = answer(summarizer, rows, options)
    references = [row.references for row in rows]
    scores = {
        name: rouge_scores([summary.text for summary in found], references)
        for name, found in answers.items()
    }
    truncated = scores[f"{summarizer.name}, truncate"]["rouge1"]
    words = [len(row.document.split()) for row in rows]
    return {
        "documents": len(rows),
        "words": [min(words), max(words)],
        "answers": {
            name: {
                **{kind: asdict(with_interval(scores[name][kind])) for kind in KINDS},
                "to truncate": asdict(paired_difference(scores[name]["rouge1"], truncated)),
                **cost(found),
            }
            for name, found in answers.items()
        },
    }


def files(summarizer: Summarizer) -> dict[str, Any]:
    """Seconds and share read; there is nothing to compare the outputs with."""
    listed = (Path(__file__).parent / "kinds/long.txt").read_text(encoding="utf-8").splitlines()
    paths = [path for line in listed if line[:1] == "/" and (path := Path(line)).exists()]
    documents = [read(str(path)) for path in paths]
    answers = {"extract": [load_summarizer("extract").summarize([d])[0] for d in documents]}
    for overflow in OVERFLOWS:
        answers[f"{summarizer.name}, {overflow}"] = [
            summarizer.summarize([d], overflow=overflow, mode="abstractive")[0] for d in documents
        ]
    words = [len(document.text.split()) for document in documents]
    return {
        "documents": len(documents),
        "words": [min(words), max(words)],
        "answers": {name: cost(found) for name, found in answers.items()},
    }


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
