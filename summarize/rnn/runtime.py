"""The same network in NumPy, one decoding step at a time: what `summarize FILE` runs.

Importing torch costs a second; this file needs NumPy alone. It follows network.py line by line
(tests hold the two equal to 1e-4) with one liberty: gates are scaled when the weights are loaded,
so that a step computes a single tanh, by sigmoid(x) = (1 + tanh(x / 2)) / 2.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    """What a step takes and returns, for K live hypotheses of one document."""

    memory: Memory
    h1: Array  # (K, H)
    c1: Array
    h2: Array
    c2: Array
    attention: Array  # (K, S) where the last step looked, mean over heads; zeros without attention


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

    def __init__(self, config: Config, weights: Mapping[str, NDArray[Any]]) -> None:
        self.config = config
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
        embedded = self.embedding[src]
        x = self.bilstm(0, embedded)
        for layer in range(1, self.config.encoder_layers):
            x = x + self.bilstm(layer, self.layer_norm(f"encoder.norms.{layer - 1}", x))
        values = self.layer_norm(
            "encoder.norm", x + embedded @ self.weights["encoder.word.weight"].T
        )
        half = self.config.encoder_size
        final = np.concatenate([x[-1, :half], x[0, half:]])
        return Memory(self.split(values), self.split(self.make_keys(values)), final)

    def bilstm(self, layer: int, x: Array) -> Array:
        """x (S, C) -> (S, 2 * encoder_size), both directions stepped together."""
        ahead, back = self.encoder[layer]
        projected = np.stack([x @ ahead.w_x + ahead.bias, x[::-1] @ back.w_x + back.bias], axis=1)
        size = self.config.encoder_size
        out = np.empty((len(x), 2, size), dtype=np.float32)
        h = np.zeros((2, size), dtype=np.float32)
        c: Array = np.zeros((2, size), dtype=np.float32)
        gates = np.empty((2, 4 * size), dtype=np.float32)
        for t in range(len(x)):
            np.dot(h[0], ahead.w_h, out=gates[0])
            np.dot(h[1], back.w_h, out=gates[1])
            gates += projected[t]
            np.tanh(gates, out=gates)
            i, f, g, o = (gates[:, k * size : (k + 1) * size] for k in range(4))
            c = 0.5 * ((f + 1) * c + (i + 1) * g)
            h = out[t] = 0.5 * (o + 1) * np.tanh(c)
        return np.concatenate([out[:, 0], out[::-1, 1]], axis=-1)

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

    def start(self, memory: Memory) -> State:
        """The state before the first word, of a single hypothesis."""
        bridge = self.weights["decoder.bridge.weight"] @ memory.final
        h1, h2 = np.split(np.tanh(bridge + self.weights["decoder.bridge.bias"])[None], 2, axis=-1)
        zeros = np.zeros_like(h1)
        source = memory.values.shape[1]
        return State(memory, h1, zeros, h2, zeros, np.zeros((1, source), dtype=np.float32))

    def step(self, tokens: NDArray[np.int64], state: State) -> tuple[Array, State]:
        """tokens (K,) -> log_probs (K, V) and the next state."""
        memory = state.memory
        lstm1, lstm2 = self.lstm1, self.lstm2
        x = self.embedding[tokens]
        h1, c1 = lstm1.cell(x @ lstm1.w_x + lstm1.bias, state.h1, state.c1)
        context, attention = self.attend(h1, memory)
        read = np.concatenate([h1, context], axis=-1)
        h2, c2 = lstm2.cell(read @ lstm2.w_x + lstm2.bias, state.h2, state.c2)
        top = np.concatenate([h2, context], axis=-1)
        w = self.weights
        output = np.tanh(top @ w["decoder.readout.weight"].T + w["decoder.readout.bias"])
        logits = output @ self.embedding.T + self.output_bias
        return log_softmax(logits), State(memory, h1, c1, h2, c2, attention)

    def attend(self, query: Array, memory: Memory) -> tuple[Array, Array]:
        """query (K, H) -> context (K, M), attention (K, S); the kinds are those of attention.py."""
        kind, source = self.config.attention, memory.values.shape[1]
        if kind == "none":
            context = np.broadcast_to(memory.final, (len(query), len(memory.final)))
            return context, np.zeros((len(query), source), dtype=np.float32)
        if kind != "dot":
            query = query @ self.weights["decoder.attention.query.weight"].T
        queries = self.split(query)  # (heads, K, A / heads)
        if kind == "additive":
            v = self.weights["decoder.attention.v"].reshape(self.config.attention_heads, 1, 1, -1)
            scores = (np.tanh(queries[:, :, None] + memory.keys[:, None]) * v).sum(axis=-1)
        else:
            scores = queries @ memory.keys.transpose(0, 2, 1)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        context = (weights @ memory.values).transpose(1, 0, 2).reshape(query.shape[0], -1)
        return context, weights.mean(axis=0)

    @staticmethod
    def select(state: State, rows: NDArray[np.int64]) -> State:
        """The hypotheses of these row numbers, in this order, repeats allowed."""
        parts = (state.h1, state.c1, state.h2, state.c2, state.attention)
        return State(state.memory, *(part[rows] for part in parts))


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
    if config.attention in ("general", "additive"):
        shapes["decoder.attention.query.weight"] = (m, h)
    if config.attention == "additive":
        shapes["decoder.attention.key.weight"] = (m, m)
        shapes["decoder.attention.v"] = (m,)
    return shapes
