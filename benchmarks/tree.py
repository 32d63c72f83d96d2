"""The file tree as Markdown, from the first line of each module's docstring (for CONTRIBUTING.md).

cog writes it there and checks it, as benchmarks/options_table.py does for the README.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 34


def tree(folder: str) -> str:
    """One line for each module below a folder of the repository: its name and what it is."""
    lines = [f"{folder}/"]
    for path in sorted((ROOT / folder).rglob("*.py")):
        if path.name in ("__init__.py", "__main__.py"):
            continue
        name = path.relative_to(ROOT / folder).as_posix()
        lines.append(f"  {name:{WIDTH - 2}} {described(path)}".rstrip())
    return "```\n" + "\n".join(lines) + "\n```\n"


def described(path: Path) -> str:
    """The first sentence of the module's docstring, up to a colon or its full stop."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = text.split("\n\n")[0].replace("\n", " ")
    return first.split(". ")[0].split(": ")[0].rstrip(".:")


if __name__ == "__main__":
    print(tree("summarize"))
