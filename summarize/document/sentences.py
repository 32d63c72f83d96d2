"""Sentences of a text, through sentencex (rules for many languages, no data to download)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import accumulate, islice, takewhile
from typing import Any

from summarize.document.document import Block

SPACE = re.compile(r"\s")
STOP = re.compile(r"[.!?][^\"')]|\n\s*\n")
WINDOW = 4000  # characters; no sentence is longer
ITEM = re.compile(r"\s*(?:[-*•+]|\|)\s")
MOST_WORDS, MOST_CHARACTERS = 40, 400  # of what does not end as a sentence
CLOSING = "\"'”’»)]"  # what may follow the end of a sentence
REFERENCE = re.compile(r"\[\w{1,30}\]$")  # and that: [12]
OPENING = 20_000  # characters; no first sentence is longer
ENDS = (".", "!", "?", "…", ".)", '."', ".”", "。", "！", "？")


def sentences(text: str) -> Iterator[str]:
    """Sentences in order, white space inside them squeezed. Blank lines end a sentence too."""
    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair is not text
    for paragraph in paragraphs(text):
        for start, end in spans(paragraph):
            yield " ".join(paragraph[start:end].split())


def sentences_of(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Spans of the sentences of a block, without the white space around them."""
    if block.kind in ("code", "table"):
        return
    if block.kind == "heading":
        yield block.start, block.end
        return
    prose = text[block.start : block.end]
    if len(prose) < WINDOW and prose.isascii() and not STOP.search(prose):
        yield block.start, block.end  # most items; no library need be asked
        return
    for start, end in spans(prose):
        yield block.start + start, block.start + end


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of a paragraph. What has no letter ("2.", "***") goes with
    the sentence after it, or with the last one."""
    start: int | None = None
    last: tuple[int, int] | None = None
    for begin, end in boundaries(SPACE.sub(" ", text)):
        start = begin if start is None else start
        if not any(map(str.isalpha, text[begin:end])):
            if end - start < WINDOW:
                continue
        elif last is not None:
            yield last
            last = None
        if last is not None:
            yield last
        last, start = (start, end), None
    if start is not None:  # without a letter to its end
        if last is None:
            last = start, len(text.rstrip())
        else:
            last = last[0], len(text.rstrip())
    if last is not None:
        yield last


@cache
def library() -> Any:
    from sentencex import get_sentence_boundaries

    return get_sentence_boundaries


def boundaries(text: str) -> Iterator[tuple[int, int]]:
    """Of sentencex, asked about a window at a time: on quotation marks that never close its time
    grows with the square of the text. What goes on beyond a window is cut there."""
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


def paragraphs(text: str) -> Iterator[str]:
    """Blocks between blank lines, each on one line, so that a hard wrap ends no sentence. A heading
    that a mark or capitals set off is a block of its own, and an item of a list begins one."""
    lines: list[str] = []
    every = text.splitlines()
    for number, line in enumerate(every):
        following = every[number + 1] if number + 1 < len(every) else ""
        alone = bool(marked(line)) or is_capitals(line, following)
        if lines and (alone or not line.strip() or ITEM.match(line)):
            yield " ".join(lines)
            lines = []
        if alone:
            yield line.strip()
        elif line.strip():
            lines.append(line.strip())
    if lines:
        yield " ".join(lines)


def marked(line: str) -> tuple[int, str] | None:
    """Level and name of `## Heading`, as in Markdown."""
    line = line.strip()
    bare = line.lstrip("#")
    level = len(line) - len(bare)
    if not 1 <= level <= 6 or not bare[:1].isspace():
        return None
    name = bare.rstrip("#")
    name = name.strip() if name[-1:].isspace() else bare.strip()
    return (level, name) if name else None


def is_capitals(line: str, following: str) -> bool:
    """A heading of a manual page: capitals at the margin, the text below them indented."""
    if not following[:1].isspace() or line[:1].isspace():
        return False
    return line.isupper() and bool(following.strip())


def first_sentence(text: str) -> tuple[int, str]:
    """The first sentence, headings passed over, and its number from 1; of a text without sentences
    its opening."""
    opening = list(islice(sentences(text.lstrip()[:OPENING]), 50)) or [""]
    numbered = list(enumerate(opening, start=1))
    return next((found for found in numbered if found[1].endswith(ENDS)), numbered[0])


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


def chunks(
    text: str, fits: Callable[[str], bool], readable: Callable[[str], bool] | None = None
) -> Iterator[str]:
    """Runs of whole sentences, each as long as `fits` allows.

    A sentence that alone does not fit stays whole if it is `readable`; else it is cut between
    words, and a word that does not fit anywhere.
    """

    def split(long: str) -> Iterator[str]:
        if readable is not None and readable(long):
            return iter([long])
        return words_of(long, readable or fits)

    yield from runs(list(sentences(text)), " ", fits, split)


def words_of(sentence: str, fits: Callable[[str], bool]) -> Iterator[str]:
    yield from runs(sentence.split(), " ", fits, lambda word: runs(word, "", fits, iter))


def runs(
    parts: Sequence[str],
    joint: str,
    fits: Callable[[str], bool],
    split: Callable[[str], Iterator[str]],
) -> Iterator[str]:
    """Neighbouring parts joined while they fit; a part too long for itself goes through `split`."""
    start = size = 0
    while start < len(parts):
        rest = len(parts) - start
        count = largest(
            rest,
            lambda n: fits(joint.join(parts[start : start + n])),  # noqa: B023
            first=how_many(parts, start, size, joint),
        )
        if count:
            found = joint.join(parts[start : start + count])
            size = len(found)
            yield found
        else:
            yield from split(parts[start])
        start += count or 1


def how_many(parts: Sequence[str], start: int, size: int, joint: str) -> int:
    """Parts from `start` on that make `size` characters, at least one: what fitted last time."""
    between = len(joint)
    lengths = accumulate(len(parts[i]) + between for i in range(start, len(parts)))
    return max(1, sum(1 for _ in takewhile(lambda length: length - between <= size, lengths)))


def largest(most: int, holds: Callable[[int], bool], first: int = 1) -> int:
    """The largest n from 1 to `most` for which `holds`, 0 if none; true for n means true below it.

    Tried from `first` on, in steps that double, so that a good guess needs few trials.
    """
    good, bad, stride = 0, most + 1, 1
    trial = min(first, most)
    while bad - good > 1 and good < trial < bad:
        if holds(trial):
            good, trial = trial, trial + stride
        else:
            bad, trial = trial, trial - stride
        stride *= 2
    while bad - good > 1:
        middle = (good + bad) // 2
        if holds(middle):
            good = middle
        else:
            bad = middle
    return good
