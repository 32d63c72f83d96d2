"""`summarize score PREDICTIONS... REFERENCES`: ROUGE of what any system wrote."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarize.commands.notices import note
from summarize.commands.results import (
    AsCsv,
    AsJson,
    AsMarkdown,
    Output,
    check_folder,
    check_form,
    print_result,
    save_result,
)
from summarize.errors import OptionError

if TYPE_CHECKING:
    from summarize.evaluation.score import Lines

HELP = """Score summaries that any system wrote against references: ROUGE with confidence intervals,
and each system compared with the first.

PREDICTIONS and REFERENCES are text files with one summary a line, or JSON Lines (.gz, .xz) with the
field summary, in the same order. PREDICTIONS may also be a directory that summarize batch wrote;
its records are found by id. "-" is standard input.

Examples:

\b
  summarize score mine.txt references.txt
  summarize score mine.jsonl theirs.jsonl references.jsonl --markdown
"""


def score(
    files: Annotated[list[str], typer.Argument(metavar="PREDICTIONS... REFERENCES", hidden=True)],
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    output: Output = None,
) -> int:
    form = check_form(as_json, as_csv, as_markdown)
    check_folder(output)
    if len(files) < 2:
        raise OptionError("name at least a file of predictions and, last, one of references")
    if files.count("-") > 1:
        raise OptionError("standard input can be read once; name a file")
    from summarize.evaluation.score import read_predictions, read_references
    from summarize.evaluation.score import score as run

    *predictions, last = files
    fields = {name: id_field(name) for name in predictions if os.path.isdir(name)}
    references = read_references(last, fields.values())
    systems: list[Lines] = []
    for name in predictions:
        if name in fields:
            systems.append(from_batch(name, references, fields[name]))
        else:
            systems += read_predictions(name)
    result = run(systems, references)
    save_result(result, output)
    print_result(result, form)
    return 0


def id_field(name: str) -> str:
    """Where the ids of this output of `summarize batch` were in its input. Raises OptionError."""
    from summarize.corpus.manifest import read_manifest

    manifest = read_manifest(Path(name))
    if manifest is None:
        raise OptionError(f"{name} is a directory that was not written by summarize batch")
    return manifest.asked.id_field or "id"


def from_batch(name: str, references: Lines, field: str) -> Lines:
    """A document that failed counts as an empty summary, and is told."""
    from summarize.corpus.shards import read_records
    from summarize.evaluation.score import find_by_id

    wanted = set(references.ids[field])
    failed = 0

    def records() -> Iterator[tuple[str, str]]:
        nonlocal failed
        for record in read_records(Path(name)):
            failed += "error" in record and record["id"] in wanted
            yield record["id"], record.get("summary", "")

    found = find_by_id(name, records(), references, field)
    if failed:
        note(f"{name}: {failed:,} documents failed; each counts as an empty summary")
    return found
