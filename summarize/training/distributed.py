"""The processes of a training run, and how they stay in step."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn

from summarize.errors import OptionError


class Workers:
    """One process, or those that torchrun (or accelerate launch) started."""

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
        """The module, or DDP around it; `unused` when some weights take no part in the loss."""
        if self.count == 1:
            return module
        ids = [self.device.index] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(
            module, device_ids=ids, find_unused_parameters=unused
        )

    def share(self, batches: list[Any]) -> list[tuple[Any, int]]:
        """For each step, this process's batch and the number of pairs in all processes' batches.

        Every process takes the same number of steps; the batches left over are dropped.
        """
        steps = [
            batches[i : i + self.count] for i in range(0, len(batches) - self.count + 1, self.count)
        ]
        return [(step[self.rank], sum(map(len, step))) for step in steps]

    def any(self, flag: bool) -> bool:
        """True in every process if true in any, so that all of them stop at the same step."""
        if self.count == 1:
            return flag
        tensor = torch.tensor([float(flag)], device=self.device)
        torch.distributed.all_reduce(tensor)
        return bool(tensor.item())

    def wait(self) -> None:
        if self.count > 1:
            torch.distributed.barrier()
