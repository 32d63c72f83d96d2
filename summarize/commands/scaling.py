"""`summarize scaling`: time and memory of models as the document grows."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Annotated

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
from summarize.errors import OptionError
from summarize.views.terminal import visible

HELP = """Measure how time and memory grow with the length of the document: encoder, decoder step,
whole summary and training step, with fitted exponents and the lengths where models cross.

Each model runs at each length in its own process. Inference is timed as summarize runs it, training
steps in PyTorch. A length that does not fit in memory is reported as such. An interrupted run
continues when the same command is run again.

Examples:

\b
  summarize scaling --lengths 64,256,1024
  summarize scaling -m attention -m transformer --html scaling.html
"""


def scaling(
    model: shared.Models = None,
    lengths: Annotated[
        str, typer.Option(metavar="N,N,...", help="Document lengths, in tokens.")
    ] = "64,128,256,512,1024,2048,4096,8192,16384",
    summary_tokens: Annotated[
        int, typer.Option(metavar="N", help="Length of the summary, in tokens.")
    ] = 16,
    repeats: Annotated[
        int, typer.Option(metavar="N", help="Repeat each measurement at most N times.")
    ] = 10,
    batch: Annotated[int, typer.Option(metavar="N", help="Pairs in a training step.")] = 4,
    training: Annotated[
        bool, typer.Option("--training/--no-training", help="Time training steps too.")
    ] = True,
    threads: shared.Threads = None,
    offline: shared.Offline = False,
    as_json: shared.AsJson = False,
    as_csv: shared.AsCsv = False,
    as_markdown: shared.AsMarkdown = False,
    output: shared.Output = None,
    html: shared.Html = None,
    png: shared.Png = None,
    fresh: shared.Fresh = False,
    quiet: shared.Quiet = False,
) -> int:
    form = check_form(as_json, as_csv, as_markdown)
    check_folder(output)
    check_pictures(html, png)
    from summarize.commands.bench import default_models
    from summarize.evaluation.environment import command_line
    from summarize.evaluation.journal import Journal
    from summarize.evaluation.scaling import Plan, asked_of
    from summarize.evaluation.scaling import scaling as run

    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    plan = Plan(
        models=model or default_models(quiet),
        lengths=parse_lengths(lengths),
        summary_tokens=summary_tokens,
        repeats=repeats,
        batch=batch,
        threads=threads,
        training=training,
        load={"offline": True} if offline else {},
    )

    live = sys.stderr.isatty()

    def told(message: str) -> None:
        message = visible(message)
        if quiet:
            return
        if live:
            print(f"\r\x1b[K{message}", end="", file=sys.stderr, flush=True)
        else:
            print(f"summarize: {message}", file=sys.stderr, flush=True)

    journal = Journal(cache_folder("scaling"))
    if fresh:
        for name in plan.models:
            journal.forget(asked_of(name, plan))
    with going_on(journal):
        result = replace(run(plan, journal, told), command=command_line("summarize"))
    if live and not quiet:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    save_result(result, output)
    write_reports([result], html, png)  # before printing, which may find its reader gone
    print_result(result, form)
    journal.clear()
    return 0


def parse_lengths(text: str) -> list[int]:
    try:
        return sorted({int(part) for part in text.split(",")})
    except ValueError:
        raise OptionError(
            f"--lengths is {text!r}; give numbers of tokens, as in 64,256,1024"
        ) from None
