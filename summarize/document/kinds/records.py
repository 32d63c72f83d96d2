"""Records of a known form: calendars (.ics), contacts (.vcf), translations (.po), and
bibliographies (.bib): how many, and the names of the first."""

from __future__ import annotations

import re
from collections.abc import Callable

from summarize.document.kinds import Found, counted, head_lines, listed, shortened

MOST = 5  # names
FIELD = re.compile(r"([A-Z][A-Z-]{1,30})(?:;[^:\n]{0,300})?:(.*)")
ENTRY = re.compile(r"@(?!comment|string|preamble)[a-z]{3,20}\s*[{(]\s*[^\s,]{1,100}\s*,", re.I)
TITLE = re.compile(r"\btitle\s*=\s*[{\"]{1,3}(.{1,400})", re.I)
BRACES = re.compile(r"[{}]")
MESSAGE = re.compile(r'(msgid|msgid_plural|msgstr(?:\[\d\])?|msgctxt)?\s*"(.*)"$')
LANGUAGE = re.compile(r"Language: ?([\w@-]{2,20})")


def recognize(text: str, name: str) -> Found | None:
    head = head_lines(text)
    if not head:
        return None
    first = head[0].strip().upper()
    describe: Callable[[str], tuple[str, int, str]]
    if first == "BEGIN:VCALENDAR":
        describe = calendar
    elif first == "BEGIN:VCARD":
        describe = contacts
    elif any(line == 'msgid ""' for line in head) and any(line == 'msgstr ""' for line in head):
        describe = translation
    elif any(map(ENTRY.match, head)) and all(BIBTEX_LINE.match(line) for line in head[:5]):
        describe = bibliography
    else:
        return None
    kind, count, summary = describe(text)
    return Found(kind, {"records": count, "summary": summary}) if count else None


BIBTEX_LINE = re.compile(r"\s*(?:@\w|%|[\w-]{2,30}\s*=|[})]|[\"{])")


def fields(text: str) -> list[tuple[str, str]]:
    """Name and value of each line; a line that is set in goes on with the one before."""
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    found = (FIELD.match(line) for line in unfolded.split("\n"))
    return [(match[1], unescaped(match[2])) for match in found if match]


def unescaped(value: str) -> str:
    return re.sub(r"\\([,;\\])", r"\1", re.sub(r"\\[nN]", " ", value)).strip()


def calendar(text: str) -> tuple[str, int, str]:
    events: list[tuple[str, str]] = []  # date and name
    date = title = ""
    inside = False
    for field, value in fields(text):
        if (field, value) in (("BEGIN", "VEVENT"), ("BEGIN", "VTODO")):
            inside, date, title = True, "", ""
        elif (field, value) in (("END", "VEVENT"), ("END", "VTODO")):
            inside = False
            events.append((date, title))
        elif inside and field in ("DTSTART", "DUE") and re.match(r"\d{8}", value):
            date = f"{value[:4]}-{value[4:6]}-{value[6:8]}"
        elif inside and field == "SUMMARY":
            title = title or shortened(value, 80)
    events.sort()
    names = [f"{title or 'no title'} ({date})" if date else title for date, title in events]
    summary = f"A calendar of {counted(len(events), 'event')}: {listed(names, MOST)}."
    return "calendar", len(events), summary


def contacts(text: str) -> tuple[str, int, str]:
    names = [shortened(value, 60) for field, value in fields(text) if field == "FN"]
    summary = f"{counted(len(names), 'contact')}: {listed(names, MOST)}."
    return "contacts", len(names), summary


def translation(text: str) -> tuple[str, int, str]:
    """Messages, and how many have no translation, or one that needs a look."""
    total = missing = fuzzy = 0
    language = LANGUAGE.search(text[:20_000])
    for entry in re.split(r"\n[ \t]*\n", text):
        values = {"msgid": "", "msgstr": ""}
        here = ""
        for line in entry.split("\n"):
            if (match := MESSAGE.match(line)) is None:
                continue
            here = (match[1] or here).partition("[")[0]
            if here in values:
                values[here] = values[here] or match[2]
        if not values["msgid"] or entry.lstrip().startswith("#~"):
            continue
        total += 1
        missing += not values["msgstr"]
        fuzzy += bool(values["msgstr"]) and ", fuzzy" in entry
    into = f" into {language[1]}" if language else ""
    summary = f"A translation{into}: {counted(total, 'message')}"
    summary += f", {missing:,} not translated" if missing else ""
    summary += f", {fuzzy:,} to be checked" if fuzzy else ""
    return "translation", total, f"{summary}."


def bibliography(text: str) -> tuple[str, int, str]:
    count = sum(1 for _ in ENTRY.finditer(text))
    found = (BRACES.sub("", match[1]).rstrip(' ,"') for match in TITLE.finditer(text))
    titles = [f"“{shortened(title, 100)}”" for title in found]
    if not titles:
        return "bibliography", count, f"A bibliography of {counted(count, 'entry')}."
    summary = f"A bibliography of {counted(count, 'entry')}: {listed(titles, 3)}."
    return "bibliography", count, summary
