"""Train and measure the sentence selector.

    python benchmarks/selection.py DATA --cache build/selection --train
    python benchmarks/selection.py DATA --cache build/selection -o benchmarks/results/selection.json

DATA is a folder with general-train-*, docs-train and scitldr-train (JSON Lines, xz) and their dev
files. `--train` writes summarize/checkpoints/selector.json; it never looks at a dev file: the epoch
is chosen on sources (or rows) held out of the training files. Without it the shipped weights are
measured on dev: one sentence against the first one and against LexRank and position, by style and
domain; three sentences of long documents against the first three; and CPU time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import random
import sys
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from fitting import Group, fit
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.evaluation.environment import command_line, environment
from summarize.evaluation.rouge import rouge_scores
from summarize.files import write_text
from summarize.models.candidates import candidates
from summarize.models.content import FILE as CONTENT
from summarize.models.selector import FILE, Selector, shipped_selector
from summarize.models.sentence_features import NAMES, features
from summarize.models.term_vectors import STOP_WORDS, terms
from summarize.pipeline.selection import select

# Training file, style -> documents drawn from it, each domain by the square root of its rows.
SAMPLE = {
    ("general-train", "tldr"): 13_000,
    ("general-train", "title"): 11_000,
    ("docs-train", "tldr"): 1_000,
    ("scitldr-train", "tldr"): 1_600,
}
SEED = 11
HIDDEN, EPOCHS, SEEDS = 12, 20, 3
CUE_DOCUMENTS, CUES, CUE_RIDGE = 150, 250, 60.0
LONG_WORDS = 400
KINDS = ("rouge1", "rouge2", "rougeL")


class Row(NamedTuple):
    document: str
    references: list[str]
    style: str
    domain: str
    source: str


class Example(NamedTuple):
    rows: NDArray[np.float64]  # (N, F), the two cue columns zero
    words: list[list[str]]
    worth: NDArray[np.float64]  # (N,) ROUGE of each sentence, 0 to 1
    is_held_out: bool


# --- data -------------------------------------------------------------------------------------


def read_rows(folder: Path, name: str) -> Iterator[Row]:
    for path in sorted(folder.glob(f"{name}*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                references = row.get("references") or [row["summary"]]
                style = row.get("style") or "tldr"
                yield Row(
                    row["document"], references, style, row["domain"], row.get("source", row["id"])
                )


@lru_cache(maxsize=1)
def rows_of(folder: Path, name: str) -> list[Row]:
    return list(read_rows(folder, name))


def draw(rows: Sequence[Row], count: int) -> list[Row]:
    """A sample in which each domain counts by the square root of its rows."""
    generator = random.Random(SEED)
    by_domain: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_domain[row.domain].append(row)
    total = sum(len(found) ** 0.5 for found in by_domain.values())
    drawn: list[Row] = []
    for domain in sorted(by_domain):
        found = by_domain[domain]
        wanted = round(count * len(found) ** 0.5 / total)
        drawn += generator.sample(found, min(wanted, len(found)))
    known = {id(row) for row in drawn}
    rest = [row for row in rows if id(row) not in known]
    return drawn + generator.sample(rest, min(len(rest), max(0, count - len(drawn))))


def is_held_out(row: Row) -> bool:
    """A tenth of the sources, chosen by their names."""
    return zlib.crc32(row.source.encode()) % 10 == 0


def f1(found: Counter[Any], wanted: Counter[Any]) -> float:
    common = sum((found & wanted).values())
    return 2 * common / max(1, found.total() + wanted.total())


def worth(sentence: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Mean F1 of words and of pairs of words, the best reference."""

    def counts(words: Sequence[str]) -> tuple[Counter[Any], Counter[Any]]:
        return Counter(words), Counter(zip(words, words[1:], strict=False))

    one, two = counts(sentence)
    scores = []
    for reference in references:
        wanted_one, wanted_two = counts(reference)
        scores.append((f1(one, wanted_one) + f1(two, wanted_two)) / 2)
    return max(scores)


