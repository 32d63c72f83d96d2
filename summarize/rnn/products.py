"""Matrix products of a few rows, as a decoder makes them: up to eight times faster than one call.

A beam is 4 or 8 rows, a weight matrix 1536 x 2048. For such a product BLAS first copies the whole
matrix into an order of its own, which may take far longer than the product; only small products (at
most a million multiplications in OpenBLAS) are computed without the copy. So the matrix is kept in
blocks of 64 columns, each of which is small for the rows of one beam. More rows are taken eight at
a time, block by block, so that a block stays in the cache for all of them; but only where BLAS has
kernels for small products (AVX-512), for elsewhere that is slower by half.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # float32 throughout

SMALL = 1_000_000  # multiplications, OpenBLAS's limit
COLUMNS = 64
ROWS = 8
# Kinds of processors for which OpenBLAS has kernels that do not copy.
WITH_SMALL_KERNELS = ("SkylakeX", "Cooperlake", "SapphireRapids")


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
        rows, inputs = x.shape[-2:]
        size = rows
        if rows > ROWS and blas_core() in WITH_SMALL_KERNELS:
            size = min(ROWS, max(1, SMALL // (inputs * self.width)))
        whole = rows - rows % size
        self.grouped(x[..., :whole, :], out[..., :whole, :], size)
        if whole < rows:
            self.grouped(x[..., whole:, :], out[..., whole:, :], rows - whole)

    def grouped(self, x: Array, out: Array, size: int) -> None:
        """Rows `size` at a time; their number is a multiple of it."""
        groups = x.reshape(*x.shape[:-2], 1, -1, size, x.shape[-1])
        view = out.reshape(*out.shape[:-2], -1, size, self.outputs // self.width, self.width)
        np.matmul(groups, self.blocks[..., None, :, :], out=np.moveaxis(view, -2, -4))


def multiply(x: Array, y: Array) -> Array:
    """x (heads, K, I) @ y (heads, I, O), a few rows at a time: y is new for each document."""
    rows, most = x.shape[-2], max(1, SMALL // max(1, y.shape[-2] * y.shape[-1]))
    if rows <= most:
        return x @ y
    size = -(-rows // -(-rows // most))  # parts of about the same size
    out = np.empty((*x.shape[:-1], y.shape[-1]), dtype=np.float32)
    for first in range(0, rows, size):
        some = slice(first, first + size)
        np.matmul(x[..., some, :], y, out=out[..., some, :])
    return out


@cache
def blas_core() -> str:
    """The kind of processor that the OpenBLAS in NumPy's wheel computes for; "" if unknown."""
    for path in (Path(np.__file__).parent.parent / "numpy.libs").glob("*openblas*"):
        with suppress(OSError, AttributeError):
            name = ctypes.CDLL(str(path)).scipy_openblas_get_corename64_
            name.restype = ctypes.c_char_p
            return bytes(name()).decode()
    return ""
