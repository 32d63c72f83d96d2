"""The structure that a format knows gets into the document: headings (compared with independent
parsers where there are such), items, tables, code, quotations, speakers."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from sample_files import pdf, zipped

from summarize.document.document import Document
from summarize.document.formats import of_text, parts
from summarize.document.parts import assemble
from summarize.document.read import from_bytes, read

ROOT = Path(__file__).parent.parent
PROSE = "The harbour is dredged every spring. Boats are moved for a week, and owners are told."


def document(kind: str, data: str | bytes) -> Document:
    text, blocks = assemble(parts(kind, data, "it"))
    return Document(text, blocks=blocks)


def outline(found: Document) -> list[tuple[int, str]]:
    return [(level, name) for _, level, name in found.headings]


def of_kind(found: Document, kind: str) -> list[str]:
    return [
        found.block_text(index) for index, block in enumerate(found.blocks) if block.kind == kind
    ]


OUTLINE = [
    (1, "Moving boats"),
    (2, "Why the harbour silts"),
    (3, "Sand from the river"),
    (3, "Sand from the sea: 40%"),
    (2, "Costs & dates"),
    (2, "What comes next?"),
]


def tracked_markdown() -> list[Path]:
    found = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return [ROOT / name for name in found.stdout.split()] or [ROOT / "README.md"]


@pytest.mark.parametrize("path", tracked_markdown(), ids=lambda path: str(path.relative_to(ROOT)))
def test_all_headings_of_our_markdown(path: Path) -> None:
    text = path.read_text()
    if text.startswith("---"):
        text = text.split("---", 2)[2]
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    expected = [
        (
            int(token.tag[1]),
            "".join(
                child.content
                for child in tokens[place + 1].children or []
                if child.type in ("text", "code_inline")
            ),
        )
        for place, token in enumerate(tokens)
        if token.type == "heading_open"
    ]
    assert outline(read(str(path))) == expected


def test_markdown_beyond_what_is_parsed_keeps_its_headings() -> None:
    text = "".join(f"## Part {n}\n\n{'*a* ' * 40}\n\n" for n in range(3000))
    found = document("markdown", text)
    assert [name for _, name in outline(found)] == [f"Part {n}" for n in range(3000)]


def test_all_headings_of_a_web_page() -> None:
    sections = "".join(
        f"<h{level}>{name.replace('&', '&amp;')}<a href='#x'>¶</a></h{level}><p>{PROSE}</p>"
        for level, name in OUTLINE
    )
    page = (
        f"<!doctype html><html><body><nav><ul><li>Home<li>About us</ul></nav><main>{sections}"
        "<ul><li>one item<ul><li>an inner item</ul></ul><pre>x = 1\n  y</pre>"
        "<table><tr><th>a<th>b<tr><td>1<td>2</table><blockquote>He said so twice.</blockquote>"
        f"<p>{PROSE}</p></main><footer>Imprint</footer></body></html>"
    )
    found = document("html", page)
    assert outline(found) == OUTLINE
    assert of_kind(found, "item") == ["one item", "an inner item"]
    assert of_kind(found, "code") == ["x = 1\n  y"]
    assert of_kind(found, "table") == ["a | b\n1 | 2"]
    assert of_kind(found, "quote") == ["He said so twice."]


def test_all_headings_of_a_latex_paper() -> None:
    names = {1: "title", 2: "section", 3: "subsection"}
    sections = "".join(
        rf"\{names[level]}{{{name.replace('&', chr(92) + '&').replace('%', chr(92) + '%')}}}"
        f"\n{PROSE}~\\cite{{a}}\n\n"
        for level, name in OUTLINE[1:]
    )
    text = (
        "\\documentclass{article}\n\\title{Moving \\emph{boats}}\n\\begin{document}\n\\maketitle\n"
        f"{sections}\\begin{{itemize}}\\item one\n\\item two\\end{{itemize}}"
        "\\begin{verbatim}\nx = 1\n\\end{verbatim}\\begin{figure}\\caption{never}\\end{figure}"
        "\\begin{quote}He said so.\\end{quote} \\'Etude, na\\\"{\\i}ve.\\end{document} never"
    )
    found = document("tex", text)
    assert outline(found) == OUTLINE
    assert of_kind(found, "item") == ["one", "two"]
    assert of_kind(found, "code") == ["x = 1"]
    assert of_kind(found, "quote") == ["He said so."]
    assert "never" not in found.text and "Étude, naïve." in found.text


def test_all_headings_of_restructured_text() -> None:
    docutils = pytest.importorskip("docutils.core")
    nodes = pytest.importorskip("docutils.nodes")
    marks = {1: "=", 2: "-", 3: "~"}
    text = "".join(
        (f"{'=' * 30}\n" if level == 1 else "") + f"{name}\n{marks[level] * 30}\n\n{PROSE}\n\n"
        for level, name in OUTLINE
    )
    text += (
        "- one\n- two\n  goes on\n\n.. code-block:: sh\n   :name: x\n\n   make\n\nSo::\n\n"
        "    literal\n\n.. note:: Mind the tide.\n\n=== ===\na   b\n=== ===\n1   2\n=== ===\n\n"
        ".. image:: never.png\n\n>>> 1 + 1\n2\n\nThe *end* of :ref:`it <never>`.\n"
    )
    found = document("rst", text)
    assert outline(found) == OUTLINE
    tree = docutils.publish_doctree(
        text, settings_overrides={"report_level": 5, "warning_stream": io.StringIO()}
    )
    independent = [title.astext() for title in tree.findall(nodes.title)]
    assert [name for _, name in outline(found)] == independent
    assert of_kind(found, "item") == ["one", "two goes on"]
    assert of_kind(found, "code") == ["   make", "    literal", ">>> 1 + 1\n2"]
    assert of_kind(found, "table") == ["a | b\n1 | 2"]
    assert "never" not in found.text
    assert "Mind the tide." in found.prose and "The end of it." in found.prose


def test_docbook_and_feeds() -> None:
    book = (
        '<?xml version="1.0" encoding="latin-1"?>\n<!DOCTYPE book [<!ENTITY e "never">]>\n'
        f"<book><title>Boats</title><para>{PROSE}</para><sect1><title>Sand</title><xref to='a'/>"
        f"<para>{PROSE} &e;</para><programlisting>x = 1</programlisting>"
        "<itemizedlist><listitem><para>one</para></listitem></itemizedlist>"
        "<para>It ends.</para></sect1></book>"
    )
    assert of_text(book, "unnamed") == "xml"
    found = document("xml", book)
    assert [name for _, name in outline(found)] == ["Boats", "Sand"]
    assert of_kind(found, "code") == ["x = 1"]
    assert of_kind(found, "item") == ["one"]
    assert of_kind(found, "paragraph") == [PROSE, PROSE, "It ends."]
    feed = (
        '<?xml version="1.0"?><rss><channel><title>News</title><link>http://never</link>'
        f"<item><title>Boats</title><description><![CDATA[<p>{PROSE}</p>]]></description></item>"
        "<item><title>Nets</title><description>Fish &amp; chips.</description></item>"
        "<description/></channel></rss>"
    )
    assert of_text(feed, "unnamed") == "xml"
    found = document("xml", feed)
    assert [name for _, name in outline(found)] == ["News", "Boats", "Nets"]
    assert of_kind(found, "paragraph") == [PROSE, "Fish & chips."]


WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def paragraph(text: str, properties: str = "") -> str:
    text = text.replace("&", "&amp;")
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_all_headings_of_a_word_document() -> None:
    """Styles are named in the author's language; what they are based on is not."""
    styles = "".join(
        f'<w:style w:styleId="berschrift{level}"><w:name w:val="heading {level}"/></w:style>'
        for level in (1, 2, 3)
    )
    body = "".join(
        paragraph(name, f'<w:pStyle w:val="berschrift{level}"/>') + paragraph(PROSE)
        for level, name in OUTLINE
    )
    body += paragraph("one", '<w:numPr><w:ilvl w:val="1"/></w:numPr>')
    cells = "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in ("a", "b"))
    body += f"<w:tbl><w:tr>{cells}</w:tr><w:tr>{cells}</w:tr></w:tbl>"
    body += "<w:p><w:del><w:r><w:delText>never</w:delText></w:r></w:del></w:p>"
    data = zipped(
        {
            "word/document.xml": f"<w:document {WORD}><w:body>{body}</w:body></w:document>",
            "word/styles.xml": f"<w:styles {WORD}>{styles}</w:styles>",
        }
    )
    found = document("docx", data)
    assert outline(found) == OUTLINE
    assert of_kind(found, "item") == ["one"]
    assert of_kind(found, "table") == ["a | b\na | b"]
    assert "never" not in found.text


