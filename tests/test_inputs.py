"""Directories, rows and pages of the web as input."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from conftest import ROOT, Command

LEAD = ("-m", "lead")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Documents, a picture, a hidden file, a link in a circle, and a directory below."""
    (tmp_path / "docs" / "deep").mkdir(parents=True)
    (tmp_path / "docs" / "b.txt").write_text("B is first. Then more.")
    (tmp_path / "docs" / "a.md").write_text("A is here. Then more.")
    (tmp_path / "docs" / "deep" / "c.txt.gz").write_bytes(gzip.compress(b"C is deep. Then more."))
    (tmp_path / "docs" / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    (tmp_path / "docs" / ".hidden.txt").write_text("Hidden text. Then more.")
    (tmp_path / "docs" / "deep" / "up").symlink_to("..")
    return tmp_path


def sources(summarize: Command, *arguments: str) -> list[str]:
    done = summarize(*LEAD, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["source"] for line in done.stdout.splitlines()]


def test_documents_of_a_directory_in_order(summarize: Command, tree: Path) -> None:
    every = ["docs/a.md", "docs/b.txt", "docs/deep/c.txt.gz"]
    assert sources(summarize, "-r", "docs") == every
    assert sources(summarize, "-r") == every  # like grep -r, of the working directory
    assert sources(summarize, "-r", "docs/deep", "docs/a.md") == [every[2], every[0]]


def test_globs_choose_by_name_or_path(summarize: Command, tree: Path) -> None:
    assert sources(summarize, "-r", "docs", "--glob", "*.md") == ["docs/a.md"]
    both = sources(summarize, "-r", "docs", "--glob", "*.md", "--glob", "b*")
    assert both == ["docs/a.md", "docs/b.txt"]
    assert sources(summarize, "-r", "docs", "--glob", "deep/*.gz") == ["docs/deep/c.txt.gz"]
    none = summarize(*LEAD, "-r", "docs", "--glob", "*.xyz")
    assert none.returncode == 1 and b"no file that matches *.xyz" in none.stderr


def test_a_directory_without_r_is_an_error(summarize: Command, tree: Path) -> None:
    done = summarize(*LEAD, "docs")
    assert done.returncode == 1 and b"is a directory" in done.stderr and b"-r" in done.stderr


# --- rows ----------------------------------------------------------------------------------------

ROWS = [
    json.dumps({"body": "One is here. Then more."}),
    "",
    json.dumps({"body": "Two is here. Then more.", "n": 10**50}),
    json.dumps({"title": "no body"}),
    "not JSON",
    "[" * 100_000,
    '{"body": ' + "9" * 5000 + "}",
    json.dumps({"body": "..."}),
    json.dumps({"body": "Three is here. Then more."}),
]


def check_rows(stdout: bytes, stderr: bytes, name: str) -> None:
    """Good rows are summarized; each bad one is named by its line, and the rest goes on."""
    found = [json.loads(line) for line in stdout.splitlines()]
    assert [(x["source"], x["summary"]) for x in found] == [
        (f"{name}:1", "One is here."),
        (f"{name}:3", "Two is here."),
        (f"{name}:9", "Three is here."),
    ]
    errors = stderr.decode().splitlines()
    assert len(errors) == 5
    for line, error in zip(range(4, 9), errors, strict=True):
        assert error.startswith(f"summarize: {name}:{line} "), error


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "rows.ndjson"])
def test_a_summary_a_row_of_json_lines(summarize: Command, tmp_path: Path, name: str) -> None:
    data = "\n".join(ROWS).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    done = summarize(*LEAD, "--json", "--field", "body", name)
    assert done.returncode == 1
    check_rows(done.stdout, done.stderr, name)


def test_json_lines_from_a_pipe(summarize: Command) -> None:
    done = summarize(*LEAD, "--json", "--field", "body", stdin="\n".join(ROWS).encode())
    check_rows(done.stdout, done.stderr, "stdin")


def test_one_json_object_from_a_pipe_is_one_document(summarize: Command) -> None:
    for text in ('{"a": {"b": "One here. Two."}}', '{"a":\n {"b": "One here. Two."}}'):
        done = summarize(*LEAD, "--field", "a.b", stdin=text.encode())
        assert done.stdout == b"One here.\n", done.stderr


