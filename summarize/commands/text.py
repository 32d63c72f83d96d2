"""`summarize [FILES]...`: documents in, summaries out."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarize import documents
from summarize.errors import DocumentError, OptionError
from summarize.files import write_text
from summarize.summarizers import DEFAULT_MODEL, Options, Summarizer, Summary, load_summarizer
from summarize.views.terminal import visible

if TYPE_CHECKING:
    from summarize.documents import Document

HELP = """Summarize files and piped text, at once and offline.

FILES are .txt or .md; - is standard input, as is a pipe without FILES."""

EPILOG = """Commands: summarize train DATA --out FOLDER trains a model of your own
(summarize train --help). A file named like a command is ./train."""


def text(
    context: typer.Context,
    files: Annotated[list[str] | None, typer.Argument(metavar="FILES")] = None,
    model: Annotated[
        str,
        typer.Option("-m", "--model", help="attention, lead, or the folder of a checkpoint."),
    ] = DEFAULT_MODEL,
    style: Annotated[
        str | None,
        typer.Option(help="title or tldr: the kind of summary, for models trained on both."),
    ] = None,
    beam_size: Annotated[
        int, typer.Option(help="Hypotheses kept while searching; 1 is greedy and fastest.")
    ] = Options.beam_size,
    max_tokens: Annotated[
        int, typer.Option(help="The longest summary, in tokens (about 0.7 words each).")
    ] = Options.max_tokens,
    min_tokens: Annotated[
        int, typer.Option(help="The shortest summary, in tokens.")
    ] = Options.min_tokens,
    length_penalty: Annotated[
        float | None, typer.Option(help="Above the model's own favours longer summaries.")
    ] = None,
    no_repeat_ngram_size: Annotated[
        int, typer.Option(help="Write no run of this many tokens twice; 0 allows it.")
    ] = Options.no_repeat_ngram_size,
    json_lines: Annotated[
        bool, typer.Option("--json", help="One JSON object a document, a line each.")
    ] = False,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="Write to this file, whole or not at all.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of the input, where it is not UTF-8.")
    ] = None,
    color: Annotated[
        bool, typer.Option("--color/--no-color", help="Bold headings on a terminal.")
    ] = True,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Say what was read, and how long it took.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> int:
    if version:
        from summarize import __version__

        print(f"summarize {__version__}")
        return 0
    if not files:
        if sys.stdin is None or sys.stdin.isatty():
            print(context.get_help())
            return 2
        files = [documents.STDIN]
    documents.check_encoding(encoding)
    options = Options(
        style=style,
        beam_size=beam_size,
        max_tokens=max_tokens,
        min_tokens=min_tokens,
        length_penalty=length_penalty,
        no_repeat_ngram_size=no_repeat_ngram_size,
    )
    summarizer = load_summarizer(model)
    check_output(output, files)
    printer = Printer(
        json_lines=json_lines,
        headings=len(files) > 1 and not json_lines and output is None and sys.stdout.isatty(),
        bold=color and not os.environ.get("NO_COLOR"),
        kept=[] if output is not None else None,
    )
    failed = False
    away = output is not None or not sys.stdout.isatty()
    bar = away and not quiet and len(files) > 1 and sys.stderr.isatty()
    for item in tracked(read_all(files, encoding), len(files), bar):
        if isinstance(item, DocumentError):
            failed = True
            note(str(item))
            continue
        summary = summarize_one(summarizer, item, options)
        printer.show(summary)
        if not quiet:
            tell(item, summary, verbose)
    if output is not None and printer.kept:
        write_text_or_stdout(output, printer)
    return 1 if failed else 0


def read_all(files: list[str], encoding: str | None) -> Iterator[Document | DocumentError]:
    """Each input in turn; one that can't be read does not stop the others."""
    for source in files:
        try:
            yield documents.read(source, encoding)
        except DocumentError as error:
            yield error


def tracked(
    items: Iterator[Document | DocumentError], count: int, shown: bool
) -> Iterator[Document | DocumentError]:
    """The items, with a bar on stderr once they have taken over a second."""
    if not shown:
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("summarizing", total=count, visible=False)
        started = time.monotonic()
        for done, item in enumerate(items):
            bar.update(task, completed=done, visible=time.monotonic() - started > 1)
            yield item


def summarize_one(summarizer: Summarizer, document: Document, options: Options) -> Summary:
    return replace(summarizer.summarize([document.text], options)[0], source=document.source)


class Printer:
    """Where summaries go: stdout as each is ready, or kept until all are done for -o."""

    def __init__(
        self, json_lines: bool, headings: bool, bold: bool, kept: list[str] | None
    ) -> None:
        self.json_lines, self.headings, self.bold, self.kept = json_lines, headings, bold, kept
        self.shown = 0

    def show(self, summary: Summary) -> None:
        text = visible(self.format(summary))
        if self.kept is not None:
            self.kept.append(text)
            return
        if self.headings:
            name = visible(summary.source)
            gap = "\n" if self.shown else ""
            print(f"{gap}\x1b[1m{name}\x1b[0m" if self.bold else f"{gap}{name}")
        print(text, flush=True)
        self.shown += 1

    def format(self, summary: Summary) -> str:
        if self.json_lines:
            ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
            return json.dumps(summary.to_dict(), ensure_ascii=ascii_only)
        return summary.text


def tell(document: Document, summary: Summary, verbose: bool) -> None:
    """What the reader must know, on stderr."""
    if document.note:
        note(f"{document.source}: {document.note}")
    tokens = summary.tokens
    if tokens.read < tokens.document:
        note(f"{document.source}: read {tokens.read:,} of {tokens.document:,} tokens")
    if verbose:
        sure = "" if summary.confidence is None else f", confidence {summary.confidence:.2f}"
        note(
            f"{document.source}: {summary.model} wrote {tokens.summary} tokens from "
            f"{tokens.read:,} in {summary.seconds:.3f} s{sure}"
        )


def note(message: str) -> None:
    print(f"summarize: {visible(message)}", file=sys.stderr)


def check_output(output: str | None, files: list[str]) -> None:
    """Refuse before the work what would fail after it."""
    if output is None:
        return
    if os.path.isdir(output):
        raise OptionError(f"--output {output} is a directory; name a file in it")
    folder = os.path.dirname(os.path.abspath(output))
    if not os.path.isdir(folder):
        raise OptionError(f"--output {output}: the directory {folder} does not exist")
    if not os.path.isfile(output):
        return
    for source in files:
        try:
            read = os.fstat(0) if source == documents.STDIN else os.stat(source)
        except OSError:
            continue
        if os.path.samestat(read, os.stat(output)):
            raise OptionError(f"--output {output} is also an input; write to another file")


def write_text_or_stdout(output: str, printer: Printer) -> None:
    lines = "".join(f"{text}\n" for text in printer.kept or [])
    if output == "-":
        sys.stdout.write(lines)
    else:
        write_text(Path(output), lines)
