"""Decoders that follow instructions: a sentence that asks, then the document."""

from __future__ import annotations

import torch

from summarize.models.base import Draft
from summarize.models.huggingface_generation import Generation, token_log_probs
from summarize.models.loading import Loaded
from summarize.options import Options

CHAT_TOKENS = 4096  # of a document at most: on a CPU, more would take minutes
ASKED = {
    "short": "Summarize the following text in one sentence.",
    "medium": "Summarize the following text in three to five sentences.",
    "long": "Summarize the following text as a list of its main points, one on each line.",
    "title": "Write a title for the following text, one line and nothing else.",
    "tldr": "Summarize the following text in one short sentence.",
}


class Chat:
    """Writes with an instruction-tuned decoder."""

    def __init__(self, loaded: Loaded, generation: Generation) -> None:
        self.loaded, self.generation = loaded, generation

    def write(self, payloads: list[str], options: Options) -> list[Draft]:
        model, tokenizer = self.loaded.model, self.loaded.tokenizer
        asked = ASKED[options.style or options.length]
        prompts = [
            tokenizer.apply_chat_template(
                [{"role": "user", "content": f"{asked}\n\n{defuse(text, tokenizer)}"}],
                add_generation_prompt=True,
                tokenize=False,
                enable_thinking=False,  # ignored by templates without thinking
            )
            for text in payloads
        ]
        inputs = tokenizer(
            prompts,
            return_tensors="pt",
            padding=True,
            padding_side="left",
            add_special_tokens=False,
            return_token_type_ids=False,
        ).to(model.device)
        written = model.generate(**inputs, **self.generation.arguments(options))
        start = inputs["input_ids"].shape[1]
        new = written.shape[1] - start
        mask = torch.nn.functional.pad(inputs["attention_mask"], (0, new), value=1)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        keep = {"logits_to_keep": new + 1} if model._supports_logits_to_keep() else {}
        logits = model(
            input_ids=written, attention_mask=mask, position_ids=positions, **keep
        ).logits[:, -new - 1 : -1]
        log_probs = token_log_probs(logits, written[:, start:])
        return [
            self.generation.draft(row[start:].tolist(), values.tolist())
            for row, values in zip(written, log_probs, strict=True)
        ]


def defuse(text: str, tokenizer: object) -> str:
    """Without chat tokens: a document that spells them out must not speak for anyone."""
    for token in tokenizer.get_added_vocab():  # type: ignore[attr-defined]
        if len(token) > 1 and token.strip():
            text = text.replace(token, f"{token[0]} {token[1:]}")
    return text
