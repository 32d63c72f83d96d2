"""Which optimizer trains which weights, and the learning rate over a run."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from summarize.training.recipe import Recipe


def schedule(progress: float, warmup: float) -> float:
    """Share of the learning rate after `progress` of the run: linear up, then half a cosine."""
    if progress < warmup:
        return (progress + 1e-4) / (warmup + 1e-4)
    rest = min(1.0, (progress - warmup) / (1 - warmup))
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * rest))


def make_optimizers(network: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """AdamW for everything, or Muon for the matrices and AdamW for embeddings, norms, biases."""
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
