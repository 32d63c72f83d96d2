"""Encoder-decoders on a CPU with CTranslate2, several times faster than `generate`.

The weights are converted once, into the user's cache, and stay in fp32: greedy texts are those of
`generate`, and so are those of a beam, with two exceptions that seldom matter. Without early
stopping, `generate` ends when its best live hypothesis falls behind the worst finished one;
CTranslate2 when `patience` times as many hypotheses have finished as the beam is wide. And where
a word is forbidden (no_repeat_ngram_size), its probability goes to the others, as it does in
`generate` with renormalize_logits=True.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from summarize import threads
from summarize.errors import ModelError, first_line
from summarize.models.base import Draft
from summarize.models.cache import cached_folder, digest
from summarize.models.huggingface_generation import Generation
from summarize.models.loading import Loaded
from summarize.options import Options

LAYOUT = 1  # to be raised when `convert` writes something else
CONVERTED = ("T5Config", "BartConfig", "PegasusConfig", "MBartConfig", "MT5Config")
PATIENCE = {True: 1.0, False: 2.0, "never": 3.0}  # by generate's early_stopping
# Settings that its converter asks for and that configs have lost in transformers 5, where each kind
# of model has them in its code.
DROPPED = {
    "BartConfig": {"normalize_before": False, "normalize_embedding": True},
    "MBartConfig": {"normalize_before": True, "normalize_embedding": True},
    "PegasusConfig": {"normalize_before": True, "normalize_embedding": False},
}
# Settings of generate that CTranslate2 lacks, and the value that turns each off.
UNSUPPORTED = {
    "begin_suppress_tokens": None,
    "encoder_no_repeat_ngram_size": 0,
    "encoder_repetition_penalty": 1.0,
    "bad_words_ids": None,
    "force_words_ids": None,
    "sequence_bias": None,
    "exponential_decay_length_penalty": None,
    "num_beam_groups": 1,
    "diversity_penalty": 0.0,
}


class Fast:
    """Writes with CTranslate2."""

    attention_kind = "cross-attention of the last layer, mean of its heads"

    def __init__(self, loaded: Loaded, generation: Generation, name: str) -> None:
        """Raises ModelError for a model that can't be converted."""
        import ctranslate2

        self.loaded, self.generation = loaded, generation
        folder = cached_folder(
            "ctranslate2", key_of(loaded), lambda new: convert(loaded, new, name)
        )
        try:
            self.translator = ctranslate2.Translator(
                str(folder),
                device="cpu",
                compute_type="float32",
                intra_threads=threads.available(),
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"CTranslate2 can't load {name}: {first_line(error)}") from None

    def write(self, payloads: list[str], options: Options, max_tokens: int) -> list[Draft]:
        """`max_tokens` of a document, the model's own additions included."""
        tokenizer = self.loaded.tokenizer
        encoded = tokenizer(
            [self.generation.prefix + text for text in payloads],
            truncation=True,
            max_length=max_tokens,
            split_special_tokens=True,
        )["input_ids"]
        search = self.search(options)
        found = self.translator.translate_batch(
            [tokenizer.convert_ids_to_tokens(ids) for ids in encoded],
            [tokenizer.convert_ids_to_tokens(self.start(options))] * len(encoded),
            max_input_length=0,
            return_scores=True,
            return_attention=True,
            **search,
        )
        most, penalty = search["max_decoding_length"], search["length_penalty"]
        return [self.draft(result, most, penalty) for result in found]

    def draft(self, result: Any, most: int, penalty: float) -> Draft:
        ids = self.loaded.tokenizer.convert_tokens_to_ids(result.hypotheses[0])
        finished = len(ids) < most
        count = len(ids) + finished
        # The score is the sum of the log-probabilities over count ** penalty.
        mean = result.scores[0] * count**penalty / max(1, count)
        ends = self.ends if finished else []
        draft = self.generation.draft([*ids, *ends[:1]], [mean] * count)
        attention = np.asarray(result.attention[0][: draft.tokens], np.float32)
        if attention.ndim != 2 or len(attention) < draft.tokens:
            return draft
        return draft._replace(ids=ids[: draft.tokens], attention=attention)

    @property
    def ends(self) -> list[int]:
        ends = self.loaded.model.generation_config.eos_token_id
        return ends if isinstance(ends, list) else [ends]

    def start(self, options: Options) -> list[int]:
        """The tokens that every summary begins with."""
        own = self.settings(options)
        start = own.get("decoder_start_token_id")
        if start is None:
            start = self.loaded.model.config.decoder_start_token_id
        forced = own.get("forced_bos_token_id")
        return [start] if forced is None else [start, forced]

    def settings(self, options: Options) -> dict[str, Any]:
        """Those of generate, with the model's own where nothing else was asked."""
        asked = self.generation.arguments(options)
        return {**vars(self.loaded.model.generation_config), **asked}

    def search(self, options: Options) -> dict[str, Any]:
        """The same settings under CTranslate2's names."""
        own = self.settings(options)
        beam = own.get("num_beams") or 1
        most = own.get("max_new_tokens") or own["max_length"] - 1  # which counts the start
        least = own.get("min_new_tokens") or max(0, (own.get("min_length") or 0) - 1)
        penalty = own.get("length_penalty")
        suppressed = [token for token in own.get("suppress_tokens") or () if token not in self.ends]
        names = self.loaded.tokenizer.convert_ids_to_tokens(suppressed)
        return {
            "beam_size": beam,
            "patience": PATIENCE.get(own.get("early_stopping") or False, 2.0) if beam > 1 else 1.0,
            "length_penalty": 1.0 if penalty is None or beam == 1 else penalty,
            "no_repeat_ngram_size": own.get("no_repeat_ngram_size") or 0,
            "repetition_penalty": own.get("repetition_penalty") or 1.0,
            "max_decoding_length": most,
            "min_decoding_length": least,
            "suppress_sequences": [[name] for name in names] or None,
            "end_token": self.ends,
        }


