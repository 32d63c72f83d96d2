"""The whole state of a run on disk, so that a resumed run equals one never stopped.

    OUT/snapshots/00001200/state.safetensors   weights, averaged weights, optimizer moments, RNG
    OUT/snapshots/00001200/state.json          counters, and the SHA-256 of the other file

Tensors are safetensors and the rest is JSON: nothing is unpickled. The last two are kept, so that
the newest whole one is found when a crash has damaged the last.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from summarize.errors import DataError
from summarize.files import sha256, write_bytes, write_text


def write_snapshot(
    out: Path, step: int, tensors: dict[str, Tensor], values: dict[str, Any]
) -> None:
    folder = out / "snapshots" / f"{step:08d}"
    folder.mkdir(parents=True, exist_ok=True)
    data = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    write_bytes(folder / "state.safetensors", data)
    # Written last: a folder without it is not a snapshot.
    write_text(folder / "state.json", json.dumps({**values, "step": step, "sha256": sha256(data)}))
    prune(out, step)


def prune(out: Path, newest: int) -> None:
    """Keep the last two. What is incomplete or later than the newest was left by a killed run."""
    every = snapshot_folders(out)
    kept = [folder for folder in every if is_complete(folder) and int(folder.name) <= newest][-2:]
    for folder in set(every) - set(kept):
        shutil.rmtree(folder, ignore_errors=True)


def read_snapshot(out: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The newest snapshot that is whole, or None if there is none at all."""
    folders = [folder for folder in snapshot_folders(out) if is_complete(folder)]
    for folder in reversed(folders):
        try:
            values = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            data = (folder / "state.safetensors").read_bytes()
            if sha256(data) != values["sha256"]:
                continue
            return load(data), values
        except (OSError, ValueError, KeyError, SafetensorError):
            continue
    if folders:
        raise DataError(
            f"every snapshot in {out / 'snapshots'} is damaged; delete it to start over"
        )
    return None


def snapshot_folders(out: Path) -> list[Path]:
    return sorted(p for p in (out / "snapshots").glob("[0-9]*") if p.is_dir() and p.name.isdigit())


def is_complete(folder: Path) -> bool:
    """Whether it was written to its end; a kill in the middle leaves no state.json."""
    return (folder / "state.json").exists()


def flatten_optimizer(optimizer: torch.optim.Optimizer, prefix: str) -> dict[str, Tensor]:
    """The optimizer's moments as flat names: `prefix.<parameter>.<moment>`."""
    return {
        f"{prefix}.{index}.{name}": tensor
        for index, moments in optimizer.state_dict()["state"].items()
        for name, tensor in moments.items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, prefix: str, tensors: dict[str, Tensor]
) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        if key.startswith(f"{prefix}."):
            _, index, name = key.removeprefix(prefix).split(".", 2)
            state.setdefault(int(index), {})[name] = tensor
    optimizer.load_state_dict(
        {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}
    )
