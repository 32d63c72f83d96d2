"""A line on a terminal's stderr that says how far the work is, once it has taken a second."""

from __future__ import annotations

import sys
import time

from summarize.views.terminal import visible

PATIENCE = 1.0  # seconds before anything is shown
PAUSE = 0.1  # seconds between two changes


class Progress:
    """`12 of 300 files`, and for a long document `chunk 3 of 40`. Silent where nobody looks."""

    def __init__(self, shown: bool, files: int) -> None:
        self.shown = shown and sys.stderr.isatty()
        self.files = files
        self.done = 0
        self.started = self.changed = time.monotonic()
        self.is_open = False

    def file(self, source: str) -> None:
        """`source` is about to be read."""
        if self.files > 1:
            self.line(f"{self.done:,} of {self.files:,} files  {source}")

    def file_done(self) -> None:
        self.done += 1

    def chunk(self, done: int, total: int) -> None:
        """Called by the pipeline after each batch of chunks."""
        if total > 1:
            before = f"{self.done:,} of {self.files:,} files, " if self.files > 1 else ""
            self.line(f"{before}chunk {done:,} of {total:,}")

    def line(self, text: str) -> None:
        now = time.monotonic()
        if not self.shown or now - self.started < PATIENCE or now - self.changed < PAUSE:
            return
        self.changed = now
        import shutil

        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{visible(text)[:width]}", end="", file=sys.stderr, flush=True)
        self.is_open = True

    def clear(self) -> None:
        """Before anything else is printed."""
        if self.is_open:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self.is_open = False
