"""Logs: how long, how bad, and what is said most often."""

from __future__ import annotations

import re
from collections import Counter

from summarize.document.kinds import Found, counted, has_suffix, head_lines, listed, shortened

# At the start of a line: ISO 8601, syslog, the time of day, seconds since start (dmesg), a web
# server's, with or without a bracket.
STAMP = re.compile(
    r"(?:[a-z][\w.-]{1,30} (?=\d{4}-))?[\[(]?"
    r"(\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    r"|\d{1,2}:\d\d:\d\d(?:[.,]\d{1,6})?"
    r"|\s{0,6}\d{1,7}\.\d{3,6}(?=\])"
    r"|\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d)[\])]?"
)
WEB = re.compile(r"\S{1,60} \S{1,40} \S{1,60} \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d)")
LEVEL = re.compile(
    r"\b(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRIT(?:ICAL)?|FATAL|PANIC)\b|"
    r"[\[<](trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|alert)[\]>]"
)
NAMES = {"warn": "warning", "err": "error", "crit": "critical", "panic": "fatal"}
WORST = ("fatal", "critical", "alert", "error", "warning", "notice", "info", "debug", "trace")
VARYING = re.compile(r"0x[0-9a-fA-F]{1,16}|\b[0-9a-f]{8,64}\b|\d{1,30}")
HEAD = 300  # characters of a line that are looked at
LEAST_LINES = 5
SHARE = 0.6  # of the lines that begin with a time or a level
MOST_DISTINCT = 50_000


def recognize(text: str, name: str) -> Found | None:
    head = head_lines(text)
    if len(head) < LEAST_LINES:
        return None
    stamped = sum(is_entry(line) for line in head)
    share = 0.3 if has_suffix(name, ".log") else SHARE
    if stamped < LEAST_LINES or stamped < share * len(head):
        return None
    lines = 0
    levels: Counter[str] = Counter()
    messages: Counter[str] = Counter()
    example: dict[str, str] = {}
    first = last = ""
    worst: tuple[int, str] = (len(WORST), "")
    for line in text.split("\n"):
        entry = line[:HEAD]
        if not is_entry(entry):
            continue
        lines += 1
        time = stamp(entry)
        first, last = first or time, time or last
        message = without_stamp(entry)
        level = level_of(entry)
        if level:
            levels[level] += 1
            if WORST.index(level) < worst[0] and message:
                worst = WORST.index(level), message
        if len(messages) < MOST_DISTINCT:
            key = VARYING.sub("#", message)
            messages[key] += 1
            example.setdefault(key, message)
    frequent = [(example[key], count) for key, count in messages.most_common(3) if count > 1]
    summary = f"A log of {counted(lines, 'entry')}"
    summary += f" from {first} to {last}" if first and last and first != last else ""
    if levels:
        known = [level for level in WORST if levels[level]]
        summary += ": " + listed(
            f"{levels[level]:,} {level}"
            if level in ("info", "debug", "trace", "critical", "fatal")
            else counted(levels[level], level)
            for level in known
        )
    summary += "."
    if worst[0] <= WORST.index("error"):
        summary += f" First {WORST[worst[0]]}: “{shortened(worst[1])}”."
    if frequent:
        told = (f"“{shortened(message)}” ({count:,} times)" for message, count in frequent)
        summary += f" Most frequent: {listed(told)}."
    facts = {
        "entries": lines,
        "first": first,
        "last": last,
        "levels": dict(levels),
        "frequent": [{"message": message, "count": count} for message, count in frequent],
        "summary": summary,
    }
    return Found("log", facts)


def is_entry(line: str) -> bool:
    if STAMP.match(line) or WEB.match(line):
        return True
    level = LEVEL.search(line[:40])
    return level is not None and level.start() <= 2


def stamp(line: str) -> str:
    found = STAMP.match(line) or WEB.match(line)
    return found[1].strip() if found else ""


def level_of(line: str) -> str:
    found = LEVEL.search(line)
    level = (found[1] or found[2]).lower() if found else ""
    return NAMES.get(level, level)


def without_stamp(line: str) -> str:
    """The message, without its time and level."""
    found = STAMP.match(line)
    message = line[found.end() :] if found else line
    level = LEVEL.search(message[:60])
    if level:
        message = message[level.end() :]
    return message.strip(" :-|]\t>")
