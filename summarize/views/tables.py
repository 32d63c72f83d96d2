"""Results as tables: on a terminal, as Markdown. (CSV is in rows.py.)"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from summarize.evaluation.result import (
    BenchResult,
    Fit,
    ModelResult,
    Result,
    ScalingCell,
    ScalingResult,
    Spread,
)
from summarize.views.terminal import visible

Cell = Callable[[str, BenchResult], str]  # of a model's name and the whole result


class Column(NamedTuple):
    """A heading, and how a model's cell is made; "" leaves it empty."""

    heading: str
    cell: Cell


class Table(NamedTuple):
    title: str
    headings: list[str]
    rows: list[list[str]]


# --- bench and score ---------------------------------------------------------------------------


def f1(kind: str) -> Cell:
    def cell(name: str, result: BenchResult) -> str:
        value = result.models[name].scores[kind].f1
        if kind != "rouge1" or value.low is None or value.high is None:
            return f"{value.mean:.1f}"
        return f"{value.mean:.1f} ({value.low:.1f}-{value.high:.1f})"

    return cell


def against_first(name: str, result: BenchResult) -> str:
    """ROUGE-1 minus that of the first model, and the p of the difference."""
    first = next(iter(result.models))
    if name == first:
        return ""
    found = result.differences[f"{name} - {first}"]["rouge1"]
    p = "p < 0.002" if found.p < 0.0021 else f"p = {found.p:.3f}"
    return f"{found.difference:+.1f}, {p}"


def cost(key: str, show: Callable[[Any], str]) -> Cell:
    return part(lambda model: getattr(model.cost, key) if model.cost else None, show)


def text(key: str, show: Callable[[Any], str]) -> Cell:
    return part(lambda model: getattr(model.text, key), show)


def part(find: Callable[[ModelResult], Any], show: Callable[[Any], str]) -> Cell:
    def cell(name: str, result: BenchResult) -> str:
        value = find(result.models[name])
        return "" if value is None else show(value)

    return cell


def percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def milliseconds(value: Spread) -> str:
    """Three digits, so that a fast model's are not all zeros."""
    shown = 1000 * value.median
    places = 0 if shown >= 100 else 1 if shown >= 10 else 2
    return f"{shown:,.{places}f} ± {1000 * (value.mad or 0):,.{places}f}"


QUALITY = [
    Column("ROUGE-1 (95 %)", f1("rouge1")),
    Column("ROUGE-2", f1("rouge2")),
    Column("ROUGE-L", f1("rougeL")),
    Column("ROUGE-Lsum", f1("rougeLsum")),
    Column("Δ ROUGE-1", against_first),
]
COST = [
    Column("ms/document", cost("seconds_per_document", milliseconds)),
    Column("tokens/s", cost("tokens_per_second", lambda v: f"{v:,.0f}")),
    Column("peak MiB", cost("peak_memory_bytes", lambda v: f"{v / 2**20:,.0f}")),
    Column("parameters", cost("parameters", lambda v: f"{v / 1e6:,.1f} M" if v else "0")),
    Column("cold start", cost("cold_start_seconds", lambda v: f"{v:.2f} s")),
    Column("tokens read", cost("tokens_read_share", percent)),
]
TEXT = [
    Column("words", text("words", lambda v: f"{v:.1f}")),
    Column("compression", text("compression", lambda v: f"{v:.1f}")),
    Column("novel words", text("novel_1grams", percent)),
    Column("novel bigrams", text("novel_2grams", percent)),
    Column("novel trigrams", text("novel_3grams", percent)),
    Column("repeated bigrams", text("repeated_word_pairs", percent)),
]
TABLES = {
    "Quality: ROUGE F1, and the difference from the first model": QUALITY,
    "Cost: median time of a document, peak memory, cold start": COST,
    "Text: words, document to summary, n-grams that the document lacks": TEXT,
}


def tables(result: Result) -> list[Table]:
    """Those that the result has figures for."""
    return scaling_tables(result) if isinstance(result, ScalingResult) else model_tables(result)


def model_tables(result: BenchResult) -> list[Table]:
    """Quality, cost, text, and ROUGE-1 by length and kind."""
    found = []
    for title, columns in TABLES.items():
        rows = [
            [name, *(column.cell(name, result) for column in columns)] for name in result.models
        ]
        headings = ["model", *(column.heading for column in columns)]
        table = without_empty(Table(title, headings, [row for row in rows if any(row[1:])]))
        if len(table.headings) > 1:
            found.append(table)
    names = list(result.models)
    if len(result.buckets) > 1:
        rows = [
            [
                f"{bucket.words[0]:,}-{bucket.words[1]:,}",
                str(bucket.documents),
                *(f"{bucket.models[name].rouge1.f1.mean:.1f}" for name in names),
            ]
            for bucket in result.buckets
        ]
        headings = ["words", "documents", *names]
        found.append(Table("ROUGE-1 by words of the document", headings, rows))
    if result.kinds:
        rows = [
            [kind, str(k.documents), *(f"{k.models[name]['rouge1']:.1f}" for name in names)]
            for kind, k in result.kinds.items()
        ]
        found.append(Table("ROUGE-1 by kind of document", ["kind", "documents", *names], rows))
    return found


def without_empty(table: Table) -> Table:
    """Without the columns that have nothing in any row; the first stays."""
    used = [0] + [i for i in range(1, len(table.headings)) if any(row[i] for row in table.rows)]
    rows = [[row[i] for i in used] for row in table.rows]
    return Table(table.title, [table.headings[i] for i in used], rows)


# --- scaling -----------------------------------------------------------------------------------


class Quantity(NamedTuple):
    """A table of scaling: its title, which exponent belongs under it, and how a cell is made."""

    title: str
    key: str | None
    cell: Callable[[ScalingCell], str]


