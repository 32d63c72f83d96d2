"""Summaries that a model writes: what it reads of each document, and which text is given."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from summarize.document.document import Document
from summarize.errors import OptionError
from summarize.models.base import Draft, Model, Passage, Source
from summarize.models.extract import Extract
from summarize.options import Options
from summarize.pipeline.batching import write_sorted
from summarize.pipeline.chunking import write_chunks, written
from summarize.pipeline.decision import Answer, Written, as_written, decide, finished, known, told
from summarize.pipeline.outline import groups, is_outline, listed, within_budget
from summarize.pipeline.overflow import to_read
from summarize.pipeline.quoting import quotations
from summarize.pipeline.reading import Reading
from summarize.pipeline.style import style_for
from summarize.summary import Summary, Tokens

SELECTION = Extract()  # chooses what is quoted where writing is not trusted


class Job(NamedTuple):
    """What one draft is written from: some sentences of a document."""

    reading: Reading
    sentences: list[int]
    passage: Passage
    source: Source
    style: str | None
    overflow: str | None  # how they came to be fewer than the document has


@dataclass(frozen=True)
class Writing:
    """A model, its window, and how often an unfinished sentence is written again."""

    model: Model
    window: int
    retries: int

    def run(self, documents: Sequence[Document], asked: Options) -> list[Summary]:
        """In order; `seconds` of each is its share of its batch."""
        self.model.check(asked)
        self.refuse_counts(asked)
        summaries: list[Summary | None] = [None] * len(documents)
        jobs: dict[int, Job] = {}
        seconds = [0.0] * len(documents)
        for i, document in enumerate(documents):
            started = time.perf_counter()
            reading = Reading(self.model, document)
            summaries[i] = self.at_once(reading, asked)
            if summaries[i] is None:
                jobs[i] = self.job(reading, asked)
            seconds[i] = time.perf_counter() - started
        drafts, shares = self.write(list(jobs.values()), asked)
        for (i, job), draft, share in zip(jobs.items(), drafts, shares, strict=True):
            started = time.perf_counter()
            found = self.settle(job, draft, asked)
            seconds[i] += share + time.perf_counter() - started
            summaries[i] = found
        return [
            replace(summary, seconds=taken, source=document.source)
            for summary, taken, document in zip(summaries, seconds, documents, strict=True)
            if summary is not None
        ]

    def refuse_counts(self, asked: Options) -> None:
        """A model that writes several sentences decides how many."""
        if self.model.capabilities.writes_one_sentence or asked.mode == "extractive":
            return
        for name in ("sentences", "ratio", "max_words"):
            if getattr(asked, name) is not None:
                option = "--" + name.replace("_", "-")
                raise OptionError(
                    f"{option} does nothing for {self.model.name}, which decides how much it "
                    "writes; use --length or --max-tokens, or -m extract"
                )

    def at_once(self, reading: Reading, asked: Options) -> Summary | None:
        """The summary of a document that is not written in a batch with others."""
        document = reading.document
        one_sentence = self.model.capabilities.writes_one_sentence
        if asked.mode == "auto" and (answer := known(document, asked) or told(document, asked)):
            return self.summary(reading, answer)
        is_quoted = asked.mode == "extractive" or not document.sentences
        if is_quoted or (one_sentence and not asked.is_short and asked.mode == "auto"):
            style = style_for(document, asked, self.model.capabilities)
            return self.summary(reading, quotations(document, asked, SELECTION, style or "tldr"))
        if one_sentence and not asked.is_short:
            return self.several(reading, asked)
        if asked.overflow == "chunk" and reading.total > self.window:
            return self.chunks(reading, asked)
        return None

    # --- one draft ---------------------------------------------------------------------------

    def job(self, reading: Reading, asked: Options, among: Sequence[int] | None = None) -> Job:
        """To write from the whole document, or from the sentences `among` it."""
        style = style_for(reading.document, asked, self.model.capabilities)
        sentences, overflow = to_read(reading, self.window, asked.overflow, among, style)
        passage = reading.passage(sentences)
        source = self.model.read(passage, self.window)
        return Job(reading, sentences, passage, source, style, overflow)

    def write(self, jobs: Sequence[Job], asked: Options) -> tuple[list[Draft], list[float]]:
        """Drafts in order, and each one's share of its batch's seconds."""
        drafts, seconds = [Draft("", 0)] * len(jobs), [0.0] * len(jobs)
        for style in sorted({job.style for job in jobs}, key=str):
            rows = [i for i, job in enumerate(jobs) if job.style == style]
            found, shares = write_sorted(
                self.model,
                [jobs[i].source for i in rows],
                replace(asked, style=style),
                self.retries,
            )
            for i, draft, share in zip(rows, found, shares, strict=True):
                drafts[i], seconds[i] = draft, share
        return drafts, seconds

    def written(self, job: Job, draft: Draft) -> Written:
        owners = [{i: 1.0} for i in job.sentences]
        return written(self.model, job.source, draft, job.passage, owners)

    def settle(self, job: Job, draft: Draft, asked: Options) -> Summary:
        """What the model wrote, or what is better given instead."""
        found = self.written(job, draft)
        document = job.reading.document
        quote = partial(SELECTION.choose, document, 1, job.style or "tldr")
        answer = decide(document, found, asked, quote, self.model.judge, job.style)
        return self.summary(
            job.reading,
            answer,
            read=job.source.read,
            written=draft.tokens,
            style=job.style if job.source.read else None,
            confidence=answer.confidence,
            overflow=job.overflow,
        )

    # --- several drafts ----------------------------------------------------------------------

    def several(self, reading: Reading, asked: Options) -> Summary:
        """A sentence for each part of the document, or for what stands under each heading."""
        parts = groups(reading.document, asked)
        jobs = [self.job(reading, asked, part.sentences) for part in parts]
        drafts, _ = self.write(jobs, asked)
        found = [self.written(job, draft) for job, draft in zip(jobs, drafts, strict=True)]
        lines = [
            (part, finished(one.text)) for part, one in zip(parts, found, strict=True) if one.text
        ]
        given = [one for one in found if one.text]
        kept = within_budget(reading.document, lines, asked)
        answers = [as_written(given[n]) for n in kept]
        texts = [lines[n][1] for n in kept]
        names = [lines[n][0].heading for n in kept]
        known = [c for n in kept if (c := given[n].confidence) is not None]
        answer = Answer(
            listed(list(zip(names, texts, strict=True))) if is_outline(asked) else " ".join(texts),
            "abstractive",
            [cited for answer in answers for cited in answer.provenance],
        )
        return self.summary(
            reading,
            answer,
            read=sum(job.source.read for job in jobs),
            written=sum(given[n].tokens for n in kept),
            style=jobs[0].style,
            confidence=sum(known) / len(known) if known else None,
            chunks=len(jobs),
            overflow="select" if any(job.overflow for job in jobs) else None,
        )

    def chunks(self, reading: Reading, asked: Options) -> Summary:
        style = style_for(reading.document, asked, self.model.capabilities)
        options = replace(asked, style=style)
        found, count, read = write_chunks(self.model, reading, options, self.window, self.retries)
        quote = partial(SELECTION.choose, reading.document, 1, style or "tldr")
        answer = decide(reading.document, found, asked, quote, self.model.judge, style)
        return self.summary(
            reading,
            answer,
            read=read,
            written=found.tokens,
            style=style,
            confidence=answer.confidence,
            chunks=count,
            overflow="chunk",
        )

    # --- what is known -----------------------------------------------------------------------

    def summary(
        self,
        reading: Reading,
        answer: Answer,
        *,
        read: int | None = None,
        written: int = 0,
        style: str | None = None,
        confidence: float | None = None,
        chunks: int = 1,
        overflow: str | None = None,
    ) -> Summary:
        total = reading.total
        tokens = written
        if answer.mode != "abstractive":
            tokens = sum(map(reading.tokens, answer.quoted))
        return Summary(
            text=answer.text,
            model=self.model.name,
            # What is chosen from is read, if not by the network.
            tokens=Tokens(max(total, read or 0), total if read is None else read, tokens),
            seconds=0.0,
            style=style,
            mode=answer.mode,
            chunks=chunks,
            confidence=confidence,
            provenance=answer.provenance,
            overflow=overflow,
            is_fallback=answer.is_fallback,
        )
