from __future__ import annotations

import gzip
import json
import lzma
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import ROOT, Command
from toy_training import TINY, Silent, final_state, last_values, lines_of, rows, write

from summarize.errors import DataError, Interrupted, OptionError, OutputError
from summarize.models.registry import shipped
from summarize.rnn.checkpoint import load_checkpoint
from summarize.rnn.tokenizer import EOS_ID
from summarize.training.distributed import Workers
from summarize.training.examples import IGNORE, Pairs, Plan, read_examples
from summarize.training.metrics import Metrics
from summarize.training.optimizer import schedule
from summarize.training.recipe import Recipe, load_recipe, shipped_recipes
from summarize.training.run import Run
from summarize.training.snapshot import snapshot_folders
from summarize.training.trainer import train


@pytest.fixture
def run(tmp_path: Path) -> Run:
    data = write(tmp_path / "train.jsonl", rows(96))
    dev = write(tmp_path / "dev.jsonl", rows(10, seed=1))
    return Run([data], [dev], tmp_path / "out", TINY)


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_resume_equals_an_uninterrupted_run_bit_for_bit(
    run: Run, tmp_path: Path, precision: str, number: int, code: int
) -> None:
    run = replace(run, recipe=replace(run.recipe, precision=precision))
    whole = replace(run, out=tmp_path / "whole")
    train(whole, Silent())
    for at in (3, 9):
        with pytest.raises(Interrupted) as caught:
            train(replace(run, resume=at != 3), Silent(at, number))
        assert caught.value.exit_code == code
    progress = Silent()
    train(replace(run, resume=True), progress)
    assert any("continuing from step 9" in message for message in progress.messages)
    expected, found = final_state(whole.out), final_state(run.out)
    counters = {key: last_values(run.out)[key] for key in ("best", "seen", "pool")}
    assert counters == {key: last_values(whole.out)[key] for key in counters}
    assert expected.keys() == found.keys()
    for name in expected:
        assert torch.equal(expected[name], found[name]), name
    for name in ("model.safetensors", "tokenizer.json"):
        assert (whole.out / name).read_bytes() == (run.out / name).read_bytes()


TINY_TRANSFORMER = replace(
    TINY,
    architecture="transformer",
    network={
        "embedding_size": 16,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "attention_heads": 2,
        "feed_forward_size": 32,
        "dropout": 0.1,
    },
)


@pytest.mark.parametrize("recipe", [TINY_TRANSFORMER, replace(TINY, network={"attention": "hard"})])
def test_other_architectures_resume_bit_for_bit(run: Run, tmp_path: Path, recipe: Recipe) -> None:
    network = {**TINY.network, **recipe.network} if recipe.architecture == "rnn" else recipe.network
    run = replace(run, recipe=replace(recipe, network=network))
    whole = replace(run, out=tmp_path / "whole")
    train(whole, Silent())
    with pytest.raises(Interrupted):
        train(run, Silent(5))
    train(replace(run, resume=True), Silent())
    expected, found = final_state(whole.out), final_state(run.out)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    with pytest.raises(OptionError, match="was started with network"):
        train(replace(run, resume=True, recipe=TINY), Silent())


def test_an_evaluation_that_was_killed_is_made_up_for(run: Run, tmp_path: Path) -> None:
    """The snapshot before an evaluation, as a kill in its middle leaves it."""
    whole = replace(run, out=tmp_path / "whole")
    train(whole, Silent(), lambda folder, examples: {"rouge": 1.0})

    def killed(folder: Path, examples: list[Any]) -> dict[str, float]:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        train(run, Silent(), killed)
    train(replace(run, resume=True), Silent(), lambda folder, examples: {"rouge": 1.0})
    kinds = [
        [json.loads(line)["pairs"] for line in lines if '"dev"' in line]
        for lines in (
            (out / "metrics.jsonl").read_text().splitlines() for out in (whole.out, run.out)
        )
    ]
    assert kinds[0] == kinds[1] and len(kinds[0]) > 2


def test_no_line_of_metrics_is_there_twice(run: Run, tmp_path: Path) -> None:
    """What a killed run wrote after its last snapshot, half a line too, is written again once."""
    whole = replace(run, out=tmp_path / "whole")
    train(whole, Silent())
    with pytest.raises(Interrupted):
        train(run, Silent(5))
    metrics = run.out / "metrics.jsonl"
    with metrics.open("a") as file:
        file.write('{"kind": "train", "step": 10, "loss": 1.0}\n{"kind": "tra')
    train(replace(run, resume=True), Silent())
    kept, expected = (
        [(row["kind"], row["step"], row["loss"]) for row in lines_of(path)]
        for path in (metrics, whole.out / "metrics.jsonl")
    )
    assert kept == expected
    with metrics.open("a") as file:
        file.write("of a run that was killed before its first snapshot\n")
    for folder in snapshot_folders(run.out):
        shutil.rmtree(folder)
    train(replace(run, resume=True), Silent())
    assert len(metrics.read_text().splitlines()) == len(expected)


