"""Mix training data by source, and hold whole sources out.

    python benchmarks/mix.py DATA_FOLDER OUT_FOLDER

DATA_FOLDER holds arxiv-train-*.jsonl.xz, general-train-*.jsonl.xz, docs-train.jsonl.xz and
scitldr-train.jsonl.xz. Writes to OUT_FOLDER
- mix.jsonl.gz, one epoch of the mix in random order, for recipe `general`;
- rouge.jsonl.gz, fewer rows, half of them abstracts, for training on ROUGE (recipe `rloo`);
- held-out.jsonl.gz, the rows of the sources that training never sees.

A source of n rows gives at most 60 * sqrt(n) of them, so that the few large ones (press releases
of one senator, commit logs, package descriptions) do not set the tone. One-sentence descriptions
are scarce and stand in twice; those of SciTLDR four times.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import math
import random
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

Row = dict[str, Any]
ARXIV_ROWS = 150_000
TIMES = {"general tldr": 2, "scitldr": 4}
# Rows to train on ROUGE with. Documentation is left out: its descriptions are copies of a sentence.
ROUGE_ROWS = {"arxiv": 45_000, "titles": 24_500, "descriptions": 13_000, "scitldr": 4_000}


def read(paths: list[Path]) -> list[Row]:
    rows = []
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            rows += [json.loads(line) for line in lines]
    return rows


def held_out_sources(rows: list[Row]) -> set[str]:
    """About a tenth of the sources of each domain, and one where a domain has three or more.

    None that has over 15 % of its domain's rows; which ones is decided by a hash of the name.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[row["domain"]][row["source"]] += 1
    held: set[str] = set()
    for sources in counts.values():
        if len(sources) < 3:
            continue
        small = [s for s, n in sources.items() if 20 <= n <= 0.15 * sources.total()]
        small.sort(key=lambda name: hashlib.sha256(name.encode()).hexdigest())
        held.update(small[: max(1, len(sources) // 10)])
    return held


def weigh(rows: list[Row], draw: random.Random) -> list[Row]:
    by_source: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_source[row["source"]].append(row)
    kept = []
    for some in by_source.values():
        draw.shuffle(some)
        kept += some[: math.ceil(60 * math.sqrt(len(some)))]
    return kept


def rows_for_rouge(mix: list[Row], arxiv: list[Row], draw: random.Random) -> list[Row]:
    kinds = {
        "arxiv": arxiv,
        "titles": [row for row in mix if row.get("style") == "title"],
        "descriptions": [r for r in mix if r.get("style") == "tldr" and r["domain"] != "docs"],
        "scitldr": [row for row in mix if row["domain"] == "scitldr"],
    }
    kept = [row for name, count in ROUGE_ROWS.items() for row in draw.sample(kinds[name], count)]
    draw.shuffle(kept)
    return kept


def write(path: Path, rows: list[Row]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def main(data: Path, out: Path) -> None:
    draw = random.Random(1)
    general = read(sorted(data.glob("general-train-*.jsonl.xz")))
    held = held_out_sources(general)
    out.mkdir(parents=True, exist_ok=True)
    write(out / "held-out.jsonl.gz", [row for row in general if row["source"] in held])
    general = weigh([row for row in general if row["source"] not in held], draw)
    descriptions = [row for row in general if row["style"] == "tldr"]
    docs = [
        {**row, "source": "docs", "style": "tldr"} for row in read([data / "docs-train.jsonl.xz"])
    ]
    arxiv = read(sorted(data.glob("arxiv-train-*.jsonl.xz"))[:3])
    draw.shuffle(arxiv)
    mix = general + descriptions * (TIMES["general tldr"] - 1) + weigh(docs, draw)
    mix += read([data / "scitldr-train.jsonl.xz"]) * TIMES["scitldr"] + arxiv[:ARXIV_ROWS]
    draw.shuffle(mix)
    write(out / "mix.jsonl.gz", mix)
    rest = read(sorted(data.glob("arxiv-train-*.jsonl.xz"))[3:])
    write(out / "rouge.jsonl.gz", rows_for_rouge(mix, rest, draw))
    print(f"held out: {', '.join(sorted(held))}")
    for key, count in Counter(f"{r['domain']} {r.get('style', '')}" for r in mix).most_common():
        print(f"{count:8,} {key}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
