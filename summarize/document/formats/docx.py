"""DOCX to text with mammoth: paragraphs, headings, lists and tables, in reading order."""

from __future__ import annotations

import io
import zipfile

from summarize.errors import DocumentError

LARGEST_UNPACKED = 256 * 2**20  # pictures included
LARGEST_XML = 16 * 2**20  # of a text of three million words; parsed it takes many times as much
PARAGRAPH = b"<w:p>", b"<w:p ", b"<w:p/>"
MOST_PARAGRAPHS = 200_000


def to_text(data: bytes, name: str) -> str:
    import mammoth

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # What a zip says of its sizes is what is unpacked at most: zipfile stops there.
            size = sum(entry.file_size for entry in archive.infolist())
            if size > LARGEST_UNPACKED:
                raise DocumentError(
                    f"{name} would unpack to {size >> 20:,} MiB, more than "
                    f"{LARGEST_UNPACKED >> 20}; it is not read"
                )
            if "word/document.xml" not in archive.namelist():
                raise DocumentError(f"{name} is a zip archive, and no DOCX")
            for entry in archive.infolist():
                if entry.filename.startswith("word/") and entry.filename.endswith(".xml"):
                    if entry.file_size > LARGEST_XML:
                        raise DocumentError(
                            f"{name} would unpack to {entry.file_size >> 20:,} MiB of text, more "
                            f"than {LARGEST_XML >> 20}; it is not read"
                        )
            xml = archive.read("word/document.xml")
            if sum(xml.count(mark) for mark in PARAGRAPH) > MOST_PARAGRAPHS:
                raise DocumentError(
                    f"{name} has more than {MOST_PARAGRAPHS:,} paragraphs; it is not read"
                )
        return str(mammoth.extract_raw_text(io.BytesIO(data)).value)
    except DocumentError:
        raise
    except Exception as error:  # whatever a broken file provokes
        first = " ".join(str(error).split())[:120] or type(error).__name__
        raise DocumentError(f"{name} is a broken DOCX: {first}") from None
