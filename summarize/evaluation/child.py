"""Child processes of a measurement, which end when their parent does, however that ends.

    python -P -m summarize.evaluation.child MODULE PARENT

runs `main()` of summarize.evaluation.MODULE. A parent that is killed can't end its children, so the
children see to it themselves, and from their first moment, before MODULE is imported.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from summarize.workers import end_with


def command(module: str) -> list[str]:
    """The command line of a child. The thread that starts it must wait for it: to Linux the death
    of that thread is the death of the parent."""
    return [sys.executable, "-P", "-m", "summarize.evaluation.child", module, str(os.getpid())]


def main() -> None:
    module, parent = sys.argv[1:]
    end_with(int(parent))
    import_module(f"summarize.evaluation.{module}").main()


if __name__ == "__main__":
    main()
