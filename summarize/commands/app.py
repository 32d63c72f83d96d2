"""The table of commands. A first argument that names one selects it; anything else is files.

A command's module is imported when it is chosen, so that `summarize --help` stays fast.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module

import typer

from summarize.commands.guard import guarded
from summarize.commands.lean import LeanCommand
from summarize.commands.names import COMMANDS, DEFAULT


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
    made.command(cls=LeanCommand, **texts)(ending(getattr(module, name)))
    return made


def ending(command: Callable[..., int]) -> Callable[..., None]:
    """The command, ended by its exit code as Typer wants it."""

    @functools.wraps(command)
    def run(*arguments: object, **options: object) -> None:
        raise typer.Exit(guarded(command, *arguments, **options))

    return run
