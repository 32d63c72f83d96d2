"""What is not prose, or not only: tables, logs, patches, source code, conversations.

One visible table, in the order of asking: each kind is a module with `recognize(text, name)`, which
returns Found or None. It looks at the head of the text first and must be sure: prose that is taken
for something else gets no summary. All but conversations get `facts`; `facts["summary"]` is given
instead of a summary.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any, NamedTuple

from summarize.document.document import Block

KINDS = ("diff", "jsonl", "table", "chat", "log", "code")
HEAD_LINES = 200  # that are looked at to recognize a kind
HEAD_CHARACTERS = 40_000


class Found(NamedTuple):
    """The kind of a document, what was counted in it, and its blocks where these are known."""

    kind: str
    facts: dict[str, Any]
    blocks: tuple[Block, ...] = ()


def recognize(text: str, name: str) -> Found | None:
    for kind in KINDS:
        module = import_module(f"summarize.document.kinds.{kind}")
        found: Found | None = module.recognize(text, name)
        if found:
            return found
    return None


def head_lines(text: str) -> list[str]:
    """The first lines that are not blank; the last of them may be cut."""
    lines = text[:HEAD_CHARACTERS].split("\n")
    if len(text) > HEAD_CHARACTERS:
        lines = lines[:-1] or lines  # the last is cut in its middle
    return [line for line in lines[: 2 * HEAD_LINES] if line.strip()][:HEAD_LINES]


def counted(number: int, noun: str) -> str:
    """1 row, 1,200 rows, 2 entries"""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1] + 'ies' if noun.endswith('ry') else noun + 's'}"


def listed(names: Iterable[str], most: int = 12) -> str:
    """a, b and c; of many the first, and how many more."""
    every = list(names)
    if len(every) > most:
        return f"{', '.join(every[:most])} and {len(every) - most:,} more"
    if len(every) < 2:
        return "".join(every)
    return f"{', '.join(every[:-1])} and {every[-1]}"


def shortened(text: str, most: int = 120) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def has_suffix(name: str, *suffixes: str) -> bool:
    return name.lower().endswith(suffixes)
