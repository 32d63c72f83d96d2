"""ROUGE of summaries that any system wrote, from files: a line each, or JSON Lines."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summarize.errors import DataError
from summarize.evaluation.bench import SCHEMA_VERSION, differences
from summarize.evaluation.data import DOCUMENT_FIELDS, references_of
from summarize.evaluation.rouge import RESAMPLES, SEED, report, rouge, signature
from summarize.evaluation.text import describe
from summarize.training.examples import read_rows

PREDICTION_FIELDS = ("summary", "prediction", "predictions", "text", "output")
JSON_LINES = (".jsonl", ".json", ".jsonl.gz", ".jsonl.xz")


@dataclass(frozen=True)
class Lines:
    """A file of one text a document; `documents` where it holds those too."""

    name: str
    texts: list[tuple[str, ...]]
    documents: list[str] | None


def read_predictions(source: str) -> list[Lines]:
    """One system a file, or several where rows name their `model`. Raises DataError."""
    if not source.endswith(JSON_LINES):
        return [Lines(source, [(line,) for line in plain_lines(source)], None)]
    systems: dict[str, list[tuple[str, ...]]] = {}
    for number, row in read_rows(Path(source)):
        found = next((row[f] for f in PREDICTION_FIELDS if f in row), None)
        if not isinstance(found, str):
            raise DataError(f"{source}:{number} has no text in 'summary' (or 'prediction')")
        systems.setdefault(str(row.get("model", source)), []).append((found,))
    if len(systems) == 1:
        return [Lines(source, next(iter(systems.values())), None)]
    return [Lines(name, texts, None) for name, texts in systems.items()]


def read_references(source: str) -> Lines:
    """Raises DataError. JSON Lines may hold several references, and the documents."""
    if not source.endswith(JSON_LINES):
        return Lines(source, [(line,) for line in plain_lines(source)], None)
    texts, documents = [], []
    for number, row in read_rows(Path(source)):
        field = next((f for f in DOCUMENT_FIELDS if isinstance(row.get(f), str)), None)
        texts.append(references_of(row, f"{source}:{number}", field or ""))
        if field:
            documents.append(row[field])
    return Lines(source, texts, documents if len(documents) == len(texts) else None)


def plain_lines(source: str) -> list[str]:
    """Each line is a text, an empty one too. Nothing else ends a line: no form feed, no U+2028."""
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"can't read {source}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{source} is not UTF-8: {error}") from None
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def score(predictions: list[Lines], references: Lines) -> dict[str, Any]:
    """The part of `bench` that needs no model. Raises DataError where lengths differ."""
    if not references.texts:
        raise DataError(f"{references.name} is empty")
    for lines in predictions:
        if len(lines.texts) != len(references.texts):
            raise DataError(
                f"{lines.name} has {len(lines.texts):,} summaries, {references.name} has "
                f"{len(references.texts):,} references; they must be in the same order, one each"
            )
    if len({lines.name for lines in predictions}) < len(predictions):
        raise DataError("a file of predictions is named twice; name each once")
    texts = {lines.name: [text for (text,) in lines.texts] for lines in predictions}
    scores = {name: rouge(found, references.texts) for name, found in texts.items()}
    several = any(len(r) > 1 for r in references.texts)
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "score",
        "data": {"name": references.name, "documents": len(references.texts)},
        "signature": signature("max" if several else "1"),
        "seed": SEED,
        "resamples": RESAMPLES,
        "models": {
            name: {"scores": report(scores[name]), "text": describe(found, references.documents)}
            for name, found in texts.items()
        },
        "differences": differences(scores),
    }
