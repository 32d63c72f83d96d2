"""The charts of a report, drawn by matplotlib: as PNG, and as SVG in the colours of the page.

The models' colours are those of Okabe & Ito (2008), which colour-blind readers can tell apart. Each
model also has its own marker.
"""

from __future__ import annotations

import io
import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from summarize.errors import MissingPackage, OutputError
from summarize.evaluation.result import (
    BenchResult,
    Interval,
    Result,
    ScalingCell,
    ScalingResult,
)
from summarize.views.terminal import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLES = {
    "lead": ("#888888", "s"),
    "oracle": ("#bb8844", "D"),
    "seq2seq": ("#e69f00", "v"),
    "attention": ("#0072b2", "o"),
    "transformer": ("#009e73", "^"),
}
OTHERS = (("#cc79a7", "P"), ("#d55e00", "X"), ("#56b4e9", "<"), ("#a0522d", ">"), ("#7f7fff", "*"))
# Stands for the colour of the page's text until the SVG is written.
INK = "#010203"


def require_matplotlib() -> None:
    if find_spec("matplotlib") is None:
        raise MissingPackage(
            'pictures need matplotlib; install the extra "plots" (README, Install)'
        )


def style(name: str, names: list[str]) -> tuple[str, str]:
    """Colour and marker of a model: the same in every picture."""
    if name in STYLES:
        return STYLES[name]
    rest = [n for n in names if n not in STYLES]
    return OTHERS[rest.index(name) % len(OTHERS)]


def pictures(result: Result) -> dict[str, tuple[str, Figure]]:
    """Name -> what it shows, in a sentence, and the figure."""
    require_matplotlib()
    if isinstance(result, ScalingResult):
        return {
            "time-by-length": ("Time against the length of the document", time_by_length(result)),
            "memory-by-length": (
                "Peak memory against the length of the document",
                memory_by_length(result),
            ),
        }
    found = {}
    if len(result.buckets) > 1:
        found["rouge-by-length"] = (
            "ROUGE-1 against the length of the document, with 95 % intervals",
            rouge_by_length(result),
        )
    if any(model.cost for model in result.models.values()):
        found["quality-speed"] = (
            "ROUGE-1 against the time that a summary takes",
            quality_speed(result),
        )
    return found


def new_figure(panels: int) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2 if panels == 1 else 9.6, 4.2), layout="constrained")
    axes = [figure.add_subplot(1, panels, i + 1) for i in range(panels)]
    for ax in axes:
        ax.grid(True, which="major", alpha=0.25, color=INK, linewidth=0.6)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            ax.spines[side].set_color(INK)
        ax.tick_params(colors=INK, which="both")
        for part in (ax.xaxis.label, ax.yaxis.label, ax.title):
            part.set_color(INK)
        ax.patch.set_alpha(0)
    return figure, axes


def label(name: str) -> str:
    """Dollar signs would be mathematics, and a leading underscore would hide it."""
    shown = visible(name).replace("$", r"\$")
    return f"\u200b{shown}" if shown.startswith("_") else shown


def legend(ax: Axes) -> None:
    ax.legend(frameon=False, labelcolor=INK)


def logarithmic(axis: Any) -> None:
    """A logarithmic axis that says 0.02 and 1,000, not powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1.0,) if high > 300 * low else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_formatter(NullFormatter())


def plain_ticks(ax: Axes, values: list[float]) -> None:
    """Ticks at these values and nowhere else, on a logarithmic axis."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(values))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def rouge_by_length(result: BenchResult) -> Figure:
    figure, (ax,) = new_figure(1)
    names = list(result.models)
    middles = [bucket.median_words for bucket in result.buckets]
    for i, name in enumerate(names):
        colour, marker = style(name, names)
        f1 = [bucket.models[name].rouge1.f1 for bucket in result.buckets]
        means = [value.mean for value in f1]
        spread = [[below(v) for v in f1], [above(v) for v in f1]]
        shift = 1 + 0.012 * (i - (len(names) - 1) / 2)  # so that the intervals stand side by side
        ax.errorbar(
            [m * shift for m in middles],
            means,
            yerr=spread,
            color=colour,
            marker=marker,
            capsize=3,
            label=label(name),
            linewidth=1.8,
        )
    plain_ticks(ax, [float(m) for m in middles])
    ax.set_xlabel("words of the document (median of each group)")
    ax.set_ylabel("ROUGE-1 F1")
    ax.set_ylim(bottom=0)
    legend(ax)
    return figure


def below(value: Interval) -> float:
    return 0.0 if value.low is None else max(0.0, value.mean - value.low)


def above(value: Interval) -> float:
    return 0.0 if value.high is None else max(0.0, value.high - value.mean)


