"""What a summary says that its document does not, and whether it is whole: before and after.

    python benchmarks/support.py arxiv-dev.jsonl.xz general-dev.jsonl.xz -o support.json

Each document is written (`--mode abstractive`) with the words free (--free-words) and without; a
model that has no such switch, once. Counted are the summaries with a name or a number that the
document lacks, by the program's own check and by a plain one that shares no code with it
(plain.py); with an unbalanced bracket or quotation mark, without a proper end, and with a small
letter at the start. ROUGE, with the paired difference, says what that costs. `--texts` keeps what
was written, to look at where the checks disagree.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from plain import Vouching

from summarize import Summary, load_summarizer
from summarize.evaluation.data import Row, read_data
from summarize.evaluation.environment import command_line, environment
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


def write(
    summarizer: Summarizer, rows: Sequence[Row], free_words: bool | None, batch_size: int
) -> tuple[list[Summary], float]:
    """In the style of each row, where the model knows it; and the CPU seconds that it took."""
    started = time.process_time()
    found: dict[int, Summary] = {}
    styles = summarizer.capabilities.styles
    for style in dict.fromkeys(row.style for row in rows):
        numbers = [n for n, row in enumerate(rows) if row.style == style]
        asked: dict[str, Any] = {"mode": "abstractive", "batch_size": batch_size}
        if free_words is not None:
            asked["free_words"] = free_words
        if style in styles:
            asked["style"] = style
        found |= zip(
            numbers, summarizer.summarize([rows[n].document for n in numbers], **asked), strict=True
        )
    return [found[n] for n in range(len(rows))], time.process_time() - started


def measure(
    summaries: Sequence[Summary], rows: Sequence[Row], seconds: float, shown: int
) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for row, summary in zip(rows, summaries, strict=True):
        for name, found in faults(summary.text, row.document).items():
            counts[name] += bool(found)
            if found and shown > 0:
                shown -= 1
                print(f"  {name} {found if found is not True else ''}: {summary.text}")
    return {
        "documents": len(rows),
        "modes": dict(Counter(summary.mode for summary in summaries)),
        **{name: counts[name] for name in faults("", "")},
        "cpu_ms_per_document": round(1000 * seconds / len(rows), 1),
    }


def scores_of(summaries: Sequence[Summary], rows: Sequence[Row]) -> dict[str, Any]:
    return rouge_scores([s.text for s in summaries], [row.references for row in rows])


def compare(
    summarizer: Summarizer,
    data: str,
    rows: Sequence[Row],
    batch_size: int,
    shown: int,
    kept: dict[str, Any],
) -> dict[str, Any]:
    """Free words and words of the text, and what the second costs."""
    has_lexicon = hasattr(summarizer.model, "constraint")
    conditions = {"free words": True, "words of the text": False}
    if not has_lexicon:
        conditions = {"as it writes": None}  # type: ignore[dict-item]
    result: dict[str, Any] = {}
    scores = {}
    for name, free in conditions.items():
        summaries, seconds = write(summarizer, rows, free, batch_size)
        scores[name] = scores_of(summaries, rows)
        result[name] = measure(summaries, rows, seconds, shown)
        result[name]["rouge"] = {k: asdict(with_interval(scores[name][k])) for k in KINDS}
        kept[f"{data}, {name}"] = [summary.text for summary in summaries]
        print(json.dumps({name: result[name]}), file=sys.stderr)
    if has_lexicon:
        result["words of the text - free words"] = {
            kind: asdict(
                paired_difference(scores["words of the text"][kind], scores["free words"][kind])
            )
            for kind in KINDS
        }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("-n", "--documents", type=int, help="of each file; all by default")
    parser.add_argument("--most-words", type=int, help="only documents that are no longer")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--show", type=int, default=0, help="so many faulty summaries")
    parser.add_argument("--texts", type=Path, help="keep what was written in this file")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    summarizer = load_summarizer(arguments.model)
    found: dict[str, Any] = {}
    kept: dict[str, Any] = {}
    for path in arguments.data:
        data = read_data(str(path))
        most = arguments.most_words or sys.maxsize
        rows = [row for row in data.rows if len(row.document.split()) <= most]
        rows = rows[: arguments.documents]
        found[data.name] = {
            "sha256": data.sha256,
            **compare(summarizer, data.name, rows, arguments.batch_size, arguments.show, kept),
        }
    if arguments.texts:
        write_text(arguments.texts, json.dumps(kept, indent=0, ensure_ascii=False) + "\n")
    if arguments.output:
        result = {
            "command": command_line("python", sys.argv[0]),
            "date": time.strftime("%Y-%m-%d"),
            "environment": environment(),
            "signature": signature("max"),
            "model": arguments.model,
            "results": found,
        }
        write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
