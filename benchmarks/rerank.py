"""Train the reranker of a checkpoint's beams, and say what it gains.

    python benchmarks/rerank.py /path/to/data -o benchmarks/results/rerank.json

Decodes a sample of the training files (arXiv, general English, documentation, SciTLDR), learns
from the ROUGE of each hypothesis, writes FOLDER/rerank.json and lists it in the manifest. Then dev
documents, which it has not seen: the hypothesis that the search puts first, the one that the
reranker puts first, and the best there is. `--size 0.1` decodes a tenth as many. What is decoded
stays in `--cache`, so a run that was stopped goes on, and judge.py need not decode again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from decodes import DEV, TRAIN, Decoded, decode, writer
from fitting import Group, fit
from numpy.typing import NDArray

from summarize.evaluation.environment import command_line, environment
from summarize.evaluation.rouge import paired_difference, rouge_scores
from summarize.files import write_text
from summarize.models.base import Passage
from summarize.models.registry import shipped
from summarize.models.rerank import FILE, NAMES, Reranker, Text, features, grams, taken_apart
from summarize.models.scorer import Scorer
from summarize.models.term_vectors import terms
from summarize.rnn.manifest import add_to_set

HIDDEN, EPOCHS, SEEDS, LEARNING_RATE, DECAY = 8, 30, 4, 1e-3, 0.3
SPREAD = 0.66  # usual deviation of the scores in a beam
KINDS = ("rouge1", "rouge2", "rougeL")


def worth(line: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Mean F1 of words, pairs of words and longest common subsequence; the best reference."""
    return max(
        (f1(line, wanted, 1) + f1(line, wanted, 2) + f1_of_sequence(line, wanted)) / 3
        for wanted in references
    )


def f1(line: Sequence[str], wanted: Sequence[str], size: int) -> float:
    one, two = Counter(grams(line, size)), Counter(grams(wanted, size))
    return 2 * sum((one & two).values()) / max(1, one.total() + two.total())


def f1_of_sequence(line: Sequence[str], wanted: Sequence[str]) -> float:
    row = [0] * (len(wanted) + 1)
    for word in line:
        before = 0
        for j, other in enumerate(wanted, start=1):
            above = row[j]
            row[j] = before + 1 if word == other else max(above, row[j - 1])
            before = above
    return 2 * row[-1] / max(1, len(line) + len(wanted))


def spread(scorer: Scorer, groups: Sequence[Group]) -> Scorer:
    """The same order, with scores that differ as much as models/doubt.py expects."""
    usual = float(np.mean([scorer.score(group.rows).std() for group in groups]))
    return replace(scorer, output=scorer.output * SPREAD / usual)


def text_of(one: Decoded) -> Text:
    return taken_apart(one.passage, one.starts, one.style, one.familiarity)


def group(one: Decoded) -> Group:
    references = [terms(reference) for reference in one.references]
    return Group(
        features(text_of(one), one.lines),
        np.array([worth(terms(line.text), references) for line in one.lines]),
        one.is_held_out,
    )


def chosen(reranker: Reranker, one: Decoded) -> int:
    """As it is given: lines that a person would doubt count less."""
    passage = Passage(one.passage, one.starts, ())
    return reranker.rank(passage, one.style, one.lines, one.familiarity).order[0]


def measure(reranker: Reranker, found: Sequence[Decoded]) -> dict[str, Any]:
    """ROUGE-1, 2 and L of the first hypothesis, of the reranker's, and of the best there is."""
    references = [one.references for one in found]
    best = [
        max(one.lines, key=lambda line: worth(terms(line.text), [terms(r) for r in one.references]))
        for one in found
    ]
    scores_alone = [int(np.argmax(reranker.scores(text_of(one), one.lines))) for one in found]
    texts = {
        "search": [one.lines[0].text for one in found],
        "without doubt": [o.lines[i].text for o, i in zip(found, scores_alone, strict=True)],
        "reranker": [one.lines[chosen(reranker, one)].text for one in found],
        "best of the beam": [line.text for line in best],
    }
    scores = {name: stacked(lines, references) for name, lines in texts.items()}
    difference = paired_difference(scores["reranker"].mean(1), scores["search"].mean(1))
    return {
        "documents": len(found),
        **{name: [round(float(v), 2) for v in s.mean(0)] for name, s in scores.items()},
        "reranker - search, mean of the three": asdict(difference),
    }


def stacked(texts: Sequence[str], references: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    scores = rouge_scores(texts, references)
    return np.stack([scores[kind] for kind in KINDS], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of the training and dev files")
    parser.add_argument("--folder", type=Path, default=shipped("attention"))
    parser.add_argument("--cache", type=Path, default=Path("build/beams"))
    parser.add_argument("--size", type=float, default=0.6, help="1 decodes 10,000 documents")
    parser.add_argument("--dev-size", type=float, default=1.0, help="1 decodes 1,000 documents")
    parser.add_argument("--keep", action="store_true", help="measure, but write no weights")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    started = time.perf_counter()
    train = decode(arguments.folder, arguments.data, arguments.cache, TRAIN, arguments.size)
    groups = [group(one) for one in train if len(one.lines) > 1]
    print(f"{len(groups)} beams, {sum(len(g.rows) for g in groups)} hypotheses")
    fitted = fit(NAMES, groups, HIDDEN, EPOCHS, SEEDS, LEARNING_RATE, DECAY)
    print(
        f"held out: first {100 * fitted.first:.2f}, reranked {100 * fitted.taken:.2f}, "
        f"best {100 * fitted.best:.2f}"
    )
    reranker = Reranker(spread(fitted.scorer, groups))
    dev = decode(arguments.folder, arguments.data, arguments.cache, DEV, arguments.dev_size)
    dev = [one for one in dev if one.lines]
    by_data = {f"{one.data}, {one.style}": one for one in dev}
    found = {
        name: measure(reranker, [one for one in dev if f"{one.data}, {one.style}" == name])
        for name in by_data
    }
    for name, values in found.items():
        print(name, {k: v for k, v in values.items() if isinstance(v, list | int)})
    gain = sum(v["reranker"][0] * v["documents"] for v in found.values())
    gain -= sum(v["search"][0] * v["documents"] for v in found.values())
    print(f"ROUGE-1 over all dev documents: {gain / len(dev):+.2f}")
    if gain <= 0 and not arguments.keep:
        print("worse than the order of the search: nothing is written; decode more (--size)")
    elif not arguments.keep:
        add_to_set(arguments.folder, {FILE: reranker.to_bytes()})
        assert Reranker.from_files(writer(arguments.folder).files, arguments.folder)
        print(arguments.folder / FILE, len(reranker.to_bytes()), "bytes")
    if arguments.output:
        result = {
            "command": command_line("python", sys.argv[0]),
            "date": time.strftime("%Y-%m-%d"),
            "environment": environment(),
            "trained on": {"beams": len(groups), "hypotheses": sum(len(g.rows) for g in groups)},
            "minutes": round((time.perf_counter() - started) / 60, 1),
            "dev": found,
        }
        write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