def quality_speed(result: BenchResult) -> Figure:
    figure, (ax,) = new_figure(1)
    names = list(result.models)
    for name, model in result.models.items():
        if model.cost is None:
            continue
        colour, marker = style(name, names)
        f1 = model.scores["rouge1"].f1
        x = 1000 * model.cost.seconds_per_document.median
        ax.errorbar(
            [x],
            [f1.mean],
            yerr=[[below(f1)], [above(f1)]],
            color=colour,
            marker=marker,
            markersize=9,
            capsize=3,
        )
        memory = model.cost.peak_memory_bytes / 2**20
        ax.annotate(
            f"{label(name)}\n{memory:,.0f} MiB",
            (x, f1.mean),
            xytext=(10, 4),
            textcoords="offset points",
            color=INK,
        )
    ax.margins(x=0.25)
    ax.set_xscale("log")
    logarithmic(ax.xaxis)
    ax.set_xlabel("milliseconds a document (median)")
    ax.set_ylabel("ROUGE-1 F1")
    ax.set_ylim(bottom=0)
    return figure


def time_by_length(result: ScalingResult) -> Figure:
    panels = [
        ("encoder", "Reading the document"),
        ("whole", "Whole summary"),
        ("training_step", "Training step"),
    ]
    figure, axes = new_figure(3)
    figure.set_size_inches(11.5, 4.2)
    for ax, (quantity, title) in zip(axes, panels, strict=True):
        for name, cells in networks(result).items():
            found = ((c.length, c.value(quantity)) for c in cells)
            points = [(length, value) for length, value in found if value is not None]
            draw_line(ax, points, name, list(result.models))
        lengths_axis(ax, result.lengths)
        ax.set_yscale("log")
        logarithmic(ax.yaxis)
        ax.set_title(title)
        ax.set_ylabel("seconds")
    legend(axes[1])
    return figure


def memory_by_length(result: ScalingResult) -> Figure:
    figure, axes = new_figure(2)
    for ax, phase in zip(axes, ("inference", "training"), strict=True):
        for name, cells in networks(result).items():
            found = ((c.length, c.phase(phase).peak_memory_bytes) for c in cells)
            points = [(length, value / 2**20) for length, value in found if value is not None]
            draw_line(ax, points, name, list(result.models))
            unfit = [c.length for c in cells if c.phase(phase).out_of_memory]
            if unfit and points:
                colour, _ = style(name, list(result.models))
                ax.annotate(
                    f"{label(name)} does not fit\nfrom {unfit[0]:,} tokens on",
                    points[-1],
                    xytext=(-8, 6),
                    textcoords="offset points",
                    color=colour,
                    ha="right",
                )
        lengths_axis(ax, result.lengths)
        ax.set_yscale("log")
        logarithmic(ax.yaxis)
        ax.set_title("Writing a summary" if phase == "inference" else "Training step")
        ax.set_ylabel("peak MiB of the process")
    legend(axes[0])
    return figure


def networks(result: ScalingResult) -> dict[str, list[ScalingCell]]:
    """Models with an encoder; beside them, `lead` would be a flat line at the bottom."""
    return {
        name: cells
        for name, cells in result.models.items()
        if any("encoder" in c.inference.seconds for c in cells)
    }


def draw_line(ax: Axes, points: list[tuple[int, float]], name: str, names: list[str]) -> None:
    if points:
        colour, marker = style(name, names)
        x, y = zip(*points, strict=True)
        ax.plot(x, y, color=colour, marker=marker, label=label(name), linewidth=1.8)


def lengths_axis(ax: Axes, lengths: list[int]) -> None:
    """Every other length gets its number, so that the numbers do not touch."""
    plain_ticks(ax, [float(n) for n in lengths[:: 1 if len(lengths) < 5 else 2]])
    ax.tick_params(axis="x", labelrotation=30)
    ax.set_xlabel("tokens of the document")


# --- files -------------------------------------------------------------------------------------


def to_png(figure: Figure) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=150, facecolor="white", metadata={"Software": ""})
    return out.getvalue()


def to_svg(figure: Figure, name: str, label: str) -> str:
    """For inside a page: text as text, its colour that of the page, no identifier used twice."""
    import html

    import matplotlib

    out = io.StringIO()
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif"}
    with matplotlib.rc_context(settings):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    found = re.search(r"<svg.*</svg>", out.getvalue(), re.DOTALL)
    if found is None:
        raise OutputError(f"matplotlib drew no picture {name}")
    svg = re.sub(r"<metadata>.*?</metadata>", "", found[0], flags=re.DOTALL)
    svg = svg.replace(INK, "currentColor")
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'((?:xlink:)?href="#|url\(#)', rf"\g<1>{name}-", svg)
    size = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    if size:
        svg = svg.replace(size[0], "", 1)
    return svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(label)}"', 1)
