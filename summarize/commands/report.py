"""`summarize report RESULTS...`: tables, a page and charts of saved results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarize.commands.results import (
    AsCsv,
    AsMarkdown,
    Html,
    Png,
    check_form,
    check_pictures,
    print_result,
    write_reports,
)
from summarize.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from summarize.evaluation.result import Result

HELP = """Turn saved results into tables, charts (--png) or a page (--html), without measuring
anything again.

RESULTS are files that bench, scaling or score wrote with -o.

Examples:

\b
  summarize report bench.json --html report.html
  summarize report bench.json scaling.json --png charts
"""


def report(
    results: Annotated[list[Path], typer.Argument(metavar="RESULTS", hidden=True)],
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
    html: Html = None,
    png: Png = None,
) -> int:
    form = check_form(False, as_csv, as_markdown)
    check_pictures(html, png)
    read = [read_result(path) for path in results]
    try:
        write_reports(read, html, png)
        if form != "table" or (html is None and png is None):
            for result in read:
                print_result(result, form)
    except (LookupError, ValueError) as error:  # one part lacks what another names
        names = ", ".join(map(str, results))
        raise DataError(f"{names}: the parts of the result do not match: {error}") from None
    return 0


def read_result(path: Path) -> Result:
    """Raises DataError for a file that is not a result of ours."""
    from summarize.evaluation.result import result_of

    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file{nearest(path)}") from None
    except OSError as error:
        raise DataError(f"can't read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or "kind" not in values:
        raise DataError(
            f"{path} was not written by bench, scaling or score with -o; to measure models on "
            f"documents: summarize bench DATA.jsonl -o RESULT.json"
        )
    try:
        return result_of(values)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def nearest(path: Path) -> str:
    """A file of a similar name in the same folder."""
    try:
        return did_you_mean(path.name, [entry.name for entry in path.parent.iterdir()])
    except OSError:
        return ""
