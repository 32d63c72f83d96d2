"""A whole run: count the inputs, or find them as they were; do what is not finished yet."""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

from summarize.corpus.inputs import Input, Question, check, find, scan
from summarize.corpus.manifest import (
    INPUTS,
    LOCK,
    MANIFEST,
    Asked,
    Finished,
    Manifest,
    clear,
    difference,
    forget_tries,
    journal,
    read_finished,
    read_manifest,
    refuse_foreign,
    shard_size_for,
    write_manifest,
)
from summarize.corpus.processes import Progress, cores, run_processes
from summarize.corpus.work import SHOWN
from summarize.errors import DataError, OptionError
from summarize.files import locked, write_with
from summarize.pipeline.run import Summarizer

ANEW = "use --restart to start over, or another directory with -o"
ENGINES = ("local", "ray")


@dataclass(frozen=True)
class Job:
    """What to do, and by what means. The means do not change the output."""

    out: Path
    asked: Asked
    shard_size: int | None = None
    restart: bool = False
    engine: str = "local"
    processes: int | None = None
    address: str | None = None


@dataclass
class Totals:
    """Of everything that is finished, in this run or before."""

    documents: int = 0
    errors: int = 0
    shards: int = 0
    bytes: int = 0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    messages: tuple[str, ...] = ()

    def add(self, one: Finished) -> None:
        self.documents += one.documents
        self.errors += one.errors
        self.shards += 1
        self.bytes += one.bytes
        self.cpu_seconds += one.cpu_seconds
        self.peak_memory_bytes = max(self.peak_memory_bytes, one.peak_memory_bytes)
        self.messages = (*self.messages, *one.messages)[:SHOWN]


@dataclass(frozen=True)
class Count:
    """What there is to do."""

    files: int
    documents: int
    bytes: int
    shards: int
    shard_size: int
    finished: int  # documents


@dataclass(frozen=True)
class Result:
    totals: Totals
    before: int  # documents that were finished before this run
    seconds: float
    processes: int


class Watch(Protocol):
    """Is told how far the run is."""

    def counted(self, files: int, documents: int) -> None: ...
    def planned(self, documents: int, totals: Totals) -> None: ...
    def moved(self, totals: Totals, progress: Progress) -> None: ...


def run(job: Job, summarizer: Summarizer, watch: Watch) -> Result:
    """Do what is not finished. Raises SummarizeError; what is finished then stays so."""
    started = time.monotonic()
    with held(job):
        manifest = prepare(job, watch)
        finished = read_finished(job.out, manifest)
        forget_tries(job.out)
        totals = Totals()
        for number in sorted(finished):
            totals.add(finished[number])
        before = totals.documents
        left = manifest.shards - len(finished)
        watch.planned(manifest.documents, totals)
        processes = min(job.processes or processes_for(job.asked.device), left)
        pending = (shard for shard in range(manifest.shards) if shard not in finished)
        if left:
            with (
                journal(job.out) as lines,
                closing(events(job, manifest, pending, processes, summarizer)) as news,
            ):
                for event in news:
                    if isinstance(event, Finished):
                        lines.add(event)
                        totals.add(event)
                    watch.moved(totals, event if isinstance(event, Progress) else Progress(0, 0))
    return Result(totals, before, time.monotonic() - started, processes)


def processes_for(device: str | None) -> int:
    """One a core; on a graphics card one, which fills it."""
    return cores() if device in (None, "cpu") else 1


def events(
    job: Job, manifest: Manifest, pending: Iterator[int], processes: int, summarizer: Summarizer
) -> Generator[Finished | Progress, None, None]:
    if job.engine == "local":
        yield from run_processes(job.out, manifest, pending, processes, summarizer)
        return
    from summarize.corpus.cluster import run_ray

    # Ray passes on that work was lost, but not why. What is lost is done here, with more care.
    lost = set(pending)
    with closing(run_ray(job.out, manifest, sorted(lost), job.processes, job.address)) as news:
        for event in news:
            if isinstance(event, Finished):
                if event.shard not in lost:
                    continue
                lost.discard(event.shard)
            yield event
    if lost:
        count = min(processes, len(lost))
        yield from run_processes(job.out, manifest, iter(sorted(lost)), count, summarizer)


