"""Debian's machine-readable copyright files: the package, its licenses and who holds them."""

from __future__ import annotations

import re
from collections import Counter

from summarize.document.kinds import Found, head_lines, listed, shortened

FORMAT = re.compile(r"Format(?:-Specification)?:\s*\S*(?:copyright-format|dep5)", re.I)
FIELD = re.compile(r"([A-Za-z][A-Za-z-]{1,40}):[ \t]{0,9}(.*)")
# Before the holder: the sign, the years, and what is written around them.
YEARS = re.compile(
    r"(?:\s|copyright\b|\(c\)|©|\d{4}|(?:to )?present\b|by\b|[,;:–-]|\.\.?(?=\s*\d))+", re.I
)
NOTES = re.compile(r"<[^<>]*>|\([^()]*@[^()]*\)|all rights reserved\.?", re.I)
MOST_LICENSES = 6
MOST_HOLDERS = 3


def recognize(text: str, name: str) -> Found | None:
    head = head_lines(text)
    if not head or not any(FORMAT.match(line) for line in head[:3]):
        return None
    folder, _, file = name.rpartition("/")
    package = folder.rpartition("/")[2] if file.startswith("copyright") else ""
    licenses: Counter[str] = Counter()
    holders: Counter[str] = Counter()
    for paragraph in re.split(r"\n[ \t]*\n", text):
        fields = fields_of(paragraph)
        package = package or " ".join(fields.get("upstream-name", [""])).strip()
        if "files" not in fields:
            continue
        licenses[fields.get("license", [""])[0].strip()] += 1
        holders.update(holder_of(line) for line in fields.get("copyright", []))
    licenses.pop("", None)
    holders.pop("", None)
    if not licenses:
        return None
    summary = f"The copyright of {package}" if package else "A copyright file"
    summary += f": {listed(licenses, MOST_LICENSES)}."
    if holders:
        names = [shortened(holder, 60).rstrip(".") for holder, _ in holders.most_common()]
        is_one = len(names) == 1
        summary += f" {'Its holder is' if is_one else 'Its holders are'} "
        summary += f"{listed(names, MOST_HOLDERS)}."
    facts = {
        "package": package,
        "licenses": list(licenses),
        "holders": [holder for holder, _ in holders.most_common()],
        "summary": summary,
    }
    return Found("copyright", facts)


def fields_of(paragraph: str) -> dict[str, list[str]]:
    """The lines of each field, by its name in small letters."""
    fields: dict[str, list[str]] = {}
    name = ""
    for line in paragraph.split("\n"):
        known = FIELD.match(line)
        if known:
            name = known[1].lower()
            fields.setdefault(name, []).append(known[2])
        elif name and line[:1].isspace():
            fields[name].append(line)
    return fields


def holder_of(line: str) -> str:
    years = YEARS.match(line)
    name = NOTES.sub("", line[years.end() if years else 0 :])
    name = " ".join(name.split()).strip(" ,;")
    name = re.sub(r"[ ,]+,", ",", name)
    return "" if name.lower() in ("unknown", "none", "various") else name
