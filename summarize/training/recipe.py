"""A recipe: every choice of a training run, read from a commented TOML file."""

from __future__ import annotations

import math
import tomllib
from dataclasses import asdict, dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from summarize.errors import DataError, OptionError, SummarizeError
from summarize.rnn.config import Config
from summarize.rnn.tokenizer import STYLES
from summarize.training.transformer_config import TransformerConfig


@dataclass(frozen=True)
class Recipe:
    """See recipes/attention.toml, where each key is explained. Unknown keys are refused."""

    architecture: str = "rnn"
    seed: int = 1
    passes: float = 1.0
    vocab_size: int = 16384
    tokenizer_rows: int = 60_000
    fresh_tokenizer: bool = False
    max_source_tokens: int = 256
    early_source_tokens: int = 0
    early_fraction: float = 0.0
    max_target_tokens: int = 64
    batch_pairs: int = 80
    pool_pairs: int = 8192
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    warmup_fraction: float = 0.03
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    clip_norm: float = 1.0
    average_decay: float = 0.999
    precision: str = "bf16"
    risk_samples: int = 0
    risk_temperature: float = 0.6
    risk_likelihood: float = 0.2
    evaluate_pairs: int = 50_000
    snapshot_minutes: float = 5.0
    dev_loss_rows: int = 1000
    dev_rouge_rows: int = 200
    default_style: str = "title"
    styles: dict[str, str] = field(default_factory=dict)
    repeat: dict[str, int] = field(default_factory=dict)
    network: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (
            "passes",
            "learning_rate",
            "clip_norm",
            "snapshot_minutes",
            "risk_temperature",
        ):
            require(name, getattr(self, name), float, minimum=0, above=True)
        for name in ("warmup_fraction", "label_smoothing", "early_fraction", "average_decay"):
            require(name, getattr(self, name), float, minimum=0, maximum=1)
        for name in ("weight_decay", "risk_likelihood"):
            require(name, getattr(self, name), float, minimum=0)
        for name in (
            "vocab_size tokenizer_rows max_source_tokens batch_pairs "
            "pool_pairs evaluate_pairs dev_loss_rows"
        ).split():
            require(name, getattr(self, name), int, minimum=1)
        require("max_target_tokens", self.max_target_tokens, int, minimum=3)
        if "vocab_size" in self.network:
            raise OptionError("recipe key vocab_size stands at the top, not in [network]")
        if self.vocab_size > 65_535:
            raise OptionError(f"recipe key vocab_size is {self.vocab_size}; 65,535 is the most")
        for name in ("seed", "early_source_tokens", "dev_rouge_rows", "risk_samples"):
            require(name, getattr(self, name), int, minimum=0)
        if self.risk_samples == 1:
            raise OptionError("recipe key risk_samples is 1; a sample is compared with others")
        if self.risk_samples and self.architecture != "rnn":
            raise OptionError("recipe key risk_samples is for the architecture rnn")
        if not isinstance(self.fresh_tokenizer, bool):
            raise OptionError(
                f"recipe key fresh_tokenizer is {self.fresh_tokenizer!r}; use true or false"
            )
        choose("architecture", self.architecture, ("rnn", "transformer"))
        choose("optimizer", self.optimizer, ("adamw", "muon"))
        choose("precision", self.precision, ("bf16", "fp32"))
        choose("default_style", self.default_style, STYLES)
        for name, kind in (("styles", dict), ("repeat", dict), ("network", dict)):
            if not isinstance(getattr(self, name), kind):
                raise OptionError(f"recipe key {name} must be a table")
        for domain, style in self.styles.items():
            choose(f"styles.{domain}", style, STYLES)
        for domain, times in self.repeat.items():
            require(f"repeat.{domain}", times, int, minimum=1)
        if self.architecture == "rnn":
            Config.from_dict({"vocab_size": self.vocab_size, **self.network})
        else:
            TransformerConfig.from_dict(self.network)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def require(
    name: str,
    value: object,
    kind: type,
    minimum: float,
    maximum: float | None = None,
    above: bool = False,
) -> None:
    good = isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    if good:
        assert isinstance(value, int | float)
        good = math.isfinite(value) and (value > minimum if above else value >= minimum)
        good = good and (maximum is None or value <= maximum)
    if not good:
        raise OptionError(f"recipe key {name} is {value!r}, which is out of range")


def choose(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise OptionError(f"recipe key {name} is {value!r}; use one of {', '.join(allowed)}")


def shipped_recipes() -> list[str]:
    folder = resources.files("summarize.training") / "recipes"
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name[-5:] == ".toml")


def load_recipe(name: str) -> Recipe:
    """A shipped recipe by name (`attention`), or a TOML file by path."""
    values, shown = read_toml(name)
    base = values.pop("base", None)
    if base is not None:
        choose("base", base, tuple(shipped_recipes()))
        under, _ = read_toml(base)
        if "base" in under:
            raise OptionError(f"{shown}: base {base!r} has a base itself; name {under['base']!r}")
        values = merge(under, values)
    known = {f.name for f in fields(Recipe)}
    for key in values:
        if key not in known:
            raise OptionError(f"{shown}: unknown key {key!r}; known: {', '.join(sorted(known))}")
    try:
        return Recipe(**values)
    except SummarizeError as error:
        raise OptionError(f"{shown}: {error}") from None


def read_toml(name: str) -> tuple[dict[str, Any], str]:
    """The keys of a recipe as they stand in its file, and the file's name for messages."""
    if name in shipped_recipes():
        path = resources.files("summarize.training") / "recipes" / f"{name}.toml"
        text, shown = path.read_text(encoding="utf-8"), f"{name}.toml"
    else:
        if not name.endswith(".toml"):
            raise OptionError(
                f"no recipe {name!r}; use one of {', '.join(shipped_recipes())}, or a .toml file"
            )
        try:
            text, shown = Path(name).read_text(encoding="utf-8"), name
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"can't read the recipe {name}: {error}") from None
    try:
        return tomllib.loads(text), shown
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{shown} is not TOML: {error}") from None


def merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Changes win, key by key inside tables too; another architecture has sizes of its own."""
    merged = {**base, **changes}
    for key, value in base.items():
        if isinstance(value, dict) and isinstance(changes.get(key), dict):
            merged[key] = {**value, **changes[key]}
    if changes.get("architecture", base.get("architecture", "rnn")) != base.get(
        "architecture", "rnn"
    ):
        merged["network"] = changes.get("network", {})
    return merged
