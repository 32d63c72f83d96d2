"""`summarize models [FOLDERS]`: which models there are, and which are on this machine."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from summarize.views.terminal import visible

if TYPE_CHECKING:
    from summarize.models.catalog import Entry

HELP = """List the models: those that ship with summarize, well-known ones of the Hugging Face hub
that have a short name, and FOLDERS of your own. Any other hub model is -m org/name.

Examples:

\b
  summarize models
  summarize models my-model --json
"""


def models(
    folders: Annotated[list[Path] | None, typer.Argument(metavar="FOLDERS", hidden=True)] = None,
    json_lines: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per model, one per line.")
    ] = False,
) -> int:
    from summarize.models.catalog import catalog, folder_entry

    entries = [folder_entry(folder) for folder in folders] if folders else catalog()
    if json_lines:
        for entry in entries:
            print(json.dumps(asdict(entry) | {"licence": entry.license}))  # as it was spelled first
    elif sys.stdout.isatty():
        show_table(entries)
    else:
        for entry in entries:
            print(visible("\t".join(cells(entry))))
    return 0


HEADINGS = (
    "name",
    "kind",
    "parameters",
    "on disk",
    "trained on",
    "license",
    "dev ROUGE-1/2/L",
)


def cells(entry: Entry) -> tuple[str, ...]:
    rouge = entry.dev_rouge or {}
    return (
        entry.name,
        entry.kind,
        millions(entry.parameters),
        f"{entry.disk_bytes / 2**20:,.0f} MiB"
        if entry.disk_bytes
        else ("-" if entry.here else "no"),
        entry.trained_on,
        entry.license,
        "/".join(f"{value:.1f}" for value in rouge.values()) or "-",
    )


def millions(count: int | None) -> str:
    if count is None:
        return "?"
    return f"{count / 1e6:,.1f} M" if count else "-"


def show_table(entries: list[Entry]) -> None:
    """Two lines for each model where a terminal is too narrow for one."""
    rows = [cells(entry) for entry in entries]
    if shutil.get_terminal_size().columns < 130:
        for block in narrow(rows):
            print(visible(block))
        return
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    for row in (HEADINGS, *rows):
        print(visible(line(row, widths)))


def narrow(rows: list[tuple[str, ...]]) -> Iterator[str]:
    first = [(*row[:4], row[6]) for row in (HEADINGS, *rows)]
    widths = [max(map(len, column)) for column in zip(*first, strict=True)]
    for top, row in zip(first, (HEADINGS, *rows), strict=True):
        yield line(top, widths)
        yield f"  {row[4]}; {row[5]}"


def line(row: tuple[str, ...], widths: list[int]) -> str:
    """Numbers to the right, words to the left."""
    return "  ".join(
        cell.rjust(width) if place in (2, 3) else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ).rstrip()
