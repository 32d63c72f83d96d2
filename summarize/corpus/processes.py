"""Engine: processes of this machine, one core each. The model is loaded once.

On Linux they are forked from the process that loaded it and share its pages; a model in PyTorch,
which does not survive a fork, is loaded in each. A process that dies is replaced. Its shard is done
again, and if that kills another one, document by document, to find which.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Generator, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple

from summarize.corpus.items import Care
from summarize.corpus.manifest import Finished, Manifest
from summarize.corpus.shards import shard_path
from summarize.corpus.work import Worker, one_thread, open_worker
from summarize.errors import SummarizeError
from summarize.files import remove_dead
from summarize.pipeline.run import Summarizer

DEATHS = 2  # of processes at one shard, or at one document, before it is taken for the cause
STARTS = 3  # of processes that die before they begin
GIVE_UP = 10  # deaths at one shard that no document explains
PAUSE = 0.5  # seconds after which the terminal is drawn again, news or none


class Progress(NamedTuple):
    """Documents and errors of shards that are being done."""

    documents: int
    errors: int


class Failure(NamedTuple):
    """An error that ends the run: no document caused it."""

    message: str
    exit_code: int


def cores() -> int:
    """Those that this process may use, by affinity and by the limit of its container."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        count = min(count or 1, max(1, int(quota) // int(period)))  # "max" is no number
    return count or 1


def run_processes(
    out: Path, manifest: Manifest, pending: Iterator[int], count: int, summarizer: Summarizer | None
) -> Generator[Finished | Progress, None, None]:
    """Finished shards in any order, and progress in between. Raises SummarizeError."""
    can_fork = sys.platform == "linux" and not {"torch", "ray"} & set(sys.modules)
    crew = Crew(out, manifest, pending, summarizer if can_fork else None)
    try:
        crew.start(count)
        while crew.members:
            yield from crew.hear()
            yield crew.progress()
    finally:
        crew.stop()


class Member:
    """A process, and what is known of its work."""

    def __init__(self, process: Any, pipe: Connection) -> None:
        self.process, self.pipe = process, pipe
        self.is_ready = False
        self.shard: int | None = None
        self.place = -1  # of the document, where they are done one by one
        self.progress = Progress(0, 0)


