"""Checkpoints: what is saved is loaded, what was altered is refused, a set is replaced as one."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Command

from summarize.errors import CheckpointError, OutputError
from summarize.models.familiarity import Familiarity
from summarize.models.rnn import Rnn
from summarize.pipeline.run import Summarizer
from summarize.rnn.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from summarize.rnn.manifest import add_to_set, parse_json, read_set, seal_of, write_set
from summarize.rnn.weights import is_finite

FILES = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "familiarity.safetensors",
    "words.json",
)
FROZEN = Path(__file__).parent / "frozen" / "format1.zip"


def with_files(checkpoint: Checkpoint) -> Checkpoint:
    size = checkpoint.tokenizer.vocab_size
    usual = Familiarity(np.linspace(1, 9, size, dtype=np.float32), 1.0, 0.5, 2.0, 1.5)
    words = json.dumps({"frequent": [3, 5, 8]}).encode()
    return replace(
        checkpoint,
        files={"familiarity.safetensors": usual.to_bytes(), "words.json": words},
    )


@pytest.fixture
def folder(checkpoint: Checkpoint, tmp_path: Path) -> Path:
    """A checkpoint with every kind of file that one may have."""
    save_checkpoint(tmp_path / "checkpoint", with_files(checkpoint))
    return tmp_path / "checkpoint"


def same(one: Checkpoint, other: Checkpoint) -> bool:
    return (
        (one.config, one.styles, one.training, one.files)
        == (other.config, other.styles, other.training, other.files)
        and one.max_source_tokens == other.max_source_tokens
        and one.tokenizer.to_json() == other.tokenizer.to_json()
        and one.weights.keys() == other.weights.keys()
        and all(np.array_equal(one.weights[n], other.weights[n]) for n in one.weights)
    )


def test_saved_is_what_is_loaded(checkpoint: Checkpoint, folder: Path) -> None:
    loaded = load_checkpoint(folder)
    assert same(loaded, with_files(checkpoint))
    assert all(weight.dtype == np.float16 for weight in loaded.weights.values())
    usual = Rnn(folder).familiarity
    assert usual is not None and usual.limit == 1.5
    assert sorted(p.name for p in folder.iterdir()) == sorted(FILES)


# --- damage --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_is_refused(folder: Path, name: str) -> None:
    path = folder / name
    whole = path.read_bytes()
    generator = np.random.default_rng(0)
    places = generator.integers(0, len(whole), 60)
    for place in [0, len(whole) - 2, *places]:
        data = bytearray(whole)
        data[place] ^= 1 << int(generator.integers(0, 8))
        if name == "config.json" and same_json(bytes(data), whole):
            continue  # white space between two keys
        path.write_bytes(data)
        with pytest.raises(CheckpointError) as caught:
            load_checkpoint(folder)
        assert "\n" not in str(caught.value)


def same_json(one: bytes, other: bytes) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


@pytest.mark.parametrize("name", FILES)
def test_cut_at_any_length_is_refused(folder: Path, name: str) -> None:
    path = folder / name
    whole = path.read_bytes()
    for length in [0, 1, 7, 8, 9, len(whole) // 2, len(whole) - 2]:
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            load_checkpoint(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        load_checkpoint(folder)


def test_the_file_of_another_checkpoint_is_refused(
    checkpoint: Checkpoint, folder: Path, tmp_path: Path
) -> None:
    generator = np.random.default_rng(1)
    weights = {n: generator.normal(size=w.shape) for n, w in checkpoint.weights.items()}
    other = tmp_path / "other"
    save_checkpoint(other, replace(with_files(checkpoint), weights=weights))
    (folder / "model.safetensors").write_bytes((other / "model.safetensors").read_bytes())
    with pytest.raises(CheckpointError, match="SHA-256"):
        load_checkpoint(folder)


# --- a config that says something else, its own hash in order ------------------------------------


def change_config(folder: Path, change: dict[str, object], network: bool = False) -> None:
    """Write other values, with a hash that fits them."""
    path = folder / "config.json"
    values = json.loads(path.read_text())
    (values["network"] if network else values).update(change)
    path.write_text(sealed(values))


def sealed(values: dict[str, Any]) -> str:
    content = {key: value for key, value in values.items() if key != "sha256"}
    return json.dumps({**content, "sha256": seal_of(content)})


@pytest.mark.parametrize(
    ("change", "network", "message"),
    [
        ({"surprise": 1}, False, "unknown key 'surprise'"),
        ({"surprise": 1}, True, "unknown config key 'surprise'"),
        ({"format_version": 99}, False, "format_version 99"),
        ({"format_version": [2]}, False, "format_version"),
        ({"kind": "oracle"}, False, "oracle"),
        ({"attention": "psychic"}, True, "psychic"),
        ({"attention": ["dot"]}, True, "attention"),
        ({"encoder_size": -1}, True, "encoder_size"),
        ({"encoder_layers": 1_000_000_000}, True, "encoder_layers"),
        ({"encoder_layers": 60}, True, "lacks the weight"),
        ({"decoder_size": 24}, True, "shape"),
        ({"decoder_size": 10**4000}, True, "too long to print|decoder_size"),
        ({"vocab_size": 9}, True, "pieces"),
        ({"vocab_size": 10**30}, True, "vocab_size"),
        ({"dropout": 10**400}, True, "dropout"),
        ({"styles": ["poem"]}, False, "poem"),
        ({"styles": 3}, False, "styles"),
        ({"styles": [["title"]]}, False, "styles"),
        ({"styles": []}, False, "styles"),
        ({"styles": ["tldr"]}, False, "default_style"),
        ({"training": 5}, False, "training"),
        ({"network": 5}, False, "network"),
        ({"max_source_tokens": 0}, False, "max_source_tokens"),
        ({"max_source_tokens": True}, False, "max_source_tokens"),
        ({"max_source_tokens": 10**18}, False, "max_source_tokens"),
        ({"files": {}}, False, "does not list"),
        ({"files": {"../x": {"sha256": "", "bytes": 1}}}, False, "outside the folder"),
    ],
)
def test_wrong_configs_are_refused(
    folder: Path, change: dict[str, object], network: bool, message: str
) -> None:
    change_config(folder, change, network)
    with pytest.raises(CheckpointError, match=message) as caught:
        Rnn(folder)
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"format_version": 1' + "0" * 5000 + "}",
        '{"format_version": 2, "network": {"dropout": NaN}}',
        '{"format_version": 2, "network": {"dropout": 1e999}}',
        "null",
        "",
        '{"format_version": 2}',
    ],
    ids=["deep list", "deep object", "5,000 digits", "NaN", "infinity", "null", "empty", "bare"],
)
def test_json_that_is_none_of_ours(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match="damaged") as caught:
        load_checkpoint(folder)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind, bits", [(np.float16, np.uint16), (np.float32, np.uint32)])
def test_every_infinity_and_nan_is_found(kind: Any, bits: Any) -> None:
    step = 2 ** (8 * np.dtype(bits).itemsize - 16)  # each sign, exponent and first mantissa bits
    values = (np.arange(2**16, dtype=bits) * bits(step)).view(kind)
    for value in values:
        pair = np.array([1, value], dtype=kind)
        assert is_finite(pair) == bool(np.isfinite(value))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e6])
@pytest.mark.parametrize("name", ["output_bias", "embedding.weight"])
def test_weights_that_are_no_numbers_are_refused(
    checkpoint: Checkpoint, tmp_path: Path, name: str, value: float
) -> None:
    """1e6 is more than fp16 holds: it is saved as infinity."""
    weights = {n: np.array(w, np.float32) for n, w in checkpoint.weights.items()}
    weights[name].flat[-1] = value
    with np.errstate(over="ignore"):
        save_checkpoint(tmp_path, replace(checkpoint, weights=weights))
    with pytest.raises(CheckpointError, match=f"{name} holds NaN or infinity"):
        load_checkpoint(tmp_path)


def test_the_largest_finite_weight_is_accepted(checkpoint: Checkpoint, tmp_path: Path) -> None:
    weights = {**checkpoint.weights}
    weights["output_bias"] = np.full_like(weights["output_bias"], -65504.0)
    save_checkpoint(tmp_path, replace(checkpoint, weights=weights))
    assert load_checkpoint(tmp_path).weights["output_bias"].min() == -65504


def test_another_tokenizer_is_refused(checkpoint: Checkpoint, folder: Path) -> None:
    from summarize.rnn.tokenizer import Tokenizer

    other = Tokenizer.train(["completely different words here"] * 3, 290)
    save_checkpoint(folder, replace(checkpoint, tokenizer=other))
    with pytest.raises(CheckpointError, match="pieces"):
        load_checkpoint(folder)


def test_familiarity_of_another_vocabulary_is_refused(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    usual = Familiarity(np.ones(7, np.float32), 1.0, 0.5, 2.0, 1.5)
    files = {"familiarity.safetensors": usual.to_bytes()}
    save_checkpoint(tmp_path, replace(checkpoint, files=files))
    with pytest.raises(CheckpointError, match="surprisal"):
        Rnn(tmp_path)


def test_the_command_refuses_with_one_line(folder: Path, summarize: Command) -> None:
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    done = summarize("-m", folder, stdin=b"some text")
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.count(b"\n") == 1
    assert b"damaged" in done.stderr


def test_a_folder_that_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="summarize train"):
        load_checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match="not a folder"):
        load_checkpoint(tmp_path / "absent")


# --- older formats -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints that version 0.1.0 wrote: six of an RNN, one of a transformer."""
    root = tmp_path_factory.mktemp("frozen")
    with zipfile.ZipFile(FROZEN) as archive:
        archive.extractall(root)
    return root


