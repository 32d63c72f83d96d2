"""The source of a manual page (man or mdoc macros): sections, paragraphs, options as items."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from summarize.document.parts import Part, has_words

ESCAPE = re.compile(
    r"\\(?:f(?:\[[^\]\n]{0,20}\]|\(..|.)|s[+-]?\d{1,2}|\*(?:\[([^\]\n]{0,30})\]|\((..)|(.))"
    r"|\[([^\]\n]{0,30})\]|\((..)|[mFhvwklLoxDRbNHSXYZnA]'[^'\n]{0,80}'|\"[^\n]*|(.)|$)"
)
SYMBOLS = {
    **{"em": "—", "en": "–", "hy": "-", "bu": "•", "aq": "'", "cq": "’", "oq": "‘", "dq": '"'},
    **{"lq": "“", "rq": "”", "co": "©", "rg": "®", "tm": "™", "ha": "^", "ti": "~", "rs": "\\"},
    **{"mc": "µ", "de": "°", "mu": "×", "->": "→", "<-": "←", ">=": "≥", "<=": "≤", "+-": "±"},
    **{"Lq": "“", "Rq": "”", 'L"': "“", 'R"': "”", "Fo": "«", "Fc": "»", "ga": "`"},
}
SYMBOLS |= {"ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "oa": "å", "oA": "Å", "/o": "ø"}
SYMBOLS |= {"/O": "Ø", "/l": "ł", "/L": "Ł", "-d": "đ", "-D": "Đ", "Tp": "þ", "TP": "Þ", "Sd": "ð"}
# \(:a is an a with two dots, and \[u00E4] too.
ACCENTS = {":": "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303"}
ACCENTS |= {",": "\u0327", "v": "\u030c"}
UNICODE = re.compile(r"u[0-9A-F]{4,5}(?:_[0-9A-F]{4,5}){0,3}")
PLAIN = {"-": "-", "e": "\\", "&": "", "|": "", "^": "", "/": "", ",": "", "c": "", " ": " "}
PLAIN |= {"~": " ", "0": " ", "'": "'", "`": "`", ".": ".", "%": "", ":": "", "t": " ", "\\": "\\"}
FONTS = {"B", "I", "R", "BR", "RB", "BI", "IB", "IR", "RI", "SM", "SB"}
PARAGRAPHS = {"P", "PP", "LP", "Pp", "sp", "RS", "RE", "HP", "br"}
IGNORED = {"TH", "Dd", "Dt", "Os", "UE", "ME", "ad", "na", "hy", "nh", "in", "ti", "ft", "ta", "ne"}
IGNORED |= {
    "IX",
    "PD",
    "nr",
    "ds",
    "if",
    "ie",
    "el",
    "de",
    "..",
    ".",
    "so",
    "mso",
    "ll",
    "ps",
    "TS",
}
WORD = re.compile(r'"((?:[^"]|"")*)"|(\S+)')
MDOC = re.compile(r"[A-Z][a-z]$")
QUOTED = {"Dq": "“”", "Sq": "‘’", "Qq": '""', "Pq": "()", "Op": "[]", "Aq": "<>", "Bq": "[]"}


def parts(text: str, name: str) -> list[Part]:
    return list(Reader(text).read())


def body(lines: list[str]) -> list[str]:
    """The lines from the title on: what comes before it defines macros."""
    title = (n for n, line in enumerate(lines) if line.startswith((".TH ", ".Dd ")))
    return lines[next(title, 0) :]


class Reader:
    def __init__(self, text: str) -> None:
        self.lines = body(text.split("\n"))
        self.pieces: list[str] = []
        self.kind, self.level = "paragraph", 0
        self.code: list[str] | None = None  # the lines between .nf and .fi
        self.tag = False  # the next text is the tag of an item
        self.skip = ""  # what ends a definition or a table that is not read
        self.name = ""  # of the command, for mdoc's .Nm
        self.depth = 0  # of conditions, \{ to \}, which are never read

    def read(self) -> Iterator[Part]:
        for line in self.lines:
            if self.skip:
                if line.startswith(self.skip):
                    self.skip = ""
            elif self.depth or (line[:1] in (".", "'") and "\\{" in line):
                self.depth = max(0, self.depth + line.count("\\{") - line.count("\\}"))
            elif line[:1] in (".", "'") and len(line) > 1:
                yield from self.request(line[1:].strip())
            elif not line.strip():
                if self.code is None:
                    yield from self.flush()
                else:
                    self.code.append("")
            else:
                yield from self.text(unescape(line))
        yield from self.end_code()
        yield from self.flush()

    def text(self, text: str) -> Iterator[Part]:
        if self.code is not None:
            self.code.append(text)
            return
        self.pieces.append(text)
        if self.tag:
            self.tag = False
            yield from self.flush()

    def request(self, line: str) -> Iterator[Part]:
        macro, _, rest = line.partition(" ")
        if macro.startswith(("\\", '"')) or macro in IGNORED:
            if macro == "de":
                self.skip = ".."
            elif macro == "TS":
                self.skip = ".TE"
        elif macro in ("SH", "SS", "Sh", "Ss"):
            yield from self.end_code()
            yield from self.flush()
            self.tag = False
            title = unescape(" ".join(words(rest)))
            yield Part("heading", title, 1 if macro[1] in "Hh" else 2)
        elif macro in PARAGRAPHS:
            if self.code is not None:
                self.code.append("")
            else:
                yield from self.flush()
        elif macro in ("TP", "TQ"):
            yield from self.flush()
            self.kind, self.level, self.tag = "item", 1, True
        elif macro == "IP":
            yield from self.flush()
            tag = unescape(" ".join(words(rest)[:1]))
            if has_words(tag):
                yield Part("item", tag, 1)
            else:
                self.kind, self.level = "item", 1
        elif macro == "It":
            yield from self.flush()
            self.kind, self.level = "item", 1
            yield from self.text(unescape(mdoc(words(rest))))
            yield from self.flush()
        elif macro in ("nf", "EX", "Bd"):
            yield from self.flush()
            self.code = []
        elif macro in ("fi", "EE", "Ed"):
            yield from self.end_code()
        elif macro in ("Bl", "El"):
            yield from self.flush()
        elif macro in FONTS:
            glue = "" if len(macro) == 2 and macro not in ("SM", "SB") else " "
            yield from self.text(unescape(glue.join(words(rest))))
        elif macro in ("UR", "MT"):
            return
        elif MDOC.match(macro):
            yield from self.text(unescape(self.mdoc_line(macro, words(rest))))

    def mdoc_line(self, macro: str, arguments: list[str]) -> str:
        if macro == "Nm":
            self.name = self.name or " ".join(arguments[:1])
            return mdoc(arguments or [self.name])
        if macro == "Nd":
            return f"— {mdoc(arguments)}"
        return mdoc([macro, *arguments])

    def flush(self) -> Iterator[Part]:
        text = " ".join(self.pieces)
        self.pieces = []
        if text.strip():
            yield Part(self.kind, text, self.level)
            self.kind, self.level = "paragraph", 0

    def end_code(self) -> Iterator[Part]:
        if self.code:
            yield Part("code", "\n".join(self.code))
        self.code = None


def words(arguments: str) -> list[str]:
    found = WORD.finditer(arguments)
    return [word[2] or word[1].replace('""', '"') for word in found]


def mdoc(arguments: list[str]) -> str:
    """The words of a line in mdoc, without the macros between them."""
    text, closing = [], ""
    for word in arguments:
        if word in QUOTED:
            text.append(QUOTED[word][0])
            closing = QUOTED[word][1] + closing
        elif word == "Fl":
            text.append("-")
        elif word == "Ns" or MDOC.match(word):
            continue
        elif text and (text[-1] in ("-", "“", "‘", "(", "[", "<") or word in (".", ",", ":", ")")):
            text[-1] += word
        else:
            text.append(word)
    return " ".join(text) + closing


def unescape(line: str) -> str:
    if "\\" not in line:
        return line

    def symbol(found: re.Match[str]) -> str:
        name = found[1] or found[2] or found[4] or found[5]
        if name:
            return SYMBOLS.get(name) or letter(name) or ("'" if name.endswith("'") else "")
        return PLAIN.get(found[6] or found[3] or "", "")

    return ESCAPE.sub(symbol, line)


def letter(name: str) -> str:
    """By its number, or a letter with an accent; else nothing."""
    found = ""
    if UNICODE.fullmatch(name):
        found = "".join(chr(int(code, 16)) for code in name[1:].split("_"))
    elif len(name) == 2 and name[0] in ACCENTS and name[1].isalpha():
        found = name[1] + ACCENTS[name[0]]
    return unicodedata.normalize("NFC", found)
