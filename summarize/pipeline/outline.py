"""Several sentences: a few that cover the document, or an outline by its headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.document.sentences import is_finished
from summarize.models.base import Chooser
from summarize.models.sentence_features import CONNECTS, REFERS
from summarize.options import Options

MEDIUM = 3  # sentences
MEDIUM_WORDS, LONG_WORDS = 80, 400
LONGEST = 0.6  # of the words of a medium summary, at most, in one sentence
SHARE = 5  # an outline is at most a fifth of the document
LINES = (3, 8)  # of an outline without headings, least and most
ALIKE = 0.6  # words in common, of all words of both: two such sentences say the same
WORD = re.compile(r"\w+")
ROOM = 0.25  # of the range of scores: so much less may a sentence have that stands by itself
FIRST_WORDS = 8  # of a sentence, in which what was said before is taken up
# What may open a sentence that stands by itself: "There are ...", "Another year ...", and where the
# document speaks of itself, "This page tells ...".
ALONE = re.compile(
    r"\b(?:(?:t?here) (?:is|are|was|were|has|have|will|can|may)\b"
    r"|(?:one|another|both|next|second|third|later) [a-z]+"
    r"|(?:this|these|here) (?:page|document|article|proposal|paper|module|package|library|guide"
    r"|tutorial|section|chapter|post|blog|report|bulletin|release|version|rfc|[a-z]?ep|[a-z]ip|spec"
    r"|specification|memo|memorandum|file|readme|manual|book|talk|session|tool|program|project"
    r"|course|lesson|notes?|template|pattern|chart|helm|statement|bill|act|patch|commit|change"
    r"|plugin|extension|command|policy|notice|licen[sc]e|app|application|function|class|topic|work"
    r"|study|system|repository|directory|folder|day|week|month|year|summer|winter|spring|autumn"
    r"|fall|morning|evening|is (?:the|an?))\b)",
    re.IGNORECASE,
)
BACK = re.compile(
    r"\b(?:(?:this|these|those|such) [a-z]+|the (?:same|former|latter)|as (?:above|before|such))\b",
    re.IGNORECASE,
)


class Group(NamedTuple):
    """Neighbouring sentences that get a line of their own."""

    heading: str
    level: int
    sentences: list[int]  # without those of headings


def is_outline(options: Options) -> bool:
    return options.length == "long" and options.sentences is None and options.ratio is None


def how_many(document: Document, options: Options) -> int:
    """Sentences to choose, unless an outline is asked for."""
    if options.sentences is not None:
        return options.sentences
    if options.ratio is not None:
        assert isinstance(options.ratio, float)
        return max(1, round(options.ratio * len(prose(document))))
    return 1 if options.length == "short" else MEDIUM


def word_limit(document: Document, options: Options) -> int | None:
    """Words of the whole summary, at most; None where sentences are counted instead."""
    if is_outline(options):
        return min(options.max_words or LONG_WORDS, len(document.text.split()) // SHARE)
    is_medium = options.length == "medium" and options.sentences is None and options.ratio is None
    return options.max_words or (MEDIUM_WORDS if is_medium else None)


def choose_several(
    document: Document, options: Options, chooser: Chooser, style: str = "tldr"
) -> list[int]:
    """In the document's order; as many as their words allow."""
    count = how_many(document, options)
    most = word_limit(document, options)
    found = chooser.choose(document, count, style)
    if most is not None and count > 1 and words_of(document, found) > most:
        found = within_words(document, chooser, count, most, style)
    if count > 1:
        found = standing(document, found, chooser, most, style)
    return distinct(found, [document.sentence_text(i) for i in found])


def standing(
    document: Document, found: list[int], chooser: Chooser, most: int | None, style: str
) -> list[int]:
    """Without sentences that lean on one that is not given, where another will do."""
    if not leaning(document, found):
        return found
    values = chooser.scores(document, style)
    pool = [
        i
        for i in chooser.choose(document, 3 * len(found), style)
        if i not in found and not leans(document.sentence_text(i))
    ]
    pool.sort(key=lambda i: -values[i])
    spread = range_of(values)
    for _ in range(len(found)):
        for i, other in product(leaning(document, found), pool):
            if values[other] < values[i] - ROOM * spread:
                continue
            trial = sorted({*found, other} - {i})
            texts = [document.sentence_text(n) for n in trial]
            fits = most is None or sum(len(text.split()) for text in texts) <= most
            if fits and len(distinct(trial, texts)) == len(trial):
                found = trial
                pool.remove(other)
                break
        else:
            break
    return found


def best_alone(document: Document, among: Sequence[int], values: NDArray[np.float64]) -> int:
    """The best sentence; one that stands by itself, where it is hardly worse."""
    best = max(among, key=lambda i: values[i])
    least = values[best] - ROOM * range_of(values)
    alone = (i for i in among if values[i] >= least and not leans(document.sentence_text(i)))
    return max(alone, key=lambda i: values[i], default=best)


