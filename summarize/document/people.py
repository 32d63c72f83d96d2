"""Who is named in a file of authors, thanks or credits."""

from __future__ import annotations

import re

from summarize.document.compression import without_suffix
from summarize.document.document import Document
from summarize.document.kinds import PEOPLE_FILES, counted, listed

FILES = re.compile(rf"(?:^|/)(?:{'|'.join(PEOPLE_FILES)})[^/]{{0,12}}$", re.I)
REST = r"(?:[\w'’-]{0,30}|\.)"  # of a word, or an initial
NAME = re.compile(
    rf"[*+•\s-]{{0,6}}((?!(?:The|This|These|It|In)\b)[A-ZÀ-Þ]{REST}(?: [^\W\d_]{REST}){{0,3}}"
    rf" [A-ZÀ-Þ]{REST})[ \t]*(?=[<(,;:–—-]|\t|  |$)"
)
LEAST, MOST = 4, 5  # names that make a list, and that are told


def gist(document: Document) -> str | None:
    """In a sentence; None where few are named, or the file's name promises something else."""
    if not FILES.search(without_suffix(document.source)):
        return None
    lines = document.text.split("\n")
    found = [known[1] for line in lines if (known := NAME.match(line[:200]))]
    names = list(dict.fromkeys(found))
    filled = sum(bool(line.strip()) for line in lines)
    if len(names) < LEAST or 3 * len(found) < filled:
        return None
    return f"A list of {counted(len(names), 'name')}: {listed(names, MOST)}."
