"""A recipe and data for training runs of a second."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import torch

from summarize.training.recipe import Recipe
from summarize.training.snapshot import read_snapshot

TINY = Recipe(
    epochs=4,
    vocab_size=300,
    max_source_tokens=40,
    batch_pairs=16,
    pool_pairs=64,
    evaluate_pairs=100,
    dev_loss_rows=8,
    dev_rouge_rows=4,
    styles={"short": "tldr"},
    network={"embedding_size": 16, "encoder_size": 16, "decoder_size": 24, "dropout": 0.1},
)
WORDS = "model data graph learning theory field network light quantum river".split()


def rows(count: int, seed: int = 0) -> list[dict[str, Any]]:
    generator = np.random.default_rng(seed)
    made = []
    for i in range(count):
        words = [
            WORDS[j] for j in generator.integers(0, len(WORDS), int(generator.integers(5, 25)))
        ]
        row: dict[str, Any] = {"document": " ".join(words), "summary": " ".join(words[:3])}
        if i % 5 == 0:
            row["domain"] = "short"
        made.append(row)
    return made


def write(path: Path, data: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in data))
    return path


class Silent:
    """Progress that may send a signal at a step, as a user's Ctrl-C would come."""

    def __init__(self, at: int = -1, number: int = signal.SIGINT) -> None:
        self.at, self.number = at, number
        self.messages: list[str] = []
        self.steps: list[dict[str, Any]] = []

    def message(self, text: str) -> None:
        self.messages.append(text)

    def step(self, values: dict[str, Any]) -> None:
        self.steps.append(values)
        if values["step"] == self.at:
            os.kill(os.getpid(), self.number)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def final_state(out: Path) -> dict[str, torch.Tensor]:
    found = read_snapshot(out)
    assert found is not None
    return found[0]


def last_values(out: Path) -> dict[str, Any]:
    found = read_snapshot(out)
    assert found is not None
    return found[1]
