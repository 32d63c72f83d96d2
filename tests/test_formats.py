"""Files that are not plain text: told by content, read as a reader sees them, or one line said."""

from __future__ import annotations

import functools
import io
import json
from pathlib import Path

import pytest
from sample_files import BODY, pdf, zipped

from summarize.document.document import Document
from summarize.document.formats import of_bytes, of_text
from summarize.document.read import read
from summarize.errors import DocumentError

HTML = f"""<!doctype html><html><head><title>Boats</title></head><body>
<nav><a href="/">Home</a> <a href="/x">Subscribe now</a></nav>
<main><h1>Boats in the harbour</h1><p>{BODY}</p><p>The council paid for it, it said.</p></main>
<footer>Copyright 2026</footer></body></html>"""
TEX = rf"""% nobody sees this
\documentclass{{article}}
\title{{A Study of \emph{{Boats}}}}
\begin{{document}}
\maketitle
\begin{{abstract}}{BODY} With $H_{{\infty}}$ norms~\cite{{a,b}} 5\% sink.\end{{abstract}}
\section{{Why {{\em not}}}} \href{{http://never}}{{Boats}} are
\textbf{{old \emph{{things}}}}.\footnote{{Very.}}
\begin{{figure}}\caption{{Never}}\end{{figure}}
\end{{document}}
"""
RST = f"""Boats
=====

.. image:: boat.png
   :alt: never

.. note:: {BODY}

See :ref:`the map <map>` and `our site <http://example.org>`_ with ``code``::

    never shown

After that, **bold**.
"""
MAIL = f"""From: Ann <ann@example.org>
To: Crews <crews@example.org>
Subject: Boats on Friday
Date: Mon, 2 Mar 2026 10:00:00 +0000

{BODY}

On Sunday Bob wrote:
> never shown
-- 
Ann, never shown
"""
MARKDOWN = f"""# Boats

[![never](badge.svg)](https://example.org)

{BODY} See [the map](https://example.org/map).

```sh
never --shown
```
"""


def docx(body: str = BODY) -> bytes:
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = (
        f'<?xml version="1.0"?><w:document xmlns:w="{word}"><w:body>'
        f"<w:p><w:r><w:t>Boats</w:t></w:r></w:p><w:p><w:r><w:t>{body}</w:t></w:r></w:p>"
        "</w:body></w:document>"
    )
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
        'package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="'
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
        '"/></Types>'
    )
    rels = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/'
        '2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
        "</Relationships>"
    )
    return zipped(
        {"[Content_Types].xml": types, "_rels/.rels": rels, "word/document.xml": document}
    )


FORMATS: dict[str, str | bytes] = {
    "a.html": HTML,
    "a.tex": TEX,
    "a.rst": RST,
    "a.eml": MAIL,
    "a.md": MARKDOWN,
}


@pytest.mark.parametrize("name", [*FORMATS, "a.docx", "a.pdf"])
@pytest.mark.parametrize("suffix", ["own", "none"])
def test_each_format_gives_its_prose_whatever_it_is_called(
    name: str, suffix: str, tmp_path: Path
) -> None:
    data = {"a.docx": docx(), "a.pdf": pdf()}.get(name) or FORMATS[name]
    path = tmp_path / (name if suffix == "own" else "unnamed")
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    text = " ".join(own_prose(read(str(path))).split())
    assert "The boats will be moved on Friday because the harbour is being dredged" in text
    for hidden in ("never", "Never", "Subscribe", "Copyright", "\\", "<", "documentclass"):
        assert hidden not in text.replace("$H_{\\infty}$", ""), hidden


def own_prose(document: Document) -> str:
    """Without code, and without what a mail quotes."""
    return "\n".join(
        document.block_text(index)
        for index, block in enumerate(document.blocks)
        if block.kind not in ("code", "table", "quote")
    )


