"""What a foreign model's files must show before anything is built from them.

Weights are read from safetensors, which holds numbers only. The sizes in config.json are compared
with the header of the weights: a config may not ask for more layers than there are tensors, nor
for a dimension larger than all weights together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from summarize.errors import CheckpointError, ModelError
from summarize.rnn.manifest import parse_json, read_bytes, shown
from summarize.rnn.weights import count, read_header_of

# By the words that a key is made of.
LAYERS = re.compile(r"(^|_)(layers?|blocks|experts)($|_)")
SIZES = re.compile(
    r"(^|_)(size|dim|heads?|embd|inner|vocab|ff)($|_)|^d_[a-z]+$|^(encoder|decoder)_ffn_dim$"
)
POSITIONS = re.compile(r"position|^n_ctx$|^max_seq")
NOT_SIZES = re.compile(r"window|chunk|_id$|_ids$|^max_|^min_|theta|image|patch|block_size|bucket")
MOST_POSITIONS = 20_000_000
POSITION_WEIGHTS = 100_000_000  # of tables that are computed, not loaded


def read_config(path: Path) -> dict[str, Any]:
    return parse_json(read_bytes(path), path)


def check_sizes(config: Mapping[str, Any], weights: list[Path], path: Path) -> None:
    """Raises CheckpointError for a config that asks for more than its weights hold."""
    shapes: dict[str, tuple[int, ...]] = {}
    for file in weights:
        shapes |= read_header_of(file)
    tensors, parameters = len(shapes), count(shapes)
    widest = 1.0
    for key, value in numbers(config):
        if NOT_SIZES.search(key) and not POSITIONS.search(key):
            continue
        if LAYERS.search(key):
            limit, held = tensors, f"{tensors:,} tensors"
        elif POSITIONS.search(key):
            limit, held = MOST_POSITIONS, f"at most {MOST_POSITIONS:,} positions"
        elif SIZES.search(key):
            limit, held = parameters, f"{parameters:,} parameters"
            if key in ("d_model", "hidden_size"):
                widest = max(widest, value)
        else:
            continue
        if value > limit:
            raise CheckpointError(f"{path} asks for {key} {shown(value)}; the weights have {held}")
    if not config.get("is_encoder_decoder"):
        return
    for key, value in numbers(config):
        if POSITIONS.search(key) and value * widest > max(POSITION_WEIGHTS, parameters):
            raise CheckpointError(
                f"{path} asks for {key} {shown(value)}; that is more than the weights can fill"
            )


def numbers(values: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, float]]:
    """Every number in nested JSON, with the key that it stands under."""
    if isinstance(values, Mapping) and depth < 20:
        for name, value in values.items():
            yield from numbers(value, str(name), depth + 1)
    elif isinstance(values, list) and depth < 20:
        for value in values[:1000]:
            yield from numbers(value, key, depth + 1)
    elif isinstance(values, int | float) and not isinstance(values, bool):
        yield key, values


def refuse_pickle(name: str) -> ModelError:
    return ModelError(
        f"{name} has no safetensors, only weights that are stored as pickled Python objects; "
        "if you trust where they come from, add --allow-pickle"
    )
