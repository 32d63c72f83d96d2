"""Summaries made of the document's own sentences."""

from __future__ import annotations

import time

import numpy as np

from summarize.document.document import Document
from summarize.errors import OptionError
from summarize.models.base import Chooser
from summarize.options import Options
from summarize.pipeline.decision import Answer, known, quotation, quoted, source_of
from summarize.pipeline.outline import (
    best_alone,
    choose_several,
    groups,
    is_outline,
    listed,
    within_budget,
)
from summarize.summary import Summary, Tokens

FOLLOWED = ("length", "sentences", "ratio", "max_words", "batch_size", "overflow", "progress")


def quote(document: Document, options: Options, chooser: Chooser) -> Summary:
    """With a model that chooses. Its tokens are words."""
    started = time.perf_counter()
    answer = known(document, options) or quotations(document, options, chooser)
    words = len(document.text.split())
    return Summary(
        text=answer.text,
        model=chooser.name,
        tokens=Tokens(words, words, len(answer.text.split())),
        seconds=time.perf_counter() - started,
        source=document.source,
        mode="facts" if answer.mode == "facts" else "extractive",
        provenance=answer.provenance,
    )


def quotations(
    document: Document, options: Options, chooser: Chooser, style: str = "tldr"
) -> Answer:
    """One sentence, several, or an outline, by `options`."""
    if not document.sentences:
        return quoted(document, [])
    if is_outline(options):
        return outline(document, options, chooser)
    return quoted(document, choose_several(document, options, chooser, style))


def outline(document: Document, options: Options, chooser: Chooser) -> Answer:
    """The best sentence under each heading; without headings, of each part of the document."""
    values = chooser.scores(document)
    found = []
    best = []
    for group in groups(document, options):
        first = best_alone(document, group.sentences, values)
        if np.isfinite(values[first]):
            found.append(group)
            best.append(first)
    if len(found) < 2:
        return quoted(document, chooser.choose(document, 1))
    texts = [quotation(document, i) for i in best]
    kept = within_budget(document, list(zip(found, texts, strict=True)), options)
    return Answer(
        listed([(found[n].heading, texts[n]) for n in kept]),
        "extractive",
        [source_of(texts[n], best[n]) for n in kept],
        [best[n] for n in kept],
    )


def refuse_ignored(chooser: Chooser, options: Options) -> None:
    """An option that would change nothing is an error."""
    for name, value in vars(options).items():
        if name not in FOLLOWED and value != getattr(Options, name):
            option = "--" + name.replace("_", "-")
            raise OptionError(f"{option} does nothing for the model {chooser.name}; leave it out")
