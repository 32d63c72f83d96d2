"""Which license a text is, and what that license asks for.

No sentence of a license says so: the first ones are definitions, the others conditions. The
well-known ones are recognized by phrases that they alone have; what each one asks for is told in
our words, and is no legal advice.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from summarize.document.compression import without_suffix
from summarize.document.document import Document
from summarize.document.kinds import listed, shortened
from summarize.document.kinds.copyright import holder_of

MOST = 60_000  # characters that are looked at
# In a copyright file of Debian, which quotes a license or refers to one.
DEBIAN_FILE = re.compile(r"(?:^|/)copyright(?:\.\w+)?$", re.I)
REFERRED = re.compile(r"common-licenses/([A-Z][\w.-]*\w)")
HOLDER = re.compile(r"^\W{0,8}(?:portions )?copyright\b[^\n]*\d{4}[^\n]*$", re.I | re.M)
MOST_HOLDERS, MOST_LICENSES = 2, 4
NAMED = re.compile(r"(?:licen[sc]e|copying|notice)", re.I)  # a file that may hold several
# What takes away the freedom that the rest of the text gives.
RESTRICTION = re.compile(r"non-?\s?commercial|commons clause|not evil|right to sell", re.I)
USUAL = ("MIT License", "3-Clause BSD License", "ISC License")
MOST_PLACES = 30  # of a phrase, that are looked at
BEFORE = 40  # words before the license, in a file that is not named as one
NOTES = 400  # words more, in a file that is named as a license
OTHERS = 90  # words beside the license: a title, the holders, a note


class License(NamedTuple):
    name: str
    says: str
    phrases: tuple[str, ...]  # in small letters, without marks
    words: int  # about how long it is
    has_holder: bool = False


FREE = "use, change and share it freely as long as the notice is kept; no warranty"
MIT = "permission is hereby granted free of charge to any person obtaining a copy of this software"
BSD = "redistribution and use in source and binary forms with or without modification are permitted"
FEE = "distribute this software for any purpose with or without fee is hereby granted"
GPL = "share it, and what is derived from it, only with source code and under the same license"
LINKED = "programs of any license may link to it; changes to the library itself stay under it"
# The more special first.
LICENSES = (
    License("GNU Affero General Public License, version 3", f"{GPL}, even over a network",
            ("gnu affero general public license version 3 19 november 2007",), 5_600),
    License("GNU Lesser General Public License, version 3", LINKED,
            ("gnu lesser general public license version 3 29 june 2007",), 1_200),
    License("GNU Lesser General Public License, version 2.1", LINKED,
            ("gnu lesser general public license version 2 1 february 1999",), 4_400),
    License("GNU Library General Public License, version 2", LINKED,
            ("gnu library general public license version 2 june 1991",), 4_200),
    License("GNU General Public License, version 3", GPL,
            ("gnu general public license version 3 29 june 2007",), 5_700),
    License("GNU General Public License, version 2", GPL,
            ("gnu general public license version 2 june 1991",), 3_000),
    License("GNU General Public License, version 1", GPL,
            ("gnu general public license version 1 february 1989",), 2_100),
    License("GNU Free Documentation License",
            "manuals may be copied and changed, with credit and under the same license",
            ("gnu free documentation license version 1",), 3_700),
    License("Apache License, version 2.0",
            "use, change and share it freely, with patent rights; keep notices and state changes",
            ("apache license", "version 2 0 january 2004", "grant of patent license"), 1_700),
    License("Mozilla Public License, version 2.0",
            "changed files stay under it; other files beside them need not",
            ("mozilla public license version 2 0", "covered software"), 2_600),
    License("Mozilla Public License, version 1.1",
            "changed files stay under it; other files beside them need not",
            ("mozilla public license", "version 1 1", "covered code"), 3_900),
    License("Eclipse Public License, version 2.0",
            "changes to the program stay under it; separate modules need not",
            ("eclipse public license v 2 0",), 2_300),
    License("Creative Commons Zero 1.0",
            "the author gives up copyright and related rights, as far as the law allows",
            ("cc0 1 0 universal",), 1_100),
    License("Creative Commons Attribution-ShareAlike 4.0",
            "share and adapt it with credit and under the same license",
            ("creative commons attribution sharealike 4 0",), 3_000),
    License("Creative Commons Attribution 4.0", "share and adapt it with credit",
            ("creative commons attribution 4 0 international",), 2_800),
    License("Artistic License, version 2.0",
            "use, change and share it; changed versions must say so or stay free",
            ("the artistic license 2 0",), 1_500),
    License("Artistic License",
            "use and share it; changed versions must say so",
            ("the artistic license", "standard version"), 1_200),
    License("SIL Open Font License, version 1.1",
            "fonts may be used, changed and bundled, but not sold by themselves",
            ("sil open font license version 1 1",), 750, True),
    License("Boost Software License 1.0", FREE, ("boost software license version 1 0",), 230),
    License("Python Software Foundation License, version 2", FREE,
            ("python software foundation license version 2", "beopen"), 2_600),
    License("Python Software Foundation License, version 2", FREE,
            ("python software foundation license version 2",), 450),
    License("Unlicense", "everyone may do anything with it; no warranty",
            ("this is free and unencumbered software released into the public domain",), 220),
    License("zlib License", "use, change and share it freely; say so where it is changed",
            ("this software is provided as is without any express or implied warranty",
             "altered source versions must be plainly marked"), 180, True),
    License("NCSA License", f"{FREE}; no endorsement in the holder's name",
            (MIT, "deal with the software without restriction"), 220, True),
    License("X11 License", f"{FREE}; the holder's name is not for advertising",
            (MIT, "except as contained in this notice"), 250, True),
    License("MIT License", FREE, (MIT, "shall be included in all copies"), 180, True),
    License("MIT No Attribution License", "anyone may use, change and share it; no warranty",
            (MIT,), 140, True),
    License("curl License", f"{FREE}; the holder's name is not for advertising",
            (FEE, "except as contained in this notice"), 170, True),
    License("ISC License", FREE,
            (FEE, "granted provided that the above copyright notice and this permission notice "
             "appear in all copies"), 140, True),
    License("BSD Zero Clause License", "anyone may use, change and share it; no warranty",
            (FEE,), 120, True),
    License("Historical Permission Notice and Disclaimer", FREE,
            ("permission to use copy modify distribute and sell this software and its "
             "documentation for any purpose is hereby granted without fee",), 190, True),
    License("4-Clause BSD License", f"{FREE}; advertisements must name the holder",
            (BSD, "all advertising materials mentioning"), 320, True),
    License("3-Clause Clear BSD License",
            f"{FREE}; no endorsement in the holder's name, no patent rights",
            (BSD, "patent rights are granted by this license"), 280, True),
    License("3-Clause BSD License", f"{FREE}; no endorsement in the holder's name",
            (BSD, "endorse or promote products"), 260, True),
    License("2-Clause BSD License", FREE, (BSD,), 230, True),
)  # fmt: skip


def gist(document: Document) -> str | None:
    """In a sentence or two; None where the document is none of these licenses."""
    source = without_suffix(document.source)
    is_debian = DEBIAN_FILE.search(source) is not None
    is_named = NAMED.search(source.rsplit("/")[-1]) is not None
    if not is_debian and not is_named and len(document.text) > MOST:
        return None
    text = document.text[:MOST]
    words = re.findall(r"[a-z0-9]+", text.lower())
    plain = " ".join(words)
    found = [one for one in LICENSES if stands_in(plain, one)]
    if is_debian:
        return of_package(source.split("/")[-2] if "/" in source else "", text, plain, found)
    if told := of_several(plain, len(words), found, is_named):
        return told
    known = next((one for one in found if fits(len(words), one)), None)
    if is_named and not known and found and fits(len(words), found[0], OTHERS + NOTES):
        known = found[0]
    if known is None:
        return None
    at = plain.find(known.phrases[0])
    if not is_named and (plain.count(" ", 0, at) > BEFORE or "?" in text[:at]):
        return None  # a text with a license in it
    if known.words < 400 and (restricted := RESTRICTION.search(text)):
        return f"The text of the {known.name}, with a restriction (“{restricted[0]}”)."
    told = f"The {known.name}: {known.says}."
    holders = holders_of(text) if known.has_holder else []
    return f"{told} Copyright: {listed(holders, MOST_HOLDERS)}." if holders else told


def stands_in(plain: str, one: License) -> bool:
    """Whether its phrases stand together; in a collection each may be of another license."""
    if not all(phrase in plain for phrase in one.phrases):
        return False
    around = 8 * one.words  # characters
    for start in islice(re.finditer(re.escape(one.phrases[0]), plain), MOST_PLACES):
        window = plain[max(0, start.start() - around) : start.start() + around]
        if all(phrase in window for phrase in one.phrases):
            return True
    return False


def fits(words: int, one: License, others: int = OTHERS) -> bool:
    """Whether a text of so many words is the license, not one that mentions or contains it."""
    return 0.5 * one.words <= words <= 1.15 * one.words + others


def of_several(plain: str, words: int, found: list[License], is_named: bool) -> str | None:
    """Of a collection: those known, in the order of the file; None where there is but one."""
    known = in_order(plain, found)
    if len(known) < 2:
        return None
    each = sum(one.words for one in known)
    if words < 0.6 * each:  # some are only mentioned
        return None
    if not is_named and words > 1.3 * each + OTHERS * len(known):
        return None
    names = listed([f"the {one.name.replace(', ', ' ')}" for one in known], MOST_LICENSES)
    return f"Several licenses, among them {names}."


def in_order(plain: str, found: list[License]) -> list[License]:
    """As they come in the text, one of each opening: the usual one, or else the most special."""
    usual = sorted(found, key=lambda one: one.name in USUAL, reverse=True)
    first = {one.phrases[0]: one for one in reversed(usual)}
    return sorted(first.values(), key=lambda one: plain.find(one.phrases[0]))


def of_package(package: str, text: str, plain: str, found: list[License]) -> str | None:
    """Of a copyright file of Debian, in free form; the other form is in kinds/copyright.py."""
    referred = list(dict.fromkeys(REFERRED.findall(text)))
    of = f" of {package}" if package else ""
    if referred:
        told = f"The copyright{of}, which refers to {listed(referred, MOST_LICENSES)}."
    elif found:
        names = [one.name for one in in_order(plain, found)]
        told = f"The copyright{of}: {listed(names, MOST_LICENSES)}."
    else:
        return None
    holders = holders_of(text)
    if not holders:
        return told
    is_one = len(holders) == 1
    return f"{told} Its holder{' is' if is_one else 's are'} {listed(holders, MOST_HOLDERS)}."


def holders_of(text: str) -> list[str]:
    """As they stand behind the copyright signs, each once."""
    found = (holder_of(line.strip(" \t*#/;-%")) for line in HOLDER.findall(text))
    names = (shortened(name, 60).rstrip(".") for name in found)
    return list(dict.fromkeys(name for name in names if name))
