"""What pytest, unittest, cargo and jest print: how many tests passed, and which failed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from summarize.document.kinds import Found, counted, listed

LABEL = "failed|passed|errors?|skipped|deselected|xfailed|xpassed|rerun|todo|warnings?|total"
COUNT = rf"\d{{1,7}} (?:{LABEL})"
COUNTS = rf"(?P<counts>{COUNT}(?:, {COUNT}){{0,8}})"
# "===== 2 failed, 1 passed in 0.03s =====", with -q without the rules.
PYTEST = re.compile(rf"(?P<rule>=+ )?{COUNTS} in [\d.]{{1,12}}s(?: \([\d:]{{4,12}}\))?(?: =+)?$")
PROGRESS = re.compile(r"(?:\S+\.py )?[.FEsxX]{1,200}(?: *\[ *\d{1,3}%\])?$")
UNITTEST = re.compile(r"Ran (?P<tests>\d{1,7}) tests? in [\d.]{1,12}s$")
ENDED = re.compile(r"(?:OK|FAILED)(?: \((?P<counts>[^()]{1,100})\))?$")
CARGO = re.compile(
    r"test result: (?:ok|FAILED)\. (?P<passed>\d{1,7} passed); (?P<failed>\d{1,7} failed)"
)
JEST = re.compile(rf"Tests: {{1,8}}{COUNTS}$")
FAILED = re.compile(
    r"(?:FAILED|ERROR) (?P<pytest>\S{1,300}\.py(?:::.{1,300}?)?)(?: - .*)?$"
    r"|(?:FAIL|ERROR): (?P<unittest>\w{1,200}) \([\w.]{1,300}\)$"
    r"|test (?P<cargo>\S{1,300}) \.\.\. FAILED$|\s{0,8}● (?P<jest>\S.{0,200})"
)
SAME = {"failures": "failed", "errors": "error", "warnings": "warning"}
END, TAIL = 12, 6_000  # lines, and characters, from the end in which the counts stand
MOST = 5


def recognize(text: str, name: str) -> Found | None:
    tail = [line.rstrip() for line in text[-TAIL:].split("\n") if line.strip()][-END:]
    if not any(True for _ in runs(tail, True)):
        return None
    lines = [line.rstrip() for line in text.split("\n") if line.strip()]
    has_progress = any(map(PROGRESS.match, lines))
    if not any(True for _ in runs(tail, has_progress)):
        return None
    every = list(runs(lines, has_progress))
    total: Counter[str] = Counter()
    for run in every:
        total.update(run)
    order = sorted(total, key=lambda label: label not in ("failed", "error"))
    counts = ", ".join(shown(total[label], label) for label in order if total[label])
    names = (FAILED.match(line) for line in lines)
    failed = list(dict.fromkeys(next(filter(None, one.groups())) for one in names if one))
    what = "Test run" if len(every) == 1 else counted(len(every), "test run")
    summary = f"{what}: {counts or 'none'}"
    if failed:
        summary += f". Failed: {listed(failed, MOST)}"
    facts = {"counts": dict(total), "failed": failed[:100], "summary": f"{summary}."}
    return Found("testrun", facts)


def runs(lines: list[str], has_progress: bool) -> Iterator[Counter[str]]:
    """How many of each label, for each line that sums up a run."""
    for number, line in enumerate(lines):
        if found := PYTEST.match(line):
            if found["rule"] or has_progress:  # else somebody tells of it
                yield labelled(found["counts"])
        elif found := CARGO.match(line):
            yield labelled(f"{found['failed']}, {found['passed']}")
        elif found := JEST.match(line):
            yield labelled(found["counts"])
        elif found := UNITTEST.match(line):
            after = (ENDED.match(later) for later in lines[number + 1 : number + 3])
            if ended := next(filter(None, after), None):
                parts = (part.partition("=") for part in (ended["counts"] or "").split(", "))
                worse = {SAME.get(label, label): int(n) for label, _, n in parts if n.isdigit()}
                bad = sum(n for label, n in worse.items() if label in ("failed", "error"))
                yield Counter({**worse, "passed": int(found["tests"]) - bad})


def labelled(counts: str) -> Counter[str]:
    """ "2 failed, 1 passed" -> 2 of failed, 1 of passed."""
    pairs = (part.split() for part in counts.split(", "))
    return Counter({SAME.get(label, label): int(n) for n, label in pairs if label != "total"})


def shown(number: int, label: str) -> str:
    return counted(number, label) if label in ("error", "warning") else f"{number:,} {label}"
