"""ROUGE of summaries that any system wrote: from files, a line each or JSON Lines, in the order of
the references; or from records with ids, as `summarize batch` writes them, in any order."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from summarize.document.jsonl import read_rows
from summarize.errors import DataError
from summarize.evaluation.bench import differences
from summarize.evaluation.data import DOCUMENT_FIELDS, references_of
from summarize.evaluation.result import BenchResult, DataFacts, ModelResult
from summarize.evaluation.rouge import RESAMPLES, SEED, report, rouge, signature
from summarize.evaluation.text import describe

PREDICTION_FIELDS = ("summary", "prediction", "predictions", "text", "output")
JSON_LINES = (".jsonl", ".json", ".jsonl.gz", ".jsonl.xz")


@dataclass(frozen=True)
class Lines:
    """The texts of a file, one or more a document; `documents` where it holds those too."""

    name: str
    texts: list[tuple[str, ...]]
    documents: list[str] | None
    ids: dict[str, list[str]] = field(default_factory=dict)  # by the field that they stand in


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


def read_references(source: str, id_fields: Iterable[str] = ()) -> Lines:
    """Raises DataError. JSON Lines may hold several references, the documents, and ids."""
    fields = set(id_fields)
    if not source.endswith(JSON_LINES):
        if fields:
            raise DataError(f"{source} has no ids; name a .jsonl file with references and ids")
        return Lines(source, [(line,) for line in plain_lines(source)], None)
    texts: list[tuple[str, ...]] = []
    documents: list[str] = []
    ids: dict[str, list[str]] = {name: [] for name in fields}
    for number, row in read_rows(Path(source)):
        found = next((f for f in DOCUMENT_FIELDS if isinstance(row.get(f), str)), None)
        texts.append(references_of(row, f"{source}:{number}", found or ""))
        if found:
            documents.append(row[found])
        for name in fields:
            if row.get(name) in (None, ""):
                raise DataError(f"{source}:{number} has no {name!r}, which identifies the summary")
            ids[name].append(str(row[name]))
    return Lines(source, texts, documents if len(documents) == len(texts) else None, ids)


def find_by_id(
    name: str, records: Iterable[tuple[str, str]], references: Lines, id_field: str
) -> Lines:
    """The summaries of `records` (id, summary) in the order of the references; others are left
    out. Raises DataError if one is missing."""
    wanted = references.ids[id_field]
    found: dict[str, str] = dict.fromkeys(wanted, "")
    seen: set[str] = set()
    for key, summary in records:
        if key not in found:
            continue
        if key in seen:
            raise DataError(f"{name} has two records with the id {key!r}; score needs unique ids")
        seen.add(key)
        found[key] = summary
    missing = [key for key in wanted if key not in seen]
    if missing:
        more = f" and {len(missing) - 1:,} others" if len(missing) > 1 else ""
        raise DataError(f"{name} has no record with the id {missing[0]!r}{more}")
    return Lines(name, [(found[key],) for key in wanted], None)


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


def score(predictions: list[Lines], references: Lines) -> BenchResult:
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
    return BenchResult(
        kind="score",
        data=DataFacts(name=references.name, documents=len(references.texts)),
        signature=signature("max" if several else "1"),
        seed=SEED,
        resamples=RESAMPLES,
        models={
            name: ModelResult(report(scores[name]), describe(found, references.documents))
            for name, found in texts.items()
        },
        differences=differences(scores),
    )
