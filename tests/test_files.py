"""Files are replaced whole, by name and by lock."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from summarize.errors import OutputError
from summarize.files import locked, prefix_of, write_text, write_with


@pytest.mark.parametrize("name", ["a.txt", "x" * 250, "ü" * 125, ".hidden", "a b\nc", "-o"])
def test_names_of_every_kind(tmp_path: Path, name: str) -> None:
    for text in ("one", "two"):
        write_text(tmp_path / name, text)
        assert (tmp_path / name).read_text() == text
    assert os.listdir(tmp_path) == [name]


def test_a_name_too_long_says_so(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="[Nn]ame too long"):
        write_text(tmp_path / ("x" * 300), "text")


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fails(temporary: Path) -> None:
        temporary.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        write_with(path, fails)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_temporary_files_of_dead_runs_are_removed_and_those_of_living_ones_stay(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.txt"
    prefix = prefix_of(path)
    (tmp_path / f"{prefix}deadbeef.tmp").write_text("of a killed run")
    (tmp_path / f"{prefix}notes.tmp").write_text("the user's own")

    def another(temporary: Path) -> None:
        write_text(path, "a second writer")  # while the first is at work
        temporary.write_text("the first")

    write_with(path, another)
    assert path.read_text() == "the first"
    assert sorted(os.listdir(tmp_path)) == sorted([f"{prefix}notes.tmp", "a.txt"])


def test_links_and_modes_stay(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "link").symlink_to("real")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o600


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="no /dev/shm")
def test_a_file_in_a_special_directory_is_replaced_like_any_other(tmp_path: Path) -> None:
    path = Path(f"/dev/shm/summarize-test-{os.getpid()}")
    try:
        for text in ("one", "two"):
            write_text(path, text)
            assert path.read_text() == text
    finally:
        path.unlink(missing_ok=True)


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    write_text(fifo, "through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    write_text(Path("/dev/null"), "gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_one_lock_one_holder(tmp_path: Path) -> None:
    path = tmp_path / "new" / ".lock"
    with locked(path, "name another --out"):
        with pytest.raises(OutputError, match=f"process {os.getpid()} .*name another --out"):
            with locked(path, "name another --out"):
                raise AssertionError("two holders")
    with locked(path, ""):
        pass  # free again


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom summarize.files import locked\n"
        "with locked(Path(sys.argv[1]), ''): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(OutputError, match=str(holder.pid)):
            with locked(path, "wait"):
                raise AssertionError("two holders")
        holder.kill()
        holder.wait()
    with locked(path, "wait"):
        pass
