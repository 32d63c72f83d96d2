"""Children of a measurement end with their parent, even with one that is killed."""

from __future__ import annotations

import os
import select
import subprocess
import sys

import pytest
from conftest import ROOT

# Starts a worker that waits for its job, prints its process id, and waits for its end.
PARENT = """
import os, subprocess, sys
from summarize.evaluation import child
process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE)
print(process.pid, flush=True)
process.wait()
"""
# As on other systems, where the child itself looks for its parent.
ELSEWHERE = """
import sys
sys.platform = "elsewhere"
from summarize.evaluation import child
child.main()
"""
COMMANDS = {
    "Linux": 'child.command("worker")',
    "elsewhere": f"[sys.executable, '-c', {ELSEWHERE!r}, 'worker', str(os.getpid())]",
}


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux's pidfd_open")
@pytest.mark.parametrize("system", COMMANDS)
def test_a_child_ends_with_a_parent_that_is_killed(system: str) -> None:
    code = PARENT.replace("COMMAND", COMMANDS[system])
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert parent.stdout is not None
    worker = os.pidfd_open(int(parent.stdout.readline()))
    try:
        parent.kill()
        parent.wait()
        ended, _, _ = select.select([worker], [], [], 60)
        assert ended
    finally:
        os.close(worker)
        parent.stdout.close()
