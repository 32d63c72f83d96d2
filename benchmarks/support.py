"""What a summary says that its document does not, and whether it is whole: before and after.

    python benchmarks/support.py DATA -n 200 -o benchmarks/results/support.json

Each document is summarized with the words free (--free-words) and without. Counted are the
summaries with a name or a number that the document lacks, with an unbalanced bracket or quotation
mark, without a proper end, and with a small letter at the start; ROUGE says what that costs.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from summarize import load_summarizer
from summarize.evaluation.data import read_data
from summarize.evaluation.environment import command_line, environment
from summarize.evaluation.rouge import rouge_scores
from summarize.files import write_text
from summarize.rnn.lexicon import unsupported

ENDINGS = re.compile(
    r"(?:[,;:(\[{/&=–—-]|\b(?:i\.e|e\.g|cf|vs|a|an|the|and|or|nor|of|from|into|with|its|their))\.?$"
)
BRACKETS = {")": "(", "]": "[", "}": "{", "”": "“", "»": "«"}


def is_balanced(text: str) -> bool:
    """Brackets are nested, curly quotation marks paired, straight ones even."""
    text = re.sub(r"\\[\"'`]", "", text)  # accents in LaTeX
    opened = ""
    for mark in text:
        if mark in BRACKETS.values():
            opened += mark
        elif mark in BRACKETS:
            if not opened.endswith(BRACKETS[mark]):
                return False
            opened = opened[:-1]
    return not opened and text.count('"') % 2 == 0 and text.count("`") % 2 == 0


def faults(text: str, document: str) -> dict[str, list[str] | bool]:
    return {
        "unsupported": unsupported(text, document),
        "unbalanced": not is_balanced(text),
        "unfinished": not text or ENDINGS.search(text) is not None,
        "small letter at the start": text[:1].islower() and text.split()[0] not in document.split(),
    }


def measure(rows: list[Any], model: str, free_words: bool, shown: int) -> dict[str, Any]:
    summarizer = load_summarizer(model)
    started = time.process_time()
    summaries = summarizer.summarize(
        [row.document for row in rows],
        mode="abstractive",
        long="truncate",
        free_words=free_words,
    )
    seconds = time.process_time() - started
    counts: Counter[str] = Counter()
    for row, summary in zip(rows, summaries, strict=True):
        for name, found in faults(summary.text, row.document).items():
            counts[name] += bool(found)
            if found and shown > 0:
                shown -= 1
                print(f"  {name} {found if found is not True else ''}: {summary.text}")
    scores = rouge_scores([s.text for s in summaries], [row.references for row in rows])
    return {
        "documents": len(rows),
        **{name: counts[name] for name in faults("", "")},
        "rouge": {kind: round(float(np.mean(values)), 2) for kind, values in scores.items()},
        "cpu_ms_per_document": round(1000 * seconds / len(rows), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("-n", "--documents", type=int, default=200)
    parser.add_argument("--show", type=int, default=0, help="so many faulty summaries")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    found = {}
    for path in arguments.data:
        rows = read_data(path).rows[: arguments.documents]
        for free in (True, False):
            name = "free words" if free else "words of the text"
            found[f"{path.name.split('.')[0]}, {name}"] = measure(
                rows, arguments.model, free, arguments.show
            )
            print(json.dumps({name: list(found.values())[-1]}), file=sys.stderr)
    if arguments.output:
        result = {
            "command": command_line("python", sys.argv[0]),
            "date": time.strftime("%Y-%m-%d"),
            "environment": environment(),
            "model": arguments.model,
            "results": found,
        }
        write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
