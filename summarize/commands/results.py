"""What the measuring commands share: where a result goes, and in what form."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from summarize.commands.options import (
    AsCsv,
    AsJson,
    AsMarkdown,
    Fresh,
    Html,
    Output,
    Png,
)
from summarize.errors import OptionError
from summarize.files import write_text

__all__ = ["AsCsv", "AsJson", "AsMarkdown", "Fresh", "Html", "Output", "Png"]

if TYPE_CHECKING:
    from summarize.evaluation.journal import Journal
    from summarize.evaluation.result import Result


def check_form(as_json: bool, as_csv: bool, as_markdown: bool) -> str:
    """json, csv, markdown or table; more than one is an OptionError."""
    asked = {"json": as_json, "csv": as_csv, "markdown": as_markdown}
    chosen = [name for name, is_asked in asked.items() if is_asked]
    if len(chosen) > 1:
        raise OptionError(f"--{chosen[0]} and --{chosen[1]} can't be combined; use one")
    return chosen[0] if chosen else "table"


def check_folder(path: Path | None) -> None:
    """Refuse before the work what would fail after it."""
    if path is None:
        return
    if path.is_dir():
        raise OptionError(f"{path} is a directory; name a file in it")
    if not Path(os.path.abspath(path)).parent.is_dir():
        raise OptionError(f"{path}: the directory {path.parent} does not exist")


def check_pictures(html: Path | None, png: Path | None) -> None:
    """Refuse before the work what would fail after it."""
    check_folder(html)
    if png is not None and png.exists() and not png.is_dir():
        raise OptionError(f"--png {png} is a file; name a folder")
    if html is not None or png is not None:
        from summarize.views.pictures import require_matplotlib

        require_matplotlib()


@contextmanager
def going_on(journal: Journal) -> Iterator[None]:
    """On an interruption, say that nothing is lost."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if journal.folder is not None:
            print("summarize: interrupted; run the same command again to continue", file=sys.stderr)
        raise


def cache_folder(command: str) -> Path:
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("summarize", appauthor=False)) / command


def print_result(result: Result, form: str) -> None:
    from summarize.views import rows, tables
    from summarize.views.terminal import visible

    if form == "json":
        sys.stdout.write(to_json(result))
    elif form == "csv":
        sys.stdout.write(visible(rows.to_csv(result)))
    elif form == "markdown":
        sys.stdout.write(visible(tables.to_markdown(result)))
    else:
        tables.show(result)


def to_json(result: Result) -> str:
    return json.dumps(result.to_dict(), indent=1) + "\n"


def save_result(result: Result, path: Path | None) -> None:
    if path is not None:
        write_text(path, to_json(result))


def write_reports(results: list[Result], html: Path | None, png: Path | None) -> None:
    """The page and the charts that were asked for."""
    if html is None and png is None:
        return
    from summarize.views.report import write_html, write_pngs

    if html is not None:
        write_html(results, html)
    if png is not None:
        write_pngs(results, png)
