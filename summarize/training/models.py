"""A recipe's `architecture`: a network with a loss, a warm start, and a way to be saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from summarize.rnn.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from summarize.rnn.config import Config
from summarize.rnn.network import Seq2Seq
from summarize.rnn.tokenizer import Tokenizer
from summarize.training.recipe import Recipe
from summarize.training.rloo import RlooLoss
from summarize.training.vocabulary import token_map

Loss = Callable[[Tensor, Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]


class Model(Protocol):
    """What the loop trains. `network` holds every weight; facts are those of the checkpoint."""

    @property
    def network(self) -> nn.Module: ...
    @property
    def has_unused_weights(self) -> bool:
        """Whether some weights take no part in the loss."""
        ...

    @property
    def loss(self) -> Loss:
        """src, src_mask, tgt, labels, label_smoothing -> the mean smoothed loss per target token,
        and the plain cross-entropy to report."""
        ...

    @property
    def likelihood(self) -> Loss:
        """The loss of likelihood training, by which dev data is always measured."""
        ...

    @property
    def measured(self) -> dict[str, float]:
        """Other quantities that the loss measured in the last batch, for metrics.jsonl."""
        ...

    def start_from(self, folder: Path, tokenizer: Tokenizer) -> None:
        """Warm start from the folder of a trained model, which may have another tokenizer."""
        ...

    def identity(self) -> dict[str, Any]:
        """What a resumed run can't change."""
        ...

    def save(self, folder: Path, tokenizer: Tokenizer, facts: dict[str, Any]) -> None:
        """Write a checkpoint. In facts, `files` are further files that belong to it, by name."""
        ...


class LossModule(nn.Module):
    """The network with its loss as `forward`, which is the call that DDP watches."""

    def __init__(self, model: Model, label_smoothing: float) -> None:
        super().__init__()
        self.network = model.network
        self.loss, self.likelihood = model.loss, model.likelihood
        self.label_smoothing = label_smoothing

    def forward(
        self, src: Tensor, src_mask: Tensor, tgt: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensor]:
        loss = self.loss if self.network.training else self.likelihood
        return loss(src, src_mask, tgt, labels, self.label_smoothing)


class RnnModel:
    """The encoder-decoder of summarize.rnn."""

    def __init__(self, config: Config, recipe: Recipe, tokenizer: Tokenizer | None = None) -> None:
        self.config = config
        self.network = Seq2Seq(config)
        self.loss: Loss = self.network.loss
        self.likelihood: Loss = self.network.loss
        if recipe.rloo_samples and tokenizer is not None:
            self.loss = RlooLoss(self.network, tokenizer, recipe)
        # Without attention nothing reads the encoder's output, only its last state.
        self.has_unused_weights = config.attention == "none"

    @property
    def measured(self) -> dict[str, float]:
        return self.loss.measured if isinstance(self.loss, RlooLoss) else {}

    def start_from(self, folder: Path, tokenizer: Tokenizer) -> None:
        """Copy every weight of the same name and shape from an RNN.

        Rows of the embedding follow their tokens. A token that the old vocabulary lacks starts as
        the mean of the old tokens that spell it.
        """
        checkpoint = load_checkpoint(folder)
        if tokenizer.to_json() != checkpoint.tokenizer.to_json():
            matrix = token_map(checkpoint.tokenizer, tokenizer)
            for name in ("embedding.weight", "output_bias"):
                checkpoint.weights[name] = matrix @ np.asarray(checkpoint.weights[name], np.float32)
        state = self.network.state_dict()
        taken = {
            name: torch.from_numpy(np.asarray(array, dtype=np.float32))
            for name, array in checkpoint.weights.items()
            if name in state and state[name].shape == array.shape
        }
        self.network.load_state_dict({**state, **taken})

    def identity(self) -> dict[str, Any]:
        left_out = {"dropout"} | (
            {"attention_window"} if self.config.attention != "local" else set()
        )
        return {k: v for k, v in self.config.to_dict().items() if k not in left_out}

    def save(self, folder: Path, tokenizer: Tokenizer, facts: dict[str, Any]) -> None:
        weights = {
            name: tensor.detach().float().cpu().numpy().copy()
            for name, tensor in self.network.state_dict().items()
        }
        facts = {**facts, "styles": tuple(facts["styles"])}
        checkpoint = Checkpoint(self.config, weights, tokenizer, **facts)
        save_checkpoint(folder, checkpoint)


def make_model(recipe: Recipe, vocab_size: int, tokenizer: Tokenizer | None = None) -> Model:
    """A fresh model of the recipe's architecture and sizes. ROUGE as a loss needs the tokenizer."""
    if recipe.architecture == "rnn":
        return RnnModel(Config(vocab_size=vocab_size, **recipe.network), recipe, tokenizer)
    from summarize.training.transformer import TransformerModel  # imports transformers

    return TransformerModel(recipe.network, vocab_size)