@pytest.mark.parametrize("distance", [8.0, 11.0])
def test_letters_of_a_pdf_set_one_by_one_make_words(distance: float, tmp_path: Path) -> None:
    text = "The boats will be moved on Friday because the harbour is to be closed for repairs"
    (tmp_path / "a.pdf").write_bytes(pdf(". ".join([text] * 6), set_apart=distance))
    found = read(str(tmp_path / "a.pdf")).text
    assert " ".join(found.split()) == " ".join([text] * 6)


@pytest.mark.parametrize("data", [HTML.encode(), pdf(), docx(), MAIL.encode(), MARKDOWN.encode()])
def test_from_a_pipe_too(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    document = read("-")
    assert document.source == "stdin" and "The boats will be moved" in document.prose


def test_plain_text_is_left_alone() -> None:
    for text in (
        BODY,
        "#!/bin/sh\n# A script\necho [x](y)\n",
        "Note: this. \n\nAnother: that.\n",
        "From the harbour\n\nTo sea.",
        "I think <b> is bold in HTML, and \\emph in LaTeX.",
        "Results\n=======\nThey were good.",
        "I use \\usepackage{amsmath} and it takes 50% of my time. About half.",
        "# apt-get install foo\n\n- then this\n\n    an indented note about <name>\n",
        "Title\n=====\nHe said ``hello'' and ``goodbye''::\n\n    .. and so on",
        "<body of evidence> suggests that HTML is elsewhere.",
        "Every PDF begins with the marker %PDF-1.7, and GIF89a was published in 1989.",
    ):
        assert of_text(text, "a.txt") is None, text
        assert of_bytes(text.encode()) is None


def test_a_sentence_about_a_format_is_text(tmp_path: Path) -> None:
    for text in ("GIF89a was published in 1989 and is still used.", "%PDF is how one begins."):
        (tmp_path / "a.txt").write_text(text)
        assert read(str(tmp_path / "a.txt")).text == text


@pytest.mark.parametrize(
    "text",
    [
        "<!--a-->" * 40 + " text",
        "# a\n" + "\n" * 100_000,
        "From: a\n" * 5000,
        "Title\n=====\n.. x::\n" + "*a " * 30_000,
        "Title\n=====\n.. x::\n" + ":" * 30_000,
        "\\documentclass{a}\n" + "\\cite[" * 20_000,
        "# a\n```\n```\n" + "<div>" + "<" * 20_000,
    ],
    ids=lambda text: text[:8].strip(),
)
def test_no_text_takes_for_ever(text: str, tmp_path: Path) -> None:
    """Each of these took minutes; the suite's own patience is the limit."""
    (tmp_path / "a").write_text(text)
    try:
        read(str(tmp_path / "a"))
    except DocumentError:
        pass


def test_prose_that_begins_with_a_role_stays(tmp_path: Path) -> None:
    (tmp_path / "a.rst").write_text(":class:`Foo` objects are read.\n\n.. seealso:: The manual.\n")
    text = " ".join(read(str(tmp_path / "a.rst")).text.split())
    assert text == "Foo objects are read. The manual."


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "no-such-charset"])
def test_a_mail_in_eight_bits(charset: str, tmp_path: Path) -> None:
    encoded = "Le café est très bon, et le thé aussi, dit-elle à Noël.".encode(
        "utf-8" if charset == "no-such-charset" else charset
    )
    head = MAIL.split("\n\n")[0].encode()
    head += f"\nContent-Type: text/plain; charset={charset}\n".encode()
    (tmp_path / "a.eml").write_bytes(head + b"Content-Transfer-Encoding: 8bit\n\n" + encoded)
    assert "Le café est très bon" in read(str(tmp_path / "a.eml")).text


def test_of_several_mails_in_a_file_none_is_lost(tmp_path: Path) -> None:
    later = "\n".join(f"Line {n} of the second mail." for n in range(20))
    (tmp_path / "a.eml").write_text(MAIL + f"\n-- \nAnn\n\n{later}\n")
    assert "Line 19" in read(str(tmp_path / "a.eml")).text


