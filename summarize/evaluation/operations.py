"""Multiply-adds of a model at a length, counted from its architecture and not measured.

Of the RNN by its weights: each matrix is used once a token, and attention reads the document once a
step. Of a transformer by PyTorch's own counter, on tensors without data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from summarize.evaluation.result import MultiplyAdds
from summarize.models.registry import SUMMARIZERS, is_hugging_face, shipped
from summarize.rnn.checkpoint import load_checkpoint
from summarize.rnn.config import Config
from summarize.rnn.runtime import weight_shapes


def multiply_adds(model: str, length: int, tokens: int, beam_size: int) -> MultiplyAdds | None:
    """Of the encoder, of a decoder step (all hypotheses) and of a whole summary. None for a model
    without a network, or one that is not a folder on this machine."""
    folder = shipped(model) if model in SUMMARIZERS else Path(model)
    if not folder.is_dir():
        return None
    count = of_transformer if is_hugging_face(folder) else of_rnn
    found = count(folder, length, tokens, beam_size)
    if found is None:
        return None
    encoder, step = found
    return MultiplyAdds(encoder, step, encoder + step * (tokens + 1))


def of_rnn(folder: Path, length: int, tokens: int, beam_size: int) -> tuple[int, int] | None:
    return rnn_operations(load_checkpoint(folder).config, length, beam_size)


def rnn_operations(config: Config, length: int, beam_size: int) -> tuple[int, int]:
    """Of the encoder for a document of `length` tokens, and of a decoder step.

    encoder: S x (its matrices, and the keys of additive attention)
    step: K x (its matrices, the output layer, and S x M twice: scores and weighted sum)
    """
    sizes = {n: s[0] * s[1] for n, s in weight_shapes(config).items() if len(s) == 2}
    key = sizes.pop("decoder.attention.key.weight", 0)
    bridge = sizes.pop("decoder.bridge.weight")
    output = sizes.pop("embedding.weight")
    encoder = key + sum(size for name, size in sizes.items() if name.startswith("encoder."))
    decoder = output + sum(size for name, size in sizes.items() if name.startswith("decoder."))
    reads = 0 if config.attention == "none" else 2 * length * config.memory_size
    return length * encoder + bridge, beam_size * (decoder + reads)


def of_transformer(
    folder: Path, length: int, tokens: int, beam_size: int
) -> tuple[int, int] | None:
    """None for decoders alone, and for files without a config.json."""
    if not (folder / "config.json").exists():
        return None
    import torch
    import transformers
    from torch.utils.flop_counter import FlopCounterMode

    config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
    if not config.is_encoder_decoder:
        return None
    for name in ("max_position_embeddings", "max_encoder_position_embeddings"):
        if isinstance(getattr(config, name, None), int):
            setattr(config, name, max(getattr(config, name), length + 16))
    with torch.device("meta"):
        model = transformers.AutoModelForSeq2SeqLM.from_config(config).eval()
        src = torch.zeros((1, length), dtype=torch.long)
        tgt = torch.zeros((beam_size, tokens + 1), dtype=torch.long)

    def counted(call: Any) -> int:
        with torch.inference_mode(), FlopCounterMode(display=False) as counter:
            call()
        return int(counter.get_total_flops()) // 2  # a multiply-add is two of its operations

    hidden = model.get_encoder()(input_ids=src)
    encoder = counted(lambda: model.get_encoder()(input_ids=src))
    shape = (beam_size, *hidden.last_hidden_state.shape[1:])
    repeated = type(hidden)(last_hidden_state=hidden.last_hidden_state.expand(shape))
    decoder = counted(lambda: model(encoder_outputs=repeated, decoder_input_ids=tgt))
    return encoder, decoder // (tokens + 1)
