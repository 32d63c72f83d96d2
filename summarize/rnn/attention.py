"""Attention in PyTorch: score, softmax, weighted sum. One class per kind.

Every kind takes queries (decoder states) and a Memory (what the encoder computed) and returns a
context and the attention weights. The number of weights that a kind learns does not depend on the
length of the source: W, U and v are the same for 10 words and 10,000. The *work* grows with S x T.

attend.py has the same kinds in NumPy, for inference.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from summarize.rnn.config import Config


class Memory(NamedTuple):
    """What the decoder may look at, computed once for each document."""

    values: Tensor  # (B, S, M) encoder_output
    keys: Tensor  # (B, S, A) what queries are compared with
    mask: Tensor  # (B, S) boolean, True is a real token
    final: Tensor  # (B, M) the two directions' last states: the whole source in one vector


class Attention(nn.Module):
    """Base: softmax over `score`. Each head has its own channels and attention weights."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads = config.attention_heads

    def make_keys(self, values: Tensor) -> Tensor:
        """(B, S, M) -> (B, S, A): the part of the score that does not depend on the query."""
        return values

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        """query (B, T, H), keys (B, S, A) -> scores (B, heads, T, S)."""
        raise NotImplementedError

    def share(self, scores: Tensor, query: Tensor, mask: Tensor) -> Tensor:
        """scores (B, heads, T, S) -> attention_weights, which sum to 1 over S."""
        return scores.softmax(dim=-1)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """query (B, T, H) -> context (B, T, M), attention_weights (B, heads, T, S)."""
        scores = self.score(query, memory.keys).float()
        scores = scores.masked_fill(~memory.mask[:, None, None, :], float("-inf"))
        weights = self.share(scores, query, memory.mask)
        context = weights.to(memory.values.dtype) @ split_heads(memory.values, self.heads)
        return merge_heads(context), weights


class NoAttention(Attention):
    """The plain encoder-decoder: the same fixed vector at every step; Cho et al. 2014, eq. 8.

    The attention weights are zeros, for it looks at nothing.
    """

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        context = memory.final[:, None, :].expand(-1, query.shape[1], -1)
        batch, source = memory.mask.shape
        return context, memory.final.new_zeros(batch, self.heads, query.shape[1], source)


class DotAttention(Attention):
    """score = s . h; Luong et al. 2015, eq. 8 (dot)."""

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return split_heads(query, self.heads) @ split_heads(keys, self.heads).transpose(-1, -2)


class GeneralAttention(Attention):
    """score = s . W h; Luong et al. 2015, eq. 8 (general)."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        # Applied to the query, since T is shorter than S; (s W) . h is the same number.
        self.query = nn.Linear(config.decoder_size, config.memory_size, bias=False)

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        query = split_heads(self.query(query), self.heads)
        return query @ split_heads(keys, self.heads).transpose(-1, -2)


class AdditiveAttention(Attention):
    """score = v . tanh(W s + U h); Bahdanau et al. 2015, A.1.2."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        size = config.memory_size
        self.query = nn.Linear(config.decoder_size, size, bias=False)
        self.key = nn.Linear(size, size, bias=False)
        self.v = nn.Parameter(torch.empty(size).uniform_(-(size**-0.5), size**-0.5))

    def make_keys(self, values: Tensor) -> Tensor:
        return self.key(values)  # type: ignore[no-any-return]

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        # One target word at a time: for each, tanh(W s + U h) has (B, S, A) numbers. All words at
        # once would need T times the memory.
        v = self.v.view(self.heads, -1)
        scores = [
            (torch.tanh(step[:, None, :] + keys).view(*keys.shape[:2], *v.shape) * v).sum(dim=-1)
            for step in self.query(query).unbind(dim=1)
        ]
        return torch.stack(scores, dim=1).permute(0, 3, 1, 2)


class LocalAttention(GeneralAttention):
    """A window around a predicted position; Luong et al. 2015, eq. 9 and 10 (local-p).

    place = (S - 1) * sigmoid(v . tanh(W s)), from the first token to the last. Only tokens at most
    `attention_window` (D) away are read, and within the window a Gaussian of sigma D / 2 favours
    the middle. Its logarithm is added to the score, which is eq. 10 but for the normalization: here
    the weights sum to 1.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.window = config.attention_window
        self.place_hidden = nn.Linear(config.decoder_size, config.memory_size, bias=False)
        self.place = nn.Linear(config.memory_size, config.attention_heads, bias=False)

    def share(self, scores: Tensor, query: Tensor, mask: Tensor) -> Tensor:
        lengths = mask.sum(dim=1).float()[:, None, None]
        place = self.place(torch.tanh(self.place_hidden(query))).float()
        # (B, heads, T, 1), between 0 and the last token, so the window is never empty.
        place = ((lengths - 1) * torch.sigmoid(place)).transpose(1, 2)[..., None]
        distance = torch.arange(scores.shape[-1], device=scores.device) - place
        scores = scores - 2 * (distance / self.window) ** 2
        return scores.masked_fill(distance.abs() > self.window, float("-inf")).softmax(dim=-1)


class HardAttention(GeneralAttention):
    """Reads a single token; Xu et al. 2015, 4.1 (stochastic hard attention).

    In training the token is drawn from the softmax of the scores: Gumbel noise is added, and the
    largest score wins. The gradient is that of the softmax with the same noise (straight-through
    Gumbel, Jang et al. 2017). Xu et al. use REINFORCE with a baseline; with twenty draws for each
    summary its variance would call for a far longer run. In `eval` mode there is no noise and the
    likeliest token wins.
    """

    def share(self, scores: Tensor, query: Tensor, mask: Tensor) -> Tensor:
        if self.training:
            uniform = torch.rand_like(scores).clamp(1e-9, 1 - 1e-7)
            scores = scores - torch.log(-torch.log(uniform))
        soft = scores.softmax(dim=-1)
        hard = torch.zeros_like(soft).scatter_(-1, soft.argmax(dim=-1, keepdim=True), 1.0)
        return hard + (soft - soft.detach()) if self.training else hard


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(B, N, C) -> (B, heads, N, C / heads)."""
    return x.reshape(*x.shape[:-1], heads, -1).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    """(B, heads, N, C / heads) -> (B, N, C)."""
    return x.transpose(1, 2).flatten(-2)


KINDS: dict[str, type[Attention]] = {
    "none": NoAttention,
    "dot": DotAttention,
    "general": GeneralAttention,
    "additive": AdditiveAttention,
    "local": LocalAttention,
    "hard": HardAttention,
}
