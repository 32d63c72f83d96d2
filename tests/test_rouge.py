from __future__ import annotations

import numpy as np
from rouge_score.rouge_scorer import RougeScorer

from summarize.evaluation.rouge import rouge_scores, signature, with_interval


def test_scores_are_rouge_scores() -> None:
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    pairs = [("the cats sat down", "a cat was sitting"), ("nothing", "shared words"), ("", "a")]
    ours = rouge_scores([s for s, _ in pairs], [[r] for _, r in pairs])
    for row, (summary, reference) in enumerate(pairs):
        for kind, score in scorer.score(reference, summary).items():
            assert abs(ours[kind][row] - 100 * score.fmeasure) < 1e-12


def test_of_several_references_the_best_counts() -> None:
    several = rouge_scores(["a b c"], [["x y", "a b c", "a"]])
    assert several["rouge1"][0] == 100


def test_the_interval_is_seeded_and_holds_the_mean() -> None:
    values = np.random.default_rng(0).normal(40, 10, 500)
    first, second = with_interval(values), with_interval(values)
    assert first == second
    assert first["low"] < first["f1"] < first["high"]
    error = 10 / 500**0.5
    assert 3 * error < first["high"] - first["low"] < 5 * error


def test_the_signature_names_what_matters() -> None:
    assert signature().startswith("ROUGE|nrefs:1|stem:yes") and "seed:" in signature("max")
