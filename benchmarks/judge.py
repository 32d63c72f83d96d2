"""Train the judge of a checkpoint: when to give what was written, when the chosen sentence.

    python benchmarks/judge.py /path/to/data -o benchmarks/results/judge.json

Of dev documents (general English, arXiv, documentation, SciTLDR), decoded as by rerank.py and from
the same cache: the written line that the reranker puts first, the sentence that the selector
chooses, and the ROUGE of both. Two ridge regressions from signals that need no reference; every
figure below is from five-fold cross-validation by source (beams of rerank.py's training documents
are learned from each time), and the weights written to FOLDER/judge.json are of all of them. Run
it after rerank.py.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from decodes import DEV, TRAIN, Decoded, decode, writer
from numpy.typing import NDArray
from scipy.stats import spearmanr

from summarize.document.document import Document
from summarize.evaluation.environment import command_line, environment
from summarize.evaluation.rouge import rouge_scores
from summarize.files import write_text
from summarize.models.base import Passage, Standing
from summarize.models.judge import FILE, NAMES, PRICE, USUAL_DOUBT, Case, Judge, features
from summarize.models.registry import shipped
from summarize.models.rerank import Reranker
from summarize.models.rnn import Rnn, first_fit
from summarize.models.scorer import CLIP
from summarize.models.selector import score_sentences
from summarize.rnn.manifest import add_to_set

FOLDS, RIDGE = 5, 300.0
# A margin keeps good lines out as well as bad ones; the price of doubt tells them apart.
MARGINS = {"title": 0.0, "tldr": 0.0}
PRICES = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0)  # beside it, for the curve
KINDS = ("rouge1", "rouge2", "rougeL")
Array = NDArray[np.float64]


class Cases(NamedTuple):
    decoded: list[Decoded]
    rows: Array  # (N, F)
    doubt: Array  # (N,) how likely the line says what its source does not
    written: Array  # (N, 3) ROUGE of the written lines
    chosen: Array  # (N, 3) ... of the chosen sentences
    fold: NDArray[np.int64]


def best_line(model: Rnn, one: Decoded) -> tuple[int, Standing | None]:
    """As the model gives it: by the reranker, without lines that repeat themselves."""
    if model.reranker is None:
        return first_fit(one.lines, range(len(one.lines))), None
    passage = Passage(one.passage, one.starts, ())
    ranking = model.reranker.rank(passage, one.style, one.lines, one.familiarity)
    best = first_fit(one.lines, ranking.order)
    return best, ranking.standing(best)


def cases_of(model: Rnn, found: Sequence[Decoded]) -> Cases:
    rows, doubt, written, chosen = [], [], [], []
    for one in found:
        best, standing = best_line(model, one)
        line = one.lines[best]
        document = Document.from_text(one.document)
        sentence = score_sentences(document, one.style).best
        familiar = 1.0 if one.familiarity is None else one.familiarity
        confidence = math.exp(float(np.mean(line.log_probs))) if line.log_probs else 0.0
        case = Case(
            document, line.text, sentence, confidence * familiar, familiar, one.style, standing
        )
        rows.append(features(case))
        doubt.append(standing.doubt if standing else USUAL_DOUBT)
        written.append(line.text)
        chosen.append(document.sentence_text(sentence) if sentence is not None else "")
    references = [one.references for one in found]
    return Cases(
        list(found),
        np.array(rows),
        np.array(doubt),
        rouge(written, references),
        rouge(chosen, references),
        np.array([zlib.crc32(one.source.encode()) // 7 % FOLDS for one in found]),
    )


def rouge(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Array:
    scores = rouge_scores(texts, references)
    return np.stack([scores[kind] for kind in KINDS], axis=1)


def fitted(rows: Array, targets: Array) -> tuple[Array, Array, Array]:
    """Mean and scale of the signals, and for each target its weights, the constant last."""
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    x = np.clip((rows - mean) / scale, -CLIP, CLIP)
    x = np.hstack([x, np.ones((len(x), 1))])
    penalty = RIDGE * np.eye(x.shape[1])
    penalty[-1, -1] = 0
    return mean, scale, np.linalg.solve(x.T @ x + penalty, x.T @ targets)


def predicted(model: tuple[Array, Array, Array], rows: Array) -> Array:
    mean, scale, weights = model
    x = np.clip((rows - mean) / scale, -CLIP, CLIP)
    result: Array = x @ weights[:-1] + weights[-1]
    return result


def together(cases: Cases, more: Cases) -> tuple[Array, Array]:
    """Signals and targets of both."""
    return (
        np.concatenate([cases.rows, more.rows]),
        np.concatenate([targets_of(cases), targets_of(more)]),
    )


def cross_validated(cases: Cases, more: Cases) -> Array:
    """(N, 2) gain and worth of each case, by rules that have not seen its source. They always learn
    from `more`, which is training data of other sources."""
    targets = targets_of(cases)
    found = np.zeros((len(targets), 2))
    for fold in range(FOLDS):
        inside = cases.fold == fold
        if inside.any() and not inside.all():
            rest = cases._replace(
                rows=cases.rows[~inside],
                written=cases.written[~inside],
                chosen=cases.chosen[~inside],
            )
            found[inside] = predicted(fitted(*together(rest, more)), cases.rows[inside])
    return found


def targets_of(cases: Cases) -> Array:
    written, chosen = cases.written.mean(axis=1), cases.chosen.mean(axis=1)
    return np.stack([written - chosen, written], axis=1)


def written_of(cases: Cases, gain: Array, price: float | None = None) -> NDArray[np.bool_]:
    """(N,) whether the line is given; at another price than the judge's."""
    margins = np.array([MARGINS[one.style] for one in cases.decoded])
    prices = np.array([PRICE[one.style] if price is None else price for one in cases.decoded])
    result: NDArray[np.bool_] = gain > margins + prices * (cases.doubt - USUAL_DOUBT)
    return result