def test_metrics_rewind_by_step_where_a_snapshot_did_not_say_where(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "metrics.jsonl")
    assert metrics.size_until(9) == 0
    for step in (10, 20, 30):
        metrics.add("train", {"step": step})
    metrics.rewind(metrics.size_until(20))
    assert [row["step"] for row in lines_of(metrics.path)] == [10, 20]


def test_two_runs_do_not_write_one_folder(run: Run) -> None:
    class Second(Silent):
        def step(self, values: dict[str, Any]) -> None:
            if values["step"] == 2:
                with pytest.raises(OutputError, match="--out"):
                    train(replace(run, resume=True), Silent())
            super().step(values)

    progress = Second()
    train(run, progress)
    assert len(progress.steps) > 2


def test_the_newest_whole_snapshot_is_taken(run: Run) -> None:
    with pytest.raises(Interrupted):
        train(run, Silent(3))
    with pytest.raises(Interrupted):
        train(replace(run, resume=True), Silent(6))
    newest = snapshot_folders(run.out)[-1] / "state.safetensors"
    newest.write_bytes(newest.read_bytes()[:-9])
    progress = Silent()
    train(replace(run, resume=True), progress)
    assert any("continuing from step 3" in message for message in progress.messages)


def test_a_snapshot_that_was_never_finished_is_none(run: Run) -> None:
    """As a kill leaves it: a first one without its state.json, and later ones beside good ones."""
    unfinished = run.out / "snapshots" / "00000001"
    unfinished.mkdir(parents=True)
    (unfinished / "state.safetensors").write_bytes(b"half")
    with pytest.raises(Interrupted):
        train(replace(run, resume=True), Silent(2))
    later = run.out / "snapshots" / "00000099"
    later.mkdir()
    progress = Silent(4)
    with pytest.raises(Interrupted):
        train(replace(run, resume=True), progress)
    assert any("continuing from step 2" in message for message in progress.messages)
    assert [int(folder.name) for folder in snapshot_folders(run.out)] == [2, 4]


def test_when_all_snapshots_are_damaged_it_says_so(run: Run) -> None:
    with pytest.raises(Interrupted):
        train(run, Silent(2))
    for folder in snapshot_folders(run.out):
        (folder / "state.json").write_text("{")
    with pytest.raises(DataError, match="damaged"):
        train(replace(run, resume=True), Silent())


def test_training_makes_a_checkpoint_that_loads_and_metrics_that_plot(run: Run) -> None:
    from summarize.evaluation.dev import dev_scores
    from summarize.pipeline.run import load_summarizer

    result = train(run, Silent(), dev_scores)
    assert {"loss", "rouge1", "rouge2", "rougeL", "rouge"} <= result.keys()
    checkpoint = load_checkpoint(run.out)
    assert checkpoint.styles == ("title", "tldr")
    assert checkpoint.training["pairs"] > 0 and checkpoint.training["recipe"]["seed"] == 1
    lines = lines_of(run.out / "metrics.jsonl")
    assert {"train", "dev"} == {line["kind"] for line in lines}
    assert all(np.isfinite(line["loss"]) for line in lines)
    summary = load_summarizer(str(run.out)).summarize(["model data graph"], style="tldr")[0]
    assert summary.style == "tldr"


def test_loss_falls(run: Run) -> None:
    progress = Silent()
    train(replace(run, recipe=replace(run.recipe, epochs=20)), progress)
    losses = [values["loss"] for values in progress.steps]
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:5])


def test_muon_trains_and_resumes(run: Run, tmp_path: Path) -> None:
    recipe = replace(run.recipe, optimizer="muon")
    whole = replace(run, recipe=recipe, out=tmp_path / "whole")
    train(whole, Silent())
    with pytest.raises(Interrupted):
        train(replace(run, recipe=recipe), Silent(4))
    train(replace(run, recipe=recipe, resume=True), Silent())
    expected, found = final_state(whole.out), final_state(run.out)
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_a_warm_start_takes_the_weights_and_the_tokenizer(run: Run, tmp_path: Path) -> None:
    train(run, Silent())
    barely = replace(run.recipe, epochs=0.01, learning_rate=1e-9)
    second = replace(run, out=tmp_path / "second", init_from=run.out, recipe=barely)
    train(second, Silent())
    before, after = load_checkpoint(run.out), load_checkpoint(second.out)
    assert before.tokenizer.to_json() == after.tokenizer.to_json()
    for name, weight in before.weights.items():
        np.testing.assert_allclose(after.weights[name], weight, atol=1e-3)
    assert after.training["before"] == before.training  # a model card can tell both runs


