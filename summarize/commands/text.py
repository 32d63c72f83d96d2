"""`summarize [FILES]...`: documents in, summaries out."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarize.document import read as documents
from summarize.errors import DocumentError, OptionError
from summarize.files import write_text
from summarize.models.registry import DEFAULT_MODEL, load_summarizer
from summarize.options import Options
from summarize.summary import Summary
from summarize.views.terminal import visible

if TYPE_CHECKING:
    from summarize.document.document import Document

HELP = """Summarize files and piped text, at once and offline.

FILES are text, Markdown, reStructuredText, LaTeX, mail or JSON, with the extra formats also PDF,
DOCX and HTML; - is standard input, as is a pipe without FILES."""

EPILOG = """Commands: attend shows where a summary looked; models lists the models; bench, score and
scaling measure them, report draws what was measured; train makes one of your own. Each has its
--help, as in summarize bench --help. A file named like a command is ./train."""


def text(
    context: typer.Context,
    files: Annotated[list[str] | None, typer.Argument(metavar="FILES")] = None,
    model: Annotated[
        str,
        typer.Option(
            "-m",
            "--model",
            help="attention, seq2seq, transformer, lead; a model's folder; a Hugging Face "
            "org/name; distilbart, bart, pegasus, t5-small, led, smollm2. See: summarize models",
        ),
    ] = DEFAULT_MODEL,
    style: Annotated[
        str | None,
        typer.Option(help="title or tldr: the kind of summary, for models trained on both."),
    ] = None,
    length: Annotated[
        str,
        typer.Option(
            "-l", "--length", help="short (a sentence), medium (three to five), long (a list)."
        ),
    ] = Options.length,
    long: Annotated[
        str,
        typer.Option(
            help="What a model can't read at once: chunk reads all of it, truncate the opening."
        ),
    ] = Options.long,
    mode: Annotated[
        str,
        typer.Option(
            help="auto gives a sentence of the text where our models are unsure; abstractive "
            "insists on what they write, extractive on a sentence of the text."
        ),
    ] = Options.mode,
    beam_size: Annotated[
        int | None,
        typer.Option(help="Hypotheses kept while searching; 1 is greedy and fastest."),
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(help="The longest summary, in tokens (about 0.7 words each).")
    ] = None,
    min_tokens: Annotated[int | None, typer.Option(help="The shortest summary, in tokens.")] = None,
    length_penalty: Annotated[
        float | None, typer.Option(help="Above the model's own favours longer summaries.")
    ] = None,
    no_repeat_ngram_size: Annotated[
        int | None, typer.Option(help="Write no run of this many tokens twice; 0 allows it.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Draw where hard attention looks, instead of the likeliest.")
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of a model on the hub.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda or mps, for transformers.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Download nothing (as HF_HUB_OFFLINE=1).")
    ] = False,
    cite: Annotated[
        bool, typer.Option("--cite", help="Name the source sentences behind each sentence: [2, 5].")
    ] = False,
    json_lines: Annotated[
        bool, typer.Option("--json", help="One JSON object a document, a line each.")
    ] = False,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="Write to this file, whole or not at all.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of the input, where it is not UTF-8.")
    ] = None,
    field: Annotated[
        str | None, typer.Option(help="Of JSON input, where the text is: body, or data.0.text.")
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
        length=length,
        long=long,
        mode=mode,
        beam_size=beam_size,
        max_tokens=max_tokens,
        min_tokens=min_tokens,
        length_penalty=length_penalty,
        no_repeat_ngram_size=no_repeat_ngram_size,
        seed=seed,
        progress=Pieces() if sys.stderr.isatty() and not quiet and len(files) == 1 else None,
    )
    if offline:  # before the hub's library is imported, which reads it once
        os.environ["HF_HUB_OFFLINE"] = "1"
    summarizer = load_summarizer(model, revision=revision, device=device, offline=offline)
    check_output(output, files)
    printer = Printer(
        json_lines=json_lines,
        cite=cite,
        headings=len(files) > 1 and not json_lines and output is None and sys.stdout.isatty(),
        bold=color and not os.environ.get("NO_COLOR"),
        kept=[] if output is not None else None,
    )
    failed = False
    away = output is not None or not sys.stdout.isatty()
    bar = away and not quiet and len(files) > 1 and sys.stderr.isatty()
    for batch in batches(
        tracked(read_all(files, encoding, field), len(files), bar), options.batch_size
    ):
        good = [item for item in batch if not isinstance(item, DocumentError)]
        summaries = iter(summarizer.summarize([document.text for document in good], options))
        for item in batch:
            if isinstance(item, DocumentError):
                failed = True
                note(str(item))
                continue
            summary = replace(next(summaries), source=item.source)
            printer.show(summary)
            if cite and not summary.provenance and not quiet:
                note(f"{item.source}: {summary.model} does not tell which sentences it read")
            if not quiet:
                tell(item, summary, options, verbose)
    if output is not None and printer.kept:
        write_text_or_stdout(output, printer)
    return 1 if failed else 0


def read_all(
    files: list[str], encoding: str | None, field: str | None
) -> Iterator[Document | DocumentError]:
    """Each input in turn; one that can't be read does not stop the others."""
    for source in files:
        try:
            yield documents.read(source, encoding, field)
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


