"""Where each word of a summary looked in its document."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from summarize.document.document import Document
from summarize.errors import DocumentError, ModelError, OptionError
from summarize.models.base import Span
from summarize.options import Options
from summarize.pipeline.alignment import WORD, Alignment, to_words
from summarize.pipeline.outline import groups
from summarize.pipeline.reading import Reading
from summarize.pipeline.writing import Writing


def attend(
    writing: Writing,
    document: Document,
    options: Options,
    layer: int | None = None,
    head: int | None = None,
) -> Alignment:
    """Raises ModelError where there is nothing to look at."""
    model = writing.model
    if not model.capabilities.attends:
        raise ModelError(
            f"{model.name} has no attention over the document to look at; use -m attention"
        )
    if not document.sentences:
        raise DocumentError(f"{document.source or 'the document'} has no sentence to look at")
    model.check(options)
    reading = Reading(model, document)
    if options.overflow == "chunk" and reading.total > writing.window:
        raise OptionError(
            "attend shows a single pass over the text; use --overflow select or --overflow truncate"
        )
    among: list[Sequence[int] | None] = [None]
    if model.capabilities.writes_one_sentence and not options.is_short:
        among = [part.sentences for part in groups(document, options)]
    jobs = [writing.job(reading, options, sentences) for sentences in among]
    drafts, _ = writing.write(jobs, options)
    source: list[Span] = []
    sentence: list[int] = []
    found = []
    kind = ""
    for job, draft in zip(jobs, drafts, strict=True):
        attention = model.attention(job.source, draft, style=job.style, layer=layer, head=head)
        if attention is None:
            continue
        kind = attention.kind
        words = to_words(job.passage, attention).shown_as(draft.text)
        found.append((len(source), words))
        spans, numbers = words_of(document, job.sentences)
        source += spans[: words.weights.shape[1]]
        sentence += numbers[: words.weights.shape[1]]
    summary = [word for _, words in found for word in words.summary]
    if not summary:
        raise ModelError(f"{model.name} wrote nothing; there is nothing to look at")
    weights = np.zeros((len(summary), len(source)), dtype=np.float32)
    row = 0
    for first, words in found:
        height, width = words.weights.shape
        weights[row : row + height, first : first + width] = words.weights
        row += height
    read = sum(job.source.read for job in jobs)
    return Alignment(
        text=document.text,
        source=tuple(source),
        sentence=np.array(sentence),
        summary=tuple(summary),
        weights=weights,
        outside=np.concatenate([words.outside for _, words in found]),
        model=model.name,
        kind=kind,
        tokens_read=read,
        tokens_document=max(read, reading.total),
        style=jobs[0].style,
        chunks=len(jobs),
        overflow=next((job.overflow for job in jobs if job.overflow), None),
        familiarity=jobs[0].source.familiarity,
    )


def words_of(document: Document, indices: Sequence[int]) -> tuple[list[Span], list[int]]:
    """The words of these sentences, and which sentence each is in."""
    spans, numbers = [], []
    for i in indices:
        sentence = document.sentences[i]
        for match in WORD.finditer(document.text, sentence.start, sentence.end):
            spans.append(match.span())
            numbers.append(i)
    return spans, numbers
