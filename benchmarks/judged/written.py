"""Who did what: 200 lines that the network wrote, judged by a language model against their sources.

    python benchmarks/judged/written.py draw DATA --sheet sheet.txt
    python benchmarks/judged/written.py judge verdicts.txt --sheet sheet.txt
    python benchmarks/judged/written.py tally -o benchmarks/results/judged-written.json

`draw` writes 100 documents of arxiv-dev and 100 of general-dev, half as titles and half as
sentences, the same ones for a seed, under three conditions: the search's first hypothesis, the one
that the reranker alone would choose, and the one that is chosen, with models/doubt.py. What was
written goes to written.json, and to the sheet, with the source, in a mixed order, each line once:
the sheet is not kept. `judge` takes lines of a number and a verdict (RULES.md). `tally` counts,
also those that `summarize` would print: where it quotes instead, nothing is written.

learned.json is such a file with another seed: what models/doubt.py has learned from.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from summarize import Document, Summary
from summarize.evaluation.data import Row, read_data
from summarize.evaluation.environment import how_measured
from summarize.files import write_text
from summarize.models.base import Source, Standing
from summarize.models.doubt import WEIGHT
from summarize.models.registry import shipped
from summarize.models.rnn import Rnn
from summarize.models.term_vectors import terms
from summarize.options import Options
from summarize.pipeline.run import Summarizer
from summarize.rnn.beam_search import Hypothesis

HERE = Path(__file__).parent
KEPT, LEARNED = HERE / "written.json", HERE / "learned.json"
VERDICTS = ("nothing said", "invented", "negation", "swapped", "attribution", "faithful")
CONDITIONS = ("search", "reranker", "chosen")
SEED = 17
LEARNED_SEED = 16
EACH = 50  # of each file and style
FILES = ("arxiv-dev", "general-dev")
STYLES = ("title", "tldr")
SHOWN = 190  # words of a source on the sheet


def drawn(folder: Path, seed: int = SEED) -> list[tuple[str, int, str, Row]]:
    """File, number in it, style, row. General English in the style of its rows; other documents
    than what was learned from."""
    learned = (
        set() if seed == LEARNED_SEED else {one[3].sha256 for one in drawn(folder, LEARNED_SEED)}
    )
    found = []
    for file in FILES:
        rows = list(enumerate(read_data(str(folder / f"{file}.jsonl.xz")).rows))
        random.Random(seed).shuffle(rows)
        rows = [(n, row) for n, row in rows if row.sha256 not in learned]
        for style in STYLES:
            usable = [(n, row) for n, row in rows if (row.style or style) == style]
            taken = usable[:EACH]
            rows = [pair for pair in rows if pair not in taken]
            found += [(file, n, style, row) for n, row in taken]
    return found


class Watched(Rnn):
    """Keeps what each condition gives, by document."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seen: dict[str, dict[str, str]] = {}

    def ranked(
        self, source: Source, found: Sequence[Hypothesis], options: Options
    ) -> tuple[list[Hypothesis], Standing | None]:
        passage, lines = source.payload.passage, self.lines(source, found)
        constraint = self.constraint(passage, options)
        assert self.reranker is not None and options.style is not None
        ranking = self.reranker.rank(passage, options.style, lines, source.familiarity)
        alone = np.argsort(-(ranking.scores + WEIGHT * ranking.doubts), kind="stable")
        orders = (range(len(found)), alone, ranking.order)
        self.seen[passage.document or passage.text] = {
            name: self.draft([found[i] for i in order], constraint).text
            for name, order in zip(CONDITIONS, orders, strict=True)
        }
        return super().ranked(source, found, options)


def write(model: Rnn, rows: list[tuple[str, int, str, Row]], mode: str) -> list[Summary]:
    summarizer = Summarizer(model)
    written = {}
    for style in STYLES:
        numbers = [i for i, one in enumerate(rows) if one[2] == style]
        documents = [rows[i][3].document for i in numbers]
        found = summarizer.summarize(documents, style=style, mode=mode, batch_size=25)  # type: ignore[arg-type]
        written |= dict(zip(numbers, found, strict=True))
    return [written[i] for i in range(len(rows))]


def draw(folder: Path, sheet: Path, checkpoint: Path) -> None:
    rows = drawn(folder)
    model = Watched(checkpoint)
    printed = write(model, rows, "auto")
    texts = [seen_of(model, row) for *_, row in rows]
    kept = load()
    kept["weights"] = model_sha256(checkpoint)
    kept["rows"] = [
        {
            "data": file,
            "row": number,
            "sha256": row.sha256,
            "style": style,
            **found,
            "is_printed": shown.mode == "abstractive",
        }
        for (file, number, style, row), found, shown in zip(rows, texts, printed, strict=True)
    ]
    save(kept)
    sources = {
        row.sha256: source_of(row, [found[name] for name in CONDITIONS])
        for (*_, row), found in zip(rows, texts, strict=True)
    }
    lines = []
    before_row = ""
    for number, (row, text) in enumerate(open_lines(kept), start=1):
        lines += [] if row == before_row else [f"\n| {sources[row]}"]
        lines.append(f"[{number}] {text}")
        before_row = row
    write_text(sheet, "\n".join(lines) + "\n")
    numbers = {n: [row, text] for n, (row, text) in enumerate(open_lines(kept), start=1)}
    write_text(sheet.with_suffix(".json"), json.dumps(numbers, ensure_ascii=False))
    print(f"{len(numbers)} lines to judge, {len(kept['verdicts'])} verdicts known: {sheet}")


