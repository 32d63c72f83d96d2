"""`summarize train DATA... --out FOLDER`: a checkpoint from document-summary pairs."""

from __future__ import annotations

import os
import shutil
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from summarize.commands import options as shared

HELP = """Train an attention RNN, or with --recipe transformer a small transformer, on your own
documents and summaries.

DATA is .jsonl (.gz, .xz) with document and summary. Ctrl-C saves; --resume continues, to the same
weights as a run that was never stopped. For several processes:
torchrun --nproc-per-node 2 -m summarize train ...

Examples:

\b
  summarize train pairs.jsonl --out my-model
  summarize train pairs.jsonl --out my-model --resume
"""


def train(
    data: Annotated[list[Path], typer.Argument(metavar="DATA", hidden=True)],
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder for the model, metrics and snapshots.")
    ],
    dev: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Data for choosing the best weights. Default: some of DATA is held out.",
        ),
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="A recipe that ships (small, attention, seq2seq, general, transformer, rloo) or a "
            "TOML file with the same keys.",
        ),
    ] = "small",
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue from the last snapshot.")
    ] = False,
    init_from: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Start from this model's tokenizer and weights (a transformer takes an RNN's "
            "embeddings).",
        ),
    ] = None,
    device: Annotated[str, typer.Option(metavar="[cpu|cuda]", help="Where to train.")] = "cpu",
    notes: Annotated[
        str, typer.Option(metavar="TEXT", help="A note to keep with the checkpoint.")
    ] = "",
    quiet: shared.Quiet = False,
) -> int:
    from summarize.errors import MissingPackage
    from summarize.training.recipe import load_recipe

    chosen = load_recipe(recipe)
    for package in ("torch", "transformers")[: 1 + (chosen.architecture == "transformer")]:
        if find_spec(package) is None:
            raise MissingPackage(
                f"training needs {package}; install it with: pip install {package}"
            )
    from summarize.evaluation.dev import dev_scores
    from summarize.training.run import Run
    from summarize.training.trainer import train as run

    first = os.environ.get("RANK", "0") == "0"  # of several processes, one speaks
    result = run(
        Run(data, dev or [], out, chosen, resume, init_from, device, notes),
        Lines(quiet or not first),
        dev_scores,
    )
    if first and not quiet:
        figures = ", ".join(f"{k} {v:.4g}" for k, v in result.items() if isinstance(v, float))
        print(f"saved {out} ({figures})", file=sys.stderr)
        print(f"try it: summarize -m {out} FILE", file=sys.stderr)
    return 0


class Lines:
    """Progress on stderr: one line that is rewritten on a terminal, a line a minute elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.live = sys.stderr.isatty()
        self.shown = 0.0
        self.speed = 0.0
        self.open = False

    def message(self, text: str) -> None:
        if not self.quiet:
            self.end_line()
            print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)

    def step(self, values: dict[str, Any]) -> None:
        rate = values["pairs_per_second"]
        self.speed = rate if not self.speed else 0.95 * self.speed + 0.05 * rate
        now = time.monotonic()
        if self.quiet or now - self.shown < (0.5 if self.live else 60):
            return
        self.shown = now
        left = (values["total_pairs"] - values["pairs"]) / self.speed
        line = (
            f"step {values['step']:,}  pairs {values['pairs']:,}/{values['total_pairs']:,}  "
            f"loss {values['loss']:.3f}  {self.speed:.0f} pairs/s  {clock(left)} left"
        )
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{line[:width]}", end="", file=sys.stderr, flush=True)
            self.open = True
        else:
            self.message(line)

    def end_line(self) -> None:
        if self.open:
            print(file=sys.stderr)
            self.open = False


def clock(seconds: float) -> str:
    minutes, rest = divmod(int(max(0, seconds)), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
