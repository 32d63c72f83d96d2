"""One training loop: pairs in, a checkpoint folder out, stoppable at any moment.

Reads top to bottom: prepare the pairs, build the network, then for each batch a step, and now and
then a line of metrics, an evaluation on the dev data, a snapshot.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from summarize.errors import DataError, Interrupted, OptionError
from summarize.files import write_bytes, write_text
from summarize.models.familiarity import Familiarity, learn
from summarize.rnn.tokenizer import STYLES, Tokenizer
from summarize.training.examples import Batch, Example, Pairs, Plan, read_examples
from summarize.training.models import Model, make_model
from summarize.training.precision import autocast, computes_bf16
from summarize.training.recipe import Recipe
from summarize.training.snapshot import (
    flatten_optimizer,
    read_snapshot,
    restore_optimizer,
    write_snapshot,
)


class Progress(Protocol):
    """Where a run tells how it is going; the command line draws it."""

    def message(self, text: str) -> None: ...
    def step(self, values: dict[str, Any]) -> None: ...


class DevScores(Protocol):
    """Scores a saved model on dev documents; given in, so that training knows no summarizer."""

    def __call__(self, folder: Path, examples: list[Example]) -> dict[str, float]: ...


@dataclass(frozen=True)
class Run:
    """What one call of `summarize train` was asked for."""

    data: list[Path]
    dev: list[Path]
    out: Path
    recipe: Recipe
    resume: bool = False
    init_from: Path | None = None
    device: str = "cpu"
    notes: str = ""


def train(run: Run, progress: Progress, score: DevScores | None = None) -> dict[str, Any]:
    """Train to the end of the recipe; returns the last evaluation.

    Raises Interrupted (after a snapshot) on SIGINT or SIGTERM, DataError, OptionError.
    """
    with Workers(run.device) as workers:
        keep_freed_memory()
        run.out.mkdir(parents=True, exist_ok=True)
        tokenizer, pairs, dev_pairs, dev_examples = prepare(run, progress, workers)
        loop = Loop(run, workers, tokenizer, pairs, dev_pairs, dev_examples, score, progress)
        with Signals() as signals:
            return loop.run_all(signals)


# --- the data ----------------------------------------------------------------------------------


def prepare(
    run: Run, progress: Progress, workers: Workers
) -> tuple[Tokenizer, Pairs, Pairs, list[Example]]:
    """Tokenizer and token arrays, made once and kept in OUT/data for --resume."""
    cache = run.out / "data"
    if not run.resume and (run.out / "snapshots").exists():
        raise OptionError(
            f"{run.out} holds an earlier run; go on with --resume, or use another --out"
        )
    identity = describe_data(run)
    known = cache / "identity.json"
    if workers.is_first and not (known.exists() and known.read_text("utf-8") == identity):
        if run.resume and known.exists():
            raise OptionError(
                f"{run.out} was started with other data or another recipe; use another --out"
            )
        cache.mkdir(exist_ok=True)
        known.unlink(missing_ok=True)  # an interrupted rebuild must not pass for the old one
        build_cache(run, cache, progress)
        write_text(known, identity)
    workers.wait()
    tokenizer = Tokenizer.load(cache / "tokenizer.json")
    pairs, dev_pairs = Pairs.load(cache / "train.npz"), Pairs.load(cache / "dev.npz")
    dev_examples = [
        Example(row["document"], tuple(row["references"]), row["style"], row["domain"])
        for row in map(json.loads, (cache / "dev.jsonl").read_text("utf-8").splitlines())
    ]
    for name, some in (("DATA", pairs), ("--dev", dev_pairs)):
        if not len(some):
            raise DataError(f"{name} holds no rows")
    for style in {example.style for example in dev_examples}:
        if not pairs.starts_with(tokenizer.style_id(style)):
            raise DataError(f"the dev data has the style {style!r}, the training pairs do not")
    if workers.count > -(-len(pairs) // run.recipe.batch_pairs):
        raise DataError(
            f"{len(pairs)} pairs in batches of {run.recipe.batch_pairs} are too few for "
            f"{workers.count} processes; use fewer, or smaller batch_pairs"
        )
    return tokenizer, pairs, dev_pairs, dev_examples


def describe_data(run: Run) -> str:
    """What the cached arrays depend on."""
    files = [
        [str(path), path.stat().st_size] if path.exists() else missing(path)
        for path in [*run.data, *run.dev]
    ]
    keys = (
        "vocab_size tokenizer_rows fresh_tokenizer max_source_tokens max_target_tokens "
        "default_style styles repeat dev_loss_rows dev_rouge_rows"
    ).split()
    recipe = {key: getattr(run.recipe, key) for key in keys}
    values = {"files": files, "dev": len(run.dev), "init": str(run.init_from), "recipe": recipe}
    return json.dumps(values, sort_keys=True)


def missing(path: Path) -> list[Any]:
    raise DataError(f"{path} does not exist; DATA is .jsonl, .jsonl.gz or .jsonl.xz")


def build_cache(run: Run, cache: Path, progress: Progress) -> None:
    recipe = run.recipe
    if run.init_from and not recipe.fresh_tokenizer:
        if not (run.init_from / "tokenizer.json").is_file():
            raise DataError(f"--init-from {run.init_from} is no model's folder: no tokenizer.json")
        tokenizer = Tokenizer.load(run.init_from / "tokenizer.json")
    else:
        progress.message(f"training a tokenizer of {recipe.vocab_size:,} pieces")
        rows = islice(interleave(run.data, recipe), recipe.tokenizer_rows)
        texts = (t for e in rows for t in (e.document[:4000], *e.references))
        tokenizer = Tokenizer.train(texts, recipe.vocab_size)
    write_bytes(cache / "tokenizer.json", tokenizer.to_json())
    progress.message("encoding the pairs")
    examples = read_examples(run.data, recipe)
    dev = list(interleave(run.dev, recipe)) if run.dev else []
    if not run.dev:
        everything = list(examples)
        held = min(500, len(everything) // 20)
        if held < 1:
            raise DataError(f"{len(everything)} rows are too few to train on; 20 are the least")
        order = np.random.default_rng(recipe.seed).permutation(len(everything))
        dev = [everything[i] for i in order[:held]]
        examples = (everything[i] for i in order[held:])
    plain = replace(recipe, repeat={})
    Pairs.from_examples(examples, tokenizer, recipe).save(cache / "train.npz")
    loss_rows = iter(dev[: recipe.dev_loss_rows])
    Pairs.from_examples(loss_rows, tokenizer, plain).save(cache / "dev.npz")
    rouge = [json.dumps(e.__dict__) for e in dev[: recipe.dev_rouge_rows]]
    write_text(cache / "dev.jsonl", "\n".join(rouge))


def interleave(paths: list[Path], recipe: Recipe) -> Iterator[Example]:
    """One row of each file in turn, so that a prefix holds something of every domain."""
    streams = [read_examples([path], recipe) for path in paths]
    while streams:
        for stream in list(streams):
            try:
                yield next(stream)
            except StopIteration:
                streams.remove(stream)


# --- the loop ----------------------------------------------------------------------------------


FAMILIAR_ROWS = 60_000  # of which it is learned what an ordinary text is


class LossModule(nn.Module):
    """The network with its loss as `forward`, which is the call that DDP watches."""

    def __init__(self, model: Model, label_smoothing: float) -> None:
        super().__init__()
        self.network = model.network
        self.loss, self.likelihood = model.loss, model.likelihood
        self.label_smoothing = label_smoothing

    def forward(
        self, src: Tensor, src_mask: Tensor, tgt: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensor]:
        loss = self.loss if self.network.training else self.likelihood
        return loss(src, src_mask, tgt, labels, self.label_smoothing)


class Loop:
    """The state of a run, and the steps that move it on."""

    def __init__(
        self,
        run: Run,
        workers: Workers,
        tokenizer: Tokenizer,
        pairs: Pairs,
        dev_pairs: Pairs,
        dev_examples: list[Example],
        score: DevScores | None,
        progress: Progress,
    ) -> None:
        self.run, self.recipe, self.workers = run, run.recipe, workers
        self.tokenizer, self.dev_pairs, self.dev_examples = tokenizer, dev_pairs, dev_examples
        self.score, self.progress = score, progress
        self.plan = Plan(pairs, self.recipe)
        self.styles = tuple(s for s in STYLES if pairs.starts_with(tokenizer.style_id(s)))
        wanted = self.recipe.default_style
        self.default_style = wanted if wanted in self.styles else self.styles[0]
        self.device = workers.device
        torch.manual_seed(self.recipe.seed)
        self.model = make_model(self.recipe, tokenizer.vocab_size, tokenizer)
        if run.init_from:
            self.model.start_from(run.init_from, tokenizer)
        self.network = self.model.network.to(self.device)
        self.module = LossModule(self.model, self.recipe.label_smoothing)
        self.parallel = workers.wrap(self.module, self.model.has_unused_weights)
        torch.manual_seed(self.recipe.seed + workers.rank)
        self.average = [p.detach().clone() for p in self.network.parameters()]
        self.optimizers = make_optimizers(self.network, self.recipe)
        self.step = self.pool = self.batch_index = self.seen = 0
        self.next_evaluation = self.recipe.evaluate_pairs
        self.best = -math.inf
        self.seconds = 0.0
        self.last: dict[str, Any] = {}
        if run.resume:
            self.restore()

    def run_all(self, signals: Signals) -> dict[str, Any]:
        recipe, plan = self.recipe, self.plan
        self.network.train()
        if recipe.precision == "bf16" and not computes_bf16(self.device.type):
            self.progress.message("no bf16 on this machine: training in fp32, which takes longer")
        started = saved = time.monotonic() - self.seconds
        saved += self.seconds
        self.evaluate_if_due()  # after a resume, what a kill interrupted
        while self.pool < plan.pools:
            steps = self.workers.share(plan.batches(self.pool))
            cut = plan.source_tokens(self.pool)
            while self.batch_index < len(steps):
                rows, count = steps[self.batch_index]
                before = time.monotonic()
                metrics = self.train_step(plan.pairs.batch(rows, cut))
                self.batch_index += 1
                self.seen += count
                now = time.monotonic()
                self.seconds = now - started
                metrics["pairs_per_second"] = count / max(now - before, 1e-9)
                self.report(metrics)
                if self.seen >= self.next_evaluation:
                    self.save()  # an evaluation that fails must not cost what was learned
                    saved = time.monotonic()
                    self.evaluate_if_due()
                stop = self.workers.any(signals.received)
                if stop or self.workers.any(now - saved > recipe.snapshot_minutes * 60):
                    self.save()
                    saved = time.monotonic()
                if stop:
                    raise Interrupted(
                        f"stopped at step {self.step:,}; go on with: "
                        f"summarize train ... --out {self.run.out} --resume",
                        signals.exit_code,
                    )
            self.pool, self.batch_index = self.pool + 1, 0
        self.save()
        self.evaluate()
        self.save()
        return self.last

    def evaluate_if_due(self) -> None:
        if self.seen >= self.next_evaluation:
            self.evaluate()
            self.next_evaluation += self.recipe.evaluate_pairs

    def train_step(self, batch: Batch) -> dict[str, float]:
        rate = self.recipe.learning_rate * schedule(
            self.seen / self.plan.total_pairs, self.recipe.warmup_fraction
        )
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        with self.autocast():
            loss, plain = self.parallel(*self.tensors(batch))
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        if torch.isfinite(norm):  # one broken batch must not break the weights
            for optimizer in self.optimizers:
                optimizer.step()
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        decay = min(self.recipe.average_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, list(self.network.parameters()), 1 - decay)
        metrics = {"loss": plain.item(), "learning_rate": rate, "gradient_norm": norm.item()}
        return metrics | self.model.measured

    def tensors(self, batch: Batch) -> tuple[Tensor, ...]:
        return tuple(torch.from_numpy(array).to(self.device) for array in batch)

    def autocast(self) -> torch.autocast:
        return autocast(self.device.type, self.recipe.precision)

    # --- telling ---------------------------------------------------------------------------

    def report(self, metrics: dict[str, float]) -> None:
        if not self.workers.is_first:
            return
        values: dict[str, Any] = {
            "step": self.step,
            "pairs": self.seen,
            "total_pairs": self.plan.total_pairs,
        }
        values |= {"seconds": round(self.seconds, 1), **metrics}
        if self.step % 10 == 0:
            self.log("train", values)
        self.progress.step({**values, **{f"dev_{k}": v for k, v in self.last.items()}})

    def log(self, kind: str, values: dict[str, Any]) -> None:
        rounded = {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in values.items()}
        with (self.run.out / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, **rounded}) + "\n")

    # --- dev data ----------------------------------------------------------------------------

    def evaluate(self) -> None:
        """Loss and ROUGE of the averaged weights on dev data; the best becomes OUT's checkpoint.

        What is scored is what was saved, as it will be loaded: OUT/latest.
        """
        if self.workers.is_first:
            current = [p.detach().clone() for p in self.network.parameters()]
            latest = self.run.out / "latest"
            self.put(self.average)
            try:
                scores = {"loss": self.dev_loss()}
                self.last = {"step": self.step, "pairs": self.seen, **scores}
                self.write(latest)
                if self.score and self.dev_examples:
                    scores |= self.score(latest, self.dev_examples)
                self.last |= scores
                self.write(latest)
                quality = scores.get("rouge", -scores["loss"])
                if quality > self.best:
                    self.best = quality
                    self.write(self.run.out)
            finally:
                self.put(current)
            self.log("dev", {**self.last, "seconds": round(self.seconds, 1)})
            shown = " ".join(f"{k} {v:.4g}" for k, v in scores.items())
            self.progress.message(f"dev at {self.seen:,} pairs: {shown}")
        self.workers.wait()

    def put(self, values: list[Tensor]) -> None:
        with torch.no_grad():
            for parameter, value in zip(self.network.parameters(), values, strict=True):
                parameter.copy_(value)

    @torch.no_grad()
    def dev_loss(self) -> float:
        """Mean cross-entropy a target token, in nats."""
        self.network.eval()
        total = count = 0.0
        order = np.argsort(np.diff(self.dev_pairs.src_offsets), kind="stable")
        for start in range(0, len(order), 50):
            batch = self.dev_pairs.batch(order[start : start + 50], self.recipe.max_source_tokens)
            with self.autocast():
                _, plain = self.module(*self.tensors(batch))
            tokens = int((batch.labels >= 0).sum())
            total, count = total + plain.item() * tokens, count + tokens
        self.network.train()
        return total / count

    def write(self, folder: Path) -> None:
        facts = {
            "max_source_tokens": self.recipe.max_source_tokens,
            "styles": list(self.styles),
            "default_style": self.default_style,
            "training": self.training_facts(),
        }
        self.model.save(folder, self.tokenizer, facts)
        self.familiarity.save(folder)

    @cached_property
    def familiarity(self) -> Familiarity:
        """What tells the trained model a text unlike those that it learned from."""
        pairs, longest = self.plan.pairs, self.recipe.max_source_tokens
        rows = np.random.default_rng(self.recipe.seed).permutation(len(pairs))[:FAMILIAR_ROWS]
        bounds = ((pairs.src_offsets[row], pairs.src_offsets[row + 1]) for row in rows)
        sources = [pairs.src[start:end][:longest] for start, end in bounds]
        return learn(sources, self.tokenizer.vocab_size)

    def training_facts(self) -> dict[str, Any]:
        return {
            "pairs": self.seen,
            "steps": self.step,
            "seconds": round(self.seconds, 1),
            "dev": {k: round(v, 5) for k, v in self.last.items() if isinstance(v, float)},
            "notes": self.run.notes,
            "recipe": self.recipe.to_dict(),
        } | self.before

    @cached_property
    def before(self) -> dict[str, Any]:
        """Under `before` the run that the weights of --init-from came from, where it is known."""
        for name in ("summarize.json", "config.json"):
            path = self.run.init_from and self.run.init_from / name
            if path and path.exists():
                known = json.loads(path.read_text("utf-8")).get("training")
                return {"before": known} if known else {}
        return {}

    # --- stopping and going on ---------------------------------------------------------------

    def save(self) -> None:
        if self.workers.is_first:
            tensors: dict[str, Tensor] = {}
            tensors |= {f"network.{n}": t for n, t in self.network.named_parameters()}
            tensors |= {f"average.{i}": t for i, t in enumerate(self.average)}
            for i, optimizer in enumerate(self.optimizers):
                tensors |= flatten_optimizer(optimizer, f"optimizer{i}")
            tensors["rng.cpu"] = torch.get_rng_state()
            if self.device.type == "cuda":
                tensors["rng.cuda"] = torch.cuda.get_rng_state(self.device)
            counters = ("pool", "batch_index", "seen", "next_evaluation", "seconds", "last")
            values = {name: getattr(self, name) for name in counters}
            values["best"] = self.best if math.isfinite(self.best) else None
            values["identity"] = self.identity()
            write_snapshot(self.run.out, self.step, tensors, values)
        self.workers.wait()

    def identity(self) -> dict[str, Any]:
        """What a resumed run can't change: the weights, and what a position in the data means."""
        recipe = self.recipe
        return {
            "network": self.model.identity(),
            "optimizer": recipe.optimizer,
            "seed": recipe.seed,
            "batch_pairs": recipe.batch_pairs,
            "pool_pairs": recipe.pool_pairs,
            "processes": self.workers.count,
        }

    def restore(self) -> None:
        found = read_snapshot(self.run.out)
        if found is None:
            self.progress.message(f"no snapshot in {self.run.out}; starting from the beginning")
            return
        tensors, values = found
        for key, value in self.identity().items():
            if values["identity"].get(key) != value:
                raise OptionError(
                    f"{self.run.out} was started with {key} = {values['identity'].get(key)!r}, "
                    f"not {value!r}; use the same, or another --out"
                )
        self.put([tensors[f"network.{name}"] for name, _ in self.network.named_parameters()])
        self.average = [tensors[f"average.{i}"].to(self.device) for i in range(len(self.average))]
        for i, optimizer in enumerate(self.optimizers):
            restore_optimizer(optimizer, f"optimizer{i}", tensors)
        torch.set_rng_state(tensors["rng.cpu"])
        if self.device.type == "cuda" and "rng.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["rng.cuda"], self.device)
        if self.workers.rank:  # the saved state is the first process's; dropout must differ
            torch.manual_seed(self.recipe.seed + 1000 * values["step"] + self.workers.rank)
        self.best = -math.inf if values["best"] is None else values["best"]
        self.step = values["step"]
        for name in ("pool", "batch_index", "seen", "next_evaluation", "seconds", "last"):
            setattr(self, name, values[name])
        self.progress.message(f"going on from step {self.step:,}")


