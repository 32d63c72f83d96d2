"""An exponential moving average of the weights: less noisy than the weights of any single step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

Tensors = tuple[Tensor, ...] | list[Tensor]


class Ema:
    """The average follows the network after each `update`; evaluation and checkpoints use it."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        def average(averaged: Tensors, current: Tensors, count: Tensor | int) -> None:
            # At first the average follows quickly: the first weights are random.
            now = min(decay, (2 + int(count)) / (11 + int(count)))
            torch._foreach_lerp_(averaged, current, 1 - now)

        self.network = network
        self.model = AveragedModel(network, multi_avg_fn=average)

    def update(self) -> None:
        self.model.update_parameters(self.network)

    def tensors(self) -> list[Tensor]:
        return [p.detach() for p in self.model.module.parameters()]

    def restore(self, tensors: Sequence[Tensor], updates: int) -> None:
        """The state after so many updates."""
        copy_into(self.model.module, tensors)
        self.model.n_averaged.fill_(updates)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Inside the `with` block the network has the averaged weights."""
        current = [p.detach().clone() for p in self.network.parameters()]
        copy_into(self.network, self.tensors())
        try:
            yield
        finally:
            copy_into(self.network, current)


@torch.no_grad()
def copy_into(network: nn.Module, values: Sequence[Tensor]) -> None:
    for parameter, value in zip(network.parameters(), values, strict=True):
        parameter.copy_(value)
