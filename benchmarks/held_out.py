"""Two checkpoints on whole sources that training never saw.

    python benchmarks/mix.py DATA MIX
    python benchmarks/held_out.py MIX/held-out.jsonl.gz --before FOLDER -o OUT.json

FOLDER is an earlier checkpoint, for instance that of release 0.1:
`git archive c6ab230 summarize/checkpoints/attention | tar x -C /tmp/0.1`. Both run in today's code:
what they write (`--mode abstractive`), in the style of the row. Each source counts once, however
many rows it has; a pair of source and style with fewer than ten rows is left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from summarize import load_summarizer
from summarize.evaluation.data import Row, read_data
from summarize.evaluation.environment import how_measured
from summarize.evaluation.rouge import paired_difference, rouge_scores
from summarize.files import write_text

KINDS = ("rouge1", "rouge2", "rougeL")
FEWEST = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("--before", required=True, help="folder of the earlier checkpoint")
    parser.add_argument("--rows", type=int, default=60, help="most rows of a source and style")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    data = read_data(arguments.data)
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    with gzip.open(arguments.data, "rt", encoding="utf-8") as lines:
        sources = [json.loads(line)["source"] for line in lines]
    for row, source in zip(data.rows, sources, strict=True):
        groups[row.style or "title", source].append(row)
    draw = random.Random(1)
    groups = {
        key: draw.sample(rows, min(len(rows), arguments.rows))
        for key, rows in sorted(groups.items())
        if len(rows) >= FEWEST
    }
    scores = {
        name: {key: score(model, key[0], rows) for key, rows in groups.items()}
        for name, model in (("before", arguments.before), ("now", arguments.model))
    }
    result: dict[str, Any] = {
        **how_measured(1),
        "data_sha256": data.sha256,
        "styles": {},
    }
    for style in sorted({style for style, _ in groups}):
        keys = [key for key in groups if key[0] == style]
        stacked = {name: [found[key] for key in keys] for name, found in scores.items()}
        ones = {name: np.concatenate(found)[:, 0] for name, found in stacked.items()}
        result["styles"][style] = {
            "sources": {
                source: {
                    "documents": len(groups[style, source]),
                    **{name: rounded(found[style, source]) for name, found in scores.items()},
                }
                for _, source in keys
            },
            "mean of the sources": {
                name: rounded(np.array([one.mean(axis=0) for one in found]))
                for name, found in stacked.items()
            },
            "ROUGE-1 over all rows, now - before": asdict(
                paired_difference(ones["now"], ones["before"])
            ),
        }
        print(style, json.dumps(result["styles"][style]["mean of the sources"]))
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")


def score(model: str, style: str, rows: list[Row]) -> np.ndarray:
    """(N, 3) ROUGE-1, 2 and L, F1 in percent."""
    found = load_summarizer(model).summarize(
        [row.document for row in rows], mode="abstractive", style=style
    )
    scores = rouge_scores([summary.text for summary in found], [row.references for row in rows])
    return np.stack([np.asarray(scores[kind]) for kind in KINDS], axis=1)


def rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 2) for value in values.mean(axis=0)]


if __name__ == "__main__":
    main()
