"""What a limit or another process leaves no room for."""

from __future__ import annotations

import fcntl
import io
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from summarize.cli import LEAST_MEMORY
from summarize.document.read import Ahead
from summarize.errors import first_line
from summarize.models import cache


def test_too_small_an_address_space_is_said_in_a_line(tmp_path: Path) -> None:
    """Before a library in C or Rust ends the process."""
    (tmp_path / "a.txt").write_text("Bees build their homes of wax. They store honey.")
    least = LEAST_MEMORY // 2

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (least, least))

    done = subprocess.run(
        [sys.executable, "-m", "summarize", "-m", "lead", "a.txt"],
        cwd=tmp_path,
        capture_output=True,
        preexec_fn=limited,
    )
    assert done.returncode == 1 and done.stdout == b""
    assert done.stderr.count(b"\n") == 1 and b"out of memory" in done.stderr


def test_a_folder_that_another_process_makes_is_made_elsewhere_if_that_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cache, "cache_root", lambda: tmp_path)
    monkeypatch.setattr(cache, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(cache, "PAUSE_SECONDS", 0.0)
    (tmp_path / "gguf").mkdir()
    other = os.open(tmp_path / "gguf" / "a.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(other, fcntl.LOCK_EX)
    made = cache.cached_folder("gguf", "a", lambda folder: (folder / "x").write_text("made"))  # type: ignore[func-returns-value]
    assert (made / "x").read_text() == "made" and tmp_path not in made.parents
    assert capsys.readouterr().err.count("another process") == 1
    os.close(other)
    again = cache.cached_folder("gguf", "a", lambda folder: (folder / "x").write_text("made"))  # type: ignore[func-returns-value]
    assert again == tmp_path / "gguf" / "a" and capsys.readouterr().err == ""


@pytest.mark.parametrize("size", [10, 9_000, 300_000])
def test_the_first_line_of_a_pipe_is_seen_whole_and_read_again(size: int) -> None:
    """However long it is, and in whatever parts it arrives."""
    rows = b"".join(json.dumps({"n": n, "text": "a" * size}).encode() + b"\n" for n in range(3))
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        with os.fdopen(write, "wb") as out:
            out.write(rows)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        ahead = Ahead(stream)
        first = ahead.first_line()
        assert first == ahead.first_line() == rows.partition(b"\n")[0] + b"\n"
        found = b""
        while part := ahead.read1(2**20):
            found += part
        assert found == rows
    os.waitpid(child, 0)


def test_an_input_without_an_end_of_line_is_its_first_line() -> None:
    ahead = Ahead(io.BufferedReader(io.BytesIO(b"no end")))  # type: ignore[arg-type]
    assert ahead.first_line() == b"no end" == ahead.read1() and ahead.read1() == b""


def test_python_does_not_speak_of_its_settings() -> None:
    with pytest.raises(ValueError) as caught:
        json.loads("9" * 5000)
    assert first_line(caught.value) == "a number of more than 4,300 digits"


def test_the_first_sentence_says_something() -> None:
    from summarize import load_summarizer

    said = "The pump was replaced on Tuesday."
    nothing = ["1.", "2.4.", "Thanks for the replies.", "10:00:00 INFO it was started."]
    texts = ["\n\n".join([*nothing[:n], said]) + "\n" for n in range(len(nothing) + 1)]
    found = load_summarizer("lead").summarize([*texts, "1.\n\n2.4.\n"])
    assert [summary.text for summary in found[:-1]] == [said] * len(texts)
    assert found[-1].text  # nothing else is there
