"""Every kind of attention on the same pairs, in the same order, with the same number of steps.

    python benchmarks/ablation.py arxiv-train-*.jsonl.xz scitldr-train.jsonl.xz \\
        docs-train.jsonl.xz --dev arxiv-dev.jsonl.xz --out runs/ablation \\
        -o benchmarks/results/ablation.json

Each network is trained by `summarize train --recipe ablation` in a process of its own, two at a
time with one thread each, and scored on dev documents as `summarize bench` does it. Interrupted,
the same command goes on where it was. What differs between two rows is the attention and nothing
else. `pairs_per_second` is measured afterwards, the kinds taking turns on one batch and one
thread, so that nothing that ran beside a training counts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from summarize.evaluation.bench import Plan, bench
from summarize.evaluation.data import read_data
from summarize.evaluation.environment import child_environment, command_line
from summarize.evaluation.journal import Journal
from summarize.files import write_text
from summarize.models.catalog import count_parameters
from summarize.rnn.config import ATTENTION_KINDS
from summarize.training.examples import Pairs
from summarize.training.recipe import load_recipe, read_toml

STEPS = 15  # of each network, timed
# Name -> what it changes in the recipe's [network].
VARIANTS: dict[str, dict[str, Any]] = {kind: {"attention": kind} for kind in ATTENTION_KINDS}
VARIANTS["general, 4 heads"] = {"attention": "general", "attention_heads": 4}
VARIANTS["general, 2 encoder layers"] = {"attention": "general", "encoder_layers": 2}


def folder_of(out: Path, name: str) -> Path:
    return out / name.replace(", ", "-").replace(" ", "-")


def write_recipe(out: Path, name: str, epochs: float) -> Path:
    sizes, _ = read_toml("ablation")
    network = {**sizes.pop("network"), **VARIANTS[name]}
    sizes["epochs"] = epochs
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
    # One thread each, so that two runs do not wait for each other's.
    subprocess.run(command, check=True, env=child_environment(1))


def prepare(arguments: argparse.Namespace) -> float:
    """Tokenize once, in a run of a single step; returns the epochs that make `--pairs`."""
    first = arguments.out / "data-run"
    if not is_done(first):
        run(arguments, first, write_recipe(arguments.out, "none", 1e-9))
    pairs = len(Pairs.load(first / "data" / "train.npz"))
    return float(arguments.pairs / pairs)


def is_done(out: Path) -> bool:
    """Whether the run came to its last evaluation."""
    metrics = out / "metrics.jsonl"
    return metrics.exists() and '"kind": "dev"' in metrics.read_text("utf-8")


def train(arguments: argparse.Namespace, name: str, epochs: float) -> Path:
    out = folder_of(arguments.out, name)
    data = out / "data"
    if not data.exists():
        data.mkdir(parents=True)
        for file in (arguments.out / "data-run" / "data").iterdir():
            shutil.copyfile(file, data / file.name)
    if not is_done(out):
        run(arguments, out, write_recipe(arguments.out, name, epochs))
    return out


def facts(out: Path, name: str) -> dict[str, Any]:
    """What training took and reached."""
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text("utf-8").splitlines()]
    steps = [line for line in lines if line["kind"] == "train"]
    last = [line for line in lines if line["kind"] == "dev"][-1]
    return {
        "parameters": count_parameters(out / "model.safetensors"),
        "pairs": steps[-1]["pairs"],
        "steps": last["step"],
        "training_seconds": last["seconds"],
        "dev_loss": last["loss"],
        "network": VARIANTS[name],
    }


def speeds(out: Path, names: list[str]) -> dict[str, float]:
    """Pairs a second of a training step of each: medians over STEPS turns after two that do not
    count."""
    import torch

    from summarize.training.memory import keep_freed_memory
    from summarize.training.models import LossModule, make_model
    from summarize.training.optimizer import make_optimizers
    from summarize.training.precision import autocast, precision_of

    torch.set_num_threads(1)
    keep_freed_memory()
    pairs = Pairs.load(out / "data-run" / "data" / "train.npz")
    lengths = pairs.src_offsets[1:] - pairs.src_offsets[:-1]
    taken: dict[str, list[float]] = {name: [] for name in names}
    steps = {}
    for name in names:
        recipe = load_recipe(str(write_recipe(out, name, 1.0)))
        rows = np.flatnonzero(lengths >= recipe.max_source_tokens)[: recipe.batch_pairs]
        batch = [torch.from_numpy(a) for a in pairs.batch(rows, recipe.max_source_tokens)]
        model = make_model(recipe, recipe.vocab_size)
        module, optimizers = (
            LossModule(model, recipe.label_smoothing),
            make_optimizers(model.network, recipe),
        )

        def step(module=module, optimizers=optimizers, batch=batch, recipe=recipe) -> float:  # type: ignore[no-untyped-def]
            started = time.perf_counter()
            with autocast("cpu", precision_of("cpu", recipe.precision)):
                loss, _ = module(*batch)
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            return float(recipe.batch_pairs / (time.perf_counter() - started))

        steps[name] = step
    for turn in range(STEPS + 2):
        for name, run_step in steps.items():
            value = run_step()
            if turn >= 2:
                taken[name].append(value)
    return {name: round(float(np.median(values)), 1) for name, values in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=200_000)
    parser.add_argument("--variant", action="append", choices=list(VARIANTS), default=[])
    parser.add_argument("--limit", type=int, default=500, help="dev documents to score")
    parser.add_argument("--jobs", type=int, default=2, help="at a time, with one thread each")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    epochs = prepare(arguments)
    names = arguments.variant or list(VARIANTS)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        folders = list(pool.map(lambda name: train(arguments, name, epochs), names))
    plan = Plan(
        models=[str(folder / "latest") for folder in folders],
        data=read_data(str(arguments.dev), arguments.limit),
        batch_size=8,
        options={"mode": "abstractive", "overflow": "truncate"},  # what the networks write
        processes=arguments.jobs,
    )
    journal = Journal(arguments.out / "journal")
    result, _ = bench(plan, journal, lambda model, done: None)
    measured = result.to_dict()
    fast = speeds(arguments.out, names)
    called = dict(zip(plan.models, names, strict=True))
    values = {
        **measured,
        "command": command_line("python", sys.argv[0]),
        "models": {called[model]: values for model, values in measured["models"].items()},
        "buckets": [
            {**b, "models": {called[m]: values for m, values in b["models"].items()}}
            for b in measured["buckets"]
        ],
        "differences": {
            " - ".join(called[model] for model in pair.split(" - ")): values
            for pair, values in measured["differences"].items()
        },
        "pairs": arguments.pairs,
        "jobs": arguments.jobs,
        "recipe": read_toml("ablation")[0],
        "training": {
            name: {**facts(folder, name), "pairs_per_second": fast[name]}
            for name, folder in zip(names, folders, strict=True)
        },
    }
    write_text(arguments.output, json.dumps(values, indent=1) + "\n")


if __name__ == "__main__":
    main()
