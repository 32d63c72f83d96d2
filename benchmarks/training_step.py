"""A training step of today's network, taken apart: pairs a second, and what they are spent on.

    python benchmarks/training_step.py MIX.jsonl.gz -o benchmarks/results/training-step.json

Pairs of the data are batched as in training (the last third of the recipe `general`, which reads
whole documents). Multiply-adds are counted from the sizes of the network, padding included, three
times the forward pass for forward and backward; the peak is a product of two matrices of 2048 x
2048, in the precision that a training has here. `--recurrence` also times a step whose encoder
needs no loop of products over the words, minGRU (Feng et al. 2024, Were RNNs All We Needed?), with
one and with two layers; and with `--minutes N` trains each from scratch for N minutes and reports
the loss on what was kept aside.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from summarize.evaluation.environment import command_line, environment
from summarize.files import write_text
from summarize.models.registry import shipped
from summarize.rnn.checkpoint import load_checkpoint
from summarize.rnn.config import Config
from summarize.rnn.kernels import take
from summarize.rnn.network import BiLstm, Seq2Seq
from summarize.training.examples import Batch, Pairs, Plan, read_examples
from summarize.training.memory import keep_freed_memory
from summarize.training.models import LossModule, Model, make_model
from summarize.training.optimizer import make_optimizers
from summarize.training.precision import autocast, precision_of
from summarize.training.recipe import Recipe, load_recipe

PEAK_SIZE = 2048
KEPT = 200  # pairs to measure the loss on
SHOWN = 12  # operators


class Scan(torch.autograd.Function):
    """h[t] = a[t] * h[t - 1] + b[t] over the second dimension: no product of matrices inside."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        h = torch.empty_like(b)
        before = torch.zeros_like(b[:, 0])
        for t in range(b.shape[1]):
            before = torch.addcmul(b[:, t], a[:, t], before)
            h[:, t] = before
        ctx.save_for_backward(a, h)
        return h

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        a, h = ctx.saved_tensors
        given = torch.empty_like(grad)
        later = grad[:, -1]
        given[:, -1] = later
        for t in range(grad.shape[1] - 2, -1, -1):
            later = torch.addcmul(grad[:, t], a[:, t + 1], later)
            given[:, t] = later
        of_a = torch.zeros_like(a)
        of_a[:, 1:] = given[:, 1:] * h[:, :-1]
        return of_a, given


class MinGru(nn.Module):
    """z = sigmoid(W x), h' = V x, h[t] = (1 - z) h[t - 1] + z h'. Neither needs the last state, so
    both products run over the whole sequence at once."""

    def __init__(self, input_size: int, size: int) -> None:
        super().__init__()
        self.both = nn.Linear(input_size, 2 * size)

    def forward(self, x: Tensor) -> Tensor:
        gate, candidate = self.both(x).float().chunk(2, dim=-1)
        z = torch.sigmoid(gate)
        return Scan.apply(1 - z, z * candidate)  # type: ignore[no-any-return, no-untyped-call]


class BiMinGru(nn.Module):
    """In the place of a BiLstm."""

    def __init__(self, input_size: int, size: int) -> None:
        super().__init__()
        self.ahead, self.back = MinGru(input_size, size), MinGru(input_size, size)

    def forward(self, x: Tensor, flip: Tensor) -> Tensor:
        return torch.cat([self.ahead(x), take(self.back(take(x, flip)), flip)], dim=-1)