@pytest.mark.parametrize("kind", ["none", "dot", "general", "additive", "local", "hard"])
def test_format_1_is_still_read(frozen: Path, kind: str) -> None:
    from safetensors.numpy import load_file

    loaded = load_checkpoint(frozen / kind)
    assert loaded.config.attention == kind and loaded.training == {"pairs": 7}
    written = load_file(frozen / kind / "model.safetensors")
    assert all(np.array_equal(written[name], loaded.weights[name]) for name in written)
    model = Rnn(frozen / kind)
    assert (model.familiarity is None) == (kind == "dot")
    summary = Summarizer(model).summarize(["The quick fox reads."], mode="abstractive")[0]
    assert summary.tokens.read == summary.tokens.document > 0


def test_a_transformer_of_format_1_is_still_read(frozen: Path) -> None:
    pytest.importorskip("transformers")
    from summarize.models.loading import verify

    values, files = verify(frozen / "transformer")
    assert values["training"] == {"pairs": 7} and "familiarity.safetensors" in files


def test_a_flipped_bit_in_format_1_is_refused(frozen: Path, tmp_path: Path) -> None:
    for source in (frozen / "general").iterdir():
        (tmp_path / source.name).write_bytes(source.read_bytes())
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        whole = (tmp_path / name).read_bytes()
        data = bytearray(whole)
        data[len(data) // 2] ^= 4
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CheckpointError):
            load_checkpoint(tmp_path)
        (tmp_path / name).write_bytes(whole)


