"""The training loop: pairs in, a checkpoint folder out, stoppable at any moment.

For each batch a step; now and then a line of metrics, an evaluation on dev data, a snapshot.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from summarize.errors import Interrupted, OptionError
from summarize.files import locked
from summarize.training.data_cache import TrainingData, prepare
from summarize.training.distributed import Workers
from summarize.training.ema import Ema, copy_into
from summarize.training.examples import Batch, Plan
from summarize.training.memory import keep_freed_memory
from summarize.training.metrics import Metrics
from summarize.training.models import LossModule, make_model
from summarize.training.optimizer import make_optimizers, schedule
from summarize.training.precision import autocast, precision_of
from summarize.training.publish import Publisher
from summarize.training.run import DevScores, Progress, Run
from summarize.training.signals import Signals
from summarize.training.snapshot import (
    flatten_optimizer,
    read_snapshot,
    restore_optimizer,
    write_snapshot,
)

COUNTERS = ("pool", "batch_index", "seen", "next_evaluation", "seconds", "last", "precision")


def train(run: Run, progress: Progress, score: DevScores | None = None) -> dict[str, Any]:
    """Train to the end of the recipe and return the last evaluation.

    SIGINT and SIGTERM raise Interrupted, after a snapshot. Raises DataError and OptionError too.
    """
    with Workers(run.device) as workers:
        if not workers.is_first:
            return train_with(workers, run, progress, score)
        advice = "wait for it, or use another --out"
        with locked(run.out / ".lock", advice):
            return train_with(workers, run, progress, score)


def train_with(
    workers: Workers, run: Run, progress: Progress, score: DevScores | None
) -> dict[str, Any]:
    keep_freed_memory()
    run.out.mkdir(parents=True, exist_ok=True)
    data = prepare(run, progress, workers)
    trainer = Trainer(run, workers, data, score, progress)
    if run.resume:
        trainer.restore()
    elif workers.is_first:
        trainer.metrics.rewind(0)  # of a run that was killed before its first snapshot
    with Signals() as signals:
        return trainer.run_to_end(signals)


class Trainer:
    """The state of a run, and the steps that advance it."""

    def __init__(
        self,
        run: Run,
        workers: Workers,
        data: TrainingData,
        score: DevScores | None,
        progress: Progress,
    ) -> None:
        self.run, self.recipe, self.workers, self.data = run, run.recipe, workers, data
        self.score, self.progress = score, progress
        self.plan = Plan(data.pairs, self.recipe)
        self.metrics = Metrics(run.out / "metrics.jsonl")
        self.device = workers.device
        torch.manual_seed(self.recipe.seed)
        self.model = make_model(self.recipe, data.tokenizer.vocab_size, data.tokenizer)
        if run.init_from:
            self.model.start_from(run.init_from, data.tokenizer)
        self.network = self.model.network.to(self.device)
        self.module = LossModule(self.model, self.recipe.label_smoothing)
        self.parallel = workers.wrap(self.module, self.model.has_unused_weights)
        torch.manual_seed(self.recipe.seed + workers.rank)
        self.ema = Ema(self.network, self.recipe.ema_decay)
        self.optimizers = make_optimizers(self.network, self.recipe)
        self.publisher = Publisher(run, self.model, data)
        self.step = self.pool = self.batch_index = self.seen = 0
        self.next_evaluation = self.recipe.evaluate_pairs
        self.best = -math.inf
        self.seconds = 0.0
        self.precision = ""  # what the run computes in; chosen once, and kept by --resume
        self.last: dict[str, Any] = {}

    def run_to_end(self, signals: Signals) -> dict[str, Any]:
        plan = self.plan
        self.network.train()
        if not self.precision:
            here = precision_of(self.device.type, self.recipe.precision)
            self.precision = "fp32" if self.workers.any(here == "fp32") else here
        if self.precision != self.recipe.precision:
            self.progress.message("training in fp32: bf16 is missing or slower on this machine")
        now = time.monotonic()
        self.started, self.saved = now - self.seconds, now
        self.evaluate_if_due()  # after a resume: an evaluation that a kill interrupted
        while self.pool < plan.pools:
            steps = self.workers.share(plan.batches(self.pool))
            cut = plan.source_tokens(self.pool)
            while self.batch_index < len(steps):
                rows, count = steps[self.batch_index]
                self.advance(plan.pairs.batch(rows, cut), count)
                self.stop_or_save(signals)
            self.pool, self.batch_index = self.pool + 1, 0
        self.save()
        self.evaluate()
        self.save()
        return self.last

    def advance(self, batch: Batch, count: int) -> None:
        """One step; `count` pairs in all processes together."""
        before = time.monotonic()
        values = self.train_step(batch)
        self.batch_index += 1
        self.seen += count
        now = time.monotonic()
        self.seconds = now - self.started
        values["pairs_per_second"] = count / max(now - before, 1e-9)
        self.report(values)

    def stop_or_save(self, signals: Signals) -> None:
        """Evaluate and save when it is time; after a signal save and raise Interrupted."""
        if self.seen >= self.next_evaluation:
            self.save()  # an evaluation that fails must not cost what was learned
            self.evaluate_if_due()
        stop = self.workers.any(signals.received)
        elapsed = time.monotonic() - self.saved
        if stop or self.workers.any(elapsed > self.recipe.snapshot_minutes * 60):
            self.save()
        if stop:
            raise Interrupted(
                f"stopped at step {self.step:,}; continue with: "
                f"summarize train ... --out {self.run.out} --resume",
                signals.exit_code,
            )

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
        self.ema.update()
        values = {"loss": plain.item(), "learning_rate": rate, "gradient_norm": norm.item()}
        return values | self.model.measured

    def tensors(self, batch: Batch) -> tuple[Tensor, ...]:
        return tuple(torch.from_numpy(array).to(self.device) for array in batch)

    def autocast(self) -> torch.autocast:
        return autocast(self.device.type, self.precision)

    def report(self, measured: dict[str, float]) -> None:
        if not self.workers.is_first:
            return
        values: dict[str, Any] = {
            "step": self.step,
            "pairs": self.seen,
            "total_pairs": self.plan.total_pairs,
            "seconds": round(self.seconds, 1),
            **measured,
        }
        if self.step % 10 == 0:
            self.metrics.add("train", values)
        self.progress.step({**values, **{f"dev_{k}": v for k, v in self.last.items()}})

    # --- dev data --------------------------------------------------------------------------

    def evaluate_if_due(self) -> None:
        if self.seen >= self.next_evaluation:
            self.evaluate()
            self.next_evaluation += self.recipe.evaluate_pairs

    def evaluate(self) -> None:
        """Loss and ROUGE of the averaged weights on dev data; the best become OUT's checkpoint."""
        if self.workers.is_first:
            with self.ema.in_place():
                scores = self.publish_and_score()
            self.metrics.add("dev", {**self.last, "seconds": round(self.seconds, 1)})
            shown = " ".join(f"{k} {v:.4g}" for k, v in scores.items())
            self.progress.message(f"dev at {self.seen:,} pairs: {shown}")
        self.workers.wait()

    def publish_and_score(self) -> dict[str, float]:
        """OUT/latest is saved first and scored as it will be loaded, through the runtime."""
        latest = self.run.out / "latest"
        scores = {"loss": self.dev_loss()}
        self.last = {"step": self.step, "pairs": self.seen, **scores}
        self.publish(latest)
        if self.score and self.data.dev_examples:
            scores |= self.score(latest, self.data.dev_examples)
        self.last |= scores
        self.publish(latest)
        quality = scores.get("rouge", -scores["loss"])
        if quality > self.best:
            self.best = quality
            self.publish(self.run.out)
        return scores

    @torch.no_grad()
    def dev_loss(self) -> float:
        """Mean cross-entropy a target token, in nats."""
        self.network.eval()
        pairs = self.data.dev_pairs
        total = count = 0.0
        order = np.argsort(np.diff(pairs.src_offsets), kind="stable")
        for start in range(0, len(order), 50):
            batch = pairs.batch(order[start : start + 50], self.recipe.max_source_tokens)
            with self.autocast():
                _, plain = self.module(*self.tensors(batch))
            tokens = int((batch.labels >= 0).sum())
            total, count = total + plain.item() * tokens, count + tokens
        self.network.train()
        return total / count

    def publish(self, folder: Path) -> None:
        progress = {
            "pairs": self.seen,
            "steps": self.step,
            "seconds": round(self.seconds, 1),
            "dev": {k: round(v, 5) for k, v in self.last.items() if isinstance(v, float)},
        }
        self.publisher.save(folder, progress)

    # --- snapshots -------------------------------------------------------------------------

    def save(self) -> None:
        if self.workers.is_first:
            tensors: dict[str, Tensor] = {}
            tensors |= {f"network.{n}": t for n, t in self.network.named_parameters()}
            tensors |= {f"average.{i}": t for i, t in enumerate(self.ema.tensors())}
            for i, optimizer in enumerate(self.optimizers):
                tensors |= flatten_optimizer(optimizer, f"optimizer{i}")
            tensors["rng.cpu"] = torch.get_rng_state()
            if self.device.type == "cuda":
                tensors["rng.cuda"] = torch.cuda.get_rng_state(self.device)
            values = {name: getattr(self, name) for name in COUNTERS}
            values["best"] = self.best if math.isfinite(self.best) else None
            values["identity"] = self.identity()
            values["metrics_bytes"] = self.metrics.size()
            write_snapshot(self.run.out, self.step, tensors, values)
        self.workers.wait()
        self.saved = time.monotonic()

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
            if self.workers.is_first:
                self.metrics.rewind(0)
            return
        tensors, values = found
        values = {"precision": "", **values}  # which snapshots of release 0.1 lack
        self.check_identity(values["identity"])
        copy_into(
            self.network,
            [tensors[f"network.{name}"] for name, _ in self.network.named_parameters()],
        )
        count = len(self.ema.tensors())
        self.ema.restore([tensors[f"average.{i}"] for i in range(count)], values["step"])
        for i, optimizer in enumerate(self.optimizers):
            restore_optimizer(optimizer, f"optimizer{i}", tensors)
        torch.set_rng_state(tensors["rng.cpu"])
        if self.device.type == "cuda" and "rng.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["rng.cuda"], self.device)
        if self.workers.rank:  # the saved state is the first process's; dropout must differ
            torch.manual_seed(self.recipe.seed + 1000 * values["step"] + self.workers.rank)
        self.best = -math.inf if values["best"] is None else values["best"]
        self.step = values["step"]
        for name in COUNTERS:
            setattr(self, name, values[name])
        if self.recipe.precision == "fp32":
            self.precision = "fp32"
        if self.workers.is_first:
            size = values.get("metrics_bytes")
            self.metrics.rewind(self.metrics.size_until(self.step) if size is None else size)
        self.progress.message(f"continuing from step {self.step:,}")

    def check_identity(self, saved: dict[str, Any]) -> None:
        for key, value in self.identity().items():
            if saved.get(key) != value:
                raise OptionError(
                    f"{self.run.out} was started with {key} = {saved.get(key)!r}, "
                    f"not {value!r}; use the same, or another --out"
                )
