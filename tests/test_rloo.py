from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import KINDS, TEXTS, small_config
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from scipy.stats import chisquare
from torch.nn import functional as F
from toy_training import TINY, Silent, final_state, rows, write

from summarize.errors import Interrupted, OptionError
from summarize.rnn.kernels import smoothed_cross_entropy
from summarize.rnn.network import Seq2Seq
from summarize.rnn.tokenizer import EOS_ID, Tokenizer
from summarize.training import precision
from summarize.training.examples import IGNORE
from summarize.training.precision import autocast, computes_bf16
from summarize.training.recipe import Recipe, load_recipe
from summarize.training.rloo import RlooLoss, draw, reward, sample, words
from summarize.training.run import Run
from summarize.training.trainer import train

VOCABULARY = "graphs learning learned a the networks of network Graph 3.5 non-linear".split()
TEXT = st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join)
RLOO = replace(TINY, rloo_samples=4, epochs=2, network={**TINY.network, "dropout": 0.0})


@settings(deadline=None)
@given(TEXT, TEXT)
def test_the_reward_is_rouge(summary: str, reference: str) -> None:
    kinds = ["rouge1", "rouge2", "rougeL"]
    scores = RougeScorer(kinds, use_stemmer=True).score(reference, summary)
    expected = sum(scores[kind].fmeasure for kind in kinds) / 3
    assert reward(words(summary), words(reference)) == pytest.approx(expected, abs=1e-12)


def test_words_are_drawn_by_their_probability() -> None:
    torch.manual_seed(0)
    logits = torch.tensor([2.0, float("-inf"), 0.0, 1.0])
    drawn = draw(logits.repeat(4000, 1))
    counts = torch.bincount(drawn, minlength=4).numpy()
    assert counts[1] == 0
    expected = logits.double().softmax(dim=0).numpy()[[0, 2, 3]]
    assert chisquare(counts[[0, 2, 3]], 4000 * expected / expected.sum()).pvalue > 0.001


@pytest.mark.parametrize("kind", KINDS)
def test_several_targets_of_a_source_are_as_if_it_were_repeated(kind: str) -> None:
    torch.manual_seed(1)
    network = Seq2Seq(small_config(kind, heads=2)).eval()
    src, tgt = torch.randint(4, 40, (2, 7)), torch.randint(2, 40, (6, 5))
    mask = torch.ones_like(src, dtype=torch.bool)
    mask[1, 4:] = False
    memory = network.encode(src, mask)
    start = network.decoder.start(memory.final)
    repeated = type(start)(*(s.repeat_interleave(3, dim=1) for s in start))
    together, _, _ = network.decoder(network.embedding(tgt), memory, repeated)
    apart, _ = network(src.repeat_interleave(3, dim=0), mask.repeat_interleave(3, dim=0), tgt)
    torch.testing.assert_close(together, apart, atol=1e-5, rtol=0)


def test_weighted_cross_entropy_is_torch_s() -> None:
    torch.manual_seed(2)
    logits = torch.randn(6, 9, requires_grad=True)
    labels, weights = torch.randint(0, 9, (6,)), torch.randn(6)
    loss, _ = smoothed_cross_entropy(logits, labels, 0.0, weights)
    (found,) = torch.autograd.grad(loss, logits)
    expected = (F.cross_entropy(logits, labels, reduction="none") * weights).sum()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(found, torch.autograd.grad(expected, logits)[0])


def make(tokenizer: Tokenizer, **changes: float) -> tuple[RlooLoss, list[torch.Tensor]]:
    torch.manual_seed(3)
    recipe = replace(RLOO, max_target_tokens=9, **changes)  # type: ignore[arg-type]
    loss = RlooLoss(
        Seq2Seq(small_config("general", vocab_size=tokenizer.vocab_size)), tokenizer, recipe
    )
    src = torch.randint(4, tokenizer.vocab_size, (3, 8))
    mask = torch.ones_like(src, dtype=torch.bool)
    tgt = torch.full((3, 8), 2)
    labels = torch.full((3, 8), IGNORE)
    for row, text in enumerate(TEXTS[:2]):  # the third row only fills the batch
        ids = [*tokenizer.encode(text)[:6], EOS_ID]
        tgt[row, 1 : len(ids)] = torch.tensor(ids[:-1])
        labels[row, : len(ids)] = torch.tensor(ids)
    return loss, [src, mask, tgt, labels]


def test_samples_start_with_the_style_end_once_and_hold_no_special_token(
    tokenizer: Tokenizer,
) -> None:
    loss, (src, mask, tgt, _) = make(tokenizer)
    inputs, labels = sample(loss.network, loss.network.encode(src, mask), tgt[:, 0], 5, 1.0, 30)
    assert inputs.shape == labels.shape and inputs.shape[0] == 15
    assert (inputs[:, 0] == 2).all()
    for row_in, row in zip(inputs.tolist(), labels.tolist(), strict=True):
        real = [token for token in row if token != IGNORE]
        assert row[: len(real)] == real and EOS_ID not in real[:-1]
        assert all(token == EOS_ID or token >= 4 for token in real)
        assert row_in[1 : len(real)] == real[:-1]


