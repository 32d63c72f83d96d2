"""A summary and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Tokens:
    """Tokens of the document (estimated if it is very long), read by the model, and written."""

    document: int
    read: int
    summary: int


@dataclass(frozen=True)
class Summary:
    """A summary and what is known about it; `to_dict` is the JSON of the command line.

    mode: "abstractive" (written), "extractive" (quoted), "mixed" (some of each), "document" (a
        short text, returned whole) or "facts" (counted in a table, a log, a diff or source code).
    is_fallback: quoted although the model also wrote a sentence, which was not trusted.
    overflow: how a document longer than the model's window was read ("select", "chunk" or
        "truncate"); None if all of it was read at once.
    confidence: from 0 to 1. With a judge, the ROUGE it expects of the written sentence; without
        one, the geometric mean of the token probabilities times the text's familiarity.
    provenance: for each sentence of the summary, the sentences of the document it comes from:
        {"sentence", "source_sentences": [{"number", "share"}]}. A number counts the sentences of
        the document from 1; the JSON field "sentences" holds the same ones counted from 0, as
        `Document.sentences` is indexed.
    unsupported: names and numbers that the document lacks, if `check` asked for them, else None.
    notices: what a reader should know about the document, such as that it is not English.
    """

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
    overflow: str | None = None
    is_fallback: bool = False
    unsupported: list[str] | None = None
    notices: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return self.text

    @property
    def sentences(self) -> list[int]:
        """Indices into `Document.sentences` that the summary is from, in order."""
        return sorted(
            {s["number"] - 1 for part in self.provenance for s in part["source_sentences"]}
        )

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
            "sentences": self.sentences,
            "overflow": self.overflow,
            "fallback": self.is_fallback,
            "notices": self.notices,
            **({} if self.unsupported is None else {"unsupported": self.unsupported}),
        }
