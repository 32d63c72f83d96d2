"""Does a model know when it does not know? Its confidence against ROUGE, and what to give instead.

    python benchmarks/confidence.py arxiv-dev.jsonl.xz -o benchmarks/results/confidence.json

For dev documents, and for our own (news, mails, ... that are no papers): the rank correlation of
`confidence` with ROUGE, the share of each kind that falls below the threshold, and there the ROUGE
of what the model wrote, of the sentence that is chosen instead, of the first sentence, and of the
sentence nearest to the centroid of the document's words.
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

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from summarize import load_summarizer
from summarize.document.document import Document
from summarize.evaluation.data import Row, read_data
from summarize.evaluation.environment import command_line, environment
from summarize.evaluation.rouge import paired_difference, rouge_scores, with_interval
from summarize.files import write_text
from summarize.models.familiarity import LEAST_CONFIDENCE

WORD = re.compile(r"\w+")
KINDS = ("rouge1", "rouge2", "rougeL")


def centroid(document: str, most: int = 40) -> str:
    """The sentence whose words come most often, those in every other sentence left out."""
    read = Document.from_text(document)
    found = [read.sentence_text(i) for i in range(min(most, len(read.sentences)))]
    words = [WORD.findall(sentence.lower()) for sentence in found]
    spread = Counter(word for line in words for word in set(line))
    usual = {word for word, count in spread.items() if len(found) > 4 and 2 * count > len(found)}
    often = Counter(word for line in words for word in line if word not in usual)

    def weight(line: list[str]) -> float:
        return sum(often[word] for word in line if word not in usual) / max(8, len(line))

    return found[max(range(len(found)), key=lambda i: weight(words[i]))]


def rouge(texts: Sequence[str], rows: Sequence[Row]) -> NDArray[np.float64]:
    """(N,) the mean of ROUGE-1, 2 and L, F1 in percent."""
    scores = rouge_scores(texts, [row.references for row in rows])
    return np.mean([np.asarray(scores[kind]) for kind in KINDS], axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("-m", "--model", default="attention")
    parser.add_argument("--limit", type=int, default=400, help="dev documents")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    dev, own = read_data(arguments.data, arguments.limit), read_data(None)
    rows = [*dev.rows, *own.rows]
    is_dev = np.arange(len(rows)) < len(dev.rows)
    model = load_summarizer(arguments.model)
    documents = [row.document for row in rows]
    written, taken = (
        model.summarize(documents, mode=mode, overflow="truncate")
        for mode in ("abstractive", "extractive")
    )
    confidence = np.array([summary.confidence or 0.0 for summary in written])
    candidates = {
        "written": rouge([s.text for s in written], rows),
        "chosen sentence": rouge([s.text for s in taken], rows),
        "first sentence": rouge(
            [s.text for s in load_summarizer("lead").summarize(documents)], rows
        ),
        "centroid": rouge([centroid(d) for d in documents], rows),
    }
    low = confidence < LEAST_CONFIDENCE
    kinds = np.array(
        ["dev" if of_dev else row.kind for of_dev, row in zip(is_dev, rows, strict=True)]
    )

    def of(chosen: NDArray[np.bool_]) -> dict[str, Any]:
        if not chosen.any():
            return {"documents": 0}
        return {
            "documents": int(chosen.sum()),
            "rouge": {name: asdict(with_interval(v[chosen])) for name, v in candidates.items()},
            "chosen - written": asdict(
                paired_difference(
                    candidates["chosen sentence"][chosen], candidates["written"][chosen]
                )
            ),
        }

    def order(chosen: NDArray[np.bool_]) -> float:
        return round(float(spearmanr(confidence[chosen], candidates["written"][chosen])[0]), 3)

    result = {
        "command": command_line("python", sys.argv[0]),
        "date": time.strftime("%Y-%m-%d"),
        "model": arguments.model,
        "threshold": LEAST_CONFIDENCE,
        "data": {"name": dev.name, "sha256": dev.sha256, "limit": arguments.limit},
        "environment": environment(),
        "rank_correlation": {"dev": order(is_dev), "all": order(np.full(len(rows), True))},
        "below": {
            kind: {
                "documents": int((kinds == kind).sum()),
                "share": round(float(low[kinds == kind].mean()), 4),
            }
            for kind in dict.fromkeys(kinds.tolist())
        },
        "instead": {
            "dev, below": of(is_dev & low),
            "dev, all": of(is_dev),
            "our own, below": of(~is_dev & low),
            "our own, all": of(~is_dev),
        },
    }
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
