"""What a summary says that its document does not, and whether it is whole: before and after.

    python benchmarks/support.py arxiv-dev.jsonl.xz general-dev.jsonl.xz -o support.json

Each document is written (`--mode abstractive`) with the words free (--free-words) and without; a
model that has no such switch, once. Counted are the summaries with a name or a number that the
document lacks, by the program's own check and by a plain one that shares no code with it
(plain.py); with an unbalanced bracket or quotation mark, without a proper end, and with a small
letter at the start. ROUGE, with the paired difference, says what that costs. `--texts` keeps what
was written, to look at where the checks disagree, and to go on after a stop.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from plain import Vouching

from summarize import load_summarizer
from summarize.evaluation.data import Row, read_data
from summarize.evaluation.environment import how_measured
from summarize.evaluation.rouge import (
    paired_difference,
    rouge_scores,
    signature,
    with_interval,
)
from summarize.files import write_text
from summarize.pipeline.run import Summarizer
from summarize.rnn.lexicon import DIGIT, unsupported

KINDS = ("rouge1", "rouge2", "rougeL")
FREE, BOUND = "free words", "words of the text"
BLOCK = 100  # documents between two writes
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
    vouching = Vouching(document)
    missing = unsupported(text, document)
    return {
        "unsupported": missing,
        "unsupported numbers": [word for word in missing if DIGIT.search(word)],
        "plain: no part of the text": vouching.missing(text),
        "plain: no word of the text": vouching.missing_words(text),
        "plain: no stem of the text": vouching.missing_stems(text),
        "unbalanced": not is_balanced(text),
        "unfinished": not text or ENDINGS.search(text) is not None,
        "small letter at the start": text[:1].islower() and text.split()[0] not in document.split(),
    }


class Written(NamedTuple):
    """What was written of one document."""

    text: str
    mode: str


def write(
    summarizer: Summarizer, rows: Sequence[Row], free_words: bool | None, batch_size: int
) -> list[Written]:
    """In the style of each row, where the model knows it."""
    found: dict[int, Written] = {}
    styles = summarizer.capabilities.styles
    for style in dict.fromkeys(row.style for row in rows):
        numbers = [n for n, row in enumerate(rows) if row.style == style]
        asked: dict[str, Any] = {"mode": "abstractive", "batch_size": batch_size}
        if free_words is not None:
            asked["free_words"] = free_words
        if style in styles:
            asked["style"] = style
        summaries = summarizer.summarize([rows[n].document for n in numbers], **asked)
        for n, summary in zip(numbers, summaries, strict=True):
            found[n] = Written(summary.text, summary.mode)
    return [found[n] for n in range(len(rows))]


def measure(found: Sequence[Written], rows: Sequence[Row], shown: int) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for row, one in zip(rows, found, strict=True):
        for name, what in faults(one.text, row.document).items():
            counts[name] += bool(what)
            if what and shown > 0:
                shown -= 1
                print(f"  {name} {what if what is not True else ''}: {one.text}")
    return {
        "documents": len(found),
        "modes": dict(Counter(one.mode for one in found)),
        **{name: counts[name] for name in faults("", "")},
    }


def compare(found: dict[str, list[Written]], rows: Sequence[Row], shown: int) -> dict[str, Any]:
    """Free words and words of the text, and what the second costs."""
    result: dict[str, Any] = {}
    scores = {}
    for name, several in found.items():
        if not several:
            continue
        some = rows[: len(several)]
        result[name] = measure(several, some, shown)
        references = [row.references for row in some]
        scores[name] = rouge_scores([one.text for one in several], references)
        result[name]["rouge"] = {k: asdict(with_interval(scores[name][k])) for k in KINDS}
    if both := min(len(found.get(FREE, ())), len(found.get(BOUND, ()))):
        result[f"{BOUND} - {FREE}"] = {
            kind: asdict(paired_difference(scores[BOUND][kind][:both], scores[FREE][kind][:both]))
            for kind in KINDS
        } | {"pairs": both}
    return result


class Kept:
    """What was written so far, on disk: a run that was stopped goes on."""

    def __init__(self, path: Path | None, model: str) -> None:
        self.path, self.model = path, model
        self.found: dict[str, dict[str, list[Written]]] = {}
        self.seconds: dict[str, float] = {}
        if path is not None and path.exists():
            values = json.loads(path.read_text(encoding="utf-8"))
            if values["model"] == model:
                self.seconds = values["seconds"]
                self.found = {
                    data: {name: [Written(*one) for one in some] for name, some in parts.items()}
                    for data, parts in values["found"].items()
                }

    def of(self, data: str, names: Iterable[str]) -> dict[str, list[Written]]:
        return self.found.setdefault(data, {name: [] for name in names})

    def save(self) -> None:
        if self.path is not None:
            text = json.dumps(vars(self) | {"path": None}, ensure_ascii=False)
            write_text(self.path, text + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("-n", "--documents", type=int, help="of each file; all by default")
    parser.add_argument("--most-words", type=int, help="only documents that are no longer")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--show", type=int, default=0, help="so many faulty summaries")
    parser.add_argument("--texts", type=Path, help="keep what these weights wrote; go on from it")
    parser.add_argument("--cpu-seconds", type=float, default=1e9, help="stop writing after so many")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    summarizer = load_summarizer(arguments.model)
    has_lexicon = hasattr(summarizer.model, "constraint")
    conditions: dict[str, bool | None] = {BOUND: False, FREE: True}
    if not has_lexicon:
        conditions = {"as it writes": None}
    every: dict[str, list[Row]] = {}
    for path in arguments.data:
        data = read_data(str(path))
        longest = arguments.most_words or sys.maxsize
        rows = [row for row in data.rows if len(row.document.split()) <= longest]
        every[data.name] = rows[: arguments.documents]
    kept = Kept(arguments.texts, arguments.model)
    most = max(map(len, every.values()))
    for (name, free), first in product(conditions.items(), range(0, most, BLOCK)):
        for data_name, rows in every.items():
            found, some = kept.of(data_name, conditions)[name], rows[first : first + BLOCK]
            if len(found) > first or not some or time.process_time() > arguments.cpu_seconds:
                continue
            started = time.process_time()
            found += write(summarizer, some, free, arguments.batch_size)
            spent = time.process_time() - started
            kept.seconds[name] = kept.seconds.get(name, 0.0) + spent
            print(f"{data_name}, {name}: {len(found)}", file=sys.stderr, flush=True)
            kept.save()
    written = sum(len(several) for parts in kept.found.values() for several in parts.values())
    result = {
        **how_measured(),
        "signature": signature("max"),
        "model": arguments.model,
        "cpu_ms_per_document": round(1000 * sum(kept.seconds.values()) / max(1, written), 1),
        "results": {
            name: {"available": len(rows), **compare(kept.found[name], rows, arguments.show)}
            for name, rows in every.items()
        },
    }
    print(json.dumps(result["results"], indent=1))
    if arguments.output:
        write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
