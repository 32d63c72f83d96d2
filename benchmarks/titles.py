"""ROUGE of one or more models on a JSON Lines file, into a result file with everything to rerun it.

    python benchmarks/titles.py arxiv-test.jsonl.xz -m lead -m seq2seq -m attention \\
        -m transformer -o benchmarks/results/arxiv-test.json

Each two models are compared on the same documents (paired bootstrap), and each model on documents
of each length. The model `oracle` is the best single sentence: the one of the document with the
highest ROUGE, which no summarizer can know.

`--examples N` prints N outputs as Markdown instead, picked by `--seed` and not by eye.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import platform
import re
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from summarize.evaluation.rouge import (
    paired_difference,
    rouge_scores,
    signature,
    with_interval,
)
from summarize.sentences import sentences
from summarize.summarizers import Options, Summarizer, Summary, Tokens, load_summarizer
from summarize.training.examples import Example, read_examples
from summarize.training.recipe import Recipe

THREE_TIMES = re.compile(r"\b(\w+)\W+\1\W+\1\b", re.IGNORECASE)
# Upper ends of the length buckets, in words of the document.
BUCKETS = (75, 125, 175, 225, sys.maxsize)
EXTRACTIVE = ("lead", "oracle")
summarizer: Summarizer


class Oracle:
    """The sentence that scores best against the references: the bound of extracting one."""

    name = "oracle"

    def __init__(self, examples: list[Example]) -> None:
        self.references = {e.document: e.references for e in examples}

    def summarize(
        self, documents: Sequence[str], options: Options | None = None, /, **changes: Any
    ) -> list[Summary]:
        return [self.one(document) for document in documents]

    def one(self, document: str) -> Summary:
        found = list(sentences(document))
        scores = rouge_scores(found, [self.references[document]] * len(found))
        best = found[int(sum(scores.values()).argmax())]
        return Summary(best, self.name, Tokens(0, 0, 0), 0.0, mode="extractive")


def start(model: str, examples: list[Example]) -> None:
    global summarizer
    summarizer = Oracle(examples) if model == "oracle" else load_summarizer(model)


def several(job: tuple[list[str], Options]) -> list[Summary]:
    return summarizer.summarize(*job)


def measure(
    model: str, examples: list[Example], options: Options, processes: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is reported of a model, and its scores, document by document."""
    if model in EXTRACTIVE:
        options = Options()
    documents = [e.document for e in examples]
    size = 4 * options.batch_size
    jobs = [(documents[i : i + size], options) for i in range(0, len(documents), size)]
    started = time.perf_counter()
    # One thread each, set before NumPy is imported there: several processes would wait on another.
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    before = {name: os.environ.get(name) for name in threads}
    os.environ |= threads
    spawn = multiprocessing.get_context("spawn")
    known = examples if model == "oracle" else []
    with ProcessPoolExecutor(processes, spawn, initializer=start, initargs=(model, known)) as pool:
        summaries = [summary for part in pool.map(several, jobs) for summary in part]
    for name, value in before.items():  # what is started later may use every core
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value
    wall = time.perf_counter() - started
    texts = [s.text for s in summaries]
    scores = rouge_scores(texts, [e.references for e in examples])
    seconds = np.array([s.seconds for s in summaries])
    limit = sys.maxsize if model in EXTRACTIVE else options.max_tokens or 64
    unfinished = [s.tokens.summary >= limit or s.text.endswith("-") for s in summaries]
    print(
        f"{model}: "
        + " ".join(f"{kind} {values.mean():.2f}" for kind, values in scores.items())
        + f"  {np.median(seconds) * 1000:.1f} ms a document",
        file=sys.stderr,
    )
    words = np.array([len(d.split()) for d in documents])
    lengths = {}
    for low, high in zip((0, *BUCKETS), BUCKETS, strict=False):
        inside = (words > low) & (words <= high)
        if inside.any():
            name = f"{low + 1}-{high if high < sys.maxsize else words.max()}"
            lengths[name] = {
                "documents": int(inside.sum()),
                **{kind: with_interval(values[inside]) for kind, values in scores.items()},
            }
    report = {
        "scores": {kind: with_interval(values) for kind, values in scores.items()},
        "by_words_of_document": lengths,
        "seconds_per_document": {
            "median": round(float(np.median(seconds)), 5),
            "mad": round(float(np.median(np.abs(seconds - np.median(seconds)))), 5),
        },
        "wall_seconds": round(wall, 1),
        "words_per_summary": round(float(np.mean([len(t.split()) for t in texts])), 2),
        "a_word_three_times_share": float(np.mean([bool(THREE_TIMES.search(t)) for t in texts])),
        "unfinished_share": float(np.mean(unfinished)),
        "distinct_summaries_share": len(set(texts)) / len(texts),
    }
    return report, scores


def machine() -> dict[str, Any]:
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        cpu = names[0] if names else cpu
    packages = ("numpy", "tokenizers", "rouge-score", "sentencex", "torch", "transformers")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages if is_installed(name)},
    }


def is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def print_examples(
    model: str, examples: list[Example], options: Options, count: int, seed: int
) -> None:
    rows = np.random.default_rng(seed).choice(len(examples), count, replace=False)
    loaded = load_summarizer(model)
    print("| the author's | ours |\n|---|---|")
    for row in rows:
        summary = loaded.summarize([examples[row].document], options)[0]
        cells = [text.replace("|", "\\|") for text in (examples[row].references[0], summary.text)]
        print(f"| {cells[0]} | {cells[1]} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-m", "--model", action="append", default=[])
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--style", default=None)
    parser.add_argument("--beam-size", type=int, default=None)
    parser.add_argument("--length-penalty", type=float, default=None)
    parser.add_argument("--no-repeat-ngram-size", type=int, default=None)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--examples", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    examples = list(read_examples([arguments.data], Recipe()))[: arguments.limit]
    options = Options(
        style=arguments.style,
        beam_size=arguments.beam_size,
        length_penalty=arguments.length_penalty,
        no_repeat_ngram_size=arguments.no_repeat_ngram_size,
        batch_size=arguments.batch_size,
    )
    models = arguments.model or ["lead", "attention"]
    if arguments.examples:
        print_examples(models[-1], examples, options, arguments.examples, arguments.seed)
        return
    measured = {m: measure(m, examples, options, arguments.processes) for m in models}
    result = {
        "command": " ".join(["python", "benchmarks/titles.py", arguments.data.name, *sys.argv[2:]]),
        "date": time.strftime("%Y-%m-%d"),
        "data": arguments.data.name,
        "data_sha256": hashlib.sha256(arguments.data.read_bytes()).hexdigest(),
        "documents": len(examples),
        "limit": arguments.limit,
        "signature": signature("max" if any(len(e.references) > 1 for e in examples) else "1"),
        "options": vars(options),
        "processes": arguments.processes,
        "machine": machine(),
        "models": {model: report for model, (report, _) in measured.items()},
        "differences": {
            f"{one} - {other}": {
                kind: paired_difference(values, measured[other][1][kind])
                for kind, values in measured[one][1].items()
            }
            for other, one in combinations(models, 2)
        },
    }
    text = json.dumps(result, indent=2) + "\n"
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
