"""Which name is which model. One table; a module is imported when its name is chosen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from summarize.errors import (
    CheckpointError,
    MissingPackage,
    ModelError,
    OptionError,
    did_you_mean,
)

if TYPE_CHECKING:
    from summarize.models.base import Chooser, Model

DEFAULT_MODEL = "attention"
RNN = "summarize.models.rnn:load"
TRANSFORMER = "summarize.models.huggingface:load"

# Name -> the function that loads it.
SUMMARIZERS = {
    "attention": RNN,
    "seq2seq": RNN,
    "transformer": TRANSFORMER,
    "lead": "summarize.models.lead:load",
    "extract": "summarize.models.extract:load",
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


@dataclass(frozen=True)
class Request:
    """A model that is asked for: where it is, and how to load it."""

    source: Path | str  # a folder or file on this machine, or an id on the hub
    name: str
    revision: str | None = None
    device: str | None = None
    offline: bool = False
    allow_pickle: bool = False
    backend: str | None = None


def load_model(
    name: str = DEFAULT_MODEL,
    *,
    revision: str | None = None,
    device: str | None = None,
    offline: bool = False,
    allow_pickle: bool = False,
    backend: str | None = None,
) -> Model | Chooser:
    """A model by name, by its folder, or by its id on the Hugging Face hub (org/name).

    Raises ModelError for an unknown name, CheckpointError for a damaged folder, OptionError for an
    option that would change nothing.
    """
    path = Path(name)
    if name in SUMMARIZERS:
        loader, source = SUMMARIZERS[name], shipped(name)
    elif path.is_dir() and not is_hugging_face(path):
        if not (path / "config.json").exists():
            raise CheckpointError(f"{name} holds no model: it has no config.json")
        loader, source = RNN, path
    elif path.exists():
        loader, source = TRANSFORMER, path
    elif name in SHORT_NAMES or is_hub_id(name):
        loader, source = TRANSFORMER, SHORT_NAMES.get(name, name)  # type: ignore[assignment]
    elif "/" in name or name.startswith("."):
        raise ModelError(f"no model in {name}; -m takes a name, a model's folder, or org/name")
    else:
        known = [*SUMMARIZERS, *SHORT_NAMES]
        use = f"; use {', '.join(known)}, a model's folder, or the org/name of one on the hub"
        raise ModelError(f"no model {name!r}{did_you_mean(name, known) or use}")
    if loader == TRANSFORMER:
        require_transformers(name)
        if isinstance(source, str):
            from summarize.models import hub

            hub.require(name, source, revision, offline)
    module, function = loader.split(":")
    load: Callable[[Request], Model | Chooser] = getattr(import_module(module), function)
    return load(Request(source, name, revision, device, offline, allow_pickle, backend))


def refuse(request: Request, *options: str) -> None:
    """An option that would change nothing is an error."""
    for option in options:
        if getattr(request, option) is not None:
            raise OptionError(f"--{option} does nothing for the model {request.name}; leave it out")


def require_transformers(name: str) -> None:
    """Before the module is imported that imports these."""
    for package in ("torch", "transformers"):
        if find_spec(package) is None:
            raise MissingPackage(
                f'{name} needs {package}; install the extra "transformers" (README, Install)'
            )


def shipped(name: str) -> Path:
    """The folder of a model in this package."""
    return Path(__file__).parent.parent / "checkpoints" / name


def is_hugging_face(folder: Path) -> bool:
    """Whether transformers loads it: a config.json with a model_type, or a GGUF file. Where
    config.json is damaged, files that only such a folder has tell."""
    if (folder / "summarize.json").exists() or any(folder.glob("*.gguf")):
        return True
    try:
        values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        others = ("generation_config.json", "tokenizer_config.json")
        return any((folder / name).exists() for name in others)
    return isinstance(values, dict) and "model_type" in values


def is_hub_id(model: str) -> bool:
    """org/name as the hub spells it; anything with a leading dot or slash is a path."""
    return re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]+", model) is not None
