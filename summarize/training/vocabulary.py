"""From one tokenizer's vocabulary to another's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from summarize.rnn.tokenizer import Tokenizer


def token_map(old: Tokenizer, new: Tokenizer) -> NDArray[np.float32]:
    """(new V, old V): each new token as the mean of the longest old tokens that spell it."""
    known = old.vocabulary()
    matrix = np.zeros((new.vocab_size, old.vocab_size), np.float32)
    for token, row in new.vocabulary().items():
        start, columns = 0, []
        while start < len(token):
            end = next(e for e in range(len(token), start, -1) if token[start:e] in known)
            columns.append(known[token[start:end]])
            start = end
        for column in columns:
            matrix[row, column] += 1 / len(columns)
    return matrix
