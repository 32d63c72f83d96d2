"""Folders in the user's cache that are made once from a model's files: whole or not at all.

Each has a manifest.json with the SHA-256 of every file. A damaged folder is made again.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from summarize.errors import CheckpointError
from summarize.files import fsync, lock
from summarize.rnn.manifest import parse_json, read_bytes, seal_of

MANIFEST = "manifest.json"
PATIENCE_SECONDS, PAUSE_SECONDS = 300.0, 0.2


def cache_root() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("summarize"))


def cached_folder(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder kind/key of the cache; `make` fills an empty folder, the first time.

    Where the cache can't be written, a temporary folder that lives as long as the process.
    """
    folder = cache_root() / kind / key
    if is_whole(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with waiting_for(folder.with_name(f"{key}.lock")):
            if not is_whole(folder):  # else another process made it meanwhile
                make_whole(folder, make)
        return folder
    except OSError:
        temporary = Path(tempfile.mkdtemp(prefix="summarize-"))
        atexit.register(shutil.rmtree, temporary, ignore_errors=True)
        make(temporary)
        return temporary


def make_whole(folder: Path, make: Callable[[Path], None]) -> None:
    for dead in folder.parent.glob(f".{folder.name}-*"):  # we hold the lock: nobody makes it
        shutil.rmtree(dead, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        make(temporary)
        paths = sorted(path for path in temporary.iterdir() if path.is_file())
        for path in paths:
            fsync(path)
        content = {"files": {path.name: digest(path) for path in paths}}
        (temporary / MANIFEST).write_text(
            json.dumps({**content, "sha256": seal_of(content)}, indent=2), "utf-8"
        )
        fsync(temporary / MANIFEST)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
        fsync(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def is_whole(folder: Path) -> bool:
    """Every file is there and has its hash."""
    path = folder / MANIFEST
    if not path.is_file():
        return False
    try:
        values = parse_json(read_bytes(path), path)
        content = {key: value for key, value in values.items() if key != "sha256"}
        files: Any = values.get("files")
        return values.get("sha256") == seal_of(content) and all(
            digest(folder / name) == expected for name, expected in files.items()
        )
    except (CheckpointError, OSError, AttributeError):
        return False


@contextmanager
def waiting_for(path: Path) -> Iterator[None]:
    """Hold a lock file; another process that makes the same folder is waited for, but not for ever:
    it may be stopped. Raises TimeoutError."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        is_told = False
        while not lock(handle):
            if not is_told:
                print("summarize: waiting for another process, which unpacks it", file=sys.stderr)
                is_told = True
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} is held by another process")
            time.sleep(PAUSE_SECONDS)
        yield
    finally:
        os.close(handle)


def digest(path: Path) -> str:
    """SHA-256 of a file; the hub's cache names its files by it."""
    real = path.resolve()
    if real.parent.name == "blobs" and len(real.name) == 64:
        return real.name
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
