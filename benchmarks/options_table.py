"""A command's options as a Markdown table, for the README (cog writes it there and checks it).

    <!-- [[[cog
    import cog
    from benchmarks.options_table import table
    cog.out(table("text"))
    ]]] -->
    <!-- [[[end]]] -->

`cog -r README.md` writes, `cog --check README.md` says whether something changed since.
Or by hand: python benchmarks/options_table.py bench
"""

from __future__ import annotations

import sys

from summarize.commands.describe import Option, command


def table(name: str = "text", leave_out: tuple[str, ...] = ("--help",)) -> str:
    """`name` is that of a command; "text" is summarize FILES itself."""
    rows = ["| option | |", "|---|---|"]
    for option in command(name).options:
        if option.flags[-1] not in leave_out:
            rows.append(f"| {typed(option)} | {described(option)} |")
    return "\n".join(rows) + "\n"


def typed(option: Option) -> str:
    flags = ", ".join(option.flags)
    shown = f"{flags} {option.value}".strip()
    return f"`{shown}`".replace("|", "\\|")


def described(option: Option) -> str:
    default = f" Default: {option.default}." if option.default else ""
    return (option.help + default).replace("|", "\\|")


if __name__ == "__main__":
    print(table(*sys.argv[1:2]), end="")
