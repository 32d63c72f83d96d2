"""Damaged, random and hostile bytes through every format, by the command line in this process.

    python benchmarks/fuzz_command.py [--count 10000] [--seed 1] [--model lead] [--keep FOLDER]
                                      [--no-record]

Each input is a good file of some format with some of its bytes changed, cut, repeated or mixed with
another's, or bytes at random. It must end with exit code 0 and a summary, or 1 and one line that
says why: never a traceback, a raw control character, silence, or more than PATIENCE seconds.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import io
import json
import lzma
import os
import random
import resource
import signal
import sys
import tempfile
import time
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from robustness import record

PATIENCE = 10.0  # seconds of CPU
PROSE = (
    "Bees build homes of wax in hollow trees near rivers. They store honey for the winter months, "
    "and guard it against wasps. Dr. Smith, e.g., counted 3.5 kg in one hive (see fig. 2)! "
    "A keeper takes a part of it in late summer; the rest is theirs."
)
# Pieces that parsers trip over.
PIECES = [
    *(b"(" * 400, b")" * 400, b"[" * 400, b"<div>" * 200, b"</p>" * 50, b"> " * 200, b"- " * 200),
    *(b"\\begin{a}" * 60, b"{" * 300, b"$$" * 50, b"`" * 99, b"*" * 300, b"#" * 300, b"|" * 300),
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x1b[2J", b"\x9b", b"\x7f" * 9),
    *("\u202e\u2066\u200f\ufeff".encode(), "e\u0301".encode() * 200, "\u2028".encode()),
    *(b"9" * 5000, b"1e999", b"NaN", b'{"a":' * 300, b"=?utf-8?b?////?=" * 40, b"a*0=" * 60),
    *(
        b"\r",
        b"\r\n" * 40,
        b"\n" * 400,
        b"\t" * 400,
        b" " * 4000,
        b"." * 400,
        b"\xe2\x80\x9ca. " * 99,
    ),
    *(b"x" * 5000, "漢".encode() * 900, b"&#x110000;&#0;&bogus;", b"%PDF-1.4 ", b"PK\x03\x04"),
]
OPTIONS = [
    *([], [], ["--json"], ["-l", "medium"], ["-l", "long"], ["--cite"], ["--extract"]),
    *(["--field", "text"], ["--field", "a.0.b"], ["--encoding", "utf-16"], ["--ratio", "10%"]),
    *(["--sentences", "3"], ["-H"], ["--width", "20"], ["-v"]),
]


def docx(text: str) -> bytes:
    paragraphs = "".join(f"<w:p><w:r><w:t>{t}.</w:t></w:r></w:p>" for t in text.split("."))
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts = {
        "[Content_Types].xml": "<Types xmlns="
        '"http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/word/document.xml" '
        f'ContentType="{kind}"/></Types>',
        "_rels/.rels": "<Relationships xmlns="
        '"http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": f"<w:document {space}><w:body>{paragraphs}</w:body></w:document>",
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def pdf(text: str) -> bytes:
    stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 6\n0000000000 65535 f \n"
    end = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(body)
    return body + head + table + end


def seeds() -> dict[str, bytes]:
    """A good file of every format, by suffix."""
    paragraphs = PROSE.replace("! ", "!\n\n")
    row = json.dumps({"text": PROSE, "a": [{"b": PROSE}]})
    quoted = PROSE.replace('"', "'")
    return {
        "txt": paragraphs.encode(),
        "md": f"---\nt: x\n---\n# Bees\n\n{paragraphs}\n\n- one\n\n```\ncode\n```\n".encode(),
        "rst": f"Bees\n====\n\n{paragraphs}\n\n.. note:: {PROSE}\n\n::\n\n  code\n".encode(),
        "tex": (
            "\\documentclass{article}\n\\begin{document}\\section{Bees}\n"
            f"{paragraphs} $x^2$ \\cite{{a}} % no\n\\end{{document}}"
        ).encode(),
        "html": (
            f"<html><head><title>B</title></head><body><nav>Home</nav><h1>Bees</h1><p>{PROSE}</p>"
            "<table><tr><td>1</td></tr></table></body></html>"
        ).encode(),
        "eml": (
            "From: a@example.org\nTo: b@example.org\nSubject: =?utf-8?q?Bees?=\nMIME-Version: 1.0\n"
            f'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\n'
            f"{PROSE}\n\n> {PROSE}\n--x--\n"
        ).encode(),
        "json": row.encode(),
        "jsonl": f"{row}\n{row}\n".encode(),
        "csv": f'id,text\n1,"{quoted}"\n2,"{quoted}"\n'.encode(),
        "log": "".join(f"2024-01-02 03:04:{n:02d} INFO started {n}\n" for n in range(30)).encode(),
        "diff": b"--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n-a = 1\n+a = 2\n b = 3\n",
        "py": f'"""{PROSE}"""\n\n\ndef bees(n: int) -> int:\n    return n + 1\n'.encode(),
        "1": f".TH BEES 1\n.SH NAME\nbees \\- {PROSE}\n.SH OPTIONS\n.TP\n\\-a\nall\n".encode(),
        "srt": "".join(
            f"{n}\n00:00:{n:02d},000 --> 00:00:{n:02d},900\n<i>{line}</i>\n\n"
            for n, line in enumerate(PROSE.split("\n"), start=1)
        ).encode(),
        "ipynb": json.dumps(
            {"cells": [{"cell_type": "markdown", "source": PROSE}], "nbformat": 4}
        ).encode(),
        "ics": b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260302\nSUMMARY:Bees\nEND:VEVENT\n",
        "po": b'msgid ""\nmsgstr ""\n"Language: de\\n"\n\nmsgid "bee"\nmsgstr "Biene"\n',
        "yaml": b"description: bees in a hive\nbees:\n  - one\n  - two\n",
        "docx": docx(PROSE),
        "pdf": pdf(PROSE.replace("(", "").replace(")", "")),
        "txt.gz": gzip.compress(paragraphs.encode()),
        "txt.xz": lzma.compress(paragraphs.encode()),
        "txt.bz2": bz2.compress(paragraphs.encode()),
    }


class Input(NamedTuple):
    suffix: str
    data: bytes
    options: list[str]


def inputs(count: int, seed: int) -> Iterator[Input]:
    draw, good = random.Random(seed), seeds()
    for _ in range(count):
        suffix = draw.choice([*good])
        data = draw.randbytes(draw.randrange(3000)) if draw.random() < 0.05 else good[suffix]
        for _ in range(draw.choice([1, 1, 2, 3, 8])):
            data = changed(data, good, draw)
        yield Input(suffix, data, draw.choice(OPTIONS))


def changed(data: bytes, good: dict[str, bytes], draw: random.Random) -> bytes:
    """One change of a kind drawn by chance."""
    at, end = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    other = draw.choice([*good.values()])
    kinds: list[Callable[[], bytes]] = [
        lambda: data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :],
        lambda: data[:at] + draw.randbytes(draw.randrange(30)) + data[at:],
        lambda: data[:at],
        lambda: data[at:],
        lambda: data[:at] + data[end:],
        lambda: data[:end] + data[at:end] * draw.randrange(1, 9) + data[end:],
        lambda: data[:at] + draw.choice(PIECES) * draw.choice([1, 1, 5]) + data[at:],
        lambda: data[:at] + other[draw.randrange(len(other)) :] + data[at:],
        lambda: data.swapcase(),
        lambda: data.decode("latin-1").encode(draw.choice(["utf-8", "utf-16", "utf-32"])),
    ]
    return draw.choice(kinds)()[:200_000]


def judge(code: int, out: bytes, told: bytes, seconds: float) -> str:
    """What is wrong; nothing, if all is well."""
    text = (out + told).decode("utf-8", "replace")
    if b"Traceback" in told or b"internal error" in told or b"Warning" in told:
        return "traceback: " + told.decode("utf-8", "replace")[-300:]
    if code not in (0, 1):
        return f"exit code {code}: {told[-200:]!r}"
    if code == 0 and not out.strip():
        return f"exit code 0 and no summary: {told[-200:]!r}"
    if code == 1 and b"summarize: " not in told:
        return "exit code 1 and no message"
    if any(unicodedata.category(c) == "Cc" and c not in "\t\n" for c in text):
        return "a control character is printed raw"
    if seconds > PATIENCE:
        return f"{seconds:.1f} s of CPU"
    return ""


def run(
    count: int, seed: int = 1, model: str = "lead", keep: Path | None = None, told: bool = False
) -> dict[str, Any]:
    """Try so many inputs, and say what failed, the slowest and the largest."""
    failures, codes = [], {0: 0, 1: 0}
    slowest, slowest_kind = 0.0, ""
    with tempfile.TemporaryDirectory() as folder:
        for number, item in enumerate(inputs(count, seed)):
            path = Path(folder) / f"input.{item.suffix}"
            path.write_bytes(item.data)
            started = time.process_time()
            code, out, errors = command(["-m", model, *item.options, str(path)])
            seconds = time.process_time() - started
            codes[code] = codes.get(code, 0) + 1
            if seconds > slowest:
                slowest, slowest_kind = seconds, item.suffix
            if problem := judge(code, out, errors, seconds):
                failures.append(f"{number} {item.suffix} {item.options}: {problem}")
                if told:
                    print(failures[-1], file=sys.stderr, flush=True)
                if keep is not None:
                    (keep / f"{number}.{item.suffix}").write_bytes(item.data)
    return {
        "tried": count,
        "failures": failures,
        "exit_codes": {str(code): number for code, number in codes.items()},
        "slowest_cpu_seconds": round(slowest, 3),
        "slowest_format": slowest_kind,
        "largest_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


def command(arguments: list[str]) -> tuple[int, bytes, bytes]:
    """`summarize ARGUMENTS` in this process: exit code, output, errors."""
    from summarize.cli import main

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        with redirected(out.fileno(), errors.fileno()):
            before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
            argv, sys.argv = sys.argv, ["summarize", *arguments]
            try:
                main()
                code = 0
            except SystemExit as error:
                code = error.code if isinstance(error.code, int) else 1
            finally:
                sys.argv = argv
                for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
                    signal.signal(number, handler)
        out.seek(0)
        errors.seek(0)
        return code, out.read(), errors.read()


@contextmanager
def redirected(out: int, errors: int) -> Iterator[None]:
    """What is written to the descriptors 1 and 2 goes into these files."""
    saved, streams = (os.dup(1), os.dup(2)), (sys.stdout, sys.stderr)
    for stream in streams:
        stream.flush()
    os.dup2(out, 1)
    os.dup2(errors, 2)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = streams
        for number, descriptor in enumerate(saved, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)


def start() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="lead")
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that fail")
    parser.add_argument("--no-record", action="store_true")
    asked = parser.parse_args()
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    found = run(asked.count, asked.seed, asked.model, asked.keep, told=True)
    print(json.dumps({**found, "failures": len(found["failures"])}, indent=1))
    if not asked.no_record:
        record("fuzz", {"model": asked.model, "seed": asked.seed, **found})


if __name__ == "__main__":
    start()
