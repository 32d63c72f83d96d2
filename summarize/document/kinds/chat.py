"""Conversations: chats, interviews, minutes with a speaker for each turn. Each turn is a block."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from summarize.document.document import Block
from summarize.document.kinds import Found, head_lines

TIME = r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[AaPp]\.?[Mm]\.?)?"
NAME = r"[^\W\d_][\w.'’-]{0,24}(?: [^\W\d_(][\w.'’-]{0,24}){0,3}"
# [10:32] <ann> text; 12/03/24, 10:32 - Ann: text; Ann (10:32): text; ANN: text; <ann> text
TURN = re.compile(
    rf"\s{{0,8}}(?P<time>[\[(]?(?:\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}},? )?{TIME}[\])]?(?: -)? ?)?"
    r"(?:<[@+ ]?(?P<nick>[\w.|^`\[\]-]{1,30})>"
    rf"|(?:\*\*)?(?P<name>{NAME})(?P<later> ?[\[(]{TIME}[\])])?(?:\*\*)?:(?:\*\*)?)"
    r"(?:[ \t]+|$)"
)
LEAST_TURNS = 4
LEAST_TIMED = 3
MOST_BY_ONE = 0.85  # of the turns
SHARE = 0.25  # of the lines at the margin
ENDS = (".", "!", "?", "…", '."', '!"', '?"', ".”", "!”", "?”")
WORD = re.compile(r"[^\W\d_]+")
SPOKEN = frozenset("i me my you your we us our".split())
# What stands before a colon in other texts, again and again.
NOT_NAMES = {
    *("note", "warning", "example", "see", "usage", "default", "returns", "author", "version"),
    *("package", "description", "license", "copyright", "files", "source", "date", "subject"),
    *("from", "to", "cc", "name", "type", "url", "http", "https", "todo", "fixme", "hint", "tip"),
    *("input", "output", "parameters", "arguments", "required", "optional", "status", "title"),
    *("bug", "fix", "changes", "added", "changed", "fixed", "removed", "deprecated", "security"),
    *("q", "a", "comment", "upstream-name", "upstream-contact", "format", "depends", "section"),
}


class Turn(NamedTuple):
    speaker: str
    said: int  # where in the line that begins
    is_timed: bool


def recognize(text: str, name: str) -> Found | None:
    head = head_lines(text)
    if sum("</" in line for line in head) > 1:  # XML
        return None
    if not is_conversation(head):
        return None
    return Found("chat", {}, tuple(blocks_of(text)))


def is_conversation(head: list[str]) -> bool:
    turns = [(line, turn) for line in head if (turn := turn_of(line))]
    names = Counter(turn.speaker for _, turn in turns)
    timed = sum(turn.is_timed for _, turn in turns)
    is_timed = timed == len(turns)  # which hardly anything else is
    least = max(LEAST_TIMED, len(names) + 1) if is_timed else max(LEAST_TURNS, 2 * len(names))
    if len(names) < 2 or len(turns) < least:
        return False
    if max(names.values()) > MOST_BY_ONE * len(turns):
        return False
    # Records ("Name: x", "Size: 3") repeat their keys too, but hold no sentences.
    said = [line[turn.said :].strip() for line, turn in turns]
    sentences = sum(text.endswith(ENDS) for text in said)
    words = sum(len(text.split()) for text in said) / len(said)
    if 2 * timed < len(turns):
        spoken = sum(bool(SPOKEN & set(WORD.findall(text.lower()))) for text in said)
        # Half of what is said ends as a sentence, or a third speaks of me and you.
        if words < 3 or (2 * sentences < len(said) and 3 * spoken < len(said)):
            return False
    # A turn may go on for lines, but few lines at the margin belong to none.
    at_margin = sum(not line[0].isspace() for line in head)
    inside = sum(line[0].isspace() for line, _ in turns)
    return len(turns) >= SHARE * at_margin and (not at_margin or inside < len(turns) / 5)


def turn_of(line: str) -> Turn | None:
    found = TURN.match(line[:400])
    if not found:
        return None
    is_timed = bool(found["time"] or found["later"])
    name = found["nick"] or found["name"]
    # A name in small letters is a nickname, with a time or in brackets; else a field or a path.
    is_field = bool(found["name"]) and name[0].islower() and not is_timed
    if is_field or name.lower() in NOT_NAMES:
        return None
    return Turn(name, found.end(), is_timed)


def blocks_of(text: str) -> list[Block]:
    """What is said, without the name and time before it; a blank line parts what is said."""
    blocks: list[Block] = []
    speaker = ""
    start = end = -1
    offset = 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        turn = turn_of(line)
        if (turn or not stripped) and start >= 0:
            blocks.append(Block("paragraph", start, end, 0, speaker))
            start = -1
        begin = len(line) - len(line.lstrip())
        if turn:
            speaker, begin = turn.speaker, turn.said
        if line[begin:].strip() and start < 0:
            start = offset + begin
        end = offset + len(line.rstrip())
        offset += len(line)
    if start >= 0:
        blocks.append(Block("paragraph", start, end, 0, speaker))
    return blocks
