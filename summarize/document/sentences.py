"""Sentences of a text, through sentencex (rules for many languages, no data to download)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice, takewhile

from summarize.document.document import Block

SPACE = re.compile(r"\s")
MARK = re.compile(r"#{1,6}\s+(\S.*?)\s*#*")
ITEM = re.compile(r"\s*(?:[-*•+]|\|)\s")
MOST_WORDS, MOST_CHARACTERS = 40, 400  # of what does not end as a sentence
CLOSING = re.compile(r"(?:\[\w+\]|[\"'”’»)\]])+$")  # what may follow the end of a sentence
OPENING = 20_000  # characters; no first sentence is longer
ENDS = (".", "!", "?", "…", ".)", '."', ".”", "。", "！", "？")


def sentences(text: str) -> Iterator[str]:
    """Sentences in order, white space inside them squeezed. Blank lines end a sentence too."""
    from sentencex import segment

    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair is no text
    for paragraph in paragraphs(text):
        for sentence in segment("en", paragraph):
            squeezed = " ".join(sentence.split())
            if squeezed:
                yield squeezed


def sentences_of(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Spans of the sentences of a block, without the white space around them."""
    if block.kind in ("code", "table"):
        return
    if block.kind == "heading":
        yield block.start, block.end
        return
    from sentencex import get_sentence_boundaries

    # White space stays one character wide, so that spans hold; a hard wrap ends no sentence.
    prose = SPACE.sub(" ", text[block.start : block.end])
    for found in get_sentence_boundaries("en", prose):
        sentence = prose[found["start_index"] : found["end_index"]]
        start = block.start + found["start_index"] + len(sentence) - len(sentence.lstrip())
        end = block.start + found["start_index"] + len(sentence.rstrip())
        if start < end:
            yield start, end


def paragraphs(text: str) -> Iterator[str]:
    """Blocks between blank lines, each on one line, so that a hard wrap ends no sentence. A heading
    that a mark or capitals set off is a block of its own, and an item of a list begins one."""
    lines: list[str] = []
    every = text.splitlines()
    for number, line in enumerate(every):
        following = every[number + 1] if number + 1 < len(every) else ""
        alone = is_marked(line) or is_capitals(line, following)
        if lines and (alone or not line.strip() or ITEM.match(line)):
            yield " ".join(lines)
            lines = []
        if alone:
            yield line.strip()
        elif line.strip():
            lines.append(line.strip())
    if lines:
        yield " ".join(lines)


def is_marked(line: str) -> bool:
    """`## Heading`, as in Markdown."""
    return MARK.fullmatch(line.strip()) is not None


def is_capitals(line: str, following: str) -> bool:
    """A heading of a manual page: capitals at the margin, the text below them indented."""
    outside = line == line.lstrip() and line.isupper()
    return outside and following[:1].isspace() and bool(following.strip())


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
    if is_short or CLOSING.sub("", text).endswith(ENDS):
        return text
    return f"{' '.join(words[:MOST_WORDS])[:MOST_CHARACTERS]} …"


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
