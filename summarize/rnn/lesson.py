"""Watch attention learn: a toy network reverses digits, and prints where it looks as it learns.

    python -m summarize.rnn.lesson                      half a minute on one CPU core
    python -m summarize.rnn.lesson --attention none     the same without attention
    python -m summarize.rnn.lesson --task copy          an easier task

To write "6 2 9 5 1 4 1 3" for "3 1 4 1 5 9 2 6" the decoder must look at the last digit first.
Nobody tells it so: it is only shown what to write, as the real model is only shown summaries. At
first it looks everywhere, so no cell of the matrix stands out. As the loss falls, a diagonal forms
(from the upper right to the lower left, because the digits are reversed). It needs PyTorch.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import NamedTuple

if __name__ == "__main__" and find_spec("torch") is None:
    raise SystemExit("summarize: the lesson needs torch; install it with: pip install torch")

import torch
from torch import Tensor

from summarize.rnn.config import ATTENTION_KINDS, Config
from summarize.rnn.network import Seq2Seq
from summarize.rnn.tokenizer import EOS_ID, SPECIAL

FIRST = len(SPECIAL)  # token id of the digit 0
START = 2  # a style token, as before a real summary
DIGITS = 10
LONGEST = 8
SHADES = " .:*#"  # of attention, from less than a fifth to more than four
EXAMPLE = "31415926"
SHOWN = (1, 50, 100, 200, 400)  # steps after which the matrix is printed, and the last


class Written(NamedTuple):
    tokens: Tensor  # (B, T), the end token included
    weights: Tensor  # (B, T, S), where each token's step looked


def make_network(attention: str) -> Seq2Seq:
    config = Config(
        vocab_size=FIRST + DIGITS,
        attention=attention,
        embedding_size=32,
        encoder_size=32,
        encoder_layers=1,
        decoder_size=64,
        dropout=0.0,
        attention_window=3,
    )
    return Seq2Seq(config)


def examples(
    count: int, length: int, generator: torch.Generator, task: str = "reverse"
) -> tuple[Tensor, Tensor]:
    """src (B, S) of random digits, labels (B, S + 1): the digits to write, then the end."""
    src = torch.randint(FIRST, FIRST + DIGITS, (count, length), generator=generator)
    wanted = src.flip(1) if task == "reverse" else src
    return src, torch.cat([wanted, torch.full((count, 1), EOS_ID)], dim=1)


def learn(
    network: Seq2Seq,
    steps: int,
    task: str = "reverse",
    seed: int = 0,
    batch: int = 64,
    rate: float = 5e-3,
) -> Iterator[tuple[int, float]]:
    """Train on random strings of 2 to LONGEST digits; yields (step, loss)."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:  # constant, then down to zero
            group["lr"] = rate * min(1.0, 2 * (1 - step / (steps + 1)))
        length = int(torch.randint(2, LONGEST + 1, (1,), generator=generator))
        src, labels = examples(batch, length, generator, task)
        # Teacher forcing: the decoder is given the right digit before each one that it predicts.
        tgt = torch.cat([torch.full((batch, 1), START), labels[:, :-1]], dim=1)
        loss, _ = network.loss(src, torch.ones_like(src, dtype=torch.bool), tgt, labels, 0.0)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        yield step, loss.item()


@torch.no_grad()
def write(network: Seq2Seq, src: Tensor) -> Written:
    """Greedy decoding: the likeliest token at each step, given back as the next input."""
    network.eval()
    memory = network.encode(src, torch.ones_like(src, dtype=torch.bool))
    state = network.decoder.start(memory.final)
    token = torch.full((len(src),), START)
    tokens, looked = [], []
    for _ in range(src.shape[1] + 1):
        embedded = network.embedding(token)[:, None]
        output, weights, state = network.decoder(embedded, memory, state)
        token = network.logits(output[:, 0]).argmax(dim=-1)
        tokens.append(token)
        looked.append(weights.mean(dim=1)[:, 0])  # the mean over heads
    network.train()
    return Written(torch.stack(tokens, dim=1), torch.stack(looked, dim=1))


def exact(network: Seq2Seq, task: str = "reverse", count: int = 100) -> float:
    """Share of new strings of the longest kind that are written without a mistake."""
    src, labels = examples(count, LONGEST, torch.Generator().manual_seed(-1), task)
    return float((write(network, src).tokens == labels).all(dim=1).float().mean())


def picture(network: Seq2Seq, digits: str = EXAMPLE) -> list[str]:
    """A line for each digit written, a column for each digit read; darker is more attention."""
    src = torch.tensor([[FIRST + int(digit) for digit in digits]])
    tokens, weights = write(network, src)
    lines = ["       " + " ".join(digits) + "   read"]
    for token, row in zip(tokens[0].tolist(), weights[0], strict=True):
        shades = [SHADES[min(int(share * len(SHADES)), len(SHADES) - 1)] for share in row.tolist()]
        name = str(token - FIRST) if token >= FIRST else "end" if token == EOS_ID else "?"
        lines.append(f"{name:>5}  {' '.join(shades)}")
    return lines


def main(arguments: list[str] | None = None, say: Callable[[str], object] = print) -> float:
    parser = argparse.ArgumentParser(
        prog="python -m summarize.rnn.lesson",
        description="Train a toy network to reverse digits, and watch its attention form.",
    )
    parser.add_argument("--task", choices=("reverse", "copy"), default="reverse")
    parser.add_argument("--attention", choices=ATTENTION_KINDS, default="general")
    parser.add_argument("--steps", type=int, default=800, help="of 64 strings each; default: 800")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    torch.manual_seed(asked.seed)
    network = make_network(asked.attention)
    count = sum(p.numel() for p in network.parameters())
    own = sum(p.numel() for p in network.decoder.attention.parameters())
    say(f"{count:,} weights, {own:,} of them for {asked.attention} attention, at any length.")
    started = time.perf_counter()
    for step, loss in learn(network, asked.steps, asked.task, asked.seed):
        if step in SHOWN or step == asked.steps:
            share = exact(network, asked.task)
            say(f"\nstep {step}, loss {loss:.3f}, {share:.0%} of new strings written correctly")
            if asked.attention != "none":
                say("\n".join(picture(network)))
    say(f"\n{time.perf_counter() - started:.0f} s. Now try --attention none, additive or hard.")
    return share


if __name__ == "__main__":
    main()
