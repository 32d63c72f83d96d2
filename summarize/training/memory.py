"""How the C library hands out memory while training."""

from __future__ import annotations

import ctypes
import sys


def keep_freed_memory() -> None:
    """Make glibc keep freed blocks instead of returning them to the system after every operation.

    Training frees and asks for the same large arrays at each step. On a virtual machine the page
    faults of fresh memory took a third of the time (benchmarks/LOG.md). Other systems are left
    alone.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            m_trim_threshold, m_top_pad, m_mmap_max = -1, -2, -4
            mallopt(m_mmap_max, 0)
            mallopt(m_trim_threshold, 2**31 - 1)
            mallopt(m_top_pad, 2**28)
