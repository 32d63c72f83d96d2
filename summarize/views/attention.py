"""An alignment on a terminal: the document shaded by how much each word was read.

The shades grow darker as well as redder, so that nobody needs to tell colours apart; without colour
they are brackets and per cent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size

from summarize.pipeline.alignment import Alignment
from summarize.views.terminal import visible

# Shares of the most read word from which a word has this shade: background and text of the 256
# colours, both set, so that they can be read on a light and on a dark terminal.
SHADES = ((0.75, "1;38;5;16;48;5;202"), (0.45, "38;5;16;48;5;214"), (0.22, "38;5;16;48;5;222"))
FAINT = (0.09, "38;5;16;48;5;230")
CURRENT = "7"
SHOWN, LEFT_OUT = 0.02, " …"  # the share of a long document's sentence that is shown, and others


def shade(share: float, most: float) -> str:
    """The colour code of a word, "" for one that was hardly read."""
    for least, code in (*SHADES, FAINT):
        if most > 0 and share >= least * most:
            return code
    return ""


def shaded_document(
    alignment: Alignment, row: NDArray[np.float32] | None = None, colour: bool = True
) -> str:
    """What was read, as it stands in the document, each word marked by its share of `row` (S,),
    which is by default that of the whole summary. … stands for sentences that were not read, and,
    where a document was read in several parts, for those that got next to nothing."""
    shares = alignment.received if row is None else row
    most = float(shares.max(initial=0.0))
    shown = np.ones(len(shares), dtype=bool)
    if alignment.chunks > 1:
        shown = was_read(alignment, shares)
    parts: list[str] = []
    sentence, last = 0, 0
    for i in np.flatnonzero(shown):
        start, end = alignment.source[i]
        here = int(alignment.sentence[i])
        if here > sentence + 1 or (not parts and here > 0):
            parts.append(f"{LEFT_OUT} ".removeprefix("" if parts else " "))
        elif parts:
            parts.append(gap(alignment.text[last:start]))
        parts.append(marked(visible(alignment.text[start:end]), float(shares[i]), most, colour))
        sentence, last = here, end
    if alignment.text[last:].strip():
        parts.append(LEFT_OUT)
    return "".join(parts).strip()


def was_read(alignment: Alignment, shares: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(S,) whether the word's sentence got a share worth showing."""
    sums = np.bincount(alignment.sentence, weights=shares)
    found: NDArray[np.bool_] = (sums >= SHOWN)[alignment.sentence]
    return found


def gap(between: str) -> str:
    """What stands between two words: white space, and marks such as bullets."""
    return "".join(c if c in "\n\t " else " " if c.isspace() else visible(c) for c in between)


def marked(word: str, share: float, most: float, colour: bool) -> str:
    code = shade(share, most)
    if not code:
        return word
    return f"\x1b[{code}m{word}\x1b[0m" if colour else f"[{word} {percent(share)}]"


def summary_line(alignment: Alignment, current: int | None = None, colour: bool = True) -> str:
    """The summary, its current word marked."""
    words = []
    for number, word in enumerate(alignment.summary):
        shown = visible(word)
        if number == current:
            shown = f"\x1b[{CURRENT}m{shown}\x1b[0m" if colour else f"[{shown}]"
        words.append(shown)
    return " ".join(words)


def word_lines(alignment: Alignment, width: int, count: int = 4) -> list[str]:
    """For each word of the summary the source words that it read most, in `width` columns."""
    digits = len(str(len(alignment.summary)))
    longest = max((cell_len(visible(word)) for word in alignment.summary), default=0)
    name = min(longest, max(8, width // 4))
    return [
        f"{number:>{digits}}  {padded(clip(visible(word), name), name)}  "
        + looked_line(alignment, number - 1, width - digits - name - 4, count)
        for number, word in enumerate(alignment.summary, start=1)
    ]


def looked_line(alignment: Alignment, word: int, width: int, count: int = 4) -> str:
    """`bicycle 89 %  estimates 5 %`, as many as fit."""
    line = ""
    for source, share in alignment.looked(word, count):
        start, end = alignment.source[source]
        part = f"{clip(visible(alignment.text[start:end]), 20)} {percent(share)} %"
        longer = f"{line}  {part}" if line else part
        if cell_len(longer) > width:
            break
        line = longer
    return line


def percent(share: float) -> str:
    return f"{100 * share:.0f}"


def clip(text: str, width: int) -> str:
    """In columns of a terminal, of which some letters take two."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
