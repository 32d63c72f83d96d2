"""Does attention look where the word comes from? On dev documents, against chance.

    python benchmarks/attention.py arxiv-dev.jsonl.xz -m attention -m transformer --limit 200 \\
        -o benchmarks/results/attention-dev.json

For each word of a summary that also stands in the document (letters compared, not case): the share
of its attention on those places, and what chance would give, the share of the places among all
words. Means over documents, with intervals over documents. `extra_time` is what `attend` takes
over what `summarize` takes, document by document.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from summarize import load_summarizer
from summarize.evaluation.data import Row, read_data
from summarize.evaluation.environment import command_line, environment
from summarize.evaluation.rouge import paired_difference, with_interval
from summarize.files import write_text
from summarize.options import Options
from summarize.pipeline.alignment import Alignment

LETTERS = re.compile(r"\w+")


def bare(word: str) -> str:
    return "".join(LETTERS.findall(word.lower()))


def shares(found: Alignment) -> tuple[float, float] | None:
    """Attention on the same word, and chance; None where no word of the summary is a source's."""
    source = np.array([bare(word) for word in found.words])
    looked, chance = [], []
    for word, row in zip(found.summary, found.weights, strict=True):
        same = source == bare(word)
        if bare(word) and same.any():
            looked.append(float(row[same].sum()))
            chance.append(float(same.mean()))
    return (float(np.mean(looked)), float(np.mean(chance))) if looked else None


def measure(name: str, rows: list[Row]) -> dict[str, Any]:
    model: Any = load_summarizer(name)
    asked = Options(long="truncate", mode="abstractive")
    model.summarize([rows[0].document])
    pairs, ratios = [], []
    for row in rows:
        times = []
        for work in (model.summarize, model.attend):
            started = time.perf_counter()
            found = work([row.document] if work == model.summarize else row.document, asked)
            times.append(time.perf_counter() - started)
        ratios.append(times[1] / times[0])
        if (pair := shares(found)) is not None:
            pairs.append(pair)
    looked, chance = 100 * np.array(pairs).T
    return {
        "documents": len(pairs),
        "attention_on_the_same_word": asdict(with_interval(looked)),
        "chance": asdict(with_interval(chance)),
        "difference": asdict(paired_difference(looked, chance)),
        "extra_time": {"median": round(float(np.median(ratios)), 3)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("-m", "--model", action="append", default=[])
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    data = read_data(arguments.data, arguments.limit)
    result = {
        "command": command_line("python", sys.argv[0]),
        "date": time.strftime("%Y-%m-%d"),
        "data": {"name": data.name, "sha256": data.sha256, "limit": arguments.limit},
        "environment": environment(),
        "models": {name: measure(name, data.rows) for name in arguments.model or ["attention"]},
    }
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
