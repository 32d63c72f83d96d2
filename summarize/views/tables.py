"""Results as tables: on a terminal, as Markdown, as CSV."""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from summarize.views.terminal import visible

Model = dict[str, Any]


class Column(NamedTuple):
    """A heading, and how its cell is made of a model's part of the result; "" leaves it empty."""

    heading: str
    cell: Callable[[str, Model, dict[str, Any]], str]


class Table(NamedTuple):
    title: str
    headings: list[str]
    rows: list[list[str]]


def f1(kind: str) -> Callable[[str, Model, dict[str, Any]], str]:
    def cell(name: str, model: Model, result: dict[str, Any]) -> str:
        value = model["scores"][kind]["f1"]
        if kind != "rouge1" or value["low"] is None:
            return f"{value['mean']:.1f}"
        return f"{value['mean']:.1f} ({value['low']:.1f}-{value['high']:.1f})"

    return cell


def against_first(name: str, model: Model, result: dict[str, Any]) -> str:
    """ROUGE-1 minus the first model's, and how likely chance alone is."""
    first = next(iter(result["models"]))
    if name == first:
        return ""
    found = result["differences"][f"{name} - {first}"]["rouge1"]
    p = "p < 0.002" if found["p"] < 0.0021 else f"p = {found['p']:.3f}"
    return f"{found['difference']:+.1f}, {p}"


def cost(key: str, show: Callable[[Any], str]) -> Callable[[str, Model, dict[str, Any]], str]:
    def cell(name: str, model: Model, result: dict[str, Any]) -> str:
        value = model.get("cost", {}).get(key)
        return "" if value is None else show(value)

    return cell


def text(key: str, show: Callable[[Any], str]) -> Callable[[str, Model, dict[str, Any]], str]:
    def cell(name: str, model: Model, result: dict[str, Any]) -> str:
        value = model["text"].get(key)
        return "" if value is None else show(value)

    return cell


def percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def milliseconds(value: dict[str, float]) -> str:
    """Three figures, so that a fast model's are not all zeros."""
    shown = 1000 * value["median"]
    places = 0 if shown >= 100 else 1 if shown >= 10 else 2
    return f"{shown:,.{places}f} ± {1000 * value['mad']:,.{places}f}"


QUALITY = [
    Column("ROUGE-1 (95 %)", f1("rouge1")),
    Column("ROUGE-2", f1("rouge2")),
    Column("ROUGE-L", f1("rougeL")),
    Column("R-Lsum", f1("rougeLsum")),
    Column("R-1 to the first", against_first),
]
COST = [
    Column("ms each", cost("seconds_per_document", milliseconds)),
    Column("tokens/s", cost("tokens_per_second", lambda v: f"{v:,.0f}")),
    Column("MiB", cost("peak_memory_bytes", lambda v: f"{v / 2**20:,.0f}")),
    Column("weights", cost("parameters", lambda v: f"{v / 1e6:,.1f} M" if v else "0")),
    Column("start", cost("cold_start_seconds", lambda v: f"{v:.2f} s")),
    Column("read", cost("tokens_read_share", percent)),
]
TEXT = [
    Column("words", text("words", lambda v: f"{v:.1f}")),
    Column("ratio", text("compression", lambda v: f"{v:.1f}")),
    Column("new 1", text("novel_1grams", percent)),
    Column("new 2", text("novel_2grams", percent)),
    Column("new 3", text("novel_3grams", percent)),
    Column("repeated", text("repeated_word_pairs", percent)),
]
TABLES = {
    "Quality: ROUGE F1": QUALITY,
    "Cost: median time of a document, peak memory, cold start": COST,
    "Text: words, document to summary, share of n-grams not in the document": TEXT,
}


def tables(result: dict[str, Any]) -> list[Table]:
    """Those that the result has something for."""
    return scaling_tables(result) if result["kind"] == "scaling" else model_tables(result)


def scaling_tables(result: dict[str, Any]) -> list[Table]:
    """A table a quantity, a row a length, a column a model."""
    names = list(result["models"])
    found = []
    for title, cell in SCALING.items():
        rows = [
            [f"{cells[0]['length']:,}", *(cell(c) for c in cells)]
            for cells in zip(*result["models"].values(), strict=True)
        ]
        used = [i for i in range(1, len(names) + 1) if any(row[i] for row in rows)]
        if not used:
            continue
        rows = [[row[0], *(row[i] for i in used)] for row in rows]
        key = QUANTITY_OF.get(title)
        if key:
            fits = [result["exponents"][names[i - 1]].get(key) for i in used]
            rows.append(["exponent", *(exponent(f) for f in fits)])
        found.append(Table(title, ["tokens", *(names[i - 1] for i in used)], rows))
    found.append(engines(result))
    if result["crossings"]:
        found.append(
            Table(
                "Where the lines cross",
                ["quantity", "tokens", "cheaper before", "cheaper after"],
                [
                    [
                        c["quantity"].replace("_", " "),
                        f"{c['length']:,}",
                        c["cheaper_before"],
                        c["cheaper_after"],
                    ]
                    for c in result["crossings"]
                ],
            )
        )
    return found


