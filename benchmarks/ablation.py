"""Every kind of attention on the same pairs, in the same order, with the same number of steps.

    python benchmarks/ablation.py arxiv-train-*.jsonl.xz scitldr-train.jsonl.xz \\
        docs-train.jsonl.xz --dev arxiv-dev.jsonl.xz --out runs/ablation \\
        -o benchmarks/results/ablation.json

Each network is trained by `summarize train --recipe ablation` in a process of its own and scored on
dev documents. Interrupted, the same command goes on where it was. What differs between two rows is
the attention and nothing else; `pairs_per_second` is the median of the steps after the first
tenth, at both source lengths of the recipe.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from titles import machine, measure

from summarize.evaluation.rouge import paired_difference, signature
from summarize.rnn.config import ATTENTION_KINDS
from summarize.summarizers import Options
from summarize.summarizers.catalog import count_parameters
from summarize.training.examples import Pairs, read_examples
from summarize.training.recipe import Recipe, read_toml

# Name -> what it changes in the recipe's [network].
VARIANTS: dict[str, dict[str, Any]] = {kind: {"attention": kind} for kind in ATTENTION_KINDS}
VARIANTS["general, 4 heads"] = {"attention": "general", "attention_heads": 4}
VARIANTS["general, 2 encoder layers"] = {"attention": "general", "encoder_layers": 2}


def folder_of(out: Path, name: str) -> Path:
    return out / name.replace(", ", "-").replace(" ", "-")


def write_recipe(out: Path, name: str, passes: float) -> Path:
    sizes, _ = read_toml("ablation")
    network = {**sizes.pop("network"), **VARIANTS[name]}
    sizes["passes"] = passes
    lines = [f"{key} = {json.dumps(value)}" for key, value in sizes.items()]
    lines += ["[network]", *(f"{key} = {json.dumps(value)}" for key, value in network.items())]
    path = out / f"{folder_of(out, name).name}.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(arguments: argparse.Namespace, out: Path, recipe: Path) -> None:
    """`summarize train`, from the start or the last snapshot."""
    command = [sys.executable, "-m", "summarize", "train", *map(str, arguments.data)]
    command += ["--dev", str(arguments.dev), "--recipe", str(recipe), "--out", str(out)]
    if (out / "snapshots").exists():
        command.append("--resume")
    subprocess.run(command, check=True)


def prepare(arguments: argparse.Namespace) -> float:
    """Tokenize once, in a run of a single step; returns the passes that make `--pairs`."""
    first = arguments.out / "data-run"
    if not is_done(first):
        run(arguments, first, write_recipe(arguments.out, "none", 1e-9))
    pairs = len(Pairs.load(first / "data" / "train.npz"))
    return float(arguments.pairs / pairs)


def is_done(out: Path) -> bool:
    """Whether the run came to its last evaluation."""
    metrics = out / "metrics.jsonl"
    return metrics.exists() and '"kind": "dev"' in metrics.read_text("utf-8")


def train(arguments: argparse.Namespace, name: str, passes: float) -> Path:
    out = folder_of(arguments.out, name)
    data = out / "data"
    if not data.exists():
        data.mkdir(parents=True)
        for file in (arguments.out / "data-run" / "data").iterdir():
            shutil.copyfile(file, data / file.name)
    if not is_done(out):
        run(arguments, out, write_recipe(arguments.out, name, passes))
    return out


def report(out: Path, name: str, scores: dict[str, Any]) -> dict[str, Any]:
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text("utf-8").splitlines()]
    steps = [line for line in lines if line["kind"] == "train"]
    total = steps[-1]["total_pairs"]
    speeds = {}
    early = 0.8 * total
    for part, chosen in (
        ("96_tokens", [s for s in steps if 0.1 * total < s["pairs"] < early - 10_000]),
        ("256_tokens", [s for s in steps if s["pairs"] > early + 10_000]),
    ):
        speeds[part] = round(float(np.median([s["pairs_per_second"] for s in chosen])), 1)
    last = [line for line in lines if line["kind"] == "dev"][-1]
    return {
        "parameters": count_parameters(out / "model.safetensors"),
        "pairs": steps[-1]["pairs"],
        "steps": last["step"],
        "training_seconds": last["seconds"],
        "pairs_per_second": speeds,
        "dev_loss": last["loss"],
        **scores,
        "network": VARIANTS[name],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=200_000)
    parser.add_argument("--variant", action="append", choices=list(VARIANTS), default=[])
    parser.add_argument("--limit", type=int, default=500, help="dev documents to score")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    passes = prepare(arguments)
    examples = list(read_examples([arguments.dev], Recipe()))[: arguments.limit]
    names = arguments.variant or list(VARIANTS)
    rows: dict[str, Any] = {}
    scores: dict[str, Any] = {}
    for name in names:
        out = train(arguments, name, passes)
        found, scores[name] = measure(str(out / "latest"), examples, Options(), arguments.processes)
        rows[name] = report(out, name, found)
        result = {
            "command": " ".join(["python", "benchmarks/ablation.py", "DATA", "--dev", "..."]),
            "date": time.strftime("%Y-%m-%d"),
            "pairs": arguments.pairs,
            "recipe": read_toml("ablation")[0],
            "dev": arguments.dev.name,
            "documents": len(examples),
            "signature": signature("1"),
            "machine": machine(),
            "variants": rows,
            "differences_to_general": {
                other: {
                    kind: paired_difference(values, scores["general"][kind])
                    for kind, values in scores[other].items()
                }
                for other in scores
                if other != "general" and "general" in scores
            },
        }
        arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
