"""Weights in a safetensors file: its header is compared with the network before anything is
allocated, and no weight may be NaN or infinite."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from summarize.errors import CheckpointError
from summarize.rnn.manifest import forget_pages, shown

MOST_HEADER_BYTES = 100_000_000  # what safetensors itself allows
# Float type -> two integer types of its width, and the bits of an infinity of either sign in them.
# Of each sign, infinities and NaN are the largest integers, and a maximum is found in one pass.
INFINITY: dict[Any, tuple[tuple[Any, int], tuple[Any, int]]] = {
    np.dtype(np.float16): ((np.int16, 0x7C00), (np.uint16, 0xFC00)),
    np.dtype(np.float32): ((np.int32, 0x7F800000), (np.uint32, 0xFF800000)),
}


def read_header(data: bytes, path: Path) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor, from the first bytes of a file. Raises CheckpointError."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(MOST_HEADER_BYTES, len(data) - 8):
        refuse(path, "its header is cut")
    try:
        header = json.loads(data[8 : 8 + size])
        shapes = {
            name: tuple(entry["shape"]) for name, entry in header.items() if name != "__metadata__"
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        refuse(path, "its header is not that of a safetensors file")
    if any(type(n) is not int or n < 0 for shape in shapes.values() for n in shape):
        refuse(path, "its header holds an impossible shape")
    return shapes


def read_header_of(path: Path) -> dict[str, tuple[int, ...]]:
    """The same without reading the weights."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
            size = int.from_bytes(start, "little")
            return read_header(start + file.read(min(size, MOST_HEADER_BYTES)), path)
    except OSError as error:
        raise CheckpointError(f"can't read {path}: {error.strerror}") from None


def count(shapes: Mapping[str, tuple[int, ...]]) -> int:
    return sum(math.prod(shape) for shape in shapes.values())


def check_shapes(
    found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]], path: Path
) -> None:
    for name, shape in expected.items():
        if name not in found:
            raise CheckpointError(f"{path} lacks the weight {name}")
        if found[name] != shape:
            raise CheckpointError(
                f"{path}: weight {name} has shape {shown(found[name])}; "
                f"config.json asks for {shown(shape)}"
            )
    for name in found:
        if name not in expected:
            raise CheckpointError(f"{path} has an unknown weight {shown(name)}")


def load_weights(
    data: bytes, path: Path, expected: Mapping[str, tuple[int, ...]] | None = None
) -> dict[str, NDArray[Any]]:
    """Arrays by name, of the `expected` shapes. Raises CheckpointError."""
    shapes = read_header(data, path)
    if expected is not None:
        check_shapes(shapes, expected, path)
    try:
        weights = Weights(data)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        refuse(path, "its tensors do not fit its bytes")
    for name, weight in weights.items():
        if expected is not None and weight.dtype.kind != "f":
            raise CheckpointError(f"{path}: weight {name} is of type {weight.dtype}, not a float")
        forget_pages(data)
        if not is_finite(weight):
            raise CheckpointError(
                f"{path}: weight {name} holds NaN or infinity; copy or train the checkpoint again"
            )
    return weights


# Of the types that safetensors names, those that NumPy has.
TYPES = {
    **{"F16": np.float16, "F32": np.float32, "F64": np.float64, "BOOL": np.bool_},
    **{"I8": np.int8, "I16": np.int16, "I32": np.int32, "I64": np.int64},
    **{"BF16": np.uint16},  # its bits: NumPy has no such float
    **{"U8": np.uint8, "U16": np.uint16, "U32": np.uint32, "U64": np.uint64},
}


def views(data: bytes) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file where they lie. Raises ValueError and its like for tensors
    that leave their place."""
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    found: dict[str, NDArray[Any]] = {}
    end = 0
    entries = [(name, entry) for name, entry in header.items() if name != "__metadata__"]
    for name, entry in sorted(entries, key=lambda item: item[1]["data_offsets"]):
        first, last = entry["data_offsets"]
        kind, shape = np.dtype(TYPES[entry["dtype"]]), entry["shape"]
        if first != end or last - first != math.prod(shape) * kind.itemsize:
            raise ValueError(name)
        found[name] = np.frombuffer(data, kind, math.prod(shape), start + first).reshape(shape)
        end = last
    if start + end != len(data):
        raise ValueError("bytes are left over")
    return found


class Weights(dict[str, NDArray[Any]]):
    """Tensors by name, read-only, in the memory of a file; of a mapped one, only the tensor that
    was asked for last takes memory."""

    def __init__(self, data: bytes) -> None:
        super().__init__(views(data))
        self.data = data

    def __getitem__(self, name: str) -> NDArray[Any]:
        forget_pages(self.data)
        return super().__getitem__(name)


def is_finite(weight: NDArray[Any]) -> bool:
    """Whether each value is a number."""
    if not weight.size or weight.dtype.kind != "f":
        return True
    if weight.dtype not in INFINITY or not weight.flags.c_contiguous:
        return bool(np.isfinite(weight).all())
    return all(weight.view(kind).max() < infinity for kind, infinity in INFINITY[weight.dtype])


def refuse(path: Path, reason: str) -> NoReturn:
    raise CheckpointError(f"{path} is damaged ({reason}); copy or train the checkpoint again")
