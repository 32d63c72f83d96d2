"""Which sentences of a document may stand alone as its summary."""

from __future__ import annotations

import re

from summarize.document.document import Document

MIN_WORDS = 5
MAX_WORDS = 80  # longer ones are lists or tables that no full stop divides
ENDS = re.compile(r"[.!?…。！？][\"'”’»)\]*_`]*$")
# "see e.g." is half a sentence: the rest was taken for the next one.
ABBREVIATED = re.compile(r"\b(?:e\.g|i\.e|cf|vs|etc|Fig|Eq|Sec|No|pp|approx)\.$")
# "provided that these conditions are met: 1." ends in the number of what comes next, and
# "1.1. "Contributor" means ..." is an entry of a list.
NUMBERED = re.compile(r"(?:^\d{1,2}\.\d{1,2}(?:\.\d{1,2})*\.?\s|[:;]\s+\(?(?:\d{1,2}|[a-z])[.)]$)")
WORD = re.compile(r"[^\W\d_]{2,}")
URL = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+")
CELL = re.compile(r"\s\|(?:\s|$)")
CODE = re.compile(r"[{}<>=|\\;$^~]|\(\)|::|->")
# "tar [OPTION]... [FILE]..." is how a command is called.
SYNOPSIS = re.compile(r"\[-|\]\s?\.\.\.|\.\.\.\]|\[[A-Z]+\] \[")
# Starts of lines that are not prose: options, prompts, badges, chat stamps, mail headers.
NOT_PROSE = re.compile(
    r"""[`*]*-{1,2}\w|\$\s|>>>|\#|//|/\*|!\[|\[!\[|\[\d+\]\s*http
      | (?:import|from|def|class|return|sudo|cd|pip|apt|git|npm|make)\s[\w./-]+$
      | [\[(<]?\d{1,2}:\d{2}(?::\d{2})?[\])>]?\s | \d{4}-\d\d-\d\d[T ]\d\d:\d\d
      | (?:From|To|Cc|Subject|Date|Sent|Reply-To|Message-ID):\s
    """,
    re.VERBOSE,
)
# Sections of a manual page that go into details, and how long the name of an option may be.
DETAILS = re.compile(
    r"OPTION|EXIT|RETURN|ERROR|AUTHOR|COPYRIGHT|BUGS|SEE ALSO|FILES|ENVIRONMENT|EXAMPLE|COMMANDS"
    r"|HISTORY"
)
OPTION_TAG = 80
LEGAL = (
    *("copyright", "©", "(c) 19", "(c) 20", "all rights reserved", "spdx-", "licensed under"),
    *("licenced under", "without warranty", "without any warranty", "redistribute it"),
    *("in the hope that it will be useful", "permission is granted", "permission is hereby"),
    *("this file is part of", "this file is free software", "as a special exception"),
    *("produced by makeinfo", "welcomes contributions"),
    *("code of conduct", "contributions are welcome"),
    *("pull requests are welcome", "pull requests welcome"),
)
FAREWELL = re.compile(
    r"(?:(?:best|kind|warm)(?: regards| wishes)?|regards|cheers|sincerely|thanks|thank you|hi|hello"
    r"|dear|sent from my|unsubscribe|click here|read more|subscribe|share this|follow us)\b",
    re.IGNORECASE,
)
FAREWELL_WORDS = 9
# How a package is often introduced: "uqm (port of a game)", "LyX - A document processor."
INTRODUCED = re.compile(r"[^\W\d_][\w.+-]* (?:\([^()]{10,100}\)|[-–—] [^()]{10,100})\.?")
INTRODUCED_WORDS = 3
VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|do|does|did|can|could|will|would|shall|should|may"
    r"|might|must|need|needs|use|uses|make|makes|let|lets|get|gets|add|adds|allow|allows|provide"
    r"|provides|support|supports|include|includes|contain|contains|show|shows|say|says|said"
    r"|\w{3,}ed)\b",
    re.IGNORECASE,
)


def candidates(document: Document) -> list[int]:
    """Indices of the sentences that may be chosen, in order.

    Where no sentence passes the strict rules, looser ones apply, so that a document with any text
    has a candidate.
    """
    kinds = [document.blocks[sentence.block].kind for sentence in document.sentences]
    texts = [document.sentence_text(i) for i in range(len(document.sentences))]
    prose = [i for i, kind in enumerate(kinds) if kind not in ("heading", "code", "table")]
    if document.kind == "mail":  # what is quoted there, somebody else wrote before
        prose = [i for i in prose if kinds[i] != "quote"] or prose
    if document.kind == "manpage":
        details = detail_blocks(document)
        prose = [i for i in prose if document.sentences[i].block not in details] or prose
    spoken = [bool(document.blocks[s.block].speaker) for s in document.sentences]
    strict = [
        i
        for i in prose
        if is_statement(texts[i], kinds[i], spoken[i])
        or document.sentences[i].block == document.name_line
        or (i == prose[0] and kinds[i] == "paragraph" and introduces(texts[i]))
    ]
    if strict:
        return strict
    loose = [i for i in prose if is_text(texts[i])]
    return loose or [i for i in prose if texts[i]] or [i for i, text in enumerate(texts) if text]


def detail_blocks(document: Document) -> set[int]:
    """The blocks of a manual page that say what one option does, or stand in a section that says
    nothing of the whole, such as OPTIONS and AUTHORS."""
    found: set[int] = set()
    is_detail = is_option = False
    for index, block in enumerate(document.blocks):
        text = document.text[block.start : min(block.end, block.start + OPTION_TAG)]
        if block.kind == "heading":
            is_detail = DETAILS.search(text.upper()) is not None if block.level <= 1 else is_detail
        elif is_detail or is_option:
            found.add(index)
        is_option = text.startswith("-") and block.end - block.start < OPTION_TAG
    return found


def is_statement(text: str, kind: str, is_spoken: bool = False) -> bool:
    """Whether it reads as a whole sentence. An item of a list, or what someone said, may do
    without the full stop, but not without a verb."""
    if not is_text(text) or NUMBERED.search(text):
        return False
    if ENDS.search(text):
        return not ABBREVIATED.search(text)
    ends_open = text.endswith((":", ",", ";", "-", "–", "—", "..."))
    return (kind == "item" or is_spoken) and not ends_open and VERB.search(text) is not None


def introduces(text: str) -> bool:
    """Whether it names something and says what that is."""
    return INTRODUCED.fullmatch(text) is not None and is_text(text, INTRODUCED_WORDS)


def is_text(text: str, least: int = MIN_WORDS) -> bool:
    """Whether it is made of words, enough of them, and is no code, stamp, notice or greeting."""
    words = WORD.findall(text)
    if not least <= len(words) <= MAX_WORDS or NOT_PROSE.match(text):
        return False
    folded = text.lower()
    if any(notice in folded for notice in LEGAL):
        return False
    if " # " in text or " // " in text:  # a comment in what was not recognized as code
        return False
    if text.isupper() or CELL.search(text) or SYNOPSIS.search(text):
        return False
    if len(words) <= FAREWELL_WORDS and FAREWELL.match(text):
        return False
    letters = sum(map(len, words))
    visible = len(text) - text.count(" ")
    urls = sum(map(len, URL.findall(text))) if "://" in text or "@" in text else 0
    return (
        2 * letters >= visible and 3 * urls < visible and len(CODE.findall(text)) < len(words) / 3
    )
