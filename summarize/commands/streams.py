"""Standard input, output and error as a command needs them, however the caller left them.

- Standard output that can't be written is an error, except where its reader has gone: `head` has
  what it wanted, and the command ends silently.
- Standard error is for notices. Where nobody reads them, or the disk is full, the work goes on.
- A closed descriptor is filled, or the next file that is opened would take its number.
"""

from __future__ import annotations

import io
import os
import select
import sys
from contextlib import suppress

from summarize.errors import OutputError


class ReaderGone(BaseException):
    """Nobody reads standard output any more."""


class Output(io.FileIO):
    """Standard output, which says what went wrong with it and not with another pipe."""

    def write(self, data: object) -> int:
        while True:
            try:
                written = super().write(data)  # type: ignore[arg-type]
            except BrokenPipeError:
                raise ReaderGone from None
            except OSError as error:
                reason = error.strerror or str(error)
                raise OutputError(f"can't write to standard output: {reason}") from None
            if written is not None:
                return written
            select.select([], [self.fileno()], [])  # a full pipe that does not block


class Notices(io.FileIO):
    """Standard error: what can't be written is dropped."""

    def write(self, data: object) -> int:
        with suppress(OSError):
            return super().write(data) or len(data)  # type: ignore[arg-type]
        return len(data)  # type: ignore[arg-type]


def open_streams() -> None:
    """Put these in the place of Python's own sys.stdout and sys.stderr."""
    # Written to, a descriptor that is only for reading says that it is a bad one.
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)
    sys.stdout = stream(Output(1, "w", closefd=False), sys.stdout)
    sys.stderr = stream(Notices(2, "w", closefd=False), sys.stderr)


def stream(raw: io.FileIO, before: object) -> io.TextIOWrapper:
    """A character that the encoding lacks becomes an escape (backslashreplace), not an error."""
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=getattr(before, "encoding", None) or "utf-8",
        errors="backslashreplace",
        line_buffering=raw.isatty() or isinstance(raw, Notices),
    )


def silence(number: int) -> None:
    """Let nothing more be written there: Python would complain when it exits."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)
