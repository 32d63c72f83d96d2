"""How to summarize: the options of the command line and of the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from summarize.errors import OptionError

LENGTHS = ("short", "medium", "long")
LONG = ("chunk", "truncate")
MODES = ("auto", "abstractive", "extractive")


@dataclass(frozen=True)
class Options:
    """How to summarize. None means: what suits the model. Tokens are those of the summary."""

    style: str | None = None
    length: str = "short"
    long: str = "chunk"
    mode: str = "auto"
    beam_size: int | None = None
    max_tokens: int | None = None
    min_tokens: int | None = None
    length_penalty: float | None = None
    no_repeat_ngram_size: int | None = None
    seed: int | None = None  # draws where hard attention looks; else the likeliest place
    batch_size: int = 8
    # Told (done, of how many) after each batch of a document in pieces.
    progress: Callable[[int, int], None] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name, allowed in (("length", LENGTHS), ("long", LONG), ("mode", MODES)):
            if getattr(self, name) not in allowed:
                raise OptionError(
                    f"{name} is {getattr(self, name)!r}; use one of {', '.join(allowed)}"
                )
        for name, least in (
            ("beam_size", 1),
            ("max_tokens", 1),
            ("min_tokens", 1),
            ("no_repeat_ngram_size", 0),
            ("seed", 0),
            ("batch_size", 1),
        ):
            value = getattr(self, name)
            if value is None and name != "batch_size":
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise OptionError(f"{name} is {value!r}; it must be a whole number from {least} up")
        penalty = self.length_penalty
        if penalty is not None and not -20 <= penalty <= 20:
            raise OptionError(f"length_penalty is {penalty!r}; it must be from -20 to 20")
        if self.beam_size is not None and self.beam_size > 256:
            raise OptionError(f"beam_size is {self.beam_size}; 256 is the most")
        if None not in (self.min_tokens, self.max_tokens) and self.min_tokens > self.max_tokens:  # type: ignore[operator]
            raise OptionError(
                f"min_tokens is {self.min_tokens}, more than max_tokens ({self.max_tokens})"
            )

    def filled(self, **defaults: Any) -> Options:
        """With the model's own values where nothing was asked; what was asked stays."""
        missing = {k: v for k, v in defaults.items() if getattr(self, k) is None}
        if self.max_tokens is not None and "min_tokens" in missing:
            missing["min_tokens"] = min(missing["min_tokens"], self.max_tokens)
        if self.min_tokens is not None and "max_tokens" in missing:
            missing["max_tokens"] = max(missing["max_tokens"], self.min_tokens)
        return replace(self, **missing)


def resolve(documents: Sequence[str], options: Options | None, changes: dict[str, Any]) -> Options:
    """Options with some fields changed; an unknown field is an OptionError."""
    if isinstance(documents, str):
        raise TypeError("summarize takes a list of documents, not one; write [text]")
    values = vars(options or Options()) | changes
    unknown = sorted(set(values) - set(Options.__dataclass_fields__))
    if unknown:
        known = ", ".join(Options.__dataclass_fields__)
        raise OptionError(f"unknown option {unknown[0]!r}; known: {known}")
    return Options(**values)
