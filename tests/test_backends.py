"""CTranslate2 writes what transformers' generate writes; the cache is whole or made again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import TEXTS
from tiny_models import make

from summarize.errors import ModelError, OptionError
from summarize.models import cache
from summarize.models.base import Draft, Passage
from summarize.models.huggingface import Transformer
from summarize.models.registry import load_model
from summarize.options import Options

KINDS = ("bart", "pegasus", "t5")
SEARCHES: list[dict[str, Any]] = [
    {"beam_size": 1},
    {},
    {"beam_size": 4, "length_penalty": 2.0},
    {"beam_size": 5, "no_repeat_ngram_size": 2, "length_penalty": 0.6},
    {"beam_size": 3, "min_tokens": 9, "max_tokens": 14},
]
PROSE = [
    "We study how recurrent networks read long documents. Attention keeps every state of the "
    "encoder and reads a weighted average, which helps more as the documents grow longer.",
    "The town library will stay open until ten in the evening from next month on. Students had "
    "asked for it for years.",
    "A new catalyst splits water at room temperature. It is made of iron and nickel, lasts for "
    "a thousand hours, and costs a tenth of platinum.",
]


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "cache_root", lambda: root)
        yield root


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Transformer, Transformer]]:
    """Each model in PyTorch and in CTranslate2."""
    pytest.importorskip("ctranslate2", reason="needs: pip install 'summarize[fast]'")
    base = tmp_path_factory.mktemp("models")
    found = {kind: both(str(make(kind, base / kind))) for kind in KINDS}
    return {**found, "shipped": both("transformer")}


def both(name: str) -> tuple[Transformer, Transformer]:
    slow, fast = (load_model(name, backend=backend) for backend in ("torch", "ctranslate2"))
    assert isinstance(slow, Transformer) and isinstance(fast, Transformer)
    assert slow.fast is None and fast.fast is not None
    return slow, fast


def write(part: Transformer, texts: list[str], **changes: Any) -> list[Draft]:
    sources = []
    for text in texts:
        encodings = part.encode([text])
        sources.append(part.read(Passage(text, [0], encodings), 40))
    return part.write(sources, part.check(Options(**changes)))


def same_rules(slow: Transformer, fast: Transformer) -> None:
    """Early stopping: both search until as many hypotheses have ended as the beam is wide. And
    the probability of a word that is forbidden goes to the others, as in CTranslate2."""
    for part in (slow, fast):
        part.generation.own["early_stopping"] = True
        part.model.generation_config.early_stopping = True
        part.model.generation_config.renormalize_logits = True


@pytest.mark.parametrize("search", SEARCHES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_those_of_generate(
    pairs: dict[str, tuple[Transformer, Transformer]], kind: str, search: dict[str, Any]
) -> None:
    slow, fast = pairs[kind]
    same_rules(slow, fast)
    texts = [*TEXTS, "fox", TEXTS[1] + " " + TEXTS[0]]
    for one, other in zip(write(slow, texts, **search), write(fast, texts, **search), strict=True):
        assert other.text == one.text
        assert (other.tokens, other.is_finished) == (one.tokens, one.is_finished)


@pytest.mark.parametrize("style", ["title", "tldr"])
@pytest.mark.parametrize("beam", [1, 4])
def test_texts_of_the_shipped_transformer_are_those_of_generate(
    pairs: dict[str, tuple[Transformer, Transformer]], style: str, beam: int
) -> None:
    slow, fast = pairs["shipped"]
    same_rules(slow, fast)
    asked: dict[str, Any] = {"style": style, "beam_size": beam, "max_tokens": 24}
    for one, other in zip(write(slow, PROSE, **asked), write(fast, PROSE, **asked), strict=True):
        assert other.text == one.text and other.tokens == one.tokens
        assert other.confidence == pytest.approx(one.confidence, abs=0.1)


def test_the_default_search_finds_a_text_as_likely(
    pairs: dict[str, tuple[Transformer, Transformer]],
) -> None:
    """Without early stopping the two end their search by other rules, and neither is exact: the
    one that ends earlier may find a shorter text. It may be less likely for each token or in all
    than that of the other, but not both."""
    slow, fast = pairs["shipped"]
    same_rules(slow, fast)
    for part in (slow, fast):
        part.generation.own.pop("early_stopping", None)
        part.model.generation_config.early_stopping = False
    for text in PROSE:
        one, other = (write(part, [text], style="title")[0] for part in (slow, fast))
        if one.text != other.text:
            each, all_in_all = zip(*(scores(slow, text, d) for d in (one, other)), strict=True)
            by_token, in_all = each[1] - each[0], all_in_all[1] - all_in_all[0]
            assert abs(by_token) < 0.1 or by_token * in_all < 0


@torch.no_grad()
def scores(part: Transformer, text: str, draft: Draft) -> tuple[float, float]:
    """Log-probability of a draft's tokens and its end, by PyTorch: the mean and the sum."""
    inputs = part.seq2seq(40).inputs([text])
    start = part.tokenizer.convert_tokens_to_ids("<title>")
    target = torch.tensor([[start, *draft.ids, 1]])
    log_probs = part.model(**inputs, decoder_input_ids=target[:, :-1]).logits.log_softmax(-1)
    found = log_probs[0].gather(-1, target[0, 1:, None])
    return float(found.mean()), float(found.sum())


