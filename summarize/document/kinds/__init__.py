"""What is not prose, or not only: tables, logs, patches, source code, conversations.

Each kind is a module with `recognize(text, name)`, which returns Found or None. It looks at the
head of the text first and must be sure: prose that is taken for something else gets no summary.
All but conversations get `facts`; `facts["summary"]` is given instead of a summary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, NamedTuple

from summarize.document.document import Block

# Names that say what a file is, as a suffix does.
PROGRAM_FILES = ("makefile", "gnumakefile", "dockerfile", "containerfile", "jenkinsfile")
# Names, and programs with theirs behind, as in settings; see document/people.py.
PEOPLE_FILES = ("authors", "thanks", "credits", "contributors", "maintainers")
HEAD_LINES = 200  # that are looked at to recognize a kind
HEAD_CHARACTERS = 40_000


class Found(NamedTuple):
    """The kind of a document, what was counted in it, and its blocks where these are known."""

    kind: str
    facts: dict[str, Any]
    blocks: tuple[Block, ...] = ()


def some(lines: list[str], signs: Iterable[str], least: int = 4) -> bool:
    """Whether that many lines have one of the signs near their start."""
    return sum(any(sign in line[:60] for sign in signs) for line in lines) >= least


# In the order of asking: kind -> whether a text with these first lines might be of it. This is
# quick and generous, so that prose need not wait for the modules, which know for sure.
KINDS: dict[str, Callable[[list[str]], bool]] = {
    "gitlog": lambda head: head[0].startswith("commit ") or head[0][:1] in "0123456789abcdef",
    "diff": lambda head: head[0].startswith(("diff ", "--- ", "Index: ", "commit ", "From ")),
    "diffstat": lambda head: " | " in head[0],
    "copyright": lambda head: any(line.startswith("Format") for line in head[:3]),
    "records": lambda head: head[0][:6].upper() == "BEGIN:" or some(head, ("msgid", "@"), 1),
    "traceback": lambda head: any(line.startswith("Traceback") for line in head[:3]),
    "usage": lambda head: any("sage:" in line or "SAGE:" in line for line in head[:8]),
    "testrun": lambda head: any(
        "test" in line or "[100%]" in line or ".." in line for line in head
    ),
    "diagnostics": lambda head: any("--> " in line or line.count(":") > 1 for line in head[:8]),
    "jsonl": lambda head: head[0].lstrip().startswith("{"),
    "entries": lambda head: len(head) > 4 and some(head[:5], (" - ",)),
    "table": lambda head: len(head) > 3 and some(head[:4], ",\t;|"),
    "chat": lambda head: some(head, ":>", 3),
    "log": lambda head: some(head, "0123456789:[<") or some(head, "DEFIOW"),
    "settings": lambda head: len(head) > 4 and some(head[:5], ":="),
    "aligned": lambda head: len(head) > 1 and some(head[:9], ("  ", "\t", " on /"), 1),
    "columns": lambda head: len(head) > 1 and some(head, ":/0123456789", 1),
    "code": lambda head: head[0].startswith(("#", "//", "<?xml")) or some(head, "(){};=:"),
}


# What a program printed is seldom kept under another name.
PRINTED = ("traceback", "usage", "testrun", "diagnostics", "entries")
PRINTED_SUFFIXES = (".txt", ".log", ".out", ".err")


def recognize(text: str, name: str) -> Found | None:
    head = head_lines(text)
    base = name.rpartition("/")[2].lower()
    if base.partition(".")[0] in PEOPLE_FILES:
        return None
    suffix = ("." in base and not has_suffix(name, ".txt")) or base in PROGRAM_FILES
    is_printed = "." not in base or has_suffix(base, *PRINTED_SUFFIXES)
    for kind, is_possible in KINDS.items():
        if kind in PRINTED and not is_printed:
            continue
        if head and (suffix or is_possible(head)):
            module = import_module(f"summarize.document.kinds.{kind}")
            found: Found | None = module.recognize(text, name)
            if found:
                return found
    return None


def head_lines(text: str) -> list[str]:
    """The first lines that are not blank; the last of them may be cut."""
    lines = text[:HEAD_CHARACTERS].split("\n")
    if len(text) > HEAD_CHARACTERS:
        lines = lines[:-1] or lines  # the last is cut in its middle
    return [line for line in lines[: 2 * HEAD_LINES] if line.strip()][:HEAD_LINES]


def counted(number: int, noun: str) -> str:
    """1 row, 1,200 rows, 2 entries"""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1] + 'ies' if noun.endswith('ry') else noun + 's'}"


def listed(names: Iterable[str], most: int = 12) -> str:
    """a, b and c; of many the first, and how many more. Semicolons part names with an "and"."""
    every = list(names)
    rest = len(every) - most
    shown = every[:most] if rest > 0 else every[:-1]
    last = f"{rest:,} more" if rest > 0 else "".join(every[-1:])
    if not shown:
        return last
    if any(" and " in name for name in every):
        return f"{'; '.join(shown)}; and {last}"
    return f"{', '.join(shown)} and {last}"


def shortened(text: str, most: int = 120) -> str:
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    cut = text[:most]
    whole = cut.rpartition(" ")[0]  # at a word's end, unless a word is as long as a line
    return f"{(whole if len(whole) > most // 2 else cut[:-1]).rstrip(' ,;:')}…"


def has_suffix(name: str, *suffixes: str) -> bool:
    return name.lower().endswith(suffixes)