def range_of(values: NDArray[np.float64]) -> float:
    finite = values[np.isfinite(values)]
    return float(np.ptp(finite)) if len(finite) else 0.0


def leaning(document: Document, found: Sequence[int]) -> list[int]:
    return [i for i in found if i - 1 not in found and leans(document.sentence_text(i))]


def leans(sentence: str) -> bool:
    """Whether it opens with a word for something said before, or is no whole sentence."""
    text = sentence.lstrip("\"'“‘([")
    if text[:1].islower() or not is_finished(sentence):
        return True
    if REFERS.match(text) or CONNECTS.match(text):
        return ALONE.match(text) is None
    opening = " ".join(text.split()[:FIRST_WORDS])
    return ALONE.search(opening) is None and BACK.search(opening) is not None


def within_words(
    document: Document, chooser: Chooser, count: int, most: int, style: str
) -> list[int]:
    """As many of the best as fit; a long sentence gives way to the next best one."""
    values = chooser.scores(document, style)
    ranked = sorted(chooser.choose(document, 2 * count, style), key=lambda i: -values[i])
    kept: list[int] = []
    words = 0
    for i in ranked:
        size = words_of(document, [i])
        if len(kept) < count and size <= LONGEST * most and words + size <= most:
            kept.append(i)
            words += size
    return sorted(kept or ranked[:1])


def groups(document: Document, options: Options) -> list[Group]:
    """The sections of a document, or where it has none, equal parts."""
    count = None if is_outline(options) else how_many(document, options)
    if count is None:
        found = sections(document)
        if len(found) > 1:
            return found
    every = prose(document) or list(range(len(document.sentences)))
    if count is None:
        count = min(LINES[1], max(LINES[0], len(every) // 8))
    bounds = np.linspace(0, len(every), min(count, len(every)) + 1).round().astype(int)
    return [Group("", 0, every[a:b]) for a, b in pairwise(bounds) if b > a]


def sections(document: Document) -> list[Group]:
    """What stands under each heading, up to the next one; headings of nothing are left out."""
    names = {block: (level, name) for block, level, name in document.headings}
    found = [Group("", 0, [])]
    block = -1
    for i, sentence in enumerate(document.sentences):
        for passed in range(block + 1, sentence.block + 1):
            if passed in names:
                level, name = names[passed]
                found.append(Group(name, level, []))
        block = sentence.block
        if block not in names:
            found[-1].sentences.append(i)
    return [group for group in absorbed(found) if group.sentences]


def absorbed(found: list[Group]) -> Iterator[Group]:
    """A heading with nothing but headings under it speaks for what stands under those; the title
    of a whole document does not."""
    of_level = Counter(group.level for group in found)
    place = 0
    while place < len(found):
        group, place = found[place], place + 1
        if not group.sentences and of_level[group.level] > 1:
            while place < len(found) and found[place].level > group.level:
                group.sentences.extend(found[place].sentences)
                place += 1
        yield group


def within_budget(
    document: Document, lines: Sequence[tuple[Group, str]], options: Options
) -> list[int]:
    """Which of these lines to show, at least one: as many as the words allow, and none that says
    what another does. A level of headings is shown as a whole, unless there would be next to
    nothing: then its longest sections."""
    most = word_limit(document, options)
    texts = [f"{group.heading} {text}" for group, text in lines]
    sizes = [len(text.split()) for text in texts]
    different = distinct(range(len(lines)), texts)
    if most is None:
        return different
    kept: list[int] = []
    for level in sorted({lines[n][0].level for n in different}):
        here = [n for n in different if lines[n][0].level == level]
        room = most - sum(sizes[n] for n in kept)
        if sum(sizes[n] for n in here) <= room:
            kept += here
            continue
        if len(kept) < LINES[0]:
            for n in sorted(here, key=lambda n: -len(lines[n][0].sentences)):
                if not kept or sizes[n] <= room:
                    kept.append(n)
                    room -= sizes[n]
        break
    return sorted(kept)


def distinct(items: Sequence[int], texts: Sequence[str]) -> list[int]:
    """Without those that say what one before them said."""
    seen: list[set[str]] = []
    kept = []
    for item, text in zip(items, texts, strict=True):
        said = set(WORD.findall(text.lower()))
        if not any(len(said & other) >= ALIKE * len(said | other) for other in seen):
            seen.append(said)
            kept.append(item)
    return kept


def prose(document: Document) -> list[int]:
    """Sentences that are not headings."""
    kinds = [block.kind for block in document.blocks]
    return [i for i, s in enumerate(document.sentences) if kinds[s.block] != "heading"]


def words_of(document: Document, indices: Sequence[int]) -> int:
    return sum(len(document.sentence_text(i).split()) for i in indices)


def listed(lines: Sequence[tuple[str, str]]) -> str:
    """Headings and what is said under them, as a list; a single line is none."""
    if len(lines) == 1:
        return lines[0][1]
    return "\n".join(f"- {name}: {text}" if name else f"- {text}" for name, text in lines)