class Crew:
    """The processes that work at present. With a summarizer they are forked, else spawned."""

    def __init__(
        self, out: Path, manifest: Manifest, pending: Iterator[int], summarizer: Summarizer | None
    ) -> None:
        self.out, self.manifest, self.summarizer = out, manifest, summarizer
        self.pending = pending
        self.again: list[int] = []  # shards whose process died
        self.members: list[Member] = []
        self.failed_starts = 0
        self.deaths: dict[int, int] = {}  # by shard
        self.deadly: dict[tuple[int, int], int] = {}  # deaths by shard and place
        self.context: Any = get_context("spawn" if summarizer is None else "fork")

    def start(self, count: int) -> None:
        for _ in range(count):
            self.members.append(self.hire())

    def hire(self) -> Member:
        ours, theirs = self.context.Pipe()
        others = [member.pipe for member in self.members]
        if self.summarizer is None:
            arguments: tuple[Any, ...] = (theirs, os.getpid(), self.out, self.manifest.run)
            process = self.context.Process(target=spawned, args=arguments, daemon=True)
        else:
            worker = Worker(self.out, self.manifest, self.summarizer)
            arguments = (theirs, os.getpid(), worker, [ours, *others])
            process = self.context.Process(target=forked, args=arguments, daemon=True)
        with warnings.catch_warnings():
            # Idle threads of NumPy's matrix library; it starts its own anew in the child.
            warnings.filterwarnings("ignore", "(?s).*multi-threaded.*fork", DeprecationWarning)
            process.start()
        theirs.close()
        return Member(process, ours)

    def hear(self) -> Iterator[Finished]:
        """Wait for news, and answer each."""
        of = {member.pipe: member for member in self.members}
        for pipe in wait(list(of), PAUSE):
            member = of[pipe]  # type: ignore[index]
            try:
                message = member.pipe.recv()
            except (EOFError, OSError):
                self.bury(member)
                continue
            if isinstance(message, Failure):
                error = SummarizeError(message.message)
                error.exit_code = message.exit_code
                raise error
            if isinstance(message, Progress):
                member.progress = message
            elif isinstance(message, int):
                member.place = message
            else:
                member.is_ready = True
                member.shard, member.progress, member.place = None, Progress(0, 0), -1
                if isinstance(message, Finished):
                    yield message
                self.give(member)

    def give(self, member: Member) -> None:
        """The next shard; where there is none, the member may go."""
        shard = self.again.pop() if self.again else next(self.pending, None)
        task = None
        if shard is not None:
            is_careful = self.deaths.get(shard, 0) >= DEATHS
            places = {
                place: f"it ended the process {deaths} times (out of memory?)"
                for (number, place), deaths in self.deadly.items()
                if number == shard and deaths >= DEATHS
            }
            task = (shard, is_careful, places)
        member.shard = shard
        with suppress(OSError):  # it has died: that is heard next
            member.pipe.send(task)
        if shard is None:
            self.members.remove(member)
            member.process.join()
            member.pipe.close()

    def bury(self, member: Member) -> None:
        """A process has died: another takes its place and its shard."""
        member.process.join()
        member.pipe.close()
        self.members.remove(member)
        if not member.is_ready:
            self.failed_starts += 1
            if self.failed_starts >= STARTS:
                code = member.process.exitcode
                raise SummarizeError(f"processes end as soon as they start (exit code {code})")
        if member.shard is not None:
            self.again.append(member.shard)
            self.deaths[member.shard] = self.deaths.get(member.shard, 0) + 1
            if member.place >= 0:
                where = (member.shard, member.place)
                self.deadly[where] = self.deadly.get(where, 0) + 1
            elif self.deaths[member.shard] >= GIVE_UP:
                raise SummarizeError(f"processes end before they write shard {member.shard}")
        self.members.append(self.hire())

    def progress(self) -> Progress:
        documents = sum(member.progress.documents for member in self.members)
        return Progress(documents, sum(member.progress.errors for member in self.members))

    def stop(self) -> None:
        """At once: a shard is whole or it is not there."""
        for member in self.members:
            member.process.kill()
        for member in self.members:
            member.process.join()
            member.pipe.close()
            if member.shard is not None:
                with suppress(OSError):
                    form = self.manifest.asked.format
                    remove_dead(shard_path(self.out, member.shard, form))
        self.members = []


# --- in the child ------------------------------------------------------------------------------


def forked(pipe: Connection, parent: int, worker: Worker, others: list[Connection]) -> None:
    for other in others:  # else they would stay open when the parent is gone
        other.close()
    settle(parent)
    work(pipe, parent, worker)


def spawned(pipe: Connection, parent: int, out: Path, run: str) -> None:
    settle(parent)
    try:
        worker = open_worker(out, run)
    except SummarizeError as error:
        pipe.send(Failure(str(error), error.exit_code))
        return
    work(pipe, parent, worker)


def settle(parent: int) -> None:
    """The parent alone hears the terminal, and if it is killed, this process dies too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    check_parent(parent)
    one_thread()


def check_parent(parent: int) -> None:
    if os.getppid() != parent:
        os._exit(1)


def work(pipe: Connection, parent: int, worker: Worker) -> None:
    """Shards as they are given, until None is."""

    def tell(documents: int, errors: int) -> None:
        check_parent(parent)
        pipe.send(Progress(documents, errors))

    pipe.send(None)
    with suppress(EOFError, BrokenPipeError):  # the parent is gone
        while task := pipe.recv():
            shard, is_careful, deadly = task
            try:
                done = worker.run(shard, tell, Care(pipe.send, deadly) if is_careful else None)
            except SummarizeError as error:
                pipe.send(Failure(str(error), error.exit_code))
                return
            except Exception as error:  # a fault of ours, and none of a document
                pipe.send(Failure(f"shard {shard}: {type(error).__name__}: {error}", 1))
                return
            pipe.send(done)
