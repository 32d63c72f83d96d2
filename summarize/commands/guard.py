"""How a command ends that was stopped, or that could not write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from summarize.errors import SummarizeError


def guarded(command: Callable[..., int], *arguments: Any, **options: Any) -> int:
    """The exit code. Typer would turn Ctrl-C into "Aborted!", and a broken pipe into silence."""
    try:
        return command(*arguments, **options)
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        where = error.filename or "output"
        raise SummarizeError(f"{where}: {error.strerror or error}") from None
