"""Tiny Hugging Face models of random weights, of each kind that is told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from conftest import TEXTS

from summarize.rnn.tokenizer import Tokenizer

KINDS = ("bart", "pegasus", "t5", "led", "llama")
CHAT = (
    "{% for m in messages %}<user>{{ m['content'] }}</user>{% endfor %}"
    "{% if add_generation_prompt %}<bot>{% endif %}"
)


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


def make_gguf(path: Path) -> Path:
    """A llama of random weights as llama.cpp stores one."""
    import json

    import gguf
    import numpy as np

    backend = json.loads(Tokenizer.train(TEXTS * 3, 320).to_json())
    tokens = sorted(backend["model"]["vocab"], key=backend["model"]["vocab"].get)
    merges = backend["model"]["merges"]
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in merges]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(2048)
    writer.add_embedding_length(16)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(1)
    writer.add_pad_token_id(0)
    writer.add_chat_template(CHAT)
    random = np.random.default_rng(3)
    shapes = {
        "token_embd": (len(tokens), 16), "output": (len(tokens), 16), "output_norm": (16,),
        "blk.0.attn_norm": (16,), "blk.0.ffn_norm": (16,),
        "blk.0.attn_q": (16, 16), "blk.0.attn_k": (16, 16), "blk.0.attn_v": (16, 16),
        "blk.0.attn_output": (16, 16), "blk.0.ffn_gate": (32, 16), "blk.0.ffn_up": (32, 16),
        "blk.0.ffn_down": (16, 32),
    }  # fmt: skip
    for name, shape in shapes.items():
        values = random.normal(0, 0.6, shape).astype(np.float32)
        writer.add_tensor(f"{name}.weight", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
