"""Tables under a line of names, as ps, df, dpkg -l and pip list print them, and what ls -l and
mount list. White space alone separates the columns of a table, so every line has to be aligned
with the names."""

from __future__ import annotations

import re
from collections import Counter

from summarize.document.kinds import Found, counted, head_lines, listed, shortened

LEAST_LINES = 5  # with that of the names; of a table with many columns
LEAST_WIDE, WIDE, VERY_WIDE = 3, 4, 8
MOST_BEFORE = 8  # lines above that of the names, as top and dpkg have them
ALIGNED = 0.85  # of the lines, in each column
SENTENCE_END = re.compile(r"[a-z]{2}[.!?:;,]$")
NAME = re.compile(r"\S+")
WORDY = re.compile(r"[.!?;,:]$")
DATA = re.compile(r"\W?\d")
RULE = re.compile(r"[-+=|: ]{3,}$")
LISTED = re.compile(r"([-dlbcps])[-rwxsStT]{9}[.+@]?\s+\d+ \S+ +\S+ ")
TYPES = {"-": "file", "d": "folder", "l": "link"}
MOUNTED = re.compile(r"\S{1,300} on (?:/\S{0,300}|none) type (\S{1,60}) \(")


def recognize(text: str, name: str) -> Found | None:
    head = head_lines(text)
    if len(head) < 2:
        return None
    lines = [line.expandtabs() for line in text.split("\n") if line.strip()]
    if len(head) >= LEAST_LINES and all(LISTED.match(line) for line in head[1:]):
        return listing(lines)
    if all(map(MOUNTED.match, head)):
        return mounts(lines)
    return table(lines, [line.expandtabs() for line in head])


def table(lines: list[str], head: list[str]) -> Found | None:
    """The names may stand below a few other lines; these names must be many."""
    for start in range(min(MOST_BEFORE, len(head) - 1)):
        if start and len(NAME.findall(head[start])) < WIDE:
            continue
        rows = [line for line in head[start + 1 :] if not RULE.match(line)]
        names = columns_of([head[start], *rows]) if rows else []
        is_long = not start and len(head) >= LEAST_LINES
        is_short = len(rows) + 1 < LEAST_WIDE
        if len(names) < (VERY_WIDE if is_short else 2 if is_long else WIDE):
            continue
        data = [line for line in lines[start + 1 :] if not RULE.match(line)]
        columns = [shortened(name, 40) for name in names if any(map(str.isalnum, name))]
        summary = f"A table: {counted(len(data), 'line')}, columns {listed(columns)}."
        return Found("columns", {"rows": len(data), "columns": columns, "summary": summary})
    return None


def mounts(lines: list[str]) -> Found:
    found = Counter(match[1] for line in lines if (match := MOUNTED.match(line)))
    told = listed((f"{count:,} {kind}" for kind, count in found.most_common()), 6)
    summary = f"A listing of {counted(found.total(), 'mount')}: {told}."
    return Found("columns", {"rows": found.total(), "columns": [], "summary": summary})


def listing(lines: list[str]) -> Found:
    """What `ls -l` prints."""
    found = [match for line in lines if (match := LISTED.match(line))]
    types = Counter(TYPES.get(match[1], "special file") for match in found)
    told = listed(counted(count, kind) for kind, count in types.most_common())
    summary = f"A listing of {told}."
    return Found("columns", {"rows": len(found), "columns": [], "summary": summary})


def columns_of(lines: list[str]) -> list[str]:
    """The names in the first line, if the others are aligned with them; else none. A word that
    nothing is aligned with belongs to the name before it, as in "Mounted on"."""
    first, rows = lines[0].rstrip(), [line.rstrip() for line in lines[1:]]
    words = list(NAME.finditer(first))
    ends = sum(SENTENCE_END.search(line) is not None for line in rows)
    if len(words) < 2 or SENTENCE_END.search(first) or 20 * ends > len(rows):
        return []
    if any(WORDY.search(word[0]) for word in words) or any(len(w[0]) > 30 for w in words):
        return []
    if sum(DATA.match(word[0]) is not None for word in words) > 1:
        return []
    names: list[str] = []
    end = -1
    sure = 0
    for word in words:
        shares = [share(rows, word.start(), word.end(), side) for side in ("left", "right")]
        if max(shares) >= ALIGNED:
            names.append(word[0])
            sure += 1
        elif names and word.start() == end + 1:
            names[-1] += f" {word[0]}"
        else:
            return []
        end = word.end()
    has_numbers = any(character.isdigit() for line in rows for character in line)
    return names if sure >= 2 and has_numbers and has_gaps(rows) else []


def share(rows: list[str], start: int, end: int, side: str) -> float:
    """Of the lines that reach this far, how many have a cell that begins, or ends, here."""
    if side == "left":
        reach = [row for row in rows if len(row) > start]
        fit = sum(row[start] != " " and (start == 0 or row[start - 1] == " ") for row in reach)
    else:
        reach = [row for row in rows if len(row) >= end]
        fit = sum(row[end - 1] != " " and row[end : end + 1] in ("", " ") for row in reach)
    return fit / len(reach) if reach else 0.0


def has_gaps(rows: list[str]) -> bool:
    """Whether cells are set apart by more than the space between two words."""
    return 2 * sum("  " in row.strip() for row in rows) > len(rows)
