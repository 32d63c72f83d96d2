"""A recipe: every choice of a training run, read from a commented TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

from summarize.errors import DataError, OptionError, SummarizeError
from summarize.rnn.config import Config
from summarize.rnn.manifest import shown
from summarize.rnn.tokenizer import STYLES
from summarize.training.transformer_config import TransformerConfig

ARCHITECTURES, OPTIMIZERS, PRECISIONS = ("rnn", "transformer"), ("adamw", "muon"), ("bf16", "fp32")
MOST = 1e15  # of any number; inf and nan are refused with it
MOST_PIECES = 65_535  # token ids are kept in 16 bits
# Keys and recipes under their names of 0.1, which files and checkpoints may still use.
RENAMED = {
    "passes": "epochs",
    "average_decay": "ema_decay",
    "early_source_tokens": "curriculum_source_tokens",
    "early_fraction": "curriculum_fraction",
    "risk_samples": "rloo_samples",
    "risk_temperature": "rloo_temperature",
    "risk_likelihood": "rloo_likelihood",
}
RENAMED_RECIPES = {"risk": "rloo"}


@dataclass(frozen=True)
class Recipe:
    """See recipes/attention.toml, where each key is explained. Unknown keys are refused."""

    architecture: str = "rnn"
    seed: int = 1
    epochs: float = 1.0
    vocab_size: int = 16384
    tokenizer_rows: int = 60_000
    fresh_tokenizer: bool = False
    max_source_tokens: int = 256
    curriculum_source_tokens: int = 0
    curriculum_fraction: float = 0.0
    max_target_tokens: int = 64
    batch_pairs: int = 80
    pool_pairs: int = 8192
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    warmup_fraction: float = 0.03
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    clip_norm: float = 1.0
    ema_decay: float = 0.999
    precision: str = "bf16"
    rloo_samples: int = 0
    rloo_temperature: float = 0.6
    rloo_likelihood: float = 0.2
    evaluate_pairs: int = 50_000
    snapshot_minutes: float = 5.0
    dev_loss_rows: int = 1000
    dev_rouge_rows: int = 200
    default_style: str = "title"
    styles: dict[str, str] = field(default_factory=dict)
    repeat: dict[str, int] = field(default_factory=dict)
    network: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.check_numbers()
        if not isinstance(self.fresh_tokenizer, bool):
            refuse("fresh_tokenizer", self.fresh_tokenizer, "use true or false")
        choose("architecture", self.architecture, ARCHITECTURES)
        choose("optimizer", self.optimizer, OPTIMIZERS)
        choose("precision", self.precision, PRECISIONS)
        choose("default_style", self.default_style, STYLES)
        for name in ("styles", "repeat", "network"):
            if not isinstance(getattr(self, name), dict):
                refuse(name, getattr(self, name), f"make it a table: [{name}]")
        for domain, style in self.styles.items():
            choose(f"styles.{domain}", style, STYLES)
        for domain, times in self.repeat.items():
            require(f"repeat.{domain}", times, int, minimum=1)
        self.check_network()

    def check_numbers(self) -> None:
        for name in "epochs learning_rate clip_norm snapshot_minutes rloo_temperature".split():
            require(name, getattr(self, name), float, minimum=0, above=True)
        for name in "warmup_fraction label_smoothing curriculum_fraction ema_decay".split():
            require(name, getattr(self, name), float, minimum=0, maximum=1)
        for name in ("weight_decay", "rloo_likelihood"):
            require(name, getattr(self, name), float, minimum=0)
        for name in (
            "vocab_size tokenizer_rows max_source_tokens batch_pairs "
            "pool_pairs evaluate_pairs dev_loss_rows"
        ).split():
            require(name, getattr(self, name), int, minimum=1)
        require("max_target_tokens", self.max_target_tokens, int, minimum=3)
        for name in "seed curriculum_source_tokens dev_rouge_rows rloo_samples".split():
            require(name, getattr(self, name), int, minimum=0)
        if self.vocab_size > MOST_PIECES:
            refuse("vocab_size", self.vocab_size, f"{MOST_PIECES:,} is the most")
        if self.rloo_samples == 1:
            refuse("rloo_samples", 1, "each sample is compared with others, so use 2 or more")

    def check_network(self) -> None:
        if "vocab_size" in self.network:
            raise OptionError("recipe key vocab_size belongs at the top, not in [network]")
        if self.architecture == "transformer":
            if self.rloo_samples:
                raise OptionError("recipe key rloo_samples works with the architecture rnn only")
            TransformerConfig.from_dict(self.network)
        else:
            Config.from_dict({"vocab_size": self.vocab_size, **self.network})

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """From the keys of a file or of a checkpoint; those of 0.1 are understood."""
        values = renamed(values)
        known = {f.name for f in fields(cls)}
        for key in values:
            if key not in known:
                raise OptionError(f"unknown key {shown(key)}; known: {', '.join(sorted(known))}")
        return cls(**values)


def renamed(values: dict[str, Any]) -> dict[str, Any]:
    """The same under today's names."""
    return {RENAMED.get(key, key): value for key, value in values.items()}


def require(
    name: str,
    value: object,
    kind: type,
    minimum: float,
    maximum: float = MOST,
    above: bool = False,
) -> None:
    good = isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    if good:
        assert isinstance(value, int | float)
        good = value > minimum if above else value >= minimum
        good = good and value <= maximum
    if not good:
        refuse(name, value, "it is out of range")


def choose(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        refuse(name, value, f"use one of {', '.join(allowed)}")


def refuse(name: str, value: object, reason: str) -> NoReturn:
    raise OptionError(f"recipe key {name} is {shown(value)}; {reason}")


def shipped_recipes() -> list[str]:
    folder = resources.files("summarize.training") / "recipes"
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name[-5:] == ".toml")


def load_recipe(name: str) -> Recipe:
    """A shipped recipe by name (`attention`), or a TOML file by path."""
    values, source = read_toml(name)
    base = values.pop("base", None)
    if base is not None:
        if not isinstance(base, str) or base not in RENAMED_RECIPES:
            choose("base", base, tuple(shipped_recipes()))
        under, _ = read_toml(base)
        if "base" in under:
            raise OptionError(f"{source}: base {base!r} has a base itself; name {under['base']!r}")
        values = merge(renamed(under), renamed(values))
    try:
        return Recipe.from_dict(values)
    except SummarizeError as error:
        raise OptionError(f"{source}: {error}") from None


def read_toml(name: str) -> tuple[dict[str, Any], str]:
    """The keys of a recipe as they stand in its file, and the file's name for messages."""
    name = RENAMED_RECIPES.get(name, name)
    if name in shipped_recipes():
        path = resources.files("summarize.training") / "recipes" / f"{name}.toml"
        text, source = path.read_text(encoding="utf-8"), f"{name}.toml"
    else:
        if not name.endswith(".toml"):
            raise OptionError(
                f"no recipe {name!r}; use one of {', '.join(shipped_recipes())}, or a .toml file"
            )
        try:
            text, source = Path(name).read_text(encoding="utf-8"), name
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"can't read the recipe {name}: {error}") from None
    try:
        return tomllib.loads(text), source
    except RecursionError:
        raise DataError(f"{source} is not a recipe: it is nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        raise DataError(f"{source} is not TOML: {error}") from None


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
