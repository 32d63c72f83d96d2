"""`summarize bench [DATA]`: ROUGE, runtime and memory of several models side by side."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarize.commands import options as shared
from summarize.commands.results import (
    cache_folder,
    check_folder,
    check_form,
    check_pictures,
    going_on,
    print_result,
    save_result,
    write_reports,
)
from summarize.errors import DataError, OptionError, did_you_mean
from summarize.files import write_text
from summarize.views.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Callable

HELP = """Measure models on documents with reference summaries: ROUGE with confidence intervals,
time, memory, and how much they invent.

DATA is .jsonl (.gz, .xz) with document and summary (or references), or the org/name of a data set
on the Hugging Face hub. Without it, the documents that come with summarize are used. An interrupted
run continues when the same command is run again. The model "oracle" is the best single sentence,
chosen with the reference in hand.

Examples:

\b
  summarize bench --limit 20
  summarize bench my.jsonl -m lead -m attention -o bench.json --html bench.html
"""


def bench(
    context: typer.Context,
    data: Annotated[str | None, typer.Argument(metavar="DATA", hidden=True)] = None,
    model: shared.Models = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Use only the first N documents.")
    ] = None,
    style: shared.Style = None,
    length: shared.Length = None,
    overflow: shared.Overflow = None,
    long: shared.Long = None,
    mode: shared.Mode = None,
    beam_size: shared.BeamSize = None,
    max_tokens: shared.MaxTokens = None,
    min_tokens: shared.MinTokens = None,
    length_penalty: shared.LengthPenalty = None,
    no_repeat_ngram_size: shared.NoRepeat = None,
    buckets: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...", help="Group by document length in words. Default: quartiles."
        ),
    ] = None,
    batch_size: Annotated[
        int,
        typer.Option(metavar="N", help="Documents per batch; 1 measures the latency of one."),
    ] = 1,
    processes: Annotated[
        int, typer.Option(metavar="N", help="Processes per model, with one thread each.")
    ] = 1,
    threads: shared.Threads = None,
    split: Annotated[str, typer.Option(metavar="NAME", help="Split of a hub data set.")] = "test",
    device: shared.Device = None,
    offline: shared.Offline = False,
    as_json: shared.AsJson = False,
    as_csv: shared.AsCsv = False,
    as_markdown: shared.AsMarkdown = False,
    output: shared.Output = None,
    summaries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write every summary to this file, as JSON Lines."),
    ] = None,
    html: shared.Html = None,
    png: shared.Png = None,
    fresh: shared.Fresh = False,
    quiet: shared.Quiet = False,
) -> int:
    form = check_form(as_json, as_csv, as_markdown)
    for path in (output, summaries):
        check_folder(path)
    check_pictures(html, png)
    from summarize.evaluation.bench import Plan, asked_of
    from summarize.evaluation.bench import bench as run
    from summarize.evaluation.data import read_data
    from summarize.evaluation.environment import command_line
    from summarize.evaluation.journal import Journal

    if limit is not None and limit < 1:
        raise OptionError(f"--limit is {limit}; it must be 1 or more")
    check_data(data)
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    options = shared.chosen(context.params)
    del options["batch_size"]  # how fast, not what
    plan = Plan(
        models=model or default_models(quiet),
        data=read_data(data, limit, split),
        options={
            name: v for name, v in shared.chosen(context.params).items() if name != "batch_size"
        },
        load={"offline": True} if offline else {},
        batch_size=batch_size,
        processes=processes,
        threads=threads,
        buckets=parse_buckets(buckets),
        device=device,
    )
    journal = Journal(cache_folder("bench"))
    if fresh:
        for name in plan.models:
            journal.forget(asked_of(name, plan))
    with progress(plan.models, len(plan.data.rows), quiet) as told:
        with going_on(journal):
            result, answers = run(plan, journal, told)
    result = replace(result, command=command_line("summarize"))
    save_result(result, output)
    if summaries is not None:
        write_text(summaries, "".join(summary_lines(plan.data.rows, answers)))
    write_reports([result], html, png)  # before printing, which may find its reader gone
    print_result(result, form)
    journal.clear()
    return 0


def check_data(data: str | None) -> None:
    """A name with a slash could be a data set of the hub; what lies in a folder here is not."""
    folder, name = os.path.split(data or "")
    is_named_like_one = os.path.splitext(name)[1] in (".jsonl", ".json", ".gz", ".xz", ".csv")
    if not data or os.path.exists(data) or not (os.path.isdir(folder or ".") or is_named_like_one):
        return
    names = os.listdir(folder or ".") if os.path.isdir(folder or ".") else []
    near = did_you_mean(name, names)
    raise DataError(f"{data}: no such file{near or '; DATA is a .jsonl file, or org/name'}")


def default_models(quiet: bool) -> list[str]:
    """Those that ship; the transformer only where its packages are installed."""
    names = ["lead", "seq2seq", "attention", "transformer"]  # as the story tells them
    if find_spec("torch") and find_spec("transformers"):
        return names
    if not quiet:
        print(
            'summarize: without transformer; it needs the extra "transformers" (README, Install)',
            file=sys.stderr,
        )
    return [name for name in names if name != "transformer"]


def parse_buckets(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        ends = tuple(int(part) for part in text.split(","))
    except ValueError:
        ends = ()
    if not ends or min(ends) < 1:
        raise OptionError(f"--buckets is {text!r}; give numbers of words, as in 75,125,200")
    return ends


def summary_lines(rows: list[Any], answers: dict[str, list[Any]]) -> list[str]:
    return [
        json.dumps(
            {"id": row.id, "model": model, "summary": found["text"], "seconds": found["seconds"]},
            ensure_ascii=False,
        )
        + "\n"
        for model, several in answers.items()
        for row, found in zip(rows, several, strict=True)
    ]


class progress:
    """A bar for each model on a terminal; elsewhere a line when a model is done."""

    def __init__(self, models: list[str], documents: int, quiet: bool) -> None:
        self.documents, self.quiet = documents, quiet
        self.live = sys.stderr.isatty() and not quiet
        self.started: dict[str, float] = {}
        self.models = models

    def __enter__(self) -> Callable[[str, int], None]:
        if self.live:
            from rich.console import Console
            from rich.progress import Progress

            self.bar = Progress(console=Console(stderr=True), transient=True)
            self.bar.start()
            self.tasks = {
                m: self.bar.add_task(m.replace("[", r"\["), total=self.documents)
                for m in self.models
            }
        return self.told

    def told(self, model: str, done: int) -> None:
        self.started.setdefault(model, time.monotonic())
        if self.live:
            self.bar.update(self.tasks[model], completed=done)
        elif done == self.documents and not self.quiet:
            seconds = time.monotonic() - self.started[model]
            print(
                f"summarize: {visible(model)}: {done:,} documents, {seconds:.0f} s", file=sys.stderr
            )

    def __exit__(self, *error: object) -> None:
        if self.live:
            self.bar.stop()
