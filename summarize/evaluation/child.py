"""Child processes of a measurement, which end when their parent does, however that ends.

    python -P -m summarize.evaluation.child MODULE PARENT

runs `main()` of summarize.evaluation.MODULE. A parent that is killed can't end its children, so the
children see to it themselves, and from their first moment, before MODULE is imported.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from importlib import import_module

PR_SET_PDEATHSIG = 1
SECONDS = 0.1  # between two looks, where the system does not tell


def command(module: str) -> list[str]:
    """The command line of a child. The thread that starts it must wait for it: to Linux the death
    of that thread is the death of the parent."""
    return [sys.executable, "-P", "-m", "summarize.evaluation.child", module, str(os.getpid())]


def end_with(parent: int) -> None:
    if sys.platform == "linux":
        prctl = getattr(ctypes.CDLL(None), "prctl", None)
        if prctl is not None and prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0:
            if os.getppid() != parent:  # it ended before we could ask
                os._exit(1)
            return
    threading.Thread(target=watch, args=(parent,), daemon=True).start()


def watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS)
    os._exit(1)


def main() -> None:
    module, parent = sys.argv[1:]
    end_with(int(parent))
    import_module(f"summarize.evaluation.{module}").main()


if __name__ == "__main__":
    main()
