"""Whether a summary says what its document says: names and numbers, compared with the text."""

from __future__ import annotations

from dataclasses import replace

from summarize.document.document import Document
from summarize.rnn.lexicon import unsupported
from summarize.summary import Summary

WRITTEN = ("abstractive", "mixed")


def checked(summary: Summary, document: Document) -> Summary:
    """With the names and numbers of the summary that the document lacks; a quotation has none."""
    found = unsupported(summary.text, document.text) if summary.mode in WRITTEN else []
    return replace(summary, unsupported=found)
