"""Bytes to text: the encoding that is named, marked, or likeliest."""

from __future__ import annotations

import codecs

from summarize.errors import DocumentError, OptionError

BINARY = {
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF87a": "a GIF picture",
    b"GIF89a": "a GIF picture",
    b"PK\x03\x04": "a zip archive (EPUB and ODT are zip archives too)",
    b"\x7fELF": "a program",
}
MARKED = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
READ = "summarize reads text, PDF, DOCX and HTML"
OMITTED = "not valid UTF-8; the invalid bytes are left out"


def check_encoding(encoding: str | None) -> None:
    """Raises OptionError for an encoding that Python does not know, or that is not for text."""
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
    """The text, and a note where its encoding had to be guessed."""
    if encoding:
        check_encoding(encoding)
        try:
            return data.decode(encoding).removeprefix("\ufeff"), ""
        except UnicodeError as error:
            raise DocumentError(f"{name} is not {encoding}: {error}") from None
    for mark, marked in MARKED:
        if data.startswith(mark):
            try:
                return data.decode(marked), ""
            except UnicodeError:
                raise DocumentError(
                    f"{name} starts with the byte order mark of {marked.upper()}, "
                    "which it is not; name its encoding with --encoding"
                ) from None
    refuse_binary(data, name)
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        return guess(data, name)


def refuse_binary(data: bytes, name: str) -> None:
    for magic, kind in BINARY.items():
        # A sentence may begin with these letters; a picture goes on with other bytes.
        if data.startswith(magic) and not (magic[:3] == b"GIF" and data[6:200].isascii()):
            raise DocumentError(f"{name} is {kind}; {READ}")
    head = data[:65536]
    # Text in any encoding without a byte-order mark has no NUL and few other control bytes.
    control = sum(head.count(bytes([c])) for c in range(32) if c not in b"\t\n\r\f\b\x1b")
    if b"\0" in head or control > len(head) / 20:
        raise DocumentError(f"{name} is binary; {READ}")


def guess(data: bytes, name: str) -> tuple[str, str]:
    """Not quite UTF-8: that without a few bad bytes, or the likeliest other encoding."""
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    if bad * 2 < sum(not character.isascii() for character in text[:1_000_000]) - bad:
        # Most of what is not ASCII is good UTF-8: a file cut within a character, or one bad byte.
        return text.replace("\ufffd", ""), OMITTED

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
        raise DocumentError(
            f"{name} is neither UTF-8 nor a known encoding; name its encoding with --encoding"
        )
    return text.replace("\ufffd", ""), OMITTED
