"""Summaries of ordinary files beside those of release 0.1, each with a verdict: KINDS.md.

    python benchmarks/kinds/run.py
    python benchmarks/kinds/run.py --sheet sheet.txt    # outputs to judge, without their release
    python benchmarks/kinds/run.py --sheet sheet.txt --verdicts verdicts.txt

Twenty files drawn after all changes (fresh.txt), twenty drawn earlier (more.txt) and forty
(files.txt). What release 0.1 printed is in before.json (before.py). Verdicts are in verdicts.json,
by file and output: an output that was judged keeps its verdict, a new one shows a question mark.
The sheet has the outputs of both releases in one mixed order; a line of verdicts is a number and a
verdict.
"""

from __future__ import annotations

import argparse
import json
import random
import sysconfig
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from summarize import load_summarizer
from summarize.document.read import read
from summarize.errors import SummarizeError
from summarize.files import write_text
from summarize.pipeline.run import Summarizer

HERE = Path(__file__).parent
SEED = 16
Verdicts = dict[str, dict[str, str]]  # file -> output -> verdict
Before = dict[str, dict[str, str]]
VERDICTS = ("good", "acceptable", "bad", "wrong")
RULES = """\
# Ordinary files

Summaries by `summarize FILE`, default settings, made by `benchmarks/kinds/run.py`, beside those of
release 0.1 with its own code and weights (`before.py`; it read no compressed files, so it got
them unpacked, and manual pages as `man` shows them). Judged on the output and the file alone. The
judge was a language model, which got the outputs of both releases in one mixed list:

- **good**: one who has not seen the file learns what it is or what matters most in it. True,
  complete, understandable without the file.
- **acceptable**: true and about the file, but a detail instead of the main point, or clumsy.
- **bad**: true but useless: a line that says nothing about the file, a fragment, noise.
- **wrong**: it says something that the file does not say, or turns it around. Also: an error for a
  file that can be read.

Counts, columns and levels of a table, a log or a diff are good if they are right; they were counted
again. The first rule that applies from the bottom up decides: a fluent sentence with a wrong number
or a wrong name is wrong.

"""
PARTS = {
    "fresh.txt": """\
## Twenty files drawn last

Drawn at random from a Debian machine on 2026-11-30, by kind ([the list](kinds/fresh.txt)). The list
was fixed before any output was seen, and nothing was drawn again. **At the first judging 12 were
good, 5 acceptable, 1 bad and 2 wrong: what to expect.** Then release notes, one more license, the
counts of releases and a comma inside a name were mended, and the new outputs judged by the same
rules, but not blindly.

""",
    "more.txt": """\
## Twenty files drawn earlier

Drawn on 2026-11-29 in the same way ([the list](kinds/more.txt)). At the first judging 9 were good,
10 acceptable and 1 bad. Then manual pages whose source begins with an empty line were mended, two
of these; on 2026-11-30 licenses, changelogs, JSON and boilerplate of READMEs were mended after
seeing these outputs. So this shows what was mended, not what to expect.

""",
    "files.txt": """\
## Forty files

A fresh Debian's, and texts of our own. Manual pages, licenses, changelogs, minutes and when `auto`
writes were changed after bad outputs on these files: what was mended, not what to expect.

""",
}


class Result(NamedTuple):
    kind: str
    name: str
    words: int
    mode: str
    output: str
    seconds: float


