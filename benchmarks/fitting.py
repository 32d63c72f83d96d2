"""Train a `Scorer`: of several choices, score highest the one that is worth most.

Used by selection.py (sentences of a document) and rerank.py (hypotheses of a beam). The loss is the
worth that a draw from softmax(scores) can expect, with a little imitation of softmax(worth), so
that close seconds count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarize.models.scorer import CLIP, Scorer

SEED = 11
BATCH, LEARNING_RATE, DECAY = 128, 3e-3, 1e-3
SHARPNESS, IMITATION = 12.0, 0.05


class Group(NamedTuple):
    """The choices for one document."""

    rows: NDArray[np.float64]  # (N, F)
    worth: NDArray[np.float64]  # (N,) from 0 to 1
    is_held_out: bool


class Fit(NamedTuple):
    scorer: Scorer
    taken: float  # mean worth of what it chooses in the groups held out
    first: float  # ... of the first choice
    best: float  # ... of the best choice


def fit(
    names: Sequence[str],
    groups: Sequence[Group],
    hidden: int,
    epochs: int,
    seeds: int = 1,
    learning_rate: float = LEARNING_RATE,
    decay: float = DECAY,
) -> Fit:
    """The mean of the scorers of several seeds, as one that has the hidden units of all."""
    sizes = np.array([len(group.rows) for group in groups])
    held = np.array([group.is_held_out for group in groups])
    rows = np.concatenate([group.rows for group in groups]).astype(np.float32)
    worth = np.concatenate([group.worth for group in groups]).astype(np.float32)
    learned_from = np.repeat(~held, sizes)
    mean = rows[learned_from].mean(axis=0, dtype=np.float64)
    scale = np.maximum(rows[learned_from].std(axis=0, dtype=np.float64), 1e-3)
    scaled = np.clip((rows - mean) / scale, -CLIP, CLIP).astype(np.float32)
    parts = [
        fit_once(scaled, worth, sizes, held, hidden, epochs, SEED + number, learning_rate, decay)
        for number in range(seeds)
    ]
    scorer = Scorer(
        tuple(names),
        mean,
        scale,
        np.concatenate([units for units, _ in parts]),
        np.concatenate([output for _, output in parts]) / seeds,
    )
    testing = [groups[i] for i in np.flatnonzero(held)]
    taken = [group.worth[int(np.argmax(scorer.score(group.rows)))] for group in testing]
    return Fit(
        scorer,
        float(np.mean(taken)),
        float(np.mean([group.worth[0] for group in testing])),
        float(np.mean([group.worth.max() for group in testing])),
    )


def fit_once(
    scaled: NDArray[np.float32],
    worth: NDArray[np.float32],
    sizes: NDArray[np.int64],
    held: NDArray[np.bool_],
    hidden: int,
    epochs: int,
    seed: int,
    learning_rate: float,
    decay: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hidden units, their bias last, and the output's weights, of the epoch that does best on the
    groups held out."""
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    x, y = torch.tensor(scaled), torch.tensor(worth)
    network = torch.nn.Sequential(
        torch.nn.Linear(x.shape[1], hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, 1, bias=False)
    )
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)

    def padded(chosen: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Scores, worth and which are real, (B, longest)."""
        place = np.arange(sizes[chosen].max())[None]
        real = place < sizes[chosen, None]
        index = torch.tensor(np.where(real, starts[chosen, None] + place, starts[chosen, None]))
        mask = torch.tensor(real)
        scores = network(x[index])[..., 0].masked_fill(~mask, -1e9)
        return scores, y[index].masked_fill(~mask, -1e9), mask

    def taken(chosen: NDArray[np.int64]) -> float:
        with torch.no_grad():
            values = []
            for some in np.array_split(chosen, max(1, len(chosen) // 512)):
                scores, worths, _ = padded(some)
                values.append(worths.gather(1, scores.argmax(1, keepdim=True))[:, 0])
            return float(torch.cat(values).mean())

    generator = np.random.default_rng(seed)
    learning, testing = np.flatnonzero(~held), np.flatnonzero(held)
    best, kept = -1.0, [p.detach().clone() for p in network.parameters()]
    for _ in range(epochs):
        order = generator.permutation(learning)
        for chosen in np.array_split(order, max(1, len(order) // BATCH)):
            scores, worths, mask = padded(chosen)
            log_p = scores.log_softmax(1)
            wanted = (SHARPNESS * worths).softmax(1)
            reward = (log_p.exp() * worths.masked_fill(~mask, 0)).sum(1)
            imitation = (wanted * log_p.masked_fill(~mask, 0)).sum(1)
            loss = -(reward + IMITATION * imitation).mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        schedule.step()
        found = taken(testing)
        if found >= best:
            best, kept = found, [p.detach().clone() for p in network.parameters()]
    print(f"  seed {seed}: held out {100 * best:.2f}", flush=True)
    weight, bias, output = (p.double().numpy() for p in kept)
    return np.hstack([weight, bias[:, None]]), output[0]
