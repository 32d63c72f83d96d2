"""`summarize --man`: the manual page, in roff, written from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator

from summarize import __version__
from summarize.commands.describe import Command, Option, commands

STATUS = {
    "0": "Everything was done, or the reader of the output had enough.",
    "1": "Some inputs failed; the others were done.",
    "2": "The command line makes no sense.",
    "130, 143": "Interrupted (SIGINT), terminated (SIGTERM).",
}
# Of what --json prints; a new version of the schema would have another number.
JSON = {
    "schema_version": "1.",
    "source, summary, model, style": "The name of the file, the text, and what wrote it.",
    "mode": "abstractive (written), extractive (quoted), mixed, document (a short text, given "
    "whole), or facts (of a table, a log, a patch or source code).",
    "tokens": "How many the document has, were read, and are in the summary.",
    "confidence": "From 0 to 1; null where the model can't say.",
    "provenance": "For each sentence of the summary the sentences that it is from. Their number "
    "counts the sentences of the document from 1, as --cite does.",
    "sentences": "All of those together, counted from 0.",
    "overflow, chunks": "How a text that is longer than the model reads was read.",
    "fallback": "Whether it was quoted because the model was unsure.",
    "notices": "What a reader should know about the document.",
    "unsupported": "With --check: names and numbers that are not in the text.",
}
VARIABLES = {
    "NO_COLOR": "Print no color and no bold, like --no-color.",
    "HF_HUB_OFFLINE": "Set to 1, download nothing, like --offline.",
    "OMP_NUM_THREADS": "How many threads to use.",
}


def manual() -> str:
    return "\n".join([*page()]) + "\n"


def page() -> Iterator[str]:
    first, *others = commands()
    yield f'.TH SUMMARIZE 1 "" "summarize {__version__}" "User Commands"'
    yield from (".SH NAME", r"summarize \- " + plain(first.summary))
    yield ".SH SYNOPSIS"
    yield from synopsis(first)
    yield from (".br", r"\fBsummarize\fR \fICOMMAND\fR [\fIOPTION\fR]...")
    yield ".SH DESCRIPTION"
    yield from paragraphs(first.text)
    yield ".SH OPTIONS"
    for option in first.options:
        yield from entry(option)
    yield ".SH COMMANDS"
    for command in others:
        yield f".SS summarize {command.name}"
        yield from synopsis(command)
        yield from paragraphs(command.text)
        for option in command.options[:-1]:  # --help was explained above
            yield from entry(option)
    yield ".SH EXAMPLES"
    yield from (".RS", ".nf")
    for command in (first, *others):
        yield from map(plain, command.examples)
    yield from (".fi", ".RE")
    yield from terms("JSON", JSON)
    yield from terms("EXIT STATUS", STATUS)
    yield from terms("ENVIRONMENT", VARIABLES)
    yield from (".SH FILES", ".TP", r"\fIconfig.toml\fR")
    yield plain("Defaults for model, length, style and width; summarize config --path names it.")


def synopsis(command: Command) -> Iterator[str]:
    name = f"summarize {command.name}".strip()
    yield rf"\fB{name}\fR [\fIOPTION\fR]... {plain(command.arguments)}".rstrip()


def paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ".PP"
        yield plain(" ".join(paragraph.split()))


def entry(option: Option) -> Iterator[str]:
    value = rf" \fI{plain(option.value)}\fR" if option.value else ""
    yield ".TP"
    yield ", ".join(rf"\fB{plain(flag)}\fR" for flag in option.flags) + value
    yield plain(option.help + (f" Default: {option.default}." if option.default else ""))


def terms(title: str, entries: dict[str, str]) -> Iterator[str]:
    yield f".SH {title}"
    for term, text in entries.items():
        yield from (".TP", rf"\fB{plain(term)}\fR", plain(text))


def plain(text: str) -> str:
    """Text that roff prints as it is; a dash is one that can be copied into a shell."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text