def test_a_document_is_sampled_alone_as_beside_others(tokenizer: Tokenizer) -> None:
    """Those that are done leave; the others keep their own source. Nearly no heat: no chance."""
    loss, (src, mask, _, _) = make(tokenizer)
    network, start = loss.network, torch.tensor([2, 3, 2])
    mask[1, 4:] = False
    with torch.no_grad():
        network.output_bias[EOS_ID] += 0.3  # so that they end, at places of their own
    _, together = sample(network, network.encode(src, mask), start, 2, 1e-4, 20)
    lengths = (together >= 0).sum(dim=1)
    for i in range(3):
        row = slice(i, i + 1)
        _, alone = sample(network, network.encode(src[row], mask[row]), start[row], 2, 1e-4, 20)
        for k in range(2):
            n = int(lengths[2 * i + k])
            assert torch.equal(together[2 * i + k, :n], alone[k, :n])


def test_the_gradient_is_that_of_the_expected_reward(tokenizer: Tokenizer) -> None:
    """Against REINFORCE written out: each sample's log P, token by token, by torch."""
    loss, (src, mask, tgt, labels) = make(tokenizer, rloo_likelihood=0.0)
    parameters = [p for p in loss.network.parameters() if p.requires_grad]
    torch.manual_seed(7)
    value, _ = loss(src, mask, tgt, labels, 0.1)
    found = torch.autograd.grad(value, parameters, allow_unused=True)
    torch.manual_seed(7)
    src, mask, tgt, labels = (x[:2] for x in (src, mask, tgt, labels))
    memory = loss.network.encode(src, mask)
    inputs, drawn = sample(loss.network, memory, tgt[:, 0], 4, 0.6, 8)
    rewards = loss.rewards(drawn, labels)
    output, _ = loss.network(src.repeat_interleave(4, 0), mask.repeat_interleave(4, 0), inputs)
    log_probs = (loss.network.logits(output) / 0.6).log_softmax(dim=-1)
    total = torch.tensor(0.0)
    for i, row in enumerate(drawn):
        others = [float(r) for k, r in enumerate(rewards[i // 4]) if k != i % 4]
        advantage = float(rewards[i // 4, i % 4]) - float(np.mean(others))
        for t, token in enumerate(row.tolist()):
            if token != IGNORE:
                total = total - advantage * log_probs[i, t, token]
    expected = torch.autograd.grad(total / (drawn >= 0).sum(), parameters, allow_unused=True)
    for a, b in zip(found, expected, strict=True):
        if a is not None and b is not None:
            torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-3)


def test_it_learns_what_is_rewarded(tokenizer: Tokenizer) -> None:
    loss, batch = make(tokenizer, rloo_likelihood=0.0, rloo_samples=16)
    optimizer = torch.optim.Adam(loss.network.parameters(), lr=0.02)
    means = []
    for _ in range(60):
        loss(*batch, 0.0)[0].backward()
        means.append(loss.measured["reward"])
        optimizer.step()
        optimizer.zero_grad()
    assert np.mean(means[-10:]) > np.mean(means[:10]) + 0.05


def test_such_a_run_resumes_bit_for_bit(tmp_path: Path) -> None:
    data = write(tmp_path / "train.jsonl", rows(64))
    run = Run([data], [write(tmp_path / "dev.jsonl", rows(8, seed=1))], tmp_path / "out", RLOO)
    whole = replace(run, out=tmp_path / "whole")
    train(whole, Silent())
    with pytest.raises(Interrupted):
        train(run, Silent(3))
    train(replace(run, resume=True), Silent())
    expected, found = final_state(whole.out), final_state(run.out)
    for name in expected:
        assert torch.equal(expected[name], found[name]), name


def test_recipes_that_make_no_sense_are_refused() -> None:
    assert load_recipe("rloo").rloo_samples > 1
    for values in ({"rloo_samples": 1}, {"rloo_samples": -2}, {"rloo_temperature": 0}):
        with pytest.raises(OptionError):
            Recipe(**values)  # type: ignore[arg-type]


def test_where_the_machine_has_no_bf16_a_recipe_runs_in_fp32(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not autocast("cpu", "fp32")._enabled

    def no_kernel(*arguments: object) -> None:
        raise RuntimeError("could not create a primitive descriptor")

    computes_bf16.cache_clear()
    monkeypatch.setattr(torch.nn.LSTM, "forward", no_kernel)
    assert not computes_bf16("cpu") and not autocast("cpu", "bf16")._enabled
    monkeypatch.undo()
    data = write(tmp_path / "train.jsonl", rows(64))
    progress = Silent()
    train(Run([data], [], tmp_path / "out", replace(TINY, epochs=1)), progress)
    assert any("training in fp32" in message for message in progress.messages)
    computes_bf16.cache_clear()


def test_a_resumed_run_keeps_its_precision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever the machine is faster at by then; else its weights would not be the same."""
    data = write(tmp_path / "train.jsonl", rows(64))
    asked = replace(TINY, epochs=1, precision="bf16")
    monkeypatch.setattr(precision, "bf16_is_slower", lambda device: True)
    progress = Silent()
    train(Run([data], [], tmp_path / "out", asked), progress)
    assert any("training in fp32" in message for message in progress.messages)
    monkeypatch.setattr(precision, "bf16_is_slower", lambda device: False)
    progress = Silent()
    train(Run([data], [], tmp_path / "out", replace(asked, epochs=2), resume=True), progress)
    assert any("training in fp32" in message for message in progress.messages)
