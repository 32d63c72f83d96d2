"""What a changelog holds: the newest release, and what changed in it.

No sentence of a changelog says that, and a network that writes mixes its entries up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import NamedTuple

from summarize.document.document import Document
from summarize.document.kinds import listed, shortened

SIGN = re.compile(
    r"(?<![/`])(?:change-?\s?logs?|changes)\b|\bnews\b|release (?:history|notes)\b|^history\b"
    r"|what'?s new\b|version history\b|urgency=\w|revision history\b",
    re.I | re.M,
)
NAMED = re.compile(r"(?:^|[/._-])(?:change|news|history|releases?\b|release[_-]?notes)", re.I)
MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[ -]{MONTH}\.?[ -]\d{{4}}"
    rf"|{MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,?(?: [\d:]{{5,8}})?(?: [a-z]{{3,4}})? \d{{4}}"
    rf"|\b{MONTH} \d{{4}}",
    re.I,
)
# "[1.2.0] - 2026-03-01", "Version 7.88.1 (20 Feb 2023)", "Noteworthy changes in release 9.1".
RELEASE = re.compile(
    r"[*=#]*\s{0,3}"
    r"(?P<sign>(?:[\w'’.-]{1,30},? ){0,6}?(?:version|release|revision|rel\.?|v)[\s:]*"
    r"|what['’]?s new in )?(?:(?P<name>[\w.+-]{1,40})[ -])?"
    r"[\[(]?v?(?P<version>\d{1,5}(?:\.\d{1,6}){1,4}[\w.+~-]{0,30})\]?"
    r"(?P<rest>.{0,80})$",
    re.I,
)
# "CHANGES WITH 252:"; as a heading also "polkit 122". Fewer digits are more often something else,
# and four may be a year.
WITH = re.compile(r"changes (?:with|in) (?P<version>\d{2,4})\W{0,4}$", re.I)
WHOLE = re.compile(r"[\w.+-]{1,40} v?(?P<version>\d{3})$")
BETWEEN = re.compile(r"changes between \S{1,40} and v?(?P<version>\d[\w.]{0,40})", re.I)
DEBIAN = re.compile(
    r"(?P<package>[a-z0-9][a-z0-9.+-]+) \((?P<version>[^()\s]+)\) [\w -]+; urgency="
)
NOTES = re.compile(r".{0,40}\bv?\d{1,5}(?:\.\d{1,6}){1,4}\b.{0,12}\brelease notes", re.I)
SIGNED = re.compile(r" ?-- .{1,120}?<[^<>]*>  ?(?P<date>.{10,40})$")
MAIL = re.compile(r"<[^<>\s]+@[^<>\s]+>")
LINK = re.compile(r"\[([^\[\]]{1,200})\]\([^()\s]{1,300}\)")
COMMIT = re.compile(r"^\[?`?[0-9a-f]{7,40}`?\]? - ")
URL_AT_END = re.compile(r"(?<=\S) https?://\S{1,300}$")
BULLET = re.compile(r"\s*(?:[*+•-]|o(?=\s\s)|\[[+*!-]\])\s+(?=\S)")
# Entries that say nothing of what changed.
EMPTY = re.compile(
    r"(?:team|qa|non-maintainer|binary-only)\b.* upload|new upstream (?:\w+ )?release\b.{0,20}$"
    r"|new maintainer|upload(?:ed)? to|no.change|rebuild|refresh\w* .*patch"
    r"|bump(?:ed)? (?:std|standards)|.{0,20}standards.version|(?:update )?.*translation"
    r"|release-notes|thanks:|special thanks|version bump|signed-off-by"
    r"|(?:\S+ ){0,2}\S+:$|[^a-z]*$",
    re.I,
)
FILES = re.compile(r"[\w./+-]{1,80}(?: \([^()]{1,80}\))?(?:, [\w./+-]{1,80}(?: \([^()]*\))?)*: ")
# What may stand behind the version in small letters; other words make it a sentence.
BEHIND = frozenset(
    "released release of by the to on from stable beta alpha unreleased at prepared".split()
)
WITHIN, FAR = 14, 120  # lines before the first release; before one that stands in a heading
LEAST = 3  # releases, where they are no headings
MOST_WORDS = 9  # around a version; more are a sentence
MOST_ENTRIES, KEPT = 3, 8  # entries that are told, and that are looked at
LINES = 60_000


class Release(NamedTuple):
    version: str
    date: str
    entries: list[str]  # items of a list
    paragraphs: list[str]
    name: str = ""  # in front of the version, in small letters

    @property
    def changes(self) -> list[str]:
        found = [URL_AT_END.sub("", one) for one in self.entries or self.paragraphs]
        return [one for one in found if not EMPTY.match(one)] or found


def gist(document: Document) -> str | None:
    """In a sentence; None where the document is no changelog."""
    first = [text for _, text in islice(lines_of(document), WITHIN)]
    is_named = NAMED.search(document.source.rpartition("/")[2]) is not None
    titles = [line for line in first if len(line.split()) <= MOST_WORDS]
    if not is_named and not SIGN.search("\n".join(titles)):
        return None
    lines = list(islice(lines_of(document), LINES))
    if notes := release_notes(lines):
        return notes
    package = DEBIAN.match(lines[0][1].strip()) if lines else None
    far = FAR if is_named or SIGN.search(first[0]) else WITHIN
    found = without_others(releases(lines, far))
    is_sure = package or len(found) >= LEAST or (len(found) == LEAST - 1 and has_headings(lines))
    if not found or not is_sure:
        return None
    newest = newest_of(found)
    of = f" of {package['package']}" if package else ""
    what = "entry" if is_dated(newest) else "release"
    when = f" ({newest.date})" if newest.date and not is_dated(newest) else ""
    told = f"Changelog{of}, newest {what} {newest.version}{when}"
    quoted = [f"“{shortened(entry, 100)}”" for entry in newest.changes[:MOST_ENTRIES]]
    return f"{told}: {listed(quoted)}." if quoted else f"{told}."


def without_others(found: list[Release]) -> list[Release]:
    """None of them where each has another name and none a date: "Python 3.9", "CUDA 11.8"."""
    names = {one.name for one in found}
    differ = len(names) == len(found) > 1 and not any(one.date for one in found)
    return [] if differ else found


def newest_of(found: list[Release]) -> Release:
    """The first, unless the file goes up; "2.5" with nothing below it is a series of releases."""
    order = [tuple(map(int, re.findall(r"\d+", one.version))) for one in found]
    if len(order) > 1 and not is_dated(found[0]):
        if order[0] < order[1] and order[0] < order[-1] and order[1] <= order[-1]:
            return found[-1]
        is_series = found[1].version.startswith(f"{found[0].version}.")
        if is_series and (not found[0].changes or found[1].date > found[0].date == ""):
            return found[1]
    return found[0]


def release_notes(lines: list[tuple[str, str]]) -> str | None:
    """Of a text about a single release, most of which is a list."""
    title = lines[0][1].strip("#*=_ ") if lines else ""
    items = [number for number, (kind, _) in enumerate(lines) if kind == "item"]
    paragraphs = sum(kind == "paragraph" for kind, _ in lines[1:])
    if not NOTES.fullmatch(title) or len(items) < LEAST or len(items) < paragraphs:
        return None
    entries = []
    for first in items[:MOST_ENTRIES]:
        rest = takewhile(lambda line: not line[0], lines[first + 1 :])
        entries.append(" ".join([cleaned(lines[first][1]), *(line.strip() for _, line in rest)]))
    return f"{title}: {listed([f'“{shortened(one, 100)}”' for one in entries])}."


def lines_of(document: Document) -> Iterator[tuple[str, str]]:
    """The kind of its block, "" inside one, and each line."""
    for block in document.blocks:
        kind = block.kind
        for line in document.text[block.start : block.end].split("\n"):
            if line.strip():
                yield kind, line.rstrip()
                kind = ""


def releases(lines: list[tuple[str, str]], far: int) -> list[Release]:
    """In the order of the file; none where the first stands far down, `far` lines as a heading."""
    found: list[Release] = []
    is_debian = bool(lines) and DEBIAN.match(lines[0][1].strip()) is not None
    into: list[str] | None = None  # where an entry that may go on in the next line was put
    for number, (kind, line) in enumerate(lines):
        release = release_of(kind, line)
        if release and is_debian and not DEBIAN.match(line.strip()):
            release = None
        if release and found and is_dated(found[0]) and not is_dated(release):
            release = None  # a version that an entry names
        if release and not (found and found[-1].version == release.version):
            if not found and number > (far if kind == "heading" else WITHIN):
                return []
            found.append(release)
            into = None
        elif found and (signed := SIGNED.match(line)):
            if not found[-1].date:
                found[-1] = found[-1]._replace(date=day_of(signed["date"]))
            into = None
        elif found:
            is_entry = kind == "item" or BULLET.match(line) is not None
            if is_entry or kind:
                into = found[-1].entries if is_entry else found[-1].paragraphs
                into = into if len(into) < KEPT and kind != "heading" else None
                if into is not None:
                    into.append("")
            if into is not None and len(into[-1]) < 200:
                into[-1] = f"{into[-1]} {cleaned(line)}".strip()
    return found


def has_headings(lines: list[tuple[str, str]]) -> bool:
    """Whether a release stands in a heading, which is surer than in a line."""
    return any(kind == "heading" and release_of(kind, line) for kind, line in lines)


def is_dated(release: Release) -> bool:
    """Whether it is an entry of a ChangeLog of GNU, which has a date in place of a version."""
    return release.version == release.date


def release_of(kind: str, line: str) -> Release | None:
    text = line.strip()
    if debian := DEBIAN.match(text):
        return Release(debian["version"], "", [], [])
    if between := BETWEEN.match(text):
        date = DATE.search(text)
        return Release(between["version"], date[0] if date else "", [], [])
    if whole := WITH.match(text) or (kind == "heading" and WHOLE.match(text)):
        return Release(whole["version"], "", [], [])
    if re.match(r"(?:version|release) \d[\w.]*:$", text, re.I):
        text = text[:-1]
    if line[:1] in " \t" or len(text) > 120 or text.endswith((",", ";", ":")):
        return None
    date = DATE.search(text[:40])
    if date and date.start() < 6 and MAIL.search(text):  # an entry of a ChangeLog of GNU
        return Release(date[0], date[0], [], [])
    if kind == "item" and not re.search(r"\b(?:release|version) \d", text, re.I):
        return None
    if date and date.start() < 6:  # "Apr 08, 2022: libarchive 3.6.1 released"
        text = text[date.end() :].lstrip(" ,:–-\t") or text
    known = RELEASE.match(text)
    if not known:
        return None
    date = date or DATE.search(known["rest"])
    if not is_title(known, date is not None):
        return None
    if len(DATE.sub("", text).split()) > MOST_WORDS:
        return None
    name = "" if known["sign"] else (known["name"] or "").lower()
    return Release(known["version"].rstrip(".-"), date[0] if date else "", [], [], name)


def is_title(known: re.Match[str], has_date: bool) -> bool:
    """Whether a line that goes on so behind a version is none of a text's sentences or headings:
    "1.1 Background" is a section, "1.1 (stable)" and "Version 1.1, Gull" are releases."""
    rest = known["rest"]
    if re.search(r"[.] |[a-z][.]$|^[.]|\bnotes\b|\bchange-?logs?\b", rest, re.I):
        return False
    if re.fullmatch(
        r"\d{1,2}\.\d{1,2}\.(?:19|20)\d\d|(?:10|127|172|192)(?:\.\d{1,3}){3}", known["version"]
    ):
        return False  # a date, an address
    outside = DATE.sub(" ", re.sub(r"\(.*?\)|\[.*?\]|<.*?>|@[\w-]+", " ", rest)).partition(" - ")[0]
    has_sign = known["sign"] or re.search(r"\brelease\b", rest, re.I)
    is_sure = has_date or has_sign or known["version"].count(".") > 1
    words = re.findall(r"\b[a-z]{2,}\b", outside if is_sure else outside.lower())
    return BEHIND.issuperset(words)


def cleaned(line: str) -> str:
    """Without the bullet, the names of files in front, and the targets of links."""
    bullet = BULLET.match(line)
    text = line[bullet.end() if bullet else 0 :].strip()
    text = COMMIT.sub("", LINK.sub(r"\1", text))
    files = FILES.match(text)
    return text[files.end() :] if files and ("." in files[0] or "(" in files[0]) else text


def day_of(date: str) -> str:
    """Of "Mon, 30 Mar 2026 20:59:03 +0200" the day."""
    found = DATE.search(date)
    return found[0] if found else ""