def seen_of(model: Watched, row: Row) -> dict[str, str]:
    document = Document.from_text(row.document)
    found = model.seen.get(document.text)
    return found or dict.fromkeys(CONDITIONS, "")  # an answer that needs no network


def source_of(row: Row, texts: list[str]) -> str:
    """The sentences that have most in common with what was written, and as much of the opening as
    there is room for."""
    words = row.document.split()
    if len(words) <= SHOWN:
        return " ".join(words)
    document = Document.from_text(row.document)
    sentences = [document.sentence_text(i) for i in range(len(document.sentences))]
    numbers: set[int] = set()
    for text in dict.fromkeys(texts):
        own = set(terms(text))
        common = [len(own & set(terms(s))) / (len(own) + len(terms(s)) + 1) for s in sentences]
        numbers |= {int(i) for i in np.argsort(common)[-2:]}
    size = 0
    for i, sentence in enumerate(sentences):
        size += len(sentence.split())
        if size > SHOWN:
            break
        numbers.add(i)
    return " / ".join(" ".join(sentences[i].split()[:60]) for i in sorted(numbers))


def open_lines(kept: dict[str, Any]) -> list[tuple[str, str]]:
    """Hash of the row and text, each once, in a mixed order, without those already judged."""
    every = [(row["sha256"], row[name]) for row in kept["rows"] for name in CONDITIONS]
    found = [p for p in dict.fromkeys(every) if p[1] and key(*p) not in kept["verdicts"]]
    random.Random(SEED).shuffle(found)
    # Two lines of one source beside each other: it is read once.
    return sorted(found, key=lambda pair: pair[0])


def key(row: str, text: str) -> str:
    return f"{row} {text}"


def judge(verdicts: Path, sheet: Path) -> None:
    kept = load()
    lines = json.loads(sheet.with_suffix(".json").read_text(encoding="utf-8"))
    for line in verdicts.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"\[?(\d+)\]?[:.]? +([a-z ]+?)(?: *[(#].*)?$", line):
            verdict = next(v for v in VERDICTS if v.startswith(found.group(2)))
            kept["verdicts"][key(*lines[found.group(1)])] = verdict
    save(kept)
    print(len(open_lines(kept)), "lines without a verdict")


def tally(output: Path | None) -> None:
    kept = load()
    result: dict[str, Any] = {
        **how_measured(),
        "weights": kept["weights"],
        "rows": len(kept["rows"]),
        "as the search has it": sum(r["search"] == r["chosen"] for r in kept["rows"]),
        "as the reranker has it": sum(r["reranker"] == r["chosen"] for r in kept["rows"]),
    }
    for name in CONDITIONS:
        for label, rows in groups(kept["rows"], name):
            counts = Counter(kept["verdicts"].get(key(r["sha256"], r[name]), "?") for r in rows)
            result[f"{name}, {label}"] = {
                "lines": len(rows),
                **{verdict: counts[verdict] for verdict in (*VERDICTS, "?") if counts[verdict]},
            }
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    if output:
        write_text(output, text)


def groups(rows: list[dict[str, Any]], condition: str) -> list[tuple[str, list[dict[str, Any]]]]:
    found = [("all", rows)]
    for file in FILES:
        for style in STYLES:
            label = f"{file}, {style}"
            found.append((label, [r for r in rows if (r["data"], r["style"]) == (file, style)]))
    if condition == "chosen":
        found.append(("printed by default", [r for r in rows if r["is_printed"]]))
    return found


def model_sha256(folder: Path) -> str:
    """Of its weights, as its manifest lists them."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return str(config["files"]["model.safetensors"]["sha256"])[:16]


def load(path: Path = KEPT) -> dict[str, Any]:
    if not path.exists():
        return {"weights": "", "rows": [], "verdicts": {}}
    return dict(json.loads(path.read_text(encoding="utf-8")))


def save(kept: dict[str, Any]) -> None:
    write_text(KEPT, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("task", choices=("draw", "judge", "tally"))
    parser.add_argument("source", nargs="?", type=Path, help="folder of the data, or verdicts")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--folder", type=Path, default=shipped("attention"))
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    if arguments.task == "draw":
        draw(arguments.source, arguments.sheet, arguments.folder)
    elif arguments.task == "judge":
        judge(arguments.source, arguments.sheet)
    else:
        tally(arguments.output)


if __name__ == "__main__":
    main()
