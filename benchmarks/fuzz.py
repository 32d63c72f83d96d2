"""Damaged files of every format: each is a document in good order, or one line says what is wrong.

    python benchmarks/fuzz.py [--count 10000] [--seed N] [--no-record]

A file of a format is cut, doubled, mixed with another, or strewn with bytes and marks that mean
something somewhere. What breaks the rules is printed with its seed; the exit status is then 1."""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable

from summarize.document.document import Document
from summarize.document.read import from_bytes
from summarize.errors import DocumentError

PROSE = "The boats will be moved on Friday. Crews were told, and the harbour is dredged.\n"
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MARKS = [
    *(b"<", b">", b"</p>", b"<pre>", b"<table><tr><td>", b"&amp;", b"<!--", b"-->", b"<h1>"),
    *(b"\\begin{a}", b"\\end{a}", b"{", b"}", b"$", b"%", b"\\section{", b"\\item", b"\\'"),
    *(b"#", b"\n# ", b"\n\n", b"```", b"[", b"](", b"|", b"\n---\n", b"*", b"`", b"> "),
    *(b".. note::", b"::\n\n  ", b":a:`", b"\n=====\n", b"=== ===\n", b"+--+\n", b"- "),
    *(b"From: ", b"\nSubject: ", b"=?utf-8?q?a?=", b"--b\n", b"Content-Type: ", b"boundary=b"),
    *(b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\x1b[1m", b"\x08", b"\f"),
    *(b".SH ", b".TP\n", b"\\fB", b'"', b"'", b"{}", b"[]", b":", b",", b"\t", b"@@ -1 +1 @@\n"),
    *("“a. ".encode(), "é".encode(), "\u2028".encode(), "汉。".encode(), b"1" * 5000, b"[" * 999),
]


def docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        heading = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>'
        body = "".join(
            f"<w:p>{style}<w:r><w:t>{PROSE}</w:t></w:r></w:p>" for style in ("", heading) * 3
        )
        archive.writestr(
            "word/document.xml", f"<w:document {WORD}><w:body>{body}</w:body></w:document>"
        )
    return out.getvalue()


def pdf() -> bytes:
    stream = f"BT /F1 12 Tf 50 750 Td ({PROSE.strip()}) Tj ET"
    return (
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        "/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
        f"4 0 obj<</Length {len(stream)}>>stream\n{stream}\nendstream endobj\n"
        "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
        "trailer<</Size 6/Root 1 0 R>>\n%%EOF"
    ).encode()


SEEDS: dict[str, Callable[[], bytes]] = {
    "a.txt": lambda: (PROSE * 3 + "\nNAME\n  in.\n\n- one\n- two\n\n    x = 1;\n").encode(),
    "a.md": lambda: f"# One\n\n{PROSE}\n- a\n- b\n\n|a|b|\n|-|-|\n|1|2|\n\n> {PROSE}".encode(),
    "a.html": lambda: (
        f"<!doctype html><body><nav>Home</nav><h1>One</h1><p>{PROSE}</p><ul><li>a</ul>"
        f"<table><tr><td>1</table><pre>x</pre><p>{PROSE}"
    ).encode(),
    "a.tex": lambda: (
        "\\documentclass{article}\\title{One}\\begin{document}\\section{Two}"
        f"{PROSE}\\begin{{itemize}}\\item a\\end{{itemize}} $x$ \\cite{{b}}\\end{{document}}"
    ).encode(),
    "a.xml": lambda: f"<?xml version='1.0'?><a>{f'<para>{PROSE}</para>' * 4}<b/></a>".encode(),
    "a.rst": lambda: f"One\n===\n\n{PROSE}\n.. note:: b\n\n::\n\n  c\n\n- d\n".encode(),
    "a.eml": lambda: (
        "From: a@b\nTo: c@d\nSubject: =?utf-8?q?One?=\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
        f"{PROSE}> quoted\n--b\nContent-Type: text/html\n\n<p>{PROSE}\n--b--\n"
    ).encode(),
    "a.json": lambda: json.dumps({"text": PROSE, "n": [1, {"a": 2}]}).encode(),
    "a.jsonl": lambda: b"\n".join([json.dumps({"body": PROSE}).encode()] * 4),
    "a.csv": lambda: b"a,b,c\n" + b'1,2,"x, y"\n' * 6,
    "a.log": lambda: b"2026-03-02 10:00:00 ERROR disk is full\n" * 7,
    "a.diff": lambda: b"--- a/b\n+++ b/b\n@@ -1,2 +1,2 @@\n-x\n+y\n z\n",
    "a.py": lambda: f'"""{PROSE}"""\n\nimport sys\n\ndef f(x):\n    return x\n'.encode(),
    "a.1": lambda: f".TH A 1\n.SH NAME\na \\- b\n.TP\n\\fB-x\\fR\n{PROSE}".encode(),
    "a.srt": lambda: b"".join(
        b"%d\n00:00:%02d,000 --> 00:00:%02d,500\nIt was <i>moved</i>.\n\n" % (n, n, n)
        for n in range(1, 9)
    ),
    "a.ipynb": lambda: json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "source": ["# One\n", PROSE]},
                {"cell_type": "code", "source": "x = 1"},
            ],
            "nbformat": 4,
        }
    ).encode(),
    "METADATA": lambda: (
        "Metadata-Version: 2.4\nName: a\nSummary: One\nDescription-Content-Type: text/markdown\n\n"
        f"# a\n\n- [b](#b)\n\n{PROSE}"
    ).encode(),
    "a.ics": lambda: (
        b"BEGIN:VCALENDAR\n"
        + b"BEGIN:VEVENT\nDTSTART:20260302T100000\nSUMMARY:One\\, two\n  three\nEND:VEVENT\n" * 3
    ),
    "a.po": lambda: (
        b'msgid ""\nmsgstr ""\n"Language: de\\n"\n\n' + b'msgid "a"\nmsgstr "b"\n\n' * 3
    ),
    "a.bib": lambda: b"@article{a,\n  title = {One {T}wo},\n  year = 2026\n}\n" * 3,
    "a.pod": lambda: (
        f"=head1 NAME\n\na - B<b> C<< c >>\n\n=item *\n\n{PROSE}\n\n  x = 1\n".encode()
    ),
    "a.yaml": lambda: b"# One\na:\n  - b: 1\ndescription: it is\n",
    "Makefile": lambda: b"a: b\n\tcc $<\n\nb:\n\ttouch b\n",
    "a.service": lambda: b"[Unit]\nDescription=One\n\n[Service]\nType=simple\n",
    "mount": lambda: b"proc on /proc type proc (rw)\n" * 4 + b"Name   Size  Used  On\n" * 3,
    "NEWS": lambda: (
        f"* One\n\n** Two\n\n{PROSE}\n\n** Three\n\n{PROSE}\nContents\n\n1. a\n".encode()
    ),
    "chat": lambda: b"Ann: Shall we move it?\nBob: Yes, on Friday.\n" * 3,
    "a.docx": docx,
    "a.pdf": pdf,
    "a.md.gz": lambda: gzip.compress(f"# One\n\n{PROSE}".encode(), mtime=0),
}
NAMES = list(SEEDS)


