"""Give a trained model what tells it a foreign text: FOLDER/familiarity.safetensors.

    python benchmarks/familiarity.py arxiv-train-*.jsonl.xz scitldr-train.jsonl.xz \\
        docs-train.jsonl.xz --folder summarize/checkpoints/attention

`summarize train` does the same at its end; this is for models that were trained before it did.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

import numpy as np

from summarize.models.familiarity import learn
from summarize.rnn.tokenizer import Tokenizer
from summarize.training.data_cache import interleave
from summarize.training.recipe import load_recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--folder", type=Path, action="append", required=True)
    parser.add_argument("--rows", type=int, default=60_000)
    arguments = parser.parse_args()
    recipe = load_recipe("attention")
    examples = list(islice(interleave(arguments.data, recipe), arguments.rows))
    tokenizer = Tokenizer.load(arguments.folder[0] / "tokenizer.json")
    documents = [e.document[: 12 * recipe.max_source_tokens] for e in examples]
    sources = [
        np.asarray(ids[: recipe.max_source_tokens]) for ids in tokenizer.encode_batch(documents)
    ]
    found = learn(sources, tokenizer.vocab_size)
    for folder in arguments.folder:
        found.save(folder)
        print(folder, found.intercept, found.slope, found.deviation, found.limit)


if __name__ == "__main__":
    main()
