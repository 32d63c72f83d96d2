"""Summarizers: what turns documents into summaries. One table says which name is which class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from summarize.errors import ModelError, OptionError

SCHEMA_VERSION = 1
DEFAULT_MODEL = "attention"

# Name -> class; the module is imported when the name is chosen.
SUMMARIZERS = {
    "attention": "summarize.summarizers.rnn:Rnn",
    "seq2seq": "summarize.summarizers.rnn:Rnn",
    "transformer": "summarize.summarizers.transformer:Transformer",
    "lead": "summarize.summarizers.lead:Lead",
}
# Short names of models on the Hugging Face hub.
SHORT_NAMES = {
    "distilbart": "sshleifer/distilbart-cnn-12-6",
    "bart": "facebook/bart-large-cnn",
    "pegasus": "google/pegasus-xsum",
    "t5-small": "google-t5/t5-small",
    "led": "allenai/led-large-16384-arxiv",
    "smollm2": "HuggingFaceTB/SmolLM2-135M-Instruct",
}
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


def load_summarizer(
    model: str = DEFAULT_MODEL,
    *,
    revision: str | None = None,
    device: str | None = None,
    offline: bool = False,
) -> Summarizer:
    """A model by name, by its folder, or by its id on the Hugging Face hub (org/name).

    `revision` is a branch, tag or commit on the hub; `device` cpu, cuda or mps, for transformers;
    `offline` forbids any download. Raises ModelError for an unknown name, CheckpointError for a
    damaged folder, OptionError for an option that the model has no use for.
    """
    if model in SUMMARIZERS:
        refuse(model, revision=revision)
        module, name = SUMMARIZERS[model].split(":")
        if name == "Transformer":
            require_transformers(model)
        made = getattr(import_module(module), name)
        if name == "Transformer":
            transformer: Summarizer = made(shipped(model), name=model, device=device)
            return transformer
        refuse(model, device=device)
        summarizer: Summarizer = made() if name == "Lead" else made(shipped(model), name=model)
        return summarizer
    path = Path(model)
    if path.is_dir() and not is_hugging_face(path):
        refuse(model, revision=revision, device=device)
        from summarize.summarizers.rnn import Rnn

        return Rnn(path)
    if path.exists() or model in SHORT_NAMES or is_hub_id(model):
        require_transformers(model)
        from summarize.summarizers.transformer import Transformer

        source = path if path.exists() else SHORT_NAMES.get(model, model)
        if isinstance(source, Path):
            refuse(model, revision=revision)
        return Transformer(source, model, revision=revision, device=device, offline=offline)
    if "/" in model or model.startswith("."):
        raise ModelError(f"no folder {model}; create it with: summarize train DATA --out {model}")
    raise ModelError(
        f"no model {model!r}; use {', '.join([*SUMMARIZERS, *SHORT_NAMES])}, the folder of a "
        "model, or the org/name of one on the Hugging Face hub"
    )


def style_of(length: str, styles: Sequence[str], default: str | None) -> str | None:
    """What is written where no style is asked for: a text of several parts needs sentences."""
    return "tldr" if length != "short" and default and "tldr" in styles else default


def shipped(name: str) -> Path:
    """Folder of a checkpoint in the package."""
    return Path(__file__).parent.parent / "checkpoints" / name


def require_transformers(model: str) -> None:
    """Before the modules are imported that import these."""
    from importlib.util import find_spec

    for package in ("torch", "transformers"):
        if find_spec(package) is None:
            raise ModelError(
                f"{model} needs {package}; install it with: pip install 'summarize[transformers]'"
            )


def refuse(model: str, **options: str | None) -> None:
    """An option that would be ignored is an error."""
    for name, value in options.items():
        if value is not None:
            raise OptionError(f"--{name} does nothing for the model {model}; leave it out")


def is_hugging_face(folder: Path) -> bool:
    """Whether transformers should load it: a config.json with a model_type, or a GGUF file."""
    import json

    if any(folder.glob("*.gguf")):
        return True
    try:
        values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(values, dict) and "model_type" in values


def is_hub_id(model: str) -> bool:
    """org/name as the hub spells it; anything with a leading dot or slash is a path."""
    import re

    return re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]+", model) is not None


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
