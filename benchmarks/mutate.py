"""Damage checkpoints in many ways, load them, and count what is not a clean refusal.

    python benchmarks/mutate.py [--count 5000] [--seed 0] [--no-record]

Each mutation starts from a good folder, of an RNN (format 2 and the format of version 0.1.0), of
a transformer of ours, or of a Hugging Face T5 or BART: bits are flipped, files cut, grown, removed,
swapped with those of another checkpoint; values in config.json and summarize.json replaced by
absurd ones, with and without a hash that fits. Then the folder is loaded and summarizes a line.
Good is a CheckpointError or ModelError of one line, or a model that works. Bad is any other
exception, a message of several lines, another summary after an accident (which Hugging Face
folders, without hashes, can't notice), more than 10 s of CPU, or more than 500 MiB.

Prints one line for each failure and, at the end, the counts. The exit status is 1 if there were
failures. Whatever loads PyTorch does so in a fork, which may crash. `tests/test_mutate.py` does
the same 60 times.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robustness import record

from summarize.errors import ModelError, SummarizeError
from summarize.models.registry import is_hugging_face, load_model
from summarize.pipeline.run import Summarizer
from summarize.rnn.manifest import seal_of

TEXT = "The quick fox reads a book. It likes the pictures in it."
SECONDS, MEGABYTES = 10.0, 500
HANG = 60  # seconds of CPU after which a fork is ended
NUMBERS: tuple[Any, ...] = (
    -1, 0, 1, 2, 7, 63, 10**6, 10**9, 10**18, 10**30, 10**4000, -(10**18), 0.5, -0.0, 1e308, 1e-320,
)  # fmt: skip
OTHERS: tuple[Any, ...] = (None, True, "", "x" * 10_000, [], {}, [[[[]]]], {"a": {"b": 1}}, "../x")


@dataclass(frozen=True)
class Outcome:
    """What became of one mutation."""

    mutation: str
    kind: str  # "refused", "works", or a failure in a few words
    message: str = ""

    @property
    def is_failure(self) -> bool:
        return self.kind not in ("refused", "works")


# --- mutations: each changes a folder and says what it did, and whether the content is altered ----


def flip(folder: Path, choose: random.Random) -> str:
    path = any_file(folder, choose)
    data = bytearray(path.read_bytes())
    for _ in range(choose.choice((1, 1, 1, 2, 50))):
        if data:
            data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
    path.write_bytes(data)
    return f"bits of {path.name}"


def flip_header(folder: Path, choose: random.Random) -> str:
    """In the first bytes of the weights: sizes, names and offsets of the tensors."""
    path = folder / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[choose.randrange(min(len(data), 400))] = choose.randrange(256)
    path.write_bytes(data)
    reseal(folder, path.name, choose)
    return "header of model.safetensors"


def cut(folder: Path, choose: random.Random) -> str:
    path = any_file(folder, choose)
    data = path.read_bytes()
    path.write_bytes(data[: choose.choice((0, 1, 8, choose.randrange(len(data) + 1)))])
    return f"cut {path.name}"


def grow(folder: Path, choose: random.Random) -> str:
    path = any_file(folder, choose)
    path.write_bytes(path.read_bytes() + choose.randbytes(choose.choice((1, 8, 1000))))
    return f"bytes after {path.name}"


def remove(folder: Path, choose: random.Random) -> str:
    path = any_file(folder, choose)
    path.unlink()
    if choose.random() < 0.3:
        path.mkdir()
        return f"{path.name} is a folder"
    return f"no {path.name}"


def swap(folder: Path, choose: random.Random) -> str:
    """A file from another checkpoint."""
    others = [path for path in folder.parent.iterdir() if path.is_dir() and path != folder]
    other = any_file(choose.choice(others), choose)
    shutil.copyfile(other, folder / other.name)
    return f"{other.name} of {other.parent.name}"


def value(folder: Path, choose: random.Random) -> str:
    """One value of a JSON file is replaced, and mostly the hashes are made to fit."""
    names = [p.name for p in folder.iterdir() if p.suffix == ".json" and p.name != "tokenizer.json"]
    path = folder / choose.choice(names)
    try:
        values = json.loads(path.read_text("utf-8"))
    except ValueError:
        return f"value in {path.name}"
    places = list(walk(values))
    if not places:
        return f"value in {path.name}"
    holder, key = choose.choice(places)
    new = choose.choice(NUMBERS + OTHERS)
    if choose.random() < 0.1 and isinstance(holder, dict):
        del holder[key]
    elif choose.random() < 0.1 and isinstance(holder, dict):
        holder[f"{key}_"] = new
    else:
        holder[key] = new
    path.write_text(dump(values), "utf-8")
    reseal(folder, path.name, choose)
    return f"{key} in {path.name}"


def tokenizer(folder: Path, choose: random.Random) -> str:
    """The tokenizer is another one, and the manifest agrees."""
    path = folder / "tokenizer.json"
    values = json.loads(path.read_text("utf-8"))
    holder, key = choose.choice(list(walk(values)))
    holder[key] = choose.choice((*OTHERS, *NUMBERS))
    path.write_text(dump(values), "utf-8")
    reseal(folder, path.name, choose, always=True)
    return f"{key} in tokenizer.json"


def nest(folder: Path, choose: random.Random) -> str:
    path = folder / choose.choice([p.name for p in folder.iterdir() if p.suffix == ".json"])
    opened = choose.choice(("[", '{"a":'))
    path.write_text(opened * choose.choice((10, 500, 100_000)), "utf-8")
    return f"nested {path.name}"


def weights(folder: Path, choose: random.Random) -> str:
    """NaN or infinity among the weights, and the manifest agrees."""
    import numpy as np
    from safetensors.numpy import load_file, save_file

    path = folder / "model.safetensors"
    tensors = load_file(path)
    name = choose.choice(sorted(tensors))
    tensor = np.array(tensors[name])
    if tensor.size:
        tensor.flat[choose.randrange(tensor.size)] = choose.choice((np.nan, np.inf, -np.inf))
    if choose.random() < 0.2:
        tensor = tensor[..., :-1]
    save_file({**tensors, name: np.ascontiguousarray(tensor)}, path)
    reseal(folder, path.name, choose, always=True)
    return f"weights of {name}"


MUTATIONS: tuple[Callable[[Path, random.Random], str], ...] = (
    flip, flip, flip_header, cut, grow, remove, swap, value, value, value, tokenizer, nest, weights,
)  # fmt: skip


def any_file(folder: Path, choose: random.Random) -> Path:
    return choose.choice(sorted(path for path in folder.iterdir() if path.is_file()))


def walk(values: Any) -> list[tuple[Any, Any]]:
    """(holder, key) of everything inside."""
    found: list[tuple[Any, Any]] = []
    items: Any = ()
    if isinstance(values, dict):
        items = values.items()
    elif isinstance(values, list):
        items = enumerate(values[:50])
    for key, inner in items:
        found += [(values, key), *walk(inner)]
    return found


def dump(values: Any) -> str:
    """JSON, with integers of any length and numbers that are none."""
    import sys

    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return json.dumps(values)
    finally:
        sys.set_int_max_str_digits(before)


def reseal(folder: Path, name: str, choose: random.Random, always: bool = False) -> None:
    """Hashes in the manifest that fit the files as they are now: an attacker's, not an accident."""
    import hashlib

    if not always and choose.random() < 0.3:
        return
    manifest = folder / "summarize.json"
    if not manifest.is_file():
        manifest = folder / "config.json"
    try:
        values = json.loads(manifest.read_text("utf-8"))
        if name != manifest.name:
            data = (folder / name).read_bytes()
            if values["format_version"] == 1:
                values["sha256"][name] = hashlib.sha256(data).hexdigest()
            else:
                seal = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
                values["files"][name] = seal
        if values.get("format_version") == 1 and isinstance(values.get("sha256"), dict):
            values["sha256"].pop(manifest.name, None)
            values["sha256"][manifest.name] = seal_of(values)
        else:
            values.pop("sha256", None)
            values["sha256"] = seal_of(values)
        manifest.write_text(dump(values), "utf-8")
    except (OSError, ValueError, KeyError, TypeError, RecursionError, AttributeError):
        return


