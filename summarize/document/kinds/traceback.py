"""A traceback of Python: the error stands last, and where it was raised just above."""

from __future__ import annotations

import re

from summarize.document.kinds import Found, counted, head_lines, shortened

START = "Traceback (most recent call last):"
FRAME = re.compile(
    r'[ \t]{0,12}File "(?P<file>[^"\n]{1,400})", line (?P<line>\d{1,9})(?:, in (?P<name>.{1,200}))?'
)
REPEATED = re.compile(r"\s{1,8}\[Previous line repeated (?P<times>\d{1,9}) more times?\]")
ERROR = re.compile(r"(?P<name>[A-Za-z_][\w.]{0,200})(?:: (?P<message>.*))?")
MOST = 200  # characters of a message


def recognize(text: str, name: str) -> Found | None:
    head = head_lines(text)
    if not head or not any(line.strip() == START for line in head[:3]):
        return None
    lines = text.rstrip().split("\n")
    # Of several, each raised while the one before it was handled, the last ended the program.
    first = max(number for number, line in enumerate(lines) if line.strip() == START)
    frames, calls, error = [], 0, None
    for line in lines[first + 1 :]:
        if frame := FRAME.match(line):
            frames.append(frame)
            calls += frame["name"] is not None  # the place of a SyntaxError is no call
        elif repeated := REPEATED.match(line):
            calls += int(repeated["times"])
        elif frames and line[:1] not in " \t" and (found := ERROR.fullmatch(line.rstrip())):
            error = found
            break
    if error is None:
        return None
    told = error["name"] + (f": {shortened(error['message'], MOST)}" if error["message"] else "")
    last = frames[-1]
    where = f"Raised in {place(last)}" + (f", {counted(calls, 'call')} deep" if calls > 1 else "")
    summary = f"{told}{'' if told.endswith(('.', '!', '?')) else '.'} {where} (Python traceback)."
    facts = {
        "error": error["name"],
        "message": error["message"] or "",
        "file": last["file"],
        "line": int(last["line"]),
        "calls": calls,
        "summary": summary,
    }
    return Found("traceback", facts)


def place(frame: re.Match[str]) -> str:
    file = frame["file"].replace("\\", "/").rpartition("/")[2]
    at = f"{file}, line {frame['line']}"
    return f"{frame['name']} ({at})" if frame["name"] else at
