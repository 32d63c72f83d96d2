"""Patches: the files they change, and how many lines they add and remove."""

from __future__ import annotations

import re

from summarize.document.kinds import Found, counted, has_suffix, head_lines, listed

HUNK = re.compile(r"@@ -\d{1,9}(?:,\d{1,9})? \+\d{1,9}(?:,(\d{1,9}))? @@")
FIRST = ("diff ", "--- ", "Index: ", "commit ", "From ")
MOST_FILES = 8


def recognize(text: str, name: str) -> Found | None:
    head = head_lines(text)
    if not head or not (head[0].startswith(FIRST) or has_suffix(name, ".diff", ".patch")):
        return None
    if not any(HUNK.match(line) for line in head):
        return None
    files = changes(text)
    if not files:
        return None
    added = sum(plus for plus, _ in files.values())
    removed = sum(minus for _, minus in files.values())
    each = [f"{path} (+{plus:,} -{minus:,})" for path, (plus, minus) in files.items()]
    summary = (
        f"A patch of {counted(len(files), 'file')}, {counted(added, 'line')} added and "
        f"{removed:,} removed: {listed(each, MOST_FILES)}."
    )
    facts = {"files": {path: list(count) for path, count in files.items()}, "summary": summary}
    return Found("diff", facts)


def changes(text: str) -> dict[str, tuple[int, int]]:
    """Lines added and removed for each file, in order. Hunks say how long they are, so that a
    removed line `-- x` is not taken for the head of a file."""
    files: dict[str, tuple[int, int]] = {}
    path, before = "", ""
    plus = minus = 0
    left = [0, 0]  # lines of the hunk still to come, of the old file and of the new
    for line in text.split("\n"):
        if left[0] > 0 or left[1] > 0:
            mark = line[:1]
            if mark == "\\":  # no newline at the end of the file
                continue
            left[0] -= mark != "+"
            left[1] -= mark != "-"
            plus += mark == "+"
            minus += mark == "-"
            files[path] = plus, minus
        elif line.startswith("@@ "):
            hunk = re.match(r"@@ -\d{1,9}(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))? @@", line)
            if hunk:
                left = [int(hunk[1] or 1), int(hunk[2] or 1)]
                path = path or before or "a file"
                plus, minus = files.get(path, (0, 0))
        elif line.startswith("--- "):
            before = named(line)
        elif line.startswith("+++ "):
            path = named(line)
            path = before if path == "/dev/null" else path
        elif line.startswith("rename to "):
            files.setdefault(line.removeprefix("rename to ").strip(), (0, 0))
    return files


def named(line: str) -> str:
    """Of `+++ b/path<tab>date` the path."""
    path = line[4:].split("\t")[0].strip()
    return path[2:] if path[:2] in ("a/", "b/") else path
