"""Defaults of the user's own: config.toml in the folder that the system has for such files."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from summarize.errors import OptionError, SummarizeError, did_you_mean, first_line
from summarize.options import Options


@dataclass(frozen=True)
class Settings:
    """None means: not set. Each is the default of the option of its name."""

    model: str | None = None
    length: str | None = None
    style: str | None = None
    width: int | None = None


def settings_path() -> Path:
    from platformdirs import user_config_dir

    return Path(user_config_dir("summarize", appauthor=False)) / "config.toml"


def may_exist() -> bool:
    """Whether to ask platformdirs, whose import takes a fiftieth of a summary: elsewhere than in
    one of these two places it sees no settings on Linux."""
    if sys.platform != "linux" or "ANDROID_ROOT" in os.environ:
        return True
    places = (os.environ.get("XDG_CONFIG_HOME", ""), os.path.expanduser("~/.config"))
    return any(os.path.exists(f"{place}/summarize/config.toml") for place in places)


def load_settings(path: Path | None = None) -> Settings:
    """Raises OptionError, naming the file, for what can't be used."""
    if path is None and not may_exist():
        return Settings()
    path = path or settings_path()
    if not os.path.exists(path):
        return Settings()
    import tomllib

    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else first_line(error)
        raise OptionError(f"{path} can't be read: {reason}") from None
    check(path, values)
    return Settings(**values)


def check(path: Path, values: dict[str, Any]) -> None:
    types = {"model": str, "length": str, "style": str, "width": int}
    for name, value in values.items():
        if name not in types:
            hint = did_you_mean(name, types) or f"; it may set {', '.join(types)}"
            raise OptionError(f"{path} sets {name!r}, which is not a setting{hint}")
        if type(value) is not types[name]:
            kind = "a whole number" if types[name] is int else "text in quotes"
            raise OptionError(f"{path}: {name} is {value!r}; it must be {kind}")
    if not 0 <= values.get("width", 0) <= 10_000:
        raise OptionError(f"{path}: width is {values['width']}; it must be from 0 to 10,000")
    try:
        Options(**{name: values[name] for name in ("length", "style") if name in values})
    except SummarizeError as error:
        raise OptionError(f"{path}: {error}") from None


def as_toml(settings: Settings) -> str:
    """A valid config.toml; what is not set is a comment with an example."""
    examples = {"model": '"attention"', "length": '"medium"', "style": '"tldr"', "width": "72"}
    lines = []
    for field in fields(settings):
        value = getattr(settings, field.name)
        if value is None:
            lines.append(f"# {field.name} = {examples[field.name]}")
        else:
            shown = str(value) if isinstance(value, int) else quoted(value)
            lines.append(f"{field.name} = {shown}")
    return "\n".join(lines)


def quoted(text: str) -> str:
    import json  # whose strings are TOML's, but for the half of a surrogate pair

    return json.dumps(text)
