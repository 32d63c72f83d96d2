"""`summarize models [FOLDERS]`: which models there are, and which are on this machine."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from summarize.models.catalog import Entry

HELP = """List the models: those that ship, those with a short name on the Hugging Face hub, and
FOLDERS of your own. Any other model of the hub is -m org/name."""


def models(
    folders: Annotated[list[Path] | None, typer.Argument(metavar="FOLDERS")] = None,
    json_lines: Annotated[
        bool, typer.Option("--json", help="One JSON object a model, a line each.")
    ] = False,
) -> int:
    from summarize.models.catalog import catalog, folder_entry

    entries = [folder_entry(folder) for folder in folders] if folders else catalog()
    if json_lines:
        for entry in entries:
            print(json.dumps(asdict(entry)))
    elif sys.stdout.isatty():
        show_table(entries)
    else:
        for entry in entries:
            print("\t".join(cells(entry)))
    return 0


HEADINGS = (
    "name",
    "kind",
    "parameters",
    "on this machine",
    "trained on",
    "licence",
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
        entry.licence,
        "/".join(f"{value:.1f}" for value in rouge.values()) or "-",
    )


def millions(count: int | None) -> str:
    if count is None:
        return "?"
    return f"{count / 1e6:,.1f} M" if count else "-"


def show_table(entries: list[Entry]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in HEADINGS:
        right = heading in ("parameters", "on this machine")
        table.add_column(heading, justify="right" if right else "left", no_wrap=heading == "name")
    for entry in entries:
        table.add_row(*(Text(cell) for cell in cells(entry)))
    Console().print(table)
