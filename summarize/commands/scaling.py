"""`summarize scaling`: time and memory of models as the document grows."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

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

HELP = """Measure how time and memory grow with the length of the document: encoder, decoder step,
whole summary and training step, with fitted exponents and where the lines cross.

Each model at each length runs in a process of its own. Inference is timed as summarize serves it,
training steps in PyTorch. What does not fit into the memory is reported as that. Interrupted, the
same command goes on."""


def scaling(
    model: Annotated[
        list[str] | None,
        typer.Option("-m", "--model", help="As for summarize; once for each. Default: all ours."),
    ] = None,
    lengths: Annotated[
        str, typer.Option(help="Tokens of the document, separated by commas.")
    ] = "64,128,256,512,1024,2048,4096,8192,16384",
    summary_tokens: Annotated[int, typer.Option(help="Tokens of the summary.")] = 16,
    repeats: Annotated[int, typer.Option(help="Of each measurement, at most.")] = 10,
    batch: Annotated[int, typer.Option(help="Pairs in a training step.")] = 4,
    training: Annotated[
        bool, typer.Option("--training/--no-training", help="Time training steps too.")
    ] = True,
    threads: Annotated[int | None, typer.Option(help="For each process; default: all.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Download nothing.")] = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    output: Output = None,
    html: Html = None,
    png: Png = None,
    fresh: Fresh = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")] = False,
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
        result = {"command": command_line("summarize"), **run(plan, journal, told)}
    if live and not quiet:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if output is not None:
        write_text(output, json.dumps(result, indent=1) + "\n")
    print_result(result, form)
    write_reports([result], html, png)
    journal.clear()
    return 0


def parse_lengths(text: str) -> list[int]:
    try:
        return sorted({int(part) for part in text.split(",")})
    except ValueError:
        raise OptionError(
            f"--lengths is {text!r}; give numbers of tokens, as in 64,256,1024"
        ) from None
