"""How a Hugging Face model is asked to write, and what of its output becomes a summary."""

from __future__ import annotations

import warnings
from typing import Any

from torch import Tensor

from summarize.document.sentences import ENDS
from summarize.errors import OptionError
from summarize.models.base import Draft
from summarize.models.loading import Loaded
from summarize.options import Options

MOST_TOKENS = {"short": 64, "medium": 200, "long": 400}
SUMMARIZATION = (
    "prefix",
    "num_beams",
    "length_penalty",
    "no_repeat_ngram_size",
    "early_stopping",
    "max_length",
    "min_length",
)


class Generation:
    """The search's settings: what was asked, else the model's own, else ours."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.own = summarization_parameters(loaded.model.config)
        self.prefix = str(self.own.pop("prefix", ""))
        self.default_style: str | None = loaded.ours.get("default_style")

    def arguments(self, options: Options) -> dict[str, Any]:
        """Keyword arguments for `generate`."""
        model, tokenizer = self.loaded.model, self.loaded.tokenizer
        own = {**vars(model.generation_config), **self.own}
        if self.loaded.is_chat:  # theirs are for conversations, and count the prompt
            own |= {"max_length": None, "max_new_tokens": None, "min_length": None}
        arguments: dict[str, Any] = {
            **{k: v for k, v in self.own.items() if k != "early_stopping" or own.get("num_beams")},
            "do_sample": False,
            # Settings of sampling, about which the library would only warn.
            "temperature": None,
            "top_p": None,
            "top_k": None,
            # A forced end looks like a finished sentence, and is not one.
            "forced_eos_token_id": None,
            **{
                key: value
                for key, value in (
                    ("num_beams", options.beam_size),
                    ("length_penalty", options.length_penalty),
                    ("no_repeat_ngram_size", options.no_repeat_ngram_size),
                )
                if value is not None
            },
        }
        beams = arguments.get("num_beams", own.get("num_beams"))
        if not isinstance(beams, int) or beams < 2:  # a damaged config may say 0
            if options.length_penalty is not None:
                raise OptionError("--length-penalty needs a beam; add --beam-size 4")
            arguments |= {"num_beams": 1, "length_penalty": None, "early_stopping": None}
        most = self.most_tokens(own, options)
        if most is not None:
            arguments["max_new_tokens"] = most + 1  # generate counts the end as one
            arguments["max_length"] = None
        least = options.min_tokens
        if least is None and most is not None and (own.get("min_length") or 0) > most:
            least = 1
        if least is not None:
            arguments |= {"min_new_tokens": least, "min_length": None}
        if "styles" in self.loaded.ours:
            style = options.style or self.default_style
            arguments["decoder_start_token_id"] = tokenizer.convert_tokens_to_ids(f"<{style}>")
        if tokenizer.pad_token_id is not None:
            arguments["pad_token_id"] = tokenizer.pad_token_id
        return arguments

    def most_tokens(self, own: dict[str, Any], options: Options) -> int | None:
        """Tokens of a summary at most; None where the model's own max_length holds."""
        most = options.max_tokens
        if most is None and (options.length != "short" or not own.get("max_length")):
            most = own.get("max_new_tokens") or MOST_TOKENS[options.length]
        if most is None and options.min_tokens is not None:
            most = max(own["max_length"], options.min_tokens)
        places = first_of(
            self.loaded.model.config, "max_decoder_position_embeddings", "max_position_embeddings"
        )
        if most is not None and places and not self.loaded.is_chat:
            most = min(most, places - 2)  # the decoder has no embedding for later positions
        return most

    def draft(self, tokens: list[int], log_probs: list[float]) -> Draft:
        """Text of the written ids up to the end token; an unfinished text ends where it can."""
        ends = self.loaded.model.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        stop = next((i for i, token in enumerate(tokens) if token in ends), None)
        finished = stop is not None
        kept = tokens[: stop if finished else len(tokens) - 1]  # the last may be half a word
        counted = log_probs[: len(kept) + finished]
        decoded = self.loaded.tokenizer.decode(kept, skip_special_tokens=True)
        text = decoded.replace("<n>", "\n")  # a line end of PEGASUS
        text = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
        if not finished:
            text = cut_at_sentence(text)
        text = text.replace("\ufffd", "")
        done = finished or text.endswith(ENDS)
        return Draft(text, len(kept), geometric_mean(counted), is_finished=done)


def geometric_mean(log_probs: list[float]) -> float | None:
    """Of the token probabilities."""
    import math

    return math.exp(sum(log_probs) / len(log_probs)) if log_probs else None


def first_of(config: Any, *names: str) -> int | None:
    """The first of these settings that the config has."""
    return next((value for name in names if (value := getattr(config, name, None))), None)


def summarization_parameters(config: Any) -> dict[str, Any]:
    """What T5 and its like say about summarizing: a prefix, and how to search."""
    tasks = getattr(config, "task_specific_params", None) or {}
    found = tasks.get("summarization") or {}
    return {key: found[key] for key in SUMMARIZATION if key in found}


def token_log_probs(logits: Tensor, labels: Tensor) -> Tensor:
    """logits (B, T, V), labels (B, T) -> log P(label) (B, T), in fp32."""
    logits = logits.float()
    picked = logits.gather(-1, labels[..., None])[..., 0]
    return picked - logits.logsumexp(dim=-1)


def cut_at_sentence(text: str) -> str:
    """An unfinished text up to its last full sentence, or else its last full word."""
    for end in range(len(text), 0, -1):
        if text[:end].endswith(ENDS) and (end == len(text) or text[end].isspace()):
            return text[:end]
    return text.rsplit(" ", 1)[0]


def quiet() -> warnings.catch_warnings[None]:
    """The library's advice to programmers is not for the reader of a summary."""
    return warnings.catch_warnings(action="ignore")
