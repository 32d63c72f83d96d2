"""`summarize [FILES]...`: its options, as Typer shows and reads them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from summarize.commands import options as shared
from summarize.commands.names import COMMANDS
from summarize.commands.summarizing import run

HELP = """Summarize files, pipes and web pages, instantly and offline.

FILES are text, Markdown, reStructuredText, LaTeX, DOCX, mail, JSON and, with the extra "formats",
PDF and HTML. "-" is standard input, as is a pipe without FILES.

Examples:

\b
  summarize report.pdf
  man tar | summarize --length medium
"""

EPILOG = "\n\n".join(
    [
        "Commands:",
        "\b\n" + "\n".join(f"  {name:<12}{text}" for name, text in COMMANDS.items()),
        "summarize COMMAND --help explains each. For a file with a command's name, write ./train.",
    ]
)

Files = Annotated[list[str] | None, typer.Argument(metavar="FILES", hidden=True)]
Recursive = Annotated[
    bool, typer.Option("-r", "--recursive", help="Summarize the documents in directories.")
]
Globs = Annotated[
    list[str] | None,
    typer.Option("--glob", metavar="PATTERN", help="With -r, only files that match: '*.md'."),
]
Extract = Annotated[
    bool, typer.Option("--extract", help="Print the text that was read, and summarize nothing.")
]
Cite = Annotated[
    bool, typer.Option("--cite", help="After each sentence, the numbers of its sources: [2, 5].")
]
Out = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="Write to FILE, replacing it only when finished; inputs that failed are left out.",
    ),
]
FileNames = Annotated[
    bool | None,
    typer.Option(
        "-H",
        "--with-filename/--no-filename",
        help="Name the file on each line, as grep does; the default for several files in a pipe.",
    ),
]
Width = Annotated[
    int | None,
    typer.Option(
        "--width",
        metavar="N",
        help="Wrap lines at N columns; 0 never. Default: a terminal's width; never in a pipe.",
    ),
]
Man = Annotated[bool, typer.Option("--man", help="Print the manual page, as for man -l -.")]
Version = Annotated[bool, typer.Option("--version", help="Print the version.")]


ABOUT = ("man", "version")


def text(
    context: typer.Context,
    files: Files = None,
    model: shared.Model = None,
    length: shared.Length = None,
    style: shared.Style = None,
    sentences: shared.Sentences = None,
    ratio: shared.Ratio = None,
    max_words: shared.MaxWords = None,
    mode: shared.Mode = None,
    overflow: shared.Overflow = None,
    long: shared.Long = None,
    recursive: Recursive = False,
    glob: Globs = None,
    field: shared.Field = None,
    encoding: shared.Encoding = None,
    output: Out = None,
    json_lines: shared.JsonLines = False,
    extract: Extract = False,
    cite: Cite = False,
    with_filename: FileNames = None,
    width: Width = None,
    color: shared.Color = None,
    beam_size: shared.BeamSize = None,
    max_tokens: shared.MaxTokens = None,
    min_tokens: shared.MinTokens = None,
    length_penalty: shared.LengthPenalty = None,
    no_repeat_ngram_size: shared.NoRepeat = None,
    check: shared.Check = False,
    free_words: shared.FreeWords = False,
    full_vocabulary: shared.FullVocabulary = False,
    seed: shared.Seed = None,
    revision: shared.Revision = None,
    device: shared.Device = None,
    backend: shared.Backend = None,
    allow_pickle: shared.AllowPickle = False,
    offline: shared.Offline = False,
    quiet: shared.Quiet = False,
    verbose: shared.Verbose = False,
    man: Man = False,
    version: Version = False,
) -> int:
    """Each parameter is one of `summarizing.run`, or a field of Options that goes through it."""
    if version or man:
        return about(man)
    if not files and not recursive and (sys.stdin is None or sys.stdin.isatty()):
        print(context.get_help())
        return 2
    asked = {name: value for name, value in context.params.items() if name not in ABOUT}
    return run(**asked)


def about(man: bool) -> int:
    if man:
        from summarize.commands.manual import manual

        print(manual(), end="")
        return 0
    from summarize import __version__

    print(f"summarize {__version__}")
    return 0
