"""What a command's options are, for what is made of them: manual page, completion, tables."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from typer.main import get_command

from summarize.commands.app import app
from summarize.commands.names import COMMANDS, DEFAULT


@dataclass(frozen=True)
class Option:
    """One option: `-l, --length [short|medium|long]`."""

    flags: tuple[str, ...]  # as typed, with the negative form last
    value: str  # FILE, N, [a|b]; "" of a switch
    help: str
    default: str
    is_repeatable: bool

    @property
    def choices(self) -> tuple[str, ...]:
        inside = re.fullmatch(r"\[(.+)\]", self.value)
        return tuple(inside[1].split("|")) if inside else ()

    @property
    def takes_path(self) -> bool:
        return self.value in ("FILE", "FOLDER", "OUT")


@dataclass(frozen=True)
class Command:
    """`name` is "" for summarize FILES itself."""

    name: str
    arguments: str  # [FILES]...
    summary: str  # a few words
    text: str  # paragraphs of the help, without the examples
    examples: tuple[str, ...]
    options: tuple[Option, ...]


def commands() -> list[Command]:
    """summarize itself, then every command of the table."""
    return [command(DEFAULT), *map(command, COMMANDS)]


def command(name: str) -> Command:
    module = import_module(f"summarize.commands.{name}")
    text, _, examples = inspect.cleandoc(module.HELP).partition("Examples:")
    parameters = get_command(app(name)).params
    return Command(
        name="" if name == DEFAULT else name,
        arguments=" ".join(map(argument, (p for p in parameters if not p.opts[0].startswith("-")))),
        summary=COMMANDS.get(name, "summarize files, pipes and web pages"),
        text=text.strip(),
        examples=tuple(line.strip() for line in examples.splitlines() if len(line.strip()) > 1),
        options=tuple(options(parameters)),
    )


def argument(parameter: Any) -> str:
    shown = parameter.metavar or parameter.name.upper()
    shown = shown if parameter.required else f"[{shown}]"
    return f"{shown}..." if parameter.nargs == -1 else shown


def options(parameters: list[Any]) -> Iterator[Option]:
    for parameter in parameters:
        if not parameter.opts[0].startswith("-") or parameter.hidden:
            continue
        default = parameter.default
        is_shown = default not in (None, False, "") and not parameter.secondary_opts
        yield Option(
            flags=(*parameter.opts, *parameter.secondary_opts),
            value="" if parameter.is_flag else parameter.metavar or "VALUE",
            help=parameter.help or "",
            default=str(default) if is_shown and not callable(default) else "",
            is_repeatable=bool(parameter.multiple),
        )
    yield Option(("-h", "--help"), "", "Show the help.", "", False)
