"""Jupyter notebooks: the text of Markdown cells, and the code of others; no output."""

from __future__ import annotations

import json
from itertools import groupby

from summarize.document.formats import markdown
from summarize.document.parts import Part, of_text
from summarize.errors import DocumentError

CALL = 200  # characters that it could read while it begins


def parts(text: str, name: str) -> list[Part]:
    try:
        cells = json.loads(text)["cells"]
        found = [(cell["cell_type"], source(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DocumentError(f"{name} is a notebook that can't be read") from None
    written = "\n\n".join(text for kind, text in found if kind == "markdown")
    if not any(map(str.isalnum, written)):
        return [Part("code", text) for kind, text in found if kind != "markdown"]
    out: list[Part] = []
    cost = 0  # the parser is slow; what it may read is bounded for all cells together
    for kind, group in groupby(found, key=lambda cell: cell[0]):
        text = "\n\n".join(text for _, text in group)
        cost += len(text) + CALL
        if kind != "markdown":
            out.append(Part("code", text))
        elif cost < markdown.MOST_CHARACTERS:
            out += markdown.parts(text)
        else:
            out += of_text(text)
    return out


def source(value: object) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)