def schedule(progress: float, warmup: float) -> float:
    """Share of the learning rate after `progress` of the run: linear up, then half a cosine."""
    if progress < warmup:
        return (progress + 1e-4) / (warmup + 1e-4)
    rest = min(1.0, (progress - warmup) / (1 - warmup))
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * rest))


def make_optimizers(network: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """AdamW for all, or Muon for the matrices and AdamW for embedding, norms and biases."""
    rate, decay = recipe.learning_rate, recipe.weight_decay
    tables = {id(m.weight) for m in network.modules() if isinstance(m, nn.Embedding)}
    matrices = [p for p in network.parameters() if p.ndim == 2 and id(p) not in tables]
    vectors = [p for p in network.parameters() if p.ndim == 1]
    rest = vectors + [p for p in network.parameters() if id(p) in tables]
    adamw: list[dict[str, Any]] = [{"params": rest, "weight_decay": 0.0}]
    optimizers: list[torch.optim.Optimizer] = []
    if recipe.optimizer == "muon":
        optimizers.append(
            torch.optim.Muon(matrices, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
        )
    else:
        adamw.append({"params": matrices, "weight_decay": decay})
    return [*optimizers, torch.optim.AdamW(adamw, lr=rate, betas=(0.9, 0.99), fused=True)]


# --- the machine -------------------------------------------------------------------------------


def keep_freed_memory() -> None:
    """Make glibc keep freed blocks instead of giving them back after every operation.

    Training frees and asks for the same large arrays at each step; on a virtual machine the page
    faults of fresh ones took a third of the time (benchmarks/LOG.md). Elsewhere this does nothing.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            m_trim_threshold, m_top_pad, m_mmap_max = -1, -2, -4
            mallopt(m_mmap_max, 0)
            mallopt(m_trim_threshold, 2**31 - 1)
            mallopt(m_top_pad, 2**28)


class Signals:
    """Between enter and exit, SIGINT and SIGTERM only set a flag that the loop looks at."""

    def __init__(self) -> None:
        self.received = False
        self.exit_code = 130
        self.previous: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self.previous[number] = signal.signal(number, self.handle)
            except ValueError:  # not the main thread: the caller handles signals
                break
        return self

    def handle(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        self.exit_code = 128 + number

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self.previous.items():
            signal.signal(number, handler)


class Workers:
    """The processes of a run: one, or those that torchrun (or accelerate launch) started."""

    def __init__(self, device: str) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        local = int(os.environ.get("LOCAL_RANK", "0"))
        if device == "cuda" and not torch.cuda.is_available():
            raise OptionError("--device cuda: torch sees no CUDA device; use --device cpu")
        if device not in ("cpu", "cuda"):
            raise OptionError(f"--device {device!r} is unknown; use cpu or cuda")
        self.device = torch.device(f"cuda:{local}" if device == "cuda" else "cpu")

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def __enter__(self) -> Workers:
        if self.count > 1:
            backend = "nccl" if self.device.type == "cuda" else "gloo"
            torch.distributed.init_process_group(backend)
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.count > 1:
            torch.distributed.destroy_process_group()

    def wrap(self, module: nn.Module, unused: bool) -> Callable[..., tuple[Tensor, Tensor]]:
        """The module, or DDP around it; `unused` where some weights take no part in the loss."""
        if self.count == 1:
            return module
        ids = [self.device.index] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(
            module, device_ids=ids, find_unused_parameters=unused
        )

    def share(self, batches: list[Any]) -> list[tuple[Any, int]]:
        """For each step, this process's batch and the pairs of all processes together.

        As many steps for each: the batches left over are dropped.
        """
        steps = [
            batches[i : i + self.count] for i in range(0, len(batches) - self.count + 1, self.count)
        ]
        return [(step[self.rank], sum(map(len, step))) for step in steps]

    def any(self, flag: bool) -> bool:
        """True everywhere when true anywhere, so that all stop at the same step."""
        if self.count == 1:
            return flag
        tensor = torch.tensor([float(flag)], device=self.device)
        torch.distributed.all_reduce(tensor)
        return bool(tensor.item())

    def wait(self) -> None:
        if self.count > 1:
            torch.distributed.barrier()
