"""The encoder-decoder in PyTorch, for training: whole batches, and all target words at once.

    source -> embedding -> BiLSTM x encoder_layers -> + embedding -> layer norm -> encoder_output
    target -> embedding -> LSTM 1 -> attention -> LSTM 2 -> readout -> embedding^T -> logits

Attention sits between the two decoder layers, as in GNMT (Wu et al. 2016) and RNMT+ (Chen et al.
2018). The state of the first layer is the query. The second layer receives the context, and so
remembers what has been read. The context never flows back into the first layer, which is why
training needs no Python loop over target words. The readout is Luong et al. 2015, eq. 5. Input and
output share one embedding (Press & Wolf 2017). There is no copy mechanism: every word comes from a
softmax over the vocabulary.

README.md in this folder sets the equations beside the lines that compute them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from summarize.rnn.attention import KINDS, Memory
from summarize.rnn.config import Config
from summarize.rnn.kernels import (
    SequenceDropout,
    real_positions,
    reverse_within_length,
    smoothed_cross_entropy,
    take,
)


class State(NamedTuple):
    """LSTM states of both decoder layers, each (1, B, H)."""

    h1: Tensor
    c1: Tensor
    h2: Tensor
    c2: Tensor


class BiLstm(nn.Module):
    """One bidirectional layer as two one-directional LSTMs over the padded batch.

    pack_padded_sequence trains ten times slower on a CPU; this way PyTorch runs one fused kernel
    for each direction. The second LSTM reads the sequence reversed *within its length*, so padding
    comes last for both and changes nothing.
    """

    def __init__(self, input_size: int, size: int) -> None:
        super().__init__()
        self.forward_lstm = nn.LSTM(input_size, size, batch_first=True)
        self.backward_lstm = nn.LSTM(input_size, size, batch_first=True)

    def forward(self, x: Tensor, flip: Tensor) -> Tensor:
        """x (B, S, C), flip (B, S) -> (B, S, 2 * size)."""
        ahead, _ = self.forward_lstm(x)
        back, _ = self.backward_lstm(take(x, flip))
        return torch.cat([ahead, take(back, flip)], dim=-1)


class Encoder(nn.Module):
    """embedded (B, S, E) -> encoder_output (B, S, M): stacked BiLSTMs, residuals, layer norms."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        size = config.memory_size
        inputs = [config.embedding_size] + [size] * (config.encoder_layers - 1)
        self.layers = nn.ModuleList([BiLstm(i, config.encoder_size) for i in inputs])
        self.norms = nn.ModuleList([nn.LayerNorm(size) for _ in inputs[1:]])
        # A shortcut from the word itself to the encoder output, beside its meaning in context. From
        # "looks at this word" to "writes it" is then a short way, and attention is learned sooner.
        self.word = nn.Linear(config.embedding_size, size, bias=False)
        self.norm = nn.LayerNorm(size)
        self.dropout = SequenceDropout(config.dropout)

    def forward(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """embedded (B, S, E), mask (B, S) -> values (B, S, M), final (B, M)."""
        flip = reverse_within_length(mask)
        x = self.layers[0](embedded, flip)
        for norm, layer in zip(self.norms, self.layers[1:], strict=True):
            x = x + layer(self.dropout(norm(x)), flip)
        values = self.norm(x + self.word(embedded))
        last = mask.sum(dim=1) - 1
        ahead, back = x.chunk(2, dim=-1)
        final = torch.cat([ahead[torch.arange(len(x)), last], back[:, 0]], dim=-1)
        return self.dropout(values), final


class Decoder(nn.Module):
    """embedded (B, T, E) -> the vector before the output embedding (B, T, E)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        size, memory = config.decoder_size, config.memory_size
        self.bridge = nn.Linear(memory, 2 * size)
        self.lstm1 = nn.LSTM(config.embedding_size, size, batch_first=True)
        self.attention = KINDS[config.attention](config)
        self.lstm2 = nn.LSTM(size + memory, size, batch_first=True)
        self.readout = nn.Linear(size + memory, config.embedding_size)
        self.dropout = SequenceDropout(config.dropout)

    def start(self, final: Tensor) -> State:
        """final (B, M) -> the first state, tanh(W final); Bahdanau et al. 2015, A.2.2."""
        h1, h2 = torch.tanh(self.bridge(final)).float()[None].chunk(2, dim=-1)
        zeros = torch.zeros_like(h1)
        return State(h1.contiguous(), zeros, h2.contiguous(), zeros)

    def forward(
        self, embedded: Tensor, memory: Memory, state: State
    ) -> tuple[Tensor, Tensor, State]:
        """embedded (B, T, E) -> output (B, T, E), attention_weights (B, heads, T, S), state.

        There may be K targets for each source: embedded (B * K, T, E), and a state of as many rows.
        All of them read one memory, which is not repeated; weights are (B, heads, K * T, S).
        """
        query, (h1, c1) = self.lstm1(embedded, (state.h1, state.c1))
        asked = query.reshape(len(memory.mask), -1, query.shape[-1])
        context, weights = self.attention(asked, memory)
        context = context.reshape(*query.shape[:2], -1)
        read = self.dropout(torch.cat([query, context], dim=-1))
        top, (h2, c2) = self.lstm2(read, (state.h2, state.c2))
        output = torch.tanh(self.readout(self.dropout(torch.cat([top, context], dim=-1))))
        return output, weights, State(h1, c1, h2, c2)


class Seq2Seq(nn.Module):
    """Encoder, decoder, and the embedding that they share with the output layer."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size)
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.output_bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.dropout = SequenceDropout(config.dropout)
        initialize(self)

    def encode(self, src: Tensor, mask: Tensor) -> Memory:
        """src (B, S) ids, mask (B, S) -> Memory."""
        values, final = self.encoder(self.dropout(self.embedding(src)), mask)
        return Memory(values, self.decoder.attention.make_keys(values), mask, final)

    def forward(self, src: Tensor, src_mask: Tensor, tgt: Tensor) -> tuple[Tensor, Tensor]:
        """src (B, S), tgt (B, T) -> output (B, T, E), attention_weights (B, heads, T, S)."""
        memory = self.encode(src, src_mask)
        embedded = self.dropout(self.embedding(tgt))
        output, weights, _ = self.decoder(embedded, memory, self.decoder.start(memory.final))
        return output, weights

    def logits(self, output: Tensor) -> Tensor:
        """output (..., E) -> logits (..., V), through the transposed embedding."""
        return F.linear(output, self.embedding.weight, self.output_bias)

    def loss(
        self, src: Tensor, src_mask: Tensor, tgt: Tensor, labels: Tensor, label_smoothing: float
    ) -> tuple[Tensor, Tensor]:
        """The mean loss per target token, to train on, and the plain cross-entropy, to report.

        labels (B, T) with padding below 0. Only real positions reach the output layer: titles have
        5 to 40 tokens, so most of a padded batch is padding.
        """
        output, _ = self(src, src_mask, tgt)
        rows, wanted = real_positions(labels)
        logits = self.logits(output.flatten(0, 1).index_select(0, rows))
        return smoothed_cross_entropy(logits, wanted, label_smoothing)


def initialize(network: Seq2Seq) -> None:
    """Orthogonal recurrent weights, Glorot for the others, forget gates open."""
    for module in network.modules():
        if isinstance(module, nn.LSTM):
            for name, parameter in module.named_parameters():
                if name.startswith("weight_hh"):
                    for gate in parameter.data.chunk(4):
                        nn.init.orthogonal_(gate)
                elif name.startswith("weight_ih"):
                    for gate in parameter.data.chunk(4):
                        nn.init.xavier_uniform_(gate)
                else:
                    nn.init.zeros_(parameter)
                    if name.startswith("bias_ih"):
                        parameter.data.chunk(4)[1].fill_(1.0)
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    nn.init.normal_(network.embedding.weight, std=network.config.embedding_size**-0.5)
    # The shortcut into the encoder output starts as 4 W, W orthogonal, and the readout of the
    # context as W transposed / 4: attending to a word raises that word's logit from the first step.
    word, readout = network.encoder.word.weight.data, network.decoder.readout.weight.data
    nn.init.orthogonal_(word)
    readout[:, network.config.decoder_size :] = 0.25 * word.T
    word.mul_(4.0)
