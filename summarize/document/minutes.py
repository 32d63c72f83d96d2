"""What the minutes of a meeting hold: which meeting it was, and what was decided, or discussed.

Written lines string names and topics together, and one quoted sentence is one topic of many.
"""

from __future__ import annotations

import re

from summarize.document.document import Document
from summarize.document.kinds import listed, shortened

PRESENT = re.compile(
    r"^\W{0,6}(?:present|attending|attendees|attendance|participants|in attendance|apologies"
    r"|excused|regrets|absent)\b[^:\n]{0,30}:",
    re.I | re.M,
)
HEAD = 12  # lines in which those who were there are named
DECISIONS = re.compile(r"decisions?\b|resolutions?\b|agreements?\b|outcomes?\b", re.I)
DECIDED = re.compile(
    r"\b(?:decide[sd]?|agree[sd]?|resolve[sd]?|voted|adopt(?:s|ed)|approve[sd]?|carried) "
    r"(?:to|that|on|by|for|the|a|an)\b",
    re.I,
)
TOPIC_WORDS = 6
MOST_DECISIONS, MOST_TOPICS = 3, 8


def gist(document: Document) -> str | None:
    """In a sentence or two; None where the document is no minutes."""
    lines = [line.strip() for line in document.text.split("\n") if line.strip()][:HEAD]
    if not PRESENT.search("\n".join(lines)):
        return None
    title = shortened(lines[0].strip("#*_= "), 150).rstrip(".:")
    decisions = [f"“{shortened(one)}”" for one in decided(document)[:MOST_DECISIONS]]
    if decisions:
        return f"{title}. Decided: {listed(decisions)}."
    topics = topics_of(document)
    return f"{title}: {listed(topics, MOST_TOPICS)}." if topics else None


def decided(document: Document) -> list[str]:
    """What stands under such a heading, else the sentences that say so."""
    found = []
    is_inside = False
    for block in document.blocks:
        text = " ".join(document.text[block.start : block.end].split())
        if block.kind == "heading":
            is_inside = DECISIONS.match(text) is not None
        elif is_inside:
            found.append(text)
    if found:
        return found
    sentences = (document.sentence_text(i) for i in range(len(document.sentences)))
    return [text for text in sentences if DECIDED.search(text)]


def topics_of(document: Document) -> list[str]:
    """The headings below the first, or the first lines of what is numbered."""
    headings = [name for place, _, name in document.headings if place]
    items = [block for block in document.blocks if block.kind == "item"]
    firsts = [document.text[block.start : block.end].split("\n")[0].strip() for block in items]
    short = [line for line in firsts if len(line.split()) <= TOPIC_WORDS]
    return headings or [line.rstrip(".:") for line in short]