def test_a_warm_start_from_no_model(run: Run, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not the folder of a model"):
        train(replace(run, init_from=tmp_path / "absent"), Silent())


def test_an_earlier_run_is_not_overwritten(run: Run) -> None:
    with pytest.raises(Interrupted):
        train(run, Silent(2))
    with pytest.raises(OptionError, match="--resume"):
        train(run, Silent())
    with pytest.raises(OptionError, match="other data"):
        recipe = replace(run.recipe, vocab_size=290)
        train(replace(run, recipe=recipe, resume=True), Silent())


@pytest.mark.parametrize(
    "change", [{"batch_pairs": 32}, {"seed": 9}, {"optimizer": "muon"}, {"network": {}}]
)
def test_a_resumed_run_keeps_what_its_position_means(run: Run, change: dict[str, Any]) -> None:
    with pytest.raises(Interrupted):
        train(run, Silent(2))
    with pytest.raises(OptionError, match="was started with"):
        train(replace(run, resume=True, recipe=replace(run.recipe, **change)), Silent())


def test_dev_data_that_can_not_be_used(run: Run, tmp_path: Path) -> None:
    empty = write(tmp_path / "empty.jsonl", [])
    with pytest.raises(DataError, match="--dev holds no rows"):
        train(replace(run, dev=[empty]), Silent())
    plain = write(tmp_path / "plain.jsonl", [r for r in rows(50) if "domain" not in r])
    with pytest.raises(DataError, match="style 'tldr'"):
        train(replace(run, data=[plain], out=tmp_path / "other"), Silent())


def test_processes_take_as_many_steps_and_count_alike() -> None:
    batches = [list(range(n)) for n in (5, 5, 5, 2, 5)]
    shares = []
    for rank in (0, 1):
        workers = Workers("cpu")
        workers.count, workers.rank = 2, rank
        shares.append(workers.share(batches))
    assert [count for _, count in shares[0]] == [count for _, count in shares[1]] == [10, 7]
    assert [batch for batch, _ in shares[0]] == [batches[0], batches[2]]
    assert [batch for batch, _ in shares[1]] == [batches[1], batches[3]]


def test_without_dev_data_some_rows_are_held_out(run: Run) -> None:
    train(replace(run, dev=[]), Silent())
    assert len(Pairs.load(run.out / "data" / "dev.npz")) == 96 // 20
    assert len(Pairs.load(run.out / "data" / "train.npz")) == 96 - 96 // 20


def test_too_few_rows(run: Run, tmp_path: Path) -> None:
    few = write(tmp_path / "few.jsonl", rows(5))
    with pytest.raises(DataError, match="too few"):
        train(replace(run, data=[few], dev=[]), Silent())


# --- the data ------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.xz"])
def test_plain_gzip_and_xz(tmp_path: Path, suffix: str) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows(7)).encode()
    packed = {".jsonl": text, ".jsonl.gz": gzip.compress(text), ".jsonl.xz": lzma.compress(text)}
    path = tmp_path / f"a{suffix}"
    path.write_bytes(packed[suffix])
    examples = list(read_examples([path], TINY))
    assert [e.document for e in examples] == [row["document"] for row in rows(7)]
    assert [e.style for e in examples] == ["tldr" if i % 5 == 0 else "title" for i in range(7)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", r"bad.jsonl:2 is not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"summary": "a"}', "'document'"),
        (b'{"document": " ", "summary": "a"}', "'document'"),
        (b'{"document": "a"}', "'summary'"),
        (b'{"document": "a", "references": []}', "'summary'"),
        (b'{"document": "a", "references": [3]}', "'summary'"),
        (b'{"document": "a", "summary": "b", "style": "poem"}', "poem"),
        (b'\xff\xfe"', "can't read"),
        (b"[" * 100_000, "bad.jsonl:2 is not JSON"),
        (b'{"document": ' + b"9" * 5_000 + b"}", "bad.jsonl:2 is not JSON"),
        (b'{"document": "a", "summary": "b", "style": {"title": 1}}', "style"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, line: bytes, message: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b'{"document": "a b", "summary": "a"}\n' + line + b"\n")
    with pytest.raises(DataError, match=message):
        list(read_examples([path], TINY))


