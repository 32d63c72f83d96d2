"""Beams of many documents, decoded once and kept: what rerank.py and judge.py learn from.

A line of the cache is one document: its passage, its references, and the finished hypotheses of
its beam, best first. A run that was stopped continues where it was; other weights have another
file.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import random
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summarize.document.document import Document
from summarize.models.familiarity import Familiarity
from summarize.models.rerank import Line
from summarize.models.rnn import Rnn
from summarize.options import Options
from summarize.pipeline.reading import Reading
from summarize.pipeline.writing import Writing
from summarize.rnn.checkpoint import load_checkpoint

SEED = 7
CHUNK = 64  # documents between two writes
# Name of a file, style -> documents of 10,000, and of 1,000 dev documents.
TRAIN = {
    ("arxiv-train-3", "title"): 3_000,  # of a file that the mix leaves out
    ("general-train-0", "title"): 2_900,
    ("general-train-0", "tldr"): 2_300,
    ("docs-train", "tldr"): 400,
    ("scitldr-train", "tldr"): 1_400,
}
DEV = {
    ("arxiv-dev", "title"): 250,
    ("general-dev", "title"): 300,
    ("general-dev", "tldr"): 250,
    ("docs-dev", "tldr"): 50,
    ("scitldr-dev", "tldr"): 150,
}


@dataclass(frozen=True)
class Decoded:
    """A document and its beam."""

    data: str  # name of the file
    domain: str
    style: str
    source: str
    references: list[str]
    document: str
    passage: str
    starts: list[int]
    familiarity: float | None
    is_whole: bool  # the whole document was read
    lines: list[Line]

    @property
    def is_held_out(self) -> bool:
        """A tenth of the sources (of papers, of the rows), to choose an epoch by."""
        return zlib.crc32(self.source.encode()) % 10 == 0


def read_rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    with lzma.open(folder / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def sample(folder: Path, plan: dict[tuple[str, str], int], size: float) -> list[dict[str, Any]]:
    """Rows in a mixed order, so that any prefix is a fair sample; domains of general English by
    the square root of their rows."""
    drawn: list[dict[str, Any]] = []
    for (name, style), count in plan.items():
        generator = random.Random(SEED)
        wanted = max(1, round(count * size))
        rows = [row for row in read_rows(folder, name) if row.get("style", style) == style]
        many: dict[str, int] = {}
        for row in rows:
            many[row["domain"]] = many.get(row["domain"], 0) + 1
        keyed = sorted(
            rows, key=lambda row: generator.random() ** (many[row["domain"]] ** 0.5), reverse=True
        )
        drawn += [
            {**row, "data": name, "style": style, "place": (n + 0.5) / wanted}
            for n, row in enumerate(keyed[:wanted])
        ]
    return sorted(drawn, key=lambda row: row["place"])


def decode(
    checkpoint: Path, folder: Path, cache: Path, plan: dict[tuple[str, str], int], size: float
) -> list[Decoded]:
    """The sample's beams, from the cache as far as it holds them."""
    rows = sample(folder, plan, size)
    stamp = hashlib.sha256((checkpoint / "model.safetensors").read_bytes()).hexdigest()[:12]
    path = cache / f"beams-{'dev' if plan is DEV else 'train'}-{stamp}.jsonl"
    cache.mkdir(parents=True, exist_ok=True)
    known: dict[str, Decoded] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                values = json.loads(line)
            except ValueError:
                continue  # the last line of a run that was killed
            values["lines"] = [Line(*one) for one in values["lines"]]
            known[key_of(values)] = Decoded(**values)
    missing = [row for row in rows if key_of(row) not in known]
    if missing:
        print(f"decoding {len(missing)} of {len(rows)} documents into {path}", flush=True)
        model = writer(checkpoint)
        started = time.perf_counter()
        with path.open("a", encoding="utf-8") as file:
            file.write("\n")  # after half a line of a run that was killed
            for first in range(0, len(missing), CHUNK):
                some = missing[first : first + CHUNK]
                for row, found in zip(some, beams(model, some), strict=True):
                    known[key_of(row)] = found
                    values = vars(found) | {"lines": [list(one) for one in found.lines]}
                    file.write(json.dumps(values) + "\n")
                file.flush()
                done = first + len(some)
                rate = (time.perf_counter() - started) / done
                print(f"  {done} done, {rate * 1000:.0f} ms each", flush=True)
    return [known[key_of(row)] for row in rows]


def writer(folder: Path) -> Rnn:
    """The network of a checkpoint without its reranker and judge, which may be of another version
    and are learned anew."""
    checkpoint = load_checkpoint(folder)
    model = Rnn(checkpoint, str(folder))
    size = checkpoint.config.vocab_size
    model.familiarity = Familiarity.from_files(checkpoint.files, folder, size)
    return model


def key_of(row: dict[str, Any]) -> str:
    return f"{row['data']} {row['style']} {zlib.crc32(row['document'].encode())}"


def beams(model: Rnn, rows: Sequence[dict[str, Any]]) -> list[Decoded]:
    """In the order of the rows, as the pipeline reads and the model searches them."""
    writing = Writing(model, model.capabilities.max_source_tokens, 0)
    found: dict[int, Decoded] = {}
    for style in ("title", "tldr"):
        asked = Options(style=style, mode="abstractive")
        chosen = [i for i, row in enumerate(rows) if row["style"] == style]
        documents = [Document.from_text(rows[i]["document"]) for i in chosen]
        jobs = [writing.job(Reading(model, document), asked) for document in documents]
        payloads = [job.source.payload for job in jobs]
        constraints = [model.constraint(payload.passage, asked) for payload in payloads]
        hypotheses: list[list[Any]] = [[] for _ in payloads]
        full = [j for j, payload in enumerate(payloads) if len(payload.ids)]  # not all headings
        written, _ = model.search(
            [payloads[j].ids for j in full], asked, [constraints[j] for j in full]
        )
        for j, beam in zip(full, written, strict=True):
            hypotheses[j] = beam
        for i, job, beam in zip(chosen, jobs, hypotheses, strict=True):
            row = rows[i]
            found[i] = Decoded(
                data=row["data"],
                domain=row["domain"],
                style=style,
                source=row.get("source", row["id"]),
                references=row.get("references") or [row["summary"]],
                document=row["document"],
                passage=job.passage.text,
                starts=list(job.passage.starts),
                familiarity=job.source.familiarity,
                is_whole=job.overflow is None,
                lines=[
                    line._replace(
                        log_probs=[round(p, 4) for p in line.log_probs],
                        shares=[round(share, 4) for share in line.shares],
                    )
                    for line in model.lines(job.source, beam)
                ],
            )
    return [found[i] for i in range(len(rows))]
