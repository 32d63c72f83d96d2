from __future__ import annotations

import codecs
import importlib
import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarize.document.document import Document
from summarize.document.encodings import check_encoding, decode
from summarize.document.formats.markdown import without_front_matter
from summarize.document.jsonl import read_rows
from summarize.document.read import read
from summarize.errors import DataError, DocumentError, OptionError


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
        ("fence.md", b"```\ncode only\n```\n", "nothing but code"),
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
    document = read(write(tmp_path, "README.md", MARKDOWN.encode()))
    for kept in ("Heading one", "Read the docs & code, wrapped.", "Centred & kept", "item two"):
        assert kept in document.prose
    for noise in ("hidden", "secret", "indented", "https", "badge", "comment", "<p", "**", "|"):
        assert noise not in document.prose
    assert kinds(document) == [
        ("heading", "Heading one"),
        ("paragraph", "Read the docs & code, wrapped."),
        ("code", "secret = 1"),
        ("code", "indented = code"),
        ("paragraph", "Centred & kept"),
        ("item", "item one"),
        ("item", "item two"),
        ("table", "a | b cell | other"),
    ]
    assert [document.sentence_text(i) for i in range(len(document.sentences))] == [
        text for kind, text in kinds(document) if kind not in ("code", "table")
    ]


def kinds(document: Document) -> list[tuple[str, str]]:
    return [
        (block.kind, " ".join(document.block_text(index).split()))
        for index, block in enumerate(document.blocks)
    ]


def test_front_matter_alone_ends_where_it_ends() -> None:
    assert without_front_matter("+++\nx = 1\n+++\nText.") == "Text."
    assert without_front_matter("---\nx: 1\nText.") == "---\nx: 1\nText."
    assert without_front_matter("Text.\n\n---\n\nMore.") == "Text.\n\n---\n\nMore."


@pytest.mark.parametrize("module", ["gzip", "lzma", "bz2"])
def test_compressed_files_are_read_like_others(tmp_path: Path, module: str) -> None:
    library = importlib.import_module(module)
    suffix = {"gzip": "gz", "lzma": "xz", "bz2": "bz2"}[module]
    plain = read(write(tmp_path, "a.md", MARKDOWN.encode()))
    packed = read(write(tmp_path, f"a.md.{suffix}", library.compress(MARKDOWN.encode())))
    assert (packed.text, packed.blocks) == (plain.text, plain.blocks)
    damaged = library.compress(MARKDOWN.encode())[:-20]
    with pytest.raises(DocumentError, match="damaged"):
        read(write(tmp_path, f"b.md.{suffix}", damaged))


def test_what_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    bomb = importlib.import_module("lzma").compress(b"a" * (8 * 2**20))
    with pytest.raises(DocumentError, match="unpacks to more than"):
        read(write(tmp_path, "bomb.xz", bomb))


@given(
    st.lists(
        st.sampled_from(
            ["# One", "Two", "===", "THREE", "   in.", "", "- item", "1. a", "```", "> q", "|a|b|"]
            + ["A sentence. And one more!", "    x = f(y);", "    $ make", "\u2028", "Name: said."]
        ),
        max_size=25,
    )
)
def test_blocks_and_sentences_lie_in_order_and_hold_the_words(lines: list[str]) -> None:
    text = "\n".join(lines)
    document = Document.from_text(text)
    end = 0
    for block in document.blocks:
        assert end <= block.start < block.end <= len(text)
        # Between blocks there are marks, no words but the numbers of items.
        assert not any(map(str.isalpha, text[end : block.start]))
        end = block.end
    last = 0
    for sentence in document.sentences:
        block = document.blocks[sentence.block]
        assert max(last, block.start) <= sentence.start < sentence.end <= block.end
        last = sentence.end
    for index, block in enumerate(document.blocks):
        if block.kind not in ("code", "table"):
            found = [s for s in document.sentences if s.block == index]
            said = "".join(text[s.start : s.end] for s in found)
            assert letters(said) == letters(text[block.start : block.end])


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


@given(st.text(max_size=200))
def test_any_text_is_a_document(text: str) -> None:
    document = Document.from_text(text)
    assert len(document.text) == len(text)
    for index in range(len(document.sentences)):
        assert document.sentence_text(index).strip()


def test_a_number_or_a_mark_is_not_a_sentence_by_itself() -> None:
    document = Document.from_text("It grew. 2.4. Methods were new. *** (1) 5.")
    found = [document.sentence_text(i) for i in range(len(document.sentences))]
    assert found == ["It grew.", "2.4. Methods were new. *** (1) 5."]


def test_rows_name_their_line_and_are_not_endless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarize.document.jsonl.LONGEST", 1000)
    path = tmp_path / "a.jsonl.gz"
    gzip = importlib.import_module("gzip")
    for bad, said in ((b'{"a": 1', ":2 is not JSON"), (b"[1]", ":2 is not a JSON object")):
        path.write_bytes(gzip.compress(b'{"a": 1}\n' + bad))
        with pytest.raises(DataError, match=said):
            list(read_rows(path))
    path.write_bytes(gzip.compress(b'{"a": 1}\n{"a": "' + b"b" * 5000 + b'"}'))
    with pytest.raises(DataError, match=":2 is longer than"):
        list(read_rows(path))


def test_letters_of_a_manual_page_in_another_language_stay(tmp_path: Path) -> None:
    text = "\\(`E facile, gr\\(:u\\(sse: \\[u0416]\\[u0061_0308] \\(/o."
    source = f".TH A 1\n.SH \\(:UBERSICHT\n{text}\n"
    (tmp_path / "a.1").write_text(source)
    assert read(str(tmp_path / "a.1")).text == "ÜBERSICHT\n\nÈ facile, grüße: Жä ø."