MESSAGE = """From {sender}@example.org Mon Mar  2 10:00:00 2026
From: {sender} <{sender}@example.org>
To: crews@example.org
Subject: {subject}
Date: Mon, {day} Mar 2026 10:00:00 +0000

{text}

"""


def test_of_a_thread_the_newest_message_is_first_and_quotes_are_apart() -> None:
    mailbox = MESSAGE.format(sender="Ann", subject="Boats", day=2, text="Can we move them?")
    mailbox += MESSAGE.format(
        sender="Bob",
        subject="Re: Boats",
        day=3,
        text="Yes, on Friday at eight.\n\nOn Monday, Ann wrote:\n> Can we move them?\n\n-- \nBob",
    )
    found = document("mail", mailbox.encode())
    assert [(b.kind, b.speaker, found.block_text(i)) for i, b in enumerate(found.blocks)] == [
        ("heading", "Bob", "Re: Boats"),
        ("paragraph", "Bob", "Yes, on Friday at eight."),
        ("quote", "Bob", "Can we move them?"),
        ("heading", "Ann", "Boats"),
        ("paragraph", "Ann", "Can we move them?"),
    ]


def test_a_patch_in_a_mail_is_code() -> None:
    patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n\n"
    mail = MESSAGE.format(sender="Ann", subject="[PATCH] Boats", day=2, text=f"{PROSE}\n\n{patch}")
    found = document("mail", f"{mail}-- \n2.39.5".encode())
    assert of_kind(found, "code") == [patch.strip()]
    assert found.prose == f"[PATCH] Boats\n\n{PROSE}"


