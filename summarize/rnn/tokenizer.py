"""Byte-level BPE: any text becomes pieces of known bytes, so no word is ever unknown.

Sennrich et al. 2016 (BPE), Radford et al. 2019 (over bytes), through the `tokenizers` library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from summarize.errors import CheckpointError

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Backend

SURROGATE = re.compile("[\ud800-\udfff]")
PAD = "<pad>"
EOS = "<eos>"
STYLES = ("title", "tldr")
SPECIAL = (PAD, EOS, *(f"<{style}>" for style in STYLES))
PAD_ID, EOS_ID = 0, 1


class Tokenizer:
    """Text to token ids and back. The special tokens are never produced from text."""

    def __init__(self, backend: Backend) -> None:
        for expected, name in enumerate(SPECIAL):
            if backend.token_to_id(name) != expected:
                raise CheckpointError(
                    f"the tokenizer has {name} at {backend.token_to_id(name)}, not {expected}; "
                    "train it with: summarize train"
                )
        # A document that spells out "<eos>" must stay text.
        backend.encode_special_tokens = True
        self._backend = backend

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "tokenizer.json") -> Tokenizer:
        from tokenizers import Tokenizer as Backend

        try:
            backend = Backend.from_buffer(data)
        except Exception as error:  # the Rust side raises bare Exception
            reason = " ".join(str(error).split())[:200]
            raise CheckpointError(f"{name} is not a tokenizer: {reason}") from None
        return cls(backend)

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        return cls.from_bytes(path.read_bytes(), str(path))

    @classmethod
    def train(cls, texts: Iterable[str], vocab_size: int) -> Tokenizer:
        """Learn `vocab_size` pieces from texts (special tokens and 256 bytes included)."""
        from tokenizers import Tokenizer as Backend
        from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

        backend = Backend(models.BPE())
        backend.normalizer = normalizers.NFC()
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        backend.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size,
            special_tokens=list(SPECIAL),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            min_frequency=2,
            show_progress=False,
        )
        backend.train_from_iterator(map(squeeze, texts), trainer)
        return cls(backend)

    @property
    def vocab_size(self) -> int:
        return self._backend.get_vocab_size()

    def vocabulary(self) -> dict[str, int]:
        """Token, spelled in the byte alphabet of Radford et al. 2019, to id."""
        vocabulary: dict[str, int] = self._backend.get_vocab()
        if max(vocabulary.values(), default=0) >= len(vocabulary):
            raise CheckpointError("the tokenizer has ids beyond its size; copy the model again")
        return vocabulary

    def spelled(self, token: int) -> str:
        """A token in that alphabet, its leading space as Ġ; empty for a number that is none."""
        return self._backend.id_to_token(token) or ""

    def id_of(self, spelled: str) -> int | None:
        """The token that is spelled so, if there is one."""
        found: int | None = self._backend.token_to_id(spelled)
        return found

    def style_id(self, style: str) -> int:
        return SPECIAL.index(f"<{style}>")

    def encode(self, text: str) -> list[int]:
        return self._backend.encode(squeeze(text), add_special_tokens=False).ids

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Of each id of `encode`: where its text stands in `squeeze(text)`."""
        encoding = self._backend.encode(squeeze(text), add_special_tokens=False)
        found: list[tuple[int, int]] = encoding.offsets
        return found

    def encodings(self, texts: Sequence[str]) -> list[Any]:
        """Each text's `ids`, and as `offsets` where their texts stand in `squeeze(text)`."""
        encoded: list[Any] = self._backend.encode_batch(
            [squeeze(text) for text in texts], add_special_tokens=False
        )
        return encoded

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        encodings = self._backend.encode_batch(
            [squeeze(text) for text in texts], add_special_tokens=False
        )
        return [encoding.ids for encoding in encodings]

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, special tokens left out. Half a character becomes U+FFFD."""
        return self._backend.decode(list(ids), skip_special_tokens=True).strip()

    def to_json(self) -> bytes:
        return self._backend.to_str().encode("utf-8")


def squeeze(text: str) -> str:
    """Every run of white space is one space: a hard-wrapped file reads like a flowing one.

    Half a surrogate pair, which is no text, becomes U+FFFD.
    """
    return SURROGATE.sub("\ufffd", " ".join(text.split()))
