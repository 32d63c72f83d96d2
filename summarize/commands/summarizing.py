"""Documents in, summaries out: what `summarize [FILES]...` does, however it was asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from itertools import chain, repeat, tee
from typing import TYPE_CHECKING, Any

from summarize import threads
from summarize.commands.inputs import Inputs, Skipped, expand
from summarize.commands.notices import Notices, note
from summarize.commands.printer import Printer, check_output
from summarize.commands.progress import Progress
from summarize.commands.settings import Settings, load_settings
from summarize.document import read as documents
from summarize.document.document import Document, without_collector
from summarize.errors import DocumentError, OptionError
from summarize.options import Options

if TYPE_CHECKING:
    from summarize.pipeline.run import Summarizer
    from summarize.summary import Summary

Batch = list[Document | DocumentError]
MANY = 8  # files that are worth processes of their own


def run(
    *,
    files: list[str] | None = None,
    recursive: bool = False,
    glob: list[str] | None = None,
    field: str | None = None,
    encoding: str | None = None,
    output: str | None = None,
    json_lines: bool = False,
    extract: bool = False,
    cite: bool = False,
    with_filename: bool | None = None,
    width: int | None = None,
    color: bool | None = None,
    model: str | None = None,
    revision: str | None = None,
    device: str | None = None,
    backend: str | None = None,
    allow_pickle: bool = False,
    offline: bool = False,
    quiet: bool = False,
    verbose: bool = False,
    **wanted: Any,
) -> int:
    """The exit code. `wanted` are fields of Options, and None where nothing was typed."""
    asked = chosen(wanted)
    if not files and not recursive:
        files = [documents.STDIN]
    documents.check_encoding(encoding)
    settings = load_settings()
    check_lengths(asked, settings)
    skipped = Skipped()
    files = expand(files or [], recursive, glob or [], skipped)
    check_output(output, files)
    inputs = Inputs(files, encoding, field, offline, skipped)
    progress = Progress(not quiet, len(files))
    options = decoding(asked, settings, progress, is_default=model is None)
    if offline:  # before the hub's library is imported, which reads it once
        os.environ["HF_HUB_OFFLINE"] = "1"
    printer = Printer(
        output,
        as_json=json_lines,
        cite=cite,
        names=names_for(with_filename, len(files) > 1 or recursive, inputs, output),
        bold=color is not False and not os.environ.get("NO_COLOR") and sys.stdout.isatty(),
        width=columns(width, settings, output),
    )
    if extract:
        return print_texts(inputs, printer, progress, quiet)
    # NumPy comes with the model: the help and --extract need neither. The thousands of modules of
    # transformers are no garbage either: looking for some among them takes a fifth of its start.
    with without_collector():
        from summarize.models.registry import DEFAULT_MODEL
        from summarize.pipeline.run import load_summarizer

        summarizer = load_summarizer(
            model or settings.model or DEFAULT_MODEL,
            revision=revision,
            device=device,
            backend=backend,
            offline=offline,
            allow_pickle=allow_pickle,
        )
    notices = Notices(options, cite, quiet, verbose)
    return summarize_all(summarizer, inputs, options, printer, notices, progress)


def chosen(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Of a command's parameters, those that are fields of Options and were given."""
    known = {field.name for field in fields(Options)}
    given = {name: value for name, value in parameters.items() if value is not None}
    if "long" in given:
        given.setdefault("overflow", given.pop("long"))
    return {name: value for name, value in given.items() if name in known}


def decoding(
    asked: dict[str, Any], settings: Settings, progress: Progress, is_default: bool
) -> Options:
    """What was asked for, else the settings; their style is not for every model that -m names."""
    asked = dict(asked)
    if settings.length is not None:
        asked.setdefault("length", settings.length)
    if settings.style is not None and is_default:
        asked.setdefault("style", settings.style)
    return Options(**asked, progress=progress.chunk if progress.shown else None)


