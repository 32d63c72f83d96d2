"""Texts made to cost time or memory, each grown by 2, 4 and 8 up to a megabyte; read and divided
into sentences as any document is.

    python benchmarks/attacks.py [NAME...] [--largest BYTES]

For each: CPU seconds and memory at the largest size, both for a megabyte, and the exponent of time
against size (1 is linear). A child process reads each, so that one that hangs is ended."""

from __future__ import annotations

import argparse
import io
import math
import os
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from typing import NamedTuple

from summarize.document.read import read
from summarize.errors import DocumentError

MB = 2**20
PATIENCE = 60  # seconds of CPU
MOST_SECONDS, MOST_MIB = 1.0, 300.0  # for each megabyte


class Attack(NamedTuple):
    suffix: str
    build: Callable[[int], bytes]  # about so many bytes


def repeat(unit: str, head: str = "", tail: str = "", suffix: str = "txt") -> Attack:
    size = len(unit.encode())
    return Attack(suffix, lambda n: (head + unit * max(1, n // size) + tail).encode())


def growing(unit: Callable[[int], str], suffix: str = "txt", head: str = "") -> Attack:
    """Units that differ by their number."""

    def build(size: int) -> bytes:
        pieces, length, number = [head], len(head), 0
        while length < size:
            pieces.append(unit(number))
            length += len(pieces[-1])
            number += 1
        return "".join(pieces).encode()

    return Attack(suffix, build)


def nested(opening: str, closing: str, suffix: str, head: str = "", tail: str = "") -> Attack:
    size = len(opening) + len(closing)
    return Attack(
        suffix,
        lambda n: (
            head + opening * (n // size) + " Some prose is here. " + closing * (n // size) + tail
        ).encode(),
    )


def docx(unit: str, head: str = "", tail: str = "", styles: str = "") -> Attack:
    """The size is that of the XML; the file is much smaller."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

    def build(size: int) -> bytes:
        body = head + unit * max(1, size // len(unit)) + tail
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                "word/document.xml", f"<w:document {space}><w:body>{body}</w:body></w:document>"
            )
            if styles:
                archive.writestr("word/styles.xml", f"<w:styles {space}>{styles}</w:styles>")
        return out.getvalue()

    return Attack("docx", build)


def mail(head: str = "", body: str = "", unit: str = "", tail: str = "") -> Attack:
    start = "From: a@example.org\nTo: b@example.org\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n"
    return repeat(unit, start + head, tail + body, "eml")


PROSE = "The boats were moved on Friday, as the harbour is dredged. "
RUN = "<w:r><w:t>a</w:t></w:r>"
PARAGRAPH = f"<w:p>{RUN}</w:p>"
TEX = "\\documentclass{a}\n\\begin{document}\n"
MULTIPART = 'Content-Type: multipart/mixed; boundary="b"\n\n'

ATTACKS: dict[str, Attack] = {
    # Plain text and sentences
    "prose": repeat(PROSE),
    "quotation marks": repeat("“a. "),
    "closing brackets": repeat("Hello ) "),
    "brackets and letter": repeat(")" * 1000 + "a "),
    "one letter": repeat("a"),
    "combining characters": repeat("\u0301", "a"),
    "one line of words": repeat("word "),
    "spaces": repeat(" ", "a", "b."),
    "tabs and newlines": repeat("\t\n", "a", "b."),
    "short lines": repeat("a\n"),
    "headings": repeat("# a\n\n"),
    "headings without gap": repeat("# a\n"),
    "heading of marks": repeat("#", "# a", "\n\nText."),
    "bare headings": repeat("Title\n\n" + PROSE + "\n\n"),
    "ruled headings": repeat("a\n---\n"),
    "capitals": repeat("NAME\n  a\n"),
    "items": repeat("- a\n"),
    "rows": repeat("|a|\n"),
    "border": repeat(" ", "+---", "x\n+\n"),
    "fences": repeat("```\n"),
    "quotes": repeat("> a\n"),
    "indented": repeat("    a = b\n\n"),
    "hyphens": repeat("a\u2010\n"),
    "hyphen and spaces": repeat(" ", "a\u2010", "\n"),
    "numbers": repeat("1. "),
    "full stops": repeat(". "),
    "abbreviations": repeat("Mr. "),
    "overstrike": repeat("_\b"),
    "escapes": repeat("\x1b[1m"),
    "surrogates as UTF-8": Attack("txt", lambda n: b"Text. " + b"\xed\xa0\x80" * (n // 3)),
    "latin-1": Attack("txt", lambda n: "Größe und Wörter. ".encode("latin-1") * (n // 18)),
    "ideographs": repeat("汉字。"),
    "right to left": repeat("שלום. "),
    "e-mail addresses": repeat("a@b.c "),
    "addresses": repeat("http://a.b/c "),
    # Markdown
    "md prose": repeat(PROSE + "\n\n", suffix="md"),
    "md brackets": repeat("[", suffix="md"),
    "md images": repeat("![", suffix="md"),
    "md links": repeat("[a](", suffix="md"),
    "md references": repeat("[a]", suffix="md"),
    "md definitions": growing(lambda n: f"[a{n}]: b\n", "md"),
    "md emphasis": repeat("*a ", suffix="md"),
    "md strong": repeat("**a *", suffix="md"),
    "md underscores": repeat("_a__b", suffix="md"),
    "md backticks": growing(lambda n: "`" * (n % 300) + " ", "md"),
    "md quotes": repeat("> ", suffix="md"),
    "md nested lists": growing(lambda n: "  " * (n % 500) + "- a\n", "md"),
    "md bullets": repeat("- ", suffix="md"),
    "md table": repeat("a|b\n", "a|b\n-|-\n", suffix="md"),
    "md wide table": repeat("|", "a|b\n-|-\n", suffix="md"),
    "md headings": repeat("# a\n", suffix="md"),
    "md closing marks": repeat("#", "# a", suffix="md"),
    "md lines": repeat("a\n", suffix="md"),
    "md html": repeat("<a ", suffix="md"),
    "md comments": repeat("<!--", suffix="md"),
    "md tags": repeat("<b>", suffix="md"),
    "md entities": repeat("&a;", suffix="md"),
    "md escapes": repeat("\\[[", suffix="md"),
    "md front matter": repeat("a: b\n", "---\n", suffix="md"),
    "md autolinks": repeat("<http://a>", suffix="md"),
    # HTML
    "html prose": repeat(f"<p>{PROSE}</p>", "<!doctype html><body>", suffix="html"),
    "html pre": repeat("<pre>", suffix="html"),
    "html nested": nested("<div>", "</div>", "html"),
    "html nested tables": nested("<table><tr><td>", "</td></tr></table>", "html"),
    "html nested lists": nested("<ul><li>", "</li></ul>", "html"),
    "html headings": repeat("<h2>a</h2>", suffix="html"),
    "html cells": repeat("<td>a</td>", "<table><tr>", suffix="html"),
    "html breaks": repeat("a<br>", "<p>", suffix="html"),
    "html inline": nested("<b>", "</b>", "html"),
    "html spans": repeat("<span>a</span>", suffix="html"),
    "html attributes": growing(lambda n: f" a{n}=b", "html", "<html><p"),
    "html entities": repeat("&amp;", "<html><p>", suffix="html"),
    "html less-than": repeat("<", "<html>a", suffix="html"),
    "html comments": repeat("<!--", "<html>a", suffix="html"),
    "html comments at the start": repeat("<!--a-->", suffix="html"),
    "html scripts": repeat("<script>", "<html>a", suffix="html"),
    "html permalink": repeat(" ", "<html><h1>a", "b</h1><p>Text.", suffix="html"),
    "html links": repeat("<a href=x>word</a> ", "<html><p>", suffix="html"),
    "html paragraphs": repeat("<p>a", "<html>", suffix="html"),
    # XML
    "xml prose": repeat(f"<para>{PROSE}</para>", "<?xml version='1.0'?><a>", "</a>", suffix="xml"),
    "xml nested": nested("<para>", "</para>", "xml", "<?xml version='1.0'?>"),
    "xml entities": repeat(
        "&b;",
        "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'ccccccccccccc'>]><a>" + "<p>a</p>" * 3,
        "</a>",
        suffix="xml",
    ),
    "xml names": repeat("<a:p>b</a:p>", "<?xml version='1.0'?><a>", "</a>", suffix="xml"),
    # LaTeX
    "tex prose": repeat(PROSE + "\n\n", TEX, suffix="tex"),
    "tex figures": repeat("\\begin{figure}", TEX, suffix="tex"),
    "tex verbatim": repeat("\\begin{verbatim}", TEX, suffix="tex"),
    "tex environments": growing(lambda n: f"\\begin{{lstlisting}}[{n}]", "tex", TEX),
    "tex braces": repeat("{", TEX, suffix="tex"),
    "tex closing": repeat("}", TEX, suffix="tex"),
    "tex citations": repeat("\\cite[", TEX, suffix="tex"),
    "tex cite braces": repeat("\\cite{", TEX, suffix="tex"),
    "tex mathematics": repeat("$a ", TEX, suffix="tex"),
    "tex dollars": repeat("$", TEX, suffix="tex"),
    "tex display": repeat("\\[", TEX, suffix="tex"),
    "tex sections": repeat("\\section{a}", TEX, suffix="tex"),
    "tex nested sections": repeat("\\section{", TEX, suffix="tex"),
    "tex emphasis": nested("\\emph{", "}", "tex", TEX),
    "tex comments": repeat("%\n", TEX, suffix="tex"),
    "tex titles": repeat("\\title{", suffix="tex"),
    "tex accents": repeat("\\'", TEX, suffix="tex"),
    "tex items": repeat("\\item a\n", TEX, suffix="tex"),
    "tex begin": repeat("\\begin", TEX, suffix="tex"),
    # reStructuredText
    "rst prose": repeat(PROSE + "\n\n", "T\n=\n\n.. note::\n\n", suffix="rst"),
    "rst emphasis": repeat("*a ", "T\n=\n\n", suffix="rst"),
    "rst colons": repeat(":", "T\n=\n\n", suffix="rst"),
    "rst roles": repeat(":a:`", "T\n=\n\n", suffix="rst"),
    "rst backticks": repeat("`a <", "T\n=\n\n", suffix="rst"),
    "rst backticks and spaces": repeat("`" + " " * 300, "T\n=\n\n", suffix="rst"),
    "rst underscores": repeat("a-", "T\n=\n\n", suffix="rst"),
    "rst bars": repeat("|a ", "T\n=\n\n", suffix="rst"),
    "rst titles": repeat("a\n=\n", suffix="rst"),
    "rst directives": repeat(".. a::\n", suffix="rst"),
    "rst nested notes": growing(lambda n: "  " * (n % 300) + ".. note::\n\n", "rst"),
    "rst nested lists": growing(lambda n: "  " * (n % 300) + "- a\n\n", "rst"),
    "rst literal blocks": repeat("a::\n\n", suffix="rst"),
    "rst tables": repeat("=== ===\na\n\n", suffix="rst"),
    "rst grids": repeat("+-+\n|a|\n", suffix="rst"),
    "rst code fields": repeat("   :a: b\n", ".. code::\n", suffix="rst"),
    "rst substitutions": repeat(".. |a| image:: b\n", suffix="rst"),
    # Mail
    "mail prose": mail("Subject: a\n\n", unit=PROSE + "\n"),
    "mail encoded subject": mail("Subject: ", "\n\nText is here.\n", "=?utf-8?q?a?= "),
    "mail folded subject": mail("Subject: a\n", "\nText is here.\n", " =?utf-8?b?YQ==?=\n"),
    "mail parameters": mail("Content-Type: text/plain;", "\n\nText is here.\n", " a*0=b;"),
    "mail headers": mail("", "\nText is here.\n", "X: a\n"),
    "mail addresses": mail("Cc: ", "\n\nText is here.\n", "<a@b>, ("),
    "mail nested parts": mail("", "", MULTIPART + "--b\n"),
    "mail many parts": mail(MULTIPART, "", "--b\n\nText.\n"),
    "mail quotes": mail("Subject: a\n\n", "", "> a\n"),
    "mail deep quotes": mail("Subject: a\n\n", "a\n", ">"),
    "mail alternating quotes": mail("Subject: a\n\n", "", "a\n> b\n"),
    "mail wrote": mail("Subject: a\n\n", "", "On it he wrote:\n"),
    "mail blank lines": mail("Subject: a\n\nText.", "", "\n"),
    "mail base64": mail("Content-Transfer-Encoding: base64\n\n", "", "YWJj\n"),
    "mail mbox": repeat("From a\nFrom: b\nTo: c\nDate: d\n\nText.\n\n", suffix="mbox"),
    # DOCX: the size is that of the XML
    "docx paragraphs": docx(PARAGRAPH),
    "docx empty paragraphs": docx("<w:p/>"),
    "docx runs": docx(RUN, "<w:p>", "</w:p>"),
    "docx empty runs": docx("<w:r/>", "<w:p>", "</w:p>"),
    "docx one cell": docx(PARAGRAPH, "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"),
    "docx cells": docx(f"<w:tc>{PARAGRAPH}</w:tc>", "<w:tbl><w:tr>", "</w:tr></w:tbl>"),
    "docx styles": docx(PARAGRAPH, styles='<w:style w:styleId="a"/>' * 20_000),
    "docx attributes": docx('<w:p w:a="b" w:c="d"/>'),
    "docx text": docx("a ", "<w:p><w:r><w:t>", "</w:t></w:r></w:p>"),
    # Manual pages
    "man prose": repeat(".PP\n" + PROSE + "\n", ".TH A 1\n", suffix="1"),
    "man escapes": repeat("\\f", ".TH A 1\n", suffix="1"),
    "man options": repeat(".TP\n\\fB\\-a\\fR\n", ".TH A 1\n", suffix="1"),
    "man quotes": repeat('.B "a\n', ".TH A 1\n", suffix="1"),
    "man comments": repeat('.\\" a\n', suffix="1"),
    # Tables, logs, patches, code, conversations
    "csv rows": repeat("1,2\n", "a,b\n", suffix="csv"),
    "csv open quote": repeat('a,"b\n', suffix="csv"),
    "csv cells": repeat("1,", "a,b,c\n1,2,3\n", suffix="csv"),
    "csv wide": repeat("a,", "", "\n1,2\n", suffix="csv"),
    "log entries": growing(lambda n: f"10:00:00 a{n}\n", "log"),
    "log numbers": repeat("10:00:00 " + "1 " * 140 + "\n", suffix="log"),
    "log levels": repeat("INFO a\n", suffix="log"),
    "jsonl rows": repeat('{"a":1}\n', suffix="jsonl"),
    "jsonl nested": repeat("[", '{"a":1}\n', suffix="jsonl"),
    "diff hunks": repeat("@@ -1 +1 @@\n-a\n+b\n", "--- a\n+++ b\n", suffix="diff"),
    "diff files": growing(lambda n: f"--- {n}\n+++ {n}\n@@ -1 +1 @@\n-a\n+b\n", "diff"),
    "diff lines": repeat("+\n", "--- a\n+++ b\n@@ -1 +1,99999999 @@\n", suffix="diff"),
    "code comments": repeat("# a\n", suffix="py"),
    "code definitions": growing(lambda n: f"def f{n}(): pass\n", "py"),
    "code brackets": repeat("(", "func ", suffix="go"),
    "code string": repeat("a\n", '"""', suffix="py"),
    "code words": repeat("export async ", suffix="js"),
    "chat turns": repeat("Ann: A b c.\nBob: D e f.\n"),
    "chat stamps": repeat("10:00 <a> b\n10:00 <c> d\n"),
    # Subtitles, notebooks, records, contents
    "srt cues": growing(lambda n: f"{n}\n00:00:01,000 --> 00:00:02,000\na\n\n", "srt"),
    "srt one cue": repeat("a\n", "1\n00:00:01,000 --> 00:00:02,000\n", suffix="srt"),
    "srt tags": repeat("<", "1\n00:00:01,000 --> 00:00:02,000\n", suffix="srt"),
    "ipynb cells": repeat(
        '{"cell_type": "markdown", "source": "a"}, ',
        '{"nbformat": 4, "cells": [',
        '{"cell_type": "code", "source": "a"}]}',
        suffix="ipynb",
    ),
    "ipynb one cell": repeat(
        "a ", '{"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "', '"}]}', "ipynb"
    ),
    "ics events": repeat(
        "BEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT\n", "BEGIN:VCALENDAR\n", suffix="ics"
    ),
    "ics folded": repeat("\n a", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:", suffix="ics"),
    "po messages": repeat('msgid "a"\nmsgstr ""\n\n', 'msgid ""\nmsgstr ""\n\n', suffix="po"),
    "po one message": repeat('"a"\n', 'msgid ""\nmsgstr ""\n\nmsgid ""\n', suffix="po"),
    "bib entries": repeat("@a{b, title = {c}\n}\n", suffix="bib"),
    "bib spaces": repeat(" ", "@article{a,\ntitle", suffix="bib"),
    "metadata": repeat("a: b\n", "Metadata-Version: 2.4\n", suffix="METADATA"),
    "yaml keys": growing(lambda n: f"a{n}:\n", "yaml"),
    "mounts": repeat("a on /b type c (d)\n"),
    "names and columns": repeat("NAME  SIZE  1  USED\n"),
    "stars": repeat("** a\n\n"),
    "contents": repeat("1. a\nChapter 2: b\n\n", "Contents\n\n"),
    "dots": repeat(" .", "Contents\n\n"),
    "md contents": repeat("- [a](#b)\n", suffix="md"),
    "html contents": repeat("<li><a href='#a'>b</a>", "<html><ul>", suffix="html"),
    "pod items": repeat("=item a\n\n", "=head1 A\n\n", suffix="pod"),
    "pod codes": repeat("B<", "=head1 A\n\n", suffix="pod"),
    "pod nested codes": nested("B<", ">", "pod", "=head1 A\n\n"),
    # JSON
    "json nested": repeat("[", suffix="json"),
    "json objects": nested('{"a":', "}", "json"),
    "json text": repeat("a ", '{"text": "', '"}', suffix="json"),
    "json number": repeat("1", '{"text": ', "}", suffix="json"),
    "json list": repeat('"a. ", ', '{"text": [', '"a"]}', suffix="json"),
}


class Cost(NamedTuple):
    seconds: float
    mib: float
    outcome: str


def measure(attack: Attack, size: int) -> tuple[Cost, int]:
    """Cost of reading it in a child, and how many bytes were read."""
    data = attack.build(size)
    with tempfile.NamedTemporaryFile(suffix=f".{attack.suffix}") as file:
        file.write(data)
        file.flush()
        end_read, end_write = os.pipe()
        child = os.fork()
        if not child:
            os._exit(in_child(file.name, end_write))
        os.close(end_write)
        with os.fdopen(end_read) as answer:
            fields = answer.read().split("\t")
        _, status, _ = os.wait4(child, 0)
    if len(fields) < 3:
        return Cost(PATIENCE, math.inf, f"ended with status {status}"), len(data)
    return Cost(float(fields[0]), float(fields[1]), fields[2]), len(data)


def in_child(path: str, answer: int) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    try:
        document = read(path)
        outcome = f"{len(document.blocks):,} blocks, {len(document.sentences):,} sentences"
    except DocumentError as error:
        outcome = str(error).replace(path, "it")[:70]
    seconds = time.process_time() - start
    mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    os.write(answer, f"{seconds}\t{mib}\t{outcome}".encode())
    return 0


def warm_up() -> None:
    """What is imported on demand costs once, not for each text."""
    for suffix in ("txt", "md", "html", "tex", "rst", "eml", "json"):
        measure_in_process(repeat(PROSE, suffix=suffix))
    measure_in_process(ATTACKS["html prose"])


def measure_in_process(attack: Attack) -> None:
    with tempfile.NamedTemporaryFile(suffix=f".{attack.suffix}") as file:
        file.write(attack.build(20_000))
        file.flush()
        try:
            read(file.name).sentences  # noqa: B018
        except DocumentError:
            pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("names", nargs="*", help="those whose name has one of these")
    parser.add_argument("--largest", type=int, default=MB, help="bytes")
    arguments = parser.parse_args()
    warm_up()
    print(f"{'attack':28} {'bytes':>10} {'s/MB':>6} {'MiB/MB':>7} {'exponent':>8}  outcome")
    failed = 0
    for name, attack in ATTACKS.items():
        if arguments.names and not any(part in name for part in arguments.names):
            continue
        costs = [measure(attack, arguments.largest // scale) for scale in (8, 4, 2, 1)]
        last, size = costs[-1]
        share = max(arguments.largest, size) / MB
        first = max(costs[0][0].seconds, 0.005)  # below that it is noise
        exponent = math.log(max(last.seconds, first) / first, 8)
        per_mb, mib = last.seconds / share, last.mib / share
        over = per_mb > MOST_SECONDS or mib > MOST_MIB or exponent > 1.3
        failed += over
        print(
            f"{name:28} {size:10,} {per_mb:6.2f} {mib:7.0f} {exponent:8.2f}  "
            f"{'TOO MUCH: ' if over else ''}{last.outcome}",
            flush=True,
        )
    print(f"{failed} too much")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