def examples(folder: Path, cache: Path, size: float) -> list[Example]:
    """Features and ROUGE of the candidates of the training sample, kept in `cache`."""
    kept = cache / "examples.npz"
    stamp = [*NAMES, hashlib.sha256(CONTENT.read_bytes()).hexdigest(), str(size)]
    if kept.exists():
        stored = np.load(kept, allow_pickle=False)
        if stored["names"].tolist() == stamp:
            words = json.loads(str(stored["words"]))
            bounds = np.cumsum(stored["sizes"])[:-1]
            parts = zip(
                np.split(stored["rows"], bounds),
                words,
                np.split(stored["worth"], bounds),
                stored["held"],
                strict=True,
            )
            return [Example(r.astype(np.float64), w, y, bool(h)) for r, w, y, h in parts]
    found = []
    for (name, style), count in SAMPLE.items():
        rows = [row for row in rows_of(folder, name) if row.style == style]
        for row in draw(rows, round(count * size)):
            document = Document.from_text(row.document)
            chosen = candidates(document)
            if len(chosen) < 2:
                continue
            words = [terms(document.sentence_text(i)) for i in chosen]
            references = [terms(reference) for reference in row.references]
            values = np.array([worth(sentence, references) for sentence in words])
            if values.max() > 0:
                found.append(
                    Example(features(document, chosen, {}, style), words, values, is_held_out(row))
                )
        print(name, style, len(found), flush=True)
    cache.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        kept,
        names=np.array(stamp),
        rows=np.concatenate([e.rows for e in found]).astype(np.float32),
        worth=np.concatenate([e.worth for e in found]),
        sizes=np.array([len(e.rows) for e in found]),
        held=np.array([e.is_held_out for e in found]),
        words=np.array(json.dumps([e.words for e in found])),
    )
    return found


# --- training ---------------------------------------------------------------------------------


def learn_cues(found: Sequence[Example]) -> dict[str, float]:
    """What a term adds to the ROUGE of its sentence beyond what the other features explain: ridge
    regression on the residual of a linear fit."""
    rows = np.concatenate([e.rows - e.rows.mean(axis=0) for e in found])
    target = np.concatenate([e.worth - e.worth.mean() for e in found])
    weights = np.linalg.lstsq(rows.T @ rows + 1e-3 * np.eye(len(NAMES)), rows.T @ target)[0]
    residual = target - rows @ weights
    documents = Counter(t for e in found for t in {t for s in e.words for t in s})
    known = [t for t, n in documents.most_common() if n >= CUE_DOCUMENTS and not t.isdigit()]
    column = {term: place for place, term in enumerate(known)}
    gram = np.zeros((len(known), len(known)))
    product = np.zeros(len(known))
    counts = np.zeros(len(known))
    sentences = (sentence for e in found for sentence in e.words)
    for sentence, value in zip(sentences, residual, strict=True):
        here = sorted({column[t] for t in sentence if t in column})
        gram[np.ix_(here, here)] += 1
        product[here] += value
        counts[here] += 1
    fitted = np.linalg.solve(gram + CUE_RIDGE * np.eye(len(known)), product)
    strength = np.abs(fitted) * np.sqrt(counts)
    strongest = np.argsort(-strength)[:CUES]
    scale = np.abs(fitted[strongest]).mean()
    return {known[i]: float(f"{fitted[i] / scale:.3g}") for i in strongest}


def with_cues(example: Example, cues: dict[str, float]) -> NDArray[np.float64]:
    rows = example.rows.copy()
    values = [[cues.get(t, 0.0) for t in s] for s in example.words]
    rows[:, NAMES.index("cue")] = [sum(v) / (len(v) + 3) ** 0.5 for v in values]
    rows[:, NAMES.index("cue start")] = [sum(v[:3]) for v in values]
    return rows


def train(found: Sequence[Example]) -> Selector:
    cues = learn_cues([e for e in found if not e.is_held_out])
    groups = [Group(with_cues(e, cues), e.worth, e.is_held_out) for e in found]
    fitted = fit(NAMES, groups, HIDDEN, EPOCHS, SEEDS)
    print(
        f"held-out sources: chosen {100 * fitted.taken:.2f}, first {100 * fitted.first:.2f}, "
        f"best {100 * fitted.best:.2f}"
    )
    return Selector(cues, fitted.scorer)


# --- measuring --------------------------------------------------------------------------------


def lexrank_reference(document: Document, count: int) -> list[int]:
    """LexRank and position as the design describes it, with dense matrices: what must be beaten."""
    every = [
        i
        for i in range(len(document.sentences))
        if document.blocks[document.sentences[i].block].kind != "heading"
    ]
    chosen = [i for i in every if len(document.sentence_text(i).split()) >= 5] or every
    if not chosen:
        return []
    words = [[t for t in terms(document.sentence_text(i)) if t not in STOP_WORDS] for i in chosen]
    column = {t: n for n, t in enumerate(dict.fromkeys(t for s in words for t in s))}
    tf = np.zeros((len(chosen), max(1, len(column))))
    for row, sentence in enumerate(words):
        for term, n in Counter(sentence).items():
            tf[row, column[term]] = 1 + np.log(n)
    x = tf * np.log1p(len(chosen) / np.maximum(1, (tf > 0).sum(axis=0)))
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    cosine = x @ x.T
    similar = cosine.copy()
    np.fill_diagonal(similar, 0)
    sums = similar.sum(axis=1, keepdims=True)
    step = np.where(sums > 0, similar / np.maximum(sums, 1e-12), 1 / len(chosen))
    rank = np.full(len(chosen), 1 / len(chosen))
    for _ in range(50):
        rank = 0.15 / len(chosen) + 0.85 * step.T @ rank
    score = rank / rank.max() + np.exp(-np.arange(len(chosen)) / 5)
    taken: list[int] = []
    while len(taken) < min(count, len(chosen)):
        near = cosine[:, taken].max(axis=1) if taken else np.zeros(len(chosen))
        value = 0.5 * score - 0.5 * near
        value[taken] = -np.inf
        taken.append(int(np.argmax(value)))
    return [chosen[i] for i in sorted(taken)]


