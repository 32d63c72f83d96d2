from __future__ import annotations

import codecs
import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarize.document.formats.markdown import to_text
from summarize.document.read import check_encoding, decode, read
from summarize.errors import DocumentError, OptionError


def write(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.txt", b"", "is empty"),
        ("spaces.txt", b" \n\t \r\n", "is empty"),
        ("photo.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
        ("photo.txt", b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
        ("paper.pdf", b"%PDF-1.7\n", "PDF"),
        ("a.docx", b"PK\x03\x04rest", "zip"),
        ("program", b"\x7fELF\x02\x01\x01\0", "program"),
        ("nul.txt", b"text\0text", "binary"),
        ("control.txt", bytes(range(1, 32)) * 9, "binary"),
        ("dashes.txt", b"--- *** ---\n", "no words"),
        ("fence.md", b"```\ncode only\n```\n", "no words"),
    ],
)
def test_what_is_no_document_says_so(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        read(write(tmp_path, name, data))
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_missing_directory_and_strange_names(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no such file"):
        read(str(tmp_path / "absent.txt"))
    with pytest.raises(DocumentError, match="directory"):
        read(str(tmp_path))
    with pytest.raises(DocumentError, match="can't read"):
        read("with\0nul")
    with pytest.raises(DocumentError, match="can't read"):
        read("x" * 5000)


def test_unreadable(tmp_path: Path) -> None:
    path = write(tmp_path, "secret.txt", b"text")
    os.chmod(path, 0)
    if os.access(path, os.R_OK):
        # To root no file is forbidden; the memory of a process at address 0 is, even to root.
        path, reason = "/proc/self/mem", "input/output error"
    else:
        reason = "permission denied"
    with pytest.raises(DocumentError, match=f"can't read {path}: {reason}"):
        read(path)


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("summarize.document.read.LARGEST_BYTES", 1000)
    with pytest.raises(DocumentError, match="larger than"):
        read(write(tmp_path, "big.txt", b"word " * 300))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"]
)
def test_encodings_are_found(encoding: str) -> None:
    text = "Der Fluß überschwemmte die Brücke. Die Straße blieb für Stunden gesperrt. " * 5
    found, note = decode(text.encode(encoding), "a.txt", None)
    assert found == text
    assert bool(note) == (encoding in ("cp1252", "latin-1"))


def test_a_named_encoding_is_taken_at_its_word() -> None:
    assert decode("für".encode("cp850"), "a", "cp850") == ("für", "")
    with pytest.raises(DocumentError, match="is not utf-8"):
        decode(b"\xff\xfe\xfa", "a", "utf-8")
    for bad in ("klingon", "base64", "a\0b", "ä"):
        with pytest.raises(OptionError, match="encoding"):
            check_encoding(bad)


def test_a_file_cut_in_mid_character_stays_utf_8() -> None:
    text = "Naïve café owners in Zürich paid for the résumé."
    cut = (text + "é").encode()[:-1]
    found, note = decode(cut, "a", None)
    assert found == text and "left out" in note
    assert decode("\ufeffHello".encode(), "a", "utf-8") == ("Hello", "")


def test_a_broken_byte_order_mark() -> None:
    with pytest.raises(DocumentError, match="--encoding"):
        decode(codecs.BOM_UTF8 + b"\xff\xff", "a", None)


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_one_error(data: bytes) -> None:
    try:
        text, _ = decode(data, "a", None)
    except DocumentError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(text, str)


def test_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("piped käse".encode())))
    document = read("-")
    assert (document.source, document.text) == ("stdin", "piped käse")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DocumentError, match="closed"):
        read("-")


def test_a_word_that_was_broken_at_the_end_of_a_line_is_whole(tmp_path: Path) -> None:
    data = "A vari\u2010\n   able, non-\nlinear, well\u2010known, pages 10\u2010\n12.".encode()
    text = read(write(tmp_path, "ls.txt", data)).text
    assert text == "A variable, non-\nlinear, well\u2010known, pages 10\u2010\n12."


def test_colours_and_overstriking_are_layout(tmp_path: Path) -> None:
    data = b"\x1b[1;31mred\x1b[0m N\x08NA\x08AM\x08ME\x08E _\x08u but \x1b]0;title\x07"
    assert read(write(tmp_path, "a.txt", data)).text == "red NAME u but \x1b]0;title\x07"


MARKDOWN = """---
title: hidden
---

# Heading *one*

[![badge](https://ci/badge.svg)](https://ci) Read [the docs](https://example.org/x) & `code`,
wrapped.

```python
secret = 1
```

    indented = code

<!-- a comment -->
<p align="center">Centred &amp; kept</p>

- item one
- item **two**

| a | b |
|---|---|
| cell | other |
"""


def test_markdown_leaves_what_a_reader_sees(tmp_path: Path) -> None:
    text = read(write(tmp_path, "README.md", MARKDOWN.encode())).text
    for kept in ("Heading one", "Read the docs & code, wrapped.", "Centred & kept", "item two"):
        assert kept in text
    for noise in ("hidden", "secret", "indented", "https", "badge", "comment", "<p", "**", "|"):
        assert noise not in text
    assert "cell" in text


def test_front_matter_alone_ends_where_it_ends() -> None:
    assert to_text("+++\nx = 1\n+++\nText.") == "Text."
    assert to_text("Text.\n\n---\n\nMore.") == "Text.\n\nMore."
