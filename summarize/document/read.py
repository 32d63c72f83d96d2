"""Files and standard input to Document: bytes in, a text with its structure out, or one
DocumentError with a message for the user."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from summarize.document import compression, formats
from summarize.document.document import Block, Document, without_collector, without_contents
from summarize.document.encodings import check_encoding, decode
from summarize.document.parts import SHY, SURROGATE, assemble, has_words
from summarize.errors import DocumentError

__all__ = ["LARGEST_BYTES", "STDIN", "check_encoding", "read", "read_bytes"]

STDIN = "-"
LARGEST_BYTES = 64 * 2**20
# Line ends of every system, and page breaks, are line ends.
LINE_END = re.compile("\r\n?|\f")
# Colours and the overstruck bold of manual pages are layout. Every other escape sequence stays in
# the text, and is shown escaped if it gets into a summary.
LAYOUT = re.compile("\x1b\\[[0-9;]*m|.\x08")
# A word that a typesetter (man, for one) broke at the end of a line; where the hyphen belongs to
# the word (command-line), nothing says so.
HYPHEN = re.compile(r"(?<=[^\W\d_])\u2010[ \t]*\n[ \t]*(?=[a-z\u00df-\u00ff])")


def read(source: str | Path, encoding: str | None = None, field: str | None = None) -> Document:
    """The Document of a path, or of standard input for `-`; of JSON the text in `field`."""
    source = str(source)
    return from_bytes(read_bytes(source), "stdin" if source == STDIN else source, encoding, field)


def from_bytes(
    data: bytes, name: str, encoding: str | None = None, field: str | None = None
) -> Document:
    """What a file of that name would hold."""
    inner = name  # without the suffix of its compression
    if packed := compression.of_bytes(data):
        data, inner = (
            compression.unpack(data, packed, name, LARGEST_BYTES),
            compression.without_suffix(name),
        )
    if not data.strip():
        raise DocumentError(f"{name} is empty")
    with without_collector():
        document = build(data, name, inner, encoding, field)
    if not has_words(document.text):
        raise DocumentError(f"{name} holds no words")
    return document


def build(data: bytes, name: str, inner: str, encoding: str | None, field: str | None) -> Document:
    kind = formats.of_bytes(data)
    if kind:
        return of_format(kind, data, name)
    text, note = decode(data, name, encoding)
    text = LINE_END.sub("\n", LAYOUT.sub("", text))
    kind = formats.of_text(text, inner)
    if kind == "json":
        from summarize.document.formats.json import to_text

        found = to_text(text, name, field)
        if isinstance(found, str):
            return plain(found, name, note, "")
        text = SURROGATE.sub("\ufffd", text)
        return Document(text, name, note, "json", (Block("code", 0, len(text)),), found)
    if field is not None:
        raise DocumentError(
            f"{name} is not JSON, which --field needs; rows are read from .jsonl, .csv, .tsv and "
            ".parquet files"
        )
    if kind:  # a mail names its own encoding, part by part
        raw = kind == "mail" and not encoding
        document = of_format(kind, data if raw else text, name)
        return replace(document, note="; ".join(filter(None, (note, document.note))))
    return plain(text, name, note, inner)


def of_format(kind: str, data: bytes | str, name: str) -> Document:
    parts = formats.parts(kind, data, name)
    note = " ".join(part.text for part in parts if part.kind == "note")
    text, blocks = assemble(part for part in parts if part.kind != "note")
    blocks = tuple(without_contents(text, blocks))
    if not any(block.kind != "code" for block in blocks):
        what = "nothing but code" if blocks else "no words"
        raise DocumentError(f"{name} holds {what}")
    return Document(text, name, note, formats.KINDS.get(kind, "text"), blocks)


def plain(text: str, name: str, note: str, inner: str) -> Document:
    text = HYPHEN.sub("", SURROGATE.sub("\ufffd", text).replace(SHY, ""))
    return replace(Document.from_text(text, name, name=inner), note=note)


def read_bytes(source: str) -> bytes:
    """The whole input, at most LARGEST_BYTES."""
    try:
        if source == STDIN:
            if sys.stdin is None:
                raise DocumentError("stdin is closed; name a file")
            data = read_stream(standard_input())
        else:
            path = Path(source)
            if path.is_dir():
                raise DocumentError(f"{source} is a directory; add -r to read what is in it")
            with path.open("rb") as file:
                data = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise DocumentError(f"{source}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DocumentError(f"can't read {source}: {reason.lower()}") from None
    if len(data) > LARGEST_BYTES:
        raise DocumentError(
            f"{source} is larger than {LARGEST_BYTES >> 20} MiB; split it, for example with: "
            f"split -C 32m {source}"
        )
    return data


def read1(stream: Any, size: int) -> bytes:
    """What is there, or comes next; b"" at the end."""
    with woken():
        part: bytes = stream.read1(size)
    return part


@contextmanager
def woken(seconds: float = 0.2) -> Iterator[None]:
    """A call of the system that waits is interrupted now and then, and Python looks for signals.

    Else a signal that arrives just before the call is heard only when the call ends, and of a
    terminal or a pipe that stays silent it never does. Where there is no such timer, or a program
    that uses the library has its own, nothing changes.
    """
    try:
        free = signal.getsignal(signal.SIGALRM) in (signal.SIG_DFL, signal.SIG_IGN)
        before = signal.signal(signal.SIGALRM, lambda number, frame: None) if free else None
    except (AttributeError, ValueError):  # Windows; a thread that isn't the main one
        free = False
    if not free:
        yield
        return
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Ahead:
    """A stream whose first line can be looked at before it is read."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.held = bytearray()

    def first_line(self) -> bytes:
        """With its end, unless the input ends before; of a very long one the beginning."""
        end = self.held.find(b"\n")
        while end < 0 and len(self.held) <= LARGEST_BYTES and (part := read1(self.stream, 2**20)):
            end = part.find(b"\n")
            end += len(self.held) if end >= 0 else 0
            self.held += part
        return bytes(self.held[: end + 1]) if end >= 0 else bytes(self.held)

    def read1(self, size: int = -1) -> bytes:
        if not self.held:
            return read1(self.stream, size)
        part, self.held = bytes(self.held), bytearray()
        return part


@lru_cache(maxsize=1)
def ahead(stream: Any) -> Ahead:
    return Ahead(stream)


def standard_input() -> Ahead:
    """The same one each time, with what it holds."""
    return ahead(sys.stdin.buffer)


def read_stream(stream: Any) -> bytes:
    """At most LARGEST_BYTES and one more, in parts: a signal is heard between two of them, but
    may wait for the end of one call that reads it all."""
    data = bytearray()
    while len(data) <= LARGEST_BYTES and (part := stream.read1(2**20)):
        data += part
    return bytes(data[: LARGEST_BYTES + 1])
