"""Sentences of a block or a text, through sentencex (rules for many languages, no data to
download)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from summarize.document.document import Block

SPACE = re.compile(r"\s")
# Where a sentence might end; quotation marks and brackets may follow.
STOP = re.compile(r"[.!?][^\"')]|\n\s*\n")
WINDOW = 4000  # characters; no sentence is longer
MOST_WORDS, MOST_CHARACTERS = 40, 400  # of what does not end as a sentence
ENDS = (".", "!", "?", "…", ".)", '."', ".”", "。", "！", "？")
OPENING = '"“‘'
CLOSING = "\"'”’»)]"  # what may follow the end of a sentence
# A full stop within a name such as ASP.NET or torch.Tensor ends nothing. Where only the space after
# it is missing ("It ended.Then ..."), one of these words begins the next sentence.
INSIDE = re.compile(r"[A-Za-z]\.(?=([A-Za-z]+))")
BEGINNINGS = frozenset(
    "A After All And As At Before But By For From He Her His How I If In It Its No Not On Our She "
    "Since So Some That The Their Then There These They This Those To We What When While Who Why "
    "With You Your".split()
)
REFERENCE = re.compile(r"\[\w{1,30}\]$")  # and that: [12]


def sentences(text: str) -> Iterator[str]:
    """Of a text by itself: in order, white space squeezed. Of code and tables each line."""
    from summarize.document.blocks import guess_blocks

    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair is not text
    for block in guess_blocks(text):
        if block.kind in ("code", "table"):
            found = text[block.start : block.end].splitlines()
        else:
            found = [text[start:end] for start, end in sentences_of(text, block)]
        yield from filter(None, (" ".join(sentence.split()) for sentence in found))


def sentences_of(text: str, block: Block) -> list[tuple[int, int]]:
    """Spans of the sentences of a block, without the white space around them."""
    kind, first, last = block[:3]
    if kind in ("code", "table"):
        return []
    if kind == "heading":
        return [(first, last)]
    prose = text[first:last]
    if last - first < WINDOW and prose.isascii() and not STOP.search(prose):
        return [(first, last)]  # most items; the library need not be asked
    return [(first + start, first + end) for start, end in spans(prose)]


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of a paragraph. What has no letter ("2.", "***") goes with
    the sentence after it, or with the last one."""
    start: int | None = None
    last: tuple[int, int] | None = None
    # White space stays one character wide, so that spans hold; a hard wrap ends no sentence.
    for begin, end in whole_names(text, boundaries(SPACE.sub(" ", text))):
        start = begin if start is None else start
        if not any(map(str.isalpha, text[begin:end])) and end - start < WINDOW:
            continue
        if last is not None:
            yield last
        last, start = (start, end), None
    if start is not None:  # without a letter to its end
        last = start if last is None else last[0], len(text.rstrip())
    if last is not None:
        yield last


def whole_names(text: str, found: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same spans, but those that part a name become one, and a quotation mark that opens a
    sentence belongs to it."""
    before = next(found, None)
    for begin, end in found:
        assert before is not None
        stop = begin - 1
        if before[1] == begin >= 2 and text[stop] in OPENING and text[stop - 1].isspace():
            while text[stop - 1].isspace() and stop > before[0]:
                stop -= 1
            if stop > before[0]:
                before, begin = (before[0], stop), begin - 1
        inside = INSIDE.match(text, begin - 2) if before[1] == begin >= 2 else None
        if inside and inside[1] not in BEGINNINGS and end - before[0] < WINDOW:
            before = before[0], end
        else:
            yield before
            before = begin, end
    if before is not None:
        yield before


@cache
def library() -> Any:
    from sentencex import get_sentence_boundaries

    return get_sentence_boundaries


def boundaries(text: str) -> Iterator[tuple[int, int]]:
    """Of sentencex, asked about a window at a time: on quotation marks that never close its time
    grows with the square of the text. A sentence that is longer than a window is cut there."""
    find = library()
    place = 0
    while place < len(text):
        window = text[place : place + WINDOW]
        found = [(one["start_index"], one["end_index"]) for one in find("en", window)]
        is_last = place + WINDOW >= len(text)
        if not is_last and len(found) > 1 and found[-1][0] > WINDOW // 2:
            found.pop()  # it may go on
        if not found:
            return
        for start, end in found:
            sentence = window[start:end]
            end = start + len(sentence.rstrip())
            start += len(sentence) - len(sentence.lstrip())
            if start < end:
                yield place + start, place + end
        place += found[-1][1]


def bounded(text: str) -> str:
    """A sentence whole; of a list or a table, which does not end as one, its beginning."""
    words = text.split()
    is_short = len(words) <= MOST_WORDS and len(text) <= MOST_CHARACTERS
    if is_short or is_finished(text):
        return text
    return f"{' '.join(words[:MOST_WORDS])[:MOST_CHARACTERS]} …"


def is_finished(text: str) -> bool:
    """Whether it ends as a sentence does, closing marks and references aside."""
    tail = text[-200:].rstrip()
    while tail:
        if tail.endswith(ENDS):
            return True
        reference = REFERENCE.search(tail[-40:])
        if reference:
            tail = tail[: -len(reference[0])].rstrip()
        elif tail[-1] in CLOSING:
            tail = tail[:-1].rstrip()
        else:
            return False
    return False
