"""Any Hugging Face model as a summarizer: encoder-decoders, and decoders that follow instructions.

Which of the two it is, what it reads and how it likes to search is taken from the model's own
files (config, generation_config, tokenizer); nothing here knows a model by name.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from summarize.document.sentences import ENDS, paragraphs
from summarize.errors import DocumentError, ModelError, OptionError
from summarize.models.base import (
    COUNTED,
    Draft,
    Source,
    estimated_tokens,
    write_to_end,
)
from summarize.models.familiarity import Familiarity
from summarize.models.loading import Loaded, load
from summarize.models.registry import style_of
from summarize.options import Options, resolve
from summarize.pipeline.alignment import Alignment, align, pieces_of
from summarize.pipeline.chunking import align_long
from summarize.pipeline.run import summarize_all, takes_pieces
from summarize.rnn.tokenizer import SURROGATE
from summarize.summary import Summary

CHAT_TOKENS = 4096  # what an instructed model reads at most: on a CPU more would take minutes
LOOKED = 50_000_000  # weights of cross-attention that are kept beside a batch, at most
MOST_TOKENS = {"short": 64, "medium": 200, "long": 400}
ASKED = {
    "short": "Summarize the following text in one sentence.",
    "medium": "Summarize the following text in three to five sentences.",
    "long": "Summarize the following text as a list of its main points, one on each line.",
    "title": "Write a title for the following text, one line and nothing else.",
    "tldr": "Summarize the following text in one short sentence.",
}


class Transformer:
    """A folder or hub id. Weights are in bf16 where the CPU computes in it (see loading.py)."""

    is_parallel = False

    def __init__(
        self,
        source: Path | str,
        name: str | None = None,
        *,
        revision: str | None = None,
        device: str | None = None,
        offline: bool = False,
    ) -> None:
        self.name = name or str(source)
        loaded: Loaded = load(source, self.name, revision, device, offline)
        self.model, self.tokenizer, self.ours = loaded.model, loaded.tokenizer, loaded.ours
        self.writes_sentence = bool(self.ours)
        self.familiarity = Familiarity.from_files(
            loaded.files, Path(source), self.model.config.vocab_size
        )
        self.is_chat = not self.model.config.is_encoder_decoder
        self.styles: list[str] = self.ours.get("styles", ["title", "tldr"] if self.is_chat else [])
        self.default_style: str | None = self.ours.get("default_style")
        self.own = summarization_parameters(self.model.config)
        self.prefix = str(self.own.pop("prefix", ""))
        self.max_source_tokens = self.longest_source()
        if self.is_chat and not getattr(self.tokenizer, "chat_template", None):
            raise ModelError(
                f"{self.name} has no chat template, so it can't be asked for a summary; "
                "use an instruction-tuned model or an encoder-decoder"
            )

    def summarize(
        self, documents: Sequence[str], options: Options | None = None, /, **changes: Any
    ) -> list[Summary]:
        chosen = self.check(resolve(documents, options, changes))
        return summarize_all(self, documents, chosen, chosen.style)

    def check(self, chosen: Options) -> Options:
        """Options that this model can follow, its style filled in; else an OptionError."""
        style = chosen.style or style_of(chosen.length, self.styles, self.default_style)
        if chosen.seed is not None:
            raise OptionError(f"{self.name} draws nothing, which --seed is for; leave it out")
        if self.is_chat and chosen.no_repeat_ngram_size:
            raise OptionError(
                f"--no-repeat-ngram-size would forbid {self.name} the words of the document; "
                "leave it out"
            )
        if style is not None and style not in self.styles:
            known = f"knows {', '.join(self.styles)}" if self.styles else "has no styles"
            raise OptionError(f"{self.name} {known}; leave --style {style} out")
        return replace(chosen, style=style)

    # --- reading -----------------------------------------------------------------------------

    def longest_source(self) -> int:
        """Tokens of a document that the model reads, its own additions already taken off."""
        config, tokenizer = self.model.config, self.tokenizer
        if self.is_chat:
            config = config.get_text_config(decoder=True)
        places = first_of(
            config, "max_encoder_position_embeddings", "max_position_embeddings", "n_positions"
        )
        limits = (places, tokenizer.model_max_length)
        known = [limit for limit in limits if isinstance(limit, int) and 0 < limit < 10**9]
        longest = min(known) if known else (2 * CHAT_TOKENS if self.is_chat else 512)
        if "max_source_tokens" in self.ours:
            longest = int(self.ours["max_source_tokens"])
        if self.is_chat:
            longest = min(longest - MOST_TOKENS["long"] - 100, CHAT_TOKENS)
        self.added_tokens = len(self.ids(self.prefix + "a")) - len(self.ids("a", special=False))
        return max(1, longest - self.added_tokens)

    def ids(self, text: str, special: bool = True) -> list[int]:
        with quiet():
            encoded = self.tokenizer(text, add_special_tokens=special, split_special_tokens=True)
        found: list[int] = encoded["input_ids"]
        return found

    def read(self, text: str) -> Source:
        """The opening that the model reads, cut between two tokens."""
        text = SURROGATE.sub("\ufffd", text.strip())
        if not text:
            return Source("", 0, 0)
        with quiet():
            # What is spelled like a special token is text: "</s>" in a document ends nothing.
            encoded = self.tokenizer(
                text[:COUNTED],
                add_special_tokens=False,
                split_special_tokens=True,
                return_offsets_mapping=True,
            )
        ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
        total = estimated_tokens(len(ids), text)
        read = min(len(ids), self.max_source_tokens)
        familiar = self.familiarity.of(ids[:read]) if self.familiarity else None
        if len(ids) <= self.max_source_tokens and len(text) <= COUNTED:
            return Source(text, len(ids), len(ids), familiar)
        return Source(text[: offsets[read - 1][1]], read, max(total, read), familiar)

    # --- writing -----------------------------------------------------------------------------

    @torch.inference_mode()
    def write(self, payloads: list[str], options: Options) -> list[Draft]:
        write = self.chat if self.is_chat else self.translate
        with quiet():
            try:
                return write(payloads, options)
            except (RuntimeError, ValueError, IndexError) as error:
                first = " ".join(str(error).split())[:200]
                raise ModelError(f"{self.name} failed while summarizing: {first}") from error

    def translate(self, payloads: list[str], options: Options) -> list[Draft]:
        """An encoder-decoder: the document in, the summary out."""
        model = self.model
        inputs = self.inputs(payloads)
        encoded = model.get_encoder()(**inputs, return_dict=True)
        mask = inputs["attention_mask"]
        written = model.generate(
            # Copies: generate repeats what it is given for each hypothesis, in place.
            encoder_outputs=type(encoded)(last_hidden_state=encoded.last_hidden_state),
            attention_mask=mask,
            **self.search(options),
        )
        weights = self.cross_attention_size(mask.shape[1]) * (written.numel() - len(written))
        looks = weights <= LOOKED
        with self.eager() if looks else nullcontext():
            scored = model(
                encoder_outputs=type(encoded)(last_hidden_state=encoded.last_hidden_state),
                attention_mask=mask,
                decoder_input_ids=written[:, :-1],
                output_attentions=looks,
            )
        log_probs = token_log_probs(scored.logits, written[:, 1:])
        drafts = [
            self.draft(row[1:], values) for row, values in zip(written, log_probs, strict=True)
        ]
        found = [
            layer for layer in getattr(scored, "cross_attentions", None) or () if layer is not None
        ]
        if not looks or not found:
            return drafts
        looked = torch.stack([layer.float().mean(dim=1) for layer in found]).mean(dim=0)
        lengths = mask.sum(dim=1).tolist()
        return [
            draft._replace(
                ids=row[1 : draft.tokens + 1].tolist(),
                attention=weights[: draft.tokens, :length].cpu().numpy(),
            )
            for draft, row, weights, length in zip(drafts, written, looked, lengths, strict=True)
        ]

    # --- looking -----------------------------------------------------------------------------

    def cross_attention_size(self, source: int) -> int:
        """Weights of cross-attention for one token of a summary."""
        config = self.model.config
        layers = first_of(config, "num_decoder_layers", "decoder_layers", "num_layers") or 1
        heads = first_of(config, "decoder_attention_heads", "num_heads", "num_attention_heads") or 1
        return int(layers * heads * source)

    @contextmanager
    def eager(self) -> Iterator[None]:
        """With the one implementation of attention that hands out its weights."""
        before = self.model.config._attn_implementation
        self.model.set_attn_implementation("eager")
        try:
            yield
        finally:
            self.model.set_attn_implementation(before)

    def align(self, document: str, draft: Draft, source: Source) -> Alignment | None:
        if draft.attention is None or not len(draft.ids):
            return None
        tokenizer = self.tokenizer
        # A mark of beginning, which some models write first, is no word.
        marks = set(tokenizer.all_special_ids)
        kept = [row for row, token in enumerate(draft.ids) if token not in marks]
        with quiet():
            offsets = tokenizer(
                self.prefix + source.payload,
                truncation=True,
                max_length=self.max_source_tokens + self.added_tokens,
                split_special_tokens=True,
                return_offsets_mapping=True,
            )["offset_mapping"]
        before = len(self.prefix)
        layers = first_of(self.model.config, "num_decoder_layers", "decoder_layers") or 1
        found = align(
            source.payload,
            [(max(0, start - before), max(0, end - before)) for start, end in offsets],
            pieces_of(
                [draft.ids[row] for row in kept],
                lambda ids: tokenizer.decode(ids, skip_special_tokens=True).replace("<n>", " "),
            ),
            draft.attention[kept],
            model=self.name,
            kind=f"cross-attention, mean of {layers} layers and their heads",
            tokens_read=source.read,
            tokens_document=source.total,
        )
        shown = len(draft.text.split())
        if not found.summary[:shown]:
            return None
        return replace(
            found,
            summary=found.summary[:shown],
            weights=found.weights[:shown],
            outside=found.outside[:shown],
        )

    def attend(
        self,
        document: str,
        options: Options | None = None,
        /,
        layer: int | None = None,
        head: int | None = None,
        **changes: Any,
    ) -> Alignment:
        """Where each word of the summary looked: the mean over layers and heads, or one of them,
        counted from 1. Raises ModelError where there is no cross-attention."""
        chosen = self.check(resolve([document], options, changes))
        if self.is_chat:
            raise ModelError(
                f"{self.name} reads and writes in one stream and has no cross-attention to look "
                "at; use an encoder-decoder"
            )
        source = self.read(document)
        if not source.read:
            raise DocumentError("the document is empty; there is nothing to look at")
        draft = write_to_end(self, [source.payload], chosen)[0]
        kind = None
        closer = [name for name, n in (("layer", layer), ("head", head)) if n is not None]
        if closer or draft.attention is None:
            draft, kind = self.look_closely(source.payload, draft, layer, head, chosen)
        found = self.align(document, draft, source)
        if found is not None and takes_pieces(self, source, chosen):
            if closer:
                raise OptionError(f"--{closer[0]} needs a text read at once; add --long truncate")
            found = align_long(self, document, chosen, found)
        if found is None or not found.summary:
            raise ModelError(f"{self.name} wrote nothing; there is nothing to look at")
        return replace(found, style=chosen.style, kind=kind or found.kind)

    @torch.inference_mode()
    def look_closely(
        self, payload: str, draft: Draft, layer: int | None, head: int | None, options: Options
    ) -> tuple[Draft, str]:
        """The same draft with the attention of one layer, one head, or of a long document."""
        with quiet():
            inputs = self.inputs([payload])
            start = self.search(options).get("decoder_start_token_id")
            if start is None:
                start = self.model.config.decoder_start_token_id
            with self.eager():
                found = self.model(
                    **inputs,
                    decoder_input_ids=torch.tensor([[start, *draft.ids]], device=self.model.device),
                    output_attentions=True,
                ).cross_attentions
        layers, heads = len(found), found[0].shape[1]
        for name, value, most in (("layer", layer, layers), ("head", head, heads)):
            if value is not None and not 1 <= value <= most:
                raise OptionError(f"--{name} is {value}; {self.name} has {most}, from 1")
        chosen = found if layer is None else [found[layer - 1]]
        rows = torch.stack([w[0, :, : len(draft.ids)].float() for w in chosen]).mean(dim=0)
        rows = rows.mean(dim=0) if head is None else rows[head - 1]
        where = "mean of {layers} layers" if layer is None else f"layer {layer} of {layers}"
        kind = f"cross-attention, {where.format(layers=layers)}, " + (
            f"mean of {heads} heads" if head is None else f"head {head} of {heads}"
        )
        return draft._replace(attention=rows.cpu().numpy()), kind

    def inputs(self, payloads: list[str]) -> Any:
        """Token ids of documents as an encoder-decoder takes them, padded on the right."""
        inputs = self.tokenizer(
            [self.prefix + text for text in payloads],
            return_tensors="pt",
            padding=True,
            padding_side="right",
            truncation=True,
            max_length=self.max_source_tokens + self.added_tokens,
            split_special_tokens=True,
            return_token_type_ids=False,
        ).to(self.model.device)
        if self.model.config.model_type == "led":  # its first token must see the whole document
            inputs["global_attention_mask"] = torch.zeros_like(inputs["input_ids"])
            inputs["global_attention_mask"][:, 0] = 1
        return inputs

    def chat(self, payloads: list[str], options: Options) -> list[Draft]:
        """An instructed decoder: a sentence that asks, then the document."""
        asked = ASKED[options.style or options.length]
        prompts = [
            self.tokenizer.apply_chat_template(
                [{"role": "user", "content": f"{asked}\n\n{self.defuse(text)}"}],
                add_generation_prompt=True,
                tokenize=False,
                enable_thinking=False,  # ignored by templates that know no thinking
            )
            for text in payloads
        ]
        inputs = self.tokenizer(
            prompts,
            return_tensors="pt",
            padding=True,
            padding_side="left",
            add_special_tokens=False,
            return_token_type_ids=False,
        ).to(self.model.device)
        written = self.model.generate(**inputs, **self.search(options))
        start = inputs["input_ids"].shape[1]
        mask = torch.nn.functional.pad(
            inputs["attention_mask"], (0, written.shape[1] - start), value=1
        )
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        new = written.shape[1] - start
        keep = {"logits_to_keep": new + 1} if self.model._supports_logits_to_keep() else {}
        logits = self.model(
            input_ids=written, attention_mask=mask, position_ids=positions, **keep
        ).logits[:, -new - 1 : -1]
        log_probs = token_log_probs(logits, written[:, start:])
        return [
            self.draft(row[start:], values) for row, values in zip(written, log_probs, strict=True)
        ]

    def defuse(self, text: str) -> str:
        """Paragraphs on a line each, for small models copy a hard wrap; and no chat tokens.

        A document that spells those must not speak for anyone.
        """
        text = "\n\n".join(paragraphs(text))
        for token in self.tokenizer.get_added_vocab():
            if len(token) > 1 and token.strip():
                text = text.replace(token, f"{token[0]} {token[1:]}")
        return text

    def search(self, options: Options) -> dict[str, Any]:
        """Arguments for generate: what was asked, else the model's own, else ours."""
        own = {**vars(self.model.generation_config), **self.own}
        if self.is_chat:  # theirs are for conversations, and count the prompt
            own |= {"max_length": None, "max_new_tokens": None, "min_length": None}
        most = options.max_tokens
        if most is None and (options.length != "short" or not own.get("max_length")):
            most = own.get("max_new_tokens") or MOST_TOKENS[options.length]
        if most is None and options.min_tokens is not None:
            most = max(own["max_length"], options.min_tokens)
        positions = first_of(
            self.model.config, "max_decoder_position_embeddings", "max_position_embeddings"
        )
        if most is not None and positions and not self.is_chat:
            most = min(most, positions - 2)  # the decoder knows no place after these
        arguments: dict[str, Any] = {
            **{k: v for k, v in self.own.items() if k != "early_stopping" or own.get("num_beams")},
            "do_sample": False,
            # Sampling's own settings, which would only be warned about.
            "temperature": None,
            "top_p": None,
            "top_k": None,
            # A forced end looks like a finished sentence, and is none.
            "forced_eos_token_id": None,
        }
        for key, value in (
            ("num_beams", options.beam_size),
            ("length_penalty", options.length_penalty),
            ("no_repeat_ngram_size", options.no_repeat_ngram_size),
        ):
            if value is not None:
                arguments[key] = value
        if arguments.get("num_beams", own.get("num_beams")) in (None, 1):
            if options.length_penalty is not None:
                raise OptionError("--length-penalty needs a beam; add --beam-size 4")
            arguments |= {"num_beams": 1, "length_penalty": None, "early_stopping": None}
        if most is not None:
            arguments["max_new_tokens"] = most + 1  # generate counts the end as one
            arguments["max_length"] = None
        least = options.min_tokens
        if least is None and most is not None and (own.get("min_length") or 0) > most:
            least = 1
        if least is not None:
            arguments |= {"min_new_tokens": least, "min_length": None}
        if "styles" in self.ours:
            style = options.style or self.default_style
            arguments["decoder_start_token_id"] = self.tokenizer.convert_tokens_to_ids(f"<{style}>")
        if self.tokenizer.pad_token_id is not None:
            arguments["pad_token_id"] = self.tokenizer.pad_token_id
        return arguments

    def draft(self, ids: Tensor, log_probs: Tensor) -> Draft:
        """Text of the written ids, up to the end token; what was cut ends where it can."""
        ends = self.model.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        tokens = ids.tolist()
        stop = next((i for i, token in enumerate(tokens) if token in ends), None)
        finished = stop is not None
        kept = tokens[: stop if finished else len(tokens) - 1]  # the last may be half a word
        counted = log_probs[: len(kept) + finished]
        text = self.tokenizer.decode(kept, skip_special_tokens=True).replace("<n>", "\n")  # PEGASUS
        text = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
        if not finished:
            text = cut_at_sentence(text)
        confidence = float(counted.mean().exp()) if len(counted) else None
        text = text.replace("\ufffd", "")
        done = finished or text.endswith(ENDS)
        return Draft(text, len(kept), confidence, is_finished=done)


