"""Give a checkpoint the frequent words of its training summaries (rnn/lexicon.py).

    python benchmarks/words.py CHECKPOINT TRAIN.jsonl.xz [TRAIN.jsonl.xz ...]

`summarize train` does so at its end; this is for a checkpoint that was trained before.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from summarize.evaluation.data import read_data
from summarize.rnn.lexicon import FILE, learn_words, to_bytes
from summarize.rnn.manifest import add_to_set


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("data", nargs="+")
    arguments = parser.parse_args()
    words = learn_words(
        summary
        for path in arguments.data
        for row in read_data(path).rows
        for summary in row.references
    )
    add_to_set(arguments.checkpoint, {FILE: to_bytes(words)})
    print(f"{len(words):,} words in {arguments.checkpoint / FILE}")


if __name__ == "__main__":
    main()
