"""Writing files so that an interruption never leaves half of one, and never loses the old one."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from summarize.errors import OutputError


def write_bytes(path: Path, data: bytes) -> None:
    """Write to a temporary name beside `path`, fsync, rename. Raises OutputError."""
    write_with(path, lambda temporary: temporary.write_bytes(data))


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode("utf-8", errors="replace"))


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """`write(temporary_path)` fills the file; it takes `path`'s place only when complete."""
    temporary = None
    try:
        if path.is_relative_to("/dev") or path.is_relative_to("/proc") or path.is_fifo():
            append_to_device(path, write)
            return
        # A link stays a link: what is replaced is the file that it points to.
        path = Path(os.path.realpath(path))
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.chmod(temporary, path.stat().st_mode & 0o7777 if path.exists() else default_mode())
        temporary.replace(path)
        temporary = None
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"can't write {path}: {reason}") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def append_to_device(path: Path, write: Callable[[Path], object]) -> None:
    """/dev/stdout, a pipe, `>(command)`: nothing there to replace, and a log must keep its past."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole"
        write(whole)
        with path.open("ab") as file:
            file.write(whole.read_bytes())


def default_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
