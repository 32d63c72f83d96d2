"""Perl's POD: headings, paragraphs, items and code, without the codes for bold, links and such."""

from __future__ import annotations

import re

from summarize.document.parts import Part

COMMAND = re.compile(r"=([a-z]+[1-4]?)")
# L<name|page> shows the name. Codes within codes: the innermost first, as often as they may nest.
CODE = re.compile(r"[A-Z](?:<{2,9}\s(.{1,300}?)\s>{2,9}|<([^<>]{0,300})>)")
DEEPEST = 3
ESCAPES = {"lt": "<", "gt": ">", "verbar": "|", "sol": "/"}


def is_pod(head: str) -> bool:
    return head.lstrip().startswith(("=head1 ", "=pod\n", "=encoding "))


def parts(text: str, name: str) -> list[Part]:
    found: list[Part] = []
    skipped = False  # between =begin and =end: for another format
    for paragraph in re.split(r"\n[ \t]*\n", text.strip("\n")):
        command = COMMAND.match(paragraph)
        if command:
            kind, rest = command[1], plain(paragraph[command.end() :].lstrip())
            skipped = kind == "begin" or (skipped and kind != "end")
            if kind[:4] == "head":
                level = int(kind[4:]) if kind[4:].isdecimal() else 1
                found.append(Part("heading", rest, level))
            elif kind == "item":
                found.append(Part("item", rest.lstrip("*0123456789. "), 1))
        elif not skipped:
            is_code = paragraph[:1] in (" ", "\t")
            found.append(
                Part("code", paragraph) if is_code else Part("paragraph", plain(paragraph))
            )
    return found


def plain(text: str) -> str:
    for _ in range(DEEPEST):
        if "<" not in text:
            break
        text = CODE.sub(shown, text)
    return text


def shown(found: re.Match[str]) -> str:
    inner = found[1] or found[2] or ""
    code = found[0][0]
    if code in "XZ":  # an index entry, and nothing
        return ""
    if code == "E":
        return ESCAPES.get(inner, "")
    return inner.partition("|")[0] if code == "L" else inner
