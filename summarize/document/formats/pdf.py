"""PDF with pypdf: pages in order, without running heads and page numbers, lines joined to
paragraphs. A page whose words are glued together or broken is read again by the places of its
letters, or reported."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections import Counter
from itertools import groupby, pairwise
from typing import Any

from summarize.document.parts import Part, has_words
from summarize.errors import DocumentError

LARGEST_TEXT = 16 * 2**20
MOST_PAGES = 5000
EDGE = 3  # lines at the top and the bottom of a page where a running head or foot may be
NUMBER = re.compile(
    r"(?:page\s+)?[-–(\[]?\s?(?:\d{1,4}|[ivxl]{1,6})\s?[-–)\]]?(?:\s+(?:of|/)\s+\d{1,4})?", re.I
)
DIGITS = re.compile(r"\d+")
NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[^\W\d_]")
NAMES = {
    *("abstract", "introduction", "background", "related work", "methods", "method", "results"),
    *("discussion", "conclusion", "conclusions", "references", "acknowledgements", "summary"),
    *("acknowledgments", "contents", "table of contents", "bibliography", "appendix"),
}
BULLET = re.compile(r"(?:[•▪●◦‣∙*–-]|\(?\d{1,2}[.)]|\(?[a-z]\))\s+(?=\S)")
ENDS = (".", "!", "?", "…", ":", '."', ".”", ".)", "?”", "!”")
DOT_LEADERS = re.compile(r"(?:\. ?){4,60}\s{0,9}\w{0,5}$")  # an entry in a table of contents
LONG_WORD = 22  # letters; few words are longer, and words glued together are
UNREADABLE = 0.25  # of a page's letters in such words, or of its words too many short ones


def parts(data: bytes, name: str) -> list[Part]:
    pages, unread = read_pages(data, name)
    if not any(has_words(page) for page in pages):
        if unread:
            raise DocumentError(
                f"{name} has words glued together or broken on every page; run OCR again, for "
                f"example with: ocrmypdf --force-ocr {name} out.pdf"
            )
        raise DocumentError(
            f"{name} has {len(pages)} page(s) and no text (scanned?); run OCR first, for "
            f"example with: ocrmypdf {name} out.pdf"
        )
    lines = without_running_heads([page_lines(page) for page in pages])
    found = list(Paragraphs(lines).parts())
    if unread:
        why = "words are glued together or broken"
        found.append(Part("note", f"{told(unread)} left out: {why}"))
    return found


def read_pages(data: bytes, name: str) -> tuple[list[str], list[int]]:
    """The text of each page, empty where it can't be read, and the numbers of those."""
    from pypdf import PasswordType, PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its complaints are about the file
    pages: list[str] = []
    unread: list[int] = []
    size = 0
    with warnings.catch_warnings(action="ignore"):
        try:
            reader = PdfReader(io.BytesIO(data))
            if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
                raise DocumentError(
                    f"{name} is encrypted; decrypt it first, for example with: "
                    f"qpdf --password=... --decrypt {name} open.pdf"
                )
            for number, page in enumerate(reader.pages, start=1):
                text, is_readable = page_text(page)
                pages.append(text if is_readable else "")
                size += len(text)
                if not is_readable:
                    unread.append(number)
                if size > LARGEST_TEXT or number > MOST_PAGES:
                    raise DocumentError(
                        f"{name} holds more than {LARGEST_TEXT >> 20} MiB of text or "
                        f"{MOST_PAGES:,} pages; it is not read"
                    )
        except DocumentError:
            raise
        except Exception as error:  # whatever a broken file provokes
            first = " ".join(str(error).split())[:120] or type(error).__name__
            raise DocumentError(f"{name} is a broken PDF: {first}") from None
    return pages, unread


def page_text(page: Any) -> tuple[str, bool]:
    """As the file has it; where that is unreadable, as its letters are placed."""
    text = str(page.extract_text())
    if damage(text) <= UNREADABLE:
        return text, True
    try:
        placed = str(page.extract_text(extraction_mode="layout"))
    except Exception:  # fonts without widths, and the like
        placed = ""
    candidates = [
        candidate
        for candidate in (placed, closed_up(text), closed_up(placed), by_letters(page))
        if candidate
    ]
    best = min([text, *candidates], key=damage)
    return best, damage(best) <= UNREADABLE


def damage(text: str) -> float:
    """The share of letters in glued words, or of words of one or two letters as far as there are
    more than any language has, whichever is larger. Scripts that part no words with spaces have
    neither."""
    words = [word for word in text.split() if word.isascii() and word.isalpha()]
    if len(words) < 8 and len(text) < 100:
        return 0.0
    letters = sum(map(len, words)) or 1
    glued = sum(len(word) for word in words if len(word) > LONG_WORD) / letters
    single = sum(len(word) == 1 for word in words) / max(1, len(words))
    short = sum(len(word) <= 2 for word in words) / max(1, len(words))
    return max(glued, single - 0.1, short - 0.3)


def closed_up(text: str) -> str:
    """L e t t e r s  s e t  a p a r t, where wider gaps part the words."""
    lines = []
    for line in text.split("\n"):
        words = re.split(r"\s{2,}", line.strip())
        lines.append(" ".join("".join(word.split(" ")) for word in words))
    return "\n".join(lines)