class Pieces:
    """A bar on stderr for a document in pieces, once they have taken over a second."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.bar: Any = None
        self.task: Any = None

    def __call__(self, done: int, total: int) -> None:
        if done == total:
            if self.bar is not None:
                self.bar.stop()
                self.bar = None
        elif self.bar is not None:
            self.bar.update(self.task, completed=done)
        elif time.monotonic() - self.started > 1:
            from rich.console import Console
            from rich.progress import Progress

            self.bar = Progress(console=Console(stderr=True), transient=True)
            self.task = self.bar.add_task("reading", total=total, completed=done)
            self.bar.start()


def batches(
    items: Iterator[Document | DocumentError], size: int
) -> Iterator[list[Document | DocumentError]]:
    """Few at a time: together they cost less, and the first summaries still come soon."""
    while batch := list(islice(items, size)):
        yield batch


class Printer:
    """Where summaries go: stdout as each is ready, or kept until all are done for -o."""

    def __init__(
        self, json_lines: bool, cite: bool, headings: bool, bold: bool, kept: list[str] | None
    ) -> None:
        self.cite = cite
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
        if self.cite and summary.provenance:
            return cited(summary)
        return summary.text


def cited(summary: Summary) -> str:
    """The summary, after each sentence, or each line of a list, the numbers of its sources."""
    marks = [
        f"[{', '.join(str(s['number']) for s in part['source_sentences'])}]"
        for part in summary.provenance
    ]
    lines = summary.text.splitlines()
    if len(lines) < 2 or len(lines) != len(marks):
        lines = [part["sentence"] for part in summary.provenance]
        return " ".join(f"{line} {mark}" for line, mark in zip(lines, marks, strict=True))
    return "\n".join(f"{line} {mark}" for line, mark in zip(lines, marks, strict=True))


def tell(document: Document, summary: Summary, options: Options, verbose: bool) -> None:
    """What the reader must know, on stderr."""
    if document.note:
        note(f"{document.source}: {document.note}")
    tokens = summary.tokens
    if tokens.read < tokens.document:
        note(f"{document.source}: read {tokens.read:,} of {tokens.document:,} tokens")
    elif summary.chunks > 1:
        note(f"{document.source}: read {tokens.read:,} tokens in {summary.chunks} pieces")
    taken = summary.mode in ("extractive", "mixed") and summary.confidence is not None
    if taken and options.mode != "extractive":
        part = "this" if summary.mode == "extractive" else "a part of this"
        note(
            f"{document.source}: unlike what {summary.model} learned from; {part} is taken from "
            "the text (--mode abstractive insists; -m smollm2 knows more)"
        )
    most = options.max_tokens
    is_one_line = summary.chunks == 1 or options.length == "short"
    if most is not None and is_one_line and tokens.summary > most:
        note(f"{document.source}: no sentence ends within {most} tokens; this is {tokens.summary}")
    if verbose and summary.mode == "document":
        note(f"{document.source}: shorter than a summary would be; given as it is")
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
