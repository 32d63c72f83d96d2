"""Learn what tells a line that says what its source does not, from lines that were judged.

    python benchmarks/judged/doubt.py DATA -o benchmarks/results/doubt.json

Decodes the documents of learned.json again, takes the hypotheses that have a verdict, and fits the
rule of summarize/models/doubt.py; prints its constants, and how well it tells faults when it is
fitted without a tenth of the documents.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from written import LEARNED, LEARNED_SEED, drawn, key, load, model_sha256, write

from summarize.evaluation.environment import how_measured
from summarize.files import write_text
from summarize.models.base import Source
from summarize.models.doubt import SIGNALS
from summarize.models.registry import shipped
from summarize.models.rerank import doubt_signals, features, taken_apart
from summarize.models.rnn import Rnn
from summarize.options import Options
from summarize.rnn.beam_search import Hypothesis
from summarize.rnn.constraint import capitalized

RIDGE = 3.0
FOLDS = 10
Array = NDArray[np.float64]


class Watched(Rnn):
    """Keeps the signals of every hypothesis, by document and text."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seen: dict[str, dict[str, Array]] = {}

    def ranked(self, source: Source, found: list[Hypothesis], options: Options) -> list[Hypothesis]:
        passage, lines = source.payload.passage, self.lines(source, found)
        text = taken_apart(passage.text, passage.starts, str(options.style), source.familiarity)
        rows = doubt_signals(text, lines, features(text, lines))
        known = self.known(passage.document or passage.text)
        by_text = {capitalized(one.text, known): row for one, row in zip(lines, rows, strict=True)}
        self.seen[passage.document or passage.text] = by_text
        return super().ranked(source, found, options)


def fit(rows: Array, is_fault: Array) -> Array:
    """Logistic regression with a ridge, by Newton's method; the last weight is the constant."""
    rows = np.hstack([rows, np.ones((len(rows), 1))])
    ridge = RIDGE * np.array([1.0] * (rows.shape[1] - 1) + [0.0])
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (p - is_fault) + ridge * weights
        curve = (rows * (p * (1 - p))[:, None]).T @ rows + np.diag(ridge)
        weights -= np.linalg.solve(curve, slope)
    return weights


def auc(values: Array, is_fault: Array) -> float:
    """How often a fault has the higher value than a line that is none."""
    ranks, faults = rankdata(values), int(is_fault.sum())
    pairs = faults * (len(values) - faults)
    return float((ranks[is_fault > 0].sum() - faults * (faults + 1) / 2) / pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--folder", type=Path, default=shipped("attention"))
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    model, kept = Watched(arguments.folder), load(LEARNED)
    every = drawn(arguments.data, LEARNED_SEED)
    write(model, every, "abstractive")
    rows, faults, documents = [], [], []
    for number, (_, _, _, row) in enumerate(every):
        by_text: dict[str, Array] = model.seen.get(row.document, {})
        for text, found in by_text.items():
            if verdict := kept["verdicts"].get(key(row.sha256, text)):
                rows.append(found)
                faults.append(float(verdict != "faithful"))
                documents.append(number)
    x, y, group = np.array(rows), np.array(faults), np.array(documents)
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-9
    x = (x - mean) / deviation
    told = np.zeros(len(y))
    for fold in range(FOLDS):
        out = group % FOLDS == fold
        weights = fit(x[~out], y[~out])
        told[out] = x[out] @ weights[:-1] + weights[-1]
    weights = fit(x, y)
    result: dict[str, Any] = {
        **how_measured(),
        "weights": model_sha256(arguments.folder),
        "lines": len(y),
        "faults": int(y.sum()),
        "auc, cross-validated by document": round(auc(told, y), 3),
        "auc of each signal": {name: round(auc(x[:, i], y), 3) for i, name in enumerate(SIGNALS)},
        "signals": {
            name: [round(float(v), 3) for v in (mean[i], deviation[i], weights[i])]
            for i, name in enumerate(SIGNALS)
        },
        "constant": round(float(weights[-1]), 3),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    if arguments.output:
        write_text(arguments.output, text)


if __name__ == "__main__":
    main()
