"""bf16 on machines that compute in it, fp32 elsewhere."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import nn


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
