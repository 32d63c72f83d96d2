"""Attention in NumPy, one function per kind: the twins of the classes in attention.py.

Each takes the decoder states of one document's K hypotheses, and gives back where they look: the
attention weights (heads, K, S). The context is the sum of encoder outputs with these weights;
without attention (`none`) it is the encoder's last states, which runtime.py fills in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.rnn.config import Config
from summarize.rnn.products import Array, Linear, multiply


class Query(NamedTuple):
    """The queries of one document's hypotheses at one step."""

    state: Array  # (K, H) the decoder's own
    asked: Array  # (heads, K, A / heads) its projection, what keys are compared with
    step: int  # decoding steps done so far


class Attend:
    """The weights of attention, and the function of the kind that config.json names."""

    def __init__(
        self, config: Config, weights: Mapping[str, NDArray[Any]], seed: int | None
    ) -> None:
        self.config, self.seed = config, seed
        self.heads, self.window = config.attention_heads, config.attention_window
        own = {
            name.removeprefix("decoder.attention."): w
            for name, w in weights.items()
            if name.startswith("decoder.attention.")
        }
        self.v = own.pop("v", np.zeros(0)).astype(np.float32)
        self.linear = {name.removesuffix(".weight"): Linear(w.T) for name, w in own.items()}
        self.look = KINDS[config.attention]

    def make_keys(self, values: Array) -> Array:
        """values (S, M) -> keys (heads, A / heads, S): the part of the score without a query."""
        keys = self.linear["key"](values) if "key" in self.linear else values
        return np.ascontiguousarray(self.split(keys).transpose(0, 2, 1))

    def ask(self, states: Array) -> Array:
        """states (K, H) -> (heads, K, A / heads), for all documents at once."""
        return self.split(self.linear["query"](states) if "query" in self.linear else states)

    def split(self, x: Array) -> Array:
        """(N, C) -> (heads, N, C / heads)."""
        return x.reshape(len(x), self.heads, -1).transpose(1, 0, 2)


def dot(attend: Attend, query: Query, keys: Array) -> Array:
    """softmax of s . h; general attention is the same with s W for s."""
    return softmax(multiply(query.asked, keys))


def additive(attend: Attend, query: Query, keys: Array) -> Array:
    """softmax of v . tanh(W s + U h)."""
    v = attend.v.reshape(attend.heads, 1, -1, 1)
    inside = np.tanh(query.asked[..., None] + keys[:, None])  # (heads, K, A / heads, S)
    return softmax((inside * v).sum(axis=2))


def local(attend: Attend, query: Query, keys: Array) -> Array:
    """softmax of s . W h, with a Gaussian around the predicted place and nothing outside."""
    scores = multiply(query.asked, keys)
    hidden = np.tanh(attend.linear["place_hidden"](query.state))
    place = attend.linear["place"](hidden)  # (K, heads)
    place = (scores.shape[-1] - 1) / (1 + np.exp(-place.T[..., None]))
    distance = np.arange(scores.shape[-1], dtype=np.float32) - place
    scores -= 2 * (distance / attend.window) ** 2
    scores[np.abs(distance) > attend.window] = -np.inf
    return softmax(scores)


def hard(attend: Attend, query: Query, keys: Array) -> Array:
    """A one at the likeliest place, or with a seed at a place drawn by the softmax.

    The noise is a function of seed and step, so that what else is summarized changes nothing.
    """
    scores = multiply(query.asked, keys)
    if attend.seed is not None:
        generator = np.random.default_rng([attend.seed, query.step])
        scores = scores + generator.gumbel(size=(len(scores), 1, scores.shape[-1]))
    chosen = scores.argmax(axis=-1)
    weights: Array = (np.arange(scores.shape[-1]) == chosen[..., None]).astype(np.float32)
    return weights


def softmax(scores: Array) -> Array:
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return scores


def none(attend: Attend, query: Query, keys: Array) -> Array:
    """The plain encoder-decoder looks nowhere."""
    return np.zeros((attend.heads, len(query.state), keys.shape[-1]), dtype=np.float32)


KINDS: dict[str, Callable[[Attend, Query, Array], Array]] = {
    "none": none,
    "dot": dot,
    "general": dot,
    "additive": additive,
    "local": local,
    "hard": hard,
}
