"""JSON to the text of one of its fields: --field a.b, or one whose name says what it is."""

from __future__ import annotations

import json
from typing import Any

from summarize.errors import DocumentError

KNOWN = ("text", "document", "body", "content", "article", "abstract", "description")


def to_text(text: str, name: str, field: str | None = None) -> str:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{name} is not JSON: {str(error)[:100]}") from None
    if field is None:
        fields = values if isinstance(values, dict) else {}
        field = next((k for k in KNOWN if has_text(fields.get(k))), None)
        if field is None:
            raise DocumentError(f"{name} is JSON; name the field of the text: --field NAME")
    found: Any = values
    for part in field.split("."):
        number = int(part) if part.isdecimal() and len(part) < 10 else None
        if isinstance(found, list) and number is not None and number < len(found):
            found = found[number]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            keys = ", ".join(map(str, list(found)[:8])) if isinstance(found, dict) else "no fields"
            raise DocumentError(f"{name} has no field {field}; there {part!r} is not in: {keys}")
    if isinstance(found, list) and all(isinstance(part, str) for part in found):
        found = "\n\n".join(found)
    if not isinstance(found, str):
        raise DocumentError(f"{name}: the field {field} is not a text")
    return found


def has_text(value: Any) -> bool:
    return isinstance(value, str) and any(character.isalnum() for character in value)
