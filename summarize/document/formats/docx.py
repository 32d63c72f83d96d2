"""DOCX: headings, paragraphs, items and tables in reading order, streamed from its XML."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from xml.parsers import expat

from summarize.document.parts import Part, table
from summarize.errors import DocumentError

LARGEST_UNPACKED = 256 * 2**20  # pictures included
LARGEST_XML = 32 * 2**20  # the text and its markup; a text of a million words has about as much
DOCUMENT, STYLES = "word/document.xml", "word/styles.xml"
HEADING = re.compile(r"heading ([1-9])$")
# Of a drawing with a text box there is a copy for old programs.
UNREAD = {"mc:Fallback", "w:instrText", "w:delText"}


def parts(data: bytes, name: str) -> list[Part]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check(archive, name)
            levels = {}
            if STYLES in archive.namelist():
                levels = heading_styles(archive, name)
            body = Body(levels)
            stream(archive, DOCUMENT, body.start, body.end, body.text)
            return body.parts
    except DocumentError:
        raise
    except Exception as error:  # whatever a broken file provokes
        first = " ".join(str(error).split())[:120] or type(error).__name__
        raise DocumentError(f"{name} is a broken DOCX: {first}") from None


def check(archive: zipfile.ZipFile, name: str) -> None:
    # A zip file unpacks to no more than it declares: zipfile stops there.
    size = sum(entry.file_size for entry in archive.infolist())
    if size > LARGEST_UNPACKED:
        raise DocumentError(
            f"{name} would unpack to {size >> 20:,} MiB, more than {LARGEST_UNPACKED >> 20}; "
            "it is not read"
        )
    if DOCUMENT not in archive.namelist():
        raise DocumentError(f"{name} is a zip archive, but not a DOCX")
    for part in (DOCUMENT, STYLES):
        size = archive.getinfo(part).file_size if part in archive.namelist() else 0
        if size > LARGEST_XML:
            raise DocumentError(
                f"{name} would unpack to {size >> 20:,} MiB of text, more than "
                f"{LARGEST_XML >> 20}; it is not read"
            )


def stream(
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    """Parse with expat in constant memory. A document type, which could define entities, is
    refused."""

    def refuse(*_: object) -> None:
        raise ValueError("it declares a document type")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    with archive.open(part) as file:
        while chunk := file.read(65536):
            parser.Parse(chunk, False)
    parser.Parse(b"", True)


def heading_styles(archive: zipfile.ZipFile, name: str) -> dict[str, int]:
    """Heading level of each style: by its name, which is English in every language, or by its
    level in the outline. A title is of level 1."""
    levels: dict[str, int] = {}
    style = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal style
        value = attributes.get("w:val", "")
        if tag == "w:style":
            style = attributes.get("w:styleId", "")
        elif tag == "w:name" and (heading := HEADING.match(value.lower())):
            levels[style] = min(6, int(heading[1]))
        elif tag == "w:name" and value.lower() == "title":
            levels[style] = 1
        elif tag == "w:outlineLvl" and value in tuple("012345678"):
            levels.setdefault(style, min(6, int(value) + 1))

    stream(archive, STYLES, start, lambda tag: None, lambda text: None)
    return levels


class Body:
    """Builds parts from the events of word/document.xml."""

    def __init__(self, levels: dict[str, int]) -> None:
        self.levels = levels
        self.parts: list[Part] = []
        self.pieces: list[str] = []
        self.kind, self.level = "paragraph", 0
        self.rows: list[list[str]] = []
        self.tables = self.unread = 0
        self.is_text = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in UNREAD or self.unread:
            self.unread += 1
            return
        match tag:
            case "w:t":
                self.is_text = True
            case "w:tab" | "w:br" | "w:cr":
                self.pieces.append(" ")
            case "w:noBreakHyphen":
                self.pieces.append("-")
            case "w:pStyle":
                style = attributes.get("w:val", "")
                level = self.levels.get(style) or style_level(style)
                if level:
                    self.kind, self.level = "heading", level
                elif style.startswith("ListParagraph"):
                    self.kind = "item"
            case "w:outlineLvl" if attributes.get("w:val", "9") in tuple("012345"):
                self.kind, self.level = "heading", int(attributes["w:val"]) + 1
            case "w:numPr" if self.kind != "heading":  # headings are numbered too
                self.kind = "item"
            case "w:ilvl" if self.kind == "item":
                value = attributes.get("w:val", "0")
                self.level = 1 + (int(value) if value in tuple("012345678") else 0)
            case "w:tbl":
                self.tables += 1
            case "w:tr" if self.tables == 1:
                self.rows.append([])
            case "w:tc" if self.tables == 1 and self.rows:
                self.rows[-1].append("")

    def end(self, tag: str) -> None:
        if self.unread:
            self.unread -= 1
            return
        match tag:
            case "w:t":
                self.is_text = False
            case "w:p":
                if self.tables and self.rows and self.rows[-1]:
                    self.pieces.append(" ")  # the cell goes on
                    return
                self.parts.append(Part(self.kind, "".join(self.pieces), self.level))
                self.pieces, self.kind, self.level = [], "paragraph", 0
            case "w:tc" if self.tables == 1 and self.rows and self.rows[-1]:
                self.rows[-1][-1] = "".join(self.pieces)
                self.pieces, self.kind, self.level = [], "paragraph", 0
            case "w:tbl":
                self.tables -= 1
                if not self.tables:
                    self.parts.extend(table_parts(self.rows))
                    self.rows = []

    def text(self, text: str) -> None:
        if self.is_text and not self.unread:
            self.pieces.append(text)


def style_level(style: str) -> int:
    """Of a style that styles.xml does not define."""
    if style == "Title":
        return 1
    heading = re.match(r"Heading([1-6])$", style)
    return int(heading[1]) if heading else 0


def table_parts(rows: list[list[str]]) -> list[Part]:
    """A table; but one that only places paragraphs on the page is those paragraphs."""
    cells = [cell for row in rows for cell in row]
    if cells and max(len(cell.split()) for cell in cells) > 50:
        return [Part("paragraph", cell) for cell in cells]
    return [table(rows)]
