"""Kinds of text of which no sentence is a summary, but whose summary can be told: licenses,
changelogs, minutes, lists of names. A glance says whether the modules that know for sure are worth
loading."""

from __future__ import annotations

import re

from summarize.document.document import Document
from summarize.document.kinds import PEOPLE_FILES

HEAD = 1_500  # characters
LICENSE = ("licens", "licenc", "permission", "copyright", "public domain", "redistribut")
CHANGELOG = ("change", "news", "release", "history", "what's new", "what’s new", "urgency=")
MINUTES = ("present", "atten", "participants", "apologies", "excused", "regrets", "absent")
# A version, or a year and an address.
NUMBER = re.compile(r"\d[.-]\d|\d{4}\W+\w.*<|\w \d{3}$|^changes (?:with|in) \d", re.M)


def gist(document: Document) -> str | None:
    """What the text is, in a sentence or two; None where a model has to read it."""
    head = f"{document.source[-80:]}\n{document.text[:HEAD]}".lower()
    if any(word in document.source[-40:].lower() for word in PEOPLE_FILES):
        from summarize.document import people

        if found := people.gist(document):
            return found
    if any(word in head for word in LICENSE):
        from summarize.document import licenses

        if found := licenses.gist(document):
            return found
    if any(word in head for word in CHANGELOG) and NUMBER.search(head):
        from summarize.document import changelog

        if found := changelog.gist(document):
            return found
    if any(word in head for word in MINUTES) and ":" in head:
        from summarize.document import minutes

        return minutes.gist(document)
    return None