def measured(key: str) -> Callable[[ScalingCell], str]:
    phase = "training" if key.startswith("training") else "inference"
    is_memory = key in ("memory", "training_memory")

    def cell(values: ScalingCell) -> str:
        if values.phase(phase).out_of_memory:
            return "out of memory"
        if values.phase(phase).error:
            return "failed"
        found = values.value(key)
        if found is None:
            return ""
        return f"{found / 2**20:,.0f}" if is_memory else significant(found)

    return cell


def operations(values: ScalingCell) -> str:
    return f"{values.multiply_adds.whole / 1e6:,.0f}" if values.multiply_adds else ""


QUANTITIES = [
    Quantity("Whole summary, s", "whole", measured("whole")),
    Quantity("Encoder, s", "encoder", measured("encoder")),
    Quantity("Decoder step, s", "decoder_step", measured("decoder_step")),
    Quantity("Memory of inference, MiB", "memory", measured("memory")),
    Quantity("Training step, s", "training_step", measured("training_step")),
    Quantity("Memory of training, MiB", "training_memory", measured("training_memory")),
    Quantity("Multiply-adds of a whole summary, millions", None, operations),
]


def scaling_tables(result: ScalingResult) -> list[Table]:
    """One table per quantity, with a row for each length and a column for each model."""
    names = list(result.models)
    found = []
    for title, key, cell in QUANTITIES:
        rows = [
            [f"{cells[0].length:,}", *(cell(c) for c in cells)]
            for cells in zip(*result.models.values(), strict=True)
        ]
        table = without_empty(Table(title, ["tokens", *names], rows))
        if len(table.headings) == 1:
            continue
        if key:
            fits = [result.exponents[name].get(key) for name in table.headings[1:]]
            table.rows.append(["exponent", *map(exponent, fits)])
        found.append(table)
    found.append(engines(result))
    if result.crossings:
        rows = [
            [c.quantity.replace("_", " "), f"{c.length:,}", c.cheaper_before, c.cheaper_after]
            for c in result.crossings
        ]
        headings = ["quantity", "tokens", "cheaper before", "cheaper after"]
        found.append(Table("Where the curves cross", headings, rows))
    return found


def engines(result: ScalingResult) -> Table:
    """What ran, and up to which length each model was trained. Beyond it the time is right
    whatever the weights are; the quality would not be."""
    rows = []
    for name, cells in result.models.items():
        first = cells[0].inference
        trained = [c.length for c in cells if c.inference.past_training is False]
        longer = any(c.inference.longer_position_table for c in cells)
        training = (c.training.engine for c in cells if c.training and c.training.engine)
        rows.append(
            [
                name,
                first.engine or "",
                next(training, ""),
                f"{first.parameters / 1e6:,.1f} M" if first.parameters else "0",
                (f"{max(trained):,}" if trained else "")
                + (", then a longer position table" if longer else ""),
            ]
        )
    return Table("What ran", ["model", "inference", "training", "parameters", "trained to"], rows)


def exponent(fit: Fit | None) -> str:
    return f"{fit.exponent:.2f} ({fit.low:.2f} to {fit.high:.2f})" if fit else ""


def significant(value: float) -> str:
    """Three significant digits."""
    digits = 2 - math.floor(math.log10(value)) if value > 0 else 2
    return f"{value:,.{min(max(digits, 0), 7)}f}"


# --- the whole ---------------------------------------------------------------------------------


def heading(result: Result) -> str:
    """What was measured, and on what, in a line."""
    if isinstance(result, ScalingResult):
        used = result.environment
        return (
            f"Summaries of {result.summary_tokens} tokens; {used['cpu']}, "
            f"{used['threads']} thread(s); training in batches of {result.training_batch}"
        )
    data = result.data
    count = f"{data.documents:,}"
    if data.limited:
        count = f"the first {count}" + (f" of {data.of:,}" if data.of else "")
    parts = [f"{data.name}, {count} documents"]
    if result.kind == "bench":
        parts.append(asked(result))
    if result.batch_size > 1 or result.processes > 1:
        parts.append(f"batches of {result.batch_size}, {result.processes} process(es)")
    return "; ".join(parts)


def asked(result: BenchResult) -> str:
    """Which summaries these are: those that users get, or others."""
    options = result.options
    if not result.as_by_default:
        options = {"mode": "abstractive", "overflow": "truncate", **options}
    if not options:
        return "as summarize answers by default"
    return "with " + ", ".join(f"{name} {value}" for name, value in options.items())


def to_markdown(result: Result) -> str:
    parts = [heading(result)]
    for table in tables(result):
        parts += [f"**{table.title}**", markdown_table(table)]
    if isinstance(result, BenchResult):
        parts.append(f"`{result.signature}`")
    return "\n\n".join(parts) + "\n"


def markdown_table(table: Table) -> str:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    rule = "|---" + "|---:" * (len(table.headings) - 1) + "|"
    return "\n".join([line(table.headings), rule, *map(line, table.rows)])


def show(result: Result) -> None:
    """Print it, for reading."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as Rich
    from rich.text import Text

    # In a file or a pipe there is no edge to wrap at.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    console.print(Text(visible(heading(result))))
    for table in tables(result):
        grid = Rich(
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            title=Text(visible(table.title)),
            title_justify="left",
        )
        for i, name in enumerate(table.headings):
            grid.add_column(Text(visible(name)), justify="right" if i else "left", overflow="fold")
        for row in table.rows:
            grid.add_row(*(Text(visible(cell)) for cell in row))
        console.print(grid)
    if isinstance(result, BenchResult):
        console.print(Text(result.signature, style="dim"))
