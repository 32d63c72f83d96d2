"""A second opinion on the names and numbers of a summary, which shares no code with the lexicon.

The search may only complete words that rnn/lexicon.py allows, so a count by the same rules is 0 by
construction. Here a token is what stands between spaces; one that holds a digit, or a capital
anywhere but at the start of a sentence, must be found in the document, small letters and
punctuation removed on both sides: as a part of it (`missing`), as a whole word (`is_whole`), or as
a whole word of the same Porter stem (`is_stemmed`).
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from nltk.stem.porter import PorterStemmer

STEMMER = PorterStemmer()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    return str(STEMMER.stem(word))


def bare(text: str) -> str:
    """Letters, digits and single spaces."""
    kept = "".join(c for c in text.casefold() if c.isalnum() or c.isspace())
    return " ".join(kept.split())


def names_and_numbers(summary: str) -> list[str]:
    found = []
    starts = True
    for token in summary.split():
        inside = token.lstrip("\"'“‘([*_-`$\\")
        if starts:
            inside = inside[1:]
        if any(c.isdigit() for c in token) or any(c.isupper() for c in inside):
            found.append(token)
        starts = token.rstrip("\"'”’)]*_").endswith((".", "?", "!", ":"))
    return found


class Vouching:
    """A document, asked for words."""

    def __init__(self, document: str) -> None:
        self.document = document

    @cached_property
    def text(self) -> str:
        return bare(self.document)

    @cached_property
    def words(self) -> frozenset[str]:
        """Divided at spaces, and divided at everything that is no letter or digit."""
        divided = re.sub(r"[\W_]", " ", self.document.casefold())
        return frozenset([*self.text.split(), *divided.split()])

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(map(stem, self.words))

    def missing(self, summary: str) -> list[str]:
        return [t for t in names_and_numbers(summary) if bare(t) not in self.text]

    def missing_words(self, summary: str) -> list[str]:
        return [t for t in names_and_numbers(summary) if bare(t) not in self.words]

    def missing_stems(self, summary: str) -> list[str]:
        """Compounds are divided: "State-of-the-Art" is four words."""
        found = []
        for token in names_and_numbers(summary):
            parts = re.sub(r"[\W_]", " ", token.casefold()).split()
            known = bare(token) in self.words or all(
                part in self.words or stem(part) in self.stems for part in parts
            )
            if not known:
                found.append(token)
        return found
