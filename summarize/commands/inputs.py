"""What the command line names as input: files, directories, pipes, pages of the web, and rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from fnmatch import fnmatch

from summarize.commands.names import COMMANDS
from summarize.commands.notices import note
from summarize.document import read as documents
from summarize.document.document import Document
from summarize.errors import DocumentError, OptionError, did_you_mean

# What -r takes from a directory unless --glob says otherwise; source code is added by is_known.
SUFFIXES = (
    *(".txt", ".text", ".md", ".markdown", ".rst", ".tex", ".eml", ".log"),
    *(".html", ".htm", ".xhtml", ".pdf", ".docx", ".json"),
    *(".csv", ".tsv", ".jsonl", ".ndjson", ".diff", ".patch"),
    *(".ipynb", ".srt", ".vtt", ".ics", ".vcf", ".po", ".bib", ".pod"),
)
COMPRESSED = (".gz", ".xz", ".bz2", ".zst")


@dataclass
class Skipped:
    """What -r found and leaves out."""

    inside: set[str] = dataclass_field(default_factory=set)  # files found in directories, not named
    unknown: list[str] = dataclass_field(default_factory=list)  # of kinds that are not read
    empty: int = 0
    without_fields: int = 0  # where --field asks for one

    def takes(self, source: str, error: DocumentError) -> bool:
        """Whether a file that was only found in a directory holds nothing to summarize."""
        if source not in self.inside:
            return False
        message = str(error)
        if message == f"{source} is empty":
            self.empty += 1
        elif message.startswith(f"{source} is not JSON, which --field needs"):
            self.without_fields += 1
        else:
            return False
        return True

    def message(self) -> str:
        suffixes = sorted({os.path.splitext(path)[1] or "no suffix" for path in self.unknown})
        kinds = ", ".join([*suffixes[:4], *(["..."] if len(suffixes) > 4 else [])])
        parts = [f"{len(self.unknown)} of other kinds: {kinds}"] if self.unknown else []
        parts += [f"{self.empty} empty"] if self.empty else []
        parts += [f"{self.without_fields} without fields"] if self.without_fields else []
        count = len(self.unknown) + self.empty + self.without_fields
        files = "file" if count == 1 else "files"
        return f"skipped {count} {files} ({'; '.join(parts)}); --glob chooses" if count else ""


@dataclass
class Inputs:
    """The documents that FILES, -r, --glob and --field stand for, one at a time."""

    files: list[str]
    encoding: str | None = None
    field: str | None = None
    offline: bool = False
    skipped: Skipped = dataclass_field(default_factory=Skipped)

    def has_rows(self) -> bool:
        return self.field is not None and any(map(is_table, self.files))

    def is_live(self) -> bool:
        """Whether rows come from a pipe, which may be slow: they must not wait for others."""
        return self.field is not None and self.files == [documents.STDIN]

    def read(self, source: str) -> Iterator[Document | DocumentError | None]:
        """A document, or one for each row; what can't be read does not stop the others. None says
        that a pipe has no more for now."""
        try:
            if not source:
                raise DocumentError("'' is not the name of a file")
            if is_url(source):
                from summarize.document.web import fetch

                yield fetch(source, self.encoding, self.field, offline=self.offline)
            elif self.field is not None and is_table(source):
                from summarize.commands import rows

                yield from rows.read(source, self.field, self.encoding)
            else:
                yield documents.read(source, self.encoding, self.field)
        except DocumentError as error:
            if self.skipped.takes(source, error):
                return
            yield DocumentError(f"{error}{suggestion(source)}")

    def tell_skipped(self, quiet: bool) -> None:
        if not quiet and (message := self.skipped.message()):
            note(message)


def is_table(source: str) -> bool:
    from summarize.commands import rows  # here, because a start must not wait for it

    return rows.is_table(source)


def is_url(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def expand(files: list[str], recursive: bool, globs: list[str], skipped: Skipped) -> list[str]:
    """Directories, with -r, become the documents in them, in order of their names."""
    if globs and not recursive:
        raise OptionError("--glob chooses files in directories; add -r")
    if not recursive:
        return files
    found: list[str] = []
    for source in files or ["."]:
        if not os.path.isdir(source):
            found.append(source)
            continue
        inside = list(walk(source, globs, skipped))
        skipped.inside.update(inside)
        if not inside:
            wanted = " or ".join(globs) or "a document's suffix; --glob '*' takes every file"
            raise DocumentError(f"{source} holds no file that matches {wanted}")
        found += inside
    return found


def walk(folder: str, globs: list[str], skipped: Skipped) -> Iterator[str]:
    """Hidden files and directories are left out, and links to directories are not followed."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.normpath(os.path.join(here, name))
            if name.startswith("."):
                continue
            if matches(os.path.relpath(path, folder), globs):
                yield path
            elif not globs:
                skipped.unknown.append(path)


def matches(path: str, globs: list[str]) -> bool:
    """A pattern with a slash is for the path below the directory, any other for the name."""
    name = os.path.basename(path)
    if globs:
        return any(fnmatch(path if "/" in pattern else name, pattern) for pattern in globs)
    stem, suffix = os.path.splitext(name.lower())
    return is_known(os.path.splitext(stem)[1] if suffix in COMPRESSED else suffix)


def is_known(suffix: str) -> bool:
    """Whether documents, tables, patches or source code have this suffix."""
    from summarize.document.kinds.code import LANGUAGES  # only -r needs it

    return suffix in SUFFIXES or suffix in LANGUAGES


def suggestion(source: str) -> str:
    """For a file that is not there, a command or a file of a similar name."""
    if source == documents.STDIN or is_url(source) or os.path.lexists(source):
        return ""
    if source == "help":
        return "; for help: summarize --help"
    if found := did_you_mean(source, COMMANDS):
        return found.replace("mean ", "mean summarize ")
    folder, name = os.path.split(source)
    try:
        names = os.listdir(folder or ".")
    except (OSError, ValueError):
        return ""
    near = did_you_mean(name, names)
    return near.replace("mean ", f"mean {folder}{os.sep}") if near and folder else near
