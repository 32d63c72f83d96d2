"""The same network in NumPy, one decoding step at a time: what `summarize FILE` runs.

Importing torch costs a second; this file needs NumPy alone. It follows network.py line by line
(tests hold the two equal to 1e-4) with one liberty: gates are scaled when the weights are loaded,
so that a step computes a single tanh, by sigmoid(x) = (1 + tanh(x / 2)) / 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.errors import CheckpointError
from summarize.rnn.config import Config

Array = NDArray[Any]  # float32 throughout


class Memory(NamedTuple):
    """One document as the decoder sees it. heads x slice = M channels."""

    values: Array  # (heads, S, M / heads) encoder_output
    keys: Array  # (heads, S, A / heads) what queries are compared with
    final: Array  # (M,) the two directions' last states


class State(NamedTuple):
    """What a step takes and returns, for K live hypotheses of one or more documents."""

    memories: tuple[Memory, ...]
    document: NDArray[np.int64]  # (K,) whose hypothesis each row is, ascending
    h1: Array  # (K, H)
    c1: Array
    h2: Array
    c2: Array
    # (K, longest S) where the last step looked, mean over heads; zeros without attention
    attention: Array
    steps: int = 0

    @property
    def lengths(self) -> list[int]:
        """Source tokens of each row; past them its `attention` is padding."""
        return [self.memories[d].values.shape[1] for d in self.document]


class Lstm(NamedTuple):
    """Weights of one direction of one layer, transposed, sigmoid gates halved."""

    w_x: Array  # (C, 4H)
    w_h: Array  # (H, 4H)
    bias: Array  # (4H,)

    def cell(self, projected: Array, h: Array, c: Array) -> tuple[Array, Array]:
        """projected = x @ w_x + bias (K, 4H), h, c (K, H) -> h, c; Hochreiter & Schmidhuber."""
        gates = np.tanh(projected + h @ self.w_h)
        i, f, g, o = np.split(gates, 4, axis=-1)
        c = 0.5 * ((f + 1) * c + (i + 1) * g)
        return 0.5 * (o + 1) * np.tanh(c), c


class Runtime:
    """Weights ready for inference: `encode` once a document, then `step` once a word."""

    def __init__(
        self, config: Config, weights: Mapping[str, NDArray[Any]], seed: int | None = None
    ) -> None:
        """`seed` makes hard attention draw its places; without it takes the likeliest."""
        self.config, self.seed = config, seed
        self.weights = {name: np.asarray(w, dtype=np.float32) for name, w in weights.items()}
        self.check_shapes()
        w = self.weights
        self.embedding = w["embedding.weight"]
        self.output_bias = w["output_bias"]
        self.encoder = [
            tuple(
                self.lstm(f"encoder.layers.{layer}.{direction}_lstm")
                for direction in ("forward", "backward")
            )
            for layer in range(config.encoder_layers)
        ]
        self.lstm1 = self.lstm("decoder.lstm1")
        self.lstm2 = self.lstm("decoder.lstm2")

    def lstm(self, name: str) -> Lstm:
        """PyTorch stacks the gates as input, forget, cell, output; all but cell are sigmoids."""
        w_x, w_h = self.weights[f"{name}.weight_ih_l0"], self.weights[f"{name}.weight_hh_l0"]
        bias = self.weights[f"{name}.bias_ih_l0"] + self.weights[f"{name}.bias_hh_l0"]
        scale = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], dtype=np.float32), len(bias) // 4)
        return Lstm(
            np.ascontiguousarray((w_x * scale[:, None]).T),
            np.ascontiguousarray((w_h * scale[:, None]).T),
            bias * scale,
        )

    def check_shapes(self) -> None:
        expected = weight_shapes(self.config)
        for name, shape in expected.items():
            if name not in self.weights:
                raise CheckpointError(f"the checkpoint lacks the weight {name}")
            if self.weights[name].shape != shape:
                raise CheckpointError(
                    f"weight {name} has shape {self.weights[name].shape}; config.json asks {shape}"
                )
        for name in self.weights:
            if name not in expected:
                raise CheckpointError(f"the checkpoint has an unknown weight {name}")

    # --- encoder -----------------------------------------------------------------------------

    def encode(self, src: NDArray[np.int64]) -> Memory:
        """src (S,) token ids, S at least 1 -> Memory."""
        return self.encode_batch([src])[0]

    def encode_batch(self, sources: Sequence[NDArray[np.int64]]) -> list[Memory]:
        """One Memory a document, whatever stands beside it in the batch."""
        lengths = np.array([len(src) for src in sources])
        padded = np.zeros((len(sources), lengths.max()), dtype=np.int64)
        for row, src in zip(padded, sources, strict=True):
            row[: len(src)] = src
        # Each row's real tokens reversed, its padding left last, for the backward direction.
        positions = np.arange(lengths.max())[None]
        flip = np.where(positions < lengths[:, None], lengths[:, None] - 1 - positions, positions)
        embedded = self.embedding[padded]
        x = self.bilstm(0, embedded, flip)
        for layer in range(1, self.config.encoder_layers):
            x = x + self.bilstm(layer, self.layer_norm(f"encoder.norms.{layer - 1}", x), flip)
        values = self.layer_norm(
            "encoder.norm", x + embedded @ self.weights["encoder.word.weight"].T
        )
        half = self.config.encoder_size
        return [
            Memory(
                self.split(values[row, :length]),
                self.split(self.make_keys(values[row, :length])),
                np.concatenate([x[row, length - 1, :half], x[row, 0, half:]]),
            )
            for row, length in enumerate(lengths)
        ]

    def bilstm(self, layer: int, x: Array, flip: NDArray[np.int64]) -> Array:
        """x (B, S, C), flip (B, S) -> (B, S, 2 * encoder_size), both directions in step."""
        ahead, back = self.encoder[layer]
        rows = np.arange(len(x))[:, None]
        projected = np.stack(
            [x @ ahead.w_x + ahead.bias, x[rows, flip] @ back.w_x + back.bias]
        ).transpose(2, 0, 1, 3)  # (S, 2, B, 4 * size)
        projected = np.ascontiguousarray(projected)
        size = self.config.encoder_size
        out = np.empty((x.shape[1], 2, len(x), size), dtype=np.float32)
        h = np.zeros((2, len(x), size), dtype=np.float32)
        c: Array = np.zeros_like(h)
        gates = np.empty((2, len(x), 4 * size), dtype=np.float32)
        for t in range(len(out)):
            np.dot(h[0], ahead.w_h, out=gates[0])
            np.dot(h[1], back.w_h, out=gates[1])
            gates += projected[t]
            np.tanh(gates, out=gates)
            i, f, g, o = (gates[..., k * size : (k + 1) * size] for k in range(4))
            c = 0.5 * ((f + 1) * c + (i + 1) * g)
            h = out[t] = 0.5 * (o + 1) * np.tanh(c)
        forward, backward = out.transpose(1, 2, 0, 3)
        return np.concatenate([forward, backward[rows, flip]], axis=-1)

    def layer_norm(self, name: str, x: Array) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = (centred * centred).mean(axis=-1, keepdims=True)
        normal: Array = centred / np.sqrt(variance + np.float32(1e-5))
        normal *= self.weights[f"{name}.weight"]
        normal += self.weights[f"{name}.bias"]
        return normal

    def make_keys(self, values: Array) -> Array:
        if self.config.attention == "additive":
            return values @ self.weights["decoder.attention.key.weight"].T
        return values

    def split(self, x: Array) -> Array:
        """(N, C) -> (heads, N, C / heads)."""
        heads = self.config.attention_heads
        return np.ascontiguousarray(x.reshape(len(x), heads, -1).transpose(1, 0, 2))

    # --- decoder -----------------------------------------------------------------------------

    def start(self, *memories: Memory) -> State:
        """The state before the first word: one hypothesis a document."""
        final = np.stack([memory.final for memory in memories])
        bridge = final @ self.weights["decoder.bridge.weight"].T
        h1, h2 = np.split(np.tanh(bridge + self.weights["decoder.bridge.bias"]), 2, axis=-1)
        zeros = np.zeros_like(h1)
        longest = max(memory.values.shape[1] for memory in memories)
        looked = np.zeros((len(memories), longest), dtype=np.float32)
        return State(memories, np.arange(len(memories)), h1, zeros, h2, zeros, looked)

    def step(self, tokens: NDArray[np.int64], state: State) -> tuple[Array, State]:
        """tokens (K,) -> log_probs (K, V) and the next state."""
        lstm1, lstm2 = self.lstm1, self.lstm2
        x = self.embedding[tokens]
        h1, c1 = lstm1.cell(x @ lstm1.w_x + lstm1.bias, state.h1, state.c1)
        context, attention = self.attend_all(h1, state)
        read = np.concatenate([h1, context], axis=-1)
        h2, c2 = lstm2.cell(read @ lstm2.w_x + lstm2.bias, state.h2, state.c2)
        top = np.concatenate([h2, context], axis=-1)
        w = self.weights
        output = np.tanh(top @ w["decoder.readout.weight"].T + w["decoder.readout.bias"])
        logits = output @ self.embedding.T + self.output_bias
        following = State(
            state.memories, state.document, h1, c1, h2, c2, attention, state.steps + 1
        )
        return log_softmax(logits), following

    def attend_all(self, query: Array, state: State) -> tuple[Array, Array]:
        """query (K, H) -> context (K, M), attention (K, longest S): each row in its document."""
        context = np.empty((len(query), self.config.memory_size), dtype=np.float32)
        longest = max(memory.values.shape[1] for memory in state.memories)
        attention = np.zeros((len(query), longest), dtype=np.float32)
        for number, memory in enumerate(state.memories):
            first, stop = np.searchsorted(state.document, [number, number + 1])
            if first < stop:
                rows, source = slice(first, stop), memory.values.shape[1]
                found = self.attend(query[rows], memory, state.steps)
                context[rows], attention[rows, :source] = found
        return context, attention

    def attend(self, query: Array, memory: Memory, step: int) -> tuple[Array, Array]:
        """query (K, H) -> context (K, M), attention (K, S); the kinds are those of attention.py."""
        kind, source = self.config.attention, memory.values.shape[1]
        heads, w = self.config.attention_heads, self.weights
        if kind == "none":
            context = np.broadcast_to(memory.final, (len(query), len(memory.final)))
            return context, np.zeros((len(query), source), dtype=np.float32)
        asked = query if kind == "dot" else query @ w["decoder.attention.query.weight"].T
        queries = self.split(asked)  # (heads, K, A / heads)
        if kind == "additive":
            v = w["decoder.attention.v"].reshape(heads, 1, 1, -1)
            scores = (np.tanh(queries[:, :, None] + memory.keys[:, None]) * v).sum(axis=-1)
        else:
            scores = queries @ memory.keys.transpose(0, 2, 1)
        if kind == "local":
            scores = self.near_its_place(scores, query)
        if kind == "hard":
            weights = self.one_place(scores, step)
        else:
            weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
            weights /= weights.sum(axis=-1, keepdims=True)
        context = (weights @ memory.values).transpose(1, 0, 2).reshape(len(query), -1)
        return context, weights.mean(axis=0)

    def near_its_place(self, scores: Array, query: Array) -> Array:
        """scores (heads, K, S): a Gaussian around the predicted place, nothing outside."""
        hidden = np.tanh(query @ self.weights["decoder.attention.place_hidden.weight"].T)
        place = hidden @ self.weights["decoder.attention.place.weight"].T  # (K, heads)
        place = (scores.shape[-1] - 1) / (1 + np.exp(-place.T[..., None]))
        distance = np.arange(scores.shape[-1], dtype=np.float32) - place
        window = self.config.attention_window
        near: Array = np.where(
            np.abs(distance) > window, -np.inf, scores - 2 * (distance / window) ** 2
        )
        return near.astype(np.float32)

    def one_place(self, scores: Array, step: int) -> Array:
        """scores (heads, K, S) -> a one at the likeliest place, or at one drawn with the seed.

        The noise is a function of seed and step, so that what else is summarized changes nothing.
        """
        if self.seed is not None:
            generator = np.random.default_rng([self.seed, step])
            scores = scores + generator.gumbel(size=(len(scores), 1, scores.shape[-1]))
        chosen = scores.argmax(axis=-1)
        weights: Array = (np.arange(scores.shape[-1]) == chosen[..., None]).astype(np.float32)
        return weights

    @staticmethod
    def select(state: State, rows: NDArray[np.int64]) -> State:
        """The hypotheses of these row numbers, in this order (repeats allowed).

        Rows of one document stay together; documents without a row are forgotten.
        """
        document = state.document[rows]
        kept, numbers = np.unique(document, return_inverse=True)
        memories = tuple(state.memories[d] for d in kept)
        h1, c1, h2, c2, attention = (
            part[rows] for part in (state.h1, state.c1, state.h2, state.c2, state.attention)
        )
        return State(memories, numbers, h1, c1, h2, c2, attention, state.steps)


def log_softmax(logits: Array) -> Array:
    shifted: Array = logits - logits.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted


def weight_shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Every weight of the network and its shape, as PyTorch names them."""
    e, n, h, m = (
        config.embedding_size,
        config.encoder_size,
        config.decoder_size,
        config.memory_size,
    )
    shapes: dict[str, tuple[int, ...]] = {
        "embedding.weight": (config.vocab_size, e),
        "output_bias": (config.vocab_size,),
        "encoder.word.weight": (m, e),
        "decoder.bridge.weight": (2 * h, m),
        "decoder.bridge.bias": (2 * h,),
        "decoder.readout.weight": (e, h + m),
        "decoder.readout.bias": (e,),
    }

    def lstm(name: str, inputs: int, size: int) -> None:
        shapes[f"{name}.weight_ih_l0"] = (4 * size, inputs)
        shapes[f"{name}.weight_hh_l0"] = (4 * size, size)
        shapes[f"{name}.bias_ih_l0"] = shapes[f"{name}.bias_hh_l0"] = (4 * size,)

    def norm(name: str) -> None:
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (m,)

    for layer in range(config.encoder_layers):
        for direction in ("forward", "backward"):
            lstm(f"encoder.layers.{layer}.{direction}_lstm", m if layer else e, n)
        if layer:
            norm(f"encoder.norms.{layer - 1}")
    norm("encoder.norm")
    lstm("decoder.lstm1", e, h)
    lstm("decoder.lstm2", h + m, h)
    if config.attention not in ("none", "dot"):
        shapes["decoder.attention.query.weight"] = (m, h)
    if config.attention == "local":
        shapes["decoder.attention.place_hidden.weight"] = (m, h)
        shapes["decoder.attention.place.weight"] = (config.attention_heads, m)
    if config.attention == "additive":
        shapes["decoder.attention.key.weight"] = (m, m)
        shapes["decoder.attention.v"] = (m,)
    return shapes