def test_a_cut_archive_is_refused(tmp_path: Path) -> None:
    whole = lzma.compress(b'{"document": "a b", "summary": "a"}\n' * 999)
    (tmp_path / "a.jsonl.xz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="can't read"):
        list(read_examples([tmp_path / "a.jsonl.xz"], TINY))


def test_pairs_and_batches(run: Run, tokenizer: Any) -> None:
    recipe = replace(TINY, repeat={"short": 3})
    examples = list(read_examples(run.data, recipe))
    pairs = Pairs.from_examples(iter(examples), tokenizer, recipe)
    assert len(pairs) == 96 + 2 * 20  # every fifth row three times
    batch = pairs.batch(np.arange(3), 10)
    assert batch.src.shape[0] % 16 == 0 and batch.src.shape[1] % 32 == 0
    assert (batch.src_mask.sum(axis=1) >= 1).all() and batch.src_mask.sum(axis=1).max() <= 10
    for row in range(3):
        labels = batch.labels[row][batch.labels[row] != IGNORE]
        assert labels[-1] == EOS_ID
        assert tokenizer.decode(labels[:-1].tolist()) == examples[0].references[0]
        assert batch.tgt[row, 0] == tokenizer.style_id("tldr")
        np.testing.assert_array_equal(batch.tgt[row, 1 : len(labels)], labels[:-1])
    assert (batch.labels[3:] == IGNORE).all()


def test_a_pass_takes_every_pair_once(run: Run, tokenizer: Any) -> None:
    examples = read_examples(run.data, TINY)
    plan = Plan(Pairs.from_examples(examples, tokenizer, TINY), replace(TINY, epochs=2.5))
    order = [int(r) for pool in range(plan.pools) for batch in plan.batches(pool) for r in batch]
    assert len(order) == plan.total_pairs == 240
    counts = np.bincount(order)
    assert counts.min() >= 2 and counts.max() <= 3
    again = [int(r) for pool in range(plan.pools) for batch in plan.batches(pool) for r in batch]
    assert order == again


def test_schedule_rises_and_falls() -> None:
    points = [schedule(p, 0.1) for p in np.linspace(0, 1, 101)]
    assert points[10] == pytest.approx(1.0) and np.argmax(points) == 10
    assert all(a <= b for a, b in zip(points[:10], points[1:11], strict=True))
    assert all(a >= b for a, b in zip(points[10:], points[11:], strict=False))
    assert 0 < points[-1] < 0.02


# --- recipes -------------------------------------------------------------------------------------


def test_recipes_of_the_first_release_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "old.toml"
    path.write_text(
        'base = "attention"\npasses = 2\naverage_decay = 0.9\nearly_source_tokens = 5\n'
        "early_fraction = 0.25\nrisk_samples = 3\nrisk_temperature = 0.5\nrisk_likelihood = 0.75"
    )
    recipe = load_recipe(str(path))
    assert (recipe.epochs, recipe.ema_decay) == (2, 0.9)
    assert (recipe.curriculum_source_tokens, recipe.curriculum_fraction) == (5, 0.25)
    assert (recipe.rloo_samples, recipe.rloo_temperature) == (3, 0.5)
    assert recipe.rloo_likelihood == 0.75
    assert load_recipe("risk") == load_recipe("rloo")
    for name in ("attention", "seq2seq", "transformer"):
        file = "summarize.json" if name == "transformer" else "config.json"
        values = json.loads((shipped(name) / file).read_text())
        assert Recipe.from_dict(values["training"]["recipe"]).vocab_size == 16384


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipes_load_and_comment_every_key(name: str) -> None:
    from dataclasses import fields
    from importlib import resources

    load_recipe(name)
    text = (resources.files("summarize.training") / "recipes" / f"{name}.toml").read_text()
    if name == "attention":
        for field in fields(Recipe):
            assert field.name in text, field.name
    lines = text.splitlines()
    assert lines[0].startswith("#")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sede = 1", "unknown key 'sede'"),
        ("epochs = -1", "epochs"),
        ('epochs = "many"', "epochs"),
        ('optimizer = "hope"', "optimizer"),
        ("[network]\nlayers = 3", "layers"),
        ('[network]\nattention = "psychic"', "psychic"),
        ('[styles]\nnews = "poem"', "poem"),
        ("epochs = ", "not TOML"),
        ("vocab_size = 70000", "65,535"),
        ('architecture = "perceptron"', "perceptron"),
        ('architecture = "transformer"\n[network]\nencoder_size = 3', "encoder_size"),
        ('architecture = "transformer"\n[network]\nattention_heads = 3', "attention_heads"),
        ('base = "nothing"', "nothing"),
        ('architecture = "transformer"\n[network]\ndecoder_layers = 9', "encoder_layers"),
        ("epochs = inf", "epochs"),
        ("max_target_tokens = 1", "max_target_tokens"),
        ("[network]\nvocab_size = 300", "vocab_size"),
        ("network = 5", "network is 5"),
        ("styles = 5", "styles is 5"),
        ('repeat = "twice"', "repeat is 'twice'"),
        ("[repeat]\nx = 0", "repeat.x"),
        ("base = [1]", "base"),
        ('base = "transformer"', "has a base itself"),
        ("fresh_tokenizer = 1", "fresh_tokenizer"),
        ("rloo_samples = 1", "rloo_samples"),
        ('architecture = "transformer"\nrloo_samples = 4', "rloo_samples"),
        ("a = " + "[" * 50_000, "nested too deeply"),
        ("seed = " + "9" * 5_000, "not TOML"),
        ("seed = 0x" + "9" * 5_000, "too long to print"),
        ("epochs = 0x" + "9" * 5_000, "too long to print"),
        ("[network]\nembedding_size = 0x" + "9" * 5_000, "embedding_size"),
        ("default_style = [[]]", "default_style"),
    ],
)
def test_wrong_recipes_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises((OptionError, DataError), match=message):
        load_recipe(str(path))


