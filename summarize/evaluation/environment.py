"""What must be known to compare a measurement with another: machine, threads, versions."""

from __future__ import annotations

import os
import platform
import re
import shlex
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from summarize.threads import THREADS, available

PACKAGES = (
    "summarize",
    "numpy",
    "tokenizers",
    "rouge-score",
    "sentencex",
    "torch",
    "transformers",
)


def environment(threads: int | None = None) -> dict[str, Any]:
    """CPU, cores, threads, memory, system, Python, and versions of what is installed."""
    return {
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "threads": threads or available(),
        "memory_bytes": memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := installed(name))},
    }


def how_measured(threads: int | None = None) -> dict[str, Any]:
    """What the result of a script says first: its command, the date and the machine."""
    return {
        "command": command_line("python", sys.argv[0]),
        "date": time.strftime("%Y-%m-%d"),
        "environment": environment(threads),
    }


def cpu() -> str:
    known = Path("/proc/cpuinfo")
    if known.exists():
        names = re.findall(r"model name\s*: (.*)", known.read_text(errors="replace"))
        if names:
            return str(names[0])
    return platform.processor() or platform.machine()


def memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):  # not on this system
        return None


def child_environment(threads: int | None) -> dict[str, str]:
    """For a child process of ours (python -P -m summarize...), which may use so many threads.

    It finds this package wherever it was found here, and nothing that lies in the directory.
    """
    here = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
    limits = dict.fromkeys(THREADS, str(threads)) if threads else {}
    return os.environ | limits | {"PYTHONPATH": paths}


def peak_memory() -> int:
    """Bytes that this process has held at most.

    On Linux from /proc: getrusage counts what the parent held before it started this process.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text())
        if found:
            return int(found[1]) * 1024
    import resource
    import sys

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def command_line(*program: str) -> str:
    """The program and its arguments as typed, but for where on this machine the files lie."""
    typed = [*program, *sys.argv[1:]]
    shown = (Path(part).name if os.path.isabs(part) else part for part in typed)
    return shlex.join(shown)
