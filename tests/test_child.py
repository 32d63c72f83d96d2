"""Children of a measurement end with their parent, even with one that is killed."""

from __future__ import annotations

import os
import select
import subprocess
import sys

import pytest
from conftest import ROOT

# Starts workers that wait for a job, prints their process ids, and waits for their end.
PARENT = """
import os, subprocess, sys
from summarize.evaluation import child
workers = [subprocess.Popen(command, stdin=subprocess.PIPE) for command in (COMMANDS)]
print(*(worker.pid for worker in workers), flush=True)
for worker in workers:
    worker.wait()
"""
# As on other systems, where the child itself looks for its parent.
ELSEWHERE = """
import sys
sys.platform = "elsewhere"
from summarize.evaluation import child
child.main()
"""
COMMANDS = [  # as on Linux, and as elsewhere
    'child.command("worker")',
    f"[sys.executable, '-c', {ELSEWHERE!r}, 'worker', str(os.getpid())]",
]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux's pidfd_open")
def test_children_end_with_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.replace("COMMANDS", ", ".join(COMMANDS))],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert parent.stdout is not None
    workers = [os.pidfd_open(int(number)) for number in parent.stdout.readline().split()]
    try:
        parent.kill()
        parent.wait()
        for worker in workers:
            assert select.select([worker], [], [], 60)[0]
    finally:
        for worker in workers:
            os.close(worker)
        parent.stdout.close()
