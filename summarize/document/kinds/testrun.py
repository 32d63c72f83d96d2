"""What pytest, unittest, cargo and jest print: how many tests passed, and which failed."""

from __future__ import annotations

import re

from summarize.document.kinds import Found, listed

COUNT = r"\d{1,7} (?:failed|passed|errors?|skipped|deselected|xfailed|xpassed|warnings?|total)"
# "===== 2 failed, 1 passed in 0.03s =====", with -q without the rules.
PYTEST = re.compile(
    rf"(?:=+ )?(?P<counts>{COUNT}(?:, {COUNT}){{0,7}}) in [\d.:]{{1,12}}s?.{{0,12}}(?: =+)?$"
)
UNITTEST = re.compile(r"Ran (?P<tests>\d{1,7}) tests? in [\d.]{1,12}s$")
ENDED = re.compile(r"(?:OK|FAILED)(?: \((?P<counts>[^()]{1,100})\))?$")
CARGO = re.compile(r"test result: (?:ok|FAILED)\. (?P<counts>\d{1,7} passed; \d{1,7} failed)")
JEST = re.compile(rf"Tests: {{1,8}}(?P<counts>{COUNT}(?:, {COUNT}){{0,5}})$")
FAILED = re.compile(
    r"(?:FAILED|ERROR) (?P<pytest>\S{1,300}::\S{1,300})|(?:FAIL|ERROR): (?P<unittest>\S{1,200}) \("
    r"|test (?P<cargo>\S{1,300}) \.\.\. FAILED|\s{0,8}● (?P<jest>\S.{0,200})"
)
END, TAIL = 12, 6_000  # lines, and characters, from the end in which the counts stand
MOST = 5


def recognize(text: str, name: str) -> Found | None:
    last = [line.rstrip() for line in text[-TAIL:].split("\n") if line.strip()][-END:]
    counts = next((found for line in reversed(last) if (found := counts_of(line, last))), "")
    if not counts:
        return None
    names = (FAILED.match(line) for line in text.split("\n"))
    failed = list(dict.fromkeys(next(filter(None, one.groups())) for one in names if one))
    summary = f"A run of tests: {counts}"
    if failed:
        summary += f". Failed: {listed(failed, MOST)}"
    facts = {"counts": counts, "failed": failed[:100], "summary": f"{summary}."}
    return Found("testrun", facts)


def counts_of(line: str, last: list[str]) -> str:
    """As a line near the end gives them; "" for any other line."""
    if found := PYTEST.match(line) or CARGO.match(line) or JEST.match(line):
        return found["counts"].replace(";", ",")
    if ran := UNITTEST.match(line):
        ended = next((one for end in last[-3:] if (one := ENDED.match(end))), None)
        if ended:
            return f"{ran['tests']} run, {(ended['counts'] or 'none failed').replace('=', ' ')}"
    return ""