# --- small files beside the weights --------------------------------------------------------------


def test_a_file_joins_a_checkpoint_of_any_format(
    frozen: Path, folder: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    shutil.copytree(frozen / "general", old)
    for place in (folder, old):
        before = load_checkpoint(place)
        for data in (b'{"weights": [0.5]}', b'{"weights": []}'):
            add_to_set(place, {"rerank.json": data})
            after = load_checkpoint(place)
            assert same(after, replace(before, files={**before.files, "rerank.json": data}))
        (place / "rerank.json").write_bytes(b'{"weights": [] }')
        with pytest.raises(CheckpointError, match=r"rerank\.json is damaged"):
            load_checkpoint(place)
        add_to_set_again(place)
    (old / "familiarity.safetensors").write_bytes(b"now it has a hash")
    with pytest.raises(CheckpointError, match=r"familiarity\.safetensors is damaged"):
        load_checkpoint(old)


def add_to_set_again(place: Path) -> None:
    """A damaged folder is not sealed as it is; it is mended by hand first."""
    with pytest.raises(CheckpointError):
        add_to_set(place, {"judge.json": b"{}"})
    (place / "rerank.json").write_bytes(b'{"weights": []}')
    add_to_set(place, {"judge.json": b"{}"})
    assert "judge.json" in load_checkpoint(place).files


def test_a_folder_without_a_checkpoint(tmp_path: Path) -> None:
    add_to_set(tmp_path, {"selector.json": b"{}"})
    add_to_set(tmp_path, {"judge.json": b"[]"})
    (tmp_path / "stray.json").write_text("{}")
    _, files = read_set(tmp_path, "manifest.json")
    assert files == {"selector.json": b"{}", "judge.json": b"[]"}


@pytest.mark.parametrize("text", [b'{"a": NaN}', b'{"a": [-Infinity]}', b'{"a": 1e999}'])
def test_numbers_that_are_not_finite(text: bytes) -> None:
    with pytest.raises(CheckpointError, match="not a finite number"):
        parse_json(text, Path("x.json"))


# --- replaced as one -----------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here; nothing after this runs but what Python unwinds."""


@pytest.fixture
def at_each_step(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[[], None]]]:
    """Functions to call before every change of the file system."""
    hooks: list[Callable[[], None]] = []

    def watched(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            for hook in hooks:
                hook()
            return original(*arguments, **named)

        return call

    for name in ("link", "fsync"):
        monkeypatch.setattr(os, name, watched(getattr(os, name)))
    for name in ("rename", "replace", "unlink"):
        monkeypatch.setattr(Path, name, watched(getattr(Path, name)))
    yield hooks
    hooks.clear()


def new_one(checkpoint: Checkpoint) -> Checkpoint:
    """Other weights, another size, one file less."""
    weights = {name: (weight * 2).astype(np.float16) for name, weight in checkpoint.weights.items()}
    files = {"words.json": b"{}"}
    return replace(checkpoint, weights=weights, max_source_tokens=7, files=files)


def test_a_reader_finds_the_old_or_the_new_at_every_step(
    checkpoint: Checkpoint, folder: Path, at_each_step: list[Callable[[], None]]
) -> None:
    old, new = with_files(checkpoint), new_one(checkpoint)
    seen: list[bool] = []

    def look() -> None:
        found = load_checkpoint(folder)
        assert same(found, old) or same(found, new)
        seen.append(same(found, new))

    at_each_step.append(look)
    save_checkpoint(folder, new)
    assert len(seen) > 10 and seen == sorted(seen)  # old at first, then new
    assert not seen[0] and seen[-1]
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        ("config.json", "model.safetensors", "tokenizer.json", "words.json")
    )


