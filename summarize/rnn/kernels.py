"""Operations that make training fast on a CPU. Skip this file on a first reading of rnn/.

Each does what one line of plain PyTorch would do, in fewer passes over the memory:

    reverse_within_length, take   x reversed in each row, padding left in place
    SequenceDropout               dropout that draws one mask for a whole sequence
    real_positions                drop the padding before the output layer
    smoothed_cross_entropy        F.cross_entropy(..., label_smoothing=...)

Tests compare each with that line, gradients included.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def real_positions(labels: Tensor) -> tuple[Tensor, Tensor]:
    """labels (B, T), padding below 0 -> rows (N,) of the flattened batch, and their labels (N,).

    N is rounded up with rows that count for nothing, so that batches share a few shapes and oneDNN
    builds few kernels.
    """
    real = torch.nonzero(labels.flatten() >= 0)[:, 0]
    spare = real.new_zeros(-len(real) % 256)
    return torch.cat([real, spare]), torch.cat([labels.flatten()[real], spare - 1])


class SmoothedCrossEntropy(torch.autograd.Function):
    """(1 - e) * -log p(label) + e * mean over V of -log p; Szegedy et al. 2016, section 7.

    The forward pass computes the gradient, softmax minus target, in place of the logits. On a CPU
    the (N, V) array dominates the cost, and autograd would write it six times.
    """

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        logits: Tensor,
        labels: Tensor,
        label_smoothing: float,
        weights: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """logits (N, V), labels (N,) -> smoothed mean loss, plain mean cross-entropy, in nats.

        Rows with a negative label are left out of both. With `weights` (N,) both are the sum of
        the rows times these, in place of the mean.
        """
        vocab = logits.shape[1]
        real = (labels >= 0).float()
        share = real / real.sum() if weights is None else weights.float()
        rows = torch.arange(len(labels), device=logits.device)
        columns = labels.clamp(min=0)
        grad = logits.float()
        log_normalizer = grad.logsumexp(dim=-1)
        plain = ((log_normalizer - grad[rows, columns]) * share).sum()
        uniform = ((log_normalizer - grad.mean(dim=-1)) * share).sum()
        if grad.data_ptr() == logits.data_ptr():
            grad = grad.clone()
        grad.sub_(log_normalizer[:, None]).exp_().sub_(label_smoothing / vocab)
        grad[rows, columns] -= 1 - label_smoothing
        ctx.save_for_backward(grad.mul_(share[:, None]).to(logits.dtype))
        ctx.mark_non_differentiable(plain)
        return (1 - label_smoothing) * plain + label_smoothing * uniform, plain

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, grad_loss: Tensor, _: Tensor
    ) -> tuple[Tensor, None, None, None]:
        (grad,) = ctx.saved_tensors  # type: ignore[attr-defined]
        return grad * grad_loss.to(grad.dtype), None, None, None


class Take(torch.autograd.Function):
    """x (B, S, C), index (B, S) -> x with each row's positions rearranged.

    The index must be its own inverse, as a reversal is. Then the gradient is rearranged by the same
    index, and no scatter is needed.
    """

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor, index: Tensor) -> Tensor:
        ctx.save_for_backward(index)
        return rearrange(x, index)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> tuple[Tensor, None]:
        (index,) = ctx.saved_tensors  # type: ignore[attr-defined]
        return rearrange(grad, index), None


def smoothed_cross_entropy(
    logits: Tensor, labels: Tensor, label_smoothing: float, weights: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """SmoothedCrossEntropy, as a function."""
    loss, plain = SmoothedCrossEntropy.apply(logits, labels, label_smoothing, weights)  # type: ignore[no-untyped-call]
    return loss, plain


def take(x: Tensor, index: Tensor) -> Tensor:
    """Take, as a function."""
    taken: Tensor = Take.apply(x, index)  # type: ignore[no-untyped-call]
    return taken


def rearrange(x: Tensor, index: Tensor) -> Tensor:
    offsets = torch.arange(len(x), device=x.device)[:, None] * x.shape[1]
    return x.reshape(-1, x.shape[-1]).index_select(0, (index + offsets).flatten()).view(x.shape)


class SequenceDropout(nn.Module):
    """Dropout with one mask a sequence, the same at every position; Gal & Ghahramani 2016.

    This is the form made for recurrent networks. It also draws N times fewer random numbers, which
    took 15 % of a training step on a CPU.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """x (B, N, C) -> the same shape, whole channels of a sequence set to zero."""
        if not self.training or self.p == 0:
            return x
        keep = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= self.p
        return x * (keep.to(x.dtype) / (1 - self.p))


def reverse_within_length(mask: Tensor) -> Tensor:
    """mask (B, S) -> index (B, S) that reverses each row's real tokens and keeps its padding."""
    positions = torch.arange(mask.shape[1], device=mask.device)[None, :]
    lengths = mask.sum(dim=1, keepdim=True)
    return torch.where(mask, lengths - 1 - positions, positions)
