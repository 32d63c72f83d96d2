"""Stepping through a summary with the arrow keys: one word at a time, the document shaded by it."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap

from rich.cells import cell_len

from summarize.pipeline.alignment import Alignment
from summarize.views.attention import clip, looked_line, marked, summary_line
from summarize.views.terminal import visible

HELP = "← → words   Home End   q quits"
KEYS = {
    **dict.fromkeys(("\x1b[C", "\x1bOC", "l", " ", "n", "\t"), 1),
    **dict.fromkeys(("\x1b[D", "\x1bOD", "h", "p", "\x7f"), -1),
}
FIRST, LAST = ("\x1b[H", "\x1bOH", "\x1b[1~", "g"), ("\x1b[F", "\x1bOF", "\x1b[4~", "G")
QUIT = ("q", "\x1b", "\x03", "\x04", "")


def step(alignment: Alignment, colour: bool = True) -> None:
    """Until q, Escape or Ctrl-C. Needs a terminal on both sides, and leaves it as it was."""
    import termios
    import tty

    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    current = 0
    try:
        tty.setcbreak(keyboard)
        # The alternate screen, so that what was on the terminal comes back; no cursor.
        sys.stdout.write("\x1b[?1049h\x1b[?25l")
        while True:
            size = shutil.get_terminal_size()
            sys.stdout.write(screen(alignment, current, size.columns, size.lines, colour))
            sys.stdout.flush()
            key = os.read(keyboard, 16).decode("utf-8", "replace")
            if key in QUIT:
                return
            if key in FIRST:
                current = 0
            elif key in LAST:
                current = len(alignment.summary) - 1
            else:
                current = (current + KEYS.get(key, 0)) % len(alignment.summary)
    finally:
        sys.stdout.write("\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


def screen(alignment: Alignment, current: int, columns: int, lines: int, colour: bool) -> str:
    """The whole screen: the document around what was read most, the summary, where it looked."""
    body = wrapped(alignment, current, columns, colour)
    foot = textwrap.wrap(" ".join(alignment.summary), columns) or [""]
    room = max(3, lines - len(foot) - 4)
    most = max(range(len(body)), key=lambda i: body[i][1], default=0)
    first = max(0, min(most - room // 2, len(body) - room))
    shown = [line for line, _ in body[first : first + room]]
    looked = looked_line(alignment, current, columns - 4)
    rows = [*shown, "", summary_line(alignment, current, colour), looked, HELP[: columns - 1]]
    return "\x1b[H\x1b[2J" + "\n".join(rows)


def wrapped(
    alignment: Alignment, current: int, columns: int, colour: bool
) -> list[tuple[str, float]]:
    """Lines of the document, wrapped by its words, each with the largest share in it."""
    row = alignment.weights[current]
    most = float(row.max())
    lines: list[tuple[str, float]] = []
    words: list[str] = []
    width, share = 0, 0.0
    for (start, end), weight in zip(alignment.source, row, strict=True):
        word = clip(visible(alignment.text[start:end]), columns - 7)
        length = cell_len(word if colour else marked(word, float(weight), most, False))
        if words and width + 1 + length > columns:
            lines.append((" ".join(words), share))
            words, width, share = [], 0, 0.0
        width += length + bool(words)
        words.append(marked(word, float(weight), most, colour))
        share = max(share, float(weight))
    if words:
        lines.append((" ".join(words), share))
    return lines
