"""What many tests share: tiny checkpoints, the shipped model, and the command line.

Tests run the command in this process (`summarize`); where a real one is the point (signals, pipes,
what is imported), they start one (`process`).
"""

from __future__ import annotations

import json
import os

# Before NumPy and torch are imported: small matrices gain nothing from a second thread, and tests
# that run beside each other lose much.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pytest

from summarize.rnn.checkpoint import Checkpoint, save_checkpoint
from summarize.rnn.config import ATTENTION_KINDS, Config
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
KINDS = ATTENTION_KINDS


# --- tiny models -------------------------------------------------------------------------------


@cache
def tiny_tokenizer() -> Tokenizer:
    return Tokenizer.train(TEXTS * 3, 320)


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return tiny_tokenizer()


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


@cache
def tiny_checkpoint(kind: str = "general") -> Checkpoint:
    """Random weights: it writes nonsense, which is all that most tests need."""
    config = small_config(kind, vocab_size=tiny_tokenizer().vocab_size)
    generator = np.random.default_rng(0)
    weights = {
        name: generator.normal(0, 0.5, shape).astype(np.float16)
        for name, shape in weight_shapes(config).items()
    }
    styles, facts = ("title", "tldr"), {"pairs": 0}
    return Checkpoint(config, weights, tiny_tokenizer(), 24, styles, "title", facts)


@pytest.fixture(scope="session")
def checkpoint() -> Checkpoint:
    return tiny_checkpoint()


@pytest.fixture
def checkpoint_folder(checkpoint: Checkpoint, tmp_path: Path) -> Path:
    """A checkpoint that the test may change."""
    folder = tmp_path / "checkpoint"
    save_checkpoint(folder, checkpoint)
    return folder


@pytest.fixture(scope="session")
def checkpoint_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder for each kind of attention, for tests that only read."""
    root = tmp_path_factory.mktemp("checkpoints")
    for kind in KINDS:
        save_checkpoint(root / kind, tiny_checkpoint(kind))
    return {kind: root / kind for kind in KINDS}


@pytest.fixture(scope="session")
def transformer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny T5 of random weights, saved as training saves one; for tests that only read."""
    import torch

    from summarize.training.transformer import Transformer, save_transformer
    from summarize.training.transformer_config import TransformerConfig

    folder = tmp_path_factory.mktemp("transformer")
    sizes = {"encoder_layers": 1, "decoder_layers": 1, "attention_heads": 2}
    config = TransformerConfig(embedding_size=16, feed_forward_size=32, **sizes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = Transformer(config, tiny_tokenizer().vocab_size)
    facts = {"max_source_tokens": 24, "styles": ["title", "tldr"], "default_style": "title"}
    save_transformer(folder, network, tiny_tokenizer(), {**facts, "training": {"pairs": 0}})
    return folder


@pytest.fixture(scope="session")
def shipped_model() -> Any:
    """The model `attention` that ships, loaded once; a test must leave it as it was."""
    from summarize import load_summarizer

    return load_summarizer("attention")


# --- the command line --------------------------------------------------------------------------

Command = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def summarize(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command here, in tmp_path: `summarize("a.txt", stdin=b"...", NO_COLOR="1")`. A stream
    may be an open file instead, such as a terminal or /dev/full."""

    def run(
        *arguments: str | Path,
        stdin: bytes | IO[bytes] | None = None,
        stdout: IO[bytes] | None = None,
        stderr: IO[bytes] | None = None,
        **env: str,
    ) -> subprocess.CompletedProcess[bytes]:
        from summarize.cli import main

        command = ["summarize", *map(str, arguments)]
        with ExitStack() as stack, monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            patch.setattr(sys, "argv", command)
            stack.enter_context(own_environment(env))
            files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            if isinstance(stdin, bytes):
                files[0].write(stdin)
                files[0].seek(0)
            given = (None if isinstance(stdin, bytes) else stdin, stdout, stderr)
            used = [theirs or own for theirs, own in zip(given, files, strict=True)]
            with standard_streams(used, env.get("PYTHONIOENCODING", "utf-8")), old_signals():
                try:
                    main()
                    code = 0
                except SystemExit as error:
                    code = error.code if isinstance(error.code, int) else int(bool(error.code))
            for file in files[1:]:
                file.seek(0)
            return subprocess.CompletedProcess(command, code, files[1].read(), files[2].read())

    return run


@contextmanager
def standard_streams(files: list[IO[bytes]], encoding: str) -> Iterator[None]:
    """These files as stdin, stdout and stderr: of Python, and of the operating system."""
    names, modes = ("stdin", "stdout", "stderr"), ("r", "w", "w")
    before = [getattr(sys, name) for name in names]
    for name in names[1:]:
        getattr(sys, name).flush()
    saved = [os.dup(number) for number in range(3)]
    try:
        for number, (name, mode, file) in enumerate(zip(names, modes, files, strict=True)):
            os.dup2(file.fileno(), number)
            raw = open(number, mode + "b", closefd=False)  # noqa: SIM115
            setattr(sys, name, TextIOWrapper(raw, encoding=encoding))
        yield
    finally:
        for name in names:
            stream = getattr(sys, name)
            if stream is not None and not stream.closed:
                with suppress(OSError):  # a full disk, or a reader that has gone
                    stream.close()
        for number, (name, stream) in enumerate(zip(names, before, strict=True)):
            setattr(sys, name, stream)
            os.dup2(saved[number], number)
            os.close(saved[number])


@contextmanager
def own_environment(changes: dict[str, str]) -> Iterator[None]:
    """What the command changes in its environment ends with it."""
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def old_signals() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.fixture
def process(tmp_path: Path) -> Command:
    """Run the command in a process of its own; the same arguments as `summarize`."""

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


class Here:
    """In place of the process of a measurement's child: the same code in this process."""

    returncode = 0

    def __init__(self, command: list[str], stdin: Any, **rest: Any) -> None:
        self.module = import_module(f"summarize.evaluation.{command[-2]}")
        self.stdout = self.answers(stdin) if self.module.__name__.endswith("worker") else None

    def answers(self, asked: IO[str]) -> Iterator[str]:
        found: list[str] = []
        self.module.serve(json.load(asked), lambda **values: found.append(json.dumps(values)))
        return iter(found)

    def communicate(self, asked: str) -> tuple[str, None]:
        return json.dumps(self.module.answer(json.loads(asked))), None

    def wait(self) -> int:
        return 0

    def kill(self) -> None:
        pass

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *error: object) -> None:
        pass


@contextmanager
def children_here() -> Iterator[None]:
    """bench and scaling start no processes meanwhile."""
    from summarize.evaluation import running, scaling

    stand_in = SimpleNamespace(Popen=Here, PIPE=subprocess.PIPE)
    with pytest.MonkeyPatch.context() as patch:
        for module in (running, scaling):
            patch.setattr(module, "subprocess", stand_in)
        yield


@pytest.fixture
def no_children() -> Iterator[None]:
    with children_here():
        yield


# --- how many processes there are --------------------------------------------------------------

STARTED: list[str] = []


def note_process(event: str, arguments: tuple[Any, ...]) -> None:
    """Of Python alone: other programs (a shell that checks a completion script) are no burden."""
    if event == "subprocess.Popen" and any("python" in str(part) for part in arguments[1]):
        STARTED.append(os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0])


sys.addaudithook(note_process)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if STARTED:
        files = sorted({name.split("::")[0].rpartition("/")[2] for name in STARTED})
        terminalreporter.write_line(f"Python processes: {len(STARTED)}, in {', '.join(files)}")


# --- a browser ---------------------------------------------------------------------------------


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
