"""`summarize report RESULTS...`: a page and pictures from results that were saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

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
from summarize.errors import DataError

HELP = """Make a page (--html), pictures (--png) or tables of RESULTS, files that bench, scaling or
score wrote with -o. Nothing is measured again."""


def report(
    results: Annotated[list[Path], typer.Argument(metavar="RESULTS")],
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
    except (KeyError, TypeError, AttributeError, IndexError, StopIteration) as error:
        names = ", ".join(map(str, results))
        raise DataError(f"{names}: a part of the result is missing or odd: {error}") from None
    return 0


def read_result(path: Path) -> dict[str, Any]:
    """Raises DataError for what is no result of ours."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"can't read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or values.get("kind") not in ("bench", "score", "scaling"):
        raise DataError(f"{path} is no result; make one with: summarize bench -o {path}")
    if values.get("schema_version") != 1:
        raise DataError(
            f"{path} has schema_version {values.get('schema_version')!r}; this summarize reads 1"
        )
    return values
