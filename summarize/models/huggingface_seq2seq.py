"""Encoder-decoders: the document in, the summary out, and the cross-attention between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor

from summarize.errors import OptionError
from summarize.models.base import Draft
from summarize.models.huggingface_generation import Generation, first_of, token_log_probs
from summarize.models.loading import Loaded
from summarize.options import Options

KEPT_WEIGHTS = 50_000_000  # of cross-attention that are kept beside a batch, at most


class EncoderDecoder:
    """Writes with transformers' `generate`."""

    def __init__(self, loaded: Loaded, generation: Generation, max_tokens: int) -> None:
        """`max_tokens` counts the model's own additions to a document, too."""
        self.loaded, self.generation, self.max_tokens = loaded, generation, max_tokens

    def write(self, payloads: list[str], options: Options) -> list[Draft]:
        model = self.loaded.model
        inputs = self.inputs(payloads)
        encoded = model.get_encoder()(**inputs, return_dict=True)
        written = model.generate(
            # A copy: generate repeats what it is given for each hypothesis, in place.
            encoder_outputs=type(encoded)(last_hidden_state=encoded.last_hidden_state),
            attention_mask=inputs["attention_mask"],
            **self.generation.arguments(options),
        )
        return self.score(encoded, inputs["attention_mask"], written)

    def score(self, encoded: Any, mask: Tensor, written: Tensor) -> list[Draft]:
        """Drafts with the probability of each token and, if there is room, where each looked."""
        size = self.cross_attention_size(mask.shape[1]) * (written.numel() - len(written))
        keeps = size <= KEPT_WEIGHTS
        with self.eager() if keeps else nullcontext():
            scored = self.loaded.model(
                encoder_outputs=type(encoded)(last_hidden_state=encoded.last_hidden_state),
                attention_mask=mask,
                decoder_input_ids=written[:, :-1],
                output_attentions=keeps,
            )
        log_probs = token_log_probs(scored.logits, written[:, 1:])
        drafts = [
            self.generation.draft(row[1:].tolist(), values.tolist())
            for row, values in zip(written, log_probs, strict=True)
        ]
        layers = getattr(scored, "cross_attentions", None) or ()
        layers = [layer for layer in layers if layer is not None]
        if not keeps or not layers:
            return drafts
        mean = torch.stack([layer.float().mean(dim=1) for layer in layers]).mean(dim=0)
        lengths = mask.sum(dim=1).tolist()
        return [
            draft._replace(
                ids=row[1 : draft.tokens + 1].tolist(),
                attention=weights[: draft.tokens, :length].cpu().numpy(),
            )
            for draft, row, weights, length in zip(drafts, written, mean, lengths, strict=True)
        ]

    def inputs(self, payloads: list[str]) -> Any:
        """Token ids of documents as an encoder-decoder takes them, padded on the right."""
        inputs = self.loaded.tokenizer(
            [self.generation.prefix + text for text in payloads],
            return_tensors="pt",
            padding=True,
            padding_side="right",
            truncation=True,
            max_length=self.max_tokens,
            split_special_tokens=True,
            return_token_type_ids=False,
        ).to(self.loaded.model.device)
        if self.loaded.model.config.model_type == "led":  # its first token must see everything
            inputs["global_attention_mask"] = torch.zeros_like(inputs["input_ids"])
            inputs["global_attention_mask"][:, 0] = 1
        return inputs

    # --- attention ---------------------------------------------------------------------------

    def cross_attention_size(self, source: int) -> int:
        """Weights of cross-attention for one token of a summary."""
        config = self.loaded.model.config
        layers = first_of(config, "num_decoder_layers", "decoder_layers", "num_layers") or 1
        heads = first_of(config, "decoder_attention_heads", "num_heads", "num_attention_heads") or 1
        return int(layers * heads * source)

    @contextmanager
    def eager(self) -> Iterator[None]:
        """With the one implementation of attention that hands out its weights."""
        model = self.loaded.model
        before = model.config._attn_implementation
        model.set_attn_implementation("eager")
        try:
            yield
        finally:
            model.set_attn_implementation(before)

    def look_closely(
        self, payload: str, draft: Draft, layer: int | None, head: int | None, options: Options
    ) -> tuple[Draft, str]:
        """The same draft with the attention of one layer or head, or of a long document."""
        model = self.loaded.model
        start = self.generation.arguments(options).get("decoder_start_token_id")
        if start is None:
            start = model.config.decoder_start_token_id
        with self.eager():
            found = model(
                **self.inputs([payload]),
                decoder_input_ids=torch.tensor([[start, *draft.ids]], device=model.device),
                output_attentions=True,
            ).cross_attentions
        layers, heads = len(found), found[0].shape[1]
        for name, value, most in (("layer", layer, layers), ("head", head, heads)):
            if value is not None and not 1 <= value <= most:
                raise OptionError(f"--{name} is {value}; use a number from 1 to {most}")
        chosen = found if layer is None else [found[layer - 1]]
        rows = torch.stack([w[0, :, : len(draft.ids)].float() for w in chosen]).mean(dim=0)
        rows = rows.mean(dim=0) if head is None else rows[head - 1]
        which = f"mean of {layers} layers" if layer is None else f"layer {layer} of {layers}"
        kind = f"cross-attention, {which}, " + (
            f"mean of {heads} heads" if head is None else f"head {head} of {heads}"
        )
        return draft._replace(attention=rows.cpu().numpy()), kind
