"""A summary and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SCHEMA_VERSION = 1


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
