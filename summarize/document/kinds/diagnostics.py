"""What compilers, type checkers and linters print: errors and warnings, each with its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from summarize.document.kinds import Found, counted, head_lines, listed, shortened

# "a.c:2:21: warning: ...", "a.py:3: error: ...", "a.py:1:8: F401 ...".
HERE = re.compile(
    r"(?=[^\s:]{0,200}[A-Za-z])(?P<file>[^\s:]{1,200}):(?P<line>\d{1,7})(?::\d{1,5})?: "
    r"(?:(?P<level>fatal error|error|warning|note)(?:\[\w+\])?: |(?=[A-Z]{1,4}\d{2,5}\b))"
    r"(?P<message>\S.*)"
)
# Rust and ruff name the place in the next line: " --> src/main.rs:2:5".
TOLD = re.compile(
    r"(?:(?P<level>error|warning)(?:\[\w+\])?: |(?=[A-Z]{1,4}\d{2,5} ))(?P<message>\S.*)"
)
PLACE = re.compile(r"\s{1,8}--> (?P<file>[^:\n]{1,200}):(?P<line>\d{1,7})(?::\d{1,5})?$")
# What ends a build without a place: the linker, or cargo.
BARE = re.compile(
    r"(?:.{0,300}?(?P<link>undefined reference to .+)|(?:\w+: )?error: (?P<other>\S.*))"
)
PROSE = re.compile(r"(?:[A-Za-z',]+ ){3}.*[.,!?]$")
LEVELS = {"fatal error": "error", "error": "error", "warning": "warning", "": "problem"}
ORDER = ("error", "warning", "problem")
NEAR, APART = 8, 16  # lines before the first, and on average from one to the next


class Diagnostic(NamedTuple):
    level: str
    file: str
    line: int
    message: str


def recognize(text: str, name: str) -> Found | None:
    if not any(True for _ in diagnostics(head_lines(text)[:NEAR])):
        return None
    lines = [line for line in text.split("\n") if line.strip()]
    every = list(diagnostics(lines))
    if APART * len(every) < len(lines) or sum(map(is_prose, lines)) >= len(every):
        return None
    every = [one for one in every if one.level != "note"]
    if not every:
        return None
    levels = Counter(one.level for one in every)
    files = dict.fromkeys(one.file for one in every)
    worst = next(level for level in ORDER if levels[level])
    first = next(one for one in every if one.level == worst)
    known = listed([counted(levels[level], level) for level in ORDER if levels[level]])
    where = f"{first.file}, line {first.line}: {shortened(first.message)}"
    told = f"{known} in {counted(len(files), 'file')}"
    summary = f"{told}: {where}" if len(every) == 1 else f"{told}. First {worst}: {where}"
    if not levels["error"] and (bare := next(filter(None, map(BARE.match, lines)), None)):
        summary = f"The build failed: {shortened(bare['link'] or bare['other'])}. Also {told}"
    facts = {
        "levels": dict(levels),
        "files": list(files)[:100],
        "summary": summary if summary.endswith((".", "!", "?", "…")) else f"{summary}.",
    }
    return Found("diagnostics", facts)


def is_prose(line: str) -> bool:
    """A sentence around the messages, as in a mail that quotes them."""
    return HERE.match(line) is None and PROSE.match(line) is not None


def diagnostics(lines: list[str]) -> Iterator[Diagnostic]:
    before = ""
    for line in lines:
        if here := HERE.match(line):
            level = LEVELS.get(here["level"] or "", "note")
            yield Diagnostic(level, here["file"], int(here["line"]), here["message"].strip())
        elif (place := PLACE.match(line)) and (told := TOLD.match(before)):
            level = LEVELS[told["level"] or ""]
            yield Diagnostic(level, place["file"], int(place["line"]), told["message"].strip())
        before = line
