"""ROUGE of one or more models on a JSON Lines file, into a result file with everything to rerun it.

    python benchmarks/titles.py arxiv-test.jsonl.xz -m lead -m attention \\
        -o benchmarks/results/arxiv-test.json

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
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from summarize.evaluation.rouge import rouge_scores, signature, with_interval
from summarize.summarizers import Options, Summarizer, Summary, load_summarizer
from summarize.training.examples import Example, read_examples
from summarize.training.recipe import Recipe

THREE_TIMES = re.compile(r"\b(\w+)\W+\1\W+\1\b", re.IGNORECASE)
summarizer: Summarizer


def start(model: str) -> None:
    global summarizer
    summarizer = load_summarizer(model)


def one(job: tuple[str, Options]) -> Summary:
    return summarizer.summarize([job[0]], job[1])[0]


def measure(
    model: str, examples: list[Example], options: Options, processes: int
) -> dict[str, Any]:
    jobs = [(e.document, options if model != "lead" else Options()) for e in examples]
    started = time.perf_counter()
    # One thread each, set before NumPy is imported there: several processes would wait on another.
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, initializer=start, initargs=(model,)) as pool:
        summaries = list(pool.map(one, jobs, chunksize=20))
    wall = time.perf_counter() - started
    texts = [s.text for s in summaries]
    scores = rouge_scores(texts, [e.references for e in examples])
    seconds = np.array([s.seconds for s in summaries])
    limit = options.max_tokens if model != "lead" else sys.maxsize
    unfinished = [s.tokens.summary >= limit or s.text.endswith("-") for s in summaries]
    print(
        f"{model}: "
        + " ".join(f"{kind} {values.mean():.2f}" for kind, values in scores.items())
        + f"  {np.median(seconds) * 1000:.1f} ms a document",
        file=sys.stderr,
    )
    return {
        "scores": {kind: with_interval(values) for kind, values in scores.items()},
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


def machine() -> dict[str, Any]:
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        cpu = names[0] if names else cpu
    packages = ("numpy", "tokenizers", "rouge-score", "sentencex")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
    }


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
    parser.add_argument("--beam-size", type=int, default=Options.beam_size)
    parser.add_argument("--length-penalty", type=float, default=None)
    parser.add_argument("--no-repeat-ngram-size", type=int, default=Options.no_repeat_ngram_size)
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
    )
    models = arguments.model or ["lead", "attention"]
    if arguments.examples:
        print_examples(models[-1], examples, options, arguments.examples, arguments.seed)
        return
    several = any(len(e.references) > 1 for e in examples)
    result = {
        "command": " ".join(["python", "benchmarks/titles.py", arguments.data.name, *sys.argv[2:]]),
        "date": time.strftime("%Y-%m-%d"),
        "data": arguments.data.name,
        "data_sha256": hashlib.sha256(arguments.data.read_bytes()).hexdigest(),
        "documents": len(examples),
        "limit": arguments.limit,
        "signature": signature("max" if several else "1"),
        "options": vars(options),
        "processes": arguments.processes,
        "machine": machine(),
        "models": {m: measure(m, examples, options, arguments.processes) for m in models},
    }
    text = json.dumps(result, indent=2) + "\n"
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