def test_batches_change_nothing(pairs: dict[str, tuple[Transformer, Transformer]]) -> None:
    for _, fast in pairs.values():
        together = write(fast, PROSE, max_tokens=8)
        for text, draft in zip(PROSE, together, strict=True):
            assert write(fast, [text], max_tokens=8)[0].text == draft.text


def test_attention_is_one_row_for_each_token(
    pairs: dict[str, tuple[Transformer, Transformer]],
) -> None:
    for kind in ("bart", "shipped"):
        fast = pairs[kind][1]
        text = PROSE[0]
        source = fast.read(Passage(text, [0], fast.encode([text])), 40)
        draft = fast.write([source], fast.check(Options(max_tokens=8)))[0]
        assert draft.attention is not None
        assert draft.attention.shape[0] == len(draft.ids) == draft.tokens
        assert draft.attention.sum(axis=1) == pytest.approx(1, abs=1e-3)
        found = fast.attention(source, draft)
        if found is not None:
            assert found.weights.shape == (len(found.pieces), len(found.offsets))


def test_backends_that_do_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    folder = str(make("bart", tmp_path / "bart"))
    with pytest.raises(OptionError, match="use one of auto, torch, ctranslate2"):
        load_model(folder, backend="abacus")
    for name in ("attention", "lead"):
        with pytest.raises(OptionError, match="--backend does nothing"):
            load_model(name, backend="torch")
    with pytest.raises(ModelError, match="models of the kind led are not converted"):
        load_model(str(make("led", tmp_path / "led")), backend="ctranslate2")
    monkeypatch.setattr("summarize.models.huggingface_fast.find_spec", lambda name: None)
    with pytest.raises(ModelError, match='install the extra "fast"'):
        load_model(folder, backend="ctranslate2")
    model = load_model(folder)  # without the extra nothing changes
    assert isinstance(model, Transformer) and model.fast is None


# --- the cache -----------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache, "cache_root", lambda: tmp_path / "cache")
    return tmp_path / "cache"


class Maker:
    """Fills a folder, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, folder: Path) -> None:
        self.times += 1
        (folder / "model.bin").write_bytes(b"weights" * 100)
        (folder / "config.json").write_text("{}")


def test_a_folder_is_made_once(root: Path) -> None:
    make_it = Maker()
    found = [cache.cached_folder("kind", "key", make_it) for _ in range(3)]
    assert make_it.times == 1 and len(set(found)) == 1
    assert (found[0] / "model.bin").read_bytes() == b"weights" * 100


@pytest.mark.parametrize("name", ["model.bin", "config.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_folder_is_made_again(root: Path, name: str, damage: str) -> None:
    make_it = Maker()
    path = cache.cached_folder("kind", "key", make_it) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(data if damage == "flip" else data[:-1])
    folder = cache.cached_folder("kind", "key", make_it)
    assert make_it.times == 2 and cache.is_whole(folder)


def test_what_fails_leaves_nothing(root: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "model.bin").write_bytes(b"half")
        raise ModelError("no")

    with pytest.raises(ModelError):
        cache.cached_folder("kind", "key", fail)
    assert [path.name for path in (root / "kind").iterdir()] == ["key.lock"]
    (root / "kind" / ".key-dead").mkdir()  # as a process leaves it that is killed
    make_it = Maker()
    cache.cached_folder("kind", "key", make_it)
    assert {path.name for path in (root / "kind").iterdir()} == {"key.lock", "key"}


def test_two_that_want_the_same_folder_make_it_once(root: Path) -> None:
    started, go_on = threading.Event(), threading.Event()
    inner = Maker()

    def slow(folder: Path) -> None:
        started.set()
        go_on.wait(60)
        inner(folder)

    threads = [
        threading.Thread(target=cache.cached_folder, args=("kind", "key", slow)) for _ in range(2)
    ]
    threads[0].start()
    assert started.wait(60)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert inner.times == 1


def test_without_a_cache_a_temporary_folder_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(cache, "cache_root", lambda: tmp_path / "file" / "below")
    folder = cache.cached_folder("kind", "key", Maker())
    assert (folder / "model.bin").exists() and tmp_path not in folder.parents


def test_a_manifest_names_every_file(root: Path) -> None:
    folder = cache.cached_folder("kind", "key", Maker())
    assert set(json.loads((folder / "manifest.json").read_text())["files"]) == {
        "model.bin",
        "config.json",
    }
