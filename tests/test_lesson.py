"""The lesson learns its toy tasks, by looking where it should."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from conftest import ROOT

from summarize.rnn import lesson
from summarize.rnn.beam_search import Search, beam_search_stream
from summarize.rnn.runtime import Runtime


@pytest.mark.parametrize("task", ["copy", "reverse"])
def test_toy_tasks_are_learned(task: str) -> None:
    """Digits written again or backwards: at least 90 % of strings exact, and each digit written
    while looking at its place, so that the matrix of `attend` is a diagonal. Trained in PyTorch,
    run in NumPy with beam search."""
    torch.manual_seed(0)
    network = lesson.make_network("general")
    losses = [loss for _, loss in lesson.learn(network, 450, task)]
    assert np.mean(losses[-20:]) < 0.1 * losses[0]
    runtime = Runtime(network.config, {k: v.numpy() for k, v in network.state_dict().items()})
    search = Search(beam_size=2, max_tokens=16, no_repeat_ngram_size=0)
    generator = np.random.default_rng(0)
    exact, looked = 0, []
    for _ in range(100):
        length = int(generator.integers(2, lesson.LONGEST + 1))
        symbols = lesson.FIRST + generator.integers(0, lesson.DIGITS, length)
        state = runtime.start(runtime.encode(symbols))
        ((_, found),) = beam_search_stream(runtime, [state], lesson.START, 1, search)
        best = found[0]
        places = np.arange(length) if task == "copy" else np.arange(length)[::-1]
        if list(best.tokens) == list(symbols[places]):
            exact += 1
            looked += list(best.attention[:length].argmax(axis=1) == places)
    assert exact >= 90
    assert np.mean(looked) > 0.95
    assert lesson.exact(network, task) >= 0.9


def test_the_lesson_prints_its_alignment_as_it_forms() -> None:
    lines: list[str] = []
    lesson.main(["--steps", "2"], lines.append)
    shown = "\n".join(lines)
    assert "step 1, loss" in shown and "step 2, loss" in shown
    matrices = [block for block in lines if "read" in block]
    assert len(matrices) == 2
    for matrix in matrices:
        head, *rows = matrix.splitlines()
        assert head.split() == [*lesson.EXAMPLE, "read"]
        assert len(rows) == len(lesson.EXAMPLE) + 1
        assert {cell for row in rows for cell in row[7:]} <= set(lesson.SHADES)
    without: list[str] = []
    lesson.main(["--steps", "1", "--attention", "none"], without.append)
    assert not any("read" in block for block in without)


RNN = ROOT / "summarize" / "rnn"
README = (RNN / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_the_readme_quotes_lines_that_are_there(block: str) -> None:
    name, *lines = block.splitlines()
    code = (RNN / name.removeprefix("# ")).read_text(encoding="utf-8")
    assert lines
    for line in lines:
        assert line.strip() in code, (name, line)


def test_the_readme_names_every_file() -> None:
    for path in RNN.glob("*.py"):
        assert path.name == "__init__.py" or f"`{path.name}`" in README, path.name
