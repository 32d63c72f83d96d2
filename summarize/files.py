"""Writing files so that an interruption never leaves half of one, and never loses the old one."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from summarize.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LONGEST_STEM = 150  # bytes; a name may have 255, and a temporary name is longer by a few


def write_bytes(path: Path, data: bytes) -> None:
    """Write to a temporary name beside `path`, fsync, rename. Raises OutputError."""
    write_with(path, lambda temporary: temporary.write_bytes(data))


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode("utf-8", errors="replace"))


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """`write(temporary_path)` fills the file; it takes `path`'s place only when complete."""
    try:
        if is_stream(path):
            append_to_stream(path, write)
            return
        # A symbolic link stays one: the file that it points to is replaced.
        path = Path(os.path.realpath(path))
        remove_dead(path)
        with temporary_beside(path) as temporary:
            write(temporary)
            mode = path.stat().st_mode & 0o7777 if path.exists() else default_mode()
            os.chmod(temporary, mode)
            fsync(temporary)
            temporary.replace(path)
        fsync(path.parent)
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror or error}") from None


def is_stream(path: Path) -> bool:
    """A terminal, a pipe, /dev/null or /dev/stdout: something to append to, not to replace.

    /dev/stdout may lead to an ordinary file. Its past must be kept, as `>>` keeps it.
    """
    with suppress(OSError):
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            return True
    step = os.path.abspath(path)
    for _ in range(40):  # as many links as Linux follows
        if step.startswith(("/dev/fd/", "/proc/")) or step in ("/dev/stdout", "/dev/stderr"):
            return True
        if not os.path.islink(step):
            return False
        step = os.path.abspath(os.path.join(os.path.dirname(step), os.readlink(step)))
    return False


def append_to_stream(path: Path, write: Callable[[Path], object]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole"
        write(whole)
        with path.open("ab") as file:
            file.write(whole.read_bytes())


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """An empty file beside `path`, locked while this process lives; gone afterwards."""
    import tempfile  # here, because a summary writes no file, and a start must not wait for it

    while True:
        handle, name = tempfile.mkstemp(prefix=prefix_of(path), suffix=".tmp", dir=path.parent)
        lock(handle)
        # Between its creation and its lock, another process may have removed it as a dead one's.
        if is_file_of(handle, name):
            break
        os.close(handle)
    if fcntl is None:
        os.close(handle)  # Windows does not rename an open file
    try:
        yield Path(name)
    finally:
        with suppress(OSError):
            os.unlink(name)
        if fcntl is not None:
            os.close(handle)


def prefix_of(path: Path) -> str:
    """Of temporary names for `path`: its own name, shortened where the whole would be too long."""
    stem = path.name.encode("utf-8", "surrogateescape")
    if len(stem) > LONGEST_STEM:
        digest = hashlib.sha256(stem).hexdigest()[:12]
        stem = stem[:LONGEST_STEM].decode("utf-8", "ignore").encode() + f".{digest}".encode()
    return f".{os.fsdecode(stem)}."


def remove_dead(path: Path) -> None:
    """Remove temporary files for `path` that a killed process left: nobody holds their lock."""
    prefix = prefix_of(path)
    if fcntl is None:
        return
    for entry in os.scandir(path.parent):
        middle = entry.name.removeprefix(prefix).removesuffix(".tmp")
        if entry.name != f"{prefix}{middle}.tmp" or len(middle) != 8:
            continue
        with suppress(OSError):
            handle = os.open(entry.path, os.O_RDWR | os.O_NOFOLLOW)
            try:
                if lock(handle) and is_file_of(handle, entry.path):
                    os.unlink(entry.path)
            finally:
                os.close(handle)


def lock(handle: int) -> bool:
    """Take the lock of an open file; False if another process holds it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def is_file_of(handle: int, name: str) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(name))
    except FileNotFoundError:
        return False


@contextmanager
def locked(path: Path, advice: str) -> Iterator[None]:
    """Hold the lock file `path`, so that two runs never write the same files. Raises OutputError.

    The system frees the lock when the process ends, however it ends. The file itself stays:
    removing it would let two processes lock two files of one name.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror or error}") from None
    try:
        if not lock(handle):
            owner = os.read(handle, 20).decode("ascii", "replace").strip()
            raise OutputError(f"process {owner or '?'} is writing to {path.parent}; {advice}")
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def fsync(path: Path) -> None:
    """Of a directory too, after which a rename in it survives a power failure."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():  # not every file system can do this for a directory
            raise
    finally:
        os.close(handle)


def default_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