def test_a_summary_a_row_of_csv(summarize: Command, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('id,body\n1,"One, it is.\nMore."\n2,Two it is. More.\n')
    (tmp_path / "rows.tsv").write_text("id\tbody\n1\tOne it is. More.\n")
    done = summarize(*LEAD, "--field", "body", "rows.csv")
    assert done.stdout == b"One, it is.\nTwo it is.\n"
    both = summarize(*LEAD, "--field", "body", "rows.csv", "rows.tsv").stdout.splitlines()
    assert both[0].startswith(b"rows.csv:") and both[2].startswith(b"rows.tsv:")
    missing = summarize(*LEAD, "--field", "text", "rows.csv")
    assert missing.returncode == 1 and b"id, body" in missing.stderr


@pytest.mark.parametrize(("name", "text"), [("a.csv", "id,body\n"), ("a.jsonl", "\n \n")])
def test_a_table_without_rows_is_an_error(
    summarize: Command, tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    done = summarize(*LEAD, "--field", "body", name)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == f"summarize: {name} holds no rows\n".encode()


def test_a_huge_number_in_field_is_no_crash(summarize: Command) -> None:
    done = summarize(*LEAD, "--field", "a." + "9" * 5000, stdin=b'{"a": ["text"]}')
    assert done.returncode == 1 and b"internal error" not in done.stderr


# --- the web -------------------------------------------------------------------------------------


class Site(BaseHTTPRequestHandler):
    """Pages good and bad, on the loopback."""

    PAGES: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]] = {
        "/page": (
            200,
            {"Content-Type": "text/html"},
            b"<html><body><nav>Home</nav><article><h1>Bees</h1><p>Bees build homes of wax in old "
            b"trees. They store honey for the winter.</p></article></body></html>",
        ),
        "/text": (
            200,
            {"Content-Type": "text/plain; charset=latin-1"},
            "Öl ist teuer. Mehr.".encode("latin-1"),
        ),
        "/wrong": (200, {"Content-Type": "text/plain; charset=klingon"}, b"It is here. More."),
        "/gone": (404, {}, b"no"),
        "/to-text": (302, {"Location": "/text"}, b""),
        "/to-file": (302, {"Location": "file:///etc/passwd"}, b""),
        "/circle": (302, {"Location": "/circle"}, b""),
        "/empty": (200, {}, b""),
        "/binary": (200, {"Content-Type": "text/plain"}, b"\x7fELF" + bytes(200)),
    }

    def do_GET(self) -> None:
        status, headers, body = self.PAGES.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.path == "/large":
            self.send_header("Content-Length", str(2**40))
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *arguments: object) -> None:
        """A reader that hangs up is what some tests are about."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = Server(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.parametrize(
    ("page", "summary"),
    [
        ("/page", "Bees build homes of wax in old trees."),
        ("/text", "Öl ist teuer."),
        ("/to-text", "Öl ist teuer."),
        ("/wrong", "It is here."),
    ],
)
def test_a_page_is_read(summarize: Command, site: str, page: str, summary: str) -> None:
    done = summarize(*LEAD, "--json", site + page)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["summary"], found["source"]) == (summary, site + page)


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("/gone", "404"),
        ("/to-file", "/etc/passwd, which is not followed"),
        ("/circle", "redirects more than"),
        ("/empty", "is empty"),
        ("/binary", "a program"),
    ],
)
def test_a_page_that_cant_be_read(summarize: Command, site: str, page: str, message: str) -> None:
    done = summarize(*LEAD, "--no-filename", site + page, site + "/text")
    assert done.returncode == 1 and done.stdout.decode() == "Öl ist teuer.\n"
    assert message in done.stderr.decode() and done.stderr.count(b"\n") == 1


def test_limits_of_size_and_time(
    summarize: Command, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from summarize.document import web

    monkeypatch.setattr(web, "LARGEST_PAGE", 20)
    assert b"is larger than" in summarize(*LEAD, site + "/page").stderr
    monkeypatch.undo()
    monkeypatch.setattr(web, "SECONDS", 1e-9)
    done = summarize(*LEAD, site + "/page")
    assert done.returncode == 1 and done.stderr.count(b"\n") == 1
    assert b"takes longer" in done.stderr or b"does not respond" in done.stderr


def test_offline_asks_nobody(summarize: Command, site: str) -> None:
    done = summarize(*LEAD, "--offline", site + "/page")
    assert done.returncode == 1 and b"--offline forbids" in done.stderr


def test_nobody_there_is_one_line(summarize: Command) -> None:
    done = summarize(*LEAD, "http://127.0.0.1:1/page")
    assert done.returncode == 1 and done.stderr.count(b"\n") == 1
    assert b"can't read http://127.0.0.1:1/page" in done.stderr


def test_rows_of_a_slow_pipe_do_not_wait_for_each_other(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "summarize", *LEAD, "--field", "body"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdin is not None and process.stdout is not None
        for row in (ROWS[0], ROWS[2], ROWS[-1]):
            process.stdin.write(row.encode() + b"\n")
            process.stdin.flush()
            assert process.stdout.readline().endswith(b" is here.\n")


def test_directories_say_what_they_leave_out(summarize: Command, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "tool.py").write_text('"""Print a word for the user."""\nprint("word")\n')
    (tmp_path / "empty.py").touch()
    (tmp_path / "image.bin").write_bytes(b"\0\1")
    done = summarize("-r", tmp_path, *LEAD)
    told = done.stderr.decode()
    assert done.returncode == 0 and done.stdout.count(b"\n") == 2
    assert "skipped 2 files (1 of other kinds: .bin; 1 empty); --glob chooses" in told
    assert b"skipped" not in summarize("-r", tmp_path, *LEAD, "-q").stderr
    named = summarize("-r", tmp_path / "empty.py", *LEAD)
    assert named.returncode == 1 and b"is empty" in named.stderr
    assert sources(summarize, "-r", str(tmp_path), "--field", "a") == [
        f"{tmp_path}/rows.csv:{line}" for line in (2, 3)
    ]
