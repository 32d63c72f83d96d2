"""Summarizers: what turns documents into summaries. One table says which name is which class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from summarize.errors import ModelError, OptionError

SCHEMA_VERSION = 1
DEFAULT_MODEL = "attention"

# Name -> class; the module is imported when the name is chosen.
SUMMARIZERS = {
    "attention": "summarize.summarizers.rnn:Rnn",
    "lead": "summarize.summarizers.lead:Lead",
}


@dataclass(frozen=True)
class Options:
    """How to summarize. None means: what suits the model. Tokens are those of the summary."""

    style: str | None = None
    beam_size: int = 8
    max_tokens: int = 64
    min_tokens: int = 1
    length_penalty: float | None = None
    no_repeat_ngram_size: int = 3

    def __post_init__(self) -> None:
        for name, least in (
            ("beam_size", 1),
            ("max_tokens", 1),
            ("min_tokens", 1),
            ("no_repeat_ngram_size", 0),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise OptionError(f"{name} is {value!r}; it must be a whole number from {least} up")
        penalty = self.length_penalty
        if penalty is not None and not -20 <= penalty <= 20:
            raise OptionError(f"length_penalty is {penalty!r}; it must be from -20 to 20")
        if self.beam_size > 256:
            raise OptionError(f"beam_size is {self.beam_size}; 256 is the most")
        if self.min_tokens > self.max_tokens:
            raise OptionError(
                f"min_tokens is {self.min_tokens}, more than max_tokens ({self.max_tokens})"
            )


@dataclass(frozen=True)
class Tokens:
    """How much there was (of a very long document an estimate), was read, and was written."""

    document: int
    read: int
    summary: int


@dataclass(frozen=True)
class Summary:
    """A summary and what is known about it; `to_dict` is the JSON of the command line."""

    text: str
    model: str
    tokens: Tokens
    seconds: float
    source: str = ""
    style: str | None = None
    mode: str = "abstractive"
    chunks: int = 1
    confidence: float | None = None
    provenance: list[dict[str, Any]] = field(default_factory=list)

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "source": self.source,
            "summary": self.text,
            "model": self.model,
            "style": self.style,
            "mode": self.mode,
            "tokens": vars(self.tokens),
            "chunks": self.chunks,
            "confidence": self.confidence,
            "seconds": self.seconds,
            "provenance": self.provenance,
        }


class Summarizer(Protocol):
    """What every model offers."""

    name: str

    def summarize(
        self, documents: Sequence[str], options: Options | None = None, /, **changes: Any
    ) -> list[Summary]:
        """One Summary a document, in order. Keywords are fields of Options."""
        ...


def load_summarizer(model: str = DEFAULT_MODEL) -> Summarizer:
    """A model by name, or by its checkpoint folder.

    Raises ModelError for an unknown name, CheckpointError for a damaged folder.
    """
    if model in SUMMARIZERS:
        module, name = SUMMARIZERS[model].split(":")
        summarizer: Summarizer = getattr(import_module(module), name)()
        return summarizer
    path = Path(model)
    if path.is_dir():
        from summarize.summarizers.rnn import Rnn

        return Rnn(path)
    if "/" in model or model.startswith("."):
        raise ModelError(f"no folder {model}; create it with: summarize train DATA --out {model}")
    raise ModelError(
        f"no model {model!r}; use {', '.join(SUMMARIZERS)}, or the folder of a checkpoint"
    )


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
