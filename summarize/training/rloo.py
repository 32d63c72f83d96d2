"""Training on ROUGE itself: the network samples summaries, and each becomes more or less likely.

Likelihood training shows the true words before each word, and never asks the network to go on from
its own. Here the network writes K summaries of each document, and the loss is

    - sum over samples of (reward - mean reward of the other K - 1) * log P(sample) / K

plus a share of the ordinary likelihood, which keeps the language intact. This is RLOO: REINFORCE
(Williams 1992) with the leave-one-out baseline of Kool et al. 2019. For summaries and ROUGE it goes
back to Ranzato et al. 2016 (MIXER), Shen et al. 2016 and Paulus et al. 2018. Samples are drawn at
`rloo_temperature`, and log P is taken at the same. It is below one because label smoothing leaves a
tenth of the probability on words that no search would ever write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from summarize.rnn.attention import Memory
from summarize.rnn.kernels import real_positions, smoothed_cross_entropy
from summarize.rnn.network import Seq2Seq, State
from summarize.rnn.tokenizer import EOS_ID, PAD_ID, SPECIAL, Tokenizer
from summarize.training.examples import IGNORE
from summarize.training.recipe import Recipe


class RlooLoss:
    """Takes the place of Seq2Seq.loss: src, src_mask, tgt, labels -> loss, plain cross-entropy."""

    def __init__(self, network: Seq2Seq, tokenizer: Tokenizer, recipe: Recipe) -> None:
        self.network, self.tokenizer = network, tokenizer
        self.samples, self.temperature = recipe.rloo_samples, recipe.rloo_temperature
        self.likelihood, self.longest = recipe.rloo_likelihood, recipe.max_target_tokens - 1
        self.measured: dict[str, float] = {}  # of the last batch, for the record

    def __call__(
        self, src: Tensor, src_mask: Tensor, tgt: Tensor, labels: Tensor, label_smoothing: float
    ) -> tuple[Tensor, Tensor]:
        """src (B, S), tgt (B, T); shapes and mask as Seq2Seq.loss takes them."""
        network = self.network
        real = labels[:, 0] >= 0  # rows that only fill up the batch are left out
        src, src_mask, tgt, labels = src[real], src_mask[real], tgt[real], labels[real]
        memory = network.encode(src, src_mask)  # once, for the samples and for both gradients
        # A sample longer than every reference is wrong anyway; its end teaches nothing.
        longest = min(self.longest, tgt.shape[1] + 8)
        inputs, drawn = sample(network, memory, tgt[:, 0], self.samples, self.temperature, longest)
        rewards = self.rewards(drawn, labels).to(src.device)
        others = (rewards.sum(dim=1, keepdim=True) - rewards) / max(self.samples - 1, 1)
        advantage = (rewards - others).flatten()
        self.measured = {
            "reward": rewards.mean().item(),
            "reward_spread": rewards.std(dim=1).mean().item(),
            "sample_tokens": (drawn >= 0).sum(dim=1).float().mean().item(),
        }

        start = network.decoder.start(memory.final)
        output, _, _ = network.decoder(network.dropout(network.embedding(tgt)), memory, start)
        rows, wanted = real_positions(labels)
        logits = network.logits(output.flatten(0, 1).index_select(0, rows))
        likelihood, plain = smoothed_cross_entropy(logits, wanted, label_smoothing)

        embedded = network.dropout(network.embedding(inputs))
        output, _, _ = network.decoder(embedded, memory, repeat(start, self.samples))
        rows, wanted = real_positions(drawn)
        logits = network.logits(output.flatten(0, 1).index_select(0, rows)) / self.temperature
        # Divided by the words of all samples, so that the gradient is as large as likelihood's.
        weights = (advantage / (drawn >= 0).sum()).repeat_interleave(drawn.shape[1])[rows]
        policy, _ = smoothed_cross_entropy(logits, wanted, 0.0, weights * (wanted >= 0))
        return policy + self.likelihood * likelihood, plain

    def rewards(self, drawn: Tensor, labels: Tensor) -> Tensor:
        """drawn (B * K, T), labels (B, T') -> reward (B, K)."""
        summaries = [self.words(row) for row in drawn.tolist()]
        references = [self.words(row) for row in labels.tolist()]
        values = [reward(s, references[i // self.samples]) for i, s in enumerate(summaries)]
        return torch.tensor(values).view(len(references), self.samples)

    def words(self, ids: Sequence[int]) -> tuple[str, ...]:
        return words(self.tokenizer.decode([i for i in ids if i >= len(SPECIAL)]))


@torch.no_grad()
def sample(
    network: Seq2Seq,
    memory: Memory,
    start: Tensor,
    count: int,
    temperature: float,
    max_tokens: int,
) -> tuple[Tensor, Tensor]:
    """`count` summaries of each document, drawn word by word at this temperature.

    memory of B documents, start (B,) style tokens -> inputs (B * count, T) that begin with the
    style token, and labels of the same shape, with the end token and negative after it. Documents
    whose samples have all ended leave the batch, a tenth of them at a time.
    """
    rows = len(start) * count
    inputs = start.new_full((rows, max_tokens), PAD_ID)
    labels = start.new_full((rows, max_tokens), IGNORE)
    live = torch.arange(rows, device=start.device)  # rows still being written, whole documents
    ended = torch.zeros(rows, dtype=torch.bool, device=start.device)
    token = start.repeat_interleave(count)
    state = repeat(network.decoder.start(memory.final), count)
    steps = 0
    while steps < max_tokens and len(live):
        inputs[live, steps] = token
        output, _, state = network.decoder(network.embedding(token)[:, None], memory, state)
        logits = network.logits(output[:, 0]).float() / temperature
        logits[:, [i for i in range(len(SPECIAL)) if i != EOS_ID]] = float("-inf")
        token = draw(logits)
        labels[live, steps] = token.masked_fill(ended, IGNORE)
        ended = ended | (token == EOS_ID)
        token = token.masked_fill(ended, PAD_ID)
        steps += 1
        going = ~ended.view(-1, count).all(dim=1)
        if int(going.sum()) <= 0.9 * len(going):
            kept = going.repeat_interleave(count)
            live, ended, token = live[kept], ended[kept], token[kept]
            state = State(*(part[:, kept] for part in state))
            memory = Memory(*(part[going] for part in memory))
    return inputs[:, :steps], labels[:, :steps]


def repeat(state: State, count: int) -> State:
    """States of B rows -> of B * count, each row `count` times."""
    return State(*(part.repeat_interleave(count, dim=1) for part in state))


def draw(logits: Tensor) -> Tensor:
    """logits (N, V) -> one token a row, drawn by its probability."""
    mass = (logits - logits.amax(dim=-1, keepdim=True)).exp_().cumsum(dim=-1)
    # A uniform number below the total mass, and the first token whose running sum exceeds it.
    height = torch.rand(len(mass), 1, device=mass.device) * mass[:, -1:]
    found = torch.searchsorted(mass, height, right=True)[:, 0]
    return found.clamp(max=logits.shape[1] - 1)


# --- the reward ----------------------------------------------------------------------------------


def reward(summary: Sequence[str], reference: Sequence[str]) -> float:
    """The mean of ROUGE-1, ROUGE-2 and ROUGE-L F1, from 0 to 1; equal to rouge_score's."""
    length = lcs_length(summary, reference)
    scores = [
        overlap(summary, reference, 1),
        overlap(summary, reference, 2),
        f1(length, len(summary), len(reference)),
    ]
    return sum(scores) / len(scores)


def overlap(summary: Sequence[str], reference: Sequence[str], n: int) -> float:
    """ROUGE-n F1; Lin 2004."""
    ours, theirs = ngrams(summary, n), ngrams(reference, n)
    return f1((ours & theirs).total(), ours.total(), theirs.total())


def ngrams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def f1(common: int, ours: int, theirs: int) -> float:
    return 2 * common / (ours + theirs) if common else 0.0


def lcs_length(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(b) + 1)
    for x in a:
        before = 0
        for j, y in enumerate(b, start=1):
            above = row[j]
            row[j] = before + 1 if x == y else max(above, row[j - 1])
            before = above
    return row[-1]


def words(text: str) -> tuple[str, ...]:
    """Stemmed words as rouge_score compares them."""
    from rouge_score.tokenize import tokenize

    return tuple(tokenize(text, stemmer()))


@lru_cache(maxsize=1)
def stemmer() -> Any:
    """NLTK's Porter stemmer with a cache: the same words come again and again."""
    from nltk.stem.porter import PorterStemmer

    plain = PorterStemmer()

    class Cached:
        stem = staticmethod(lru_cache(maxsize=200_000)(plain.stem))

    return Cached()