def reason_against(loaded: Loaded) -> str | None:
    """Why a model is left to PyTorch; None where CTranslate2 can run it."""
    config = loaded.model.config
    if type(config).__name__ not in CONVERTED:
        return f"models of the kind {config.model_type} are not converted"
    if loaded.device != "cpu":
        return f"it runs on the CPU, not on {loaded.device}"
    heads = [getattr(config, f"{side}_attention_heads", None) for side in ("encoder", "decoder")]
    if heads[0] != heads[1]:
        return "its encoder and decoder have different numbers of heads"
    own = vars(loaded.model.generation_config)
    for key, off in UNSUPPORTED.items():
        if own.get(key) not in (None, off):
            return f"the model's setting {key} is unknown to it"
    if find_spec("ctranslate2") is None:
        return 'it is not installed; install the extra "fast" (README, Install)'
    return None


def key_of(loaded: Loaded) -> str:
    """Of the same weights, vocabulary and converter."""
    import ctranslate2

    found = hashlib.sha256(f"{ctranslate2.__version__} {LAYOUT}".encode())
    for path in sorted(loaded.sources):
        found.update(f"{path.name} {digest(path)}\n".encode())
    return found.hexdigest()[:32]


def convert(loaded: Loaded, folder: Path, name: str) -> None:
    """CTranslate2's own files of a model that is loaded."""
    import torch
    from ctranslate2.converters import transformers as converter

    model, tokenizer = loaded.model, loaded.tokenizer
    kind = type(model.config).__name__
    loader = converter._MODEL_LOADERS[kind]
    for key, value in DROPPED.get(kind, {}).items():
        if not hasattr(model.config, key):
            setattr(model.config, key, value)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            with torch.no_grad():
                spec = loader(model.float(), tokenizer)
            # The start token varies (a style, a language): it comes as the target's prefix.
            spec.config.decoder_start_token = None
            for key in ("bos_token", "eos_token", "unk_token"):
                if getattr(spec.config, key) is None:  # it insists on having each of them
                    setattr(spec.config, key, tokenizer.pad_token)
            spec.validate()
            spec.optimize(quantization="float32")
            spec.save(str(folder))
        except Exception as error:  # the converter raises whatever a model provokes
            raise ModelError(f"CTranslate2 can't convert {name}: {first_line(error)}") from None
