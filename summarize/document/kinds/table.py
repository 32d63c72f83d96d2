"""Tables with separated values (CSV, TSV): their columns, rows and ranges."""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import islice
from typing import Any

from summarize.document.kinds import Found, counted, has_suffix, head_lines, listed, shortened

DELIMITERS = ",\t;|"
SAMPLE = 50  # rows that have to agree
LONGEST_CELL = 60  # characters on average; prose with commas has few and long ones
MOST_RANGES = 4
IS_DATA = re.compile(r"\d|\.{0,2}/")  # 32K, ./path: no name of a column begins so


def recognize(text: str, name: str) -> Found | None:
    is_named = has_suffix(name, ".csv", ".tsv", ".tab")
    head = head_lines(text)
    if len(head) < (1 if is_named else 4):
        return None
    delimiter = next((d for d in DELIMITERS if is_table(head[:SAMPLE], d, is_named)), None)
    if delimiter is None:
        return None
    try:
        return Found("csv", describe(text, delimiter))
    except csv.Error:  # a cell of more than 128 KB, say
        return None


def is_table(lines: list[str], delimiter: str, is_named: bool) -> bool:
    try:
        rows = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return False
    width, agree = Counter(map(len, rows)).most_common(1)[0]
    if is_named:
        return width > 1 and agree > len(rows) / 2
    if width < (2 if delimiter == "\t" else 3) or agree < len(rows) or len(rows) < 4:
        return False
    if delimiter == "\t" and all(row[0][-1:] == ":" or row[1][:1] == ":" for row in rows):
        return False  # settings
    cells = [cell for row in rows for cell in row]
    # In prose a comma is followed by a space, in a drawing of a table a bar is preceded by one.
    spaced = sum(cell[:1] == " " for row in rows for cell in row[1:])
    if delimiter in ",;|" and spaced > len(cells) / 10:
        return False
    average = sum(map(len, cells)) / len(cells)
    return average <= LONGEST_CELL and any(map(str.isalnum, "".join(cells)))


def describe(text: str, delimiter: str) -> dict[str, Any]:
    rows = csv.reader(text.split("\n"), delimiter=delimiter)
    first = next((row for row in rows if row), [])
    second = next((row for row in rows if row), [])
    has_header = all(first) and not any(is_number(cell) or IS_DATA.match(cell) for cell in first)
    columns = [shortened(cell, 40) for cell in first] if has_header else []
    lows: list[float | None] = [None] * len(first)
    highs: list[float | None] = [None] * len(first)
    count = 0
    examined = [second] if has_header else [first, second]
    for row in chain_rows(examined, rows):
        count += 1
        for place, cell in enumerate(islice(row, len(first))):
            if is_number(cell):
                value = float(cell)
                low, high = lows[place], highs[place]
                lows[place] = value if low is None else min(low, value)
                highs[place] = value if high is None else max(high, value)
    ranges = {
        columns[place]: [lows[place], highs[place]]
        for place in range(len(columns))
        if lows[place] is not None
    }
    summary = f"{'TSV' if delimiter == chr(9) else 'CSV'}: {counted(len(first), 'column')}"
    summary += f" ({listed(columns)}), " if columns else " without a header, "
    summary += f"{counted(count, 'row')}."
    told = [f"{name} {low:g} to {high:g}" for name, (low, high) in ranges.items()]
    if told:
        summary += f" Ranges: {listed(told, MOST_RANGES)}."
    return {"columns": columns or len(first), "rows": count, "ranges": ranges, "summary": summary}


def chain_rows(examined: list[list[str]], rest: Any) -> Any:
    yield from (row for row in examined if row)
    yield from (row for row in rest if row)


def is_number(cell: str) -> bool:
    if not cell or len(cell) > 30 or cell[-1] not in "0123456789.":
        return False
    try:
        float(cell)
    except ValueError:
        return False
    return True
