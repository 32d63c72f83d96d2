"""`summarize attend FILE`: where each word of the summary looked."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarize.commands import options as shared
from summarize.commands.notices import note
from summarize.commands.printer import check_output
from summarize.commands.results import check_folder
from summarize.document import read as documents
from summarize.errors import ModelError, OptionError
from summarize.models.registry import DEFAULT_MODEL
from summarize.options import Options
from summarize.pipeline.run import load_summarizer
from summarize.views.terminal import wrapped

if TYPE_CHECKING:
    from summarize.pipeline.alignment import Alignment
    from summarize.pipeline.run import Summarizer

# Of a hard-wrapped paragraph: a long line goes on in the next, which is not an item or a heading.
LINE_END = re.compile(r"(?<=[^\n]{40})\n(?=[^\s\-*#>|\d])")

HELP = """Show what a model reads while it writes: the document, shaded by attention, and for each
word of the summary the words that it came from.

What the model itself writes is shown, with any --length, also where summarize would quote the
text instead. FILE is as for summarize; - or a pipe is standard input. --step walks through the
summary with the arrow keys, --html makes a page to explore, --png a picture of the matrix.

Examples:

\b
  summarize attend paper.txt
  summarize attend paper.txt --html paper.html
"""


def attend(
    context: typer.Context,
    file: Annotated[str | None, typer.Argument(metavar="FILE", hidden=True)] = None,
    model: shared.Model = None,
    style: shared.Style = None,
    length: shared.Length = None,
    overflow: shared.Overflow = None,
    long: shared.Long = None,
    word: Annotated[
        int | None,
        typer.Option(metavar="N", help="Shade by the attention of this word of the summary."),
    ] = None,
    step: Annotated[
        bool, typer.Option("--step", help="Step through the words with the arrow keys.")
    ] = False,
    layer: Annotated[
        int | None,
        typer.Option(metavar="N", help="A transformer's layer, from 1. Default: the mean."),
    ] = None,
    head: Annotated[
        int | None,
        typer.Option(metavar="N", help="A transformer's head, from 1. Default: the mean."),
    ] = None,
    beam_size: shared.BeamSize = None,
    max_tokens: shared.MaxTokens = None,
    seed: shared.Seed = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an interactive page.")
    ] = None,
    png: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a picture of the matrix.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print words, weights and sentence sums as JSON.")
    ] = False,
    color: shared.Color = None,
    encoding: shared.Encoding = None,
    field: shared.Field = None,
    revision: shared.Revision = None,
    device: shared.Device = None,
    offline: shared.Offline = False,
    quiet: shared.Quiet = False,
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
    options = Options(**shared.chosen(context.params))
    if step and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise OptionError("--step needs a terminal and a file to read; use --word N or --html")
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    summarizer = load_summarizer(
        model or DEFAULT_MODEL, revision=revision, device=device, offline=offline
    )
    check_attention(summarizer, layer, head)
    document = documents.read(file, encoding, field)
    if document.note and not quiet:
        note(f"{document.source}: {document.note}")
    found = summarizer.attend(document, options, layer=layer, head=head)
    if word is not None and not 1 <= word <= len(found.summary):
        raise OptionError(f"--word is {word}; the summary has words 1 to {len(found.summary)}")
    if not quiet:
        tell(document.source, found)
        if not options.is_short:
            note("each part is as the model wrote it; summarize quotes where the model is unsure")
    may_color = color is not False and not os.environ.get("NO_COLOR")
    if html is not None:
        from summarize.views.attention_page import write_page

        write_page(found, html)
    if png is not None:
        from summarize.views.attention_picture import write_picture

        write_picture(found, png)
    if as_json:
        print(json.dumps({"source": document.source, **found.to_dict()}))
    elif step:
        from summarize.views.stepper import step as walk

        walk(found, may_color)
    elif html is None and png is None:
        show(found, word, may_color and sys.stdout.isatty())
    return 0


def check_attention(summarizer: Summarizer, layer: int | None, head: int | None) -> None:
    name, known = summarizer.name, summarizer.capabilities
    if not known.attends:
        raise ModelError(f"{name} has no attention over the document; use -m attention")
    if not known.attends_by_layer and (layer is not None or head is not None):
        option = "--layer" if layer is not None else "--head"
        raise OptionError(f"{option} is for transformers; leave it out for {name}")


def tell(source: str, found: Alignment) -> None:
    """What the reader should know, on stderr."""
    if found.tokens_read < found.tokens_document:
        note(f"{source}: read {found.tokens_read:,} of {found.tokens_document:,} tokens")
    if found.familiarity is not None and found.familiarity < 0.5:
        note(
            f"{source}: unlike the texts {found.model} was trained on; summarize may quote it "
            "instead"
        )


def show(found: Alignment, word: int | None, colour: bool) -> None:
    from summarize.views.attention import looked_line, shaded_document, summary_line, word_lines

    width = shutil.get_terminal_size().columns

    def fitted(text: str) -> str:
        return wrapped(LINE_END.sub(" ", text), width) if sys.stdout.isatty() else text

    row = None if word is None else found.weights[word - 1]
    print(fitted(shaded_document(found, row, colour)))
    print()
    print(fitted(summary_line(found, None if word is None else word - 1, colour)))
    print()
    if word is None:
        print("\n".join(word_lines(found, width)))
    else:
        print(looked_line(found, word - 1, width))
