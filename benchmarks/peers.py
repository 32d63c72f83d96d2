"""Ours beside other engines of the same size: milliseconds a document and ROUGE, in turns.

    python benchmarks/peers.py DEV.jsonl.xz [DEV.jsonl.xz ...] -o benchmarks/results/peers.json

The systems: the RNN that ships, through the package's own front door, as it is and with the full
search (the whole vocabulary instead of the shortlist); and the transformer that ships, by
transformers' `generate` and by CTranslate2 in fp32 and int8, each called as directly as it can be.
All search with the same beam. Each system lives in a process of its own, with the same number of
threads (of CTranslate2) or of worker processes (ours), and they take turns: in every round each
summarizes the documents one by one, then all at once. Nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summarize.evaluation.data import read_data
from summarize.evaluation.environment import child_environment, command_line, environment
from summarize.evaluation.rouge import bootstrap_means, rouge_scores, signature
from summarize.files import write_text

Asked = tuple[str, str]  # a document and the style of its summary; the transformer has but one
Write = Callable[[list[Asked]], list[str]]
OURS, FULL = "ours, RNN", "ours, full search"
SYSTEMS = (OURS, FULL, "transformers, generate", "CTranslate2, fp32", "CTranslate2, int8")
BATCH = 16  # documents at once, sorted by length, for the engines that leave that to their user
MOST_TOKENS = 64
NO_REPEAT = 3


# --- one system, in a process of its own ---------------------------------------------------------


def ours(beam: int, threads: int, is_full: bool) -> tuple[Write, Write]:
    from summarize.threads import load_numpy_single

    load_numpy_single()
    from summarize import load_summarizer
    from summarize.threads import shares
    from summarize.workers import map_in_order

    summarizer = load_summarizer("attention")

    def write(asked: list[Asked]) -> list[str]:
        # By the same words' rules and lengths; nothing but what it writes.
        found = summarizer.summarize(
            [text for text, _ in asked],
            mode="abstractive",
            overflow="truncate",
            style=asked[0][1],
            beam_size=beam,
            batch_size=BATCH,
            full_vocabulary=is_full,
        )
        return [summary.text for summary in found]

    def write_all(asked: list[Asked]) -> list[str]:
        """As `summarize FILES` does: in worker processes."""
        order = sorted(range(len(asked)), key=lambda i: (asked[i][1], -len(asked[i][0])))
        batches: list[list[int]] = []
        waiting = iter(order)
        for size in shares(len(order), BATCH):
            rows = list(islice(waiting, size))
            for _, some in groupby(rows, key=lambda i: asked[i][1]):
                batches.append(list(some))
        found = [""] * len(asked)
        written = map_in_order(lambda rows: write([asked[i] for i in rows]), batches)
        for rows, texts in zip(batches, written, strict=True):
            for i, text in zip(rows, texts, strict=True):
                found[i] = text
        return found

    return write, write_all


def generate(beam: int, threads: int) -> tuple[Write, Write]:
    import torch

    torch.set_num_threads(threads)
    model, tokenizer, start, longest = transformer()

    def write(asked: list[Asked]) -> list[str]:
        texts = [text for text, _ in asked]
        encoded = tokenizer(
            texts, truncation=True, max_length=longest, padding=True, return_tensors="pt"
        )
        with torch.inference_mode():
            found = model.generate(
                **encoded,
                num_beams=beam,
                max_new_tokens=MOST_TOKENS,
                no_repeat_ngram_size=NO_REPEAT,
                decoder_start_token_id=start,
            )
        return list(tokenizer.batch_decode(found, skip_special_tokens=True))

    return write, in_batches(write)


def ctranslate2(beam: int, threads: int, kind: str) -> tuple[Write, Write]:
    from ctranslate2 import Translator

    from summarize.models.cache import cached_folder
    from summarize.models.huggingface import Transformer
    from summarize.models.huggingface_fast import convert, key_of
    from summarize.models.registry import Request, shipped

    loaded = Transformer(Request(shipped("transformer"), "transformer", backend="torch")).loaded
    folder = str(
        cached_folder("ctranslate2", key_of(loaded), lambda new: convert(loaded, new, "shipped"))
    )
    _, tokenizer, start, longest = transformer()
    # For one document all threads work on it; of many each thread has some.
    alone = Translator(folder, device="cpu", compute_type=kind, intra_threads=threads)
    beside = Translator(
        folder, device="cpu", compute_type=kind, inter_threads=threads, intra_threads=1
    )

    def writer(translator: Translator) -> Write:
        def write(asked: list[Asked]) -> list[str]:
            texts = [text for text, _ in asked]
            encoded = tokenizer(texts, truncation=True, max_length=longest)["input_ids"]
            found = translator.translate_batch(
                [tokenizer.convert_ids_to_tokens(ids) for ids in encoded],
                [tokenizer.convert_ids_to_tokens([start])] * len(texts),
                beam_size=beam,
                patience=2.0,
                no_repeat_ngram_size=NO_REPEAT,
                max_decoding_length=MOST_TOKENS,
                max_batch_size=BATCH,  # it sorts by length itself
            )
            ids = [tokenizer.convert_tokens_to_ids(result.hypotheses[0]) for result in found]
            return list(tokenizer.batch_decode(ids, skip_special_tokens=True))

        return write

    return writer(alone), writer(beside)


def transformer() -> tuple[Any, Any, int, int]:
    """The shipped transformer: model, tokenizer, the token that a title starts with, its window."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    from summarize.models.registry import shipped

    folder = shipped("transformer")
    model = AutoModelForSeq2SeqLM.from_pretrained(folder).float().eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    window = json.loads((folder / "summarize.json").read_text("utf-8"))["max_source_tokens"]
    return model, tokenizer, model.generation_config.decoder_start_token_id, window


