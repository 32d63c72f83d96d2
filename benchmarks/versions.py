"""Today's code beside an older version of it: what each segments and tokenizes, the time of a long
text, and which summaries differ.

    git archive e6b70e7 | tar x -C OLD
    python benchmarks/versions.py cost --old OLD -o benchmarks/results/versions-cost.json
    python benchmarks/versions.py same --old OLD arxiv-dev.jsonl.xz general-dev.jsonl.xz \\
        -o benchmarks/results/versions-same.json

`cost` runs each version with the weights that it ships on our own documents: characters segmented
and tokenized for each character of the document (greedily, since the search reads nothing twice;
texts that the model wrote and the document lacks are counted apart), and CPU seconds on one thread
for a long text with all defaults (release 0.1 reads it in chunks). `same` runs both versions with
the old weights and the same search (beam 4, free words, full vocabulary, no reranker, documents
truncated), one document at a time, so that only the pipeline differs, and sorts the differences by
cause.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SHORT_WORDS, LONG_WORDS = 250, 1000
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    # Name: which documents, and what is asked.
    "short": ("short", {"beam_size": 1}),
    "long": ("long", {"beam_size": 1}),
    "chunk": ("long", {"beam_size": 1, "long": "chunk"}),
    "medium": ("long", {"beam_size": 1, "length": "medium"}),
    "outline": ("long", {"beam_size": 1, "length": "long"}),
}
BOOKS: dict[str, dict[str, Any]] = {
    "default": {},
    "chunk": {"long": "chunk"},
    "medium": {"length": "medium"},
    "outline": {"length": "long"},
}
SEARCH = {"beam_size": 4, "long": "truncate", "free_words": True, "full_vocabulary": True}


# --- in a child process, which imports one version or the other --------------------------------


class Counter:
    """Characters that went through sentencex and through the tokenizer."""

    def __init__(self) -> None:
        import sentencex

        from summarize.rnn import tokenizer

        self.document = ""
        self.reset()
        self.inside = False
        real = tokenizer.squeeze

        def squeeze(text: str) -> str:  # called once for each text that is encoded
            self.note("tokenized", text)
            return real(text)

        tokenizer.squeeze = squeeze
        for name in ("segment", "get_sentence_boundaries"):
            setattr(sentencex, name, self.counted(getattr(sentencex, name)))

    def reset(self) -> None:
        self.found = {
            "segmented": 0,
            "tokenized": 0,
            "segmented_written": 0,
            "tokenized_written": 0,
        }

    def counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def segment(language: str, text: str) -> Any:
            if self.inside:  # the one may be made of the other
                return function(language, text)
            self.inside = True
            try:
                self.note("segmented", text)
                return function(language, text)
            finally:
                self.inside = False

        return segment

    def note(self, name: str, text: str) -> None:
        is_written = "".join(text.split()) not in self.document
        self.found[name + "_written" * is_written] += len(text)

    @contextmanager
    def of(self, document: str) -> Iterator[None]:
        self.document = "".join(document.split())
        yield


def cost(asked: dict[str, Any]) -> dict[str, Any]:
    from summarize import load_summarizer

    counter = Counter() if asked["count"] else None  # before anything holds what it replaces
    summarizer = load_summarizer("attention")
    summarizer.summarize([asked["texts"]["short"][0]])  # what is made at the first call
    if counter:
        counter.reset()
    found: dict[str, Any] = {}
    for name, (kind, options) in asked["cases"].items():
        texts = asked["texts"][kind]
        chunks = 0
        started, cpu = time.perf_counter(), time.process_time()
        for text in texts:
            if counter:
                with counter.of(text):
                    chunks += summarizer.summarize([text], **options)[0].chunks
            else:
                chunks += summarizer.summarize([text], **options)[0].chunks
        found[name] = {"cpu_seconds": time.process_time() - cpu, "chunks": chunks}
        found[name]["seconds"] = time.perf_counter() - started
        if counter:
            size = sum(map(len, texts))
            found[name] = {k: round(v / size, 3) for k, v in counter.found.items()}
            found[name]["chunks"] = chunks
            counter.reset()
    return found


def same(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each document in each mode: the text, and which token ids were read for it."""
    from dataclasses import replace

    import summarize
    from summarize import load_summarizer

    summarizer = load_summarizer(asked["model"])
    model = getattr(summarizer, "model", summarizer)
    write, known = model.write, {}
    read: list[list[int]] = []

    def remembered(sources: list[Any], options: Any) -> Any:
        ids = [list(getattr(getattr(s, "payload", s), "ids", s)) for s in sources]
        read.extend(ids)
        key = repr((ids, replace(options, mode="auto", progress=None)))
        if key not in known:
            known[key] = write(sources, options)
        return known[key]

    model.write = remembered
    options = dict(SEARCH)
    if not (Path(summarize.__file__).parent / "options.py").exists():  # 0.1
        del options["free_words"], options["full_vocabulary"]
    rows: list[dict[str, Any]] = []
    for row in asked["rows"]:
        found: dict[str, Any] = {"id": row["id"]}
        known.clear()
        for mode in ("abstractive", "auto"):
            read.clear()
            (one,) = summarizer.summarize(
                [row["document"]], mode=mode, style=row["style"], **options
            )
            found[mode] = {"text": one.text, "mode": one.mode}
            if read:
                found["read"] = model.tokenizer.decode(read[0])
                found["tokens"] = len(read[0])
                found["longer"] = one.tokens.document > one.tokens.read
        rows.append(found)
    return rows


