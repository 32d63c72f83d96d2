"""`summarize batch INPUT... -o OUT`: a directory or a corpus, each document exactly once."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarize.commands import options as shared
from summarize.commands.notices import note
from summarize.commands.progress import Progress as Line
from summarize.commands.settings import load_settings
from summarize.errors import OptionError, SummarizeError
from summarize.models.registry import DEFAULT_MODEL
from summarize.options import Options
from summarize.pipeline.run import load_summarizer

if TYPE_CHECKING:
    from summarize.corpus.job import Count, Job, Result, Totals
    from summarize.corpus.manifest import Asked
    from summarize.corpus.processes import Progress
    from summarize.pipeline.run import Summarizer

HELP = """Summarize many documents into a directory, on every core or on a Ray cluster.

INPUT is a directory, files, JSON Lines (.gz, .xz), CSV or Parquet. In a directory, hidden files and
links to directories are skipped. OUT gets a record for each document: id, source, and what
summarize --json prints, or the error. The same command continues an interrupted run.

Examples:

\b
  summarize batch mails --glob '*.eml' -o summaries
  summarize batch abstracts.parquet --field abstract --id-field doi -o summaries
"""

# The options are tried on it before any document is read.
TRIAL = "This is a short sentence."

Inputs = Annotated[list[str], typer.Argument(metavar="INPUT", hidden=True)]
Out = Annotated[
    Path, typer.Option("-o", "--output", metavar="OUT", help="The directory to write to.")
]
Globs = Annotated[
    list[str] | None,
    typer.Option(
        "--glob",
        metavar="PATTERN",
        help="In directories, only files that match: '*.eml'. May be repeated.",
    ),
]
IdField = Annotated[
    str | None,
    typer.Option(
        "--id-field",
        metavar="NAME",
        help="Where the id is in each row. Default: id, if there is one.",
    ),
]
Form = Annotated[
    str,
    typer.Option("--format", metavar="[jsonl|parquet]", help="Write .jsonl.gz or .parquet files."),
]
ShardSize = Annotated[
    int | None,
    typer.Option("--shard-size", metavar="N", help="Documents in each file. Default: 10 to 1,000."),
]
Processes = Annotated[
    int | None,
    typer.Option(
        "--processes", metavar="N", help="How many processes. Default: one for each core."
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        "--engine", metavar="[local|ray]", help="Work on this machine's cores, or on a Ray cluster."
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="HOST:PORT",
        help="Address of a Ray cluster; without it, one is started locally.",
    ),
]
Restart = Annotated[
    bool, typer.Option("--restart", help="Remove what an earlier run wrote to OUT, and start over.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Count the documents, and stop.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the totals as JSON.")]


def batch(
    context: typer.Context,
    inputs: Inputs,
    output: Out,
    model: shared.Model = None,
    length: shared.Length = None,
    style: shared.Style = None,
    mode: shared.Mode = None,
    sentences: shared.Sentences = None,
    ratio: shared.Ratio = None,
    overflow: shared.Overflow = None,
    glob: Globs = None,
    field: shared.Field = None,
    id_field: IdField = None,
    encoding: shared.Encoding = None,
    form: Form = "jsonl",
    shard_size: ShardSize = None,
    processes: Processes = None,
    engine: Engine = "local",
    address: Address = None,
    restart: Restart = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    beam_size: shared.BeamSize = None,
    max_tokens: shared.MaxTokens = None,
    min_tokens: shared.MinTokens = None,
    length_penalty: shared.LengthPenalty = None,
    no_repeat_ngram_size: shared.NoRepeat = None,
    seed: shared.Seed = None,
    revision: shared.Revision = None,
    device: shared.Device = None,
    offline: shared.Offline = False,
    quiet: shared.Quiet = False,
) -> int:
    check(form, engine, address, shard_size, processes, encoding)
    from summarize.corpus.job import Job, count, run
    from summarize.corpus.work import one_thread

    if not dry_run:
        one_thread()  # before NumPy is loaded: a process has one core
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    asked = question(context.params)
    job = Job(output, asked, shard_size, restart, engine, processes, address)
    if dry_run:
        print_count(count(job), job, as_json)
        return 0
    summarizer = load(asked, offline)
    watch = Watch(Line(not quiet, 0))
    try:
        result = run(job, summarizer, watch)
    except (KeyboardInterrupt, SystemExit) as stopped:
        watch.line.clear()
        note("interrupted; the same command continues from here")
        if engine == "ray":  # which would wait for its processes
            code = getattr(stopped, "code", 130)
            os._exit(code if isinstance(code, int) else 1)
        raise
    except SummarizeError as error:
        if watch.total:
            error.args = (f"{error}; what is finished is kept, and the same command continues",)
        raise
    finally:
        watch.line.clear()
    report(result, job, as_json, quiet)
    return 1 if result.totals.errors else 0


def check(
    form: str,
    engine: str,
    address: str | None,
    shard_size: int | None,
    processes: int | None,
    encoding: str | None,
) -> None:
    """Refuse before the work what would fail in it. Raises OptionError."""
    from summarize.corpus.job import ENGINES
    from summarize.corpus.rows import require_pyarrow
    from summarize.corpus.shards import FORMATS
    from summarize.document.read import check_encoding

    for option, value, known in (("format", form, FORMATS), ("engine", engine, ENGINES)):
        if value not in known:
            raise OptionError(f"--{option} is {value!r}; use {' or '.join(known)}")
    for option, number in (("shard-size", shard_size), ("processes", processes)):
        if number is not None and number < 1:
            raise OptionError(f"--{option} is {number}; it must be 1 or more")
    if address is not None and engine != "ray":
        raise OptionError("--address is for a Ray cluster; add --engine ray")
    check_encoding(encoding)
    if form == "parquet":
        require_pyarrow("--format parquet")
    if engine == "ray":
        from summarize.corpus.cluster import require_ray

        require_ray()


def question(params: dict[str, Any]) -> Asked:
    """All that the output depends on; what was not typed comes from the settings."""
    from summarize import __version__
    from summarize.corpus.manifest import Asked, fingerprint

    settings = load_settings()
    model = params["model"] or settings.model or DEFAULT_MODEL
    options = shared.chosen(params)
    if settings.length is not None:
        options.setdefault("length", settings.length)
    if settings.style is not None and params["model"] is None:
        options.setdefault("style", settings.style)
    Options(**options)
    names = [name.rstrip("/") or "/" for name in params["inputs"]]
    return Asked(
        version=__version__,
        model=model,
        model_sha256=fingerprint(model),
        revision=params["revision"],
        device=params["device"],
        options=options,
        names=names,
        globs=params["glob"] or [],
        field=params["field"],
        id_field=params["id_field"],
        encoding=params["encoding"],
        format=params["form"],
    )


def load(asked: Asked, offline: bool) -> Summarizer:
    """The model. What it has no use for is refused here, once, and not for each document."""
    summarizer = load_summarizer(
        asked.model, revision=asked.revision, device=asked.device, offline=offline
    )
    summarizer.summarize([TRIAL], Options(**asked.options))
    return summarizer


class Watch:
    """A line on a terminal: how many are done, how fast, how long it will take, how many failed."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.started = time.monotonic()
        self.total = self.before = 0

    def counted(self, files: int, documents: int) -> None:
        self.line.line(f"counting: {documents:,} documents in {files:,} files")

    def planned(self, documents: int, totals: Totals) -> None:
        self.started = time.monotonic()
        self.total, self.before = documents, totals.documents

    def moved(self, totals: Totals, progress: Progress) -> None:
        done = totals.documents + progress.documents
        errors = totals.errors + progress.errors
        seconds = max(time.monotonic() - self.started, 0.001)
        rate = (done - self.before) / seconds
        parts = [f"{done:,} of {self.total:,} documents"]
        if rate > 0:
            parts += [f"{rate:,.1f} a second" if rate < 10 else f"{rate:,.0f} a second"]
            parts += [f"{duration((self.total - done) / rate)} left"]
        if errors:
            parts.append(f"{errors:,} failed")
        self.line.line(", ".join(parts))


