"""The line on a terminal that says how far the work is."""

from __future__ import annotations

import io
import sys

import pytest

from summarize.commands import progress
from summarize.commands.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def patient(monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, seconds: float = -1.0) -> None:
    """Called in the test itself: between fixtures and test, pytest puts its own stderr back."""
    monkeypatch.setattr(progress, "PATIENCE", seconds)
    monkeypatch.setattr(progress, "PAUSE", -1.0)
    monkeypatch.setattr(sys, "stderr", stderr)


def test_files_and_chunks_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    patient(monkeypatch, terminal)
    shown = Progress(True, files=3)
    shown.file("a.txt")
    shown.file_done()
    shown.file("b\x1b[2J.txt")
    shown.chunk(2, 40)
    lines = terminal.getvalue().split("\r\x1b[K")[1:]
    assert lines[0] == "0 of 3 files  a.txt"
    assert lines[1].startswith("1 of 3 files  b\\u001b")  # a name can't act on the terminal
    assert lines[2] == "1 of 3 files, chunk 2 of 40"


def test_the_line_is_erased_before_anything_else_is_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    patient(monkeypatch, terminal)
    shown = Progress(True, files=1)
    shown.clear()
    assert terminal.getvalue() == ""  # nothing to erase
    shown.chunk(1, 2)
    shown.clear()
    assert terminal.getvalue() == "\r\x1b[Kchunk 1 of 2\r\x1b[K"


def test_one_short_document_needs_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    patient(monkeypatch, terminal)
    shown = Progress(True, files=1)
    shown.file("a.txt")
    shown.chunk(1, 1)
    assert terminal.getvalue() == ""


@pytest.mark.parametrize(
    ("asked", "stderr", "seconds"),
    [(True, io.StringIO, -1.0), (False, Terminal, -1.0), (True, Terminal, 1e9)],
)
def test_nothing_is_shown_where_nobody_looks_or_waits(
    monkeypatch: pytest.MonkeyPatch, asked: bool, stderr: type[io.StringIO], seconds: float
) -> None:
    written = stderr()
    patient(monkeypatch, written, seconds)
    Progress(asked, files=9).file("a.txt")
    assert written.getvalue() == ""
