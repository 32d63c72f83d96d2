"""Dataclasses to JSON and back, checked on the way in.

A field that is None by default is left out of the JSON while it is None. A field whose name would
be a keyword of Python ends with an underscore, which the JSON lacks.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from summarize.errors import DataError


def to_json(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name.removesuffix("_"): to_json(getattr(value, field.name))
            for field in fields(value)
            if not (field.default is None and getattr(value, field.name) is None)
        }
    if isinstance(value, Mapping):
        return {str(key): to_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(inner) for inner in value]
    return value


def from_json(kind: Any, value: Any, where: str = "result") -> Any:
    """A value of this type. Raises DataError, which names the place that is odd."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin in (Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not types.NoneType)
        # In files of 0.1, {} stands for what was not measured.
        is_empty = value is None or (value == {} and is_dataclass(inner))
        return None if is_empty else from_json(inner, value, where)
    if origin is dict:
        expect(value, dict, where)
        return {key: from_json(arguments[1], v, f"{where}.{key}") for key, v in value.items()}
    if origin in (list, tuple):
        expect(value, list, where)
        if origin is tuple and len(value) != len(arguments):
            raise DataError(f"{where} has {len(value)} values, not {len(arguments)}")
        inner = arguments[0]
        return origin(from_json(inner, v, f"{where}[{i}]") for i, v in enumerate(value))
    if is_dataclass(kind):
        return make(kind, value, where)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return value  # 100 is as good as 100.0, and is written back as it was
    expect(value, kind, where)
    return value


def make(kind: Any, value: Any, where: str) -> Any:
    expect(value, dict, where)
    values = {}
    for field in fields(kind):
        name = field.name.removesuffix("_")
        if name in value:
            inner = type_hints(kind)[field.name]
            values[field.name] = from_json(inner, value[name], f"{where}.{name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise DataError(f"{where} lacks {name!r}")
    return kind(**values)


@cache
def type_hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def expect(value: Any, kind: type, where: str) -> None:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise DataError(f"{where} is {type(value).__name__}, not {kind.__name__}")
