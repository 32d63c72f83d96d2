"""`summarize config`: the settings, and the file that holds them."""

from __future__ import annotations

from typing import Annotated

import typer

from summarize.views.terminal import visible

HELP = """Show the settings and the file that holds them.

The file is TOML and may set model, length, style and width: the defaults of summarize FILES.
Options on the command line override it. What is printed is a valid file to start from.

Examples:

\b
  summarize config
  summarize config > my.toml
  $EDITOR "$(summarize config --path)"
"""


def config(
    path: Annotated[bool, typer.Option("--path", help="Print only the path of the file.")] = False,
) -> int:
    from summarize.commands.settings import as_toml, load_settings, settings_path

    file = settings_path()
    if path:
        print(visible(str(file)))
        return 0
    settings = load_settings(file)
    state = "" if file.exists() else " (not there yet; create it to change a default)"
    print(visible(f"# {file}{state}"))
    print(visible(as_toml(settings)))
    return 0
