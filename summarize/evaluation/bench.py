"""Quality, time and memory of several models on the same documents."""

from __future__ import annotations

import time
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summarize.document.sentences import sentences
from summarize.evaluation.data import Data, Row
from summarize.evaluation.environment import environment
from summarize.evaluation.journal import Journal
from summarize.evaluation.plan import Plan as Plan
from summarize.evaluation.result import (
    BenchResult,
    Bucket,
    BucketScores,
    Cost,
    DataFacts,
    Difference,
    KindScores,
    ModelResult,
    Spread,
)
from summarize.evaluation.rouge import (
    RESAMPLES,
    SEED,
    paired_difference,
    report,
    rouge,
    rouge_scores,
    signature,
)
from summarize.evaluation.running import Told, measure
from summarize.evaluation.running import asked_of as asked_of
from summarize.evaluation.text import describe

ORACLE = "oracle"
Values = dict[str, NDArray[np.float64]]  # ROUGE type -> (N, 3) precision, recall, F1
Answers = list[dict[str, Any]]  # of one model, in the order of the documents


def bench(plan: Plan, journal: Journal, told: Told) -> tuple[BenchResult, dict[str, Answers]]:
    """The result, and each model's answers, document by document."""
    rows = plan.data.rows
    answers: dict[str, Answers] = {}
    facts: dict[str, dict[str, Any]] = {}
    for model in plan.models:
        if model == ORACLE:
            answers[model], facts[model] = [best_sentence(row) for row in rows], {}
        else:
            answers[model], facts[model] = measure(model, plan, journal, told)
    references = [row.references for row in rows]
    scores = {m: rouge([a["text"] for a in answers[m]], references) for m in plan.models}
    documents = [row.document for row in rows]
    result = BenchResult(
        date=time.strftime("%Y-%m-%d"),
        data=describe_data(plan.data),
        signature=signature("max" if any(len(r) > 1 for r in references) else "1"),
        seed=SEED,
        resamples=RESAMPLES,
        options=plan.options,
        as_by_default=True,
        batch_size=plan.batch_size,
        processes=plan.processes,
        environment=environment(plan.threads or (1 if plan.processes > 1 else None)),
        models={
            model: ModelResult(
                report(scores[model]),
                describe([a["text"] for a in answers[model]], documents),
                cost(answers[model], facts[model], plan.batch_size > 1 or plan.processes > 1),
            )
            for model in plan.models
        },
        differences=differences(scores),
        buckets=in_buckets(scores, answers, rows, plan.buckets),
        kinds=by_kind(scores, rows),
    )
    return result, answers


def describe_data(data: Data) -> DataFacts:
    return DataFacts(
        name=data.name,
        sha256=data.sha256,
        documents=len(data.rows),
        of=data.available,
        limited=data.available is None or len(data.rows) < data.available,
        words=sum(len(row.document.split()) for row in data.rows),
        ids=[row.id for row in data.rows],
        document_sha256=[row.sha256 for row in data.rows],
    )


def differences(scores: dict[str, Values]) -> dict[str, dict[str, Difference]]:
    """F1 of each model minus that of each one before it, paired."""
    return {
        f"{other} - {one}": {
            kind: paired_difference(values[:, 2], scores[one][kind][:, 2])
            for kind, values in scores[other].items()
        }
        for one, other in combinations(scores, 2)
    }


def cost(answers: Answers, facts: dict[str, Any], in_company: bool) -> Cost | None:
    """Seconds of one document alone, or its share of its batch; memory of the process."""
    if not facts:
        return None
    seconds = [answer["seconds"] for answer in answers]
    written = sum(answer["tokens"]["summary"] for answer in answers)
    read = sum(answer["tokens"]["read"] for answer in answers)
    there = sum(answer["tokens"]["document"] for answer in answers)
    typical = Spread.of(seconds)
    return Cost(
        seconds_per_document=Spread(
            round(typical.median, 6), round(typical.mad, 6) if typical.mad is not None else None
        ),
        tokens_per_second=round(written / max(sum(seconds), 1e-9), 1),
        peak_memory_bytes=max(answer["peak_memory_bytes"] for answer in answers),
        # In batches, or beside other processes, the first summary waits for more than its model.
        cold_start_seconds=None if in_company else round(facts["cold_start_seconds"], 3),
        parameters=facts["parameters"],
        tokens_read_share=round(read / max(1, there), 4),
    )


def in_buckets(
    scores: dict[str, Values],
    answers: dict[str, Answers],
    rows: list[Row],
    ends: tuple[int, ...] | None,
) -> list[Bucket]:
    """Scores by the number of words of the document; without `ends`, by quartiles."""
    counts = np.array([len(row.document.split()) for row in rows])
    if ends is None:
        ends = tuple(int(q) for q in np.quantile(counts, [0.25, 0.5, 0.75]))
    edges = [0, *sorted(set(ends)), max(int(counts.max()), max(ends, default=0) + 1)]
    found = []
    for low, high in zip(edges, edges[1:], strict=False):
        inside = (counts > low) & (counts <= high)
        if not inside.any():
            continue
        models = {}
        for model, values in scores.items():
            seconds = [a["seconds"] for a, here in zip(answers[model], inside, strict=True) if here]
            models[model] = BucketScores(
                **report({kind: v[inside] for kind, v in values.items()}),
                seconds=round(float(np.median(seconds)), 6),
            )
        found.append(
            Bucket(
                words=(int(low) + 1, int(min(high, counts.max()))),
                documents=int(inside.sum()),
                median_words=int(np.median(counts[inside])),
                models=models,
            )
        )
    return found


def by_kind(scores: dict[str, Values], rows: list[Row]) -> dict[str, KindScores]:
    """F1 for each kind of document, if the data names several."""
    kinds = [row.kind for row in rows]
    if len(set(kinds)) < 2:
        return {}
    found = {}
    for kind in dict.fromkeys(kinds):
        inside = np.array([k == kind for k in kinds])
        found[kind or "(none)"] = KindScores(
            documents=int(inside.sum()),
            models={
                model: {name: round(float(v[inside, 2].mean()), 3) for name, v in values.items()}
                for model, values in scores.items()
            },
        )
    return found


def best_sentence(row: Row) -> dict[str, Any]:
    """The sentence of the document that scores best: the limit for any single sentence."""
    found = list(sentences(row.document)) or [row.document]
    f1 = rouge_scores(found, [row.references] * len(found))
    best = found[int((f1["rouge1"] + f1["rouge2"] + f1["rougeL"]).argmax())]
    return {"text": best, "seconds": 0.0}
