"""Tables without quotes or a standard: /etc/passwd, /etc/services, fstab, what `ps` prints. Their
fields are separated by colons or by white space."""

from __future__ import annotations

import re
from collections import Counter

from summarize.document.kinds import Found, counted, has_suffix, head_lines, listed, shortened

LEAST_ROWS = 3
WIDE = 4  # fields; a narrower table has to be set in columns
GAP = re.compile(r"\t+| {2,}")
COMMENT = re.compile(r"(?:^|\s)#.*")
WORD = re.compile(
    r"[^\W\d_]{1,60}(?:['’-][^\W\d_]{1,60}){0,4}[,.;:!?)]{0,9}|\W{0,60}"
)  # also a dash or a bullet
SENTENCE_END = re.compile(r"[a-z]{2}[.!?:;,]$")
LONGEST_CELL = 120  # characters
PLAIN_CELLS = 0.9


def recognize(text: str, name: str) -> Found | None:
    head = rows_of(head_lines(text))
    least = 1 if has_suffix(name, "tab") else LEAST_ROWS
    if len(head) < least:
        return None
    if is_separated_by_colons(head):
        separator: str | None = ":"
    elif is_set_in_columns(head):
        separator = None
    else:
        return None
    rows = [row.split(separator) for row in rows_of(text.split("\n"))]
    widths = Counter(map(len, rows))
    fewest, most = min(widths), max(widths)
    names = header(rows)
    data = rows[1:] if names else rows
    what = "colons" if separator else "white space"
    width = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    summary = f"A table: {counted(len(data), 'line')} of {width} fields, separated by {what}."
    if names:
        summary = f"{summary[:-1]}: {listed(names)}."
    firsts = list(dict.fromkeys(shortened(row[0], 40) for row in data if row[0]))
    if firsts:
        is_one = len(firsts) == 1
        summary += f" The first field{' is' if is_one else 's are'} {listed(firsts, 5)}."
    facts = {"rows": len(data), "fields": most, "columns": names, "summary": summary}
    return Found("columns", facts)


def rows_of(lines: list[str]) -> list[str]:
    """Without comments and what is set in or blank."""
    rows = (COMMENT.sub("", line[:4000]).rstrip() for line in lines)
    return [row for row in rows if row]


def is_separated_by_colons(rows: list[str]) -> bool:
    """As many in each line, and no space beside them or in the first field."""
    width = rows[0].count(":")
    if width < WIDE - 1 or len(rows) < LEAST_ROWS:
        return False
    spaced = re.compile(r":\s|\s:|\w://|^[^:]*\s")
    return all(row.count(":") == width and not spaced.search(row) for row in rows)


def is_set_in_columns(rows: list[str]) -> bool:
    """A column of numbers, paths or the like in every line, and cells that are no phrases. Lines of
    prose have the one or the other, not both."""
    if any(SENTENCE_END.search(row) for row in rows):
        return False
    split = [row.split() for row in rows]
    data = split[1:] if len(split) > LEAST_ROWS and header(split) else split
    fewest = min(map(len, data))
    if fewest < 2:
        return False
    signs = sum(all(not WORD.fullmatch(row[place]) for row in data) for place in range(fewest))
    if fewest >= WIDE:
        is_uneven = max(map(len, data)) > 2 * fewest
        return 2 * signs >= fewest and not is_uneven
    cells = [cell for row in rows for cell in GAP.split(row.strip())]
    gaps = sum(GAP.search(row.strip()) is not None for row in rows)
    plain = sum(cell.count(" ") == 0 for cell in cells)
    return (
        signs >= 1
        and gaps >= PLAIN_CELLS * len(rows)
        and plain >= PLAIN_CELLS * len(cells)
        and max(map(len, cells)) <= LONGEST_CELL
    )


def header(rows: list[list[str]]) -> list[str]:
    """The first row, if it has no digit and the others have a column of numbers."""
    if len(rows) < LEAST_ROWS or any(re.search(r"\d", cell) for cell in rows[0]):
        return []
    fewest = min(map(len, rows))
    numbers = (all(re.match(r"-?\d", row[n]) for row in rows[1:]) for n in range(fewest))
    return [shortened(cell, 40) for cell in rows[0]] if any(numbers) else []
