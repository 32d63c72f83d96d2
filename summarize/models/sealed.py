"""Small learned JSON files beside a model's weights, each listed in the folder's manifest.

A file that the manifest does not list was not made for these weights and is not read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from summarize.errors import CheckpointError
from summarize.rnn.manifest import (
    add_to_set,
    find_manifest,
    parse_json,
    read_manifest,
)


def read_sealed(folder: Path, name: str) -> dict[str, Any] | None:
    """The JSON object in folder/name, or None where the folder's manifest lists no such file.

    Its hash, its size, and that every number is finite are checked. Raises CheckpointError.
    """
    manifest_name = find_manifest(folder)
    if manifest_name is None:
        return None
    manifest = read_manifest(folder, manifest_name)
    if name not in manifest.hashes:
        return None
    return parse_json(manifest.read(name), folder / name)


def add_sealed(folder: Path, name: str, values: dict[str, Any]) -> None:
    """Write folder/name and list it in the folder's manifest, both at once.

    In a folder without a manifest, manifest.json is made. Raises OutputError.
    """
    try:
        text = json.dumps(values, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise CheckpointError(f"{folder / name} can't be saved: {error}") from None
    add_to_set(folder, {name: (text + "\n").encode("utf-8")})
