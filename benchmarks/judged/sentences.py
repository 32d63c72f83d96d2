"""Three sentences of 50 long documents beside the first three, judged blindly by a language model.

    python benchmarks/judged/sentences.py draw general-dev.jsonl.xz --sheet sheet.txt
    python benchmarks/judged/sentences.py judge verdicts.txt --sheet sheet.txt
    python benchmarks/judged/sentences.py tally -o benchmarks/results/judged-sentences.json

The sheet has two summaries of each document, A and B in random order, with its title or description
and its opening. A line of verdicts: the number, for A and for B four digits (covers 0 to 2, alone,
once, order), and which is better: `12 2111 1011 A`, or `=` for neither. sentences.json keeps the
numbers of the sentences, not their words.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from three import FIRST, OURS, SYSTEMS, long_documents, text_of

from summarize import Document
from summarize.evaluation.environment import how_measured
from summarize.files import write_text

KEPT = Path(__file__).parent / "sentences.json"
SEED, COUNT = 16, 50
SHOWN = 170  # words of the opening
MARKS = ("covers", "alone", "once", "order")
SIDES = ("A", "B")


def draw(data: str, sheet: Path) -> None:
    generator = random.Random(SEED)
    kept = load()
    kept["rows"], lines = [], []
    numbers: dict[str, Any] = {}
    for number, row in enumerate(generator.sample(long_documents(data), COUNT), start=1):
        document = Document.from_text(row.text)
        found = {name: SYSTEMS[name](document) for name in (OURS, FIRST)}
        order = [OURS, FIRST]
        generator.shuffle(order)
        kept["rows"].append({"row": row.row, "sha256": row.sha256, **found})
        pair = {side: found[name] for side, name in zip(SIDES, order, strict=True)}
        if found[OURS] == found[FIRST] or key(row.sha256, found) in kept["verdicts"]:
            continue
        numbers[str(number)] = {"sha256": row.sha256, "order": order, "found": found}
        headings = "; ".join(name for _, _, name in document.headings[:12])
        opening = " ".join(row.text.split()[:SHOWN])
        lines.append(
            f"[{number}] {' // '.join(row.references.values())}\n  headings: {headings}\n"
            f"  opening: {opening}\n"
            + "".join(f"  {side}: {text_of(document, pair[side])}\n" for side in SIDES)
        )
    save(kept)
    write_text(sheet, "\n".join(lines))
    write_text(sheet.with_suffix(".json"), json.dumps(numbers))
    print(f"{len(lines)} pairs to judge: {sheet}")


def judge(verdicts: Path, sheet: Path) -> None:
    kept = load()
    numbers = json.loads(sheet.with_suffix(".json").read_text(encoding="utf-8"))
    for line in verdicts.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        number, *marks, better = line.split()[:4]
        one = numbers[number]
        verdict: dict[str, Any] = {
            name: dict(zip(MARKS, map(int, digits), strict=True))
            for name, digits in zip(one["order"], marks, strict=True)
        }
        verdict["better"] = one["order"][SIDES.index(better)] if better in SIDES else "neither"
        kept["verdicts"][key(one["sha256"], one["found"])] = verdict
    save(kept)


def key(sha256: str, found: dict[str, list[int]]) -> str:
    return f"{sha256} {found[OURS]} {found[FIRST]}"


def tally(output: Path | None) -> None:
    kept = load()
    verdicts = []
    same = 0
    for row in kept["rows"]:
        if row[OURS] == row[FIRST]:
            same += 1
        elif verdict := kept["verdicts"].get(key(row["sha256"], row)):
            verdicts.append(verdict)
    result: dict[str, Any] = {
        **how_measured(),
        "documents": len(kept["rows"]),
        "the same sentences": same,
        "judged": len(verdicts),
        "better": {
            name: sum(v["better"] == name for v in verdicts) for name in (OURS, FIRST, "neither")
        },
        "means": {
            name: {
                mark: round(float(np.mean([v[name][mark] for v in verdicts])), 2) for mark in MARKS
            }
            for name in (OURS, FIRST)
        },
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    if output:
        write_text(output, text)


def load() -> dict[str, Any]:
    if not KEPT.exists():
        return {"rows": [], "verdicts": {}}
    return dict(json.loads(KEPT.read_text(encoding="utf-8")))


def save(kept: dict[str, Any]) -> None:
    write_text(KEPT, json.dumps(kept, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("task", choices=("draw", "judge", "tally"))
    parser.add_argument("source", nargs="?", help="the data, or verdicts")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    if arguments.task == "draw":
        draw(arguments.source, arguments.sheet)
    elif arguments.task == "judge":
        judge(Path(arguments.source), arguments.sheet)
    else:
        tally(arguments.output)


if __name__ == "__main__":
    main()
