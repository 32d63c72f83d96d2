"""Three sentences of long documents: ours, the first three, LexRank and position, and TextRank.

    python benchmarks/three.py general-dev.jsonl.xz -o benchmarks/results/three.json

Documents of 400 words and more, each once; the reference is its title and its description, as far
as the data have both. Ours are what `-l medium` gives, at most 80 words. TextRank is sumy's, with
its stemmer and stop words and with our sentences, headings left out as for the other two.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from selection import lead_reference, lexrank_reference
from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
from sumy.nlp.stemmers import Stemmer
from sumy.summarizers.text_rank import TextRankSummarizer
from sumy.utils import get_stop_words

from summarize import Document, Options
from summarize.evaluation.data import read_data
from summarize.evaluation.environment import how_measured
from summarize.evaluation.rouge import (
    paired_difference,
    rouge_scores,
    signature,
    with_interval,
)
from summarize.files import write_text
from summarize.models.extract import Extract
from summarize.pipeline.decision import quoted
from summarize.pipeline.outline import choose_several

LEAST_WORDS, COUNT = 400, 3
KINDS = ("rouge1", "rouge2", "rougeL")
WORD = re.compile(r"\w+")
OURS, FIRST = "ours", "first three"


@dataclass(frozen=True)
class Long:
    """A document and what people wrote of it."""

    row: int  # the first in the data
    sha256: str
    text: str
    references: dict[str, str]  # by style

    @property
    def reference(self) -> str:
        """Title and description."""
        return "\n".join(self.references[s] for s in ("title", "tldr") if s in self.references)


def long_documents(data: str) -> list[Long]:
    found: dict[str, Long] = {}
    for number, row in enumerate(read_data(data).rows):
        if len(row.document.split()) >= LEAST_WORDS:
            one = found.setdefault(row.document, Long(number, row.sha256, row.document, {}))
            one.references[row.style or "title"] = row.references[0]
    return list(found.values())


class Words:
    """Sumy's tokenizer, without its download."""

    @staticmethod
    def to_words(sentence: str) -> tuple[str, ...]:
        return tuple(WORD.findall(sentence))


TEXT_RANK = TextRankSummarizer(Stemmer("english"))
TEXT_RANK.stop_words = get_stop_words("english")


def text_rank(document: Document) -> list[int]:
    kinds = [block.kind for block in document.blocks]
    every = [i for i, s in enumerate(document.sentences) if kinds[s.block] != "heading"]
    sentences = [Sentence(document.sentence_text(i), Words()) for i in every]
    # Not TEXT_RANK(...): two equal sentences would share one rating, and one place.
    model = ObjectDocumentModel([Paragraph(sentences)])
    ratings = TEXT_RANK.rate_sentences(model)
    order = sorted(range(len(every)), key=lambda n: -ratings[sentences[n]])
    return sorted(every[n] for n in order[:COUNT])


def ours(document: Document) -> list[int]:
    return choose_several(document, Options(length="medium"), Extract())


SYSTEMS: dict[str, Callable[[Document], list[int]]] = {
    OURS: ours,
    FIRST: lambda document: lead_reference(document, COUNT),
    "LexRank and position": lambda document: lexrank_reference(document, COUNT),
    "TextRank": text_rank,
}


def text_of(document: Document, sentences: Sequence[int]) -> str:
    return quoted(document, sentences).text


def compare(
    rows: Sequence[Long], texts: dict[str, list[str]], keep: Sequence[int]
) -> dict[str, Any]:
    references = [[rows[i].reference] for i in keep]
    scores = {
        name: rouge_scores([found[i] for i in keep], references) for name, found in texts.items()
    }
    return {
        "documents": len(keep),
        "systems": {
            name: {
                **{kind: asdict(with_interval(found[kind])) for kind in KINDS},
                "words": round(float(np.mean([len(texts[name][i].split()) for i in keep])), 1),
                **(
                    {}
                    if name == OURS
                    else {
                        "ours - this": {
                            kind: asdict(paired_difference(scores[OURS][kind], found[kind]))
                            for kind in KINDS
                        }
                    }
                ),
            }
            for name, found in scores.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--limit", type=int, help="documents")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    rows = long_documents(arguments.data)[: arguments.limit]
    texts: dict[str, list[str]] = {}
    seconds = {}
    for name, choose in SYSTEMS.items():
        started = time.process_time()
        documents = [Document.from_text(row.text) for row in rows]
        texts[name] = [text_of(document, choose(document)) for document in documents]
        seconds[name] = round(1000 * (time.process_time() - started) / len(rows), 1)
    parts = {
        "all": list(range(len(rows))),
        "title and description": [i for i, r in enumerate(rows) if len(r.references) == 2],
        "description": [i for i, r in enumerate(rows) if "tldr" in r.references],
        "title": [i for i, r in enumerate(rows) if "title" in r.references],
    }
    result = {
        **how_measured(),
        "signature": signature(),
        "cpu_ms_per_document": seconds,
        "parts": {name: compare(rows, texts, keep) for name, keep in parts.items() if keep},
    }
    for name, part in result["parts"].items():  # type: ignore[attr-defined]
        print(name, part["documents"])
        for system, found in part["systems"].items():
            print("  ", system, [round(found[kind]["mean"], 1) for kind in KINDS], found["words"])
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
