"""Files and standard input to Document: bytes in, clean text out, or one DocumentError."""

from __future__ import annotations

import codecs
import re
import sys
from dataclasses import replace
from pathlib import Path

from summarize.document import formats
from summarize.document.document import Document
from summarize.errors import DocumentError, OptionError

STDIN = "-"
LARGEST_BYTES = 64 * 2**20
BINARY = {
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF87a": "a GIF picture",
    b"GIF89a": "a GIF picture",
    b"PK\x03\x04": "a zip archive (EPUB and ODT are such)",
    b"\x1f\x8b": "gzip data",
    b"\xfd7zXZ\x00": "xz data",
    b"\x7fELF": "a program",
}
# Colours and the overstruck bold of manual pages are layout, like Markdown's marks. Every other
# escape sequence stays in the text, and is shown escaped if it gets into a summary.
LINE_END = re.compile("\r\n?|\f")
SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, which is no text
# A word that a typesetter (man, for one) broke at the end of a line; where the hyphen is one of the
# word's own (command-line), nothing says so.
HYPHEN = re.compile(r"(?<=[^\W\d_])\u2010[ \t]*\n[ \t]*(?=[a-z\u00df-\u00ff])")
LAYOUT = re.compile("\x1b\\[[0-9;]*m|.\x08")


def read(source: str, encoding: str | None = None, field: str | None = None) -> Document:
    """A path, or `-` for standard input; of JSON the text in `field`. Raises DocumentError with a
    message for the user."""
    data = read_bytes(source)
    name = "stdin" if source == STDIN else source
    if not data.strip():
        raise DocumentError(f"{name} is empty")
    kind, note = formats.of_bytes(data, name), ""
    if kind:
        text = formats.convert(kind, data, name)
    else:
        text, note = decode(data, name, encoding)
        # Line ends of every system, and page breaks, are line ends.
        text = LINE_END.sub("\n", LAYOUT.sub("", text))
        kind = formats.of_text(text, name)
        if kind == "json":
            from summarize.document.formats.json import to_text

            text = to_text(text, name, field)
        elif field is not None:
            raise DocumentError(
                f"{name} is no JSON object or list, which --field is for; of JSON Lines give one "
                "line, as in: sed -n 1p FILE | summarize --field text"
            )
        elif kind:  # a mail names its own encoding, part by part
            text = formats.convert(kind, data if kind == "mail" and not encoding else text, name)
    text = HYPHEN.sub("", SURROGATE.sub("\ufffd", text))
    if not any(character.isalnum() for character in text):
        raise DocumentError(f"{name} holds no words")
    return replace(Document.from_text(text, name), note=note)


def read_bytes(source: str) -> bytes:
    """The whole input, at most LARGEST_BYTES."""
    try:
        if source == STDIN:
            if sys.stdin is None:
                raise DocumentError("stdin is closed; name a file")
            data = sys.stdin.buffer.read(LARGEST_BYTES + 1)
        else:
            path = Path(source)
            if path.is_dir():
                raise DocumentError(f"{source} is a directory; name the files in it: {source}/*")
            with path.open("rb") as file:
                data = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise DocumentError(f"{source}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DocumentError(f"can't read {source}: {reason.lower()}") from None
    if len(data) > LARGEST_BYTES:
        raise DocumentError(
            f"{source} is larger than {LARGEST_BYTES >> 20} MiB; split it, for example with: "
            f"split -C 32m {source}"
        )
    return data


def check_encoding(encoding: str | None) -> None:
    """Raises OptionError for an encoding that Python does not know, or that is not of text."""
    if encoding is None:
        return
    try:
        if not codecs.lookup(encoding)._is_text_encoding:
            raise LookupError
        "a".encode(encoding)
    except (LookupError, ValueError):
        raise OptionError(
            f"--encoding {encoding!r} is unknown; try utf-8, latin-1, cp1252 or utf-16"
        ) from None


def decode(data: bytes, name: str, encoding: str | None) -> tuple[str, str]:
    """Bytes to text, and a note where a guess was needed."""
    if encoding:
        check_encoding(encoding)
        try:
            return data.decode(encoding).removeprefix("\ufeff"), ""
        except UnicodeError as error:
            raise DocumentError(f"{name} is not {encoding}: {error}") from None
    for mark, marked in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            try:
                return data.decode(marked), ""
            except UnicodeError:
                raise DocumentError(
                    f"{name} starts like {marked.upper()} and is not; name its --encoding"
                ) from None
    refuse_binary(data, name)
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        return guess(data, name)


def refuse_binary(data: bytes, name: str) -> None:
    for magic, kind in BINARY.items():
        # A sentence may begin with these letters; a picture goes on with bytes that are no text.
        if data.startswith(magic) and not (magic[:3] == b"GIF" and data[6:200].isascii()):
            raise DocumentError(f"{name} is {kind}; summarize reads text, PDF, DOCX and HTML")
    head = data[:65536]
    # Text of any encoding without a byte-order mark has no NUL and few other control bytes.
    control = sum(head.count(bytes([c])) for c in range(32) if c not in b"\t\n\r\f\b\x1b")
    if b"\0" in head or control > len(head) / 20:
        raise DocumentError(f"{name} is binary; summarize reads text, PDF, DOCX and HTML")


def guess(data: bytes, name: str) -> tuple[str, str]:
    """Not quite UTF-8: with a few bad bytes left out, or the likeliest other encoding."""
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    if bad * 2 < sum(not character.isascii() for character in text[:1_000_000]) - bad:
        # Most of what is not ASCII is good UTF-8: a file cut in mid-character, or one bad byte.
        return text.replace("\ufffd", ""), "not valid UTF-8; bytes that make no sense are left out"

    from charset_normalizer import from_bytes

    best = from_bytes(data[:100_000]).best()
    if best is not None:
        try:
            return (
                data.decode(best.encoding),
                f"not valid UTF-8; read as {best.encoding} (--encoding names another)",
            )
        except UnicodeError:
            pass
    if bad > len(text) / 10:
        raise DocumentError(f"{name} is neither UTF-8 nor a known encoding; name its --encoding")
    return text.replace("\ufffd", ""), "not valid UTF-8; bytes that make no sense are left out"
