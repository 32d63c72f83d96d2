"""A model by its name, and everything needed to summarize any text with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack, cast

from summarize.document.document import Document
from summarize.document.language import is_foreign
from summarize.errors import ModelError
from summarize.models.base import Capabilities, Chooser, Model, is_chooser
from summarize.models.registry import DEFAULT_MODEL, SHORT_NAMES, SUMMARIZERS, load_model
from summarize.options import Changes, Options, resolve
from summarize.pipeline.alignment import Alignment
from summarize.pipeline.attending import attend
from summarize.pipeline.batching import RETRIES
from summarize.pipeline.checking import checked
from summarize.pipeline.quoting import quote, refuse_ignored
from summarize.pipeline.writing import Writing
from summarize.summary import Summary

# Models of known training data, which was English; for the first sentence no language is needed.
ENGLISH_ONLY = {*SUMMARIZERS, *SHORT_NAMES} - {"lead"}
FOREIGN = "this seems not to be English, the only language that {model} knows"


def load_summarizer(
    model: str = DEFAULT_MODEL,
    *,
    revision: str | None = None,
    device: str | None = None,
    offline: bool = False,
    allow_pickle: bool = False,
    backend: str | None = None,
) -> Summarizer:
    """Load a summarizer by the name of its model.

    `model` is "attention" (the default), "seq2seq", "transformer", "extract" (the best sentence),
    "lead" (the first one), a folder that `summarize train` made, or a model on the Hugging Face hub
    by its id (org/name) or short name ("bart", "smollm2", ...).

    `revision` is a branch, tag or commit on the hub; `device` is cpu, cuda or mps, for models that
    run in PyTorch; `offline` forbids downloads; `allow_pickle` allows weights that can run code
    when they are loaded; `backend` is "torch" or "ctranslate2" for encoder-decoders, by default the
    faster one. Raises ModelError for an unknown name, CheckpointError for a damaged folder, and
    OptionError for an option that has no effect on this model.
    """
    return Summarizer(
        load_model(
            model,
            revision=revision,
            device=device,
            offline=offline,
            allow_pickle=allow_pickle,
            backend=backend,
        )
    )


class Summarizer:
    """A model with everything around it that turns documents into summaries.

    `max_source_tokens` is the size of the window, by default that of training; `retries` is how
    often an unfinished sentence is written again with more tokens.
    """

    def __init__(
        self,
        model: Model | Chooser,
        *,
        max_source_tokens: int | None = None,
        retries: int = RETRIES,
    ) -> None:
        self.model = model
        self.max_source_tokens = max_source_tokens or model.capabilities.max_source_tokens
        self.retries = retries

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def capabilities(self) -> Capabilities:
        return self.model.capabilities

    def summarize(
        self,
        documents: Sequence[str | Document],
        options: Options | None = None,
        /,
        **changes: Unpack[Changes],
    ) -> list[Summary]:
        """Summarize documents and return a Summary for each, in order.

        A document is a string, or a Document as `summarize.document.read.read(path)` returns it;
        a Document knows the headings and lists of its file. Pass options as keywords, as an
        Options object, or as both (keywords win):

            summarizer.summarize([text])                                # one sentence
            summarizer.summarize([text], length="medium")               # three sentences
            summarizer.summarize([text], length="long", max_words=200)  # an outline
            summarizer.summarize(texts, style="title", beam_size=2, mode="abstractive")

        style: "title" or "tldr" (a sentence); by default a title for papers and abstracts, a
            sentence for everything else.
        length: "short", "medium" or "long"; or give sentences=5 or ratio="10%".
        overflow: what is read of a document longer than the model's window: the best sentences
            ("select"), all of it in chunks ("chunk"), or the beginning ("truncate").
        mode: "auto" quotes a sentence when the model's own is less likely to be good;
            "abstractive" always writes, "extractive" always quotes.
        beam_size, max_tokens, min_tokens, length_penalty, no_repeat_ngram_size, seed: settings of
            the beam search.
        batch_size: how many documents are processed at once; it does not change any summary.
        check: list names and numbers that the document lacks in `Summary.unsupported`.

        `help(summarize.Options)` explains every option, `help(summarize.Summary)` the result. A
        document without words gets an empty summary. Raises OptionError for an option that the
        model cannot follow, and ModelError if the model fails.
        """
        asked = resolve(options, changes)
        if isinstance(documents, str | Document):
            raise TypeError("summarize takes a list of documents, not one; write [document]")
        read = [as_document(document) for document in documents]
        if is_chooser(self.model):
            refuse_ignored(self.model, asked)
            found = [quote(document, asked, self.model) for document in read]
        else:
            found = Writing(self.writer, self.max_source_tokens, self.retries).run(read, asked)
        found = [self.noticed(*pair) for pair in zip(found, read, strict=True)]
        if asked.check:
            return [checked(*pair) for pair in zip(found, read, strict=True)]
        return found

    def noticed(self, summary: Summary, document: Document) -> Summary:
        """With what a reader should know about the document."""
        notices = [document.note] if document.note else []
        if self.name in ENGLISH_ONLY and summary.mode != "facts" and is_foreign(document):
            notices.append(FOREIGN.format(model=self.name))
        return replace(summary, notices=notices) if notices else summary

    def attend(
        self,
        document: str | Document,
        options: Options | None = None,
        /,
        *,
        layer: int | None = None,
        head: int | None = None,
        **changes: Unpack[Changes],
    ) -> Alignment:
        """What the model writes about a document, and which source words each word attends to.

        The text is the model's own, whatever `mode` says. If the document is longer than the
        model's window, the best sentences are read, or the beginning with overflow="truncate".
        `layer` and `head` of a transformer count from 1; the default is the mean over all. Raises
        ModelError if the model has no attention.
        """
        asked = resolve(options, changes)
        if is_chooser(self.model):
            raise ModelError(f"{self.name} writes nothing, so there is no attention to look at")
        writing = Writing(self.writer, self.max_source_tokens, self.retries)
        return attend(writing, as_document(document), asked, layer, head)

    @property
    def writer(self) -> Model:
        assert not is_chooser(self.model)
        return cast(Model, self.model)


def as_document(document: str | Document) -> Document:
    return Document.from_text(document) if isinstance(document, str) else document
