r"""LaTeX: title, sections, paragraphs, items and verbatim code; no preamble, comments, figures,
displayed mathematics or citations. One pass over the tokens, without recursion.

Mathematics within a line stays as its author wrote it, as it does in the abstracts that the models
learned from. Why not pylatexenc: it takes more than ten times as long, and gives a text without
blocks. The tests compare its headings, and its words in their order, with ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from summarize.document.parts import Part, has_words

TOKEN = re.compile(r"\\[a-zA-Z]+\*?[ \t]*|\\.|[{}$%~]|\n[ \t]*\n\s*|[^\\{}$%~\n]+|\n", re.S)
SECTIONS = {
    "title": 1,  # of a text without preamble
    "part": 1,
    "chapter": 1,
    "section": 2,
    "subsection": 3,
    "subsubsection": 4,
    "paragraph": 5,
    "subparagraph": 6,
}
CODE = ("verbatim", "lstlisting", "minted", "alltt")
DROPPED = {
    *("figure", "table", "tikzpicture", "pgfpicture", "thebibliography", "tabular", "tabularx"),
    *("longtable", "equation", "align", "gather", "multline", "eqnarray", "displaymath", "comment"),
    *("array", "algorithm", "algorithmic", "filecontents", "picture", "CCSXML"),
}
QUOTES = ("quote", "quotation", "verse")
LISTS = ("itemize", "enumerate", "description")
# Commands whose arguments are not read: how many.
SILENT = {
    **dict.fromkeys(("ref", "eqref", "autoref", "cref", "Cref", "pageref", "label", "index"), 1),
    **dict.fromkeys(("footnote", "footnotetext", "thanks", "bibliography", "nocite", "input"), 1),
    **dict.fromkeys(("bibliographystyle", "include", "vspace", "hspace", "includegraphics"), 1),
    **dict.fromkeys(("usepackage", "documentclass", "pagestyle", "thispagestyle", "hypersetup"), 1),
    **dict.fromkeys(("author", "date", "affiliation", "email", "url", "bibitem", "caption"), 1),
    **dict.fromkeys(("setlength", "setcounter", "addtocounter", "newcommand", "renewcommand"), 2),
    **dict.fromkeys(("href", "textcolor", "colorbox", "color", "fontsize", "providecommand"), 1),
    **dict.fromkeys(("newtheorem", "def", "hyphenation", "markboth", "ccsdesc", "keywords"), 1),
}
ACCENTS = {
    "'": "\u0301",
    "`": "\u0300",
    "^": "\u0302",
    '"': "\u0308",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
    "c": "\u0327",
    "v": "\u030c",
    "u": "\u0306",
    "H": "\u030b",
    "r": "\u030a",
    "k": "\u0328",
}
LETTERS = {"ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "l": "ł"}
LETTERS |= {"aa": "å", "AA": "Å", "L": "Ł", "i": "ı", "j": "ȷ", "ldots": "…", "dots": "…"}
LETTERS |= {"textendash": "–", "textemdash": "—", "LaTeX": "LaTeX", "TeX": "TeX", "S": "§"}
LETTERS |= {"textbackslash": "\\", "quad": " ", "qquad": " ", "newline": " ", "linebreak": " "}
ACCENTED = re.compile(r"[ \t]*(?:\{\\?([^\W\d_]?)\}|\\?([^\W\d_]))")
LONELY = re.compile(r" ([.,;:])(?=\s|$)")  # after a citation that was left out
LONGEST_MATH = 1000


def parts(text: str, name: str) -> list[Part]:
    return list(Reader(text.replace("\r\n", "\n").replace("\0", "")).read())


class Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.pieces: list[str] = []
        self.kind, self.level = "paragraph", 0
        self.lists = 0
        self.quotes = 0
        # Of each open group, whether it is read ("read"), not ("drop"), or ends a heading.
        self.groups: list[str] = []
        self.dropped = 0  # how many of them are not read
        self.unended: set[str] = set()  # environments that no \end follows any more

    def read(self) -> Iterator[Part]:
        begin = self.text.find(r"\begin{document}")
        if begin >= 0:
            yield from self.title(begin)
            self.place = begin + len(r"\begin{document}")
        while self.place < len(self.text):
            token = TOKEN.match(self.text, self.place)
            if token is None:  # a backslash at the very end
                break
            self.place = token.end()
            yield from self.take(token[0])
        yield from self.flush()

    def title(self, begin: int) -> Iterator[Part]:
        place = self.text.rfind(r"\title", 0, begin)
        if place < 0:
            return
        inner = Reader(self.text[place + len(r"\title") : min(begin, place + 2000)])
        inner.skip_optional()
        found = inner.argument()
        if found:
            text = " ".join(part.text for part in Reader(found).read())
            yield Part("heading", text, 1)

    def take(self, token: str) -> Iterator[Part]:
        first = token[0]
        if first == "%":
            end = self.text.find("\n", self.place)
            self.place = len(self.text) if end < 0 else end + 1
            return
        if first == "{":
            self.open("read")
        elif first == "}":
            yield from self.close()
        elif first == "\\" and len(token) > 1:
            yield from self.command(token[1:].rstrip())
        elif self.dropped:
            return
        elif first == "$":
            self.mathematics()
        elif first == "\n" and token.count("\n") > 1:
            if "heading" not in self.groups[-1:]:
                yield from self.flush()
        else:
            self.pieces.append(" " if first in "\n~" else typeset(token))

    def open(self, mode: str) -> None:
        if len(self.groups) < 10_000:
            self.groups.append(mode)
            self.dropped += mode == "drop"

    def close(self) -> Iterator[Part]:
        mode = self.groups.pop() if self.groups else "read"
        self.dropped -= mode == "drop"
        if mode == "heading" and not self.dropped:
            yield from self.flush()

    def command(self, name: str) -> Iterator[Part]:
        bare = name.rstrip("*")
        if bare in ("begin", "end"):
            yield from self.environment(bare, self.argument() or "")
        elif bare in SILENT or bare.lower().startswith(("cite", "parencite", "textcite")):
            for _ in range(SILENT.get(bare, 1)):
                self.skip_optional()
                self.drop_argument()
        elif self.dropped:
            return
        elif bare in SECTIONS:
            yield from self.flush()
            self.skip_optional()
            self.kind, self.level = "heading", SECTIONS[bare]
            if self.text.startswith("{", self.place):
                self.place += 1
                self.open("heading")
        elif bare == "item":
            yield from self.flush()
            self.skip_optional()
            self.kind, self.level = "item", max(1, self.lists)
        elif bare in ("par", "maketitle", "tableofcontents", "\\"):
            self.skip_optional()
            if bare == "\\":
                self.pieces.append(" ")
            else:
                yield from self.flush()
        elif bare in ("[", "("):
            self.skip_to("\\]" if bare == "[" else "\\)", keep=bare == "(")
        elif bare in ACCENTS:
            self.accent(ACCENTS[bare])
        elif bare in LETTERS:
            self.pieces.append(LETTERS[bare])
        elif bare in "%&_#{}$":
            self.pieces.append(bare)
        elif not bare.isalpha():
            self.pieces.append(" " if bare in (" ", ",", ";", ":", "\n") else "")
        elif self.text.startswith("[", self.place):
            self.skip_optional()

    def environment(self, edge: str, name: str) -> Iterator[Part]:
        bare = name.rstrip("*")
        if bare in CODE or bare in DROPPED:
            end = self.skip_to(f"\\end{{{name}}}") if edge == "begin" else ""
            if bare in CODE and end and not self.dropped:
                yield from self.flush()
                yield Part("code", end)
            return
        if self.dropped:
            return
        if edge == "end" and name == "document":
            yield from self.flush()
            self.place = len(self.text)
            return
        yield from self.flush()
        step = 1 if edge == "begin" else -1
        if bare in LISTS:
            self.lists = max(0, self.lists + step)
        elif bare in QUOTES:
            self.quotes = max(0, self.quotes + step)
            self.kind = "quote" if self.quotes else "paragraph"
        self.skip_optional()

    def skip_to(self, mark: str, keep: bool = False) -> str:
        """Goes on after the mark; returns what is before it. Without one it goes on here."""
        end = -1 if mark in self.unended else self.text.find(mark, self.place)
        if end < 0:
            self.unended.add(mark)
            return ""
        skipped = self.text[self.place : end]
        self.place = end + len(mark)
        if keep:
            self.pieces.append(f"${skipped}$")
        return skipped

    def mathematics(self) -> None:
        if self.text.startswith("$", self.place):
            self.place += 1
            self.skip_to("$$")
            return
        end = self.text.find("$", self.place, self.place + LONGEST_MATH)
        if end < 0 or "\n\n" in self.text[self.place : end]:
            self.pieces.append("$")
            return
        self.pieces.append(f"${self.text[self.place : end]}$")
        self.place = end + 1

    def accent(self, mark: str) -> None:
        found = ACCENTED.match(self.text, self.place)
        if found:
            self.place = found.end()
            letter = found[1] or found[2] or ""
            self.pieces.append(unicodedata.normalize("NFC", letter + mark) if letter else "")

    def skip_optional(self) -> None:
        """[short], as often as it is there."""
        for _ in range(4):
            if not self.text.startswith("[", self.place):
                return
            end = self.text.find("]", self.place, self.place + 300)
            if end < 0:
                return
            self.place = end + 1

    def argument(self) -> str | None:
        """The text between braces, at most a title long."""
        if not self.text.startswith("{", self.place):
            return None
        depth = 0
        for place in range(self.place, min(len(self.text), self.place + 1000)):
            character = self.text[place]
            depth += (character == "{") - (character == "}")
            if not depth:
                found = self.text[self.place + 1 : place]
                self.place = place + 1
                return found
        return None

    def drop_argument(self) -> None:
        """What it holds is passed over token by token, so that it ends where it should."""
        if self.text.startswith("{", self.place):
            self.place += 1
            self.open("drop")

    def flush(self) -> Iterator[Part]:
        text = LONELY.sub(r"\1", " ".join("".join(self.pieces).split()))
        self.pieces = []
        if has_words(text):
            yield Part(self.kind, text, self.level)
            self.kind, self.level = ("quote" if self.quotes else "paragraph"), 0


def typeset(text: str) -> str:
    if "`" in text or "'" in text or "-" in text:
        text = text.replace("``", "“").replace("''", "”").replace("---", "—").replace("--", "–")
    return text.replace("&", " ")
