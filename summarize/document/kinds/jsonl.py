"""JSON Lines: how many rows, their fields, and which of them holds texts."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from summarize.document.kinds import Found, counted, has_suffix, head_lines, listed

LOOKED_AT = 500  # rows whose fields are counted
LONG = 60  # characters of a text that could be summarized


def recognize(text: str, name: str) -> Found | None:
    head = head_lines(text)
    if not head or not head[0].lstrip().startswith("{"):
        return None
    is_named = has_suffix(name, ".jsonl", ".ndjson")
    if not all(row(line) is not None for line in head[: 1 if is_named else 3]):
        return None
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < 2 and not is_named:
        return None
    fields: Counter[str] = Counter()
    lengths: Counter[str] = Counter()
    bad = []
    for number, line in enumerate(lines[:LOOKED_AT], start=1):
        values = row(line)
        if values is None:
            bad.append(number)
            continue
        for key, value in values.items():
            fields[key] += 1
            lengths[key] += len(value) if isinstance(value, str) else 0
    summary = (
        f"JSON Lines: {counted(len(lines), 'row')} with the fields {listed(fields)}."
        if len(fields) != 1
        else f"JSON Lines: {counted(len(lines), 'row')} with the field {listed(fields)}."
    )
    if bad:
        summary += f" Row {bad[0]} is not a JSON object."
    longest = max(lengths, key=lambda key: lengths[key], default="")
    texts = longest if longest and lengths[longest] > LONG * fields[longest] else None
    if texts:
        summary += f" --field {texts} summarizes the text of each row."
    facts = {"rows": len(lines), "fields": list(fields), "text_field": texts, "summary": summary}
    return Found("jsonl", facts)


def row(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
