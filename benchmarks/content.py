"""Learn which words of a text a person puts into its summary.

    python benchmarks/mix.py DATA MIX
    python benchmarks/content.py MIX/mix.jsonl.gz DATA -o benchmarks/results/content.json

Two passes. All pairs of the mix are counted: how often a summary takes each word from its text,
how often it has it where the text does not, and what the word before or behind says of it. Then
two small networks learn from a sample, with those tables among their features. Writes
summarize/checkpoints/content.json. On the dev files of DATA: how well the words are told apart
(area under the ROC curve within a text, mean over texts), beside word counts and positions.
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.evaluation.environment import command_line, environment
from summarize.files import write_bytes, write_text
from summarize.models.content import FILE, STEP, ContentModel
from summarize.models.content_features import (
    ENDING,
    KINDS,
    LENGTH_NAMES,
    NAMES,
    PAIR_NAMES,
    TABLES,
    Seen,
    Tables,
    kind_of,
    look,
    with_words,
)
from summarize.models.papers import log_odds
from summarize.models.scorer import CLIP, Array, Scorer
from summarize.models.term_vectors import stem, terms

TOKEN = re.compile(r"[^\W_]+|[.!?](?=\s)")  # words, and the ends of sentences
COUNTED = 400  # words of a text that are counted
VOCABULARY, LEAST, ENDINGS, PRIOR = 6_800, 60, 500, 20.0
SAMPLE = {"paper title": 9_000, "title": 9_000, "sentence": 9_000}
CUT, CUT_WORDS = 0.4, 250  # that share of the sample is cut after so many words, as a model reads
HIDDEN, PAIR_HIDDEN, EPOCHS, BATCH, RATE = 16, 8, 6, 4096, 3e-3
SEED = 5
DEV = ("arxiv-dev", "general-dev", "scitldr-dev", "docs-dev")
Row = dict[str, Any]


class Counts:
    """Over the pairs of one kind of summary."""

    def __init__(self) -> None:
        self.pairs = 0
        self.source: Counter[int] = Counter()
        self.both: Counter[int] = Counter()
        self.new: Counter[int] = Counter()


def read(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def references(row: Row) -> list[str]:
    return row.get("references") or [row["summary"]]


def row_kind(row: Row) -> str:
    is_title = row.get("style", "title") == "title"
    return kind_of(is_title, is_title and row["domain"] == "arxiv")


def count(
    path: Path, size: float
) -> tuple[list[str], dict[str, Counts], list[Any], dict[str, list[Row]]]:
    """The words, the counts of each kind, the texts as numbers, and a sample of the rows."""
    number: dict[str, int] = {".": 0}
    counts = {kind: Counts() for kind in KINDS}
    texts = []
    kept: dict[str, list[Row]] = defaultdict(list)
    draw, lots = random.Random(SEED), random.Random(SEED)
    done: set[int] = set()
    for row in read(path):
        if lots.random() >= size:
            continue
        key = hash(row["document"])
        if key in done:  # the mix has descriptions several times
            continue
        done.add(key)
        kind = row_kind(row)
        source = [
            number.setdefault("." if t in "!?." else stem(t), len(number))
            for t in TOKEN.findall(row["document"].lower())[:COUNTED]
        ]
        wanted = {number.setdefault(t, len(number)) for t in terms(references(row)[0])}
        here = set(source)
        found = counts[kind]
        found.pairs += 1
        found.source.update(here)
        found.both.update(here & wanted)
        found.new.update(wanted - here)
        array = np.array(source, dtype=np.int32)
        texts.append((KINDS.index(kind), array, np.isin(array, list(here & wanted))))
        sample, wanted_rows = kept[kind], round(SAMPLE[kind] * size**0.5)  # a reservoir
        if len(sample) < wanted_rows:
            sample.append(row)
        elif (place := draw.randrange(found.pairs)) < wanted_rows:
            sample[place] = row
    return list(number), counts, texts, kept


def logit(p: Array) -> Array:
    p = np.clip(p, 1e-4, 1 - 1e-4)
    return np.log(p / (1 - p))


def learn_tables(words: list[str], counts: dict[str, Counts], texts: list[Any]) -> Tables:
    size = len(words)

    def column(counter: Counter[int]) -> Array:
        result = np.zeros(size)
        result[list(counter.keys())] = list(counter.values())
        return result

    source = np.stack([column(counts[kind].source) for kind in KINDS])
    both = np.stack([column(counts[kind].both) for kind in KINDS])
    new = np.stack([column(counts[kind].new) for kind in KINDS])
    pairs = np.array([counts[kind].pairs for kind in KINDS], dtype=np.float64)
    endings = ["-" + word[-ENDING:] for word in words]
    many: Counter[str] = Counter()
    for ending, n in zip(endings, source.sum(axis=0).tolist(), strict=True):
        many[ending] += int(n)
    common = [ending for ending, _ in many.most_common(ENDINGS)]
    group_index = {ending: i + 1 for i, ending in enumerate(common)}
    group = np.array([group_index.get(ending, 0) for ending in endings])
    # What rare words of an ending do is what the tables say of unknown ones.
    rare = source.sum(axis=0) < LEAST
    prior = np.zeros((len(KINDS), len(common) + 1))
    for kind in range(len(KINDS)):
        n = np.bincount(group, source[kind] * rare, len(common) + 1)
        y = np.bincount(group, both[kind] * rare, len(common) + 1)
        base = y.sum() / n.sum()
        prior[kind] = (y + 50 * base) / (n + 50)
    p = (both + PRIOR * prior[:, group]) / (source + PRIOR)
    information = (source * (logit(p) - logit(prior[:, group])) ** 2).sum(axis=0)
    information += 5 * new.sum(axis=0)
    information[rare | np.array([not w or w.isdigit() for w in words])] = -1
    information[0] = 1e12  # the end of a sentence
    chosen = np.argsort(-information)[: VOCABULARY - len(common) - 1]
    chosen = chosen[information[chosen] > 0]

    # Neighbours: how much more often a word is taken than its own table says.
    expected, observed = np.zeros((2, size)), np.zeros((2, size))
    for kind, array, taken in texts:
        if len(array) < 2:
            continue
        own = p[kind][array]
        np.add.at(expected[0], array[:-1], own[1:])
        np.add.at(observed[0], array[:-1], taken[1:])
        np.add.at(expected[1], array[1:], own[:-1])
        np.add.at(observed[1], array[1:], taken[:-1])
    ratio = np.log((observed + PRIOR) / (expected + PRIOR))
    names = ["~", *common, *(words[i] for i in chosen)]
    values = np.zeros((len(TABLES), len(names)))
    values[:3, 0] = logit(prior[:, 0])
    values[:3, 1 : len(common) + 1] = logit(prior[:, 1:])
    values[3:6, : len(common) + 1] = -6.3
    values[:3, len(common) + 1 :] = logit(p[:, chosen])
    values[3:6, len(common) + 1 :] = logit(
        new[:, chosen] / np.maximum(1, pairs[:, None] - source[:, chosen])
    )
    values[6:8, len(common) + 1 :] = ratio[:, chosen]
    values = np.round(np.clip(values / STEP, -127, 127)) * STEP
    return Tables({word: i for i, word in enumerate(names)}, values)


class Example(NamedTuple):
    seen: Seen
    kind: int
    taken: NDArray[np.float32]  # (D,)
    pairs_taken: NDArray[np.float32]  # (P,)
    length: float


def example(row: Row, tables: Tables, is_cut: bool) -> Example | None:
    text = row["document"]
    if is_cut:
        text = " ".join(text.split()[:CUT_WORDS])
    document = Document.from_text(text, is_prose=is_cut)
    sentences = [document.sentence_text(i) for i in range(len(document.sentences))]
    is_title = row.get("style", "title") == "title"
    is_paper = log_odds(" ".join(sentences[:20])) > 0
    seen = look(sentences, tables, is_title, is_paper)
    if seen is None:
        return None
    wanted = [terms(reference) for reference in references(row)]
    lines = [set(reference) for reference in wanted]
    neighbours = [set(zip(r, r[1:], strict=False)) for r in wanted]
    pairs = [(seen.words[a], seen.words[b]) for a, b in seen.pairs.tolist()]
    return Example(
        seen,
        KINDS.index(kind_of(is_title, is_paper)),
        np.array([np.mean([w in line for line in lines]) for w in seen.words], np.float32),
        np.array([np.mean([p in some for some in neighbours]) for p in pairs], np.float32),
        float(np.mean([len(reference) for reference in wanted])),
    )


def fit(names: Sequence[str], rows: Array, taken: NDArray[np.float32], hidden: int) -> Scorer:
    """Least cross-entropy."""
    import torch

    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    x = torch.tensor(np.clip((rows - mean) / scale, -CLIP, CLIP), dtype=torch.float32)
    y = torch.tensor(taken)
    first = torch.nn.Linear(len(names), hidden)
    last = torch.nn.Linear(hidden, 1, bias=False)
    with torch.no_grad():  # a unit that is always on takes the place of the constant
        first.weight[0] = 0
        first.bias[0] = 1.0
        last.weight[0, 0] = -2.0
    network = torch.nn.Sequential(first, torch.nn.Tanh(), last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-4)
    steps = EPOCHS * (len(x) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for epoch in range(EPOCHS):
        total = 0.0
        for some in torch.randperm(len(x)).split(BATCH):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                network(x[some])[:, 0], y[some]
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            total += loss.item() * len(some)
        print(f"  epoch {epoch + 1}: {total / len(x):.4f}", flush=True)
    weight, bias, output = (p.detach().double().numpy() for p in network.parameters())
    return Scorer(tuple(names), mean, scale, np.hstack([weight, bias[:, None]]), output[0])


def fit_lengths(found: Sequence[Example]) -> Array:
    result = np.zeros((len(KINDS), len(LENGTH_NAMES) + 1))
    for kind in range(len(KINDS)):
        mine = [one for one in found if one.kind == kind]
        x = np.array([[*one.seen.length_row, 1.0] for one in mine])
        y = np.log([max(1.0, one.length) for one in mine])
        result[kind] = np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ y)
    return result


def learn(path: Path, size: float) -> ContentModel:
    words, counts, texts, kept = count(path, size)
    print({kind: found.pairs for kind, found in counts.items()}, len(words), "words", flush=True)
    tables = learn_tables(words, counts, texts)
    del texts
    draw = random.Random(SEED)
    rows = [row for kind in KINDS for row in kept[kind]]
    found = [one for row in rows if (one := example(row, tables, draw.random() < CUT))]
    print(len(found), "examples", flush=True)
    words_scorer = fit(
        NAMES,
        np.concatenate([one.seen.rows for one in found]).astype(np.float32),
        np.concatenate([one.taken for one in found]),
        HIDDEN,
    )
    pair_rows, pairs_taken = [], []
    for one in found[:: max(1, len(found) // 15_000)]:
        pair_rows.append(with_words(one.seen, words_scorer.score(one.seen.rows)))
        pairs_taken.append(one.pairs_taken)
    pairs_scorer = fit(
        PAIR_NAMES,
        np.concatenate(pair_rows).astype(np.float32),
        np.concatenate(pairs_taken),
        PAIR_HIDDEN,
    )
    return ContentModel(tables, words_scorer, pairs_scorer, fit_lengths(found))


def area(signal: Array, taken: Array) -> float | None:
    """Under the ROC curve: how often a word that was taken stands above one that was not."""
    from scipy.stats import rankdata

    yes = taken > 0
    if yes.all() or not yes.any():
        return None
    ranks = rankdata(signal)
    high: float = ranks[yes].sum() - yes.sum() * (yes.sum() + 1) / 2
    return high / (yes.sum() * (~yes).sum())


def measure(model: ContentModel, folder: Path) -> dict[str, Any]:
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for name in DEV:
        with lzma.open(folder / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
            rows = list(map(json.loads, lines))
        for row in rows[:1000]:
            style = row.get("style") or ("title" if name == "arxiv-dev" else "tldr")
            one = example({**row, "style": style}, model.tables, False)
            if one is None:
                continue
            content = one.seen.rows[:, NAMES.index("stop")] == 0
            logits = model.words.score(one.seen.rows)
            signals = {
                "model": logits,
                "table": one.seen.rows[:, NAMES.index("log odds")],
                "count": one.seen.rows[:, NAMES.index("log count")],
                "position": one.seen.rows[:, NAMES.index("near 50")],
            }
            for key, signal in signals.items():
                value = area(signal[content], one.taken[content])
                if value is not None:
                    found[f"{name}, {style}"][key].append(value)
    return {
        name: {
            "documents": len(values["model"]),
            **{key: round(float(np.mean(some)), 3) for key, some in values.items()},
        }
        for name, values in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mix", type=Path, help="mix.jsonl.gz")
    parser.add_argument("data", type=Path, help="folder of the dev files")
    parser.add_argument("--size", type=float, default=1.0, help="share of the mix that is read")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    started = time.perf_counter()
    model = learn(arguments.mix, arguments.size)
    write_bytes(FILE, model.to_bytes())
    print(FILE, FILE.stat().st_size, "bytes")
    found = measure(model, arguments.data)
    for name, values in found.items():
        print(name, values)
    if arguments.output:
        result = {
            "command": command_line("python", sys.argv[0]),
            "date": time.strftime("%Y-%m-%d"),
            "environment": environment(),
            "minutes": round((time.perf_counter() - started) / 60, 1),
            "dev": found,
        }
        write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
