"""Summaries made of the document's own sentences."""

from __future__ import annotations

import time

from summarize.document.document import Document
from summarize.errors import OptionError
from summarize.models.base import Chooser
from summarize.options import Options
from summarize.pipeline.decision import Answer, quotation, quoted, source_of
from summarize.pipeline.outline import (
    Choose,
    choose_several,
    groups,
    listed,
    within_budget,
)
from summarize.pipeline.selection import scores
from summarize.summary import Summary, Tokens

FOLLOWED = ("length", "sentences", "ratio", "max_words", "batch_size", "overflow", "progress")


def quote(document: Document, options: Options, model: Chooser) -> Summary:
    """With a model that chooses. Its tokens are words."""
    started = time.perf_counter()
    answer = quotations(document, options, model.choose)
    words = len(document.text.split())
    return Summary(
        text=answer.text,
        model=model.name,
        tokens=Tokens(words, words, len(answer.text.split())),
        seconds=time.perf_counter() - started,
        source=document.source,
        mode="extractive",
        provenance=answer.provenance,
    )


def quotations(document: Document, options: Options, choose: Choose) -> Answer:
    """One sentence, several, or an outline, by `options`."""
    if not document.sentences:
        return quoted(document, [])
    if options.length == "long" and options.sentences is None and options.ratio is None:
        return outline(document, options, choose)
    return quoted(document, choose_several(document, options, choose))


def outline(document: Document, options: Options, choose: Choose) -> Answer:
    """The best sentence under each heading; without headings, of each part of the document."""
    found = groups(document, options)
    if len(found) < 2:
        return quoted(document, choose(document, 1))
    values = scores(document)
    best = [max(group.sentences, key=lambda i: values[i]) for group in found]
    texts = [quotation(document, i) for i in best]
    kept = within_budget(document, list(zip(found, texts, strict=True)), options)
    return Answer(
        listed([(found[n].heading, texts[n]) for n in kept]),
        "extractive",
        [source_of(texts[n], best[n]) for n in kept],
        [best[n] for n in kept],
    )


def refuse_ignored(model: Chooser, options: Options) -> None:
    """An option that would change nothing is an error."""
    for name, value in vars(options).items():
        if name not in FOLLOWED and value != getattr(Options, name):
            option = "--" + name.replace("_", "-")
            raise OptionError(f"{option} does nothing for the model {model.name}; leave it out")
