"""The first sentence: the baseline that every summarizer must beat, and the fastest."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from summarize.document.sentences import bounded, first_sentence
from summarize.errors import OptionError
from summarize.options import Options, resolve
from summarize.summary import Summary, Tokens


class Lead:
    """Extracts, never writes. Its tokens are words."""

    name = "lead"

    def summarize(
        self, documents: Sequence[str], options: Options | None = None, /, **changes: Any
    ) -> list[Summary]:
        chosen = resolve(documents, options, changes)
        for name, value in vars(chosen).items():
            if name not in ("long", "batch_size") and value != getattr(Options, name):
                option = "--" + name.replace("_", "-")
                raise OptionError(f"{option} does nothing for the model lead; leave it out")
        return [self.one(document) for document in documents]

    def one(self, document: str) -> Summary:
        started = time.perf_counter()
        place, text = first_sentence(document)
        words = len(document.split())
        text = bounded(text)
        taken = len(text.split())
        return Summary(
            text=text,
            model=self.name,
            tokens=Tokens(words, words, taken),
            seconds=time.perf_counter() - started,
            mode="extractive",
            provenance=[{"sentence": text, "source_sentences": [{"number": place, "share": 1.0}]}]
            if text
            else [],
        )
