"""The output of `git log` and `git show`: how many commits by whom and when, and their subjects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from summarize.document.document import Block
from summarize.document.kinds import Found, counted, diff, head_lines, listed, shortened

COMMIT = re.compile(r"commit [0-9a-f]{7,64}(?: \([^()\n]{1,300}\))?$")
FIELD = re.compile(r"(Author|AuthorDate|Commit|CommitDate|Date|Merge|Tagger|TaggerDate): +(\S.*)$")
# Of `git log --oneline`. A hash may be of letters alone, as words are ("defaced"), but not most.
ONE_LINE = re.compile(r"[0-9a-f]{7,40} (?:\((?:HEAD|tag: |origin/)[^()]*\) )?(\S.*)")
FORMATS = ("%a %b %d %H:%M:%S %Y %z", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d")
LEAST_ONE_LINE = 3
MOST_SUBJECTS = 5


@dataclass
class Commit:
    author: str = ""
    date: str = ""
    subject: str = ""
    blocks: list[Block] = field(default_factory=list)


def recognize(text: str, name: str) -> Found | None:
    head = head_lines(text)
    if not head:
        return None
    if COMMIT.match(head[0]) and any(FIELD.match(line) for line in head[1:4]):
        found = commits(text)
        changes = diff.recognize(text, "")
    elif len(head) >= LEAST_ONE_LINE and is_one_line(head):
        found, changes = one_line_commits(text), None
    else:
        return None
    facts = described(found)
    if changes:
        facts = {**changes.facts, **facts}
        facts["summary"] += f" {changes.facts['summary']}"
    return Found("gitlog", facts, tuple(block for commit in found for block in commit.blocks))


def commits(text: str) -> list[Commit]:
    """Messages are set in by four spaces; patches and statistics are not."""
    found: list[Commit] = []
    start = end = -1
    offset = 0
    in_message = False
    for line in text.splitlines(keepends=True):
        bare = line.rstrip()
        is_text = in_message and line.startswith("    ") and bool(bare)
        if start >= 0 and not is_text:
            add_paragraph(found[-1], text, start, end)
            start = -1
        if COMMIT.match(bare):
            found.append(Commit())
            in_message = True
        elif is_text:
            start = offset + len(line) - len(line.lstrip()) if start < 0 else start
            end = offset + len(bare)
        elif in_message and (known := FIELD.match(bare)):
            if known[1] == "Author":
                found[-1].author = known[2].partition(" <")[0]
            elif known[1] in ("Date", "AuthorDate"):
                found[-1].date = day(known[2])
        elif bare:
            in_message = False
        offset += len(line)
    if start >= 0:
        add_paragraph(found[-1], text, start, end)
    return found


def add_paragraph(commit: Commit, text: str, start: int, end: int) -> None:
    if not commit.subject:
        commit.subject = " ".join(text[start:end].split())
    commit.blocks.append(Block("paragraph", start, end))


def is_one_line(head: Sequence[str]) -> bool:
    numbered = sum(any(map(str.isdigit, line.partition(" ")[0])) for line in head)
    return all(ONE_LINE.match(line) for line in head) and 2 * numbered > len(head)


def one_line_commits(text: str) -> list[Commit]:
    found: list[Commit] = []
    offset = 0
    for line in text.splitlines(keepends=True):
        if known := ONE_LINE.match(line.rstrip()):
            block = Block("item", offset + known.start(1), offset + known.end(1), 1)
            found.append(Commit(subject=known[1], blocks=[block]))
        offset += len(line)
    return found


def day(date: str) -> str:
    """2026-03-02, or as it is given ("3 days ago")."""
    for layout in FORMATS:
        try:
            return datetime.strptime(date, layout).date().isoformat()
        except ValueError:
            pass
    return shortened(date, 40)


def described(found: list[Commit]) -> dict[str, Any]:
    authors = Counter(commit.author for commit in found if commit.author)
    dates = [commit.date for commit in found if commit.date]
    if all(re.match(r"\d{4}-", date) for date in dates):
        dates.sort(reverse=True)
    subjects = [commit.subject for commit in found if commit.subject]
    first, last = (dates[-1], dates[0]) if dates else ("", "")
    quoted = [f"“{shortened(subject)}”" for subject in subjects[:MOST_SUBJECTS]]
    if len(found) == 1:
        by = "".join(f" by {name}" for name in authors)
        about = f": {quoted[0]}." if quoted else "."
        summary = f"1 commit{by}{', ' + first if first else ''}{about}"
    else:
        summary = counted(len(found), "commit")
        if len(authors) == 1:
            summary += f" by {next(iter(authors))}"
        elif authors:
            summary += f" by {counted(len(authors), 'author')}"
        if first:
            summary += f", from {first} to {last}" if first != last else f", {first}"
        all_of_them = len(quoted) == len(found)
        summary += (
            f". Newest{' first' if all_of_them else ''}: {listed(quoted)}." if quoted else "."
        )
    return {
        "commits": len(found),
        "authors": dict(authors.most_common()),
        "first": first,
        "last": last,
        "subjects": subjects[:100],
        "summary": summary,
    }
