"""reStructuredText to the text that a reader sees, by rules: no directives, targets or roles."""

from __future__ import annotations

import re

# A directive with all that is indented under it, but for those whose content is prose.
PROSE = (
    r"(?!note|warning|tip|important|hint|caution|attention|admonition|danger|error|seealso|topic"
    r"|epigraph|versionadded|versionchanged|deprecated)"
)
DIRECTIVE = re.compile(rf"^\.\. {PROSE}(?:\S[^\n]*)?(?:\n+[ \t]+[^\n]*)*", re.M)
ADMONITION = re.compile(r"^\.\. ([\w-]+)::[ \t]*", re.M)
LITERAL = re.compile(r"::[ \t]*\n(?:[ \t]*\n)+(?:[ \t]+[^\n]*(?:\n|\Z)|[ \t]*\n)+")
RULE = re.compile(r"^([=~^\"'`#*+-])\1{2,}[ \t]*$", re.M)
ROLE = re.compile(r":[\w.-]{1,40}(?::[\w.-]{1,40})?:`~?([^`<\n]{1,200}?)(?:\s*<[^`>]*>)?`")
LINK = re.compile(r"`([^`<]{1,200}?)\s*<[^`>]{0,500}>`__?")
INLINE = re.compile(r"(``|\*\*|\*|`)(\S(?:[^\n]{0,200}?\S)?)\1_?_?")
FIELD = re.compile(r"^:[\w -]{1,60}:(?=[ \t]|$)[^\n]*$", re.M)


def to_text(text: str, name: str) -> str:
    text = text.replace("\r\n", "\n")
    text = LITERAL.sub(":\n\n", text)
    text = DIRECTIVE.sub("", text)
    text = ADMONITION.sub("", text)
    text = FIELD.sub("", text)
    text = RULE.sub("\n", text)
    text = ROLE.sub(r"\1", text)
    text = LINK.sub(r"\1", text)
    return INLINE.sub(r"\2", text)
