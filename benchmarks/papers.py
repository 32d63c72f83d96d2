"""Learn to tell papers from other texts: a logistic regression over the words of their opening.

    python benchmarks/papers.py DATA_FOLDER

DATA_FOLDER holds arxiv-*, scitldr-*, general-* and docs-*.jsonl.xz. Sparse weights come from
proximal gradient steps with momentum and an L1 penalty; they are written into the package, and
how often the dev documents of each domain pass for a paper is printed.
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summarize.files import write_bytes
from summarize.models.papers import FILE, log_odds, opening_words
from summarize.models.scorer import to_bytes

# File, documents, and that one in so many is taken: sources stand in order.
PAPERS = (("arxiv-train-0", 2500, 3), ("scitldr-train", 600, 1))
OTHERS = (*((f"general-train-{i}", 900, 8) for i in range(3)), ("docs-train", 300, 1))
DEV = ("arxiv-dev", "scitldr-dev", "docs-dev", "general-dev")
VOCABULARY, PENALTY, STEPS, RATE, MOMENTUM = 1500, 0.004, 250, 2.0, 0.9


def rows(folder: Path, name: str, count: int, step: int) -> list[dict[str, Any]]:
    with lzma.open(folder / f"{name}.jsonl.xz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in islice(file, 0, count * step, step)]


def learn(texts: list[str], is_paper: NDArray[np.float32]) -> tuple[float, dict[str, float]]:
    """Of texts cut at 30 to 250 words, so that short ones are told apart too."""
    generator = np.random.default_rng(0)
    cut = [" ".join(text.split()[: int(generator.integers(30, 250))]) for text in texts]
    words = [opening_words(text) for text in cut]
    frequent = Counter(word for some in words for word in some).most_common(VOCABULARY)
    index = {word: i for i, (word, _) in enumerate(frequent)}
    present = np.zeros((len(texts), len(index)), dtype=np.float32)
    for row, some in zip(present, words, strict=True):
        row[[index[word] for word in some if word in index]] = 1
    weights, bias = np.zeros(len(index), dtype=np.float32), np.float32(0)
    speed = np.zeros_like(weights)
    for _ in range(STEPS):
        error = 1 / (1 + np.exp(-(present @ weights + bias))) - is_paper
        speed = MOMENTUM * speed - RATE * (present.T @ error) / len(error)
        weights = weights + speed
        weights = np.sign(weights) * np.maximum(np.abs(weights) - RATE * PENALTY, 0)
        bias -= RATE * error.mean()
    order = np.argsort(-weights, kind="stable")
    names = list(index)
    return float(bias), {names[i]: float(weights[i]) for i in order if abs(weights[i]) >= 0.005}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    papers = [row["document"] for part in PAPERS for row in rows(folder, *part)]
    others = [row["document"] for part in OTHERS for row in rows(folder, *part)]
    bias, words = learn(papers + others, np.repeat([1.0, 0.0], [len(papers), len(others)]))
    values = {"bias": round(bias, 3), "words": {k: round(v, 2) for k, v in words.items()}}
    write_bytes(FILE, to_bytes(values))
    passed: dict[str, list[bool]] = defaultdict(list)
    for name in DEV:
        for row in rows(folder, name, 3000, 1):
            domain = row.get("domain", "")
            passed[f"{name} {domain}".strip()].append(log_odds(row["document"]) > 0)
    for name, values_of in sorted(passed.items()):
        print(f"{name:28} {len(values_of):5} {100 * np.mean(values_of):5.1f} %")


if __name__ == "__main__":
    main()
