"""How many cores may be used, matrix products that take one each, and work beside each other.

Products of a few rows gain nothing from several BLAS threads and lose much: the threads wait for
each other, and on a busy machine for their turn. So a product takes one core, and the cores are
shared out among documents.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from threading import Lock, local
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

OPENBLAS = "OPENBLAS_NUM_THREADS"
# Read by the libraries that compute, each by another; set together they mean one thing.
THREADS = ("OMP_NUM_THREADS", OPENBLAS, "MKL_NUM_THREADS")

_lock = Lock()
_users = 0  # of the limit, which is one for the whole process
_limit: Any = None
_is_set = False  # whether OPENBLAS_NUM_THREADS is ours, not the user's
_is_single = False  # whether NumPy was loaded with it
_here = local()  # .busy: this thread is one of several already


def available() -> int:
    """Cores: those that the user allows, else those that the system does."""
    for name in THREADS:
        value = os.environ.get(name, "")
        if value.isdigit() and int(value) > 0 and not (name == OPENBLAS and _is_set):
            return int(value)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_numpy_single() -> None:
    """NumPy, when it is imported after this, starts no threads; to be called first of all.

    To ask for that later, as `one_core_each` does, takes a library and 20 ms.
    """
    global _is_set, _is_single
    if OPENBLAS not in os.environ and "numpy" not in sys.modules:
        os.environ[OPENBLAS] = "1"
        _is_set = _is_single = True


@contextmanager
def one_core_each() -> Iterator[None]:
    """While any thread is in here, each one's matrix products take one core."""
    global _users, _limit, _is_set
    if _is_single:
        if _is_set and "numpy" in sys.modules:  # read: children need not inherit it
            os.environ.pop(OPENBLAS, None)
            _is_set = False
        yield
        return
    from threadpoolctl import threadpool_limits

    with _lock:
        if not _users:
            _limit = threadpool_limits(1, user_api="blas")
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                _limit.restore_original_limits()


def take_one_core() -> None:
    """From now on this thread is one of several: its products and its maps take no more cores."""
    _here.busy = True
    _here.limit = one_core_each()  # kept, because it ends with the object
    _here.limit.__enter__()


def is_busy() -> bool:
    """Whether this thread is one of several already: the cores are taken."""
    return getattr(_here, "busy", False)


def shares(count: int, most: int) -> Iterator[int]:
    """Sizes of batches that add up to `count`: several for each core, and ever smaller ones towards
    the end, so that no core waits long for the last."""
    parts = 2 * available()
    least = max(1, min(4, count // (2 * parts)))
    while count > 0:
        size = min(count, max(least, min(most, count // parts)))
        yield size
        count -= size


def map_in_order(
    function: Callable[[T], R], items: Iterable[T], is_parallel: bool = True
) -> Iterator[R]:
    """The results in order, each as soon as it and those before it are there.

    Computed on all cores, a few items ahead, where there are several of both; `items` is read in
    the calling thread. An exception comes in its turn. What is left when the caller stops is not
    begun. Inside another map it works in its own thread: the cores are taken.
    """
    waiting = iter(items)
    first = list(islice(waiting, 2))
    workers = available()
    if len(first) < 2 or workers < 2 or not is_parallel or is_busy():
        yield from map(function, chain(first, waiting))
        return
    # Here, because a start-up must not wait for it.
    from concurrent.futures import Future, ThreadPoolExecutor

    def work(item: T) -> R:
        _here.busy = True
        with one_core_each():
            return function(item)

    pool = ThreadPoolExecutor(workers)
    running: deque[Future[R]] = deque()
    try:
        for item in chain(first, waiting):
            running.append(pool.submit(work, item))
            if len(running) > workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:  # an interrupted run must not finish what it has begun
        pool.shutdown(wait=False, cancel_futures=True)