def test_a_recipe_on_a_base_changes_what_it_names(tmp_path: Path) -> None:
    base = load_recipe("attention")
    path = tmp_path / "mine.toml"
    path.write_text('base = "attention"\nepochs = 3\n[network]\nattention = "dot"\n[repeat]\nx = 2')
    mine = load_recipe(str(path))
    assert mine.epochs == 3 and mine.network == {**base.network, "attention": "dot"}
    assert mine.repeat == {**base.repeat, "x": 2} and mine.learning_rate == base.learning_rate
    other = load_recipe("transformer")
    assert other.architecture == "transformer" and "attention" not in other.network
    general, seq2seq = load_recipe("general"), load_recipe("seq2seq")
    network = {**general.network, "attention": "none"}
    assert seq2seq == replace(general, seed=4, epochs=seq2seq.epochs, network=network)


def test_a_recipe_by_a_wrong_name() -> None:
    with pytest.raises(OptionError, match="small"):
        load_recipe("large")


# --- the command ---------------------------------------------------------------------------------


def recipe_file(folder: Path) -> Path:
    path = folder / "tiny.toml"
    path.write_text(
        "epochs = 2\nvocab_size = 300\nbatch_pairs = 16\npool_pairs = 64\nevaluate_pairs = 100\n"
        "[network]\nembedding_size = 16\nencoder_size = 16\ndecoder_size = 24\n"
    )
    return path


def test_train_and_use_from_the_command_line(summarize: Command, tmp_path: Path) -> None:
    data = write(tmp_path / "d.jsonl", rows(80))
    done = summarize("train", data, "--out", "out", "--recipe", recipe_file(tmp_path))
    assert done.returncode == 0, done.stderr
    assert b"pairs/s" in done.stderr and b"left" in done.stderr and done.stdout == b""
    (tmp_path / "a.txt").write_text("model data graph learning theory")
    done = summarize("-m", "out", "--json", "a.txt")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"] == "out"


def test_bad_training_input_is_one_line(summarize: Command) -> None:
    done = summarize("train", "absent.jsonl", "--out", "out")
    assert done.returncode == 1 and b"does not exist" in done.stderr
    assert done.stderr.count(b"\n") == 1
    done = summarize("train", "absent.jsonl", "--out", "out", "--recipe", "none")
    assert done.returncode == 2


@pytest.mark.slow
def test_two_processes_train_one_model(tmp_path: Path) -> None:
    data = write(tmp_path / "d.jsonl", rows(80))
    launcher = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "summarize")
    arguments = ("train", data, "--out", "out", "--recipe", recipe_file(tmp_path))
    done = subprocess.run(
        [sys.executable, *launcher, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    checkpoint = load_checkpoint(tmp_path / "out")
    assert checkpoint.training["pairs"] > 0
    assert all(np.isfinite(w).all() for w in checkpoint.weights.values())
