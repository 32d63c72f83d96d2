"""A folder of files that belong together, vouched for by one of them.

The manifest is a JSON file. Under `files` it lists the SHA-256 and the size of every other file
that is read, under `sha256` its own. In a checkpoint it is config.json, in the folder of a
transformer summarize.json, in a folder of small JSON files manifest.json.

A set of files is replaced as one: the new ones are written to a folder `.next`, which takes this
name, by a single rename, only when it is complete. From then on whoever reads prefers it, and the
files are moved into place behind it. So a reader finds the old set or the new one, never a mix,
and a process that dies at any moment leaves one of the two.
"""

from __future__ import annotations

import json
import math
import mmap
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, cast

from summarize.errors import CheckpointError, OutputError
from summarize.files import default_mode, fsync, lock, sha256

FORMAT_VERSION = 2
READABLE = (1, 2)  # 1 had no sizes, and left familiarity.safetensors out
NAMES = ("summarize.json", "config.json", "manifest.json")
NEXT = ".next"
UNLISTED = "familiarity.safetensors"  # read without a hash in format 1
ATTEMPTS = 5  # a writer would have to replace the files as often while they are read
MOST_JSON_BYTES = 64_000_000
LARGE = 1_000_000  # bytes from which on weights are mapped, not read


@dataclass(frozen=True)
class Manifest:
    """What the manifest of a folder says; `values` is the rest of it."""

    folder: Path
    name: str
    data: bytes
    values: dict[str, Any] = field(repr=False)
    hashes: dict[str, str] = field(repr=False)
    sizes: dict[str, int] = field(repr=False)

    @property
    def version(self) -> int:
        return int(self.values["format_version"])

    def lists(self, name: str) -> bool:
        old = self.version == 1 and name == UNLISTED
        return name in self.hashes or (old and place(self.folder, name).exists())

    def read(self, name: str) -> bytes:
        """A file that the manifest lists, its size and hash checked."""
        path = place(self.folder, name)
        if name in self.sizes and size_of(path) not in (None, self.sizes[name]):
            refuse(path, f"it has {size_of(path):,} bytes, not {shown(self.sizes[name])}")
        data = read_bytes(path)
        if name in self.hashes:
            if sha256(data) != self.hashes[name]:
                refuse(path, f"its SHA-256 is not the one in {self.name}")
            forget_pages(data)
        elif not self.lists(name):
            refuse(path, f"{self.name} does not list it")
        return data


def refuse(path: Path, reason: str) -> NoReturn:
    raise CheckpointError(f"{path} is damaged ({reason}); copy or train the checkpoint again")


# --- reading ---------------------------------------------------------------------------------


def place(folder: Path, name: str) -> Path:
    """Where a file is read from: the set that was written last wins."""
    newer = folder / NEXT / name
    return newer if newer.exists() else folder / name


def size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def read_bytes(path: Path) -> bytes:
    """Raises CheckpointError, and names the folder that lacks the file."""
    try:
        return map_bytes(path) if path.suffix == ".safetensors" else path.read_bytes()
    except FileNotFoundError:
        moved = path.parent.parent / path.name  # out of .next, after we looked
        if path.parent.name == NEXT and moved.exists():
            return read_bytes(moved)
        raise CheckpointError(
            f"{path.parent} lacks {path.name}; create a checkpoint with: "
            f"summarize train DATA --out {path.parent}"
        ) from None
    except OSError as error:
        raise CheckpointError(f"can't read {path}: {error.strerror}") from None


