"""One shard: read its documents, summarize them, write the records. Both engines do this.

A document that makes the model fail becomes an error record; the others of its group are then
summarized one by one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from summarize.corpus.items import Care, Corpus, Item, printable
from summarize.corpus.manifest import INPUTS, Finished, Manifest, is_current, read_manifest
from summarize.corpus.shards import Record, error_record, record_of, shard_path, write_shard
from summarize.document.document import Document
from summarize.errors import DataError, first_line
from summarize.files import write_with
from summarize.options import Options
from summarize.pipeline.run import Summarizer, load_summarizer

GROUP, GROUP_CHARACTERS = 64, 1_000_000  # documents, and text, that are in memory at once
SHOWN = 3  # messages of errors that are kept for the end of the run

# Told how many documents of the shard are done, and how many of them are errors.
Tell = Callable[[int, int], None]


class Worker:
    """Does shards of one run, with a model that is loaded once."""

    def __init__(self, out: Path, manifest: Manifest, summarizer: Summarizer) -> None:
        self.out, self.manifest, self.summarizer = out, manifest, summarizer
        self.corpus = Corpus(out / INPUTS, manifest.asked.question())

    def run(self, shard: int, tell: Tell, care: Care | None = None) -> Finished:
        """Write one shard; with care, document by document. Raises OutputError if the shard can't
        be written."""
        started = time.process_time()
        first, count = self.manifest.bounds(shard)
        items = self.corpus.items(first, count, care)
        size = GROUP if care is None else 1
        counts = Counts(tell)
        asked = self.manifest.asked

        def records() -> Iterator[Record]:
            for group in groups(items, size):
                found = self.summarize(group)
                yield from found
                counts.add(found)

        def write(temporary: Path) -> None:
            write_shard(temporary, asked.format, records())
            if not is_current(self.out, self.manifest.run):
                raise DataError(f"{self.out} now belongs to another run; this one stops")

        path = shard_path(self.out, shard, asked.format)
        write_with(path, write)
        return Finished(
            shard,
            counts.documents,
            counts.errors,
            path.stat().st_size,
            round(time.process_time() - started, 3),
            peak_memory(),
            tuple(counts.messages),
        )

    def summarize(self, group: list[Item]) -> list[Record]:
        """A record for each, in order."""
        documents = [i.document for i in group if isinstance(i.document, Document)]
        options = Options(**self.manifest.asked.options)
        try:
            summaries = iter(self.summarizer.summarize(documents, options) if documents else ())
        except Exception as error:  # whatever a document provokes is data
            if len(group) == 1:
                return [error_record(group[0], error, printable(first_line(error)))]
            return [record for item in group for record in self.summarize([item])]
        return [
            record_of(item, next(summaries))
            if isinstance(item.document, Document)
            else error_record(item, item.document, str(item.document))
            for item in group
        ]


class Counts:
    """Of the shard that is being written."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.documents = self.errors = 0
        self.messages: list[str] = []

    def add(self, records: list[Record]) -> None:
        failed = [record["error"]["message"] for record in records if "error" in record]
        self.documents += len(records)
        self.errors += len(failed)
        self.messages += failed[: SHOWN - len(self.messages)]
        self.tell(self.documents, self.errors)


def groups(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    """At most `size` documents and about GROUP_CHARACTERS at a time."""
    group: list[Item] = []
    characters = 0
    for item in items:
        group.append(item)
        if isinstance(item.document, Document):
            characters += len(item.document.text)
        if len(group) == size or characters >= GROUP_CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group


def load(manifest: Manifest) -> Summarizer:
    """The model that was asked for."""
    asked = manifest.asked
    return load_summarizer(asked.model, revision=asked.revision, device=asked.device)


def open_worker(out: Path, run: str) -> Worker:
    """For a process that was told nothing else. Raises DataError where `out` is not what it was."""
    manifest = read_manifest(out)
    if manifest is None or manifest.run != run:
        raise DataError(
            f"{out} is not the same directory on every machine; name one that they share"
        )
    return Worker(out, manifest, load(manifest))


def one_thread() -> None:
    """Matrix products of this process take one core, now and in libraries yet to be loaded."""
    import os

    from summarize.threads import THREADS

    os.environ.update(dict.fromkeys(THREADS, "1"), TOKENIZERS_PARALLELISM="false")
    with suppress(ImportError):
        from threadpoolctl import threadpool_limits

        threadpool_limits(1)


def peak_memory() -> int:
    """Bytes that this process has held at most; what it shares with its parent counts too."""
    with suppress(OSError, IndexError, ValueError):
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    try:
        import resource
        import sys
    except ImportError:  # Windows
        return 0
    used: Any = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(used if sys.platform == "darwin" else used * 1024)
