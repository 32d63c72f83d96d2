"""Everything that can go wrong for a user, as one tree.

SummarizeError            base: the message is one line, names the value and the next step
├── DocumentError         an input can't be read, or holds no text
├── OptionError           an option's value can't be used, or two options contradict
├── ModelError            no such model, or the model can't do what was asked
│   └── CheckpointError   a checkpoint folder is missing, damaged or of another version
├── DataError             training or evaluation data can't be used
├── OutputError           a result can't be written
└── Interrupted           SIGINT or SIGTERM arrived; carries the exit code
"""

from __future__ import annotations


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
