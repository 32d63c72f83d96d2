"""`summarize bench [DATA]`: ROUGE, runtime and memory of several models side by side."""

from __future__ import annotations

import json
import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarize.commands.results import (
    AsCsv,
    AsJson,
    AsMarkdown,
    Fresh,
    Html,
    Output,
    Png,
    cache_folder,
    check_folder,
    check_form,
    check_pictures,
    going_on,
    print_result,
    write_reports,
)
from summarize.errors import OptionError
from summarize.files import write_text
from summarize.views.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Callable

HELP = """Measure models on documents with reference summaries: ROUGE with intervals, seconds,
memory, and how much they invent.

DATA is .jsonl (.gz, .xz) with document and summary (or references), or org/name of a data set on
the Hugging Face hub; without it, the documents that come with summarize. Interrupted, the same
command goes on. The model oracle is the best single sentence, which no summarizer can know."""


def bench(
    data: Annotated[str | None, typer.Argument(metavar="DATA")] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("-m", "--model", help="As for summarize; once for each. Default: all ours."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="The first so many documents, for a quick look.")
    ] = None,
    style: Annotated[
        str | None, typer.Option(help="title or tldr, instead of each row's own.")
    ] = None,
    long: Annotated[
        str | None, typer.Option(help="As for summarize; by default truncate: one reading.")
    ] = None,
    mode: Annotated[
        str | None, typer.Option(help="As for summarize; by default abstractive.")
    ] = None,
    beam_size: Annotated[int | None, typer.Option(help="As for summarize.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="As for summarize.")] = None,
    min_tokens: Annotated[int | None, typer.Option(help="As for summarize.")] = None,
    length_penalty: Annotated[float | None, typer.Option(help="As for summarize.")] = None,
    no_repeat_ngram_size: Annotated[int | None, typer.Option(help="As for summarize.")] = None,
    buckets: Annotated[
        str | None,
        typer.Option(help="Where to cut by length, in words: 75,125,200. Default: quarters."),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(help="Documents read together; 1 measures the wait for one.")
    ] = 1,
    processes: Annotated[
        int, typer.Option(help="At a time for a model, one thread each; for many documents.")
    ] = 1,
    threads: Annotated[int | None, typer.Option(help="For each process; default: all.")] = None,
    split: Annotated[str, typer.Option(help="Of a data set on the hub.")] = "test",
    device: Annotated[str | None, typer.Option(help="cpu, cuda or mps, for transformers.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Download nothing.")] = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    output: Output = None,
    summaries: Annotated[
        Path | None, typer.Option(help="Write every summary to this file, as JSON Lines.")
    ] = None,
    html: Html = None,
    png: Png = None,
    fresh: Fresh = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")] = False,
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
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    asked = {
        "style": style,
        "long": long,
        "mode": mode,
        "beam_size": beam_size,
        "max_tokens": max_tokens,
        "min_tokens": min_tokens,
        "length_penalty": length_penalty,
        "no_repeat_ngram_size": no_repeat_ngram_size,
    }
    plan = Plan(
        models=model or default_models(quiet),
        data=read_data(data, limit, split),
        options={name: value for name, value in asked.items() if value is not None},
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
    result = {"command": command_line("summarize"), **result}
    if output is not None:
        write_text(output, json.dumps(result, indent=1) + "\n")
    if summaries is not None:
        write_text(summaries, "".join(summary_lines(plan.data.rows, answers)))
    print_result(result, form)
    write_reports([result], html, png)
    journal.clear()
    return 0


def default_models(quiet: bool) -> list[str]:
    """All that ship; the transformer where its packages are installed."""
    names = ["lead", "seq2seq", "attention", "transformer"]  # as the story tells them
    if find_spec("torch") and find_spec("transformers"):
        return names
    if not quiet:
        print(
            "summarize: without transformer, which needs: pip install 'summarize[transformers]'",
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
