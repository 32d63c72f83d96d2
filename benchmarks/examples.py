"""Summaries that nobody picked, as a Markdown table for a model card.

python benchmarks/examples.py arxiv-dev.jsonl.xz -m attention --count 10 --seed 1
"""

from __future__ import annotations

import argparse

import numpy as np

from summarize import load_summarizer
from summarize.evaluation.data import read_data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=None, help="pick among the first so many rows")
    arguments = parser.parse_args()
    rows = read_data(arguments.data, arguments.limit).rows
    picked = np.random.default_rng(arguments.seed).choice(len(rows), arguments.count, replace=False)
    chosen = [rows[number] for number in picked]
    summaries = load_summarizer(arguments.model).summarize(
        [row.document for row in chosen], mode="abstractive"
    )
    print(f"| author | {arguments.model} |\n|---|---|")
    for row, summary in zip(chosen, summaries, strict=True):
        cells = (text.replace("|", "\\|") for text in (row.references[0], summary.text))
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