# --- the run ---------------------------------------------------------------------------------


def attempt(folder: Path, mutation: str, expected: str | None) -> Outcome:
    """Load the folder and summarize a line; `expected` after an accident, if it goes unnoticed."""
    started, before = time.process_time(), peak_megabytes()
    try:
        text = summary_of(folder)
        outcome = Outcome(mutation, "works")
        if expected is not None and text != expected:
            outcome = Outcome(mutation, "another summary", text)
    except SummarizeError as error:
        outcome = Outcome(mutation, "refused", str(error))
        if not isinstance(error, ModelError):
            outcome = Outcome(mutation, f"{type(error).__name__}", str(error))
        elif "\n" in str(error) or len(str(error)) > 1500:
            outcome = Outcome(mutation, "a message of several lines", str(error)[:300])
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        outcome = Outcome(mutation, f"{type(error).__name__}", " ".join(str(error).split())[:300])
    if time.process_time() - started > SECONDS:
        return Outcome(mutation, "too slow", outcome.message)
    if peak_megabytes() - before > MEGABYTES:
        return Outcome(mutation, "too much memory", outcome.message)
    return outcome


def summary_of(folder: Path) -> str:
    # With another's config.json it is another's model, to which a backend means nothing.
    backend = "torch" if is_torch(folder) and is_hugging_face(folder) else None
    model = Summarizer(load_model(str(folder), backend=backend))
    model.retries = 0
    return model.summarize([TEXT], max_tokens=4, mode="abstractive")[0].text


