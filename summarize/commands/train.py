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

HELP = """Train an attention RNN, or a small transformer (--recipe transformer), on JSON Lines of
document and summary.

DATA is .jsonl, .jsonl.gz or .jsonl.xz. Ctrl-C saves; --resume goes on, to the same weights as a
run never stopped. Several processes: torchrun --nproc-per-node 2 -m summarize train ..."""


def train(
    data: Annotated[list[Path], typer.Argument(metavar="DATA")],
    out: Annotated[Path, typer.Option(help="Folder for the checkpoint, metrics and snapshots.")],
    dev: Annotated[
        list[Path] | None,
        typer.Option(help="Data to choose the best weights on; else some of DATA is held out."),
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(
            help="small, attention, seq2seq, transformer, or a TOML file with their keys."
        ),
    ] = "small",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last snapshot.")] = False,
    init_from: Annotated[
        Path | None,
        typer.Option(
            help="A trained model to start from: its tokenizer and weights (a transformer takes "
            "an RNN's embedding)."
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    notes: Annotated[str, typer.Option(help="A line kept with the checkpoint.")] = "",
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")] = False,
) -> int:
    from summarize.errors import ModelError
    from summarize.training.recipe import load_recipe

    chosen = load_recipe(recipe)
    for package in ("torch", "transformers")[: 1 + (chosen.architecture == "transformer")]:
        if find_spec(package) is None:
            raise ModelError(f"training needs {package}; install it with: pip install {package}")
    from summarize.evaluation.dev import dev_scores
    from summarize.training.trainer import Run
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
