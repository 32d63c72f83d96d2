"""JSON to the text of one of its fields: --field a.b, or one whose name says what it is. Of JSON
without such a field it is told what it holds."""

from __future__ import annotations

import json
import re
from typing import Any

from summarize.document.kinds import counted, listed, shortened
from summarize.document.parts import SURROGATE
from summarize.errors import DocumentError, first_line

KNOWN = ("text", "document", "body", "content", "article", "abstract", "description")
LONG = 10  # words of a text that could be summarized
MOST_FIELDS = 8
FEW = 3  # fields of which each is described
LOOKED_AT = 500  # objects of a list whose fields are collected
NAMES = {bool: "boolean", int: "number", float: "number", str: "string", list: "list"}


def to_text(text: str, name: str, field: str | None = None) -> str | dict[str, Any]:
    """The text in the field, or facts where none is named and no name of a field is known."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{name} is not JSON: {first_line(error, 100)}") from None
    if field is None:
        if has_text(values):
            return str(values)
        fields = values if isinstance(values, dict) else {}
        field = next((k for k in KNOWN if has_text(fields.get(k))), None)
        if field is None:
            return describe(values)
        return str(fields[field])
    return text_at(values, field, name)


def text_at(values: Any, field: str, name: str) -> str:
    """At a path of names and numbers, a.0.b. An error tells what is there instead."""
    found = values
    passed: list[str] = []
    for part in field.split("."):
        number = int(part) if part.isdecimal() and len(part) < 10 else None
        if isinstance(found, list) and number is not None and number < len(found):
            found = found[number]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            where = ".".join(passed) or "the file"
            raise DocumentError(f"{name} has no field {field}; {where} {held(found)}")
        passed.append(part)
    if isinstance(found, list) and found and all(isinstance(part, str) for part in found):
        found = "\n\n".join(found)
    if not isinstance(found, str):
        raise DocumentError(f"{name}: the field {field} is not text; it {held(found)}")
    return found


def held(value: Any) -> str:
    """has 3 items, has the fields a and b, is a number"""
    if isinstance(value, list):
        return f"has {counted(len(value), 'item')}"
    if isinstance(value, dict):
        names = listed(map(shown, value), MOST_FIELDS)
        return (
            f"has the field{'' if len(value) == 1 else 's'} {names}" if value else "has no fields"
        )
    return "is null" if value is None else f"is a {NAMES[type(value)]}"


def describe(values: Any) -> dict[str, Any]:
    """What is counted in an object or a list, and `summary`, a sentence about it."""
    if isinstance(values, dict):
        names = list(values)
        summary = f"JSON: an object of {counted(len(names), 'field')}{in_brackets(names)}."
        if 0 < len(names) <= FEW and any(isinstance(v, dict | list) for v in values.values()):
            inside = [f"{shown(name)}, {of_value(value)}" for name, value in values.items()]
            summary = f"JSON: an object of {counted(len(names), 'field')}: {'; '.join(inside)}."
        length = {key: value.count(" ") for key, value in values.items() if isinstance(value, str)}
        longest = max(length, key=lambda key: length[key], default="")
        if re.fullmatch(r"[\w-]{1,40}", longest) and length[longest] > LONG:
            summary += f" --field {longest} summarizes its text."
        return {"fields": list(map(shown, names[:100])), "summary": summary}
    if isinstance(values, list):
        return {
            "items": len(values),
            "fields": list(map(shown, names_of(values)[:100])),
            "summary": f"JSON: {of_value(values)}.",
        }
    return {"summary": f"JSON: the file {held(values)}."}


def of_value(value: Any) -> str:
    """a list of 3 objects with the fields a and b, an object of 2 fields (a and b), a string"""
    if isinstance(value, dict):
        return f"an object of {counted(len(value), 'field')}{in_brackets(list(value))}"
    if not isinstance(value, list):
        return "null" if value is None else f"a {NAMES[type(value)]}"
    kinds = {NAMES.get(type(one), "object") for one in value if one is not None}
    noun = kinds.pop() if len(kinds) == 1 else "item"
    names = names_of(value)
    return f"a list of {counted(len(value), noun)}{' with ' + fields_of(names) if names else ''}"


def names_of(values: list[Any]) -> list[str]:
    """The fields of the objects in a list, of the first ones."""
    rows = (row for row in values[:LOOKED_AT] if isinstance(row, dict))
    return list(dict.fromkeys(key for row in rows for key in row))


def fields_of(names: list[str]) -> str:
    """the field a, the fields a and b, no fields"""
    told = listed(map(shown, names), MOST_FIELDS)
    return f"the field{'' if len(names) == 1 else 's'} {told}" if names else "no fields"


def in_brackets(names: list[str]) -> str:
    told = listed(map(shown, names), MOST_FIELDS)
    return f" ({told})" if names else ""


def shown(name: str) -> str:
    return shortened(SURROGATE.sub("\ufffd", name), 40)


def has_text(value: Any) -> bool:
    return isinstance(value, str) and any(character.isalnum() for character in value)
