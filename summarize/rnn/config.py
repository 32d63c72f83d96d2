"""The shape of the network: everything needed to rebuild it, and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from summarize.errors import CheckpointError
from summarize.rnn.manifest import shown

# The largest sizes that a config may ask for; the weights' own header is compared later.
MOST_LAYERS, MOST_HEADS, MOST_CHANNELS, MOST_TOKENS = 64, 1024, 65_536, 10_000_000
ATTENTION_KINDS = ("none", "dot", "general", "additive", "local", "hard")


@dataclass(frozen=True)
class Config:
    """Sizes of the encoder-decoder. An unknown key or an impossible value is an error.

    The encoder output has `2 * encoder_size` channels (two directions). With several heads,
    each head scores and reads its own slice of those channels. `attention_window` is for the kind
    `local` alone: how many tokens to either side of its place it reads.
    """

    vocab_size: int
    attention: str = "general"
    attention_heads: int = 1
    embedding_size: int = 256
    encoder_size: int = 256
    encoder_layers: int = 2
    decoder_size: int = 512
    dropout: float = 0.1
    attention_window: int = 10

    def __post_init__(self) -> None:
        if self.attention not in ATTENTION_KINDS:
            raise CheckpointError(
                f"attention {shown(self.attention)} is unknown; "
                f"use one of {', '.join(ATTENTION_KINDS)}"
            )
        if isinstance(self.dropout, bool) or not isinstance(self.dropout, int | float):
            raise CheckpointError(
                f"config key dropout is {shown(self.dropout)}; it must be a number"
            )
        if not 0 <= self.dropout < 1:
            raise CheckpointError(
                f"config key dropout is {shown(self.dropout)}; it must be in [0, 1)"
            )
        most = {
            "vocab_size": MOST_TOKENS,
            "attention_heads": MOST_HEADS,
            "encoder_layers": MOST_LAYERS,
        }
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("attention", "dropout"):
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise CheckpointError(
                    f"config key {field.name} is {shown(value)}; it must be a whole number above 0"
                )
            limit = most.get(field.name, MOST_CHANNELS)
            if value > limit:
                raise CheckpointError(
                    f"config key {field.name} is {shown(value)}; {limit:,} is the most"
                )
        if self.memory_size % self.attention_heads:
            raise CheckpointError(
                f"attention_heads is {self.attention_heads}; "
                f"it must divide the encoder's {self.memory_size} channels"
            )
        if self.attention == "dot" and self.memory_size != self.decoder_size:
            raise CheckpointError(
                f"dot attention needs decoder_size ({self.decoder_size}) equal to "
                f"2 x encoder_size ({self.memory_size}); use general, or change one"
            )

    @property
    def memory_size(self) -> int:
        """Channels of encoder_output: forward and backward states side by side."""
        return 2 * self.encoder_size

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Config:
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise CheckpointError(
                f"unknown config key {shown(unknown[0])}; "
                f"this version knows {', '.join(sorted(known))}"
            )
        if "vocab_size" not in values:
            raise CheckpointError("config key vocab_size is missing")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
