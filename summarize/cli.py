"""The command line: which command was meant, and how every ending becomes an exit code.

A first word that names a command is that command; anything else is files to summarize. Nothing
heavy is imported here: `summarize --help` must answer at once.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

import typer

from summarize.commands import attend, bench, models, report, scaling, score, text, train
from summarize.errors import SummarizeError
from summarize.views.terminal import visible


def guarded(command: Callable[..., int]) -> Callable[..., None]:
    """Run a command and exit: 0 done, 1 inputs failed, 2 usage, 130 or 143 signals."""

    @functools.wraps(command)
    def run(*args: object, **options: object) -> None:
        try:
            code = command(*args, **options)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader (`head`, a closed pager) has enough. Python must not complain at shutdown.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        except KeyboardInterrupt:
            code = 130
        except SummarizeError as error:
            complain(str(error))
            code = error.exit_code
        except MemoryError:
            complain("out of memory; give less text at a time")
            code = 1
        except OSError as error:
            complain(f"{error.filename or 'output'}: {error.strerror or error}")
            code = 1
        raise typer.Exit(code)

    return run


def single(command: Callable[..., int], **texts: str) -> typer.Typer:
    """An app of one command, so that `summarize FILE` needs no word in between."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(**texts)(guarded(command))  # type: ignore[arg-type]
    return app


default = single(text.text, help=text.HELP, epilog=text.EPILOG)
COMMANDS = {
    "attend": single(attend.attend, help=attend.HELP),
    "bench": single(bench.bench, help=bench.HELP),
    "models": single(models.models, help=models.HELP),
    "report": single(report.report, help=report.HELP),
    "scaling": single(scaling.scaling, help=scaling.HELP),
    "score": single(score.score, help=score.HELP),
    "train": single(train.train, help=train.HELP),
}


def main() -> None:
    """Entry point of `summarize`."""
    signal.signal(signal.SIGTERM, on_terminate)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller: `summarize FILE >&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
        # A terminal that can't show a character gets an escape instead of a crash.
        getattr(sys, name).reconfigure(errors="backslashreplace")
    first, *rest = sys.argv[1:] or [""]
    if first in COMMANDS:
        COMMANDS[first](rest, prog_name=f"summarize {first}")
    default(sys.argv[1:], prog_name="summarize")


def on_terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def complain(message: str) -> None:
    print(f"summarize: {visible(message)}", file=sys.stderr)
