"""Prints summaries: to stdout as each is ready, or to a file when all are done (-o)."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from summarize.document.document import Document
from summarize.errors import OptionError
from summarize.files import write_text
from summarize.summary import Summary
from summarize.views.terminal import visible, wrapped

STDIN = "-"


class Printer:
    """Prints summaries, or for --extract documents, in the form that was asked for.

    names: "heading" puts the source on a line of its own above the text, "prefix" before each
    line, as grep does; "" leaves it out. width 0 does not wrap.
    """

    def __init__(
        self,
        output: str | None,
        *,
        as_json: bool = False,
        cite: bool = False,
        names: str = "",
        bold: bool = False,
        width: int = 0,
    ) -> None:
        self.as_json, self.cite, self.names, self.bold, self.width = (
            as_json,
            cite,
            names,
            bold,
            width,
        )
        self.output = output
        self.kept: list[str] = []
        self.count = 0

    def summary(self, summary: Summary) -> None:
        if self.as_json:
            self.put(as_json(summary.to_dict()))
        else:
            text = cited(summary) if self.cite and summary.provenance else summary.text
            self.named(summary.source, text)

    def document(self, document: Document) -> None:
        """The text that was read (--extract)."""
        if self.as_json:
            names = ("source", "kind", "note", "text")
            self.put(as_json({name: getattr(document, name) for name in names}))
        else:
            self.named(document.source, document.text.rstrip("\n"))

    def named(self, source: str, text: str) -> None:
        source, text = visible(source), visible(text)
        if self.names == "prefix":
            text = "\n".join(f"{source}:{line}" for line in text.split("\n"))
        elif self.width:
            text = wrapped(text, self.width)
        if self.names == "heading":
            gap = "\n" if self.count else ""
            text = f"{gap}\x1b[1m{source}\x1b[0m\n{text}" if self.bold else f"{gap}{source}\n{text}"
        self.put(text)

    def put(self, text: str) -> None:
        self.count += 1
        if self.output is None:
            print(text, flush=True)
        else:
            self.kept.append(f"{text}\n")

    def close(self) -> None:
        """Write what was kept. Where every input failed, an old file stays as it was."""
        if self.output == STDIN:
            sys.stdout.write("".join(self.kept))
        elif self.output is not None and self.kept:
            write_text(Path(self.output), "".join(self.kept))


def as_json(values: dict[str, object]) -> str:
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    return visible(json.dumps(values, ensure_ascii=ascii_only))


def cited(summary: Summary) -> str:
    """The summary with the numbers of its sources: [2, 5] after each sentence or list item."""
    marks = [
        f"[{', '.join(str(s['number']) for s in part['source_sentences'])}]"
        for part in summary.provenance
    ]
    lines = summary.text.splitlines()
    if len(lines) < 2 or len(lines) != len(marks):
        lines = [part["sentence"] for part in summary.provenance]
        return " ".join(f"{line} {mark}" for line, mark in zip(lines, marks, strict=True))
    return "\n".join(f"{line} {mark}" for line, mark in zip(lines, marks, strict=True))


def check_output(output: str | None, files: list[str]) -> None:
    """Refuse before the work what would fail after it."""
    if output is None or output == STDIN:
        return
    if os.path.isdir(output):
        raise OptionError(f"--output {output} is a directory; name a file in it")
    folder = os.path.dirname(os.path.abspath(output))
    if not os.path.isdir(folder):
        raise OptionError(f"--output {output}: the directory {folder} does not exist")
    if not os.path.isfile(output):
        return
    for source in files:
        try:
            read = os.fstat(0) if source == STDIN else os.stat(source)
        except (OSError, ValueError):
            continue
        if os.path.samestat(read, os.stat(output)):
            raise OptionError(f"--output {output} is also an input; write to another file")
