"""An alignment as one HTML page that fetches nothing: hover or focus a word, and see where it
looked, or what looked at it.

Everything from the document reaches the page through `textContent` and JSON, never as markup.
"""

from __future__ import annotations

import html
import json
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from summarize.files import write_text
from summarize.pipeline.alignment import Alignment
from summarize.views.terminal import visible

LEAST = 0.002  # shares below this are not drawn, nor carried


def write_page(alignment: Alignment, path: Path) -> None:
    write_text(path, to_page(alignment))


def to_page(alignment: Alignment) -> str:
    folder = resources.files("summarize.views")
    template = (folder / "attention.html").read_text(encoding="utf-8")
    title = f"{alignment.model}: {' '.join(alignment.summary)[:80]}"
    # "</script>" in a document must not end the page's own.
    data = json.dumps(page_data(alignment), ensure_ascii=True, separators=(",", ":"))
    data = data.replace("<", "\\u003c")
    before, after = template.split("$DATA")
    return before.replace("$TITLE", html.escape(visible(title))) + data + after


def page_data(alignment: Alignment) -> dict[str, Any]:
    """Words, the white space between them, and each row's shares as pairs of place and
    thousandths: most are nothing."""
    gaps = []
    last, before = 0, -1
    for (start, end), sentence in zip(alignment.source, alignment.sentence, strict=True):
        between = alignment.text[last:start]
        space = "\n\n" if between.count("\n") > 1 else " " if between else ""
        gaps.append(space if sentence <= before + 1 else f"{space}… ")
        last, before = end, int(sentence)
    source, target, shares = alignment.by_sentence()
    return {
        "model": alignment.model,
        "kind": alignment.kind,
        "read": alignment.tokens_read,
        "of": alignment.tokens_document,
        "words": [visible(word) for word in alignment.words],
        "gaps": gaps,
        "summary": [visible(word) for word in alignment.summary],
        "rows": [
            [[int(i), round(1000 * float(row[i]))] for i in np.flatnonzero(row >= LEAST)]
            for row in alignment.weights
        ],
        "sentences": {
            "source": [visible(s) for s in source],
            "summary": [visible(s) for s in target],
            "rows": [[round(1000 * float(share)) for share in row] for row in shares],
        },
    }
