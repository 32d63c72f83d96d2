"""What a command prints for --help: what it says about itself, or else its commands and options."""

from __future__ import annotations

import re

from summarize.document.kinds import Found, counted, head_lines, listed, shortened

USAGE = re.compile(r"\s{0,4}usage:\s{0,8}(?P<call>\S.{0,300})?$", re.I)
# The program and, before its arguments, the subcommand: "docker run [OPTIONS] IMAGE".
PROGRAM = re.compile(
    r"(?:\S{1,200}/)?"
    r"(?P<name>[\w.+-]{1,60}(?:(?: [a-z][\w-]{1,30}){1,2}(?= (?:[\[<{(-]|[A-Z]{2})))?)"
)
ARGUMENT = re.compile(r"[\[<{|]|\.\.\.|(?:^|\s)-|\b[A-Z]{2,}|\boptions?\b|^\S+$")
SOURCE = ("#", '"""', "'''", "//", "/*", "import ", "from ", "package ")
OPTION = re.compile(r"[ \t]{0,12}(?P<name>-{1,2}[\w?#][\w-]{0,40})")
# "  install     Install packages.", "  build, b    Compile."
COMMAND = re.compile(
    r"[ \t]{1,6}(?P<name>[a-z][\w-]{0,40}(?::[\w-]+)?)(?:, [\w-]{1,20})?(?:[ \t]{2,}\S|$)"
)
SECTION = re.compile(r"[^\n]{1,60}:$")
SENTENCE = re.compile(r"(?:\S+ ){2}")
NO_DESCRIPTION = re.compile(r"where\b|hint:|.{0,80}(?:unknown|invalid|unrecognized|illegal) ", re.I)
STOP = re.compile(r"[.!?](?=\s|$)")
NEAR = 8  # lines before the usage
LEAST = 3  # options or commands
MOST_COMMANDS, MOST, CALL = 6, 300, 120


def recognize(text: str, name: str) -> Found | None:
    lines = head_lines(text)
    at = next((number for number, line in enumerate(lines[:NEAR]) if USAGE.match(line)), None)
    if at is None or lines[0].startswith(SOURCE):
        return None
    usage = USAGE.match(lines[at])
    call = (usage and usage["call"]) or "".join(lines[at + 1 : at + 2]).strip()
    program = PROGRAM.match(call)
    if program is None or not ARGUMENT.search(call):
        return None
    every = [line for line in text.split("\n") if line.strip()]
    options = len({found["name"] for line in every[at + 1 :] if (found := OPTION.match(line))})
    listing = (COMMAND.match(line) for line in every[at + 1 :])
    commands = list(dict.fromkeys(found["name"] for found in listing if found))
    set_in = sum(line[:1] in " \t-[" for line in every)
    is_long = options + len(commands) >= LEAST and 2 * set_in >= len(every)
    if not is_long and call.count("[") < LEAST:
        return None
    told = description(text)
    if told and not told.lower().startswith(program["name"].lower()):
        told = f"{program['name']} - {told}"
    arguments = call[program.end() :].strip()
    facts = {
        "program": program["name"],
        "arguments": arguments,
        "options": options,
        "commands": commands[:100],
        "summary": told or by_numbers(program["name"], arguments, options, commands),
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
        is_sentence = SENTENCE.match(prose) and not NO_DESCRIPTION.match(prose)
        if is_sentence and not is_section and not any(map(COMMAND.match, lines)):
            stop = STOP.search(prose)
            return shortened(prose[: stop.end()] if stop else prose, MOST)
    return ""


def by_numbers(program: str, arguments: str, options: int, commands: list[str]) -> str:
    parts = []
    if len(commands) >= LEAST:
        parts.append(f"{counted(len(commands), 'command')} ({listed(commands, MOST_COMMANDS)})")
    if options:
        parts.append(counted(options, "option"))
    return f"The usage of {program}: {' and '.join(parts) or shortened(arguments, CALL)}."