def map_bytes(path: Path) -> bytes:
    """A large file where it lies: it reads like bytes, and takes memory where it is looked at,
    until forget_pages. On Windows a mapped file can't be replaced, so it is read there."""
    with path.open("rb") as file:
        if not hasattr(mmap.mmap, "madvise") or os.fstat(file.fileno()).st_size < LARGE:
            return file.read()
        return cast(bytes, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def forget_pages(data: bytes) -> None:
    """The memory of a mapped file is free again; what is looked at later is read again."""
    if isinstance(data, mmap.mmap):
        data.madvise(mmap.MADV_DONTNEED)


def parse_json(data: bytes, path: Path) -> dict[str, Any]:
    """A JSON object of finite numbers. Raises CheckpointError."""
    if len(data) > MOST_JSON_BYTES:
        refuse(path, f"{len(data):,} bytes are too many for it")
    try:
        values = json.loads(data.decode("utf-8"), parse_constant=refuse_number, parse_float=finite)
    except (ValueError, RecursionError) as error:
        if isinstance(error, NotFinite):
            refuse(path, f"it holds {error}, which is not a finite number")
        refuse(path, "it is not JSON")
    if not isinstance(values, dict):
        refuse(path, "it is not a JSON object")
    return values


class NotFinite(ValueError):
    """A number in JSON that no weight and no setting may be."""


def refuse_number(text: str) -> NoReturn:
    raise NotFinite(text)


def finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotFinite(text)
    return value


def find_manifest(folder: Path) -> str | None:
    """The name of the manifest of a folder; Hugging Face's own config.json is none."""
    for name in NAMES:
        path = place(folder, name)
        if not path.is_file():
            continue
        if name != "config.json" or "model_type" not in peek(path):
            return name
    return None


def peek(path: Path) -> dict[str, Any]:
    """JSON that nobody vouches for, empty where it can't be read."""
    try:
        return parse_json(read_bytes(path), path)
    except CheckpointError:
        return {}


def read_manifest(folder: Path, name: str) -> Manifest:
    """The manifest, its version, types and own hash checked. Raises CheckpointError."""
    path = place(folder, name)
    data = read_bytes(path)
    values = parse_json(data, path)
    version = values.get("format_version")
    if type(version) is not int or version not in READABLE:
        raise CheckpointError(
            f"{path} has format_version {shown(version)}; this summarize reads "
            f"{' and '.join(map(str, READABLE))}"
        )
    if version == 1:
        seals = values.get("sha256")
        hashes = dict(seals) if isinstance(seals, dict) else {}
        own = hashes.pop(name, None)
        content = {**values, "sha256": hashes}
        sizes: dict[str, int] = {}
    else:
        own = values.get("sha256")
        content = {key: value for key, value in values.items() if key != "sha256"}
        files = values.get("files")
        hashes, sizes = {}, {}
        for file, seal in (files if isinstance(files, dict) else {}).items():
            if isinstance(seal, dict):
                hashes[file], sizes[file] = seal.get("sha256", ""), seal.get("bytes", -1)
    if own != seal_of(content):
        refuse(path, "its SHA-256 does not match its content")
    if any(Path(file).name != file for file in hashes):
        refuse(path, "it lists a file outside the folder")
    if any(type(value) is not str for value in hashes.values()):
        refuse(path, "it lists a file without its SHA-256")
    if any(type(size) is not int or size < 0 for size in sizes.values()):
        refuse(path, "it lists a file without its size")
    rest = {k: v for k, v in values.items() if k not in ("sha256", "files")}
    return Manifest(folder, name, data, rest, hashes, sizes)


def seal_of(content: Mapping[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode("utf-8"))


def shown(value: Any) -> str:
    """A value from a file in a message: not all of its million digits."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # more digits than Python likes to print
        return "a value too long to print"
    return text if len(text) <= 60 else f"{text[:57]}..."


def read_set(folder: Path, name: str) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest and every file that it lists, all of one generation."""
    for attempt in range(ATTEMPTS):
        before = size_and_time(folder, name)
        try:
            manifest = read_manifest(folder, name)
            extra = [UNLISTED] if manifest.lists(UNLISTED) else []
            return manifest, {file: manifest.read(file) for file in {*manifest.hashes, *extra}}
        except CheckpointError:
            # Damaged, unless another process has just replaced the files.
            if size_and_time(folder, name) == before or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("the last attempt returns or raises")


def size_and_time(folder: Path, name: str) -> tuple[int, ...] | None:
    """Changes when the manifest is replaced."""
    try:
        found = place(folder, name).stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


# --- writing ---------------------------------------------------------------------------------


def write_set(
    folder: Path, name: str, values: Mapping[str, Any], files: Mapping[str, bytes]
) -> None:
    """Replace the files and their manifest `name` as one. Raises OutputError.

    A file that only the old manifest lists belonged to the old weights and is removed.
    """
    with writing(folder):
        old = listed(folder)
        replace_files(folder, {**files, name: to_json(values, seals_of(files))})
        for file in old - set(files):
            (folder / file).unlink(missing_ok=True)


def add_to_set(folder: Path, files: Mapping[str, bytes]) -> None:
    """Add files to a folder, or replace some, and list them in its manifest, all as one.

    A checkpoint of an older format becomes one of today's; a folder without a manifest gets a
    manifest.json. Raises OutputError, and CheckpointError for a damaged folder.
    """
    with writing(folder):
        name = find_manifest(folder)
        values: Mapping[str, Any] = {}
        known: Mapping[str, bytes] = {}
        if name is not None:
            manifest, known = read_set(folder, name)
            values = manifest.values
        name = name or "manifest.json"
        replace_files(folder, {**files, name: to_json(values, seals_of({**known, **files}))})


def seals_of(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    return {
        name: {"sha256": sha256(data), "bytes": len(data)} for name, data in sorted(files.items())
    }


def to_json(values: Mapping[str, Any], seals: Mapping[str, Any]) -> bytes:
    content = {**values, "format_version": FORMAT_VERSION, "files": seals}
    sealed = {**content, "sha256": seal_of(content)}
    return (json.dumps(sealed, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def listed(folder: Path) -> set[str]:
    """The files that the folder's manifest lists, whatever state they are in."""
    name = find_manifest(folder)
    try:
        return set(read_manifest(folder, name).hashes) if name else set()
    except CheckpointError:
        return set()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """The folder, made if need be, for one process to write to. Raises OutputError."""
    handle = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.name == "posix":  # elsewhere a folder can't be opened
            handle = os.open(folder, os.O_RDONLY)
            if not lock(handle):
                raise OutputError(f"another process is writing to {folder}; try again later")
        settle(folder)  # what a run that was killed had completed
        for leftover in (*folder.glob(f"{NEXT}-*"), *folder.glob(".*.next")):
            remove(leftover)
        yield
    except OSError as error:
        raise OutputError(f"can't write {folder}: {error.strerror or error}") from None
    finally:
        if handle is not None:
            os.close(handle)


def replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """All of the files, or none; the manifest comes last."""
    import tempfile

    temporary = Path(tempfile.mkdtemp(prefix=f"{NEXT}-", dir=folder))
    try:
        for name, data in files.items():
            (temporary / name).write_bytes(data)
            fsync(temporary / name)
        temporary.chmod(0o777 & (default_mode() | 0o111))
        fsync(temporary)
        temporary.rename(folder / NEXT)
        fsync(folder)
    except OSError:
        remove(temporary)
        raise
    settle(folder, list(files))


def settle(folder: Path, order: list[str] | None = None) -> None:
    """Give the files of a complete `.next` their places; then it is not needed any more."""
    import shutil

    new = folder / NEXT
    if not new.is_dir():
        return
    for name in order or sorted(path.name for path in new.iterdir()):
        temporary = folder / f".{name}.next"
        temporary.unlink(missing_ok=True)
        try:
            os.link(new / name, temporary)
        except OSError:  # a file system without links
            shutil.copyfile(new / name, temporary)
            fsync(temporary)
        temporary.replace(folder / name)
    fsync(folder)
    gone = Path(f"{new}-gone")
    remove(gone)
    new.rename(gone)
    remove(gone)


def remove(path: Path) -> None:
    import shutil

    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