@contextmanager
def held(job: Job) -> Iterator[None]:
    """The output directory is ours, and nobody else's while we work."""
    if job.out.exists() and not job.out.is_dir():
        raise OptionError(f"--output {job.out} is a file; name a directory")
    if job.out.is_dir() and not (job.out / MANIFEST).exists():
        refuse_foreign(job.out)
    with locked(job.out / LOCK, "wait for it, or write to another directory with -o"):
        yield


def prepare(job: Job, watch: Watch) -> Manifest:
    """The manifest: the one that is there if it fits what is asked, else a new one."""
    question = job.asked.question()
    check(question)
    if job.restart:
        clear(job.out)
    manifest = read_manifest(job.out)
    if manifest is None:
        return begin(job, question, watch)
    changed = difference(manifest.asked, job.asked)
    if changed is None and job.shard_size not in (None, manifest.shard_size):
        changed = f"--shard-size was {manifest.shard_size} and is {job.shard_size} now"
    changed = changed or changed_input(job, manifest, question, watch)
    if changed is not None:
        raise DataError(f"{job.out} was started with other options or input: {changed}; {ANEW}")
    return manifest


def begin(job: Job, question: Question, watch: Watch) -> Manifest:
    """Count the inputs and write down what is to be done."""
    files = documents = size = 0
    digest = hashlib.sha256()

    def write(temporary: Path) -> None:
        nonlocal files, documents, size
        with temporary.open("wb") as listing:
            for path, kind in find(question, job.out):
                one = scan(path, kind, question)
                line = (json.dumps(one.to_dict()) + "\n").encode()
                listing.write(line)
                digest.update(line)
                files, documents, size = files + 1, documents + one.documents, size + one.bytes
                watch.counted(files, documents)

    write_with(job.out / INPUTS, write)
    if not documents:
        raise DataError(f"{' '.join(question.names)}: no documents{pattern(question)}")
    shard_size = job.shard_size or shard_size_for(documents)
    manifest = Manifest(
        uuid.uuid4().hex, job.asked, files, documents, size, digest.hexdigest(), shard_size
    )
    write_manifest(job.out, manifest)
    return manifest


def pattern(question: Question) -> str:
    return f" that match {' '.join(question.globs)}" if question.globs else ""


def changed_input(job: Job, manifest: Manifest, question: Question, watch: Watch) -> str | None:
    """The first input that is not what it was, for a message."""
    files = documents = 0
    digest = hashlib.sha256()
    try:
        with (job.out / INPUTS).open("rb") as lines:
            for found, line in zip_longest(find(question, job.out), lines):
                known = None if line is None else Input.from_dict(json.loads(line))
                if known is None or found is None:
                    return f"{known.path} is gone" if known else f"{found[0]} is new"
                path, kind = found
                if (path, kind) != (known.path, kind if known.error else known.kind):
                    is_new = path.split(os.sep) < known.path.split(os.sep)
                    return f"{path} is new" if is_new else f"{known.path} is gone"
                if scan(path, kind, question, known) != known:
                    return f"{path} has changed"
                digest.update(line)
                files, documents = files + 1, documents + known.documents
                watch.counted(files, documents)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"can't read {job.out / INPUTS} ({error}); {ANEW}") from None
    if digest.hexdigest() != manifest.inputs_sha256:
        raise DataError(f"{job.out / INPUTS} is damaged; {ANEW}")
    return None


def count(job: Job) -> Count:
    """What a run would do; nothing is written."""
    question = job.asked.question()
    check(question)
    files = documents = size = 0
    for path, kind in find(question, job.out):
        one = scan(path, kind, question)
        files, documents, size = files + 1, documents + one.documents, size + one.bytes
    manifest = read_manifest(job.out) if os.path.isdir(job.out) else None
    done = 0
    if manifest is not None and not job.restart and not difference(manifest.asked, job.asked):
        done = sum(one.documents for one in read_finished(job.out, manifest).values())
    shard_size = job.shard_size or shard_size_for(documents)
    return Count(files, documents, size, -(-documents // shard_size), shard_size, done)
