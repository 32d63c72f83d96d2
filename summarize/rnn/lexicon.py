"""Which words a summary may use: those of its document, and the frequent words of summaries.

A word that holds a digit, or a capital inside a sentence, is taken for a name or a number: only
the document can vouch for it, case and simple inflection aside. Any other word may also be one of
the frequent words, which are learned from the training summaries. Nothing is copied: the network
chooses among the words that are left (constraint.py), or a text is checked (`unsupported`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from unicodedata import normalize

from summarize.rnn.tokenizer import Tokenizer

FILE = "words.txt"  # of a checkpoint: the frequent words, ascending
MOST_WORDS = 25_000
LEAST_COUNT = 3
FEW_WORDS = 5_000

# Letters and digits, with apostrophes inside: don't, Bell's, H2O.
ATOM = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# As far as what belongs to a number, a version or a product's name goes: 3.5, GPT-4, 10:30, x86_64.
UNIT = re.compile(r"\w+(?:[-.,:/+*^'’‐–]\w+)*")
# Words that are joined to one name: mb/intel, tx_byte, os.path, std::sort.
JOINED = re.compile(r"[^\W_]+(?:(?:[/._\\,;]|:{1,2})+[^\W_]+)+")
HYPHENED = re.compile(r"[^\W\d_]+(?:[-‐–][^\W\d_]+)+")
FEW_LETTERS = 4
WORDS = re.compile(r"[^\W_]+")
# What a chunk ends with that may still grow.
LAST_ATOM = re.compile(r"[^\W_]+(?:['’][^\W_]+)*['’]?\Z")
LAST_UNIT = re.compile(r"\w+(?:[-.,:/+*^'’‐–]\w+)*[-.,:/+*^'’‐–]?\Z")
# Inside a unit; a point, comma or colon between digits does not divide: 3.5 does not vouch for 3,
# nor 20:40 for 20.
PART = re.compile(r"\d+(?:[.,:]\d+)+|[^\W_]+")
DIGIT = re.compile(r"\d")
CONTRACTED = {"s", "t", "re", "ve", "ll", "d", "m"}
ENDINGS = ("s", "es", "ed", "d", "ing", "ly", "er")
OPENING = "\"'“‘([*_-"
CLOSING = "\"'”’)]»*_"
STOPS = ".?!:"  # a sentence begins after these
LETTERS = frozenset("aieg")  # of i.e. and e.g. too; another one, such as n, stands for something
AROUND = "([\"'“‘.,;:!?)]”’"  # marks that a formula may have got from its sentence


class Words:
    """Words in ascending order, to look up a word or a prefix."""

    def __init__(self, words: Iterable[str], is_sorted: bool = False) -> None:
        self.words: Sequence[str] = list(words) if is_sorted else sorted(words)

    def __contains__(self, word: str) -> bool:
        at = bisect_left(self.words, word)
        return at < len(self.words) and self.words[at] == word

    def has_prefix(self, prefix: str) -> bool:
        at = bisect_left(self.words, prefix)
        return at < len(self.words) and self.words[at].startswith(prefix)


class Known:
    """The words of one document, beside the frequent ones."""

    def __init__(self, text: str, frequent: Words) -> None:
        # As the tokenizer composes it: é is one character, however the document spells it.
        self.text, self.frequent = normalize("NFC", text), frequent

    @cached_property
    def folded(self) -> str:
        return self.text.casefold().replace("’", "'")

    @property
    def chunks(self) -> set[str]:
        """What stands between white space; nothing that is looked for is longer. Not kept: of a
        book it is megabytes."""
        return set(self.folded.split())

    @cached_property
    def words(self) -> frozenset[str]:
        found = set()
        for chunk in self.chunks:
            if chunk.isalnum():  # most
                found.add(chunk)
            else:
                found.update(ATOM.findall(chunk))
        joined = [word for word in found if "'" in word]
        return frozenset(found.union(*(word.split("'") for word in joined)))

    @cached_property
    def units(self) -> frozenset[str]:
        """Everything with a digit in it, with what is joined to it, and each part of that."""
        chunks = [c for c in self.chunks if not c.isalpha() and DIGIT.search(c)]
        found = {unit for c in chunks for unit in UNIT.findall(c) if DIGIT.search(unit)}
        return frozenset(span for unit in found for span in spans(unit))

    @cached_property
    def sorted_words(self) -> Words:
        return Words(self.words)

    @cached_property
    def sorted_units(self) -> Words:
        return Words(self.units)

    def holds(self, word: str) -> bool:
        """Whether the document itself has the word (small letters), in whatever inflection."""
        if word in self.words:
            return True
        if "'" in word:
            first, _, rest = word.rpartition("'")
            return rest in CONTRACTED and self.holds(first)
        return len(word) > 2 and any(form in self.words for form in inflections(word))

    def allows(self, chunk: str, is_start: bool) -> bool:
        """Whether each word of `chunk`, which has no space, is known."""
        if chunk.isalpha():  # most
            return self.allows_word(chunk, is_start)
        return self.allows_joined(chunk) and self.allows_words(chunk, is_start)

    def allows_words(self, chunk: str, is_start: bool) -> bool:
        if DIGIT.search(chunk):
            return all(self.allows_unit(unit, is_start) for unit in UNIT.findall(chunk))
        return all(
            self.allows_word(word.group(), is_start and not word.start())
            for word in ATOM.finditer(chunk.lstrip(OPENING))
        )

    def allows_word(self, word: str, is_start: bool) -> bool:
        folded = word.casefold().replace("’", "'")
        if is_name(word, is_start):
            return self.holds(folded)
        if folded in self.words or folded in LETTERS or not has_letter(folded):
            return True
        if len(folded) > 1 and folded in self.frequent:
            return True
        if "'" in folded:
            first, _, rest = folded.rpartition("'")
            return rest in CONTRACTED and self.allows_word(first, True)
        return self.holds(folded)

    def allows_joined(self, chunk: str) -> bool:
        """Formulas and joined names stand in the text as they are, but for two words with one
        stroke between them, of which the text has both: input/output."""
        if "\\" in chunk:
            return self.has_formula(chunk)
        return all(
            self.holds_joined(found.group().casefold()) for found in JOINED.finditer(chunk)
        ) and all(self.holds_hyphened(found.group()) for found in HYPHENED.finditer(chunk))

    def holds_hyphened(self, name: str) -> bool:
        """Ember-cli, or ML-based: beside a capital a few small letters are a part of a name, and
        stand beside one of their neighbours in the text, too."""
        if name == name.lower() or name.casefold() in self.folded:
            return True
        parts = re.split("[-‐–]", name)
        small = [n for n, p in enumerate(parts) if p.islower() and len(p) < FEW_LETTERS]
        pairs = [f" {a} {b} ".casefold() for a, b in pairwise(parts)]
        return all(any(pair in self.spaced for pair in pairs[max(0, n - 1) : n + 1]) for n in small)

    @cached_property
    def spaced(self) -> str:
        """Letters and digits, small, between spaces."""
        return f" {' '.join(WORDS.findall(self.folded))} "

    def has_formula(self, chunk: str) -> bool:
        return chunk.casefold().replace("’", "'").strip(AROUND) in self.folded

    def holds_joined(self, name: str) -> bool:
        if DIGIT.search(name) or name in self.folded or name + "." in ABBREVIATIONS:
            return True
        parts = name.split("/")
        return name == "and/or" or (
            len(parts) == 2 and all(part.isalpha() and self.holds(part) for part in parts)
        )

    def may_become_joined(self, chunk: str) -> bool:
        """Whether what the chunk joins may go on to a name of the text."""
        if "\\" in chunk:
            return self.has_formula(chunk)
        for found in JOINED.finditer(chunk):
            name = found.group().casefold()
            if self.holds_joined(name):
                continue
            first, _, last = name.rpartition("/")
            grows = found.end() == len(chunk) and (
                name == "and/o"
                or (first.isalpha() and self.holds(first) and self.sorted_words.has_prefix(last))
            )
            if not grows:
                return False
        return True

    def allows_unit(self, unit: str, is_start: bool) -> bool:
        if not DIGIT.search(unit):
            return all(
                self.allows_word(word.group(), is_start and not word.start())
                for word in ATOM.finditer(unit)
            )
        folded = unit.casefold().replace("’", "'")
        if folded in self.units:
            return True
        # 10-fold, where the document has 10: small frequent words may be joined to a number.
        parts = re.split("[-‐–/]", unit)
        return len(parts) > 1 and all(
            part.casefold() in self.units
            if DIGIT.search(part)
            else part.islower()
            and (self.holds(part) if "/" in unit else self.allows_word(part, False))
            for part in parts
        )

    def may_become(self, chunk: str, is_start: bool) -> bool:
        """Whether `chunk` may go on, without a space, to one that is allowed."""
        if chunk.isalpha():  # what the document has is found without a search for its beginning
            return chunk.casefold() in self.words or self.may_become_word(chunk, is_start)
        if not self.may_become_joined(chunk):
            return False
        last = LAST_UNIT.search(chunk)
        if last is None or not DIGIT.search(last.group()):
            last = LAST_ATOM.search(chunk)
        if last is None:
            return self.allows(chunk, is_start)
        first = chunk[: last.start()]
        if first and not self.allows_words(first, is_start):
            return False
        starts = is_start and not first.strip(OPENING)
        return self.may_become_word(last.group(), starts) or self.allows(chunk, is_start)

    def may_become_word(self, word: str, is_start: bool) -> bool:
        folded = word.casefold().replace("’", "'")
        if self.sorted_units.has_prefix(folded):
            return True
        if DIGIT.search(word):
            return self.allows_unit(word, is_start)
        if self.sorted_words.has_prefix(folded):
            return True
        if not is_name(word, is_start) and self.frequent.has_prefix(folded):
            return True
        return self.allows_word(word, is_start) or self.may_be_inflected(folded)

    def may_be_inflected(self, prefix: str) -> bool:
        """Whether it is a word of the document and the beginning of an ending."""
        for length in (1, 2):
            word, rest = prefix[:-length], prefix[-length:]
            if len(word) > 2 and any(ending.startswith(rest) for ending in ENDINGS):
                if word in self.words or word + "e" in self.words:
                    return True
        return False


def has_letter(word: str) -> bool:
    return any(c.isalpha() for c in word)


def is_name(word: str, is_start: bool) -> bool:
    """A capital tells a name, but for the first letter of a sentence."""
    rest = word[1:] if is_start else word
    return rest != rest.lower()


def inflections(word: str) -> Iterable[str]:
    """What the word may be in another number or tense; some of it is no word at all."""
    for ending in ENDINGS:
        yield word + ending
        stem = word[: -len(ending)]
        # "ond" is no form of "on", and "d" alone follows an e.
        if word.endswith(ending) and len(stem) > 2 and (ending != "d" or stem[-1] == "e"):
            yield stem
            yield stem + "e"
    if word.endswith("e"):
        yield word[:-1] + "ing"
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith("y"):
        yield word[:-1] + "ies"


def spans(unit: str) -> Iterable[str]:
    """A unit, and every run of its parts that holds a digit: of GPT-4-based also GPT-4 and 4."""
    parts = [(part.start(), part.end()) for part in PART.finditer(unit)]
    yield unit
    if len(parts) > 8:  # a hash or a list of numbers, not a name
        parts = parts[:8]
    for i, (first, _) in enumerate(parts):
        for _, stop in parts[i:]:
            if DIGIT.search(unit, first, stop):
                yield unit[first:stop]


def ends_sentence(chunk: str) -> bool:
    """Whether the next word begins a sentence."""
    bare = chunk.rstrip(CLOSING)
    return bool(bare) and bare[-1] in STOPS and bare.casefold() not in ABBREVIATIONS


ABBREVIATIONS = frozenset(
    "i.e. e.g. cf. vs. fig. figs. eq. eqs. dr. mr. mrs. ms. prof. no. sec. ref. approx. resp. "
    "incl. esp. dept. gen. sen. rep. gov. st. jr. al.".split()
)


def unsupported(text: str, document: str) -> list[str]:
    """Names and numbers of `text` that `document` lacks, each once, in their order."""
    known = Known(document, Words(()))
    found: dict[str, None] = {}
    is_start = True
    for chunk in normalize("NFC", text).split():
        for unit in UNIT.finditer(chunk):
            first = is_start and not chunk[: unit.start()].strip(OPENING)
            if DIGIT.search(unit.group()):
                if not known.allows_unit(unit.group(), first) and not parts_known(unit, known):
                    found[unit.group()] = None
                continue
            for word in ATOM.finditer(unit.group()):
                starts = first and not word.start()
                folded = word.group().casefold().replace("’", "'")
                if is_name(word.group(), starts) and not known.holds(folded):
                    found[word.group()] = None
        for name in JOINED.finditer(chunk):
            if not known.holds_joined(name.group().casefold()):
                found[name.group()] = None
        is_start = ends_sentence(chunk)
    return list(found)


def parts_known(unit: re.Match[str], known: Known) -> bool:
    """A range or a fraction of numbers that the document has: 2019-2021, 3/4."""
    parts = re.split("[-‐–/]", unit.group().casefold())
    return len(parts) > 1 and all(part in known.units or known.holds(part) for part in parts)


# --- the frequent words -------------------------------------------------------------------------


def learn_words(summaries: Iterable[str], most: int = MOST_WORDS) -> list[str]:
    """The frequent words of summaries, ascending: those written in small letters, no digits."""
    counts: Counter[str] = Counter()
    for summary in summaries:
        counts.update(
            word.replace("’", "'")
            for word in ATOM.findall(summary)
            if word.islower() and not DIGIT.search(word)
        )
    frequent = [word for word, count in counts.most_common(most) if count >= LEAST_COUNT]
    return sorted(frequent)


def to_bytes(words: Sequence[str]) -> bytes:
    return "".join(f"{word}\n" for word in words).encode("utf-8")


def frequent_words(files: Mapping[str, bytes], tokenizer: Tokenizer) -> Words:
    """Of a checkpoint; where the list is missing or short, also the whole words that its tokenizer
    learned."""
    listed = files.get(FILE, b"").decode("utf-8").split("\n")[:-1]
    if len(listed) >= FEW_WORDS:
        return Words(listed, is_sorted=True)
    learned = (token[1:] for token in tokenizer.vocabulary() if token[:1] == "Ġ")
    return Words({*listed, *(word for word in learned if word.isalpha() and word.islower())})
