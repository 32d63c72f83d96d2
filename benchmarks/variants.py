"""Changes to the network and to what it reads, each trained for the same CPU time on one thread.

    python benchmarks/variants.py MIX.jsonl.gz --init-from FOLDER --dev general-dev.jsonl.xz \\
        --dev arxiv-dev.jsonl.xz --out runs/variants -o benchmarks/results/variants.json

A warm variant starts from the weights in FOLDER: those whose shape has changed start afresh. A
scratch variant starts from nothing, so that a recurrence that was never trained is compared with
one that was not either. Documents are short for the first 45 % of the time, as in the recipe
`attention`. Vocabularies differ, so the loss is in nats a word of the reference. ROUGE is that of
greedy outputs. Interrupted, the same command goes on with the next variant.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from training_step import Step, step_of, use_mingru

from summarize.evaluation.environment import command_line, environment
from summarize.evaluation.rouge import rouge_scores
from summarize.files import write_text
from summarize.rnn.network import Seq2Seq
from summarize.rnn.tokenizer import SPECIAL, Tokenizer
from summarize.training.examples import Example, Pairs, Plan, read_examples
from summarize.training.memory import keep_freed_memory
from summarize.training.models import make_model
from summarize.training.precision import autocast, precision_of
from summarize.training.recipe import Recipe, load_recipe
from summarize.training.rloo import sample

EARLY, EARLY_TOKENS = 0.45, 96
WARMUP = 0.03
LONGEST = 60  # tokens of an output


@dataclass(frozen=True)
class Variant:
    """What differs from today's network, and where its weights start."""

    network: dict[str, Any]
    warm: bool = True
    tokens: int = 256
    vocab_size: int = 16_384
    mingru: bool = False


VARIANTS = {
    "today's network": Variant({}),
    "2 encoder layers": Variant({"encoder_layers": 2}),
    "4 heads": Variant({"attention_heads": 4}),
    "24,576 pieces": Variant({}, vocab_size=24_576),
    "384 tokens": Variant({}, tokens=384),
    "scratch: BiLSTM": Variant({}, warm=False),
    "scratch: minGRU, 2 layers": Variant({"encoder_layers": 2}, warm=False, mingru=True),
    "scratch: minGRU, 1 layer": Variant({}, warm=False, mingru=True),
}


@dataclass(frozen=True)
class Material:
    """The same documents for every variant, and the folder of the weights to start from."""

    examples: list[Example]
    dev: dict[str, list[Example]]
    start: Path


def make_step(variant: Variant, recipe: Recipe, tokenizer: Tokenizer, start: Path) -> Step:
    torch.manual_seed(recipe.seed)
    recipe = replace(recipe, network={**recipe.network, **variant.network})
    model = make_model(recipe, tokenizer.vocab_size)
    if variant.mingru:
        use_mingru(model)
    if variant.warm:
        model.start_from(start, tokenizer)
    return step_of(model, recipe)


def train(step: Step, pairs: Pairs, minutes: float) -> dict[str, int]:
    """So many minutes of CPU time; evaluations and encoding are not part of it."""
    recipe = step.recipe
    early = replace(recipe, max_source_tokens=EARLY_TOKENS)
    plans = [Plan(pairs, replace(r, curriculum_source_tokens=0)) for r in (early, recipe)]
    started, seen, steps, pool, waiting = time.process_time(), 0, 0, 0, []
    while (spent := (time.process_time() - started) / (60 * minutes)) < 1:
        plan = plans[spent >= EARLY]
        if not waiting:
            waiting, pool = plan.batches(pool % plan.pools), pool + 1
        rate = min(1.0, spent / WARMUP + 0.01) * 0.5 * (1 + np.cos(np.pi * spent))
        for optimizer in step.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate * rate
        rows = waiting.pop()
        step.run(pairs.batch(rows, plan.recipe.max_source_tokens))
        seen, steps = seen + len(rows), steps + 1
    return {"pairs": seen, "steps": steps}


