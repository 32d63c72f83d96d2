"""What a package says about itself: metadata of Python, and what pip, apt, dpkg, rpm, dnf and
pacman show. Its one-line summary stands under NAME, as in a manual page; its description follows,
in the markup that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

from summarize.document.kinds import listed
from summarize.document.parts import Part, of_text

PYTHON = "Metadata-Version: "
FIELD = re.compile(r"([A-Z][\w-]{1,30})[ \t]{0,30}:(?:[ \t]+|$)(.*)")
MARKUP = re.compile(r"^Description-Content-Type: ?text/(?:x-)?(markdown|rst)", re.M)
# pip sets packages apart by a rule, for a license in a field may hold blank lines and names.
RULE = re.compile(r"\n---\n(?=Name:)")
BLANK = re.compile(r"\n[ \t]*\n(?=(?:Package|Name)[ \t]{0,30}:)")
DESCRIPTIONS = ("Description-en", "Description")
MOST_NAMES = 6


def is_package(head: str) -> bool:
    """Whether a text begins as a description of a package, with a name, a version and a summary."""
    if head.startswith(PYTHON):
        return True
    if not head.startswith(("Package:", "Name:", "Name ")):
        return False
    found = {field[1] for line in head.split("\n\n")[0].split("\n") if (field := FIELD.match(line))}
    return "Version" in found and not found.isdisjoint(("Summary", *DESCRIPTIONS))


def parts(text: str, name: str) -> list[Part]:
    if text.startswith(PYTHON):
        return of_python(text, name)
    packages: dict[str, dict[str, str]] = {}
    # apt-cache shows a package once for each version; the first is the newest.
    for one in (RULE if text.startswith("Name:") else BLANK).split(text):
        fields = fields_of(one)
        packages.setdefault(fields.get("Package") or fields.get("Name", ""), fields)
    if len(packages) == 1:
        return list(described(next(iter(packages.values()))))
    several = f"{len(packages):,} packages - {listed(packages, MOST_NAMES)}"
    lines = (part for fields in packages.values() for part in title_of(fields)[1:])
    return [*under_name(several), *lines]


def of_python(text: str, name: str) -> list[Part]:
    head, _, body = text.partition("\n\n")
    fields, markup = fields_of(head), MARKUP.search(head)
    if not markup:
        return [*title_of(fields), *of_text(body or fields.get("Description", ""))]
    module = import_module(f"summarize.document.formats.{markup[1]}")
    return [*title_of(fields), *module.parts(body, name)]


def fields_of(text: str) -> dict[str, str]:
    """Each with the lines that follow it and begin no other; of several of a name the first."""
    fields: dict[str, list[str]] = {}
    into: list[str] = []
    is_last = False
    for line in text.split("\n"):
        field = None if is_last else FIELD.match(line)
        if field:
            into = [field[2].strip()]
            fields.setdefault(field[1], into)
            # In what rpm shows, the description is the rest, and stands in no column.
            is_last = field[1] == "Description" and not field[2].strip()
        else:
            into.append("" if line.strip() == "." else line.strip())
    return {name: "\n".join(lines) for name, lines in fields.items()}


def summary_of(fields: dict[str, str]) -> str:
    """Its own, or the first line of its description."""
    titles = fields.get("Summary") or (fields.get("Package") and fields.get("Title"))  # of R
    told = titles or next((fields[d] for d in DESCRIPTIONS if fields.get(d)), "")
    return " ".join(told.strip().split("\n")[0].split())[:500]


def title_of(fields: dict[str, str]) -> list[Part]:
    summary, name = summary_of(fields), fields.get("Package") or fields.get("Name", "")
    if not summary or summary == "UNKNOWN":
        return []
    return under_name(f"{name} - {summary}" if name else summary)


def under_name(line: str) -> list[Part]:
    return [Part("heading", "NAME", 1), Part("paragraph", line)]


def described(fields: dict[str, str]) -> Iterator[Part]:
    yield from title_of(fields)
    told = next((fields[d] for d in DESCRIPTIONS if fields.get(d)), "").strip()
    rest = told if fields.get("Summary") else told.partition("\n")[2]
    yield from of_text(rest)
