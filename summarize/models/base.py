"""What a model offers to those who feed it. Models know nothing of the pipeline.

A writing model turns a passage into a draft:

    encode(texts) -> encodings;  read(passage) -> source;  write(sources) -> drafts

and, where it has attention, says which tokens of the source each token of the draft read. A model
that only quotes (`lead`, `extract`) chooses sentences of a document instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from summarize.document.document import Document
from summarize.errors import OptionError
from summarize.options import Options

if TYPE_CHECKING:
    from summarize.models.judge import Judge

Span = tuple[int, int]


@dataclass(frozen=True)
class Capabilities:
    """What a model can do, and what it costs."""

    parameters: int = 0
    max_source_tokens: int = 512  # tokens of the document that it reads at once
    added_tokens: int = 0  # its own, beside those: a prefix, marks of start and end
    styles: tuple[str, ...] = ()  # that it was trained to write
    default_style: str | None = None
    writes: bool = True  # else it quotes: a Chooser
    writes_one_sentence: bool = True  # else as much as `length` asks for
    is_parallel: bool = False  # several threads may write at once
    attends: bool = False  # has attention to look at
    attends_by_layer: bool = False  # ... a layer or a head at a time


class Encoding(Protocol):
    """A text in tokens, as the `tokenizers` library returns it."""

    @property
    def ids(self) -> list[int]: ...
    @property
    def offsets(self) -> list[Span]:
        """Where each token stands in the text; an empty span for one that is no text."""
        ...

    def __len__(self) -> int: ...


class Passage(NamedTuple):
    """What one summary is written from: sentences, joined by a space, or by a blank line where a
    block ends. The text of `encodings[k]` begins at `starts[k]`."""

    text: str
    starts: Sequence[int]
    encodings: Sequence[Encoding]
    document: str = ""  # the whole text, whose words a summary may use; "" where this is all

    @property
    def tokens(self) -> int:
        return sum(map(len, self.encodings))

    def offsets(self, count: int) -> list[Span]:
        """Where the first `count` tokens stand in the text."""
        found: list[Span] = []
        for start, encoding in zip(self.starts, self.encodings, strict=True):
            if len(found) >= count:
                break
            found += [(start + a, start + b) for a, b in encoding.offsets]
        return found[:count]


class Source(NamedTuple):
    """A passage as far as the model reads it."""

    payload: Any  # what the model's own `write` needs
    read: int  # tokens
    familiarity: float | None = None  # 1 for a text like those it learned from, 0 for another


class Standing(NamedTuple):
    """A draft among the hypotheses that it was chosen from."""

    agreement: float  # how much the others say what it says, 0 to 1
    lead: float  # of its score over their mean
    doubt: float  # how likely it says what its source does not, 0 to 1


class Draft(NamedTuple):
    """What the model wrote from one source."""

    text: str
    tokens: int
    confidence: float | None = None  # geometric mean of the tokens' probabilities
    ids: Sequence[int] = ()  # the tokens of `text`
    attention: NDArray[np.float32] | None = None  # (len(ids), source tokens)
    is_finished: bool = True  # ends as a sentence, or where the model ended it
    encode_seconds: float = 0.0  # of its whole batch
    standing: Standing | None = None  # among what else the model could have written


class TokenAttention(NamedTuple):
    """Where each of T tokens of a draft looked among S tokens of its source."""

    offsets: Sequence[Span]  # (S) places in the passage's text, empty for what is no text
    pieces: Sequence[str]  # (T) what each token adds to the summary
    weights: NDArray[np.float32]  # (T, S)
    kind: str  # which attention, in words


class Model(Protocol):
    """A model that writes. None of its methods changes it: what a call needs is an argument."""

    @property
    def name(self) -> str: ...
    @property
    def capabilities(self) -> Capabilities: ...
    @property
    def judge(self) -> Judge | None:
        """Weighs what it writes against a sentence of the document, where it was taught to."""
        ...

    def check(self, options: Options) -> Options:
        """The options with the model's style filled in; OptionError for what it can't follow."""
        ...

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Each text in tokens. Those of a passage are the tokens of its sentences, in order."""
        ...

    def read(self, passage: Passage, limit: int) -> Source:
        """The first `limit` tokens of a passage."""
        ...

    def write(self, sources: Sequence[Source], options: Options) -> list[Draft]:
        """A draft for each source. What else is in the batch makes no difference."""
        ...

    def attention(
        self,
        source: Source,
        draft: Draft,
        *,
        style: str | None = None,
        layer: int | None = None,
        head: int | None = None,
    ) -> TokenAttention | None:
        """None where there is nothing to look at. `style` is what the draft was written in; `layer`
        and `head` count from 1, None is the mean."""
        ...


class Chooser(Protocol):
    """A model that quotes: it chooses sentences of a document and writes nothing."""

    @property
    def name(self) -> str: ...
    @property
    def capabilities(self) -> Capabilities: ...

    def choose(self, document: Document, count: int, style: str = "tldr") -> list[int]:
        """Indices of `count` sentences, or fewer, in the document's order."""
        ...

    def scores(self, document: Document, style: str = "tldr") -> NDArray[np.float64]:
        """One number a sentence, higher is better; -inf for what can't be chosen."""
        ...


def is_chooser(model: Model | Chooser) -> TypeGuard[Chooser]:
    return not model.capabilities.writes


def style_of(options: Options, capabilities: Capabilities) -> str | None:
    """The style to write in where none is asked for; an OptionError for an unknown one."""
    if options.style is None:
        return capabilities.default_style
    if options.style not in capabilities.styles:
        known = ", ".join(capabilities.styles)
        told = f"it knows {known}" if known else "it knows none; leave --style out"
        raise OptionError(f"style {options.style!r} is unknown to this model: {told}")
    return options.style


def refuse_seed(name: str, options: Options) -> None:
    if options.seed is not None:
        raise OptionError(f"{name} decodes deterministically; --seed only affects hard attention")
