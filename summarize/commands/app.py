"""The table of commands. A first argument that names one selects it; anything else is files.

A command's module is imported when it is chosen, so that `summarize --help` stays fast.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module

import typer

from summarize.commands.lean import LeanCommand
from summarize.errors import SummarizeError

# Name -> what `summarize --help` says of it. The module and its function are named alike.
COMMANDS = {
    "attend": "show where each word of a summary came from",
    "batch": "summarize a directory or a corpus, on every core or a cluster",
    "models": "list the models",
    "bench": "measure models on documents with reference summaries",
    "score": "score summaries that any system wrote",
    "scaling": "measure how time and memory grow with the document",
    "report": "make tables, a page or pictures of saved results",
    "train": "train a model on your own documents and summaries",
    "config": "show the settings and where they are kept",
    "completion": "print a completion script for bash, zsh or fish",
}
DEFAULT = "text"


def command_for(arguments: list[str]) -> tuple[str, typer.Typer, list[str]]:
    """The command's name for messages, its app, and the arguments left for it."""
    if arguments and arguments[0] in COMMANDS:
        return f"summarize {arguments[0]}", app(arguments[0]), arguments[1:]
    return "summarize", app(DEFAULT), arguments


@functools.cache
def app(name: str) -> typer.Typer:
    """An app of one command, so that `summarize FILE` needs no word in between."""
    module = import_module(f"summarize.commands.{name}")
    made = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    texts = {"help": module.HELP, "epilog": getattr(module, "EPILOG", None)}
    made.command(cls=LeanCommand, **texts)(guarded(getattr(module, name)))
    return made


def guarded(command: Callable[..., int]) -> Callable[..., None]:
    """Typer turns Ctrl-C into "Aborted!", and any broken pipe into a silent end: not here."""

    @functools.wraps(command)
    def run(*arguments: object, **options: object) -> None:
        try:
            code = command(*arguments, **options)
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        except OSError as error:
            where = error.filename or "output"
            raise SummarizeError(f"{where}: {error.strerror or error}") from None
        raise typer.Exit(code)

    return run
