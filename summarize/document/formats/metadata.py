"""Metadata of a Python package: its summary, and its description in the markup that it names."""

from __future__ import annotations

import re
from importlib import import_module

from summarize.document.parts import Part, of_text

SUMMARY = re.compile(r"^Summary: ?([^\n]{1,500})", re.M)
MARKUP = re.compile(r"^Description-Content-Type: ?text/(?:x-)?(markdown|rst)", re.M)


def parts(text: str, name: str) -> list[Part]:
    head, _, body = text.partition("\n\n")
    summary, markup = SUMMARY.search(head), MARKUP.search(head)
    found: list[Part] = []
    if summary and summary[1].strip():
        line = summary[1].strip()
        found.append(Part("paragraph", line if line.endswith((".", "!", "?")) else f"{line}."))
    if not markup:
        return found + of_text(body)
    module = import_module(f"summarize.document.formats.{markup[1]}")
    return [*found, *module.parts(body, name)]
