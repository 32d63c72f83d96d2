"""What a command prints for --help: what it says about itself, or else its commands and options."""

from __future__ import annotations

import re

from summarize.document.kinds import Found, counted, head_lines, listed, shortened

USAGE = re.compile(r"\s{0,4}usage:\s{0,8}(?P<call>\S.{0,300})?$", re.I)
PROGRAM = re.compile(r"(?:\S{1,200}/)?(?P<name>[\w.+-]{1,60})")
OPTION = re.compile(r"[ \t]{0,12}(?P<name>-{1,2}[\w?#][\w-]{0,40})")
IN_CALL = re.compile(r"(?<=[\[ (|])--?[A-Za-z][\w-]{0,40}")
# "  install     Install packages."
COMMAND = re.compile(r"[ \t]{1,6}(?P<name>[a-z][\w:-]{0,40})(?:[ \t]{2,}\S|$)")
SECTION = re.compile(r"[^\n]{1,60}:$")
SENTENCE = re.compile(r"(?:\S+[ ]){3}")
STOP = re.compile(r"[.!?](?=\s|$)")
NEAR = 8  # lines before the usage
LEAST = 3  # options or commands
MOST_COMMANDS, MOST = 6, 300


def recognize(text: str, name: str) -> Found | None:
    lines = head_lines(text)
    at = next((number for number, line in enumerate(lines[:NEAR]) if USAGE.match(line)), None)
    if at is None:
        return None
    usage = USAGE.match(lines[at])
    call = (usage and usage["call"]) or "".join(lines[at + 1 : at + 2]).strip()
    program = PROGRAM.match(call)
    every = [line for line in text.split("\n") if line.strip()]
    named = {found["name"] for line in every[at + 1 :] if (found := OPTION.match(line))}
    options = len(named or set(IN_CALL.findall(text[: 100 * MOST])))
    listing = (COMMAND.match(line) for line in every[at + 1 :])
    commands = list(dict.fromkeys(found["name"] for found in listing if found))
    set_in = sum(line[:1] in " \t-" for line in every)
    if program is None or options + len(commands) < LEAST or 2 * set_in < len(every):
        return None
    known = PROGRAM.sub("", call, count=1)
    told = description(text)
    summary = told or told_by_numbers(program["name"], options, commands)
    if told and not told.lower().startswith(program["name"].lower()):
        summary = f"{program['name']} - {told}"
    facts = {
        "program": program["name"],
        "arguments": known.strip(),
        "options": options,
        "commands": commands[:100],
        "summary": summary,
    }
    return Found("usage", facts)


def description(text: str) -> str:
    """The first sentence before or below the usage that is prose; "" where there is none."""
    has_begun = False
    for paragraph in re.split(r"\n[ \t]*\n", text.strip("\n"))[:NEAR]:
        lines = paragraph.split("\n")
        at = next((number for number, line in enumerate(lines) if USAGE.match(line)), None)
        if at is not None:
            # GNU's commands say what they do in the next lines, which are not set in.
            has_begun, above, below = True, lines[:at], lines[at + 1 :]
            if any(map(OPTION.match, below)) and not above:
                return ""
            lines = above or [line for line in below if line[:1] not in " \t["]
        is_section = any(map(OPTION.match, lines)) or any(map(SECTION.fullmatch, lines[:1]))
        if has_begun and is_section and lines:
            return ""
        prose = " ".join(" ".join(lines).split())
        if SENTENCE.match(prose) and not is_section and not any(map(COMMAND.match, lines)):
            stop = STOP.search(prose)
            return shortened(prose[: stop.end()] if stop else prose, MOST)
    return ""


def told_by_numbers(program: str, options: int, commands: list[str]) -> str:
    parts = []
    if len(commands) >= LEAST:
        parts.append(f"{counted(len(commands), 'command')} ({listed(commands, MOST_COMMANDS)})")
    if options:
        parts.append(counted(options, "option"))
    return f"The usage of {program}: {' and '.join(parts)}."