def engines(result: dict[str, Any]) -> Table:
    """What ran, and up to which length each model was trained: past it time is the same whatever
    the weights, and quality is not."""
    rows = []
    for name, cells in result["models"].items():
        first = cells[0]["inference"]
        trained = [c["length"] for c in cells if not c["inference"].get("past_training", True)]
        tables = any(c["inference"].get("longer_position_table") for c in cells)
        rows.append(
            [
                name,
                first.get("engine", ""),
                next(
                    (c["training"]["engine"] for c in cells if "engine" in c.get("training", {})),
                    "",
                ),
                f"{first['parameters'] / 1e6:,.1f} M" if first.get("parameters") else "0",
                (f"{max(trained):,}" if trained else "")
                + (", a longer position table after" if tables else ""),
            ]
        )
    return Table("What ran", ["model", "inference", "training", "parameters", "trained to"], rows)


def exponent(fit: dict[str, Any] | None) -> str:
    return f"{fit['exponent']:.2f} ({fit['low']:.2f} to {fit['high']:.2f})" if fit else ""


def seconds_of(phase: str, quantity: str) -> Callable[[Any], str]:
    def cell(values: Any) -> str:
        if values.get(phase, {}).get("out_of_memory"):
            return "no memory"
        if "error" in values.get(phase, {}):
            return "failed"
        found = values.get(phase, {}).get("seconds", {}).get(quantity)
        return "" if found is None else significant(found["median"])

    return cell


def memory_of(phase: str) -> Callable[[Any], str]:
    def cell(values: Any) -> str:
        if values.get(phase, {}).get("out_of_memory"):
            return "no memory"
        if "error" in values.get(phase, {}):
            return "failed"
        found = values.get(phase, {}).get("peak_memory_bytes")
        return "" if found is None else f"{found / 2**20:,.0f}"

    return cell


def significant(value: float) -> str:
    """Three figures."""
    digits = 2 - math.floor(math.log10(value)) if value > 0 else 2
    return f"{value:,.{min(max(digits, 0), 7)}f}"


SCALING: dict[str, Callable[[Any], str]] = {
    "Whole summary, s": seconds_of("inference", "whole"),
    "Encoder, s": seconds_of("inference", "encoder"),
    "Decoder step, s": seconds_of("inference", "decoder_step"),
    "Memory of inference, MiB": memory_of("inference"),
    "Training step, s": seconds_of("training", "training_step"),
    "Memory of training, MiB": memory_of("training"),
    "Multiply-adds of a whole summary, millions": lambda c: (
        f"{c['multiply_adds']['whole'] / 1e6:,.0f}" if c.get("multiply_adds") else ""
    ),
}
QUANTITY_OF = {
    "Whole summary, s": "whole",
    "Encoder, s": "encoder",
    "Decoder step, s": "decoder_step",
    "Memory of inference, MiB": "memory",
    "Training step, s": "training_step",
    "Memory of training, MiB": "training_memory",
}


def model_tables(result: dict[str, Any]) -> list[Table]:
    """Quality, cost, text, and ROUGE-1 by length and kind."""
    found = []
    for title, columns in TABLES.items():
        rows = [
            [name, *(column.cell(name, model, result) for column in columns)]
            for name, model in result["models"].items()
        ]
        rows = [row for row in rows if any(row[1:])]
        used = [0] + [i for i in range(1, len(columns) + 1) if any(row[i] for row in rows)]
        if len(used) > 1:
            headings = ["model", *(column.heading for column in columns)]
            found.append(
                Table(title, [headings[i] for i in used], [[row[i] for i in used] for row in rows])
            )
    names = list(result["models"])
    if len(result.get("buckets", [])) > 1:
        found.append(
            Table(
                "ROUGE-1 by words of the document",
                ["words", "documents", *names],
                [
                    [
                        f"{b['words'][0]:,}-{b['words'][1]:,}",
                        str(b["documents"]),
                        *(f"{b['models'][n]['rouge1']['f1']['mean']:.1f}" for n in names),
                    ]
                    for b in result["buckets"]
                ],
            )
        )
    if result.get("kinds"):
        found.append(
            Table(
                "ROUGE-1 by kind of document",
                ["kind", "documents", *names],
                [
                    [kind, str(k["documents"]), *(f"{k['models'][n]['rouge1']:.1f}" for n in names)]
                    for kind, k in result["kinds"].items()
                ],
            )
        )
    return found


