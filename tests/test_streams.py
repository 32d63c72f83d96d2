"""Pipes, signals and terminals: what only a process of its own can show."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

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


def test_a_closed_reader_of_stderr_loses_nothing(folder: Path) -> None:
    in_bash("{ $S absent.txt a.txt -o out 2>&1 >/dev/null; echo $? > code; } | true", folder)
    assert (folder / "out").read_text() == f"a.txt:{FIRST}"
    assert (folder / "code").read_text() == "1\n"  # of the absent file


@pytest.mark.parametrize("nowhere", ["2>/dev/full", "2>&-"])
def test_notices_that_cant_be_written_are_dropped(folder: Path, nowhere: str) -> None:
    done = in_bash(f"$S --no-filename absent.txt a.txt {nowhere}", folder)
    assert (done.stdout, done.stderr, done.returncode) == (FIRST, "", 1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("$S a.txt >&-", "can't write to standard output: Bad file descriptor"),
        ("$S a.txt >/dev/full", "can't write to standard output: No space left on device"),
        ("$S --help >/dev/full", "can't write to standard output: No space left on device"),
        ("$S - <&-", "stdin is closed; name a file"),
    ],
)
def test_lost_output_or_input_is_an_error(folder: Path, line: str, message: str) -> None:
    done = in_bash(line, folder)
    assert (done.stdout, done.stderr, done.returncode) == ("", f"summarize: {message}\n", 1)


def test_a_reader_that_has_enough_ends_it_silently(folder: Path) -> None:
    done = in_bash(f"$S --no-filename {'a.txt ' * 20} | head -1", folder)
    assert (done.stdout, done.stderr, done.returncode) == (FIRST, "", 0)


def test_little_memory_is_one_line(folder: Path) -> None:
    done = in_bash("ulimit -v 100000; $S a.txt", folder)
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr
    assert done.stderr.count("\n") == done.returncode


def test_output_appends_to_a_stream_and_replaces_a_file(folder: Path) -> None:
    (folder / "log").write_text("old\n")
    in_bash("$S a.txt -o /dev/stdout >> log", folder)
    assert (folder / "log").read_text() == f"old\n{FIRST}"


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


def test_signals_at_any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The short form of benchmarks/signals.py."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import signals

    found = signals.run("output", 6, seed=os.getpid(), patient=False)
    assert found["failures"] == []


def test_nothing_heavy_is_imported(folder: Path) -> None:
    code = (
        "import sys\nfrom summarize.cli import main\n"
        "for arguments in sys.argv[1:]:\n"
        "    sys.argv = ['summarize', *arguments.split()]\n"
        "    try: main()\n"
        "    except SystemExit as e: assert e.code == 0, e.code\n"
        "heavy = {'torch', 'transformers', 'rouge_score', 'nltk', 'scipy', 'rich'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
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


def test_help_needs_no_numpy(folder: Path) -> None:
    done = in_bash(f"{sys.executable} -X importtime -m summarize --help", folder)
    assert done.returncode == 0 and " numpy" not in done.stderr and "--length" in done.stdout


def test_the_launcher_of_a_clone(folder: Path) -> None:
    done = in_bash(f"env -u PYTHONPATH {sys.executable} {ROOT}/cli.py -m lead a.txt", folder)
    assert (done.stdout, done.returncode) == (FIRST, 0)


# --- terminals -----------------------------------------------------------------------------------


def in_terminal(arguments: list[str], folder: Path, columns: int = 80) -> tuple[int, str]:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update({"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": str(columns)})
        os.execv(sys.executable, [sys.executable, "-W", "error", "-m", "summarize", *arguments])
    shown = b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    # Progress that a slow machine shows is erased again before anything else is printed.
    return code, re.sub(r"\r?[^\r\n]*\r\x1b\[K", "", shown.decode().replace("\r\n", "\n"))


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_without_arguments_a_terminal_gets_the_help(folder: Path) -> None:
    code, shown = in_terminal([], folder)
    assert code == 2 and "Usage: summarize" in shown


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_headings_and_wrapped_lines_on_a_terminal(folder: Path) -> None:
    code, shown = in_terminal(["-m", "lead", "a.txt", "a.txt"], folder, columns=30)
    lines = shown.split("\n")
    assert code == 0 and lines.count("\x1b[1ma.txt\x1b[0m") == 2
    text = [line for line in lines if "\x1b" not in line]
    assert max(map(len, text)) <= 30
    assert " ".join(" ".join(text).split()) == " ".join((FIRST * 2).split())


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_terminal_without_color(folder: Path) -> None:
    code, shown = in_terminal(["-m", "lead", "--no-color", "a.txt", "a.txt"], folder)
    assert code == 0 and shown == f"a.txt\n{FIRST}\na.txt\n{FIRST}"