def by_letters(page: Any) -> str:
    """Of a page whose letters were set one by one, without spaces: a word ends where the next
    letter stands farther off than it does after most letters of its kind."""
    lines: dict[int, list[tuple[float, str]]] = {}

    def keep(text: str, matrix: Any, place: Any, font: Any, size: float) -> None:
        if text.strip():
            x, y = place[4] + matrix[4], place[5] + matrix[5]
            lines.setdefault(round(y), []).append((x, text.strip()))

    try:
        page.extract_text(visitor_text=keep)
    except Exception:
        return ""
    rows = [sorted(row) for row in lines.values()]
    steps: dict[str, list[float]] = {}
    for row in rows:
        for (x, letter), (after, _) in pairwise(row):
            steps.setdefault(letter, []).append(after - x)
    usual = {letter: sorted(found)[len(found) // 10] for letter, found in steps.items()}
    typical = sorted(usual.values())[len(usual) // 2] if usual else 0.0
    found = []
    for row in rows:
        text = row[0][1]
        for (x, letter), (after, following) in pairwise(row):
            # What mostly ends words, such as a comma, says little by its own steps.
            step = usual[letter] if letter.isalnum() else min(usual.values())
            step = min(step, 1.5 * typical) if len(letter) == 1 else step
            text += (" " if after - x > step + typical / 4 else "") + following
        found.append(text)
    return "\n".join(found)


def page_lines(page: str) -> list[str]:
    return [" ".join(line.split()) for line in page.split("\n") if line.strip()]


def without_running_heads(pages: list[list[str]]) -> list[list[str]]:
    """Lines at the edge of a page that many pages have there, numbers aside, and page numbers."""
    seen: Counter[str] = Counter()
    for lines in pages:
        seen.update({DIGITS.sub("#", line) for line in edges(lines)})
    # With a page number in it a line is a running head sooner, that of a chapter, say.
    repeated = {
        key
        for key, count in seen.items()
        if count >= (3 if "#" in key else max(3, len(pages) // 4))
    }
    kept = []
    for lines in pages:
        inner = range(EDGE, len(lines) - EDGE)
        kept.append(
            [
                line
                for place, line in enumerate(lines)
                if place in inner
                or not (NUMBER.fullmatch(line) or DIGITS.sub("#", line) in repeated)
            ]
        )
    return kept


def edges(lines: list[str]) -> list[str]:
    return lines if len(lines) <= 2 * EDGE else lines[:EDGE] + lines[-EDGE:]


class Paragraphs:
    """Joins lines: a line that ends early, or before a heading or an item, ends a paragraph."""

    def __init__(self, pages: list[list[str]]) -> None:
        self.pages = pages
        self.pieces: list[str] = []
        self.kind = "paragraph"
        self.last: tuple[int, ...] = (0,)  # number of the last numbered heading
        self.found: list[Part] = []

    def parts(self) -> list[Part]:
        for lines in self.pages:
            widths = sorted(map(len, lines))
            width = widths[len(widths) * 9 // 10] if widths else 0
            for line in lines:
                self.take(line, width)
        self.flush()
        return self.found

    def take(self, line: str, width: int) -> None:
        if DOT_LEADERS.search(line[-60:]):
            self.flush()
            return
        level = self.heading_level(line, width)
        if level:
            self.flush()
            self.found.append(Part("heading", line, level))
            return
        bullet = BULLET.match(line)
        if bullet and (line[0] in "•▪●◦‣∙" or not self.goes_on()):
            self.flush()
            self.kind = "item"
            line = line[bullet.end() :]
        if self.pieces and self.pieces[-1].endswith("-") and line[:1].islower():
            last = self.pieces[-1]
            # A word broken at the end of the line; after another hyphen it is a compound.
            self.pieces[-1] = last[:-1] + line
        else:
            self.pieces.append(line)
        if len(line) < 0.8 * width and line.endswith(ENDS):
            self.flush()

    def heading_level(self, line: str, width: int) -> int:
        """0 for what is none: a heading is short, and has the next number, a usual name, or
        capitals."""
        words = line.split()
        if len(words) > 12 or len(line) > 90 or line.endswith((".", ",", ";")):
            return 0
        numbered = NUMBERED.match(line)
        if numbered:
            number = tuple(map(int, numbered[1].split(".")))
            if number <= self.last or number[0] > self.last[0] + 1 or len(line) > 0.9 * width:
                return 0
            self.last = number
            return len(number)
        if line.strip(" :").lower() in NAMES:
            return 1
        is_capitals = line.isupper() and len(words) > 1 and len(line) < 0.8 * width
        letters = sum(character.isalpha() or character == " " for character in line)
        return int(is_capitals and letters > 0.9 * len(line) and not self.goes_on())

    def goes_on(self) -> bool:
        """Whether the sentence so far is unfinished."""
        return bool(self.pieces) and not self.pieces[-1].endswith(ENDS)

    def flush(self) -> None:
        if self.pieces:
            self.found.append(Part(self.kind, " ".join(self.pieces)))
        self.pieces, self.kind = [], "paragraph"


def told(numbers: list[int]) -> str:
    """page 3; pages 3, 5-9"""
    runs = []
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        every = [number for _, number in run]
        runs.append(str(every[0]) if len(every) == 1 else f"{every[0]}-{every[-1]}")
    return f"page{'s' if len(numbers) > 1 else ''} {', '.join(runs[:20])}"