def in_batches(write: Write) -> Write:
    def write_all(asked: list[Asked]) -> list[str]:
        order = sorted(range(len(asked)), key=lambda i: -len(asked[i][0]))
        found = [""] * len(asked)
        for first in range(0, len(order), BATCH):
            rows = order[first : first + BATCH]
            for i, text in zip(rows, write([asked[i] for i in rows]), strict=True):
                found[i] = text
        return found

    return write_all


def serve(system: str, beam: int, threads: int) -> None:
    """Documents come first, as one line; then for each line "alone" or "together" one answer."""
    answers, sys.stdout = sys.stdout, sys.stderr
    if system in (OURS, FULL):
        alone, together = ours(beam, threads, system == FULL)
    elif system.startswith("transformers"):
        alone, together = generate(beam, threads)
    else:
        kind = "float32" if system.endswith("fp32") else "int8"
        alone, together = ctranslate2(beam, threads, kind)
    asked = [(text, style) for text, style in json.loads(sys.stdin.readline())]
    together(asked[:BATCH])
    alone(asked[:1])  # whatever is done once is done
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        seconds, found = [], []
        if line.strip() == "alone":
            for one in asked:
                started = time.perf_counter()
                found += alone([one])
                seconds.append(time.perf_counter() - started)
        else:
            started = time.perf_counter()
            found = together(asked)
            seconds.append((time.perf_counter() - started) / len(asked))
        print(json.dumps({"seconds": seconds, "texts": found}), file=answers, flush=True)


# --- all of them, in turns ---------------------------------------------------------------------