def damaged(choice: random.Random) -> tuple[str, bytes]:
    """A name and a file's content, both by chance."""
    name = choice.choice(NAMES)
    data = SEEDS[name]()
    for _ in range(choice.randint(0, 6)):
        start, end = sorted(choice.randint(0, len(data)) for _ in range(2))
        match choice.randrange(7):
            case 0:
                data = data[:start] + data[end:]
            case 1:
                data = data[:end] + data[start:end] * choice.randint(1, 5) + data[end:]
            case 2:
                data = data[:start] + SEEDS[choice.choice(NAMES)]() + data[start:]
            case 3:
                data = data[:start] + choice.randbytes(choice.randint(1, 9)) + data[end:]
            case 4:
                data = data[:start] + choice.choice(MARKS) * choice.randint(1, 40) + data[start:]
            case 5:
                data = bytes(
                    byte ^ (1 << choice.randrange(8)) if choice.random() < 0.02 else byte
                    for byte in data
                )
            case 6:
                data = data[:start]
    if choice.random() < 0.2:
        name = choice.choice([*NAMES, "noname"])
    return name, data


def check(name: str, data: bytes) -> str:
    """What became of it. Raises AssertionError where a document is not in order."""
    try:
        document = from_bytes(data, name)
    except DocumentError as error:
        assert "\n" not in str(error) and str(error).startswith(name), str(error)
        return "error"
    check_order(document)
    return document.kind


def check_order(document: Document) -> None:
    """Blocks lie in order within the text and sentences in order within their blocks."""
    text, end = document.text, 0
    text.encode()
    for block in document.blocks:
        assert end <= block.start < block.end <= len(text), block
        end = block.end
    last = 0
    for index, sentence in enumerate(document.sentences):
        block = document.blocks[sentence.block]
        assert max(last, block.start) <= sentence.start < sentence.end <= block.end, sentence
        assert document.sentence_text(index).strip()
        last = sentence.end
    assert not document.facts or document.facts["summary"].strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-record", action="store_true")
    arguments = parser.parse_args()
    outcomes: Counter[str] = Counter()
    slowest, failed = (0.0, 0), 0
    for seed in range(arguments.seed, arguments.seed + arguments.count):
        name, data = damaged(random.Random(seed))
        start = time.process_time()
        try:
            outcomes[check(name, data)] += 1
        except Exception as error:  # the point of it
            failed += 1
            print(f"--seed {seed}: {name}, {len(data)} bytes: {type(error).__name__}: {error}")
        slowest = max(slowest, (time.process_time() - start, seed))
    told = ", ".join(f"{count:,} {kind}" for kind, count in outcomes.most_common())
    print(f"{arguments.count:,} files: {told}; {failed} failed")
    print(f"slowest: {slowest[0]:.2f} s of CPU (--seed {slowest[1]})")
    if not arguments.no_record:
        from robustness import record

        values = {"tried": arguments.count, "seed": arguments.seed, "failures": failed}
        record("readers", {**values, "slowest_cpu_seconds": round(slowest[0], 2)})
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