def test_a_manual_page() -> None:
    source = (
        '.\\" a comment\n.TH BOAT 1\n.SH NAME\nboat \\- moves boats\n.SH DESCRIPTION\n'
        f".PP\n{PROSE}\n.TP\n\\fB\\-a\\fR, \\fB\\-\\-all\\fR\nAll of them.\n.nf\nboat -a\n.fi\n"
        '.SS "Inner part"\n.BR boat (1)\nis this.\n'
    )
    found = document("manpage", source)
    assert outline(found) == [(1, "NAME"), (1, "DESCRIPTION"), (2, "Inner part")]
    assert of_kind(found, "item") == ["-a, --all"]
    assert of_kind(found, "code") == ["boat -a"]
    assert of_kind(found, "paragraph") == ["boat - moves boats", PROSE, "All of them."] + [
        "boat(1) is this."
    ]


def pages(*texts: list[str]) -> bytes:
    """A PDF with a page for each list of lines, joined from single ones."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    for lines in texts:
        writer.append(PdfReader(io.BytesIO(pdf(". ".join(lines)))))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_of_a_pdf_running_heads_go_and_lines_are_joined() -> None:
    def page(number: int, name: str) -> list[str]:
        return [
            "The Harbour Gazette",
            f"{number} Part {name}",
            f"Boat {name} is moved for a week while the harbour is dred-",
            f"ged, and Part {name} ends here!",
            f"Page {number} of 4",
        ]

    found = document("pdf", pages(*(page(n, name) for n, name in enumerate("ABCD", start=1))))
    assert outline(found) == [(1, "1 Part A"), (1, "2 Part B"), (1, "3 Part C"), (1, "4 Part D")]
    assert "Gazette" not in found.text and "of 4" not in found.text
    assert of_kind(found, "paragraph") == [
        f"Boat {name} is moved for a week while the harbour is dredged, and Part {name} ends here!"
        for name in "ABCD"
    ]


def test_of_a_pdf_an_unreadable_page_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pages([PROSE], ["Theboatswillbemovedonfridaybecausetheharbour"] * 5))
    found = read(str(path))
    assert "harbour is dredged" in found.text and "Theboats" not in found.text
    assert "page 2 left out" in found.note


def test_of_a_pdf_letters_set_apart_are_closed_up() -> None:
    spaced = "  ".join(" ".join(word) for word in PROSE.rstrip(".").split())
    found = document("pdf", pdf(spaced))
    assert "harbour is dredged every spring" in found.text


def test_a_manual_page_has_a_name_line() -> None:
    """As roff and as man prints it; other documents have none."""
    roff = '\n.\\" made by hand\n.de XX\n..\n.TH KETTLE 1\n.SH NAME\nkettle \\- boil water\n'
    roff += ".SH DESCRIPTION\nIt boils.\n"
    printed = "KETTLE(1)\n\nNAME\n       kettle - boil water\n\nDESCRIPTION\n       It boils.\n"
    for text in (roff, printed):
        document = from_bytes(text.encode(), "kettle.1")
        assert document.name_line is not None
        assert " ".join(document.block_text(document.name_line).split()) == "kettle - boil water"
    other = from_bytes(
        b"# Names\n\nA tale - of two cities, and of much else besides.\n" * 9, "a.md"
    )
    assert other.name_line is None
