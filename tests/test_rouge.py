from __future__ import annotations

import numpy as np
from rouge_score.rouge_scorer import RougeScorer

from summarize.evaluation.rouge import paired_difference, rouge_scores, signature, with_interval


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
    assert first.low is not None and first.high is not None
    assert first.low < first.mean < first.high
    error = 10 / 500**0.5
    assert 3 * error < first.high - first.low < 5 * error


def test_the_signature_names_what_matters() -> None:
    assert signature().startswith("ROUGE|nrefs:1|stem:yes") and "seed:" in signature("max")


def test_the_paired_test_agrees_with_scipys() -> None:
    """Where the t-test is valid (a normal difference), interval and p are near it."""
    from scipy.stats import ttest_rel

    generator = np.random.default_rng(1)
    base = generator.normal(30, 20, 400)
    for shift in (0.0, 0.3, 1.5):
        other = base + generator.normal(shift, 3, 400)
        found, expected = paired_difference(other, base), ttest_rel(other, base)
        interval = expected.confidence_interval()
        assert found.low is not None and found.high is not None
        assert abs(found.low - interval.low) < 0.1 and abs(found.high - interval.high) < 0.1
        assert abs(found.p - expected.pvalue) < 0.05
        assert paired_difference(base, other).difference == -found.difference
    assert paired_difference(base, base).p == 1.0