def curve(cases: Cases, gain: Array) -> dict[str, Any]:
    """General English, by style: what is given at other prices of a fault, and how many faults
    can be expected in it."""
    general = np.array([one.data.startswith("general") for one in cases.decoded])
    styles = np.array([one.style for one in cases.decoded])
    masks = {"all": general, **{s: general & (styles == s) for s in MARGINS}}
    always = np.full(len(gain), True)
    rules = {"always written": always, "always chosen": ~always}
    rules["auto"] = written_of(cases, gain)
    rules |= {f"price {price:g}": written_of(cases, gain, price) for price in PRICES}
    return {
        name: {label: given(cases, is_written, mask) for label, mask in masks.items()}
        for name, is_written in rules.items()
    }


def given(cases: Cases, is_written: NDArray[np.bool_], mask: NDArray[np.bool_]) -> dict[str, Any]:
    auto = np.where(is_written[:, None], cases.written, cases.chosen)[mask]
    lines, doubt = is_written[mask], cases.doubt[mask]
    return {
        "rouge": means(auto),
        "share written": round(float(lines.mean()), 3),
        "doubt of a line given": round(float(doubt[lines].mean()), 3) if lines.any() else None,
        "faults expected in 100": round(100 * float(np.where(lines, doubt, 0).mean()), 1),
    }


def table(cases: Cases, gain: Array, worth: Array) -> dict[str, Any]:
    groups: dict[str, NDArray[np.bool_]] = {"all": np.full(len(gain), True)}
    general = np.array([one.data.startswith("general") for one in cases.decoded])
    names = [one.domain if one.data.startswith("general") else one.data for one in cases.decoded]
    groups["general English"] = general
    for style in ("title", "tldr"):
        groups[f"general English, {style}"] = general & np.array(
            [one.style == style for one in cases.decoded]
        )
    for name in sorted(set(names)):
        groups[name] = np.array([other == name for other in names])
    is_written = written_of(cases, gain)
    auto = np.where(is_written[:, None], cases.written, cases.chosen)
    confidence = cases.rows[:, NAMES.index("confidence")]
    return {
        name: {
            "documents": int(mask.sum()),
            "written": means(cases.written[mask]),
            "chosen": means(cases.chosen[mask]),
            "auto": means(auto[mask]),
            "better of both": means(np.maximum(cases.written, cases.chosen)[mask]),
            "share written": round(float(is_written[mask].mean()), 3),
            "rank correlation with ROUGE": {
                "confidence": correlation(confidence[mask], cases.written[mask]),
                "worth": correlation(worth[mask], cases.written[mask]),
            },
        }
        for name, mask in groups.items()
        if mask.sum() > 1
    }


def means(values: Array) -> list[float]:
    return [round(float(v), 2) for v in values.mean(axis=0)]


def correlation(signal: Array, scores: Array) -> float | None:
    found = float(spearmanr(signal, scores.mean(axis=1))[0]) if np.ptp(signal) > 0 else math.nan
    return None if math.isnan(found) else round(found, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of the dev files")
    parser.add_argument("--folder", type=Path, default=shipped("attention"))
    parser.add_argument("--cache", type=Path, default=Path("build/beams"))
    parser.add_argument("--dev-size", type=float, default=2.5, help="1 decodes 1,000 documents")
    parser.add_argument(
        "--train-size", type=float, default=0.2, help="1 learns from 10,000 training documents, too"
    )
    parser.add_argument("--keep", action="store_true", help="measure, but write no weights")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    dev = decode(arguments.folder, arguments.data, arguments.cache, DEV, arguments.dev_size)
    model = writer(arguments.folder)
    model.reranker = Reranker.from_files(model.files, arguments.folder)
    train = decode(arguments.folder, arguments.data, arguments.cache, TRAIN, arguments.train_size)
    cases = cases_of(model, [one for one in dev if one.lines])
    more = cases_of(model, [one for one in train if one.lines])
    gain, worth = cross_validated(cases, more).T
    found, prices = table(cases, gain, worth), curve(cases, gain)
    for name, values in found.items():
        print(
            f"{name:26} {values['documents']:5}  written {values['written'][0]:5.1f}  "
            f"chosen {values['chosen'][0]:5.1f}  auto {values['auto'][0]:5.1f}  "
            f"{values['share written']:.0%} written  {values['rank correlation with ROUGE']}"
        )
    for name, values in prices.items():
        print(name, values)
    mean, scale, weights = fitted(*together(cases, more))
    strongest = np.argsort(-np.abs(weights[:-1, 0]))[:8]
    print("gain:", {NAMES[i]: round(float(weights[i, 0]), 2) for i in strongest})
    judge = Judge(mean, scale, weights[:, 0], weights[:, 1], MARGINS)
    if not arguments.keep:
        add_to_set(arguments.folder, {FILE: judge.to_bytes()})
        print(arguments.folder / FILE, len(judge.to_bytes()), "bytes")
    if arguments.output:
        result = {
            "command": command_line("python", sys.argv[0]),
            "date": time.strftime("%Y-%m-%d"),
            "environment": environment(),
            "folds": FOLDS,
            "margins": MARGINS,
            "price": PRICE,
            "usual doubt": USUAL_DOUBT,
            "dev": found,
            "general English, by price": prices,
        }
        write_text(arguments.output, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
