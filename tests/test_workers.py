"""Work in forked processes: the results of a plain map, whatever becomes of the processes."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Command

from summarize import threads, workers
from summarize.threads import THREADS
from summarize.workers import map_in_order

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in THREADS:
        monkeypatch.setenv(name, "2")
    # Other tests have loaded torch, which none of these children uses.
    monkeypatch.setattr(workers, "can_fork", lambda: True)


def where(_: object) -> int:
    return os.getpid()


def ended(pid: int) -> bool:
    try:
        place = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([place], [], [], 60)[0])
    finally:
        os.close(place)


@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_results_are_those_of_a_plain_map(count: int) -> None:
    offset = 7  # a closure, which is not sent

    def work(n: int) -> tuple[int, bytes]:
        return n + offset, bytes(n * 10_000)  # more than a pipe holds

    assert list(map_in_order(work, range(count))) == [work(n) for n in range(count)]


def test_several_processes_work_and_a_map_inside_takes_no_more() -> None:
    def work(n: int) -> set[int]:
        return {os.getpid(), *threads.map_in_order(where, range(3)), *map_in_order(where, range(3))}

    found = list(map_in_order(work, range(20)))
    assert all(len(pids) == 1 for pids in found)
    assert 1 <= len(set.union(*found)) <= 2 and os.getpid() not in set.union(*found)


def test_few_items_are_read_ahead_and_errors_come_in_their_turn() -> None:
    read: list[int] = []

    def numbers() -> Iterator[int]:
        for n in range(100):
            read.append(n)
            yield n

    results = map_in_order(lambda n: 1 // (n - 3), numbers())
    assert [next(results) for _ in range(3)] == [-1, -1, -1]
    assert len(read) < 12
    with pytest.raises(ZeroDivisionError):
        next(results)


class Unreadable(Exception):
    """Pickled, but not back."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def test_an_error_that_can_not_be_sent_comes_all_the_same() -> None:
    def work(n: int) -> object:
        if n == 2:
            raise Unreadable(n, n)
        return (lambda: n) if n == 1 and os.getpid() != parent else n

    parent = os.getpid()
    results = map_in_order(work, range(4))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(Unreadable):
        next(results)


def test_what_a_dead_worker_had_is_done_here() -> None:
    parent = os.getpid()

    def work(n: int) -> int:
        if os.getpid() != parent and n % 3 == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return n

    assert list(map_in_order(work, range(10))) == list(range(10))


def test_without_processes_to_be_had_all_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError("no more processes")

    monkeypatch.setattr(os, "fork", refuse)
    places = set(os.listdir("/proc/self/fd"))
    assert list(map_in_order(where, range(5))) == [os.getpid()] * 5
    assert len(os.listdir("/proc/self/fd")) == len(places)


def test_workers_end_when_the_caller_stops() -> None:
    results = map_in_order(where, range(1000))
    pids = {next(results) for _ in range(8)}
    assert isinstance(results, Generator)
    results.close()
    assert all(map(ended, pids))
    for pid in pids:
        with pytest.raises(ChildProcessError):  # none is left to wait for
            os.waitpid(pid, os.WNOHANG)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_a_parent_that_is_killed(number: int) -> None:
    code = (
        "import os, signal; from summarize.workers import map_in_order\n"
        "for pid in map_in_order(lambda n: os.getpid() if n < 9 else signal.pause(), range(20)):\n"
        "    print(pid, flush=True)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=env)
    assert parent.stdout is not None
    pids = {int(parent.stdout.readline()) for _ in range(9)}
    parent.send_signal(number)
    parent.wait()
    assert all(map(ended, pids))
    parent.stdout.close()


def test_a_terminal_s_interrupt_is_for_the_parent() -> None:
    def work(n: int) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return n

    assert list(map_in_order(work, range(6))) == list(range(6))


def test_one_core_or_another_thread_and_nothing_is_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        for name in THREADS:
            patch.setenv(name, "1")
        assert set(map_in_order(where, range(4))) == {os.getpid()}
    monkeypatch.undo()
    stop = threading.Event()
    beside = threading.Thread(target=stop.wait)
    beside.start()
    try:
        assert not workers.can_fork()
        assert set(map_in_order(where, range(4))) == {os.getpid()}
    finally:
        stop.set()
        beside.join()


def test_many_files_print_what_they_print_one_after_another(
    summarize: Command,
    tmp_path: Path,
    checkpoint_folders: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"{n}.txt" for n in range(12)]
    for n, name in enumerate(names):
        text = f"Boat {n} left the harbour at noon. It came back {n} days later with fish. " * 3
        (tmp_path / name).write_text("" if n == 5 else text)
    asked = ("-m", checkpoint_folders["general"], "--mode", "abstractive", *names, "missing.txt")
    forked: list[int] = []
    fork = os.fork

    def counted() -> int:
        forked.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", counted)
    together = summarize(*asked)
    assert len(forked) == 2
    for name in THREADS:
        monkeypatch.setenv(name, "1")
    alone = summarize(*asked)
    assert len(forked) == 2
    assert together.stdout == alone.stdout and together.stderr == alone.stderr
    assert together.returncode == alone.returncode == 1
    assert together.stdout.count(b"\n") == 11
