"""What bench, score and scaling find out. In files it is JSON, schema version 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from summarize.errors import DataError
from summarize.evaluation.codec import from_json, to_json

SCHEMA_VERSION = 1
ROUGE_TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")
# What scaling fits and draws, by name.
QUANTITIES = ("encoder", "decoder_step", "whole", "training_step", "memory", "training_memory")


# --- quality -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % interval; a single value has none."""

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Score:
    """One type of ROUGE, in percent."""

    precision: Interval
    recall: Interval
    f1: Interval


Scores = dict[str, Score]  # by ROUGE type


@dataclass(frozen=True)
class Difference:
    """F1 of one model minus that of another on the same documents, and the p of a paired test."""

    difference: float
    low: float | None
    high: float | None
    p: float


@dataclass(frozen=True, kw_only=True)
class TextFacts:
    """What can be said of summaries without a reference: means over them."""

    words: float | None
    repeated_word_pairs: float | None
    distinct_summaries: float | None
    empty_summaries: float | None
    compression: float | None = None  # the last four compare with the documents
    novel_1grams: float | None = None
    novel_2grams: float | None = None
    novel_3grams: float | None = None


@dataclass(frozen=True)
class Spread:
    """Seconds: the median, and the median absolute deviation from it."""

    median: float
    mad: float | None = None
    repeats: int | None = None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        middle = median(seconds)
        mad = median(abs(value - middle) for value in seconds) if len(seconds) > 1 else None
        return cls(middle, mad, len(seconds))


@dataclass(frozen=True)
class Cost:
    """What a model takes. Seconds are of one document alone, or its share of its batch."""

    seconds_per_document: Spread
    tokens_per_second: float
    peak_memory_bytes: int
    cold_start_seconds: float | None
    parameters: int
    tokens_read_share: float


@dataclass(frozen=True)
class ModelResult:
    scores: Scores
    text: TextFacts
    cost: Cost | None = None  # None: nothing ran


@dataclass(frozen=True)
class BucketScores:
    """A model's F1 and seconds for documents of a certain length."""

    rouge1: Score
    rouge2: Score
    rougeL: Score  # noqa: N815
    rougeLsum: Score  # noqa: N815
    seconds: float


@dataclass(frozen=True)
class Bucket:
    words: tuple[int, int]  # of the documents, from and to
    documents: int
    median_words: int
    models: dict[str, BucketScores]


@dataclass(frozen=True)
class KindScores:
    """F1 for documents of one kind: model -> ROUGE type -> mean."""

    documents: int
    models: dict[str, dict[str, float]]


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """The documents that were measured on. `of` is how many there were before the limit."""

    name: str
    documents: int
    sha256: str | None = None
    of: int | None = None
    limited: bool = False
    words: int | None = None
    ids: list[str] | None = None
    document_sha256: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """Of `bench`, and of `score`, where no model ran."""

    command: str | None = None
    schema_version: int = SCHEMA_VERSION
    kind: str = "bench"
    date: str | None = None
    data: DataFacts
    signature: str
    seed: int
    resamples: int
    # The options that were given. Results of 0.1 had mode="abstractive" and overflow="truncate"
    # unless they say otherwise; since then, nothing given means what `summarize` does by default.
    options: dict[str, Any] = field(default_factory=dict)
    as_by_default: bool = False
    batch_size: int = 1
    processes: int = 1
    environment: dict[str, Any] | None = None
    models: dict[str, ModelResult]
    differences: dict[str, dict[str, Difference]]  # "b - a" -> ROUGE type
    buckets: list[Bucket] = field(default_factory=list)
    kinds: dict[str, KindScores] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)  # of scripts that add to a result

    def to_dict(self) -> dict[str, Any]:
        values: dict[str, Any] = to_json(self)
        extra: dict[str, Any] = values.pop("extra")
        return values | extra


# --- growth with the length of the document ----------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Inference, or a training step, of one model at one length."""

    engine: str | None = None
    read: int | None = None  # tokens of the document
    parameters: int | None = None
    beam_size: int | None = None
    past_training: bool | None = None  # longer than anything that the model was trained on
    longer_position_table: bool | None = None  # made longer for the measurement
    batch: int | None = None
    seconds: dict[str, Spread] = field(default_factory=dict)  # by what was timed
    peak_memory_bytes: int | None = None
    out_of_memory: bool | None = None
    error: str | None = None


@dataclass(frozen=True)
class MultiplyAdds:
    encoder: int
    decoder_step: int
    whole: int


@dataclass(frozen=True, kw_only=True)
class ScalingCell:
    """Everything about one model at one length."""

    length: int
    inference: Phase
    training: Phase | None = None
    multiply_adds: MultiplyAdds | None = None

    def phase(self, name: str) -> Phase:
        """That of "inference" or "training"; an empty one if it was not measured."""
        found = self.inference if name == "inference" else self.training
        return found or Phase()

    def value(self, quantity: str) -> float | None:
        """Seconds or bytes of one of QUANTITIES."""
        phase = self.phase("training" if quantity.startswith("training") else "inference")
        if quantity in ("memory", "training_memory"):
            return phase.peak_memory_bytes
        found = phase.seconds.get(quantity)
        return found.median if found else None


@dataclass(frozen=True)
class Fit:
    """value = c * length ** exponent, with the 95 % interval of the exponent."""

    exponent: float
    low: float
    high: float
    from_: int
    to: int


@dataclass(frozen=True)
class Crossing:
    """Between measured lengths, the model that was cheaper becomes the dearer one."""

    quantity: str
    cheaper_before: str
    cheaper_after: str
    length: int


@dataclass(frozen=True, kw_only=True)
class ScalingResult:
    command: str | None = None
    schema_version: int = SCHEMA_VERSION
    kind: str = "scaling"
    date: str | None = None
    lengths: list[int]
    summary_tokens: int
    training_batch: int
    environment: dict[str, Any]
    memory_limit_bytes: int | None = None
    models: dict[str, list[ScalingCell]]
    exponents: dict[str, dict[str, Fit]]  # model -> quantity
    crossings: list[Crossing]
    extra: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        values: dict[str, Any] = to_json(self)
        extra: dict[str, Any] = values.pop("extra")
        return values | extra


Result = BenchResult | ScalingResult
KINDS: dict[str, type[BenchResult] | type[ScalingResult]] = {
    "bench": BenchResult,
    "score": BenchResult,
    "scaling": ScalingResult,
}


def result_of(values: Any) -> Result:
    """From the JSON of a file. Raises DataError, with what is odd about it."""
    kind = values.get("kind") if isinstance(values, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise DataError("not a result of bench, score or scaling")
    if values.get("schema_version") != SCHEMA_VERSION:
        raise DataError(
            f"schema_version is {values.get('schema_version')!r}; "
            f"this version of summarize reads {SCHEMA_VERSION}"
        )
    made = KINDS[kind]
    known = {name for name in made.__dataclass_fields__ if name != "extra"}
    extra = {name: value for name, value in values.items() if name not in known}
    found: Result = from_json(made, {k: v for k, v in values.items() if k in known})
    found.extra.update(extra)
    return found
