"""`summarize scaling`: what is fitted and counted, and a run at short lengths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import KINDS, Command, small_config
from torch.utils.flop_counter import FlopCounterMode

from summarize.errors import OptionError
from summarize.evaluation import probe
from summarize.evaluation.journal import Journal
from summarize.evaluation.operations import rnn_operations
from summarize.evaluation.result import QUANTITIES, Phase, ScalingCell
from summarize.evaluation.scaling import (
    T975,
    Plan,
    crossings,
    curve,
    fit,
    long_text,
    scaling,
)
from summarize.evaluation.scaling import probe as ask
from summarize.rnn.attention import KINDS as ATTENTION
from summarize.rnn.attention import Memory
from summarize.rnn.tokenizer import Tokenizer


def test_a_power_law_is_found_again() -> None:
    for exponent in (0.0, 1.0, 1.5, 2.0):
        found = fit([(n, 3e-4 * n**exponent) for n in (64, 128, 256, 512, 1024, 2048)])
        assert found is not None and found.exponent == pytest.approx(exponent, abs=1e-3)
        assert found.from_ == 512  # the longer half


def test_the_interval_is_that_of_a_regression() -> None:
    from scipy.stats import linregress, t

    lengths = np.array([64, 128, 256, 512, 1024])
    values = 1e-3 * lengths**1.2 * np.exp(np.random.default_rng(0).normal(0, 0.2, 5))
    found = fit(list(zip(lengths.tolist(), values.tolist(), strict=True)))
    expected = linregress(np.log(lengths), np.log(values))
    assert found is not None
    assert found.exponent == pytest.approx(expected.slope, abs=1e-3)
    margin = t.ppf(0.975, 3) * expected.stderr
    assert found.high - found.exponent == pytest.approx(margin, abs=2e-3)
    assert T975 == pytest.approx([t.ppf(0.975, n + 1) for n in range(len(T975))], abs=1e-3)


def test_too_few_points_fit_nothing() -> None:
    assert fit([]) is None and fit([(64, 1.0), (128, 2.0)]) is None


def test_lines_cross_where_they_are_equal() -> None:
    lengths = (64, 128, 256, 512)
    curves = {
        "linear": {"whole": [(n, n * 1e-3) for n in lengths]},
        "square": {"whole": [(n, n**2 * 1e-5) for n in lengths]},
    }
    (found,) = crossings({m: {**dict.fromkeys(QUANTITIES, []), **c} for m, c in curves.items()})
    assert found.length == pytest.approx(100, abs=1)
    assert (found.cheaper_before, found.cheaper_after) == ("square", "linear")


def test_a_crossing_lies_where_the_measured_gap_changes_its_sign() -> None:
    curves = {
        "one": {"whole": [(64, 2.0), (128, 0.9), (256, 0.7)]},
        "other": {"whole": [(n, 1.0) for n in (64, 128, 256)]},
    }
    (found,) = crossings({m: {**dict.fromkeys(QUANTITIES, []), **c} for m, c in curves.items()})
    assert 64 < found.length < 128


def test_lines_beside_each_other_do_not_cross() -> None:
    lengths = (64, 128, 256, 512, 1024)
    noise = (1.05, 0.95, 1.05, 0.95, 1.3)
    flat = [(n, 1.0) for n in lengths]
    other = [(n, factor) for n, factor in zip(lengths, noise, strict=True)]
    curves = {"one": {"whole": flat}, "other": {"whole": other}}
    assert not crossings({m: {**dict.fromkeys(QUANTITIES, []), **c} for m, c in curves.items()})


def test_a_slow_call_is_not_repeated_thrice(monkeypatch: pytest.MonkeyPatch) -> None:
    def calls(seconds: float) -> int:
        made: list[None] = []
        monkeypatch.setattr(probe, "seconds_of", lambda action: action() or seconds)
        assert len(probe.repeat(lambda: made.append(None), 10)) == len(made) - 1
        return len(made)

    assert [calls(s) for s in (0.001, 1.0, 12.0, 25.0, 100.0)] == [11, 5, 4, 3, 2]


def test_an_interrupted_run_goes_on_where_it_was(
    checkpoint_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan([str(checkpoint_folder)], [16, 32, 64], training=False)
    asked: list[int] = []

    def answer(model: str, length: int, phase: str, plan: Plan, text: str) -> dict[str, Any]:
        asked.append(length)
        if asked == [16, 32, 64]:
            raise KeyboardInterrupt
        return {"out_of_memory": True} if length == 32 else {"read": length, "seconds": {}}

    monkeypatch.setattr("summarize.evaluation.scaling.probe", answer)
    journal = Journal(tmp_path / "journal")
    with pytest.raises(KeyboardInterrupt):
        scaling(plan, journal, lambda message: None)
    result = scaling(plan, journal, lambda message: None)
    assert asked == [16, 32, 64, 32, 64]  # there may be memory now for what had none
    (cells,) = result.models.values()
    assert [cell.inference.read for cell in cells] == [16, None, 64]
    assert [cell.inference.out_of_memory for cell in cells] == [None, True, None]
    journal.clear()
    assert not list((tmp_path / "journal").iterdir())


def test_memory_is_above_that_of_the_shortest() -> None:
    cells = [
        ScalingCell(length=n, inference=Phase(peak_memory_bytes=1000 + n)) for n in (10, 20, 30)
    ]
    cells.append(ScalingCell(length=40, inference=Phase(out_of_memory=True)))
    assert curve(cells, "memory") == [(20, 10.0), (30, 20.0)]


@pytest.mark.parametrize("kind", KINDS)
def test_operations_of_attention_are_those_that_pytorch_counts(kind: str) -> None:
    """What a longer document adds to a step is the scores and the weighted sum, and no weights."""
    config = small_config(kind)
    (short, step), (longer, longer_step) = (rnn_operations(config, n, 1) for n in (5, 15))
    matrices = [(config.embedding_size, 4 * config.encoder_size)] * 2
    matrices += [(config.encoder_size, 4 * config.encoder_size)] * 2
    matrices += [(config.embedding_size, config.memory_size)]
    keys = config.memory_size**2 if kind == "additive" else 0
    assert longer - short == 10 * (sum(a * b for a, b in matrices) + keys)
    if kind == "none":
        assert longer_step == step
        return
    attention = ATTENTION[kind](config).eval()
    query = torch.zeros(1, 1, config.decoder_size)

    def counted(length: int) -> int:
        values = torch.zeros(1, length, config.memory_size)
        mask = torch.ones(1, length, dtype=torch.bool)
        keys = attention.make_keys(values)
        memory = Memory(values, keys, mask, torch.zeros(1, config.memory_size))
        with FlopCounterMode(display=False) as counter:
            attention(query, memory)
        return counter.get_total_flops() // 2

    # The counter sees products of matrices; additive scores are a product and a sum by element.
    unseen = 10 * config.memory_size if kind == "additive" else 0
    assert longer_step - step == counted(15) - counted(5) + unseen


def test_a_plan_refuses_what_can_not_be_timed() -> None:
    for wrong in ({"lengths": []}, {"lengths": [4]}, {"repeats": 2}, {"batch": 0}):
        with pytest.raises(OptionError):
            Plan(**{"models": ["lead"], "lengths": [64], **wrong})  # type: ignore[arg-type]


def test_the_text_is_long_enough(tokenizer: Tokenizer) -> None:
    assert len(long_text(5000)) >= 60_000


def test_a_child_answers_for_one_length() -> None:
    plan = Plan(["lead"], [16], repeats=3, training=False)
    found = ask("lead", 16, "inference", plan, long_text(16))
    assert found["read"] == 16 and found["seconds"]["whole"]["repeats"] >= 3
    assert found["peak_memory_bytes"] > 5e6


def test_what_fails_at_one_length_is_an_answer(no_children: None) -> None:
    found = ask("nosuch", 16, "inference", Plan(["nosuch"], [16]), "text")
    assert found["error"].startswith("no model 'nosuch'")


def test_scaling_runs_on_what_one_has_trained(
    summarize: Command, no_children: None, checkpoint_folder: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "scaling.json"
    name = str(checkpoint_folder)
    arguments = ("-m", "lead", "-m", name, "--lengths", "16,32,64", "--repeats", "3")
    done = summarize(
        "scaling", *arguments, "--no-training", "--summary-tokens", "4", "-o", str(saved)
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(saved.read_text())
    assert [cell["length"] for cell in result["models"][name]] == [16, 32, 64]
    for cell in result["models"][name]:
        found = cell["inference"]
        assert found["read"] == cell["length"] and found["engine"] == "NumPy"
        assert found["past_training"] == (cell["length"] > 24)
        assert found["seconds"]["whole"]["repeats"] >= 3
        assert 0 < found["seconds"]["encoder"]["median"] < found["seconds"]["whole"]["median"]
        assert cell["multiply_adds"]["whole"] > cell["multiply_adds"]["encoder"]
    assert "encoder" in result["exponents"][name]
    assert summarize("scaling", "--lengths", "1,x").returncode == 2