class Process:
    def __init__(self, system: str, beam: int, threads: int, asked: list[Asked]) -> None:
        arguments = ["--serve", system, "--beam-size", str(beam), "--threads", str(threads)]
        self.process = subprocess.Popen(
            [sys.executable, __file__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(threads),
            text=True,
        )
        self.ask(json.dumps(asked))

    def send(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, what: str) -> Any:
        self.send(what)
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def measure(rows: list[Any], systems: list[str], beam: int, threads: int, rounds: int) -> Any:
    asked = [(row.document, row.style or "title") for row in rows]
    references = [row.references for row in rows]
    processes = {name: Process(name, beam, threads, asked) for name in systems}
    seconds: dict[str, dict[str, list[list[float]]]] = {
        name: {"alone": [], "together": []} for name in systems
    }
    written: dict[str, list[str]] = {}
    for number in range(rounds):
        for way in ("alone", "together"):
            for name, process in processes.items():
                answer = process.ask(way)
                seconds[name][way].append(answer["seconds"])
                written[name] = answer["texts"]
                spent = 1000 * np.mean(answer["seconds"])
                print(f"{number + 1} {way:9} {name:24} {spent:7.1f} ms", file=sys.stderr)
    for process in processes.values():
        process.end()
    found: dict[str, Any] = {}
    for name in systems:
        alone = 1000 * np.median(seconds[name]["alone"], axis=0)  # of each document
        together = 1000 * np.array(seconds[name]["together"])[:, 0]  # of each round
        scores = rouge_scores(written[name], references)
        found[name] = {
            "one by one, ms a document": round(float(np.mean(alone)), 2),
            "together, ms a document": round(float(np.median(together)), 2),
            "rouge": {kind: round(float(np.mean(values)), 2) for kind, values in scores.items()},
        }
        if name != OURS and OURS in systems:
            own = 1000 * np.median(seconds[OURS]["alone"], axis=0)
            own_together = 1000 * np.array(seconds[OURS]["together"])[:, 0]
            found[name]["ours / this, one by one"] = ratio(own, alone)
            found[name]["ours / this, together"] = ratio(own_together, together)
    if OURS in systems and FULL in systems:
        found[OURS]["minus the full search"] = difference(written[OURS], written[FULL], references)
    return found


def difference(one: list[str], other: list[str], references: list[Any]) -> dict[str, Any]:
    """ROUGE-1, 2 and L of one less that of the other, with 95 % intervals."""
    pairs = rouge_scores(one, references), rouge_scores(other, references)
    found: dict[str, Any] = {}
    for kind in ("rouge1", "rouge2", "rougeL"):
        less = np.array(pairs[0][kind]) - np.array(pairs[1][kind])
        low, high = np.quantile(bootstrap_means(less[:, None])[:, 0], [0.025, 0.975])
        found[kind] = {
            "mean": round(float(less.mean()), 2),
            "interval": [round(float(low), 2), round(float(high), 2)],
        }
    return {"texts that differ": sum(map(str.__ne__, one, other)), **found}


def ratio(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> dict[str, Any]:
    """Of the means, with a 95 % interval from the same draws of both."""
    means = bootstrap_means(np.stack([ours, theirs], axis=1))
    low, high = np.quantile(means[:, 0] / means[:, 1], [0.025, 0.975])
    return {
        "ratio": round(float(ours.mean() / theirs.mean()), 3),
        "interval": [round(float(low), 3), round(float(high), 3)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("-n", "--documents", type=int, default=100)
    parser.add_argument("--beam-size", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--systems", default=";".join(SYSTEMS))
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve, arguments.beam_size, arguments.threads)
        return
    results = {}
    for path in arguments.data:
        rows = read_data(path).rows[: arguments.documents]
        results[path.name.split(".")[0]] = measure(
            rows,
            arguments.systems.split(";"),
            arguments.beam_size,
            arguments.threads,
            arguments.rounds,
        )
    result = {
        "command": command_line("python", sys.argv[0]),
        "date": time.strftime("%Y-%m-%d"),
        "environment": environment(arguments.threads),
        "documents": arguments.documents,
        "beam_size": arguments.beam_size,
        "signature": signature(),
        "results": results,
    }
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    if arguments.output:
        write_text(arguments.output, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