def listed(file: str) -> list[tuple[str, str, Path]]:
    """Kind, name and path of each file."""
    found = []
    for line in (HERE / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, name = line[:17].strip(), line[17:].strip()
            path = Path(name.replace("{stdlib}", sysconfig.get_paths()["stdlib"]))
            found.append((kind, name, path if path.is_absolute() else HERE / path))
    return found


def summarized(model: Summarizer, kind: str, name: str, path: Path) -> Result | None:
    """None for a file that this machine does not have."""
    if not path.exists():
        return None
    started = time.process_time()
    try:
        document = read(str(path))
        summary = model.summarize([document])[0]
        words, mode, output = len(document.text.split()), summary.mode, summary.text
    except SummarizeError as error:
        words, mode, output = 0, "error", str(error).replace(str(path), name)
    return Result(kind, name, words, mode, " ".join(output.split()), time.process_time() - started)


def sheet(results: list[Result], before: Before, verdicts: Verdicts) -> list[tuple[str, str]]:
    """File and output, of both releases, in a mixed order, those without a verdict."""
    pairs = [(r.name, output) for r in results for output in (r.output, before_of(before, r))]
    found = [p for p in dict.fromkeys(pairs) if p[1] not in verdicts.get(p[0], {})]
    random.Random(SEED).shuffle(found)
    return sorted(found, key=lambda pair: pair[0])


def before_of(before: Before, result: Result) -> str:
    return before.get(result.name, {}).get("output", "")


def judged(pairs: list[tuple[str, str]], lines: list[str], verdicts: Verdicts) -> None:
    for line in lines:
        if line.strip():
            number, answer = line.split()[:2]
            name, output = pairs[int(number) - 1]
            verdict = next(v for v in VERDICTS if v.startswith(answer))
            verdicts.setdefault(name, {})[output] = verdict


def table(results: list[Result], before: Before, verdicts: Verdicts) -> list[str]:
    def verdict(name: str, output: str) -> str:
        return verdicts.get(name, {}).get(output, "?")

    def total(found: list[str]) -> str:
        counts = Counter(found)
        return ", ".join(f"{counts[v]} {v}" for v in (*VERDICTS, "?") if counts[v])

    now = [verdict(r.name, r.output) for r in results]
    then = [verdict(r.name, before_of(before, r)) for r in results]
    lines = [
        f"{len(results)} files. Today: {total(now)}. Release 0.1: {total(then)}.",
        "",
        "| kind | file | words | today | mode | verdict | release 0.1 | verdict |",
        "|---" * 8 + "|",
    ]
    for r, first, second in zip(results, now, then, strict=True):
        old = shown(before_of(before, r))
        lines.append(
            f"| {r.kind} | {r.name} | {r.words:,} | {shown(r.output)} | {r.mode} | {first} "
            f"| {old} | {second} |"
        )
    return lines


def shown(output: str, most: int = 600) -> str:
    cut = output if len(output) <= most else output[:most].rsplit(" ", 1)[0] + " …"
    return cut.replace("|", "\\|").replace("<", "&lt;")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("--sheet", type=Path, help="write what has no verdict to this file")
    parser.add_argument("--verdicts", type=Path, help="take verdicts on that sheet from this file")
    parser.add_argument("-o", "--output", type=Path, default=HERE.parent / "KINDS.md")
    arguments = parser.parse_args()
    kept = HERE / "verdicts.json"
    verdicts: Verdicts = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    before: Before = json.loads((HERE / "before.json").read_text(encoding="utf-8"))
    if arguments.verdicts:
        pairs = json.loads(arguments.sheet.with_suffix(".json").read_text(encoding="utf-8"))
        judged(pairs, arguments.verdicts.read_text(encoding="utf-8").splitlines(), verdicts)
        write_text(kept, json.dumps(verdicts, indent=1, ensure_ascii=False) + "\n")
    model = load_summarizer(arguments.model)
    model.summarize(["Loaded before the clock runs."])
    text = RULES + f"{time.strftime('%Y-%m-%d')}, `-m {arguments.model}`.\n\n"
    every = []
    for file, words in PARTS.items():
        found = [(name, summarized(model, kind, name, path)) for kind, name, path in listed(file)]
        results = [result for _, result in found if result]
        every += results
        text += words + "\n".join(table(results, before, verdicts)) + "\n\n"
        if missing := [name for name, result in found if result is None]:
            text += f"Not on this machine: {', '.join(missing)}.\n\n"
    write_text(arguments.output, text.rstrip("\n") + "\n")
    if arguments.sheet and not arguments.verdicts:
        pairs = sheet(every, before, verdicts)
        lines = [f"[{n}] {name}\n    {output}" for n, (name, output) in enumerate(pairs, start=1)]
        write_text(arguments.sheet, "\n".join(lines) + "\n")
        write_text(arguments.sheet.with_suffix(".json"), json.dumps(pairs, ensure_ascii=False))
        print(f"{len(pairs)} outputs to judge: {arguments.sheet}")


if __name__ == "__main__":
    main()
