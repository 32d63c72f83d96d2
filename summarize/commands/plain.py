"""Command lines that need no parser: files, and the options that are typed most.

Importing Typer takes as long as importing NumPy. Whatever is not plain here goes to it, and so do
mistakes: help and messages are Typer's alone. A test holds both readings equal.
"""

from __future__ import annotations

import sys
from typing import Any

from summarize.commands.names import COMMANDS

SWITCHES = {
    "-q": "quiet",
    "--quiet": "quiet",
    "-v": "verbose",
    "--verbose": "verbose",
    "--json": "json_lines",
    "--cite": "cite",
    "--check": "check",
    "--offline": "offline",
}
WITH_TEXT = {
    "-m": "model",
    "--model": "model",
    "-l": "length",
    "--length": "length",
    "--style": "style",
    "--mode": "mode",
    "--overflow": "overflow",
}


def plain(arguments: list[str]) -> dict[str, Any] | None:
    """What was typed, by the names of `summarizing.run`; None for anything unusual."""
    asked: dict[str, Any] = {}
    files: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "-" or not argument.startswith("-"):
            files.append(argument)
        elif argument in SWITCHES:
            asked[SWITCHES[argument]] = True
        elif argument in WITH_TEXT and not (value := next(waiting, "-")).startswith("-"):
            asked[WITH_TEXT[argument]] = value
        else:
            return None
    if arguments and arguments[0] in COMMANDS:
        return None
    if not files and (sys.stdin is None or sys.stdin.isatty()):
        return None  # the help
    return {**asked, "files": files}
