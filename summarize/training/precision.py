"""bf16 on machines that are fast at it, fp32 elsewhere."""

from __future__ import annotations

import time
from functools import lru_cache

import torch
from torch import nn

PRODUCT = 768  # rows and columns of the matrices that are timed
SLOWER = 1.2  # times as long; anything less may be noise


def autocast(device: str, precision: str) -> torch.autocast:
    """The context of a training step. `device` is cpu or cuda, `precision` a recipe's."""
    enabled = precision == "bf16" and computes_bf16(device)
    return torch.autocast(device, dtype=torch.bfloat16, enabled=enabled)


@lru_cache
def computes_bf16(device: str) -> bool:
    """Whether an LSTM runs in bf16 here. A CPU without AVX-512 lacks the kernel, which only shows
    when one is run."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    with torch.random.fork_rng(devices=[]):  # asking must not change what is drawn afterwards
        layer = nn.LSTM(8, 8, batch_first=True)
    try:
        with torch.autocast(device, dtype=torch.bfloat16):
            layer(torch.zeros(1, 2, 8))
    except RuntimeError:
        return False
    return True


def precision_of(device: str, asked: str) -> str:
    """What a run computes in that asks for bf16 or fp32."""
    fast = asked == "bf16" and computes_bf16(device) and not bf16_is_slower(device)
    return "bf16" if fast else "fp32"


@lru_cache
def bf16_is_slower(device: str) -> bool:
    """Whether a product of matrices takes longer in bf16 than in fp32: on processors that have
    instructions for bf16, but no matrix unit, it may take twice as long."""
    if device != "cpu":
        return False
    a = torch.ones(PRODUCT, PRODUCT)
    return best_time(a.bfloat16()) > SLOWER * best_time(a)


@torch.no_grad()
def best_time(a: torch.Tensor, repeats: int = 5) -> float:
    """Seconds of a product of the matrix with itself; the first prepares the kernel."""
    times = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - started)
    return min(times[1:])
