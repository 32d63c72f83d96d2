"""Summaries of forty ordinary files, with room for a verdict on each: benchmarks/KINDS.md.

    python benchmarks/kinds/run.py

Verdicts are in verdicts.json, by file and output: `{"texts/server.log": {"the output": "good"}}`.
An output that was judged keeps its verdict; a new one shows a question mark until somebody judges
it, which `--judge` asks for, one after the other.
"""

from __future__ import annotations

import argparse
import json
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
VERDICTS = ("good", "acceptable", "bad", "wrong")
RULES = """\
# Forty files of a fresh machine

Summaries by `summarize FILE`, default settings, made and checked by `benchmarks/kinds/run.py`.
Judged by these rules, on the output and the file alone. The judge was a language model that knew
which system it judged. Manual pages and the margins of `auto` were changed after bad outputs on
these files, so the page shows what was mended, not what to expect of files never seen:

- **good**: one who has not seen the file learns what it is or what matters most in it. True,
  complete, understandable without the file.
- **acceptable**: true and about the file, but a detail instead of the main point, or clumsy.
- **bad**: true but useless: a line that says nothing about the file, a fragment, noise.
- **wrong**: it says something that the file does not say, or turns it around. Also: an error for a
  file that can be read.

Counts, columns and levels of a table, a log or a diff are good if they are right. The first rule
that applies from the bottom up decides: a fluent sentence with a wrong number is wrong.

"""


class Result(NamedTuple):
    kind: str
    name: str
    words: int
    mode: str
    output: str
    seconds: float


def listed() -> list[tuple[str, str, Path]]:
    """Kind, name and path of each file."""
    found = []
    for line in (HERE / "files.txt").read_text(encoding="utf-8").splitlines():
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


def judged(results: list[Result], verdicts: dict[str, dict[str, str]]) -> None:
    """Ask for what has no verdict yet."""
    for result in results:
        if result.output in verdicts.get(result.name, {}):
            continue
        print(f"\n{result.kind}: {result.name}, {result.words} words\n  {result.output}")
        answer = input(f"{', '.join(VERDICTS)} (first letter; empty to stop): ").strip()
        if not answer:
            return
        verdict = next((v for v in VERDICTS if v.startswith(answer)), None)
        if verdict:
            verdicts.setdefault(result.name, {})[result.output] = verdict


def page(
    results: list[Result], missing: list[str], verdicts: dict[str, dict[str, str]], model: str
) -> str:
    found = [verdicts.get(r.name, {}).get(r.output, "?") for r in results]
    counts = Counter(found)
    total = ", ".join(f"{counts[v]} {v}" for v in (*VERDICTS, "?") if counts[v])
    lines = [f"{len(results)} files, {time.strftime('%Y-%m-%d')}, `-m {model}`: {total}."]
    if missing:
        lines.append(f"Not on this machine: {', '.join(missing)}.")
    lines += ["", "| kind | file | words | output | mode | CPU s | verdict |", "|---" * 7 + "|"]
    for r, verdict in zip(results, found, strict=True):
        output = r.output.replace("|", "\\|").replace("<", "&lt;")
        lines.append(
            f"| {r.kind} | {r.name} | {r.words:,} | {output} | {r.mode} | {r.seconds:.2f} "
            f"| {verdict} |"
        )
    return RULES + "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("--judge", action="store_true", help="ask for the missing verdicts")
    parser.add_argument("-o", "--output", type=Path, default=HERE.parent / "KINDS.md")
    arguments = parser.parse_args()
    model = load_summarizer(arguments.model)
    model.summarize(["Loaded before the clock runs."])
    every = [(name, summarized(model, kind, name, path)) for kind, name, path in listed()]
    results = [result for _, result in every if result]
    kept = HERE / "verdicts.json"
    verdicts = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    if arguments.judge:
        judged(results, verdicts)
        write_text(kept, json.dumps(verdicts, indent=1, ensure_ascii=False) + "\n")
    missing = [name for name, result in every if result is None]
    write_text(arguments.output, page(results, missing, verdicts, arguments.model))


if __name__ == "__main__":
    main()
