"""What the reader should know about a summary, on stderr."""

from __future__ import annotations

import sys

from summarize.document.document import Document
from summarize.options import Options
from summarize.summary import Summary
from summarize.views.terminal import visible

DEEDS = {
    "abstractive": "wrote",
    "extractive": "quoted",
    "mixed": "wrote and quoted",
    "document": "returned",
    "facts": "stated",
}

ADVICE = {
    "select": "its best sentences; --overflow chunk reads all",
    "truncate": "its beginning; --overflow select reads the best sentences",
}


def note(message: str) -> None:
    print(f"summarize: {visible(message)}", file=sys.stderr)


class Notices:
    """Notices about many documents; advice is given once a run."""

    def __init__(self, options: Options, cite: bool, quiet: bool, verbose: bool) -> None:
        self.options, self.cite, self.quiet, self.verbose = options, cite, quiet, verbose
        self.given: set[str] = set()
        self.count = 0
        self.quoted: list[Summary] = []
        self.foreign: list[Summary] = []  # of documents that are not English

    def tell(self, document: Document, summary: Summary) -> None:
        if self.quiet:
            return
        self.count += 1
        if summary.is_fallback and summary.mode in ("extractive", "mixed"):
            self.quoted.append(summary)
        if any("English" in notice for notice in summary.notices):
            self.foreign.append(summary)
        messages = [document.note, self.reading(summary)]
        messages += [self.citation(summary), self.length(summary), self.invention(summary)]
        if self.verbose:
            messages.append(self.work(summary))
        for message in filter(None, messages):
            note(f"{document.source}: {message}")

    def once(self, advice: str) -> str:
        """The advice in parentheses, the first time."""
        if advice in self.given:
            return ""
        self.given.add(advice)
        return f" ({advice})"

    def reading(self, summary: Summary) -> str:
        tokens = summary.tokens
        if tokens.read < tokens.document:
            advice = ADVICE.get(summary.overflow or "", "")
            part = f"read {tokens.read:,} of {tokens.document:,} tokens"
            return part + (self.once(advice) if advice else "")
        if summary.chunks > 1:
            return f"read {tokens.read:,} tokens in {summary.chunks} chunks"
        return ""

    def finish(self) -> None:
        """What is true of many documents, told once after the last."""
        if self.foreign:
            first, number = self.foreign[0], len(self.foreign)
            they = first.source if number == 1 else f"{number} of {self.count} documents"
            seem = "seems" if number == 1 else "seem"
            note(f"{they} {seem} not to be English, the only language that {first.model} knows")
        if not self.quoted:
            return
        first, force = self.quoted[0], "(--mode abstractive to force writing)"
        if self.count == 1:
            what = "this is a quotation" if first.mode == "extractive" else "part of this is quoted"
            note(f"{first.source}: {first.model} is unsure, so {what} {force}")
            return
        number = len(self.quoted)
        are = "is a quotation" if number == 1 else "are quotations"
        note(f"{number} of {self.count} summaries {are}, because {first.model} was unsure {force}")

    def invention(self, summary: Summary) -> str:
        if not summary.unsupported:
            return ""
        return f"not in the text: {', '.join(summary.unsupported)}"

    def citation(self, summary: Summary) -> str:
        if not self.cite or summary.provenance or self.once(f"{summary.model} cites nothing") == "":
            return ""
        return f"{summary.model} can't tell which sentences it used; --cite has no effect"

    def length(self, summary: Summary) -> str:
        most = self.options.max_tokens
        one = summary.chunks == 1 or self.options.length == "short"
        if most is None or not one or summary.tokens.summary <= most:
            return ""
        written = summary.tokens.summary
        return f"no sentence ends within {most} tokens; this one has {written}"

    def work(self, summary: Summary) -> str:
        tokens = summary.tokens
        sure = "" if summary.confidence is None else f", confidence {summary.confidence:.2f}"
        why = ", too short to summarize" if summary.mode == "document" else ""
        return (
            f"{summary.model} {DEEDS.get(summary.mode, 'wrote')} {tokens.summary:,} tokens from "
            f"{tokens.read:,} in {summary.seconds:.3f} s{sure}{why}"
        )