def report(result: Result, job: Job, as_json: bool, quiet: bool) -> None:
    """What came of the run: on stderr for people, on stdout for machines."""
    totals, new = result.totals, result.totals.documents - result.before
    rate = new / max(result.seconds, 0.001)
    if as_json:
        values = {
            "schema_version": 1,
            "kind": "batch",
            "output": str(job.out),
            "documents": totals.documents,
            "summaries": totals.documents - totals.errors,
            "errors": totals.errors,
            "finished_before": result.before,
            "seconds": round(result.seconds, 3),
            "documents_per_second": round(rate, 2),
            "processes": result.processes,
            "cpu_seconds": round(totals.cpu_seconds, 3),
            "documents_per_cpu_second": round(totals.documents / max(totals.cpu_seconds, 0.001), 2),
            "peak_memory_bytes": totals.peak_memory_bytes,
            "shards": totals.shards,
            "bytes": totals.bytes,
            "first_errors": totals.messages,
        }
        print(json.dumps(values, indent=1))
        return
    for message in totals.messages:
        note(message)
    if totals.errors > len(totals.messages):
        note(f"... and {totals.errors - len(totals.messages):,} more errors; they are in {job.out}")
    if quiet:
        return
    if not new:
        note(f"nothing left to do: {job.out} holds {many(totals.documents, 'document')}")
        return
    before = f", {result.before:,} of them before" if result.before else ""
    note(
        f"{many(totals.documents, 'document')}{before}, {totals.errors:,} failed; "
        f"{duration(result.seconds)}, {rate:,.1f} a second; "
        f"{job.out} has {many(totals.shards, 'file')}, {size(totals.bytes)}"
    )


def print_count(found: Count, job: Job, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"schema_version": 1, "kind": "batch-count", **vars(found)}, indent=1))
        return
    print(
        f"{many(found.documents, 'document')} in {many(found.files, 'file')}, "
        f"{size(found.bytes)}; {many(found.shards, 'shard')} of {found.shard_size:,}"
    )
    if found.finished:
        print(f"{many(found.finished, 'document')} are finished in {job.out}")


def many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(count: int) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            break
        count /= 1024  # type: ignore[assignment]
    return f"{count:,} bytes" if unit == "bytes" else f"{count:,.1f} {unit}"
