"""Small things that many tests need: a tokenizer, and a checkpoint of random weights."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from summarize.rnn.checkpoint import Checkpoint, save_checkpoint
from summarize.rnn.config import Config
from summarize.rnn.runtime import weight_shapes
from summarize.rnn.tokenizer import Tokenizer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parent.parent
TEXTS = [
    "The quick brown fox jumps over the lazy dog near the river bank.",
    "Attention reads the source word by word; the decoder writes the summary.",
    "A naïve café owner paid 12 € for the résumé of a Zürich coöperative. 日本語 и русский.",
]
KINDS = ("none", "dot", "general", "additive", "local", "hard")


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(TEXTS * 3, 320)


def small_config(kind: str, heads: int = 1, layers: int = 1, vocab_size: int = 40) -> Config:
    return Config(
        vocab_size=vocab_size,
        attention=kind,
        attention_heads=heads,
        embedding_size=12,
        encoder_size=10,
        encoder_layers=layers,
        decoder_size=20,
        dropout=0.0,
        attention_window=3,
    )


@pytest.fixture(scope="session")
def checkpoint(tokenizer: Tokenizer) -> Checkpoint:
    """Random weights: it writes nonsense, which is all that most tests need."""
    config = small_config("general", vocab_size=tokenizer.vocab_size)
    generator = np.random.default_rng(0)
    weights = {
        name: generator.normal(0, 0.5, shape).astype(np.float16)
        for name, shape in weight_shapes(config).items()
    }
    return Checkpoint(config, weights, tokenizer, 24, ("title", "tldr"), "title", {"pairs": 0})


@pytest.fixture
def checkpoint_folder(checkpoint: Checkpoint, tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoint"
    save_checkpoint(folder, checkpoint)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, for pages: they are looked at in a real one, with the network off."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    assert program, "no Chromium to look at pages with; on Debian: apt install chromium"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield opened
        opened.close()


Command = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def summarize(tmp_path: Path) -> Command:
    """Run the real command in a process of its own: `summarize("a.txt", stdin=b"...")`."""

    def run(
        *arguments: str | Path, stdin: bytes | None = None, **env: str
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "summarize", *map(str, arguments)],
            input=b"" if stdin is None else stdin,
            capture_output=True,
            cwd=tmp_path,
            timeout=300,
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        )

    return run
