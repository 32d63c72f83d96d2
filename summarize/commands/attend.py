"""`summarize attend FILE`: where each word of the summary looked."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from summarize.commands.results import check_folder
from summarize.commands.text import check_output, note
from summarize.document import read as documents
from summarize.errors import ModelError, OptionError
from summarize.models.registry import DEFAULT_MODEL, load_summarizer
from summarize.options import Options

if TYPE_CHECKING:
    from summarize.pipeline.alignment import Alignment

HELP = """Look inside what a model writes: the document shaded by how much each word was read, and
for each word of the summary the words it came from.

FILE is as for summarize; - or a pipe is standard input. --step walks through the summary with the
arrow keys, --html makes a page to explore, --png a picture of the matrix."""


def attend(
    context: typer.Context,
    file: Annotated[str | None, typer.Argument(metavar="FILE")] = None,
    model: Annotated[
        str,
        typer.Option("-m", "--model", help="As for summarize; it needs attention to look at."),
    ] = DEFAULT_MODEL,
    style: Annotated[str | None, typer.Option(help="title or tldr, as for summarize.")] = None,
    length: Annotated[str, typer.Option("-l", "--length", help="As for summarize.")] = "short",
    long: Annotated[str, typer.Option(help="chunk or truncate, as for summarize.")] = Options.long,
    word: Annotated[
        int | None, typer.Option(help="Shade by what this word of the summary read, from 1.")
    ] = None,
    step: Annotated[
        bool, typer.Option("--step", help="Step through the words with the arrow keys.")
    ] = False,
    layer: Annotated[
        int | None, typer.Option(help="Of a transformer, from 1; else the mean of all.")
    ] = None,
    head: Annotated[
        int | None, typer.Option(help="Of a transformer, from 1; else the mean of all.")
    ] = None,
    beam_size: Annotated[int | None, typer.Option(help="As for summarize.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="As for summarize.")] = None,
    seed: Annotated[int | None, typer.Option(help="As for summarize.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page to this file.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write a picture to this file.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Words, weights and sentence sums, as JSON.")
    ] = False,
    color: Annotated[
        bool, typer.Option("--color/--no-color", help="Shades on a terminal, else brackets.")
    ] = True,
    encoding: Annotated[
        str | None, typer.Option(help="Of the input, where it is not UTF-8.")
    ] = None,
    field: Annotated[
        str | None, typer.Option(help="Of JSON input, where the text is, as for summarize.")
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of a model on the hub.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda or mps, for transformers.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Download nothing.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")] = False,
) -> int:
    if file is None:
        if sys.stdin is None or sys.stdin.isatty():
            print(context.get_help())
            return 2
        file = documents.STDIN
    for path in (html, png):
        check_folder(path)
        check_output(None if path is None else str(path), [file])
    if html is not None and html == png:
        raise OptionError(f"--html and --png both name {html}; name two files")
    documents.check_encoding(encoding)
    options = Options(
        style=style,
        length=length,
        long=long,
        beam_size=beam_size,
        max_tokens=max_tokens,
        seed=seed,
    )
    if step and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise OptionError("--step needs a terminal, and a file to read; use --word N or --html")
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    summarizer: Any = load_summarizer(model, revision=revision, device=device, offline=offline)
    if not hasattr(summarizer, "attend"):
        raise ModelError(f"{model} has no attention to look at; use -m attention")
    closer = {name: n for name, n in (("layer", layer), ("head", head)) if n is not None}
    if closer and not hasattr(summarizer, "look_closely"):
        raise OptionError(f"--{next(iter(closer))} is for transformers; leave it out for {model}")
    document = documents.read(file, encoding, field)
    if document.note and not quiet:
        note(f"{document.source}: {document.note}")
    found: Alignment = summarizer.attend(document.text, options, **closer)
    if word is not None and not 1 <= word <= len(found.summary):
        raise OptionError(f"--word is {word}; the summary has {len(found.summary)}, from 1")
    if not quiet and found.tokens_read < found.tokens_document:
        read, total = f"{found.tokens_read:,}", f"{found.tokens_document:,}"
        note(f"{document.source}: read {read} of {total} tokens")
    elif not quiet and found.chunks > 1:
        note(f"{document.source}: read {found.tokens_read:,} tokens in {found.chunks} pieces")
    familiarity = getattr(summarizer.read(document.text), "familiarity", None)
    if not quiet and familiarity is not None and familiarity < 0.5:
        note(
            f"{document.source}: unlike what {model} learned from; this is what it writes, and "
            "summarize may give a sentence of the text instead"
        )
    if html is not None:
        from summarize.views.attention_page import write_page

        write_page(found, html)
    if png is not None:
        from summarize.views.attention_picture import write_picture

        write_picture(found, png)
    shades = color and not os.environ.get("NO_COLOR") and sys.stdout.isatty()
    if as_json:
        print(json.dumps({"source": document.source, **found.to_dict()}))
    elif step:
        from summarize.views.stepper import step as walk

        walk(found, color and not os.environ.get("NO_COLOR"))
    elif html is None and png is None:
        show(found, word, shades)
    return 0


def show(found: Alignment, word: int | None, colour: bool) -> None:
    from summarize.views.attention import looked_line, shaded_document, summary_line, word_lines

    width = shutil.get_terminal_size().columns
    row = None if word is None else found.weights[word - 1]
    print(shaded_document(found, row, colour))
    print()
    print(summary_line(found, None if word is None else word - 1, colour))
    print()
    if word is None:
        print("\n".join(word_lines(found, width)))
    else:
        print(looked_line(found, word - 1, width))
