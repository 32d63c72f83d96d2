"""Results as one page: a single HTML file that fetches nothing; and their charts as PNG."""

from __future__ import annotations

import html
from pathlib import Path

from summarize.errors import OutputError
from summarize.evaluation.result import BenchResult, Result, ScalingResult
from summarize.files import write_bytes, write_text
from summarize.views.pictures import pictures, to_png, to_svg
from summarize.views.tables import Table, heading, tables
from summarize.views.terminal import visible

STYLE = """
:root { color-scheme: light dark; --line: #0003; --soft: #0000000a; }
@media (prefers-color-scheme: dark) { :root { --line: #fff4; --soft: #ffffff12; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 64rem; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
figure { margin: 1.5rem 0; overflow-x: auto; } figcaption { opacity: .75; }
svg { display: block; width: 100%; min-width: 28rem; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; font-variant-numeric: tabular-nums; }
h3 { font-size: 1rem; margin: 1.5rem 0 0; }
th, td { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid var(--line); }
td { white-space: nowrap; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: Canvas; }
tbody tr:hover { background: var(--soft); }
code { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { opacity: .75; } dd { margin: 0; overflow-wrap: anywhere; }
"""


def write_html(results: list[Result], path: Path) -> None:
    write_text(path, to_html(results))


def write_pngs(results: list[Result], folder: Path) -> list[Path]:
    """One file per chart; those of further results of the same kind carry a number."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't make the folder {folder}: {error.strerror}") from None
    written: list[Path] = []
    for result in results:
        for name, (_, figure) in pictures(result).items():
            path = folder / f"{name}.png"
            if path in written:
                path = folder / f"{name}-{len(written)}.png"
            write_bytes(path, to_png(figure))
            written.append(path)
    return written


def to_html(results: list[Result]) -> str:
    parts = [section(result, number) for number, result in enumerate(results)]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>summarize: measured</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        "<h1>Quality, time and memory</h1>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def section(result: Result, number: int) -> str:
    title = "As documents grow" if isinstance(result, ScalingResult) else heading(result)
    parts = [f"<h2>{escape(title)}</h2>", facts(result)]
    for name, (label, figure) in pictures(result).items():
        svg = to_svg(figure, f"{name}-{number}", label)
        parts.append(f"<figure>\n{svg}\n<figcaption>{escape(label)}.</figcaption>\n</figure>")
    parts += [table_html(table) for table in tables(result)]
    return f"<section>\n{chr(10).join(parts)}\n</section>"


def facts(result: Result) -> str:
    """Command, date, machine and versions: what it takes to repeat the measurement."""
    used = result.environment or {}
    shown = {
        "command": result.command,
        "date": result.date,
        "machine": f"{used['cpu']}, {used['threads']} thread(s) a process" if used else None,
        "versions": ", ".join(f"{k} {v}" for k, v in used.get("versions", {}).items()) or None,
        "scores": result.signature if isinstance(result, BenchResult) else None,
        "data": result.data.sha256 if isinstance(result, BenchResult) else None,
    }
    rows = [
        f"<dt>{name}</dt><dd><code>{escape(str(value))}</code></dd>"
        for name, value in shown.items()
        if value
    ]
    return f"<dl>{''.join(rows)}</dl>"


def table_html(table: Table) -> str:
    def line(cells: list[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    body = "\n".join(line(row, "td") for row in table.rows)
    return (
        f'<h3>{escape(table.title)}</h3>\n<div class="wide"><table>\n'
        f"<thead>{line(table.headings, 'th')}</thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def escape(text: str) -> str:
    return html.escape(visible(text))