def lead_reference(document: Document, count: int) -> list[int]:
    """The first sentences that end as such, headings passed over."""
    every = [
        i
        for i in range(len(document.sentences))
        if document.blocks[document.sentences[i].block].kind != "heading"
    ]
    ended = [i for i in every if document.sentence_text(i).endswith((".", "!", "?", '."', ".)"))]
    return (ended or every)[:count]


def taken(system: str, row: Row, document: Document, count: int) -> list[int]:
    if system == "first":
        return lead_reference(document, count)
    if system == "selector":
        return select(document, count, row.style)
    return lexrank_reference(document, count)


def measure(rows: Sequence[Row], count: int) -> dict[str, NDArray[np.float64]]:
    """System -> (N, 3) ROUGE-1, 2 and L."""
    documents = [Document.from_text(row.document) for row in rows]
    references = [row.references for row in rows]
    found = {}
    for name in ("first", "LexRank and position", "selector"):
        texts = [
            " ".join(d.sentence_text(i) for i in taken(name, row, d, count))
            for row, d in zip(rows, documents, strict=True)
        ]
        scores = rouge_scores(texts, references)
        found[name] = np.stack([scores[kind] for kind in KINDS], axis=1)
    return found


def table(rows: Sequence[Row], count: int = 1) -> dict[str, Any]:
    scores = measure(rows, count)
    domains = np.array([row.domain for row in rows])

    def means(mask: NDArray[np.bool_]) -> dict[str, list[float]]:
        return {name: [round(float(v), 2) for v in s[mask].mean(0)] for name, s in scores.items()}

    return {
        "documents": len(rows),
        "all": means(np.full(len(rows), True)),
        "domains": {
            domain: {"documents": int((domains == domain).sum()), **means(domains == domain)}
            for domain in sorted(set(domains.tolist()))
        },
    }


def milliseconds(rows: Sequence[Row]) -> dict[str, float]:
    """CPU time for 1,000 words: to find the sentences, and to choose one of them."""
    documents = [Document.from_text(row.document) for row in rows]
    words = sum(len(document.text.split()) for document in documents) / 1000
    started = time.process_time()
    for document in documents:
        _ = document.sentences
    segmented = time.process_time()
    for document in documents:
        select(document, 1)
    done = time.process_time()
    return {
        "segmenting": round(1000 * (segmented - started) / words, 3),
        "selecting": round(1000 * (done - segmented) / words, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of the training and dev files")
    parser.add_argument("--cache", type=Path, default=Path("build/selection"))
    parser.add_argument("--train", action="store_true", help="write the selector's weights")
    parser.add_argument("--size", type=float, default=1.0, help="1 learns from 26,600 documents")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    if arguments.train:
        train(examples(arguments.data, arguments.cache, arguments.size)).save(FILE)
        shipped_selector.cache_clear()
        print(FILE, FILE.stat().st_size, "bytes")
    if not arguments.output:
        return
    general = list(read_rows(arguments.data, "general-dev"))
    long = [row for row in general if len(row.document.split()) >= LONG_WORDS]
    own = Path(__file__).parent / "documents.jsonl"
    ours = [
        Row(r["document"], r["references"], r["style"], r["kind"], r["id"])
        for r in map(json.loads, own.read_text(encoding="utf-8").splitlines())
    ]
    result = {
        "command": command_line("python", sys.argv[0]),
        "date": time.strftime("%Y-%m-%d"),
        "environment": environment(),
        "one sentence": {
            "general-dev, descriptions": table([r for r in general if r.style == "tldr"]),
            "general-dev, titles": table([r for r in general if r.style == "title"]),
            "scitldr-dev": table(list(read_rows(arguments.data, "scitldr-dev"))),
            "docs-dev": table(list(read_rows(arguments.data, "docs-dev"))),
        },
        "three sentences": {
            f"general-dev descriptions, {LONG_WORDS} words and more": table(
                [r for r in long if r.style == "tldr"], 3
            ),
            **{
                f"documents.jsonl, {least:,} words and more": table(
                    [r for r in ours if len(r.document.split()) >= least], 3
                )
                for least in (LONG_WORDS, 1000)
            },
        },
        "milliseconds per 1,000 words": milliseconds(long[:200]),
    }
    for part in ("one sentence", "three sentences"):
        for name, found in result[part].items():  # type: ignore[attr-defined]
            print(name, found["documents"], found["all"])
    print(result["milliseconds per 1,000 words"])
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