def attempt_in_fork(folder: Path, mutation: str, expected: str | None) -> Outcome:
    """PyTorch is imported already, so a fork costs little."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (HANG, HANG))
        outcome = attempt(folder, mutation, expected)
        with os.fdopen(write, "w") as answer:
            json.dump([outcome.mutation, outcome.kind, outcome.message], answer)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        told = answer.read()
    _, status = os.waitpid(child, 0)
    return Outcome(*json.loads(told)) if told else Outcome(mutation, f"ended with {status}")


def is_transformer(folder: Path) -> bool:
    """Ours, whose files are listed with their hashes."""
    return "transformer" in folder.name


def is_foreign(folder: Path) -> bool:
    return folder.name.startswith("hf-")


def is_torch(folder: Path) -> bool:
    return is_transformer(folder) or is_foreign(folder)


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(originals: Path, count: int, seed: int) -> list[Outcome]:
    """`originals` holds good folders, at least two of them."""
    choose = random.Random(seed)
    folders = sorted(path for path in originals.iterdir() if path.is_dir())
    expected = {folder.name: summary_of(folder) for folder in folders}
    outcomes = []
    with tempfile.TemporaryDirectory() as place:
        for number in range(count):
            original = choose.choice(folders)
            for path in folders:  # the others, to swap files with
                shutil.copytree(path, Path(place) / path.name, dirs_exist_ok=True)
            folder = Path(place) / original.name
            mutate = choose.choice(MUTATIONS)
            if mutate is weights and not (folder / "model.safetensors").is_file():
                mutate = flip
            what = f"{number}: {original.name}: {mutate(folder, choose)}"
            is_accident = mutate in (flip, cut, grow, remove, swap)
            # Without its manifest a transformer's folder is anyone's, and speaks as such.
            is_accident &= (folder / "summarize.json").exists() == is_transformer(folder)
            is_accident &= not is_foreign(folder)
            try_it = attempt_in_fork if is_torch(folder) else attempt
            outcomes.append(try_it(folder, what, expected[original.name] if is_accident else None))
            shutil.rmtree(folder)
    return outcomes


def good_folders(root: Path) -> None:
    """Tiny checkpoints of each format and kind, of random weights."""
    import zipfile

    from summarize.rnn.checkpoint import load_checkpoint, save_checkpoint

    frozen = Path(__file__).parent.parent / "tests" / "frozen" / "format1.zip"
    with zipfile.ZipFile(frozen) as archive:
        archive.extractall(root)
    for kind in ("dot", "hard", "local"):
        shutil.rmtree(root / kind)
    for kind in ("none", "general"):
        save_checkpoint(root / f"{kind}-today", load_checkpoint(root / kind))
    foreign_folders(root)


def foreign_folders(root: Path) -> None:
    """A T5 and a BART as anyone saves them, with the tokenizer of the transformer of ours."""
    import torch
    import transformers as hf

    hf.utils.logging.set_verbosity_error()
    hf.utils.logging.disable_progress_bar()
    torch.manual_seed(3)
    torch.set_num_threads(1)
    tokenizer = hf.PreTrainedTokenizerFast(
        tokenizer_file=str(root / "transformer" / "tokenizer.json"),
        pad_token="<pad>",
        eos_token="<eos>",
        model_max_length=48,
    )
    shared = {"vocab_size": len(tokenizer), "d_model": 16, "pad_token_id": 0, "eos_token_id": 1}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    sizes = {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "max_position_embeddings": 64}
    layers = {"encoder_layers": 1, "decoder_layers": 1, "decoder_start_token_id": 1}
    t5 = hf.T5Config(**shared, d_kv=8, d_ff=32, num_layers=1, num_heads=2, decoder_start_token_id=0)
    bart = hf.BartConfig(**shared, **heads, **sizes, **layers, bos_token_id=2, init_std=0.5)
    for folder, model in (
        (root / "hf-t5", hf.T5ForConditionalGeneration(t5)),
        (root / "hf-bart", hf.BartForConditionalGeneration(bart)),
    ):
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-record", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        good_folders(Path(root))
        outcomes = run(Path(root), arguments.count, arguments.seed)
    for outcome in outcomes:
        if outcome.is_failure:
            print(outcome.mutation, outcome.kind, outcome.message, sep=" | ")
    counts = dict(Counter(outcome.kind for outcome in outcomes))
    print(counts)
    if not arguments.no_record:
        record(
            "mutate",
            {
                "tried": len(outcomes),
                "seed": arguments.seed,
                "outcomes": counts,
                "failures": [vars(outcome) for outcome in outcomes if outcome.is_failure],
            },
        )
    raise SystemExit(any(outcome.is_failure for outcome in outcomes))


if __name__ == "__main__":
    main()