def check_lengths(asked: dict[str, Any], settings: Settings) -> None:
    """Refuse an option that another, also typed, leaves without effect."""
    counted = "--sentences" if "sentences" in asked else "--ratio" if "ratio" in asked else ""
    length = asked.get("length")
    if counted and length == "long":
        raise OptionError(f"{counted} and --length long contradict; give one of them")
    wanted = length or settings.length or "short"
    if "max_words" in asked and wanted == "short" and not counted:
        raise OptionError("--max-words limits a medium or long summary; add --length medium")
    is_longer = asked.get("sentences", 1) > 1 or "ratio" in asked or length in ("medium", "long")
    if asked.get("style") == "title" and is_longer:
        raise OptionError("--style title is a single line; leave out what makes it longer")


def names_for(asked: bool | None, many: bool, inputs: Inputs, output: str | None) -> str:
    """Headings on a terminal, prefixes in a pipe or file; for Printer."""
    shown = output is None and sys.stdout.isatty()
    if asked is None:
        asked = many or (shown and inputs.has_rows())
    if not asked:
        return ""
    return "heading" if shown else "prefix"


def columns(asked: int | None, settings: Settings, output: str | None) -> int:
    """Where to wrap; 0 is never. What was typed holds everywhere, a setting on a terminal only."""
    if asked is not None:
        if not 0 <= asked <= 10_000:
            raise OptionError(f"--width is {asked}; it must be from 0 to 10,000")
        return asked
    if output is not None or not sys.stdout.isatty():
        return 0
    if settings.width is not None:
        return settings.width
    import shutil

    return shutil.get_terminal_size().columns


def print_texts(inputs: Inputs, printer: Printer, progress: Progress, quiet: bool) -> int:
    """--extract: what a model would be given."""
    failed = False
    for item in read_all(inputs, progress):
        progress.clear()
        if item is None:
            continue
        if isinstance(item, DocumentError):
            failed = True
            note(str(item))
            continue
        printer.document(item)
        if item.note and not quiet:
            note(f"{item.source}: {item.note}")
    printer.close()
    inputs.tell_skipped(quiet)
    return int(failed)


def summarize_all(
    summarizer: Summarizer,
    inputs: Inputs,
    options: Options,
    printer: Printer,
    notices: Notices,
    progress: Progress,
) -> int:
    """A few documents at a time: together they cost less, the first summaries come soon, and every
    core has some."""
    failed = False
    is_parallel = summarizer.capabilities.is_parallel
    files = len(inputs.files)
    is_much = is_parallel and (files >= MANY or inputs.has_rows())
    if is_much:  # several work on it, each with a progress of its own
        options = replace(options, progress=None)

    def work(batch: Batch) -> list[Summary]:
        good = [item for item in batch if isinstance(item, Document)]
        return summarizer.summarize(good, options)

    sizes: Iterator[int] = repeat(options.batch_size)
    if is_parallel and files > 1:  # one file may have many rows
        sizes = chain(threads.shares(files, 2 * options.batch_size), sizes)
    batches, kept = tee(in_batches(read_all(inputs, progress), sizes))
    if inputs.is_live():
        mapped: Iterator[list[Summary]] = map(work, batches)
    elif is_much:
        from summarize import workers  # here, because a start must not wait for it

        mapped = workers.map_in_order(work, batches)
    else:
        mapped = threads.map_in_order(work, batches, is_parallel)
    for found, batch in zip(mapped, kept, strict=False):  # kept has no less
        summaries = iter(found)
        progress.clear()
        for item in batch:
            if isinstance(item, DocumentError):
                failed = True
                note(str(item))
                continue
            summary = replace(next(summaries), source=item.source)
            printer.summary(summary)
            notices.tell(item, summary)
    printer.close()
    notices.finish()
    inputs.tell_skipped(quiet=notices.quiet)
    return int(failed)


def in_batches(
    items: Iterator[Document | DocumentError | None], sizes: Iterator[int]
) -> Iterator[Batch]:
    """So many documents; fewer where a pipe has no more for now."""
    batch: Batch = []
    size = next(sizes)
    for item in items:
        if item is not None:
            batch.append(item)
        if batch and (item is None or len(batch) >= size):
            yield batch
            batch, size = [], next(sizes)
    if batch:
        yield batch


def read_all(inputs: Inputs, progress: Progress) -> Iterator[Document | DocumentError | None]:
    for source in inputs.files:
        progress.file(source)
        yield from inputs.read(source)
        progress.file_done()