def test_json_gives_a_field(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": [{"text": BODY}], "body": "Another text. It ends."}))
    assert read(str(path)).text == "Another text. It ends."
    assert read(str(path), field="data.0.text").text == BODY
    for field, said in (
        ("data.0.no", "data.0 has the field text"),
        ("data", "not text; it has 1 item"),
        ("data.5", "data has 1 item"),
        ("no", "the file has the fields data and body"),
        ("body.no", "body is a string"),
    ):
        with pytest.raises(DocumentError, match=said):
            read(str(path), field=field)
    path.write_text('{"text": ')
    with pytest.raises(DocumentError, match="not JSON"):
        read(str(path))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"name": "a", "size": 2}, "JSON: an object of 2 fields (name and size)."),
        ({"a": BODY * 2}, "JSON: an object of 1 field (a). --field a summarizes its text."),
        ([{"a": 1}, {"b": 2}], "JSON: a list of 2 objects with the fields a and b."),
        ([{"\ud800": 1}], "JSON: a list of 1 object with the field \ufffd."),
        (["x", "y"], "JSON: a list of 2 strings."),
        ([1, "y", None], "JSON: a list of 3 items."),
        (12, "JSON: the file is a number."),
    ],
)
def test_json_without_a_text_is_described(tmp_path: Path, values: object, told: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(values))
    document = read(str(path))
    assert (document.kind, document.facts["summary"]) == ("json", told)
    assert not document.sentences


@functools.cache
def bad_files() -> dict[str, tuple[bytes, str]]:
    bomb = zipped({"word/document.xml": b"\0" * (300 * 2**20)})
    entities = '<!DOCTYPE a [<!ENTITY b "c">]><w:document>&b;</w:document>'
    return {
        "broken.pdf": (pdf()[:200], "broken PDF"),
        "locked.pdf": (pdf(password="secret"), "is encrypted"),
        "scan.pdf": (pdf(text=""), "scanned"),
        "glued.pdf": (pdf(text="Theboatswillbemovedonfridaybecausetheharbour " * 9), "glued"),
        "bomb.docx": (bomb, "would unpack to"),
        "entities.docx": (zipped({"word/document.xml": entities}), "declares a document type"),
        "broken.docx": (docx()[:400], "DOCX"),
        "other.zip": (zipped({"a.txt": "x"}), "zip archive"),
        "empty.html": (b"<html><body><img src=x></body></html>", "without a text"),
    }


@pytest.mark.parametrize("name", list(bad_files()))
def test_bad_files_are_a_line_each(tmp_path: Path, name: str) -> None:
    data, said = bad_files()[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DocumentError, match=said) as caught:
        read(str(tmp_path / name))
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_without_the_library_a_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarize.document.formats.find_spec", lambda name: None)
    (tmp_path / "a.pdf").write_bytes(pdf())
    with pytest.raises(DocumentError, match='install the extra "formats"'):
        read(str(tmp_path / "a.pdf"))


@pytest.mark.parametrize("depth", [100, 300, 1_000])
def test_deeply_nested_html_is_read(tmp_path: Path, depth: int) -> None:
    page = "<div>" * depth + "The deep one is read." + "</div>" * depth + "<p>So is the last.</p>"
    (tmp_path / "a.html").write_text(f"<html><body>{page}</body></html>")
    document = read(str(tmp_path / "a.html"))
    assert "The deep one is read." in document.text and "So is the last." in document.text
    assert not document.note


def test_html_too_deep_for_the_parser_says_so(tmp_path: Path) -> None:
    page = "<html><body><p>Before it.</p>" + "<div>" * 100_000 + "Lost."
    (tmp_path / "a.html").write_text(page)
    document = read(str(tmp_path / "a.html"))
    assert document.text == "Before it." and "too deeply" in document.note
