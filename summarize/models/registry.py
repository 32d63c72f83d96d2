"""Summarizers: what turns documents into summaries. One table says which name is which class."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from summarize.errors import ModelError, OptionError
from summarize.options import Options
from summarize.summary import Summary

DEFAULT_MODEL = "attention"

# Name -> class; the module is imported when the name is chosen.
SUMMARIZERS = {
    "attention": "summarize.models.rnn:Rnn",
    "seq2seq": "summarize.models.rnn:Rnn",
    "transformer": "summarize.models.huggingface:Transformer",
    "lead": "summarize.models.lead:Lead",
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
        from summarize.models.rnn import Rnn

        return Rnn(path)
    if path.exists() or model in SHORT_NAMES or is_hub_id(model):
        require_transformers(model)
        from summarize.models.huggingface import Transformer

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