def child(name: str, root: Path, asked: dict[str, Any]) -> Any:
    """What `cost` or `same` finds out in a process that imports the version in `root`."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    environment = {**os.environ, **one, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-P", str(Path(__file__).resolve()), f"--child={name}"],
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        check=True,
    )
    return json.loads(done.stdout)


# --- here --------------------------------------------------------------------------------------


def own_documents() -> dict[str, list[str]]:
    lines = (HERE / "documents.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["document"] for line in lines]
    return {
        "short": [text for text in texts if len(text.split()) <= SHORT_WORDS][:20],
        "long": [text for text in texts if len(text.split()) >= LONG_WORDS][:6],
    }


def compare_cost(arguments: argparse.Namespace) -> dict[str, Any]:
    from book import book

    roots = {"old": arguments.old, "new": HERE.parent}
    texts = own_documents()
    asked = {"texts": texts, "cases": CASES, "count": True}
    counts = {version: child("cost", root, asked) for version, root in roots.items()}
    texts["book"] = [book(arguments.words)]
    books = {name: ("book", options) for name, options in BOOKS.items()}
    books = {name: books[name] for name in arguments.books.split(",")}
    asked = {"texts": texts, "count": False}
    times: dict[str, list[Any]] = {version: [] for version in roots}
    for _ in range(arguments.repeats):  # in turns, so that a busy moment affects both
        for version, root in roots.items():
            cases = {k: v for k, v in books.items() if k != "chunk" or version == "new"}
            times[version].append(child("cost", root, {**asked, "cases": cases}))
    return {
        "documents": {name: len(texts[name]) for name in ("short", "long")},
        "characters": {name: sum(map(len, texts[name])) for name in texts},
        "per_character": counts,
        "book": {
            version: {
                name: {
                    "chunks": runs[0][name]["chunks"],
                    **{
                        key: [round(run[name][key], 3) for run in runs]
                        for key in ("cpu_seconds", "seconds")
                    },
                }
                for name in runs[0]
            }
            for version, runs in times.items()
        },
    }


def compare_same(arguments: argparse.Namespace) -> dict[str, Any]:
    result: dict[str, Any] = {"search": SEARCH, "data": {}}
    for path in arguments.data:
        rows = list(first_rows(path, arguments.limit))
        asked = {"model": str(arguments.old / "summarize/checkpoints/attention"), "rows": rows}
        old, new = (child("same", root, asked) for root in (arguments.old, HERE.parent))
        result["data"][path.name] = {
            "documents": len(rows),
            **{mode: sorted_out(old, new, mode) for mode in ("abstractive", "auto")},
        }
    return result


def first_rows(path: Path, limit: int) -> Iterator[dict[str, str]]:
    opener: Any = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number == limit:
                return
            row = json.loads(line)
            yield {
                "id": str(row.get("id", number)),
                "document": row["document"],
                "style": row.get("style", "title"),
            }


def sorted_out(
    old: Iterable[dict[str, Any]], new: Iterable[dict[str, Any]], mode: str
) -> dict[str, Any]:
    """How many are equal, and the others by cause."""
    equal = {"fits": [0, 0], "longer": [0, 0]}  # equal, of how many
    causes: dict[str, list[dict[str, Any]]] = {}
    for before, after in zip(old, new, strict=True):
        one, other = before[mode], after[mode]
        kind = "longer" if before.get("longer") else "fits"
        equal[kind][1] += 1
        if one["text"] == other["text"]:
            equal[kind][0] += 1
            continue
        cause = cause_of(before, after, mode)
        causes.setdefault(cause, []).append(
            {
                "id": before["id"],
                "longer": before.get("longer"),
                "tokens": [before.get("tokens"), after.get("tokens")],
                "modes": [one["mode"], other["mode"]],
            }
        )
    return {
        "equal": equal,
        "causes": {name: len(found) for name, found in causes.items()},
        "differences": causes,
    }


def cause_of(before: dict[str, Any], after: dict[str, Any], mode: str) -> str:
    one, other = before[mode], after[mode]
    if "read" not in after:
        return "recognized, and answered without the network"
    if one["mode"] == other["mode"] == "extractive":
        return "another sentence is quoted"
    if one["mode"] != other["mode"]:
        if before["read"] == after["read"]:
            return f"{one['mode']} before, {other['mode']} now; the same was read"
        return f"{one['mode']} before, {other['mode']} now; something else was read"
    if before["read"] == after["read"]:
        return "the same was read, something else written"
    if after["tokens"] < before["tokens"]:
        return "less is read (table rows, code, list numbers)"
    return "something else is read (the opening without them goes further)"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("cost", "same"))
    parser.add_argument("data", type=Path, nargs="*")
    parser.add_argument("--old", type=Path, required=True, help="a checkout of the older version")
    parser.add_argument("--limit", type=int, default=200, help="documents of each file")
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--books", default=",".join(BOOKS), help="of these only")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_intermixed_args()
    arguments.old = arguments.old.resolve()
    found = (compare_cost if arguments.what == "cost" else compare_same)(arguments)

    from summarize.evaluation.environment import how_measured
    from summarize.files import write_text

    result = {
        **how_measured(),
        **found,
    }
    write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        if argument.startswith("--child="):
            run = {"cost": cost, "same": same}[argument.removeprefix("--child=")]
            json.dump(run(json.load(sys.stdin)), sys.stdout)
            sys.exit()
    main()
