"""Matrix products of a few rows, as a decoder makes them: up to eight times faster than one call.

A beam is 4 or 8 rows, a weight matrix 1536 x 2048. For such a product BLAS first copies the whole
matrix into an order of its own, which may take far longer than the product; only small products (at
most a million multiplications in OpenBLAS) are computed without the copy. So the matrix is kept in
blocks of 64 columns, each of which is small for the rows of one beam. For the rows of many beams
the copy is a small part of the work, and a product without it the slower one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # float32 throughout

SMALL = 1_000_000  # multiplications, OpenBLAS's limit
COLUMNS = 64


class Linear:
    """x (K, I) -> x @ weight + bias (K, O), for weights that are fixed and used often.

    A stack of weights (..., I, O) gives a stack of products.
    """

    def __init__(
        self,
        weight: NDArray[Any],
        bias: NDArray[Any] | None = None,
        scale: NDArray[np.float32] | None = None,
    ) -> None:
        """weight (..., I, O), bias (..., O), in any float type; each output times `scale` (O,)."""
        *stack, inputs, outputs = weight.shape
        self.stack, self.outputs = tuple(stack), outputs
        self.width = COLUMNS if outputs % COLUMNS == 0 else outputs
        blocks = weight.reshape(*stack, inputs, outputs // self.width, self.width)
        self.blocks = np.ascontiguousarray(blocks.swapaxes(-2, -3), dtype=np.float32)
        self.bias = None if bias is None else bias.astype(np.float32)[..., None, :]
        if scale is not None:
            self.blocks *= scale.reshape(-1, 1, self.width)
            if self.bias is not None:
                self.bias *= scale

    def __call__(self, x: Array) -> Array:
        out = np.empty((*self.stack, x.shape[-2], self.outputs), dtype=np.float32)
        self.into(x, out)
        if self.bias is not None:
            out += self.bias
        return out

    def into(self, x: Array, out: Array) -> None:
        """Without the bias, written to `out` (..., K, O)."""
        view = out.reshape(*out.shape[:-1], -1, self.width)
        np.matmul(x[..., None, :, :], self.blocks, out=view.swapaxes(-2, -3))


def multiply(x: Array, y: Array) -> Array:
    """x (heads, K, I) @ y (heads, I, O), a few rows at a time: y is new for each document."""
    rows = max(1, SMALL // max(1, y.shape[-2] * y.shape[-1]))
    if x.shape[-2] <= rows:
        return x @ y
    out = np.empty((*x.shape[:-1], y.shape[-1]), dtype=np.float32)
    for first in range(0, x.shape[-2], rows):
        some = slice(first, first + rows)
        np.matmul(x[..., some, :], y, out=out[..., some, :])
    return out
