"""What `git diff --stat` prints: how much changed, and in which files most."""

from __future__ import annotations

import re

from summarize.document.kinds import Found, counted, listed

TOTAL = re.compile(
    r"\s*(\d{1,9}) files? changed"
    r"(?:, (\d{1,12}) insertions?\(\+\))?(?:, (\d{1,12}) deletions?\(-\))?$"
)
ROW = re.compile(r"\s*(\S.{0,400}?) {1,99}\| {1,9}(?:(\d{1,12})(?: [+-]*)?|Bin\b.*|Unmerged)$")
MODE = re.compile(r"\s*(?:create|delete|mode|rename|copy|rewrite) ")
MOST_FILES = 5


def recognize(text: str, name: str) -> Found | None:
    lines = [line.rstrip() for line in text.split("\n") if line.strip()]
    # The total is the last line but for files that come or go (--summary).
    place = next((n for n, line in enumerate(lines) if TOTAL.match(line)), -1)
    total = TOTAL.match(lines[place]) if place >= 0 else None
    rows = [ROW.match(line) for line in lines[: max(0, place)]]
    if not total or not all(rows) or not all(map(MODE.match, lines[place + 1 :])):
        return None
    changed = {row[1]: int(row[2] or 0) for row in rows if row}
    number, added, removed = (int(total[n] or 0) for n in (1, 2, 3))
    parts = [f"{counted(number, 'file')} changed"]
    parts += [counted(added, "insertion")] if added else []
    parts += [counted(removed, "deletion")] if removed else []
    largest = sorted(changed, key=lambda path: -changed[path])[:MOST_FILES]
    told = [f"{path} ({counted(changed[path], 'line')})" for path in largest if changed[path]]
    summary = f"{', '.join(parts)}."
    if told:
        summary += f" {'Largest: ' if len(changed) > 1 else ''}{listed(told)}."
    facts = {
        "files_changed": number,
        "added": added,
        "removed": removed,
        "files": changed,
        "summary": summary,
    }
    return Found("diff", facts)
