"""PDF to text with pypdf: pages in order, hyphens at line ends joined, page numbers left out."""

from __future__ import annotations

import io
import logging
import re
import warnings

from summarize.errors import DocumentError

HYPHEN = re.compile(r"(\w)-\n(?=[a-z])")
PAGE_NUMBER = re.compile(r"^\s*(?:page\s+)?\d{1,4}(?:\s+of\s+\d{1,4})?\s*$", re.I | re.M)
LARGEST_TEXT = 64 * 2**20


def to_text(data: bytes, name: str) -> str:
    from pypdf import PasswordType, PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its complaints are about the file
    with warnings.catch_warnings(action="ignore"):
        try:
            reader = PdfReader(io.BytesIO(data))
            if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
                raise DocumentError(
                    f"{name} is encrypted; decrypt it first, for example with: "
                    f"qpdf --password=... --decrypt {name} open.pdf"
                )
            pages, size = [], 0
            for page in reader.pages:
                pages.append(page.extract_text())
                size += len(pages[-1])
                if size > LARGEST_TEXT:
                    raise DocumentError(f"{name} holds more than {LARGEST_TEXT >> 20} MiB of text")
        except DocumentError:
            raise
        except Exception as error:  # whatever a broken file provokes
            first = " ".join(str(error).split())[:120] or type(error).__name__
            raise DocumentError(f"{name} is a broken PDF: {first}") from None
    text = "\n\n".join(PAGE_NUMBER.sub("", page) for page in pages)
    if not any(character.isalnum() for character in text):
        raise DocumentError(
            f"{name} has {len(pages)} page(s) and no text (scanned?); recognize it first, for "
            f"example with: ocrmypdf {name} out.pdf"
        )
    return HYPHEN.sub(r"\1", text)
