"""Everything that can go wrong for a user, as one tree.

SummarizeError            base: the message is one line, names the value and the next step
├── DocumentError         an input can't be read, or holds no text
├── OptionError           an option's value can't be used, or two options contradict
├── ModelError            no such model, or the model can't do what was asked
│   ├── MissingPackage    an extra is not installed that the model or the output needs
│   └── CheckpointError   a checkpoint folder is missing, damaged or of another version
├── DataError             training or evaluation data can't be used
├── OutputError           a result can't be written
└── Interrupted           SIGINT or SIGTERM arrived; carries the exit code
"""

from __future__ import annotations

from collections.abc import Iterable


class SummarizeError(Exception):
    """Base of every error that this package raises on purpose."""

    exit_code = 1


class DocumentError(SummarizeError):
    """An input can't be read, or holds no text."""


class OptionError(SummarizeError):
    """An option's value can't be used, or two options contradict."""

    exit_code = 2


class ModelError(SummarizeError):
    """No such model, or the model can't do what was asked."""

    exit_code = 2


class MissingPackage(ModelError):
    """An extra is not installed that the model or the output needs."""

    exit_code = 1


class CheckpointError(ModelError):
    """A checkpoint folder is missing, damaged or of another version."""

    exit_code = 1


class DataError(SummarizeError):
    """Training or evaluation data can't be used."""


class OutputError(SummarizeError):
    """A result can't be written."""


class Interrupted(SummarizeError):
    """SIGINT or SIGTERM arrived and the work was saved; `exit_code` is 130 or 143."""

    def __init__(self, message: str, exit_code: int = 130) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean attend?` for the nearest known word; nothing where none is near."""
    from difflib import get_close_matches  # slow to import, and only needed for an error

    near = get_close_matches(word, list(known), n=1, cutoff=0.75)
    return f"; did you mean {near[0]}?" if near else ""


def first_line(error: BaseException, most: int = 300) -> str:
    """What a library's exception says, as one line; its type, where it says nothing."""
    if "integer string conversion" in str(error):  # Python goes on about itself
        return "a number of more than 4,300 digits"
    return " ".join(str(error).split())[:most] or type(error).__name__
