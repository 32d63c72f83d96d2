"""Summarize text with small models that you can see inside.

from summarize import load_summarizer
load_summarizer("attention").summarize(["text", ...], style="title")   # a list of Summary
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Document", "Summary", "SummarizeError", "load_summarizer", "summarize"]

if TYPE_CHECKING:
    from summarize.document.document import Document
    from summarize.errors import SummarizeError
    from summarize.models.registry import load_summarizer
    from summarize.summary import Summary

_HOME = {
    "Document": "summarize.document.document",
    "Summary": "summarize.summary",
    "SummarizeError": "summarize.errors",
    "load_summarizer": "summarize.models.registry",
}


def summarize(text: str, model: str = "attention", **options: Any) -> str:
    """The summary of one text. Keywords are fields of summarize.models.registry.Options."""
    from summarize.models.registry import load_summarizer as load

    return load(model).summarize([text], **options)[0].text


def __getattr__(name: str) -> Any:
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'summarize' has no attribute {name!r}")