def heading(result: dict[str, Any]) -> str:
    """What was measured on, in a line."""
    if result["kind"] == "scaling":
        used = result["environment"]
        return (
            f"A summary of {result['summary_tokens']} tokens; {used['cpu']}, "
            f"{used['threads']} thread(s); training in batches of {result['training_batch']}"
        )
    data = result["data"]
    count = f"{data['documents']:,}"
    if data.get("limited"):
        count = f"the first {count}" + (f" of {data['of']:,}" if data.get("of") else "")
    how = ""
    if result.get("batch_size", 1) > 1 or result.get("processes", 1) > 1:
        how = f", in batches of {result['batch_size']}, {result['processes']} processes"
    return f"{data['name']}, {count} documents{how}"


def to_markdown(result: dict[str, Any]) -> str:
    parts = [heading(result)]
    for table in tables(result):
        parts += [f"**{table.title}**", markdown_table(table)]
    if "signature" in result:
        parts.append(f"`{result['signature']}`")
    return "\n\n".join(parts) + "\n"


def markdown_table(table: Table) -> str:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    rule = "|---" + "|---:" * (len(table.headings) - 1) + "|"
    return "\n".join([line(table.headings), rule, *map(line, table.rows)])


def to_csv(result: dict[str, Any]) -> str:
    """Every figure of the result: model, figure, value, low, high; of scaling a row a cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if result["kind"] == "scaling":
        writer.writerow(["model", "length", "figure", "value"])
        for name, cells in result["models"].items():
            for cell in cells:
                for phase in ("inference", "training"):
                    found = cell.get(phase, {})
                    for key, value in found.get("seconds", {}).items():
                        for part, number in value.items():
                            figure = f"{key}_seconds_{part}"
                            writer.writerow([name, cell["length"], figure, number])
                    if found.get("out_of_memory") or "error" in found:
                        figure = "out_of_memory" if found.get("out_of_memory") else "failed"
                        writer.writerow([name, cell["length"], f"{phase}_{figure}", 1])
                    if "peak_memory_bytes" in found:
                        figure = f"{phase}_peak_memory_bytes"
                        writer.writerow([name, cell["length"], figure, found["peak_memory_bytes"]])
                for key, value in (cell.get("multiply_adds") or {}).items():
                    writer.writerow([name, cell["length"], f"{key}_multiply_adds", value])
            for key, value in result["exponents"][name].items():
                for part in ("exponent", "low", "high"):
                    writer.writerow([name, "", f"{key}_{part}", value[part]])
        for crossing in result["crossings"]:
            pair = f"{crossing['cheaper_before']} then {crossing['cheaper_after']}"
            writer.writerow([pair, crossing["length"], f"{crossing['quantity']}_crossing", ""])
        return out.getvalue()
    writer.writerow(["model", "figure", "value", "low", "high"])
    for name, model in result["models"].items():
        for kind, parts in model["scores"].items():
            for part, value in parts.items():
                row = [value["mean"], value["low"], value["high"]]
                writer.writerow([name, f"{kind}_{part}", *row])
        for group in ("cost", "text"):
            for key, value in model.get(group, {}).items():
                if isinstance(value, dict):
                    for inner, number in value.items():
                        writer.writerow([name, f"{key}_{inner}", number, "", ""])
                elif value is not None:
                    writer.writerow([name, key, value, "", ""])
    for bucket in result.get("buckets", []):
        for name, kinds in bucket["models"].items():
            low, high = bucket["words"]
            for kind in (k for k in kinds if k != "seconds"):
                value = kinds[kind]["f1"]
                row = [value["mean"], value["low"], value["high"]]
                writer.writerow([name, f"{kind}_f1_of_{low}_to_{high}_words", *row])
    for kind, found in result.get("kinds", {}).items():
        for name, values in found["models"].items():
            for figure, number in values.items():
                writer.writerow([name, f"{figure}_f1_of_{kind}", number, "", ""])
    for pair, kinds in result["differences"].items():
        for kind, value in kinds.items():
            row = [value["difference"], value["low"], value["high"]]
            writer.writerow([pair, f"{kind}_difference", *row])
            writer.writerow([pair, f"{kind}_p", value["p"], "", ""])
    return out.getvalue()


def show(result: dict[str, Any]) -> None:
    """On standard output, for reading."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as Rich
    from rich.text import Text

    # Into a file or a pipe nothing is cut: there is no edge.
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
    if "signature" in result:
        console.print(Text(result["signature"], style="dim"))
