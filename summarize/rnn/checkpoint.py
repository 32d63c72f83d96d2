"""A checkpoint is a folder of files, each checked before it is believed.

    config.json              format version, network sizes, what it was trained on, and the
                             SHA-256 and size of each other file
    model.safetensors        the weights, fp16
    tokenizer.json           byte-level BPE
    familiarity.safetensors  how usual each token is in the training texts (may be absent)
    words.txt                the frequent words of summaries, see lexicon.py (may be absent)
    *.json                   small things learned beside the network (may be absent)

safetensors loads a flipped byte without a word, hence the SHA-256. config.json carries one of
itself too, so that a flipped byte is found wherever it is. Before the weights are loaded, the
header of their file is compared with the network's sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summarize.errors import CheckpointError
from summarize.rnn.config import Config
from summarize.rnn.manifest import FORMAT_VERSION, Manifest, read_set, shown, write_set
from summarize.rnn.runtime import weight_shapes
from summarize.rnn.tokenizer import STYLES, Tokenizer
from summarize.rnn.weights import load_weights

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
KEYS = {
    "format_version",
    "kind",
    "network",
    "max_source_tokens",
    "styles",
    "default_style",
    "training",
}


@dataclass(frozen=True)
class Checkpoint:
    """A trained network: names as in the PyTorch state dict, arrays of any float type.

    `files` are the other files that the folder's manifest lists, by name.
    """

    config: Config
    weights: dict[str, NDArray[Any]]
    tokenizer: Tokenizer
    max_source_tokens: int
    styles: tuple[str, ...]
    default_style: str
    training: dict[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write every file; all of them replace those of an older checkpoint at once."""
    from safetensors.numpy import save

    values = {
        "format_version": FORMAT_VERSION,
        "kind": "rnn",
        "network": checkpoint.config.to_dict(),
        "max_source_tokens": checkpoint.max_source_tokens,
        "styles": list(checkpoint.styles),
        "default_style": checkpoint.default_style,
        "training": checkpoint.training,
    }
    weights = {
        name: np.ascontiguousarray(weight, np.float16)
        for name, weight in sorted(checkpoint.weights.items())
    }
    files = {
        WEIGHTS: save(weights),
        TOKENIZER: checkpoint.tokenizer.to_json(),
        **checkpoint.files,
    }
    write_set(folder, CONFIG, values, files)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read and verify a folder. Raises CheckpointError, one line, for whatever is wrong."""
    if not folder.is_dir():
        raise CheckpointError(
            f"{folder} is not a folder; create a checkpoint with: summarize train DATA --out FOLDER"
        )
    manifest, files = read_set(folder, CONFIG)
    path = folder / CONFIG
    config = check_values(manifest, path)
    for name in (WEIGHTS, TOKENIZER):
        if name not in files:
            raise CheckpointError(
                f"{path} does not list {name}; copy or train the checkpoint again"
            )
    tokenizer = Tokenizer.from_bytes(files.pop(TOKENIZER), str(folder / TOKENIZER))
    if tokenizer.vocab_size != config.vocab_size:
        raise CheckpointError(
            f"{folder}: the tokenizer has {tokenizer.vocab_size} pieces, "
            f"the network {config.vocab_size}"
        )
    weights = load_weights(files.pop(WEIGHTS), folder / WEIGHTS, weight_shapes(config))
    values = manifest.values
    return Checkpoint(
        config=config,
        weights=weights,
        tokenizer=tokenizer,
        max_source_tokens=values["max_source_tokens"],
        styles=tuple(values["styles"]),
        default_style=values["default_style"],
        training=values["training"],
        files=files,
    )


def check_values(manifest: Manifest, path: Path) -> Config:
    """The network's sizes; keys, types and ranges of config.json checked."""
    values = manifest.values
    for key in values:
        if key not in KEYS:
            raise CheckpointError(
                f"{path}: unknown key {shown(key)}; known: {', '.join(sorted(KEYS))}"
            )
    for key in sorted(KEYS - set(values)):
        raise CheckpointError(f"{path} lacks {key!r}; train or copy the checkpoint again")
    if values["kind"] != "rnn":
        raise CheckpointError(f"{path}: kind is {shown(values['kind'])}; this loads 'rnn' only")
    if not isinstance(values["network"], dict):
        raise CheckpointError(f"{path}: network is {shown(values['network'])}, not an object")
    tokens = values["max_source_tokens"]
    if type(tokens) is not int or not 1 <= tokens <= 1_000_000:
        raise CheckpointError(f"{path}: max_source_tokens is {shown(tokens)}")
    styles = values["styles"]
    if not isinstance(styles, list) or not styles or any(s not in STYLES for s in styles):
        raise CheckpointError(f"{path}: styles {shown(styles)} are not some of {', '.join(STYLES)}")
    if values["default_style"] not in styles:
        raise CheckpointError(
            f"{path}: default_style {shown(values['default_style'])} is not in styles"
        )
    if not isinstance(values["training"], dict):
        raise CheckpointError(f"{path}: training is {shown(values['training'])}, not an object")
    return Config.from_dict(values["network"])
