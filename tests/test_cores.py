from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from summarize import threads
from summarize.threads import (
    OPENBLAS,
    THREADS,
    available,
    map_in_order,
    one_core_each,
    shares,
)


def blas() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_is_single", False)
    for name in THREADS:
        monkeypatch.setenv(name, "2")


def test_the_limit_ends_with_its_last_user() -> None:
    np.ones((2, 2)) @ np.ones((2, 2))  # the library is loaded
    with threadpool_limits(2, user_api="blas"):
        before = blas()
        one, other = one_core_each(), one_core_each()
        one.__enter__()
        other.__enter__()
        one.__exit__(None, None, None)
        assert set(blas()) == {1}
        other.__exit__(None, None, None)
        assert blas() == before
        with pytest.raises(ValueError), one_core_each():
            raise ValueError
        assert blas() == before


def test_what_the_user_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in THREADS:
        monkeypatch.delenv(name)
    assert available() >= 1
    monkeypatch.setenv("MKL_NUM_THREADS", "many")
    monkeypatch.setenv(OPENBLAS, "3")
    assert available() == 3


def test_numpy_is_loaded_with_one_thread_and_children_do_not_inherit_it() -> None:
    """In a process of its own: the setting is read once."""
    code = (
        "import os; from summarize import threads; cores = threads.available();"
        "threads.load_numpy_single(); assert threads.available() == cores; import numpy as np;"
        "np.ones((2, 2)) @ np.ones((2, 2));"
        "from threadpoolctl import threadpool_info as info;"
        "assert [p['num_threads'] for p in info() if p['user_api'] == 'blas'] == [1];"
        f"threads.one_core_each().__enter__(); assert {OPENBLAS!r} not in os.environ"
    )
    env = {name: value for name, value in os.environ.items() if name not in THREADS}
    env["PYTHONPATH"] = os.pathsep.join(sys.path)
    subprocess.run([sys.executable, "-c", code], check=True, env=env)


@pytest.mark.parametrize("is_parallel", [True, False])
@pytest.mark.parametrize("count", [0, 1, 2, 30])
def test_results_come_in_order_and_every_one(count: int, is_parallel: bool) -> None:
    results = map_in_order(lambda n: n * n, range(count), is_parallel)
    assert list(results) == [n * n for n in range(count)]


def test_two_at_a_time_in_order_while_few_are_read_ahead() -> None:
    read: list[int] = []
    both = threading.Barrier(2, timeout=60)  # no result without two threads at once

    def numbers() -> Iterator[int]:
        for n in range(10):
            read.append(n)
            yield n

    def work(n: int) -> int:
        both.wait()
        return n

    results = map_in_order(work, numbers())
    assert next(results) == 0
    assert len(read) <= 4
    assert list(results) == list(range(1, 10))


def test_an_error_comes_in_its_turn() -> None:
    results = map_in_order(lambda n: 1 // (n - 3), range(6))
    assert [next(results) for _ in range(3)] == [-1, -1, -1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_what_is_left_is_not_begun() -> None:
    begun: list[int] = []
    results = map_in_order(begun.append, range(1000))
    next(results)
    results.close()
    assert len(begun) < 10


def test_a_map_inside_a_map_takes_no_more_threads() -> None:
    def work(n: int) -> set[str]:
        here = threading.current_thread().name
        return {here, *map_in_order(lambda _: threading.current_thread().name, range(4))}

    assert all(len(names) == 1 for names in map_in_order(work, range(4)))


@pytest.mark.parametrize("count", [0, 1, 2, 7, 100, 1000])
def test_shares_of_the_cores(count: int) -> None:
    sizes = list(shares(count, 16))
    assert sum(sizes) == count and all(1 <= size <= 16 for size in sizes)
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) >= min(count, available())
