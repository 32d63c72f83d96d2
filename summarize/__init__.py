"""Summarize text with small models that you can look inside.

    from summarize import load_summarizer, summarize

    summarize("A text ...")                                       # a string
    summarizer = load_summarizer("attention")
    summarizer.summarize(["text", "text"], length="medium")       # a list of Summary

`help(summarizer.summarize)` explains every option.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it for true; typing itself takes 10 ms to import

__version__ = "0.2.0"
__all__ = [
    "Document",
    "Options",
    "Summarizer",
    "Summary",
    "SummarizeError",
    "load_summarizer",
    "summarize",
]

if TYPE_CHECKING:
    from typing import Any

    from summarize.document.document import Document
    from summarize.errors import SummarizeError
    from summarize.options import Options
    from summarize.pipeline.run import Summarizer, load_summarizer
    from summarize.summary import Summary

# Loaded when first used: `import summarize` costs nothing.
_HOME = {
    "Document": "summarize.document.document",
    "Options": "summarize.options",
    "Summarizer": "summarize.pipeline.run",
    "Summary": "summarize.summary",
    "SummarizeError": "summarize.errors",
    "load_summarizer": "summarize.pipeline.run",
}


def summarize(
    text: str | Document,
    model: str = "attention",
    *,
    length: str = "short",
    style: str | None = None,
    mode: str = "auto",
    sentences: int | None = None,
    ratio: float | str | None = None,
    max_words: int | None = None,
    overflow: str = "select",
    **options: Any,
) -> str:
    """Summarize one text and return the summary as a string.

        summarize("A text ...")
        summarize("A text ...", length="medium")
        summarize("A text ...", "extract", sentences=5)

    model: a name ("attention", "seq2seq", "transformer", "extract", "lead"), the folder of a
        trained model, or a model on the Hugging Face hub (org/name). Each call loads the model;
        for many texts, use `load_summarizer(model).summarize(texts)`.
    length: "short" (one sentence), "medium" (up to three) or "long" (an outline by headings).
    style: "title" or "tldr" (a sentence); by default a title for papers and abstracts, a sentence
        for everything else.
    mode: "auto" quotes a sentence of the text when the model's own is less likely to be good;
        "abstractive" always writes, "extractive" always quotes.
    sentences, ratio, max_words: the size of the summary, instead of a length: 5 sentences, "10%"
        of the sentences, or at most 100 words.
    overflow: what the model reads of a text that is longer than its window: the best sentences
        ("select"), all of it in chunks ("chunk"), or the beginning ("truncate").
    options: other fields of `summarize.Options`, such as beam_size and max_tokens.

    Raises SummarizeError or a subclass of it when there is no summary to return.
    """
    from summarize.pipeline.run import load_summarizer as load

    found = load(model).summarize(
        [text],
        length=length,
        style=style,
        mode=mode,
        sentences=sentences,
        ratio=ratio,
        max_words=max_words,
        overflow=overflow,
        **options,
    )
    return found[0].text


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'summarize' has no attribute {name!r}")
