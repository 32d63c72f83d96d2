"""Pipes, full disks, closed streams, signals and terminals."""

from __future__ import annotations

import os
import pty
import re
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import IO

import pytest
from conftest import ROOT, Command

TEXT = "Bees build homes of wax in hollow trees. They store honey for the winter months.\n"
FIRST = "Bees build homes of wax in hollow trees.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text(TEXT)
    return tmp_path


def in_bash(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A line for the shell, in which S is `summarize -m lead`."""
    return subprocess.run(
        ["bash", "-c", f'S="{sys.executable} -m summarize -m lead"; set -o pipefail; {line}'],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
    )


# --- in this process, with streams of the test's own ---------------------------------------------


def test_a_closed_reader_of_stderr_loses_nothing(summarize: Command, folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb", buffering=0) as gone:
        done = summarize("-m", "lead", "absent.txt", "a.txt", "-o", "out", stderr=gone)
    assert (folder / "out").read_text() == f"a.txt:{FIRST}"
    assert done.returncode == 1  # of the absent file


def test_notices_that_cant_be_written_are_dropped(summarize: Command, folder: Path) -> None:
    with open("/dev/full", "wb", buffering=0) as full:
        done = summarize("-m", "lead", "--no-filename", "absent.txt", "a.txt", stderr=full)
    assert (done.stdout.decode(), done.returncode) == (FIRST, 1)


@pytest.mark.parametrize("arguments", ["-m lead a.txt", "--help"])
def test_output_on_a_full_disk_is_an_error(
    summarize: Command, folder: Path, arguments: str
) -> None:
    with open("/dev/full", "wb", buffering=0) as full:
        done = summarize(*arguments.split(), stdout=full)
    message = b"summarize: can't write to standard output: No space left on device\n"
    assert (done.stderr, done.returncode) == (message, 1)


def test_output_appends_to_a_stream_and_replaces_a_file(summarize: Command, folder: Path) -> None:
    (folder / "log").write_text("old\n")
    with open(folder / "log", "ab", buffering=0) as log:
        summarize("-m", "lead", "a.txt", "-o", "/dev/stdout", stdout=log)
    assert (folder / "log").read_text() == f"old\n{FIRST}"


def test_the_launcher_of_a_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr("summarize.cli.main", lambda: called.append("main"))
    runpy.run_path(str(ROOT / "cli.py"), run_name="__main__")
    assert called == ["main"]


# --- in a process of its own ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("$S a.txt >&-", "can't write to standard output: Bad file descriptor"),
        ("$S - <&-", "stdin is closed; name a file"),
    ],
)
def test_a_closed_stream_is_an_error(folder: Path, line: str, message: str) -> None:
    done = in_bash(line, folder)
    assert (done.stdout, done.stderr, done.returncode) == ("", f"summarize: {message}\n", 1)


def test_a_closed_stderr_is_none(folder: Path) -> None:
    done = in_bash("$S --no-filename absent.txt a.txt 2>&-", folder)
    assert (done.stdout, done.stderr, done.returncode) == (FIRST, "", 1)


def test_a_reader_that_has_enough_ends_it_silently(folder: Path) -> None:
    done = in_bash(f"$S --no-filename {'a.txt ' * 20} | head -1", folder)
    assert (done.stdout, done.stderr, done.returncode) == (FIRST, "", 0)


def test_little_memory_is_one_line(folder: Path) -> None:
    done = in_bash("ulimit -v 100000; $S a.txt", folder)
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr
    assert done.stderr.count("\n") == done.returncode


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_while_it_waits_for_input(folder: Path, number: int, code: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "summarize", "-m", "lead", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdin is not None and process.stderr is not None
        # More than a pipe holds: once it is written, the command is reading, and wants more.
        process.stdin.write(b"a word or two " * 100_000)
        process.stdin.flush()
        process.send_signal(number)
        assert process.wait(timeout=60) == code
        assert process.stderr.read() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says whether a thread waits")
def test_a_signal_that_does_not_interrupt_the_wait_is_heard(folder: Path) -> None:
    """Python's note of a signal alone: another thread gets it while the main one waits for input,
    as if it had come just before the wait."""
    code = (
        "import os, signal, sys, threading\n"
        "from summarize.document.read import standard_input\n"
        "signal.signal(signal.SIGTERM, lambda number, frame: os._exit(7))\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
        "def send():\n"
        "    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})\n"
        "    asleep = 0\n"
        "    while asleep < 200:\n"
        "        state = open(f'/proc/self/task/{os.getpid()}/stat').read().split()[2]\n"
        "        asleep = (asleep + 1) * (state == 'S')\n"
        "    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)\n"
        "thread = threading.Thread(target=send, daemon=True)\n"
        "stream = standard_input()\n"
        "thread.start()\n"
        "stream.first_line()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.wait(timeout=60) == 7


def test_signals_at_any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The short form of benchmarks/signals.py."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import signals

    found = signals.run("output", 2, seed=os.getpid(), patient=False)
    assert found["failures"] == []


def test_nothing_heavy_is_imported(folder: Path) -> None:
    code = (
        "import sys\nfrom summarize.cli import main\n"
        "heavy = {'torch', 'transformers', 'rouge_score', 'nltk', 'scipy', 'rich'}\n"
        "for arguments in sys.argv[1:]:\n"
        "    sys.argv = ['summarize', *arguments.split()]\n"
        "    try: main()\n"
        "    except SystemExit as e: assert e.code == 0, e.code\n"
        "    light = arguments in ('--help', '--version')\n"
        "    found = (heavy | ({'numpy'} if light else set())) & set(sys.modules)\n"
        "    assert not found, (arguments, found)\n"
    )
    commands = ["--help", "--version", "-m lead a.txt", "a.txt"]
    done = subprocess.run(
        [sys.executable, "-c", code, *commands],
        cwd=folder,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()


# --- terminals -----------------------------------------------------------------------------------


@contextmanager
def terminal(shown: list[str]) -> Iterator[IO[bytes]]:
    """A terminal, and afterwards in `shown` all that was written to it."""
    master, slave = pty.openpty()
    found = bytearray()

    def read() -> None:
        with suppress(OSError):  # the other end is closed
            while data := os.read(master, 65536):
                found.extend(data)

    reader = Thread(target=read)
    reader.start()
    try:
        with open(slave, "r+b", buffering=0) as opened:
            yield opened
    finally:
        reader.join()
        os.close(master)
    # Progress that a slow machine shows is erased again before anything else is printed.
    shown.append(re.sub(r"\r?[^\r\n]*\r\x1b\[K", "", found.decode().replace("\r\n", "\n")))


def in_terminal(summarize: Command, arguments: list[str], columns: int = 80) -> tuple[int, str]:
    shown: list[str] = []
    with terminal(shown) as one:
        size = {"TERM": "xterm", "COLUMNS": str(columns)}
        done = summarize(*arguments, stdin=one, stdout=one, stderr=one, **size)
    return done.returncode, shown[0]


def test_without_arguments_a_terminal_gets_the_help(summarize: Command, folder: Path) -> None:
    code, shown = in_terminal(summarize, [])
    assert code == 2 and "Usage: summarize" in shown


def test_headings_and_wrapped_lines_on_a_terminal(summarize: Command, folder: Path) -> None:
    code, shown = in_terminal(summarize, ["-m", "lead", "a.txt", "a.txt"], columns=30)
    lines = shown.split("\n")
    assert code == 0 and lines.count("\x1b[1ma.txt\x1b[0m") == 2
    text = [line for line in lines if "\x1b" not in line]
    assert max(map(len, text)) <= 30
    assert " ".join(" ".join(text).split()) == " ".join((FIRST * 2).split())


def test_a_terminal_without_color(summarize: Command, folder: Path) -> None:
    code, shown = in_terminal(summarize, ["-m", "lead", "--no-color", "a.txt", "a.txt"])
    assert code == 0 and shown == f"a.txt\n{FIRST}\na.txt\n{FIRST}"
