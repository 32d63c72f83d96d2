"""The same network in NumPy, one decoding step at a time: what `summarize FILE` runs.

Importing torch costs a second; this needs NumPy alone. It follows network.py line by line (tests
hold the two equal to 1e-4) with three liberties. The gates of an LSTM are scaled when the weights
are loaded, so that a step computes a single tanh, by sigmoid(x) = (1 + tanh(x / 2)) / 2. The last
state is multiplied once for all hypotheses that continue it: a beam of eight continues five or six.
And the output layer may be cut to a shortlist: the frequent tokens and the document's own (Jean et
al. 2015, section 3.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.rnn.attend import Attend, Query
from summarize.rnn.config import Config
from summarize.rnn.products import Array, Linear, multiply
from summarize.rnn.shapes import weight_shapes as weight_shapes

Ids = NDArray[np.int64]

FREQUENT = 4096  # tokens in every shortlist
GATHERED = 32  # rows of input that the encoder lays out at a time, a quarter of a megabyte


class Shortlist(NamedTuple):
    """The part of the vocabulary that one document's summary is written with."""

    tokens: Ids  # (F + X,) the frequent ones, then its own
    embedding: Array  # (E, X) of its own
    bias: Array  # (X,)


class Memory(NamedTuple):
    """One document as the decoder sees it. heads x slice = M channels."""

    values: Array  # (heads, S, M / heads) encoder_output
    keys: Array  # (heads, A / heads, S) what queries are compared with
    final: Array  # (M,) the two directions' last states
    shortlist: Shortlist | None = None  # None: the whole vocabulary


class State(NamedTuple):
    """What a step takes and returns, for K live hypotheses of one or more documents, which continue
    P others."""

    memories: tuple[Memory, ...]
    document: Ids  # (K,) whose hypothesis each row is, ascending
    parent: Ids  # (K,) which of the P states each continues
    h1: Array  # (P, H)
    c1: Array
    h2: Array
    c2: Array
    steps: Ids  # (K,) decoding steps done so far
    # (K, longest S) where the last step looked, mean over heads; None before it
    attention: Array | None = None

    @property
    def lengths(self) -> list[int]:
        """Source tokens of each row; past them its `attention` is padding."""
        return [self.memories[d].values.shape[1] for d in self.document]

    @property
    def vocabulary(self) -> list[Ids | None]:
        """Which token each column of a row's log_probs is; None where it is the column."""
        tokens = [memory.shortlist and memory.shortlist.tokens for memory in self.memories]
        return [tokens[d] for d in self.document]


