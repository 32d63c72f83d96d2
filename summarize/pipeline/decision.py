"""Which text is given: what the model wrote, sentences of the document, or all of a short one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from summarize.document.document import Document
from summarize.document.gist import gist
from summarize.document.sentences import bounded, is_finished
from summarize.models.base import Standing
from summarize.models.familiarity import LEAST_CONFIDENCE
from summarize.models.judge import Case, Judge
from summarize.models.term_vectors import STOP_WORDS
from summarize.options import Options
from summarize.pipeline.alignment import cited

SHORT_WORDS = 20  # a text that is no longer is given whole where the model can't be trusted


TURNS = 4  # from which on a text is a conversation


class Written(NamedTuple):
    """What a model wrote, and for each of its sentences how much each sentence of the document
    was read for it."""

    text: str
    tokens: int
    confidence: float | None  # familiarity multiplied in
    familiarity: float | None
    read_from: Sequence[tuple[str, dict[int, float]]] = ()
    standing: Standing | None = None


class Answer(NamedTuple):
    """What is given, and why."""

    text: str
    mode: str  # abstractive, extractive, document, mixed or facts
    provenance: list[dict[str, Any]]
    quoted: Sequence[int] = ()  # sentences of the document
    is_fallback: bool = False
    confidence: float | None = None


def decide(
    document: Document,
    found: Written,
    options: Options,
    quote: Callable[[], list[int]],
    judge: Judge | None = None,
    style: str | None = None,
) -> Answer:
    """What was written, or the sentence that `quote` chooses; never longer than the document. A
    judge weighs the one against the other; without one, what the model is sure of is given."""
    confidence = found.confidence
    if count_letters(found.text) >= count_letters(document.text):
        return whole(document)._replace(confidence=confidence)
    chosen: list[int] | None = None
    is_written = not is_doubtful(found)
    if judge is not None and found.familiarity and confidence is not None:
        chosen = quote()
        first = chosen[0] if chosen else None
        verdict = judge.weigh(
            Case(
                document,
                found.text,
                first,
                confidence,
                found.familiarity,
                style or "tldr",
                found.standing,
            )
        )
        is_written, confidence = verdict.is_written, verdict.worth / 100
        if style == "tldr" and len(found.read_from) > 1:
            is_written = False  # a sentence was asked for; two are glued from a heading, mostly
    is_written = is_written and not has_turns(document)
    if options.mode == "abstractive" or is_written:
        answer = as_written(found)
    elif len(document.text.split()) <= SHORT_WORDS or len(document.sentences) == 1:
        answer = whole(document)
    else:
        sentences = quote() if chosen is None else chosen
        answer = quoted(document, sentences)._replace(is_fallback=True)
    return answer._replace(confidence=confidence)


def has_turns(document: Document) -> bool:
    """Whether several people speak: who said what is lost in a line that is written."""
    speakers = [block.speaker for block in document.blocks if block.speaker]
    return len(speakers) >= TURNS and len(set(speakers)) > 1


def is_doubtful(found: Written) -> bool:
    """Whether the text is foreign to the model, or the model unsure of it."""
    return found.familiarity is not None and (found.confidence or 0.0) < LEAST_CONFIDENCE


def known(document: Document, options: Options) -> Answer | None:
    """What needs no model: what was counted in a table, a log, a patch or code; and in one
    sentence of a manual page, the line under NAME, which its author wrote for that."""
    if found := document.facts.get("summary"):
        return Answer(str(found), "facts", [])
    if document.name_line is None or not options.is_short:
        return None
    text = " ".join(document.block_text(document.name_line).split()).removesuffix(" .")
    inside = [i for i, s in enumerate(document.sentences) if s.block == document.name_line]
    return Answer(text, "extractive", [source_of(text, i) for i in inside[:1]], inside[:1])


def told(document: Document, options: Options) -> Answer | None:
    """Which license a text is, which release of a changelog is the newest, or what a meeting
    decided."""
    found = gist(document) if options.is_short else None
    return Answer(found, "facts", []) if found else None


def as_written(found: Written) -> Answer:
    return Answer(
        found.text, "abstractive", [cited(text, shares) for text, shares in found.read_from]
    )


def whole(document: Document) -> Answer:
    """A short text as it is, white space aside."""
    every = range(len(document.sentences))
    text = " ".join(document.text.split())
    return Answer(text, "document", [source_of(document.sentence_text(i), i) for i in every], every)


def quoted(document: Document, indices: Sequence[int]) -> Answer:
    """Sentences of the document; of one without sentences its beginning."""
    if not indices:
        text = " ".join(document.text.split())
        return Answer(bounded(text), "document" if bounded(text) == text else "extractive", [])
    texts = [quotation(document, i) for i in indices]
    found = [source_of(text, i) for text, i in zip(texts, indices, strict=True)]
    if len(texts) > 1:  # else it stands alone, as it is
        texts = list(map(finished, texts))
    return Answer(" ".join(texts), "extractive", found, indices)


def quotation(document: Document, index: int) -> str:
    """A sentence with its speaker, if it has one. After a greeting ("Hi Ann, the movers ...") it
    may lack its capital; a name such as npm stays as it is."""
    speaker = document.blocks[document.sentences[index].block].speaker
    text = bounded(document.sentence_text(index))
    if text.split(" ", 1)[0] in STOP_WORDS:
        text = text[0].upper() + text[1:]
    return f"{speaker}: {text}" if speaker else text


def source_of(text: str, index: int) -> dict[str, Any]:
    """The provenance of a sentence that is taken from the document."""
    return {"sentence": text, "source_sentences": [{"number": index + 1, "share": 1.0}]}


def finished(text: str) -> str:
    return text if is_finished(text) else f"{text}."


def count_letters(text: str) -> int:
    """Without white space: what is long in any script."""
    return len("".join(text.split()))
