"""What a summary may say, token by token: known words (lexicon.py), closed brackets, a whole end.

Beam search asks for each likely token whether it may follow. A token is a part of a word, so the
answer is whether the letters since the last space can still become a word that is known, and where
a word ends, whether it is one. The end of the summary may follow only where brackets and quotation
marks are closed and the last word does not ask for another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from summarize.rnn.lexicon import ABBREVIATIONS, OPENING, Known, ends_sentence
from summarize.rnn.tokenizer import EOS_ID, SPECIAL, Tokenizer

PAIRS = {")": "(", "]": "[", "}": "{", "”": "“", "»": "«"}
OPEN = frozenset(PAIRS.values())
MARKED = re.compile(r"[()\[\]{}“”«»\"`$']")
# Mathematics between dollar signs; "$5 to $7" is none.
MATHEMATICS = re.compile(r"\$[^\s$](?:[^$\n]{0,80}[^\s$])?\$(?!\d)")
# A summary that ends with one of these is not at its end.
UNFINISHED = ABBREVIATIONS - {"al."} | frozenset(
    "i.e e.g a an the and or nor of from into with between among its their his her our your my "
    "whose which than via for by at as is are was were be been not".split()
)
NO_END = ",;:-–—/&(+=<\\[{“‘`«"


class Place(NamedTuple):
    """Where a hypothesis stands."""

    chunk: str = ""  # since the last space
    is_start: bool = True  # whether the chunk begins a sentence
    opened: str = ""  # brackets and quotation marks before the chunk that are not yet closed
    words: int = 0  # chunks before this one
    half: bytes = b""  # of a character


class Token(NamedTuple):
    data: bytes
    text: str | None  # None where it is no whole characters


class Alphabet:
    """Token -> its text, looked up once for each token met."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.known: dict[int, Token] = {}
        self.bytes = byte_alphabet()

    def __getitem__(self, token: int) -> Token:
        found = self.known.get(token)
        if found is None:
            spelled = self.tokenizer.spelled(token) if token >= len(SPECIAL) else ""
            data = bytes(self.bytes[c] for c in spelled if c in self.bytes)
            try:
                text = data.decode("utf-8")
            except UnicodeDecodeError:
                found = Token(data, None)
            else:
                found = Token(data, text)
            self.known[token] = found
        return found


