"""`summarize score PREDICTIONS... REFERENCES`: ROUGE of what any system wrote."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from summarize.commands.results import (
    AsCsv,
    AsJson,
    AsMarkdown,
    Output,
    check_folder,
    check_form,
    print_result,
)
from summarize.errors import OptionError
from summarize.files import write_text

HELP = """Score summaries that any system wrote against references: ROUGE with intervals, and each
system against the first.

PREDICTIONS and REFERENCES are text files with a summary a line, or .jsonl (.gz, .xz) with summary;
references may be several, and where their rows hold the document, what is new is counted. - is
standard input."""


def score(
    files: Annotated[list[str], typer.Argument(metavar="PREDICTIONS... REFERENCES")],
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

    systems = [system for name in files[:-1] for system in read_predictions(name)]
    result = run(systems, read_references(files[-1]))
    if output is not None:
        write_text(output, json.dumps(result, indent=1) + "\n")
    print_result(result, form)
    return 0