@torch.no_grad()
def measure(step: Step, examples: list[Example], tokenizer: Tokenizer) -> dict[str, float]:
    """Of the averaged weights: nats a word of the reference, and ROUGE of greedy outputs."""
    recipe, network = step.recipe, step.module.network
    assert isinstance(network, Seq2Seq)
    pairs = Pairs.from_examples(iter(examples), tokenizer, recipe)
    assert len(pairs) == len(examples)
    step.module.eval()
    trained = [parameter.detach().clone() for parameter in network.parameters()]
    put(network, step.average)
    nats, outputs = 0.0, []
    for first in range(0, len(pairs), 50):
        rows = np.arange(first, min(first + 50, len(pairs)))
        batch = pairs.batch(rows, recipe.max_source_tokens)
        src, mask, tgt, labels = (torch.from_numpy(array)[: len(rows)] for array in batch)
        with autocast("cpu", recipe.precision):
            _, loss = step.module(src, mask, tgt, labels)
        nats += loss.item() * int((labels >= 0).sum())
        memory = network.encode(src, mask)
        # At a temperature near zero a sample is the greedy output.
        _, drawn = sample(network, memory, tgt[:, 0], 1, 1e-3, LONGEST)
        outputs += [
            tokenizer.decode([i for i in row if i >= len(SPECIAL)]) for row in drawn.tolist()
        ]
    put(network, trained)
    step.module.train()
    words = sum(len(example.references[0].split()) for example in examples)
    scores = rouge_scores(outputs, [example.references for example in examples])
    means = {kind: round(float(values.mean()), 2) for kind, values in scores.items()}
    return {"nats_a_word": round(nats / words, 4), **means}


def put(network: Seq2Seq, values: list[Tensor]) -> None:
    for parameter, value in zip(network.parameters(), values, strict=True):
        parameter.data.copy_(value)


def run(name: str, material: Material, minutes: float) -> dict[str, Any]:
    variant = VARIANTS[name]
    recipe = replace(
        load_recipe("general"),
        epochs=1.0,
        max_source_tokens=variant.tokens,
        ema_decay=0.99,
        precision=precision_of("cpu", "bf16"),
    )
    if not variant.warm:
        recipe = replace(recipe, learning_rate=1.5e-3)
    tokenizer = Tokenizer.train(texts(material.examples[:30_000]), variant.vocab_size)
    pairs = Pairs.from_examples(iter(material.examples), tokenizer, recipe)
    step = make_step(variant, recipe, tokenizer, material.start)
    facts = train(step, pairs, minutes)
    return {
        **facts,
        "parameters": sum(parameter.numel() for parameter in step.module.network.parameters()),
        "dev": {
            file: measure(step, examples, tokenizer) for file, examples in material.dev.items()
        },
    }


def texts(examples: list[Example]) -> Iterator[str]:
    for example in examples:
        yield example.document[:4000]
        yield from example.references


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--init-from", type=Path, required=True)
    parser.add_argument("--dev", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, required=True, help="a file for each finished variant")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--variant", action="append", choices=list(VARIANTS), default=[])
    parser.add_argument("--minutes", type=float, default=20, help="of CPU time a variant")
    parser.add_argument("--pairs", type=int, default=80_000)
    parser.add_argument("--limit", type=int, default=300, help="dev documents of each file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    arguments.out.mkdir(parents=True, exist_ok=True)
    recipe = load_recipe("general")
    examples = list(read_examples(arguments.data, recipe))
    order = np.random.default_rng(0).permutation(len(examples))[: arguments.pairs]
    dev = {}
    for path in arguments.dev:
        rows = list(read_examples([path], recipe))
        chosen = np.random.default_rng(1).permutation(len(rows))[: arguments.limit]
        dev[path.name] = [replace(rows[i], references=rows[i].references[:1]) for i in chosen]
    material = Material([examples[i] for i in order], dev, arguments.init_from)
    del examples
    cells: dict[str, Any] = {}
    for name in arguments.variant or VARIANTS:
        kept = arguments.out / f"{name.replace(' ', '-').replace(':', '')}.json"
        if not kept.exists():
            cell = run(name, material, arguments.minutes)
            write_text(kept, json.dumps(cell) + "\n")
        cells[name] = json.loads(kept.read_text("utf-8"))
        print(name, json.dumps(cells[name]), flush=True)
    result = {
        "command": command_line("python", sys.argv[0]),
        "date": time.strftime("%Y-%m-%d"),
        "environment": environment(1),
        "minutes": arguments.minutes,
        "precision": precision_of("cpu", "bf16"),
        "variants": cells,
    }
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
