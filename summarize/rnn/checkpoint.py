"""A checkpoint is a folder of three files, each checked before it is believed.

    config.json         format version, network sizes, what it was trained on, SHA-256 of the others
    model.safetensors   the weights, fp16
    tokenizer.json      byte-level BPE

safetensors loads a flipped byte without a word, hence the SHA-256. config.json carries one of
itself too, so that one flipped byte anywhere is found.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summarize.errors import CheckpointError
from summarize.files import sha256, write_bytes
from summarize.rnn.config import Config
from summarize.rnn.tokenizer import STYLES, Tokenizer

FORMAT_VERSION = 1
KEYS = {
    "format_version",
    "kind",
    "network",
    "max_source_tokens",
    "styles",
    "default_style",
    "training",
    "sha256",
}


@dataclass(frozen=True)
class Checkpoint:
    """A trained network: names as in the PyTorch state dict, arrays of any float type."""

    config: Config
    weights: dict[str, NDArray[Any]]
    tokenizer: Tokenizer
    max_source_tokens: int
    styles: tuple[str, ...]
    default_style: str
    training: dict[str, Any] = field(default_factory=dict)


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the three files, config.json last; each is replaced whole or not at all."""
    from safetensors.numpy import save

    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "model.safetensors": save(
            {n: np.ascontiguousarray(w, np.float16) for n, w in sorted(checkpoint.weights.items())}
        ),
        "tokenizer.json": checkpoint.tokenizer.to_json(),
    }
    values: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "kind": "rnn",
        "network": checkpoint.config.to_dict(),
        "max_source_tokens": checkpoint.max_source_tokens,
        "styles": list(checkpoint.styles),
        "default_style": checkpoint.default_style,
        "training": checkpoint.training,
        "sha256": {name: sha256(data) for name, data in files.items()},
    }
    values["sha256"]["config.json"] = config_hash(values)
    for name, data in files.items():
        write_bytes(folder / name, data)
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    write_bytes(folder / "config.json", text.encode("utf-8"))


def config_hash(values: dict[str, Any]) -> str:
    """SHA-256 of config.json without this hash itself, keys sorted."""
    hashes = {k: v for k, v in values["sha256"].items() if k != "config.json"}
    return sha256(json.dumps({**values, "sha256": hashes}, sort_keys=True).encode("utf-8"))


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read and verify a folder. Raises CheckpointError, one line, for whatever is wrong."""
    values = read_config(folder)
    hashes = values["sha256"]
    data = {}
    for name in ("model.safetensors", "tokenizer.json"):
        data[name] = read(folder, name)
        if sha256(data[name]) != hashes.get(name):
            raise CheckpointError(
                f"{folder / name} is damaged (its SHA-256 is not the one in config.json); "
                "copy or train the checkpoint again"
            )
    config = Config.from_dict(values["network"])
    tokenizer = Tokenizer.from_bytes(data["tokenizer.json"], str(folder / "tokenizer.json"))
    if tokenizer.vocab_size != config.vocab_size:
        raise CheckpointError(
            f"{folder}: the tokenizer has {tokenizer.vocab_size} pieces, "
            f"the network {config.vocab_size}"
        )
    return Checkpoint(
        config=config,
        weights=load_weights(data["model.safetensors"], folder / "model.safetensors"),
        tokenizer=tokenizer,
        max_source_tokens=values["max_source_tokens"],
        styles=tuple(values["styles"]),
        default_style=values["default_style"],
        training=values["training"],
    )


def read_config(folder: Path) -> dict[str, Any]:
    """config.json as a dict, its version, keys, types and hash checked."""
    if not folder.is_dir():
        raise CheckpointError(
            f"{folder} is not a folder; create a checkpoint with: summarize train DATA --out FOLDER"
        )
    path = folder / "config.json"
    try:
        values = json.loads(read(folder, "config.json").decode("utf-8"))
    except (ValueError, RecursionError):
        raise CheckpointError(f"{path} is damaged: it is not JSON") from None
    if not isinstance(values, dict):
        raise CheckpointError(f"{path} is damaged: it is not a JSON object")
    version = values.get("format_version")
    if version != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format_version {version!r}; this summarize reads {FORMAT_VERSION}"
        )
    for key in values:
        if key not in KEYS:
            raise CheckpointError(f"{path}: unknown key {key!r}; known: {', '.join(sorted(KEYS))}")
    for key in sorted(KEYS - set(values)):
        raise CheckpointError(f"{path} lacks {key!r}; train or copy the checkpoint again")
    network = values["network"]
    if isinstance(network, dict):
        Config.from_dict(network)  # its message names the key
    if (
        not isinstance(network, dict)
        or not isinstance(values["sha256"], dict)
        or values["sha256"].get("config.json") != config_hash(values)
    ):
        raise CheckpointError(f"{path} is damaged (its SHA-256 does not match its content)")
    tokens = values["max_source_tokens"]
    if type(tokens) is not int or tokens < 1:
        raise CheckpointError(f"{path}: max_source_tokens is {tokens!r}")
    styles = values["styles"]
    if not isinstance(styles, list) or not styles or any(s not in STYLES for s in styles):
        raise CheckpointError(f"{path}: styles {styles!r} are not some of {', '.join(STYLES)}")
    if values["default_style"] not in styles:
        raise CheckpointError(f"{path}: default_style {values['default_style']!r} is not in styles")
    if not isinstance(values["training"], dict):
        raise CheckpointError(f"{path}: training is {values['training']!r}, not an object")
    return values


def read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        raise CheckpointError(
            f"{folder} lacks {name}; create a checkpoint with: summarize train DATA --out {folder}"
        ) from None
    except OSError as error:
        raise CheckpointError(f"can't read {folder / name}: {error.strerror}") from None


def load_weights(data: bytes, path: Path) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(data)
    except (SafetensorError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from None
