"""Files compressed by gzip, xz, bzip2 or zstd, unpacked up to a limit."""

from __future__ import annotations

import io
from typing import Any

from summarize.errors import DocumentError

MAGIC = {b"\x1f\x8b\x08": "gz", b"\xfd7zXZ\x00": "xz", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zst"}
SUFFIXES = (".gz", ".xz", ".bz2", ".zst")
# Text shrinks to a third or a tenth, a log to a fiftieth; what grows more was made to.
RATIO, ALLOWANCE = 100, 2**20


def of_bytes(data: bytes) -> str | None:
    found = next((kind for magic, kind in MAGIC.items() if data.startswith(magic)), None)
    if found == "bz2" and data[4:10] not in (b"1AY&SY", b"\x17rE8P\x90"):
        return None  # a text may begin with BZh
    return found


def unpack(data: bytes, kind: str, name: str, largest: int) -> bytes:
    """Raises DocumentError if it is damaged or larger than `largest` bytes."""
    limit = min(largest, ALLOWANCE + RATIO * len(data))
    try:
        with opened(data, kind, name) as file:
            unpacked = file.read(limit + 1)
    except DocumentError:
        raise
    except Exception as error:  # each library raises its own
        first = " ".join(str(error).split())[:120] or type(error).__name__
        raise DocumentError(f"{name} is damaged {kind} data: {first}") from None
    if len(unpacked) > limit:
        raise DocumentError(
            f"{name} unpacks to more than {limit >> 20} MiB; unpack it and split it first"
        )
    return unpacked


def opened(data: bytes, kind: str, name: str) -> io.BufferedIOBase:
    """Imported on demand: most texts are not compressed."""
    file = io.BytesIO(data)
    if kind == "gz":
        from gzip import GzipFile

        return GzipFile(fileobj=file)
    if kind == "xz":
        from lzma import LZMAFile

        return LZMAFile(file)
    if kind == "bz2":
        from bz2 import BZ2File

        return BZ2File(file)
    return zstd(file, name)


def zstd(file: io.BytesIO, name: str) -> io.BufferedIOBase:
    from importlib import import_module

    opener: Any
    try:  # Python 3.14
        opener = import_module("compression.zstd").ZstdFile
    except ImportError:
        try:
            opener = import_module("zstandard").open
        except ImportError:
            raise DocumentError(
                f"{name} is zstd data, which this Python can't read; unpack it first: "
                f"zstd -dc {name} | summarize"
            ) from None
    found: io.BufferedIOBase = opener(file)
    return found


def without_suffix(name: str) -> str:
    """notes.md for notes.md.gz"""
    suffix = next((s for s in SUFFIXES if name.lower().endswith(s)), "")
    return name[: len(name) - len(suffix)]
