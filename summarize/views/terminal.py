"""What may reach a terminal: text from a document is shown, never obeyed."""

from __future__ import annotations

import re

# C0 but tab and newline, DEL, C1, and the marks that reorder or hide text (Unicode UAX 9; the
# "Trojan Source" set), line and paragraph separators, and the invisible tag characters.
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Control characters as \\uXXXX, which is also how JSON would write them."""
    return UNSAFE.sub(lambda match: escape(ord(match[0])), text)


def escape(code: int) -> str:
    if code > 0xFFFF:  # JSON knows no longer form: a surrogate pair
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"