def test_a_save_that_is_killed_anywhere_leaves_a_whole_checkpoint(
    checkpoint: Checkpoint, tmp_path: Path, at_each_step: list[Callable[[], None]]
) -> None:
    old, new = with_files(checkpoint), new_one(checkpoint)
    left = 0

    def count_down() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    for steps in range(1, 100):
        folder = tmp_path / str(steps)
        save_checkpoint(folder, old)
        at_each_step.append(count_down)
        left = steps
        try:
            save_checkpoint(folder, new)
        except Killed:
            pass
        else:
            break
        finally:
            at_each_step.clear()
        found = load_checkpoint(folder)
        assert same(found, old) or same(found, new)
        save_checkpoint(folder, new)  # the next run goes on from whatever is left
        assert same(load_checkpoint(folder), new)
        names = {path.name for path in folder.iterdir()}
        assert names <= set(FILES)  # no temporary ones; a file of the old set may be left, unread
    assert 10 < steps < 99


def test_a_full_disk_leaves_the_old_checkpoint(
    checkpoint: Checkpoint, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {p.name: p.read_bytes() for p in folder.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        save_checkpoint(folder, replace(checkpoint, max_source_tokens=7))
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_a_reader_that_is_overtaken_reads_again(
    checkpoint: Checkpoint, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are replaced after the manifest was read."""
    new = new_one(checkpoint)
    original = Path.read_bytes
    overtaken = False

    def slow(path: Path) -> bytes:
        nonlocal overtaken
        data = original(path)
        if path.name == "config.json" and not overtaken:
            overtaken = True
            save_checkpoint(folder, new)
        return data

    monkeypatch.setattr(Path, "read_bytes", slow)
    assert same(load_checkpoint(folder), new) and overtaken


def test_files_that_no_manifest_lists_are_left_alone(checkpoint: Checkpoint, folder: Path) -> None:
    (folder / "MODEL_CARD.md").write_text("mine")
    save_checkpoint(folder, checkpoint)
    assert (folder / "MODEL_CARD.md").read_text() == "mine"
    assert not (folder / "familiarity.safetensors").exists()  # that of the old weights


def test_a_set_of_any_files(tmp_path: Path) -> None:
    write_set(tmp_path / "a", "manifest.json", {}, {"one": b"1", "two": b"22"})
    manifest, files = read_set(tmp_path / "a", "manifest.json")
    assert files == {"one": b"1", "two": b"22"} and manifest.sizes == {"one": 1, "two": 2}
