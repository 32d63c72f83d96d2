from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Command

from summarize.errors import CheckpointError
from summarize.models.rnn import Rnn
from summarize.rnn.checkpoint import Checkpoint, config_hash, load_checkpoint, save_checkpoint

FILES = ("config.json", "model.safetensors", "tokenizer.json")


def test_saved_is_what_is_loaded(checkpoint: Checkpoint, checkpoint_folder: Path) -> None:
    loaded = load_checkpoint(checkpoint_folder)
    assert loaded.config == checkpoint.config
    assert loaded.styles == checkpoint.styles
    assert loaded.training == checkpoint.training
    assert loaded.tokenizer.to_json() == checkpoint.tokenizer.to_json()
    for name, weight in checkpoint.weights.items():
        np.testing.assert_array_equal(loaded.weights[name], weight)
        assert loaded.weights[name].dtype == np.float16


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_byte_is_refused(checkpoint_folder: Path, name: str) -> None:
    path = checkpoint_folder / name
    whole = path.read_bytes()
    places = np.random.default_rng(0).integers(0, len(whole), 60)
    for place in [0, len(whole) - 2, *places]:
        data = bytearray(whole)
        data[place] ^= 0x01
        if name == "config.json" and same_json(bytes(data), whole):
            continue  # white space between two keys
        path.write_bytes(data)
        with pytest.raises(CheckpointError) as caught:
            load_checkpoint(checkpoint_folder)
        assert "\n" not in str(caught.value)


def same_json(one: bytes, other: bytes) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


@pytest.mark.parametrize("name", FILES)
def test_cut_at_any_length_is_refused(checkpoint_folder: Path, name: str) -> None:
    path = checkpoint_folder / name
    whole = path.read_bytes()
    for length in [0, 1, 7, 8, 9, len(whole) // 2, len(whole) - 2]:
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            load_checkpoint(checkpoint_folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(checkpoint_folder: Path, name: str) -> None:
    (checkpoint_folder / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        load_checkpoint(checkpoint_folder)


def change_config(folder: Path, change: dict[str, object], network: bool = False) -> None:
    """Write other values, with a hash that fits them."""
    path = folder / "config.json"
    values = json.loads(path.read_text())
    (values["network"] if network else values).update(change)
    values["sha256"]["config.json"] = config_hash(values)
    path.write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("change", "network", "message"),
    [
        ({"surprise": 1}, False, "unknown key 'surprise'"),
        ({"surprise": 1}, True, "unknown config key 'surprise'"),
        ({"format_version": 99}, False, "format_version 99"),
        ({"attention": "psychic"}, True, "psychic"),
        ({"encoder_size": -1}, True, "encoder_size"),
        ({"decoder_size": 24}, True, "shape"),
        ({"vocab_size": 9}, True, "pieces"),
        ({"styles": ["poem"]}, False, "poem"),
        ({"styles": 3}, False, "styles"),
        ({"styles": [["title"]]}, False, "styles"),
        ({"styles": []}, False, "styles"),
        ({"styles": ["tldr"]}, False, "default_style"),
        ({"training": 5}, False, "training"),
        ({"max_source_tokens": 0}, False, "max_source_tokens"),
        ({"max_source_tokens": True}, False, "max_source_tokens"),
    ],
)
def test_wrong_configs_are_refused(
    checkpoint_folder: Path, change: dict[str, object], network: bool, message: str
) -> None:
    change_config(checkpoint_folder, change, network)
    with pytest.raises(CheckpointError, match=message):
        Rnn(checkpoint_folder)


def test_a_bottomless_config(checkpoint_folder: Path) -> None:
    (checkpoint_folder / "config.json").write_text("[" * 100_000)
    with pytest.raises(CheckpointError, match="not JSON"):
        load_checkpoint(checkpoint_folder)


def test_another_tokenizer_is_refused(checkpoint: Checkpoint, checkpoint_folder: Path) -> None:
    from summarize.rnn.tokenizer import Tokenizer

    other = Tokenizer.train(["completely different words here"] * 3, 290)
    save_checkpoint(checkpoint_folder, replace(checkpoint, tokenizer=other))
    with pytest.raises(CheckpointError, match="pieces"):
        load_checkpoint(checkpoint_folder)


def test_the_command_refuses_with_one_line(checkpoint_folder: Path, summarize: Command) -> None:
    data = bytearray((checkpoint_folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (checkpoint_folder / "model.safetensors").write_bytes(data)
    done = summarize("-m", checkpoint_folder, stdin=b"some text")
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.count(b"\n") == 1
    assert b"damaged" in done.stderr


def test_a_folder_that_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="summarize train"):
        load_checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match="not a folder"):
        load_checkpoint(tmp_path / "absent")


def test_an_interrupted_save_leaves_the_old_checkpoint(
    checkpoint: Checkpoint, checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {p.name: p.read_bytes() for p in checkpoint_folder.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    from summarize.errors import OutputError

    with pytest.raises(OutputError, match="No space left"):
        save_checkpoint(checkpoint_folder, replace(checkpoint, max_source_tokens=7))
    assert {p.name: p.read_bytes() for p in checkpoint_folder.iterdir()} == before
    shutil.rmtree(checkpoint_folder)
