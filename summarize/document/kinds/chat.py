"""Conversations: chats, interviews, minutes with a speaker for each turn. Each turn is a block."""

from __future__ import annotations

import re
from collections import Counter

from summarize.document.document import Block
from summarize.document.kinds import Found, head_lines

TIME = r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[AaPp]\.?[Mm]\.?)?"
NAME = r"[^\W\d_][\w.'’-]{0,24}(?: [^\W\d_(][\w.'’-]{0,24}){0,3}"
# [10:32] <ann> text; 12/03/24, 10:32 - Ann: text; Ann (10:32): text; ANN: text; <ann> text
TURN = re.compile(
    rf"\s{{0,8}}(?:[\[(]?(?:\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}},? )?{TIME}[\])]?(?: -)? ?)?"
    rf"(?:<[@+ ]?([\w.|^`\[\]-]{{1,30}})>|(?:\*\*)?({NAME})(?: ?[\[(]{TIME}[\])])?(?:\*\*)?:(?:\*\*)?)"
    r"(?:[ \t]+|$)"
)
LEAST_TURNS = 4
SHARE = 0.5  # of the paragraphs that begin with a speaker
ENDS = (".", "!", "?", "…", '."', '!"', '?"', ".”", "!”", "?”")
# What stands before a colon in other texts, again and again.
NOT_NAMES = {
    *("note", "warning", "example", "see", "usage", "default", "returns", "author", "version"),
    *("package", "description", "license", "copyright", "files", "source", "date", "subject"),
    *("from", "to", "cc", "name", "type", "url", "http", "https", "todo", "fixme", "hint", "tip"),
    *("input", "output", "parameters", "arguments", "required", "optional", "status", "title"),
    *("bug", "fix", "changes", "added", "changed", "fixed", "removed", "deprecated", "security"),
    *("q", "a", "comment", "upstream-name", "upstream-contact", "format", "depends", "section"),
}


def recognize(text: str, name: str) -> Found | None:
    head = head_lines(text)
    if sum("</" in line for line in head) > 1:  # XML
        return None
    found = [TURN.match(line) for line in head]
    turns = [turn for turn in found if turn]
    if len(turns) < LEAST_TURNS or not is_conversation(head, turns):
        return None
    speakers = set(filter(is_name, map(speaker_of, turns)))
    blocks = tuple(blocks_of(text, speakers))
    return Found("chat", {}, blocks)


def is_conversation(head: list[str], turns: list[re.Match[str]]) -> bool:
    names = Counter(filter(is_name, map(speaker_of, turns)))
    said = [turn.string[turn.end() :].strip() for turn in turns]
    timed = sum(any(map(str.isdigit, turn[0])) for turn in turns)
    total = sum(names.values())
    if len(names) < 2 or total < LEAST_TURNS or total < 2 * len(names):
        return False
    # A name in small letters is a nickname, with a time or in brackets; else a field or a path.
    if any(turn[2] and turn[2][0].islower() for turn in turns) and not timed:
        return False
    # Records ("Name: x", "Size: 3") repeat their keys too, but hold no sentences.
    sentences = sum(text.endswith(ENDS) for text in said)
    words = sum(len(text.split()) for text in said) / len(said)
    if not timed and (2 * sentences < len(said) or words < 3):
        return False
    # Several lines may belong to a turn, but most of a conversation is turns.
    starts = sum(line[:1].isspace() is False for line in head)
    return len(turns) >= 0.25 * starts and total >= 0.8 * len(turns)


def speaker_of(turn: re.Match[str]) -> str:
    return turn[1] or turn[2]


def is_name(name: str) -> bool:
    return name.lower() not in NOT_NAMES


def blocks_of(text: str, speakers: set[str]) -> list[Block]:
    """What is said, without the name and time before it; a blank line parts what is said. Later
    speakers count as such too."""
    blocks: list[Block] = []
    speaker = ""
    start = end = -1
    offset = 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        turn = TURN.match(line[:400])
        if turn and not is_name(speaker_of(turn)):
            turn = None
        if (turn or not stripped) and start >= 0:
            blocks.append(Block("paragraph", start, end, 0, speaker))
            start = -1
        if turn:
            speaker = speaker_of(turn)
            said = line[turn.end() :]
            if said.strip():
                start = offset + turn.end() + len(said) - len(said.lstrip())
        elif stripped and start < 0:
            start = offset + len(line) - len(line.lstrip())
        end = offset + len(line.rstrip())
        offset += len(line)
    if start >= 0:
        blocks.append(Block("paragraph", start, end, 0, speaker))
    return blocks
