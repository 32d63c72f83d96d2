"""What may reach a terminal: text from a document is shown, never obeyed."""

from __future__ import annotations

import re
import unicodedata

# C0 but tab and newline, DEL, C1, and the marks that reorder or hide text (Unicode UAX 9; the
# "Trojan Source" set), line and paragraph separators, and the invisible tag characters.
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)

COLOR = re.compile("\x1b\\[[0-9;]*m")


def visible(text: str) -> str:
    """Control characters as \\uXXXX, which is also how JSON would write them."""
    return UNSAFE.sub(lambda match: escape(ord(match[0])), text)


def escape(code: int) -> str:
    if code > 0xFFFF:  # JSON knows no longer form: a surrogate pair
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"


def wrapped(text: str, width: int) -> str:
    """Lines of at most `width` columns, broken at spaces; the items of a list stay indented."""
    return "\n".join(
        part for line in text.split("\n") for part in wrapped_line(line, max(width, 1))
    )


def wrapped_line(line: str, width: int) -> list[str]:
    if columns(line) <= width:
        return [line]
    indent = "  " if line.startswith("- ") else ""
    lines, current, used = [], "", 0
    for word in breakable(line, width - len(indent)):
        room = columns(word.rstrip(" "))
        if current.strip() and used + room > width:
            lines.append(current.rstrip(" "))
            current, used = indent, len(indent)
        current += word
        used += columns(word)
    return [*lines, current.rstrip(" ")]


def breakable(line: str, width: int) -> list[str]:
    """Words with the spaces after them. A long word without spaces, as in Chinese, is broken
    between wide characters; any other is left whole, so that a link can be copied."""
    words: list[str] = []
    for word in re.findall(r"[^ ]* *", line):
        if columns(word) > width and not word.isascii():
            words += re.findall(r"[\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]|.", word)
        elif word:
            words.append(word)
    return words


def columns(text: str) -> int:
    """How wide a terminal shows it. Our own colors take no room."""
    if "\x1b" in text:
        text = COLOR.sub("", text)
    if text.isascii():
        return len(text)
    return sum(columns_of(character) for character in text)


def columns_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
