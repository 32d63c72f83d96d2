"""A name and a line about it, line by line: what apt-cache search, apropos and whatis print."""

from __future__ import annotations

import re

from summarize.document.kinds import Found, head_lines, listed

NAME = r"\w[^\s:;,]{0,80}(?: \(\w{1,8}\))?"  # with the section of its manual page
ENTRY = re.compile(rf"(?P<name>{NAME})(?:, {NAME}){{0,9}}\s{{1,30}}- \S")
LEAST = 5  # lines
MOST_OTHERS = 0.05
LEAST_NAMES = 0.8  # of the lines; names that come again are of speakers
MOST_NAMES = 6


def recognize(text: str, name: str) -> Found | None:
    if not mostly(head_lines(text)):
        return None
    lines = [line for line in text.split("\n") if line.strip()]
    if not mostly(lines):
        return None
    found = (entry["name"] for line in lines if (entry := ENTRY.match(line)))
    shown = list(dict.fromkeys(found))
    # Of programs: in small letters, or with a section of the manual.
    programs = sum(name[0].islower() or name.endswith(")") for name in shown)
    if min(len(shown), programs) < LEAST_NAMES * len(lines):
        return None
    names = list(dict.fromkeys(name.partition(" ")[0] for name in shown))
    summary = f"A list of {len(names):,} names with a line about each: {listed(names, MOST_NAMES)}."
    return Found("entries", {"entries": len(names), "names": names[:100], "summary": summary})


def mostly(lines: list[str]) -> bool:
    found = sum(ENTRY.match(line) is not None for line in lines)
    return found >= LEAST and found >= (1 - MOST_OTHERS) * len(lines)
