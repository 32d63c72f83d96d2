"""Options of the command line and of the library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypedDict

from summarize.errors import OptionError

LENGTHS = ("short", "medium", "long")
OVERFLOWS = ("select", "chunk", "truncate")
MODES = ("auto", "abstractive", "extractive")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Options:
    """How to summarize. None stands for what suits the model and the text.

    style: "title" or "tldr" (a sentence), for models trained on both; by default a title for
        papers and abstracts, a sentence for everything else.
    length: "short" (one sentence), "medium" (up to three), "long" (an outline by headings).
    sentences, ratio: the number of sentences instead, absolute or as a share of the document's
        (0.1 or "10%").
    max_words: the most words of a medium (default 80) or long (default 400) summary.
    overflow: what is read of a document longer than the model's window: "select" the best
        sentences, "chunk" it and summarize the chunk summaries, or "truncate" it.
    mode: "auto" writes, or quotes when the model's own sentence is less likely to be good;
        "abstractive" always writes, "extractive" always quotes.
    max_tokens, min_tokens: limits of the summary. beam_size, length_penalty,
        no_repeat_ngram_size: settings of the beam search. seed: for hard attention, which then
        samples the positions it reads.
    free_words: allow names, numbers and rare words that the document lacks.
    check: list the names and numbers of a summary that the document lacks, as `unsupported`.
    full_vocabulary: search all tokens instead of the frequent ones and the document's; slower.
    batch_size: how many documents, or chunks of one, are processed at once.
    progress: called with (done, total) after each batch of chunks.
    """

    style: str | None = None
    length: str = "short"
    overflow: str = "select"
    mode: str = "auto"
    sentences: int | None = None
    ratio: float | str | None = None
    max_words: int | None = None
    beam_size: int | None = None
    max_tokens: int | None = None
    min_tokens: int | None = None
    length_penalty: float | None = None
    no_repeat_ngram_size: int | None = None
    seed: int | None = None
    free_words: bool = False
    check: bool = False
    full_vocabulary: bool = False
    batch_size: int = 8
    progress: Progress | None = field(default=None, compare=False)
    long: str | None = None  # the former name of `overflow`

    def __post_init__(self) -> None:
        if self.long is not None:
            object.__setattr__(self, "overflow", self.long)
            object.__setattr__(self, "long", None)
        for name, allowed in (("length", LENGTHS), ("overflow", OVERFLOWS), ("mode", MODES)):
            if getattr(self, name) not in allowed:
                raise OptionError(
                    f"{name} is {getattr(self, name)!r}; use one of {', '.join(allowed)}"
                )
        for name, least in LEAST.items():
            value = getattr(self, name)
            if value is None and name != "batch_size":
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise OptionError(f"{name} is {value!r}; it must be a whole number from {least} up")
        object.__setattr__(self, "ratio", parse_ratio(self.ratio))
        if self.ratio is not None and self.sentences is not None:
            raise OptionError("sentences and ratio both say how much; give one of them")
        penalty = self.length_penalty
        if penalty is not None and not -20 <= penalty <= 20:
            raise OptionError(f"length_penalty is {penalty!r}; it must be from -20 to 20")
        if self.beam_size is not None and self.beam_size > 256:
            raise OptionError(f"beam_size is {self.beam_size}; 256 is the most")
        if None not in (self.min_tokens, self.max_tokens) and self.min_tokens > self.max_tokens:  # type: ignore[operator]
            raise OptionError(
                f"min_tokens is {self.min_tokens}, more than max_tokens ({self.max_tokens})"
            )

    @property
    def is_short(self) -> bool:
        """Whether one sentence is asked for."""
        return self.length == "short" and self.ratio is None and self.sentences in (None, 1)

    def filled(self, **defaults: Any) -> Options:
        """With the model's own values where nothing was asked; what was asked stays."""
        missing = {k: v for k, v in defaults.items() if getattr(self, k) is None}
        if self.max_tokens is not None and "min_tokens" in missing:
            missing["min_tokens"] = min(missing["min_tokens"], self.max_tokens)
        if self.min_tokens is not None and "max_tokens" in missing:
            missing["max_tokens"] = max(missing["max_tokens"], self.min_tokens)
        return replace(self, **missing)


LEAST = {
    "sentences": 1,
    "max_words": 1,
    "beam_size": 1,
    "max_tokens": 1,
    "min_tokens": 1,
    "no_repeat_ngram_size": 0,
    "seed": 0,
    "batch_size": 1,
}


class Changes(TypedDict, total=False):
    """The fields of Options as keywords."""

    style: str | None
    length: str
    overflow: str
    mode: str
    sentences: int | None
    ratio: float | str | None
    max_words: int | None
    beam_size: int | None
    max_tokens: int | None
    min_tokens: int | None
    length_penalty: float | None
    no_repeat_ngram_size: int | None
    seed: int | None
    free_words: bool
    check: bool
    full_vocabulary: bool
    batch_size: int
    progress: Progress | None
    long: str | None


def parse_ratio(ratio: float | str | None) -> float | None:
    """0.1 of 0.1 and of "10%"."""
    if ratio is None:
        return None
    try:
        text = str(ratio).strip()
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = 0.0
    if isinstance(ratio, bool) or not 0 < value <= 1:
        raise OptionError(f"ratio is {ratio!r}; it must be a share such as 0.1 or 10%")
    return value


def resolve(options: Options | None, changes: Changes) -> Options:
    """Options with some fields changed; an unknown field is an OptionError."""
    known = [field.name for field in fields(Options)]
    for name in changes:
        if name not in known:
            raise OptionError(f"unknown option {name!r}; known: {', '.join(known)}")
    return replace(options or Options(), **changes)
