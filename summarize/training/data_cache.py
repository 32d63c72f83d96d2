"""OUT/data: the tokenizer and the pairs as token ids, made once and read again by --resume."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from summarize.errors import DataError, OptionError
from summarize.files import write_bytes, write_text
from summarize.rnn.tokenizer import STYLES, Tokenizer
from summarize.training.distributed import Workers
from summarize.training.examples import Example, Pairs, read_examples
from summarize.training.recipe import Recipe
from summarize.training.run import Progress, Run


class TrainingData(NamedTuple):
    """Everything that the loop learns from and is measured on."""

    tokenizer: Tokenizer
    pairs: Pairs
    dev_pairs: Pairs  # for the loss
    dev_examples: list[Example]  # for ROUGE

    @property
    def styles(self) -> tuple[str, ...]:
        """The styles that the training pairs have."""
        known = self.tokenizer.style_id
        return tuple(style for style in STYLES if self.pairs.starts_with(known(style)))


def prepare(run: Run, progress: Progress, workers: Workers) -> TrainingData:
    """Build the cache, or read it if it was built from the same data and recipe."""
    cache = run.out / "data"
    if not run.resume and (run.out / "snapshots").exists():
        raise OptionError(
            f"{run.out} holds an earlier run; continue it with --resume, or use another --out"
        )
    identity = describe_data(run)
    known = cache / "identity.json"
    if workers.is_first and not (known.exists() and known.read_text("utf-8") == identity):
        if run.resume and known.exists():
            raise OptionError(
                f"{run.out} was started with other data or another recipe; use another --out"
            )
        cache.mkdir(exist_ok=True)
        known.unlink(missing_ok=True)  # an interrupted rebuild must not pass for the old cache
        build(run, cache, progress)
        write_text(known, identity)
    workers.wait()
    data = load(cache)
    check(data, run.recipe, workers.count)
    return data


def load(cache: Path) -> TrainingData:
    rows = map(json.loads, (cache / "dev.jsonl").read_text("utf-8").splitlines())
    return TrainingData(
        Tokenizer.load(cache / "tokenizer.json"),
        Pairs.load(cache / "train.npz"),
        Pairs.load(cache / "dev.npz"),
        [
            Example(row["document"], tuple(row["references"]), row["style"], row["domain"])
            for row in rows
        ],
    )


def check(data: TrainingData, recipe: Recipe, processes: int) -> None:
    for name, pairs in (("DATA", data.pairs), ("--dev", data.dev_pairs)):
        if not len(pairs):
            raise DataError(f"{name} holds no rows")
    for style in {example.style for example in data.dev_examples} - set(data.styles):
        raise DataError(f"the dev data has the style {style!r}, the training pairs do not")
    if processes > -(-len(data.pairs) // recipe.batch_pairs):
        raise DataError(
            f"{len(data.pairs)} pairs in batches of {recipe.batch_pairs} are too few for "
            f"{processes} processes; use fewer processes, or smaller batch_pairs"
        )


def describe_data(run: Run) -> str:
    """What the cached arrays depend on."""
    files = [
        [str(path), path.stat().st_size] if path.exists() else missing(path)
        for path in [*run.data, *run.dev]
    ]
    keys = (
        "vocab_size tokenizer_rows fresh_tokenizer max_source_tokens max_target_tokens "
        "default_style styles repeat dev_loss_rows dev_rouge_rows"
    ).split()
    recipe = {key: getattr(run.recipe, key) for key in keys}
    values = {"files": files, "dev": len(run.dev), "init": str(run.init_from), "recipe": recipe}
    return json.dumps(values, sort_keys=True)


def missing(path: Path) -> list[Any]:
    raise DataError(f"{path} does not exist; DATA is .jsonl, .jsonl.gz or .jsonl.xz")


def build(run: Run, cache: Path, progress: Progress) -> None:
    recipe = run.recipe
    tokenizer = make_tokenizer(run, progress)
    write_bytes(cache / "tokenizer.json", tokenizer.to_json())
    progress.message("encoding the pairs")
    examples = read_examples(run.data, recipe)
    if run.dev:
        dev = list(interleave(run.dev, recipe))
    else:
        everything = list(examples)
        dev, rest = hold_out(everything, recipe.seed)
        examples = iter(rest)
    plain = replace(recipe, repeat={})
    Pairs.from_examples(examples, tokenizer, recipe).save(cache / "train.npz")
    loss_rows = iter(dev[: recipe.dev_loss_rows])
    Pairs.from_examples(loss_rows, tokenizer, plain).save(cache / "dev.npz")
    rouge = [json.dumps(e.__dict__) for e in dev[: recipe.dev_rouge_rows]]
    write_text(cache / "dev.jsonl", "\n".join(rouge))


def make_tokenizer(run: Run, progress: Progress) -> Tokenizer:
    """That of --init-from, unless the recipe wants a new one."""
    recipe = run.recipe
    if run.init_from and not recipe.fresh_tokenizer:
        if not (run.init_from / "tokenizer.json").is_file():
            raise DataError(
                f"--init-from {run.init_from} is not the folder of a model: no tokenizer.json"
            )
        return Tokenizer.load(run.init_from / "tokenizer.json")
    progress.message(f"training a tokenizer of {recipe.vocab_size:,} pieces")
    rows = islice(interleave(run.data, recipe), recipe.tokenizer_rows)
    texts = (t for e in rows for t in (e.document[:4000], *e.references))
    return Tokenizer.train(texts, recipe.vocab_size)


def hold_out(examples: list[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """A twentieth of the rows, at most 500, to evaluate on; and the others."""
    held = min(500, len(examples) // 20)
    if held < 1:
        raise DataError(f"{len(examples)} rows are too few to train on; at least 20 are needed")
    order = np.random.default_rng(seed).permutation(len(examples))
    return [examples[i] for i in order[:held]], [examples[i] for i in order[held:]]


def interleave(paths: list[Path], recipe: Recipe) -> Iterator[Example]:
    """One row of each file in turn, so that a prefix has something of every domain."""
    streams = [read_examples([path], recipe) for path in paths]
    while streams:
        for stream in list(streams):
            try:
                yield next(stream)
            except StopIteration:
                streams.remove(stream)