@dataclass(frozen=True)
class Step:
    """A network and its optimizers; `run` is one step as the trainer makes it."""

    module: LossModule
    recipe: Recipe
    optimizers: list[torch.optim.Optimizer]
    average: list[Tensor]

    def run(self, batch: Batch) -> dict[str, float]:
        """Seconds of each part."""
        tensors = tuple(torch.from_numpy(array) for array in batch)
        marks = [time.perf_counter()]
        with autocast("cpu", self.recipe.precision):
            loss, _ = self.module(*tensors)
        marks.append(time.perf_counter())
        loss.backward()
        marks.append(time.perf_counter())
        parameters: list[Tensor] = list(self.module.network.parameters())
        nn.utils.clip_grad_norm_(parameters, self.recipe.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            torch._foreach_lerp_(self.average, parameters, 1 - self.recipe.ema_decay)
        marks.append(time.perf_counter())
        return dict(zip(("forward", "backward", "update"), np.diff(marks).tolist(), strict=True))

    @torch.no_grad()
    def loss(self, pairs: Pairs) -> float:
        """Cross-entropy a token, in nats."""
        self.module.eval()
        total = count = 0.0
        for first in range(0, len(pairs), 50):
            rows = np.arange(first, min(first + 50, len(pairs)))
            batch = pairs.batch(rows, self.recipe.max_source_tokens)
            with autocast("cpu", self.recipe.precision):
                _, plain = self.module(*(torch.from_numpy(array) for array in batch))
            tokens = int((batch.labels >= 0).sum())
            total, count = total + plain.item() * tokens, count + tokens
        self.module.train()
        return total / count


def make_step(recipe: Recipe, vocab_size: int, kind: str) -> Step:
    torch.manual_seed(recipe.seed)
    if kind.startswith("minGRU"):
        recipe = replace(recipe, network={**recipe.network, "encoder_layers": int(kind[-1])})
    model = make_model(recipe, vocab_size)
    if kind.startswith("minGRU"):
        use_mingru(model)
    return step_of(model, recipe)


def use_mingru(model: Model) -> None:
    """In the place of every layer of the encoder."""
    network = model.network
    assert isinstance(network, Seq2Seq)
    for i, layer in enumerate(network.encoder.layers):
        assert isinstance(layer, BiLstm)
        size = network.config.encoder_size
        network.encoder.layers[i] = BiMinGru(layer.forward_lstm.input_size, size)


def step_of(model: Model, recipe: Recipe) -> Step:
    network = model.network
    module = LossModule(model, recipe.label_smoothing)
    average = [parameter.detach().clone() for parameter in network.parameters()]
    return Step(module.train(), recipe, make_optimizers(network, recipe), average)


def multiply_adds(config: Config, batch: Batch) -> float:
    """Of a forward pass: the padding is computed with the rest, but for the output layer."""
    source, target = batch.src.size, batch.tgt.size
    real = -(-int((batch.labels >= 0).sum()) // 256) * 256
    e, n, m, h = (
        config.embedding_size,
        config.encoder_size,
        config.memory_size,
        config.decoder_size,
    )
    encoder = 2 * (e + n) * 4 * n + e * m + m * h
    encoder += (config.encoder_layers - 1) * 2 * (m + n) * 4 * n
    decoder = (e + h) * 4 * h + (h + m + h) * 4 * h + (h + m) * e
    look = 2 * batch.src.shape[1] * m
    return float(source * encoder + target * (decoder + look) + real * e * config.vocab_size)


def peak(dtype: torch.dtype, repeats: int = 10) -> float:
    """Floating-point operations a second of a large product, the best of several."""
    a = torch.randn(PEAK_SIZE, PEAK_SIZE).to(dtype)
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - started)
    return 2 * PEAK_SIZE**3 / best


def timed(step: Step, batches: list[Batch]) -> dict[str, Any]:
    """Medians over the batches; the first two warm up."""
    for batch in batches[:2]:
        step.run(batch)
    rows = [step.run(batch) for batch in batches]
    parts = {name: float(np.median([row[name] for row in rows])) for name in rows[0]}
    seconds = sum(sum(row.values()) for row in rows)
    pairs = sum(int((batch.labels >= 0).any(axis=1).sum()) for batch in batches)
    return {
        "pairs_per_second": round(pairs / seconds, 1),
        "seconds": {name: round(value, 4) for name, value in parts.items()},
        "seconds_of_all": seconds,
    }


def operators(step: Step, batches: list[Batch]) -> list[dict[str, Any]]:
    """Where the time goes: each operator's own share, the largest first."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        for batch in batches:
            step.run(batch)
    found = profile.key_averages()
    total = sum(one.self_cpu_time_total for one in found)
    largest = sorted(found, key=lambda one: -one.self_cpu_time_total)[:SHOWN]
    return [
        {
            "operator": one.key,
            "share": round(one.self_cpu_time_total / total, 3),
            "calls": round(one.count / len(batches), 1),
        }
        for one in largest
    ]


def endless(plan: Plan) -> Iterator[Batch]:
    pool = 0
    while True:
        for rows in plan.batches(pool % plan.pools):
            yield plan.pairs.batch(rows, plan.recipe.max_source_tokens)
        pool += 1


def learned(
    make: Callable[[], Step], plan: Plan, kept: Pairs, minutes: float
) -> dict[str, float | int]:
    """From scratch, for so many minutes."""
    step = make()
    started, pairs = time.monotonic(), 0
    for batch in endless(plan):
        spent = (time.monotonic() - started) / (60 * minutes)
        if spent >= 1:
            break
        for optimizer in step.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = step.recipe.learning_rate * min(1.0, 20 * spent + 0.01)
        step.run(batch)
        pairs += int((batch.labels >= 0).any(axis=1).sum())
    return {"minutes": minutes, "pairs": pairs, "loss": round(step.loss(kept), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="+", type=Path, help="training pairs; taken in turn")
    parser.add_argument("--recipe", default="general")
    parser.add_argument("--pairs", type=int, default=8192)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--recurrence", action="store_true")
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    keep_freed_memory()
    recipe = load_recipe(arguments.recipe)
    recipe = replace(recipe, precision=precision_of("cpu", recipe.precision))
    tokenizer = load_checkpoint(shipped("attention")).tokenizer
    share = arguments.pairs // len(arguments.data)
    examples = [
        example
        for path in arguments.data
        for example in islice(read_examples([path], recipe), share + KEPT)
    ]
    order = np.random.default_rng(0).permutation(len(examples))
    kept = Pairs.from_examples((examples[i] for i in order[:KEPT]), tokenizer, recipe)
    pairs = Pairs.from_examples((examples[i] for i in order[KEPT:]), tokenizer, recipe)
    recipe = replace(recipe, epochs=1.0, curriculum_source_tokens=0)
    plan = Plan(pairs, recipe)
    batches = list(islice(endless(plan), arguments.steps))
    kinds = ["BiLSTM", *(["minGRU 1", "minGRU 2"] if arguments.recurrence else [])]
    cells: dict[str, Any] = {}
    for kind in kinds:
        step = make_step(recipe, tokenizer.vocab_size, kind)
        cells[kind] = timed(step, batches)
        if kind == "BiLSTM":
            config = Config(vocab_size=tokenizer.vocab_size, **recipe.network)
            work = 6 * sum(multiply_adds(config, batch) for batch in batches)
            precision = torch.bfloat16 if recipe.precision == "bf16" else torch.float32
            best, best_fp32 = peak(precision), peak(torch.float32)
            cells[kind] |= {
                "gflops_a_step": round(work / len(batches) / 1e9, 1),
                "gflops_a_second": round(work / cells[kind]["seconds_of_all"] / 1e9, 1),
                "peak_gflops_a_second": round(best / 1e9, 1),
                "peak_gflops_a_second_fp32": round(best_fp32 / 1e9, 1),
                "share_of_peak": round(work / cells[kind]["seconds_of_all"] / best, 3),
                "operators": operators(step, batches[:6]),
            }
        if arguments.minutes:
            cells[kind]["from_scratch"] = learned(
                lambda kind=kind: make_step(recipe, tokenizer.vocab_size, kind),  # type: ignore[misc]
                plan,
                kept,
                arguments.minutes,
            )
        del cells[kind]["seconds_of_all"]
    result = {
        "command": command_line("python", sys.argv[0]),
        "date": time.strftime("%Y-%m-%d"),
        "environment": environment(arguments.threads),
        "precision": recipe.precision,
        "batch_pairs": recipe.batch_pairs,
        "source_tokens_a_batch": round(float(np.mean([batch.src.size for batch in batches]))),
        "real_source_tokens": round(
            float(np.mean([batch.src_mask.sum() / batch.src.size for batch in batches])), 3
        ),
        "encoders": cells,
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text) if arguments.output is None else write_text(arguments.output, text)


if __name__ == "__main__":
    main()
