"""A small T5 from scratch: transformers' own classes, trained by the same loop as the RNN.

    source -> embedding -> (self-attention, feed-forward) x encoder_layers
    target -> embedding -> (self-attention, cross-attention, feed-forward) x decoder_layers
              -> embedding, transposed -> logits

T5 (Raffel et al. 2020): normalization before each block, which trains without a long warm-up
(Xiong et al. 2020), and no positions but a learned bias for each distance between two words, which
knows "the word before" for what it is. What is saved is an ordinary Hugging Face folder, and
beside it summarize.json: the styles, and what it was trained on.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5Attention, T5LayerNorm
from transformers.utils import logging

from summarize.errors import OptionError
from summarize.rnn.checkpoint import Checkpoint, load_checkpoint
from summarize.rnn.kernels import real_positions, smoothed_cross_entropy
from summarize.rnn.manifest import write_set
from summarize.rnn.tokenizer import EOS, EOS_ID, PAD, PAD_ID, SPECIAL, Tokenizer
from summarize.training.transformer_config import TransformerConfig
from summarize.training.vocabulary import token_map

# How `generate` searches unless told otherwise; the RNN's settings as far as it knows them.
SEARCH = {
    "num_beams": 8,
    "length_penalty": 1.0,
    "no_repeat_ngram_size": 3,
    "max_new_tokens": 64,
    "suppress_tokens": [i for i in range(len(SPECIAL)) if i != EOS_ID],
}


class Transformer(nn.Module):
    """T5ForConditionalGeneration with the loss of the RNN: the same numbers to compare."""

    def __init__(self, config: TransformerConfig, vocab_size: int) -> None:
        super().__init__()
        self.config = config
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self.model = T5ForConditionalGeneration(
            T5Config(
                vocab_size=vocab_size,
                d_model=config.embedding_size,
                d_kv=config.embedding_size // config.attention_heads,
                d_ff=config.feed_forward_size,
                num_layers=config.encoder_layers,
                num_decoder_layers=config.decoder_layers,
                num_heads=config.attention_heads,
                dropout_rate=config.dropout,
                pad_token_id=PAD_ID,
                eos_token_id=EOS_ID,
                # The fused kernel's backward pass is five times slower on a CPU (LOG.md).
                attn_implementation="eager",  # type: ignore[call-arg]
            )
        )
        for module in self.model.modules():
            if isinstance(module, T5LayerNorm):
                module.forward = partial(rms_norm, module)  # type: ignore[method-assign]
        self.initialize()

    @property
    def embedding(self) -> nn.Embedding:
        shared: nn.Embedding = self.model.shared
        return shared

    def initialize(self) -> None:
        """Glorot matrices, and two pieces of help that a small run can't do without.

        In cross-attention, W is orthogonal on the way in and its transpose on the way out, as in
        the RNN (network.py, initialize): attending to a source word raises its logit from the first
        step. In self-attention, one head begins by looking at the word before and, in the encoder,
        one at the word after, where T5's own start knows no order at all; You et al. 2020 show
        that such heads are what many trained ones become.
        """
        for module in self.model.modules():
            if isinstance(module, nn.Linear) and module is not self.model.lm_head:
                nn.init.xavier_uniform_(module.weight)
            if isinstance(module, T5Attention):
                # T5 leaves the scores undivided and trains with Adafactor; under Adam they grow
                # until each word looks at one place and learning ends (LOG.md). In training they
                # are divided as in other transformers, and `save_transformer` moves the factor
                # into the queries' weights.
                module.scaling = module.key_value_proj_dim**-0.5
        with torch.no_grad():
            stacks: tuple[Any, Any] = (self.model.encoder, self.model.decoder)
            for block in stacks[1].block:
                attention = block.layer[1].EncDecAttention
                nn.init.orthogonal_(attention.v.weight)
                attention.o.weight.copy_(attention.v.weight.T)
            # T5's buckets of the distances -1 and +1; the decoder sees only what is behind.
            for stack, neighbours in zip(stacks, ((1, 17), (1,)), strict=True):
                bias = stack.block[0].layer[0].SelfAttention.relative_attention_bias.weight
                bias.zero_()
                for head, bucket in enumerate(neighbours[: self.config.attention_heads]):
                    bias[bucket, head] = 5.0
        nn.init.normal_(self.embedding.weight)

    def loss(
        self, src: Tensor, src_mask: Tensor, tgt: Tensor, labels: Tensor, label_smoothing: float
    ) -> tuple[Tensor, Tensor]:
        """Smoothed loss to train on, plain cross-entropy to report; as Seq2Seq.loss."""
        encoded = self.model.encoder(input_ids=src, attention_mask=src_mask)
        hidden = self.model.decoder(
            input_ids=tgt,
            encoder_hidden_states=encoded.last_hidden_state,
            encoder_attention_mask=src_mask,
            use_cache=False,
        ).last_hidden_state
        rows, wanted = real_positions(labels)
        output = hidden.flatten(0, 1).index_select(0, rows) * self.config.embedding_size**-0.5
        return smoothed_cross_entropy(
            F.linear(output, self.embedding.weight), wanted, label_smoothing
        )

    def start_from_rnn(self, checkpoint: Checkpoint) -> None:
        """The embedding of a trained RNN, which T5 wants sqrt(E) times as large."""
        array = np.asarray(checkpoint.weights["embedding.weight"], dtype=np.float32)
        if self.embedding.weight.shape != array.shape:
            raise OptionError(
                f"--init-from has an embedding of {array.shape}, the recipe "
                f"{tuple(self.embedding.weight.shape)}; use the same vocab_size and embedding_size"
            )
        with torch.no_grad():
            self.embedding.weight.copy_(torch.from_numpy(array) * self.config.embedding_size**0.5)

    def start_from_transformer(self, folder: Path, tokenizer: Tokenizer) -> None:
        """What `save_transformer` wrote, the factor taken out of the queries' weights again.

        With another tokenizer, rows of the embedding follow their tokens (vocabulary.py).
        """
        weights = load_file(folder / "model.safetensors")
        old = Tokenizer.load(folder / "tokenizer.json")
        if old.vocabulary() != tokenizer.vocabulary():
            rows = torch.from_numpy(token_map(old, tokenizer))
            weights["shared.weight"] = rows @ weights["shared.weight"].float()
        own = dict(self.model.named_parameters())
        if {n: p.shape for n, p in own.items()} != {n: w.shape for n, w in weights.items()}:
            raise OptionError(f"--init-from {folder} has other sizes than the recipe")
        with torch.no_grad():
            for name, parameter in own.items():
                factor = self.scale if name.endswith(".q.weight") else 1.0
                parameter.copy_(weights[name].float() / factor)

    @property
    def scale(self) -> float:
        """What the scores are multiplied by in training."""
        return float((self.config.embedding_size // self.config.attention_heads) ** -0.5)


class RmsNorm(torch.autograd.Function):
    """y = w * x / sqrt(mean(x^2) + eps); Zhang & Sennrich 2019, eq. 4.

    The same numbers as T5LayerNorm in fewer passes over the memory, which is what it costs.
    """

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx, x: Tensor, weight: Tensor, eps: float
    ) -> Tensor:
        x = x.float()
        size = x.shape[-1]
        scale = (torch.linalg.vector_norm(x, dim=-1, keepdim=True) ** 2 / size + eps).rsqrt()
        normal = x * scale
        ctx.save_for_backward(normal, scale, weight)
        # Under autocast the next matrix product would cast it anyway, once for each of q, k and v.
        kind = x.device.type
        half = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
        return torch.mul(normal, weight).to(half)

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, grad: Tensor
    ) -> tuple[Tensor, Tensor, None]:
        normal, scale, weight = ctx.saved_tensors  # type: ignore[attr-defined]
        grad = grad.float()
        product = grad * normal
        grad_weight = product.flatten(0, -2).sum(dim=0)
        along = (product @ weight)[..., None] / normal.shape[-1]
        return (grad * weight - normal * along) * scale, grad_weight, None


def rms_norm(module: T5LayerNorm, hidden_states: Tensor) -> Tensor:
    y: Tensor = RmsNorm.apply(hidden_states, module.weight, module.variance_epsilon)  # type: ignore[no-untyped-call]
    return y


class TransformerModel:
    """The transformer as the loop sees it (models.py, Model)."""

    has_unused_weights = False

    def __init__(self, sizes: dict[str, Any], vocab_size: int) -> None:
        self.config = TransformerConfig.from_dict(sizes)
        self.network = Transformer(self.config, vocab_size)
        self.loss = self.likelihood = self.network.loss
        self.measured: dict[str, float] = {}

    def start_from(self, folder: Path, tokenizer: Tokenizer) -> None:
        """All weights of a transformer that was saved here, or the embedding of an RNN."""
        if (folder / "summarize.json").exists():
            self.network.start_from_transformer(folder, tokenizer)
        else:
            self.network.start_from_rnn(load_checkpoint(folder))

    def identity(self) -> dict[str, Any]:
        sizes = {k: v for k, v in asdict(self.config).items() if k != "dropout"}
        return {"architecture": "transformer", **sizes}

    def save(self, folder: Path, tokenizer: Tokenizer, facts: dict[str, Any]) -> None:
        save_transformer(folder, self.network, tokenizer, facts)


def save_transformer(
    folder: Path, network: Transformer, tokenizer: Tokenizer, facts: dict[str, Any]
) -> None:
    """A Hugging Face folder in fp16 and summarize.json, its manifest; all replaced at once.

    `facts`: max_source_tokens, styles, default_style, training, and maybe more `files` by name.
    """
    model = network.model
    style = tokenizer.style_id(facts["default_style"])
    model.config.decoder_start_token_id = style
    for key, value in {**SEARCH, "decoder_start_token_id": style}.items():
        setattr(model.generation_config, key, value)
    # named_parameters, for state_dict lists the shared embedding four times.
    weights = {
        name: (tensor.detach().cpu() * (network.scale if name.endswith(".q.weight") else 1)).half()
        for name, tensor in model.named_parameters()
    }
    backend = tokenizer_of(tokenizer)
    with tempfile.TemporaryDirectory() as place:
        model.save_pretrained(place, state_dict=weights)
        config = json.loads((Path(place) / "config.json").read_text("utf-8"))
        config["dtype"] = "float16"
        (Path(place) / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
        backend.model_max_length = facts["max_source_tokens"]
        backend.save_pretrained(place)
        data = {path.name: path.read_bytes() for path in sorted(Path(place).iterdir())}
    facts = {**facts, "kind": "transformer"}
    files: Mapping[str, bytes] = facts.pop("files", {})
    write_set(folder, "summarize.json", facts, {**data, **files})


def tokenizer_of(tokenizer: Tokenizer) -> Any:
    """Our tokenizer as transformers knows them; white space is squeezed inside it."""
    from tokenizers import Regex, normalizers
    from tokenizers import Tokenizer as Backend
    from transformers import PreTrainedTokenizerFast

    backend = Backend.from_str(tokenizer.to_json().decode("utf-8"))
    backend.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token=PAD, eos_token=EOS, clean_up_tokenization_spaces=False
    )