class Constraint:
    """The constraint of one document. With `free_words` any word may be used; the rest still holds.

    Hypotheses resemble each other: what was found out once is kept.
    """

    start = Place()

    def __init__(self, known: Known, alphabet: Alphabet, free_words: bool = False) -> None:
        self.known, self.alphabet, self.free_words = known, alphabet, free_words
        self.has_mathematics = MATHEMATICS.search(known.text) is not None
        self.closed: dict[tuple[str, bool, str], tuple[bool, str] | None] = {}
        self.possible: dict[tuple[str, bool, str], bool] = {}

    def extend(self, place: Place, token: int) -> Place | None:
        """The place after a token; None where it may not follow."""
        if token == EOS_ID:
            return self.end(place)
        piece = self.alphabet.known.get(token) or self.alphabet[token]
        if piece.text is None or place.half:
            return self.extend_bytes(place, piece.data)
        return self.extend_text(place, piece.text)

    def extend_bytes(self, place: Place, data: bytes) -> Place | None:
        """A token that begins or ends inside a character."""
        data = place.half + data
        try:
            text, half = data.decode("utf-8"), b""
        except UnicodeDecodeError as error:
            if "unexpected end" not in error.reason:
                return None
            text, half = data[: error.start].decode("utf-8"), data[error.start :]
        after = self.extend_text(place._replace(half=b""), text)
        return after and after._replace(half=half)

    def extend_text(self, place: Place, text: str) -> Place | None:
        chunk, is_start, opened, words, _ = place
        first, *others = text.split(" ")
        if first:
            chunk += first
            if not self.may_become(chunk, is_start, opened):
                return None
        for other in others:
            if chunk:
                after = self.after(chunk, is_start, opened)
                if after is None:
                    return None
                is_start, opened = after
                words += 1
            elif words:
                return None  # two spaces
            chunk = other
            if chunk and not self.may_become(chunk, is_start, opened):
                return None
        return Place(chunk, is_start, opened, words)

    def may_become(self, chunk: str, is_start: bool, opened: str) -> bool:
        """Whether the chunk may stand here, or may grow to one that may."""
        marks = "" if chunk.isalpha() or not MARKED.search(chunk) else opened
        key = chunk, is_start, marks
        found = self.possible.get(key)
        if found is None:
            found = self.possible[key] = self.opened_after(marks, chunk) is not None and (
                self.free_words or self.known.may_become(chunk, is_start)
            )
        return found

    def close(self, place: Place) -> Place | None:
        """The place after the chunk, which is at its end."""
        chunk, is_start, opened, words, half = place
        after = None if half else self.after(chunk, is_start, opened)
        return after and Place("", *after, words + 1)

    def after(self, chunk: str, is_start: bool, opened: str) -> tuple[bool, str] | None:
        """Whether a sentence begins after the whole chunk, and what is open there; None where the
        chunk may not stand. However many words are before it."""
        key = chunk, is_start, opened
        if key in self.closed:
            return self.closed[key]
        now_open = self.opened_after(opened, chunk, is_whole=True)
        after = None
        if now_open is not None and (self.free_words or self.known.allows(chunk, is_start)):
            after = ends_sentence(chunk) or (is_start and not has_letter(chunk)), now_open
        self.closed[key] = after
        return after

    def end(self, place: Place) -> Place | None:
        """The place after the end of the summary."""
        chunk = place.chunk
        if not chunk or chunk[-1] in NO_END or is_unfinished(chunk.casefold()):
            return None
        after = self.close(place)
        return after if after is not None and not after.opened else None

    def opened_after(self, opened: str, chunk: str, is_whole: bool = False) -> str | None:
        """What is open after the chunk; None where something closes that was not open."""
        if chunk.isalpha() or not MARKED.search(chunk):
            return opened
        for i, mark in enumerate(chunk):
            if mark in OPEN:
                opened += mark
            elif mark in PAIRS:
                if not opened.endswith(PAIRS[mark]) or not i:
                    return None
                # Empty brackets are those of a name, as in f().
                if chunk[i - 1] == PAIRS[mark] and not chunk[: i - 1][-1:].isalnum():
                    return None
                opened = opened[:-1]
            elif mark in '"`' or (mark == "$" and self.has_mathematics):
                if i and chunk[i - 1] == "\\":  # Fra\"iss\'e
                    continue
                is_first = not chunk[:i].strip(OPENING)
                if opened.endswith(mark) and (mark == "$" or not is_first):
                    opened = opened[:-1]
                elif mark in opened or (mark == '"' and not is_first):
                    return None
                else:
                    opened += mark
        return self.single_quotes(opened, chunk) if is_whole else opened

    @staticmethod
    def single_quotes(opened: str, chunk: str) -> str | None:
        """An apostrophe opens at the beginning of a chunk and closes at its end."""
        begins = chunk.lstrip('(["“').startswith("'") and chunk.strip("'\"()[].,;:!?“”") != ""
        ends = chunk.rstrip('.,;:!?)]"”').endswith("'")
        if begins and not ends and not chunk.lstrip('(["“')[1:2].isdigit():  # not the '90s
            return None if "'" in opened else opened + "'"
        if ends and not begins:
            if opened.endswith("'"):
                return opened[:-1]
            return opened if chunk.rstrip('.,;:!?)]"”')[:-1].endswith("s") else None
        return opened


def is_unfinished(word: str) -> bool:
    return word in UNFINISHED or word.rstrip(".") in UNFINISHED


def has_letter(chunk: str) -> bool:
    return any(c.isalnum() for c in chunk)


def byte_alphabet() -> dict[str, int]:
    """Character -> byte, as Radford et al. 2019 spell bytes: printable ones as themselves, the
    others as the characters from 256 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    spelled = {chr(byte): byte for byte in printable}
    return spelled | {chr(256 + i): byte for i, byte in enumerate(others)}


def capitalized(text: str, known: Known) -> str:
    """With a capital at the start, unless the first word is a name that is written without one:
    neither a frequent word nor ever capitalized in the document; pip, iPhone, libfoo.so."""
    found = re.match(r"[^\W\d_]+", text)
    if found is None or not text[0].islower():
        return text
    word = found.group()
    capital = word[0].upper() + word[1:]
    joined = text[found.end() : found.end() + 1] in tuple("_./0123456789")
    is_usual = word in known.frequent or re.search(rf"\b{capital}\b", known.text) is not None
    return capital + text[found.end() :] if is_usual and not joined else text


def cut(tokens: Sequence[int], constraint: Constraint) -> int:
    """Of a summary that did not end, how many tokens may stand as a whole; 0 if none."""
    place: Place | None = constraint.start
    whole = 0
    for i, token in enumerate(tokens):
        begins_word = constraint.alphabet[token].data.startswith(b" ")
        if begins_word and place is not None and constraint.end(place):
            whole = i
        place = place and constraint.extend(place, token)
        if place is None:
            return whole
    return whole
