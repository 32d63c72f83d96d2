from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from summarize.threads import THREADS, available, one_core_each


def blas() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


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
        monkeypatch.delenv(name, raising=False)
    assert available() >= 1
    monkeypatch.setenv("MKL_NUM_THREADS", "many")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    assert available() == 3