def first_of(config: Any, *names: str) -> int | None:
    """The first of these settings that the config has."""
    return next((value for name in names if (value := getattr(config, name, None))), None)


def summarization_parameters(config: Any) -> dict[str, Any]:
    """What T5 and its like say about summarizing: a prefix, and how to search."""
    tasks = getattr(config, "task_specific_params", None) or {}
    found = tasks.get("summarization") or {}
    known = (
        "prefix num_beams length_penalty no_repeat_ngram_size early_stopping max_length min_length"
    ).split()
    return {key: found[key] for key in known if key in found}


def token_log_probs(logits: Tensor, labels: Tensor) -> Tensor:
    """logits (B, T, V), labels (B, T) -> log P(label) (B, T), in fp32."""
    logits = logits.float()
    picked = logits.gather(-1, labels[..., None])[..., 0]
    return picked - logits.logsumexp(dim=-1)


def cut_at_sentence(text: str) -> str:
    """What of an unfinished text ends: its last full sentence, else its last full word."""
    for end in range(len(text), 0, -1):
        if text[:end].endswith(ENDS) and (end == len(text) or text[end].isspace()):
            return text[:end]
    return text.rsplit(" ", 1)[0]


def quiet() -> warnings.catch_warnings[None]:
    """The library's advice to programmers is not for the reader of a summary."""
    return warnings.catch_warnings(action="ignore")
