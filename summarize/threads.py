"""How many cores may be used, and matrix products that leave the others alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

# Read by the libraries that compute, each by another; set together they mean one thing.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_lock = Lock()
_users = 0  # of the limit, which is one for the whole process
_limit: Any = None


def available() -> int:
    """Those that the user allows, else those that the system does."""
    for name in THREADS:
        value = os.environ.get(name, "")
        if value.isdigit() and int(value) > 0:
            return int(value)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def one_core_each() -> Iterator[None]:
    """While any thread is in here, each one's matrix products take one core."""
    global _users, _limit
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
