"""Whether a text is English, judged by its letters and its short words. Tables and code are no
evidence, and where there is little of any a text is taken for English."""

from __future__ import annotations

import re

from summarize.document.document import Document

LOOKED_AT = 6_000  # characters
LEAST_WORDS, LEAST_LETTERS = 15, 10
LETTER = re.compile(r"[^\W\d_]")
LATIN = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff]")
WORD = re.compile(r"[^\W\d_]+")
# In an English text one word in four is among these; in no other language, one in thirty.
ENGLISH = frozenset(
    "the of and to that this with are from you your which have they their for not be by it its if "
    "can or when there we our but all one other use used any about would should".split()
)
# No English words, and the most frequent of the languages that share the alphabet.
OTHERS = frozenset(
    "der die das und ist nicht den von mit ein eine einen einem einer zu auf für werden sich dem "
    "des wird sind auch als oder bei nach wie "  # German
    "le la les du un une et est que qui dans pour pas sur au aux par plus ce cette sont vous nous "
    "el los las en es del por con para como una se lo su al más esta "
    "il di che non gli della è sono anche alla nel dei "
    "het een van niet dat zijn voor aan met ook naar maar wordt "
    "o os uma não em ao mais das dos pelo são "
    "og det som er på til av ikke att inte är och för med ett om "
    "się nie jest na że jak w oraz které pro jako bylo ve "
    "ve bir bu için ile olarak daha olan çok ja ei että oli joka hogy az egy és nem".split()
)
LEAST_ENGLISH, MOST_OTHERS = 0.06, 0.08  # shares of the words
STRANGE, STRANGE_WORDS = 0.1, 40  # share of words with a letter that English lacks; of how many


def is_foreign(document: Document) -> bool:
    text = sample(document)
    letters = len(LETTER.findall(text))
    if letters >= LEAST_LETTERS and 2 * len(LATIN.findall(text)) < letters:
        return True
    words = WORD.findall(text.lower())
    if len(words) < LEAST_WORDS:
        return False
    english = sum(word in ENGLISH for word in words)
    if english >= LEAST_ENGLISH * len(words):
        return False
    others = sum(word in OTHERS for word in words)
    if others >= MOST_OTHERS * len(words):
        return True
    strange = sum(not word.isascii() for word in words)
    return len(words) >= STRANGE_WORDS and strange >= STRANGE * len(words)


def sample(document: Document) -> str:
    """The beginning of what is prose."""
    pieces: list[str] = []
    room = LOOKED_AT
    for block in document.blocks:
        if block.kind not in ("code", "table", "heading"):
            piece = document.text[block.start : min(block.end, block.start + room)]
            pieces.append(piece)
            room -= len(piece)
            if room <= 0:
                break
    return "\n".join(pieces)
