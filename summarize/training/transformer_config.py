"""Sizes of the transformer that a recipe asks for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from summarize.errors import OptionError


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes of the transformer; an unknown key or an impossible value is an error."""

    embedding_size: int = 256
    encoder_layers: int = 4
    decoder_layers: int = 4
    attention_heads: int = 4
    feed_forward_size: int = 1024
    dropout: float = 0.0

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TransformerConfig:
        known = [field.name for field in fields(cls)]
        for key, value in values.items():
            if key not in known:
                raise OptionError(f"unknown [network] key {key!r}; known: {', '.join(known)}")
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise OptionError(f"[network] key {key} is {value!r}; it must be a number")
            if key == "dropout":
                if not 0 <= value < 1:
                    raise OptionError(f"[network] key dropout is {value!r}; it must be in [0, 1)")
            elif not isinstance(value, int) or value < 1:
                raise OptionError(f"[network] key {key} is {value!r}; use a whole number above 0")
        config = cls(**values)
        if config.embedding_size % config.attention_heads:
            raise OptionError(
                f"attention_heads is {config.attention_heads}; "
                f"it must divide embedding_size ({config.embedding_size})"
            )
        if config.decoder_layers > config.encoder_layers:
            raise OptionError(
                f"decoder_layers is {config.decoder_layers}, more than encoder_layers "
                f"({config.encoder_layers}); transformers can't generate with such a T5"
            )
        return config
