"""Any Hugging Face model as a summarizer: encoder-decoders, and decoders that follow instructions.

Which of the two it is, what it reads and how it likes to search is taken from the model's own
files (config, generation_config, tokenizer); nothing here knows a model by name.

    loading.py                    from a name to a model and its tokenizer
    huggingface_generation.py     settings of the search; from its output to a draft
    huggingface_seq2seq.py        encoder-decoders, and their cross-attention
    huggingface_chat.py           decoders that follow instructions
    huggingface_fast.py           encoder-decoders, run by CTranslate2
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from summarize.errors import ModelError, OptionError, first_line
from summarize.models.base import (
    Capabilities,
    Draft,
    Encoding,
    Model,
    Passage,
    Source,
    TokenAttention,
    refuse_seed,
)
from summarize.models.familiarity import Familiarity
from summarize.models.huggingface_chat import CHAT_TOKENS, Chat
from summarize.models.huggingface_fast import Fast, reason_against
from summarize.models.huggingface_generation import MOST_TOKENS, Generation, first_of, quiet
from summarize.models.huggingface_seq2seq import EncoderDecoder
from summarize.models.judge import Judge
from summarize.models.loading import Loaded, to_device
from summarize.models.loading import load as load_files
from summarize.models.pieces import pieces_of
from summarize.models.registry import Request
from summarize.options import Options
from summarize.rnn.tokenizer import SURROGATE

# What the libraries raise for weights and settings that do not fit.
FAILURES = (RuntimeError, ValueError, IndexError, KeyError, TypeError, AttributeError)
BACKENDS = ("auto", "torch", "ctranslate2")


class Text(NamedTuple):
    """The payload of a source: what is read, which is at most `limit` tokens."""

    text: str
    limit: int


class Transformer:
    """A folder or hub id. Weights are in bf16 where the CPU computes in it (see loading.py)."""

    def __init__(self, request: Request) -> None:
        self.name = request.name
        self.loaded: Loaded = load_files(request)
        self.ours = self.loaded.ours
        self.judge = Judge.from_files(self.loaded.files, Path(request.source))
        self.is_chat = self.loaded.is_chat
        self.familiarity = Familiarity.from_files(
            self.loaded.files, Path(request.source), self.model.config.vocab_size
        )
        self.generation = Generation(self.loaded)
        self.prefix = self.generation.prefix
        self.added_tokens = len(self.ids(self.prefix + "a")) - len(self.ids("a", special=False))
        self.capabilities = Capabilities(
            parameters=sum(parameter.numel() for parameter in self.model.parameters()),
            max_source_tokens=self.longest_source(),
            added_tokens=self.added_tokens,
            styles=tuple(self.ours.get("styles", ["title", "tldr"] if self.is_chat else [])),
            default_style=self.ours.get("default_style"),
            writes_one_sentence=bool(self.ours),
            attends=not self.is_chat,
            attends_by_layer=not self.is_chat,
        )
        self.fast = choose_backend(self.loaded, self.generation, request)
        if self.fast is None:
            to_device(self.loaded)
        if self.is_chat and not getattr(self.tokenizer, "chat_template", None):
            raise ModelError(
                f"{self.name} has no chat template, so it can't be asked for a summary; "
                "use an instruction-tuned model or an encoder-decoder"
            )

    @property
    def model(self) -> Any:
        return self.loaded.model

    @model.setter
    def model(self, model: Any) -> None:
        self.loaded.model = model
        self.fast = None  # it runs the weights that were there before

    @property
    def tokenizer(self) -> Any:
        return self.loaded.tokenizer

    def check(self, options: Options) -> Options:
        """Options that this model can follow, its style filled in; else an OptionError."""
        refuse_seed(self.name, options)
        if self.is_chat and options.no_repeat_ngram_size:
            raise OptionError(
                f"--no-repeat-ngram-size would forbid {self.name} the words of the document; "
                "leave it out"
            )
        styles = self.capabilities.styles
        if options.style is not None and options.style not in styles:
            known = f"knows {', '.join(styles)}" if styles else "has no styles"
            raise OptionError(f"{self.name} {known}; leave --style {options.style} out")
        return replace(options, style=options.style or self.capabilities.default_style)

    # --- reading -----------------------------------------------------------------------------

    def longest_source(self) -> int:
        """Tokens of a document that the model reads, its own additions already subtracted."""
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
        return max(1, longest - self.added_tokens)

    def ids(self, text: str, special: bool = True) -> list[int]:
        with quiet():
            encoded = self.tokenizer(text, add_special_tokens=special, split_special_tokens=True)
        found: list[int] = encoded["input_ids"]
        return found

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """What is spelled like a special token is text: "</s>" in a document ends nothing."""
        if not texts:
            return []
        with quiet():
            encoded = self.tokenizer(
                [SURROGATE.sub("\ufffd", text) for text in texts],
                add_special_tokens=False,
                split_special_tokens=True,
            )
        found: list[Encoding] = encoded.encodings
        return found

    def read(self, passage: Passage, limit: int) -> Source:
        """The beginning of a passage, cut between two tokens."""
        text = SURROGATE.sub("\ufffd", passage.text)
        read = min(passage.tokens, limit)
        ids = [token for encoding in passage.encodings for token in encoding.ids][:read]
        familiar = self.familiarity.of(ids) if self.familiarity and ids else None
        if passage.tokens > limit:
            text = text[: passage.offsets(read)[-1][1]]
        return Source(Text(text, limit), read, familiar)

    # --- writing -----------------------------------------------------------------------------

    @torch.inference_mode()
    def write(self, sources: Sequence[Source], options: Options) -> list[Draft]:
        payloads = [source.payload.text for source in sources]
        limit = sources[0].payload.limit
        with quiet():
            try:
                if self.is_chat:
                    return self.chat.write(payloads, options)
                if self.fast is not None:
                    return self.fast.write(payloads, options, limit + self.added_tokens)
                return self.seq2seq(limit).write(payloads, options)
            except FAILURES as error:
                reason = first_line(error)
                raise ModelError(f"{self.name} failed while summarizing: {reason}") from error

    @property
    def chat(self) -> Chat:
        return Chat(self.loaded, self.generation)

    def seq2seq(self, limit: int) -> EncoderDecoder:
        return EncoderDecoder(self.loaded, self.generation, limit + self.added_tokens)

    # --- attention ---------------------------------------------------------------------------

    def attention(
        self,
        source: Source,
        draft: Draft,
        *,
        style: str | None = None,
        layer: int | None = None,
        head: int | None = None,
    ) -> TokenAttention | None:
        """Cross-attention: the mean over layers and heads, or one of them. A model that reads and
        writes in one stream has none."""
        if self.is_chat or not draft.text or not len(draft.ids):
            return None
        layers = first_of(self.model.config, "num_decoder_layers", "decoder_layers") or 1
        kind = f"cross-attention, mean of {layers} layers and their heads"
        if self.fast is not None:
            kind = self.fast.attention_kind
        if layer is not None or head is not None or draft.attention is None:
            options = Options(style=style)
            with quiet(), torch.inference_mode():
                draft, kind = self.seq2seq(source.payload.limit).look_closely(
                    source.payload.text, draft, layer, head, options
                )
        assert draft.attention is not None
        tokenizer = self.tokenizer
        # A mark of beginning, which some models write first, is not a word.
        marks = set(tokenizer.all_special_ids)
        kept = [row for row, token in enumerate(draft.ids) if token not in marks]
        with quiet():
            offsets = tokenizer(
                self.prefix + source.payload.text,
                truncation=True,
                max_length=source.payload.limit + self.added_tokens,
                split_special_tokens=True,
                return_offsets_mapping=True,
            )["offset_mapping"]
        before = len(self.prefix)
        return TokenAttention(
            [(max(0, start - before), max(0, end - before)) for start, end in offsets],
            pieces_of(
                [draft.ids[row] for row in kept],
                lambda ids: tokenizer.decode(ids, skip_special_tokens=True).replace("<n>", " "),
            ),
            draft.attention[kept],
            kind,
        )


def load(request: Request) -> Model:
    try:
        return Transformer(request)
    except FAILURES as error:  # settings of a type that the library does not expect
        raise ModelError(f"can't load {request.name}: {first_line(error)}") from error


def choose_backend(loaded: Loaded, generation: Generation, request: Request) -> Fast | None:
    """CTranslate2, where it is installed and can run the model; None is PyTorch."""
    if request.backend not in (None, *BACKENDS):
        raise OptionError(f"backend is {request.backend!r}; use one of {', '.join(BACKENDS)}")
    if request.backend == "torch":
        return None
    reason = reason_against(loaded)
    if request.backend == "ctranslate2":
        if reason:
            raise ModelError(f"CTranslate2 can't run {request.name}: {reason}")
        return Fast(loaded, generation, request.name)
    try:
        return None if reason else Fast(loaded, generation, request.name)
    except ModelError:
        return None
