"""An alignment as a picture: the matrix with its words."""

from __future__ import annotations

import warnings
from pathlib import Path

from summarize.files import write_bytes
from summarize.pipeline.alignment import Alignment
from summarize.views.pictures import INK, require_matplotlib, to_png
from summarize.views.terminal import visible

MOST_WORDS = 220  # columns that can still be read; of a longer document its sentences are shown


def write_picture(alignment: Alignment, path: Path) -> None:
    require_matplotlib()
    from matplotlib.figure import Figure

    if len(alignment.source) <= MOST_WORDS:
        across, down, weights = alignment.words, list(alignment.summary), alignment.weights
    else:
        across, down, weights = alignment.by_sentence()
        across = [f"{number} {text}" for number, text in enumerate(across, start=1)]
    figure = Figure(
        figsize=(2.5 + 0.17 * len(across), 2.2 + 0.22 * len(down)), layout="constrained"
    )
    ax = figure.add_subplot()
    ax.imshow(weights, cmap="cividis", aspect="auto", vmin=0)
    ax.set_xticks(range(len(across)), [label(word) for word in across], rotation=90, fontsize=8)
    ax.set_yticks(range(len(down)), [label(word) for word in down], fontsize=9)
    ax.xaxis.tick_top()
    ax.tick_params(length=0, colors=INK)
    ax.set_xlabel(f"{alignment.model}: {alignment.kind}", fontsize=9)
    for side in ax.spines.values():
        side.set_visible(False)
    with warnings.catch_warnings(action="ignore"):  # of letters that its font lacks: boxes
        data = to_png(figure)
    write_bytes(path, data)


def label(text: str) -> str:
    """Dollar signs would be mathematics."""
    shown = visible(text).replace("$", r"\$")
    return shown if len(shown) <= 30 else shown[:29] + "…"