class Runtime:
    """Weights ready for inference: `encode` once a document, then `step` once a word."""

    def __init__(
        self, config: Config, weights: Mapping[str, NDArray[Any]], seed: int | None = None
    ) -> None:
        """`seed` makes hard attention draw its places; without it takes the likeliest."""
        self.config = config
        # The largest first: what is needed to build it is free again for the others.
        self.lstm2 = Lstm(weights, "decoder.lstm2")
        self.lstm1 = Lstm(weights, "decoder.lstm1")
        self.parameters = sum(int(w.size) for w in weights.values())
        self.embedding = np.array(weights["embedding.weight"])  # as stored: fp16 is half the memory
        self.output_bias = weights["output_bias"].astype(np.float32)
        # For each layer x @ input and h @ recurrent, of both directions.
        self.encoder: list[tuple[Linear, Linear]] = []
        scale = halves(config.encoder_size)
        for layer in range(config.encoder_layers):
            names = [f"encoder.layers.{layer}.{d}_lstm" for d in ("forward", "backward")]
            both = [lstm(weights, name) for name in names]
            kernels, biases = (np.stack(part) for part in zip(*both, strict=True))
            from_input, recurrent = np.split(kernels, [-config.encoder_size], axis=1)
            self.encoder.append((Linear(from_input, biases, scale), Linear(recurrent, None, scale)))
        self.word = linear(weights, "encoder.word")
        self.norms = {
            name.removesuffix(".weight"): (w.astype(np.float32), bias_of(weights, name))
            for name, w in weights.items()
            if name.startswith("encoder.norm") and name.endswith(".weight")
        }
        self.bridge = linear(weights, "decoder.bridge")
        self.attend = Attend(config, weights, seed)
        self.readout = linear(weights, "decoder.readout")

    @property
    def seed(self) -> int | None:
        return self.attend.seed

    @seed.setter
    def seed(self, seed: int | None) -> None:
        self.attend.seed = seed

    # --- vocabulary --------------------------------------------------------------------------

    @cached_property
    def output(self) -> Linear:
        """The whole vocabulary: logits are products with the embedding itself."""
        return Linear(self.embedding.T, self.output_bias)

    @cached_property
    def frequent(self) -> Ids:
        """The tokens likeliest before anything is read, ascending."""
        count = min(FREQUENT, self.config.vocab_size)
        return np.sort(np.argsort(-self.output_bias, kind="stable")[:count])

    @cached_property
    def frequent_output(self) -> Linear:
        return Linear(self.embedding[self.frequent].T, self.output_bias[self.frequent])

    def shortlist(self, tokens: Ids) -> Shortlist:
        """The frequent tokens and these, which are ascending."""
        own = np.setdiff1d(tokens, self.frequent, assume_unique=True)
        return Shortlist(
            np.concatenate([self.frequent, own]),
            np.ascontiguousarray(self.embedding[own].T, dtype=np.float32),
            self.output_bias[own],
        )

    # --- encoder -----------------------------------------------------------------------------

    def encode(self, src: Ids) -> Memory:
        """src (S,) token ids, S at least 1 -> Memory."""
        return self.encode_batch([src])[0]

    def encode_batch(
        self, sources: Sequence[Ids], shortlists: Sequence[Ids] | None = None
    ) -> list[Memory]:
        """One Memory per document, whatever stands beside it in the batch.

        `shortlists` has, for each document, the tokens to write with beside the frequent ones;
        without it the whole vocabulary is there.
        """
        order = sorted(range(len(sources)), key=lambda i: -len(sources[i]))  # the longest first
        batch = Batch([len(sources[i]) for i in order])
        tokens, places = np.unique(np.concatenate([sources[i] for i in order]), return_inverse=True)
        embedded = self.embedding[tokens].astype(np.float32)  # each token once
        x = self.bilstm(0, embedded, places, batch)
        for layer in range(1, self.config.encoder_layers):
            below = self.layer_norm(f"encoder.norms.{layer - 1}", x)
            x = x + self.bilstm(layer, below, np.arange(len(x)), batch)
        values = self.layer_norm("encoder.norm", x + self.word(embedded)[places])
        half = self.config.encoder_size
        memories: list[Any] = [None] * len(sources)
        for row, i in enumerate(order):
            first, stop = batch.starts[row], batch.starts[row] + len(sources[i])
            memories[i] = Memory(
                np.ascontiguousarray(self.attend.split(values[first:stop])),
                self.attend.make_keys(values[first:stop]),
                np.concatenate([x[stop - 1, :half], x[first, half:]]),
                None if shortlists is None else self.shortlist(shortlists[i]),
            )
        return memories

    def bilstm(self, layer: int, inputs: Array, places: Ids, batch: Batch) -> Array:
        """inputs (U, C), and which of them each of the N tokens is -> (N, 2 * encoder_size).

        Both directions go in step, over the documents that are not at their end.
        """
        from_input, recurrent = self.encoder[layer]
        ahead, back = from_input(inputs)  # (U, 4 * size) each
        size, rows = self.config.encoder_size, len(batch.starts)
        out = np.zeros((len(batch.live), 2, rows, size), dtype=np.float32)
        h = np.zeros((2, rows, size), dtype=np.float32)
        c: Array = np.zeros_like(h)
        buffer = np.empty((2, rows, 4 * size), dtype=np.float32)
        count = max(1, GATHERED // rows)
        gathered = np.empty((count, 2, rows, 4 * size), dtype=np.float32)
        for t, live in enumerate(batch.live):
            if t % count == 0:  # the inputs of the next steps, at once
                some = slice(t, t + count)
                gathered[: len(batch.live) - t, 0] = ahead[places[batch.ahead[some]]]
                gathered[: len(batch.live) - t, 1] = back[places[batch.back[some]]]
            gates = buffer[:, :live]
            recurrent.into(h[:, :live], gates)
            gates += gathered[t % count, :, :live]
            h, c = cell(gates, c[:, :live], out[t, :, :live])
        return np.concatenate(
            [out[batch.position, 0, batch.row], out[batch.from_end, 1, batch.row]], axis=-1
        )

    def layer_norm(self, name: str, x: Array) -> Array:
        weight, bias = self.norms[name]
        centred: Array = x - x.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        centred /= np.sqrt(variance + np.float32(1e-5))
        centred *= weight
        centred += bias
        return centred

    # --- decoder -----------------------------------------------------------------------------

    def start(self, *memories: Memory) -> State:
        """The state before the first word: one hypothesis a document."""
        final = np.stack([memory.final for memory in memories])
        h1, h2 = np.split(np.tanh(self.bridge(final)), 2, axis=-1)
        zeros = np.zeros_like(h1)
        rows = np.arange(len(memories))
        return State(memories, rows, rows, h1, zeros, h2, zeros, np.zeros_like(rows))

    def step(self, tokens: Ids, state: State) -> tuple[Array, State]:
        """tokens (K,) -> log_probs (K, V) and the next state; see State.vocabulary."""
        x = self.embedding[tokens].astype(np.float32)
        h1, c1 = self.lstm1(x, state.h1, state.c1, state.parent)
        context, attention = self.attend_all(h1, state)
        read = np.concatenate([h1, context], axis=-1)
        h2, c2 = self.lstm2(read, state.h2, state.c2, state.parent)
        output = np.tanh(self.readout(np.concatenate([h2, context], axis=-1)))
        rows, steps = np.arange(len(tokens)), state.steps + 1
        following = State(state.memories, state.document, rows, h1, c1, h2, c2, steps, attention)
        return log_softmax(self.logits(output, state)), following

    def logits(self, output: Array, state: State) -> Array:
        """output (K, E) -> (K, V), or of each row's shortlist, with -inf where it is shorter."""
        lists = [memory.shortlist for memory in state.memories]
        if None in lists:
            return self.output(output)
        frequent = len(self.frequent)
        most = max(len(one.bias) for one in lists if one is not None)
        logits = np.full((len(output), frequent + most), -np.inf, dtype=np.float32)
        self.frequent_output.into(output, logits[:, :frequent])
        logits[:, :frequent] += self.output_bias[self.frequent]
        for rows, one in zip(state_rows(state), lists, strict=True):
            assert one is not None
            own = multiply(output[rows], one.embedding)
            np.add(own, one.bias, out=logits[rows, frequent : frequent + len(one.bias)])
        return logits

    def attend_all(self, states: Array, state: State) -> tuple[Array, Array]:
        """states (K, H) -> context (K, M), attention (K, longest S): each row in its document."""
        longest = max(memory.values.shape[1] for memory in state.memories)
        attention = np.zeros((len(states), longest), dtype=np.float32)
        context = np.empty((len(states), self.config.memory_size), dtype=np.float32)
        asked = self.attend.ask(states)
        for rows, memory in zip(state_rows(state), state.memories, strict=True):
            if self.config.attention == "none":
                context[rows] = memory.final
                continue
            query = Query(states[rows], asked[:, rows], int(state.steps[rows.start]))
            weights = self.attend.look(self.attend, query, memory.keys)
            found = multiply(weights, memory.values)  # (heads, K, M / heads)
            context[rows] = found.transpose(1, 0, 2).reshape(found.shape[1], -1)
            looked = weights[0] if len(weights) == 1 else weights.mean(axis=0)
            attention[rows, : looked.shape[1]] = looked
        return context, attention

    @staticmethod
    def select(state: State, rows: Ids) -> State:
        """The hypotheses of these row numbers, in this order (repeats allowed).

        Rows of one document stay together; documents without a row are forgotten.
        """
        document = state.document[rows]
        is_first = np.ones(len(document), dtype=bool)
        np.not_equal(document[1:], document[:-1], out=is_first[1:])
        memories = tuple(state.memories[d] for d in document[is_first])
        numbers = np.cumsum(is_first) - 1
        kept, parent = distinct(state.parent[rows])
        h1, c1, h2, c2 = (part[kept] for part in (state.h1, state.c1, state.h2, state.c2))
        return State(memories, numbers, parent, h1, c1, h2, c2, state.steps[rows])

    @staticmethod
    def join(states: Sequence[State]) -> State:
        """The documents of several states, in this order, in one."""
        firsts = np.cumsum([0, *(len(state.memories) for state in states)])
        document = [s.document + first for s, first in zip(states, firsts, strict=False)]
        firsts = np.cumsum([0, *(len(state.h1) for state in states)])
        parent = [s.parent + first for s, first in zip(states, firsts, strict=False)]
        parts = ([s.h1, s.c1, s.h2, s.c2, s.steps] for s in states)
        return State(
            tuple(memory for state in states for memory in state.memories),
            np.concatenate(document),
            np.concatenate(parent),
            *(np.concatenate(part) for part in zip(*parts, strict=True)),
        )


class Batch:
    """Where the tokens of documents, laid end to end and the longest first, are in each step."""

    def __init__(self, lengths: Sequence[int]) -> None:
        """The N tokens are numbered through; B documents, S steps."""
        sizes = np.array(lengths)
        self.starts = np.cumsum(sizes) - sizes  # (B,)
        steps = np.arange(sizes[0])
        self.live = (sizes[None] > steps[:, None]).sum(axis=1).tolist()  # documents still read
        inside = np.minimum(steps[:, None], sizes - 1)
        self.ahead = self.starts + inside  # (S, B) the token that each direction reads
        self.back = self.starts + sizes - 1 - inside
        self.row = np.repeat(np.arange(len(sizes)), sizes)  # (N,) a token's document
        self.position = np.arange(len(self.row)) - self.starts[self.row]
        self.from_end = sizes[self.row] - 1 - self.position


def distinct(rows: Ids) -> tuple[Ids, Ids]:
    """The different ones, ascending, and for each row its place among them."""
    is_there = np.zeros(rows.max() + 1, dtype=bool)
    is_there[rows] = True
    return np.flatnonzero(is_there), np.cumsum(is_there)[rows] - 1


def state_rows(state: State) -> list[slice]:
    """Of each document its rows."""
    bounds = np.searchsorted(state.document, np.arange(len(state.memories) + 1)).tolist()
    return [slice(first, stop) for first, stop in zip(bounds, bounds[1:], strict=False)]


class Lstm:
    """One step of an LSTM, for hypotheses that share their last states."""

    def __init__(self, weights: Mapping[str, NDArray[Any]], name: str) -> None:
        kernel, bias = lstm(weights, name)
        size = kernel.shape[1] // 4
        scale = halves(size)
        self.from_input = Linear(kernel[:-size], bias, scale)
        self.recurrent = Linear(kernel[-size:], None, scale)

    def __call__(self, x: Array, h: Array, c: Array, parent: Ids) -> tuple[Array, Array]:
        """x (K, I), h and c (P, H), parent (K,) -> the next h and c (K, H)."""
        gates = self.from_input(x)
        gates += self.recurrent(h)[parent]
        return cell(gates, c[parent])


def cell(gates: Array, c: Array, h: Array | None = None) -> tuple[Array, Array]:
    """gates (..., 4H), which are overwritten, and c (..., H) -> h, c; Gers et al. 2000.

    The order is input, forget, output, cell; the first three come halved. `h` is where to write.
    """
    size = c.shape[-1]
    np.tanh(gates, out=gates)
    sigmoids = gates[..., : 3 * size]
    sigmoids += 1
    sigmoids *= 0.5
    i, f, o = (sigmoids[..., k * size : (k + 1) * size] for k in range(3))
    c = f * c
    i *= gates[..., 3 * size :]
    c += i
    h = np.tanh(c, out=h)
    h *= o
    return h, c


def lstm(weights: Mapping[str, NDArray[Any]], name: str) -> tuple[Array, Array]:
    """Kernel (I + H, 4H) of [x, h] and bias (4H,), with the gates in the order of `cell`.

    PyTorch stacks the gates as input, forget, cell, output.
    """
    recurrent = weights[f"{name}.weight_hh_l0"]
    outputs, size = recurrent.shape
    i, f, g, o = (slice(k * size, (k + 1) * size) for k in range(4))
    columns = weights[f"{name}.weight_ih_l0"].shape[1]
    kernel = np.empty((outputs, columns + size), dtype=recurrent.dtype)
    bias = np.empty(outputs, dtype=np.float32)
    for part, some in (("ih", slice(columns)), ("hh", slice(columns, None))):
        weight = weights[f"{name}.weight_{part}_l0"]
        for to, gate in zip((i, f, g, o), (i, f, o, g), strict=True):
            kernel[to, some] = weight[gate]
    first, second = (weights[f"{name}.bias_{part}_l0"] for part in ("ih", "hh"))
    for to, gate in zip((i, f, g, o), (i, f, o, g), strict=True):
        bias[to] = first[gate].astype(np.float32) + second[gate]
    return kernel.T, bias


def halves(size: int) -> Array:
    """What the gates of an LSTM of this size are scaled by: sigmoids halved, the cell not."""
    scale = np.full(4 * size, 0.5, dtype=np.float32)
    scale[3 * size :] = 1
    return scale


def linear(weights: Mapping[str, NDArray[Any]], name: str) -> Linear:
    return Linear(weights[f"{name}.weight"].T, weights.get(f"{name}.bias"))


def bias_of(weights: Mapping[str, NDArray[Any]], name: str) -> Array:
    """The bias beside a weight."""
    return weights[name.removesuffix("weight") + "bias"].astype(np.float32)


def log_softmax(logits: Array) -> Array:
    """In place."""
    logits -= logits.max(axis=-1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return logits
