"""What each token of a summary adds to its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def pieces_of(ids: Sequence[int], decode: Callable[[Sequence[int]], str]) -> list[str]:
    """One string a token, empty where it is the first half of a character; joined, the text."""
    pieces = []
    before = ""
    for count in range(1, len(ids) + 1):
        text = decode(ids[:count]).replace("\ufffd", "")
        pieces.append(text[len(before) :])
        before = max(before, text, key=len)
    return pieces
