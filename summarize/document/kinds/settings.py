"""Settings, one a line: /etc/os-release, /proc/meminfo, what `env` prints. Only their number and
their names are told: a value may be secret."""

from __future__ import annotations

import re

from summarize.document.kinds import Found, head_lines, listed

LEAST_LINES = 5
# A name without a space and "=", or one of a few words and ":", which may be set in.
SETTING = re.compile(
    r"(?:export )?([\w.-]{1,60})=(.*)"
    r"|[ \t]{0,8}([\w(][\w()./-]*(?: [\w()./-]+){0,4})\s*:((?:\s.*)?)"
)
SENTENCE = re.compile(r"(?:[^\W\d_]{2,60}[,;:]? ){3}.*[.!?]$")
WORDS = re.compile(r"(?<!\S)[A-Za-z]{2,}(?!\S)")
MOST_WORDS = 1.5  # of a value, on average
LONG_VALUE = 6  # words; more of them tell no more
MOST_NAMES = 6


def recognize(text: str, name: str) -> Found | None:
    if settings_of(head_lines(text)) is None:
        return None
    names = settings_of([line for line in text.split("\n") if line.strip()])
    if names is None:
        return None
    different = list(dict.fromkeys(names))
    summary = f"{len(names):,} settings: {listed(different, MOST_NAMES)}."
    return Found("settings", {"settings": len(names), "names": different[:100], "summary": summary})


def settings_of(lines: list[str]) -> list[str] | None:
    """The names, if every line is a setting or a comment, and no value reads as prose."""
    names: list[str] = []
    words = numbers = 0
    for line in lines:
        if line.startswith("#"):
            continue
        found = SETTING.fullmatch(line[:4000].rstrip())
        if found is None:
            return None
        value = (found[2] or found[4] or "").strip()
        if SENTENCE.match(value):
            return None
        words += min(LONG_VALUE, len(WORDS.findall(value[:200]))) if found[3] else 0
        numbers += found[3] is None or any(map(str.isdigit, value))
        names.append(" ".join((found[1] or found[3]).split()))
    if len(names) < LEAST_LINES or words > MOST_WORDS * len(names):
        return None
    # Of names that come again, some are of speakers, who seldom say a number.
    return names if len(set(names)) == len(names) or 2 * numbers >= len(names) else None
