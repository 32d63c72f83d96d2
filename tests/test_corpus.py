"""A corpus as a sequence: every document once, in order, from any place, whatever is broken."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summarize.corpus import inputs, rows
from summarize.corpus.inputs import Input, Question, check, find, scan
from summarize.corpus.items import Corpus, Item, printable
from summarize.corpus.manifest import shard_size_for
from summarize.corpus.rows import read_rows
from summarize.corpus.shards import read_records, write_shard
from summarize.document.document import Document
from summarize.errors import DataError, OptionError


def listing(folder: Path, question: Question) -> tuple[Path, int]:
    """The inputs of a question in a file, and how many documents they hold."""
    found = [scan(path, kind, question) for path, kind in find(question, folder / "out")]
    path = folder / "inputs.jsonl"
    path.write_text("".join(json.dumps(one.to_dict()) + "\n" for one in found))
    return path, sum(one.documents for one in found)


def every_item(folder: Path, question: Question) -> list[Item]:
    path, count = listing(folder, question)
    return list(Corpus(path, question).items(0, count))


def texts(items: list[Item]) -> list[str]:
    return [i.document.text if isinstance(i.document, Document) else "error" for i in items]


def write_json_lines(path: Path, count: int) -> None:
    lines = (json.dumps({"id": i, "text": f"Row {i} of {path.name}."}) for i in range(count))
    data = "\n\n".join(lines).encode()  # blank lines are no rows
    pack = {".gz": gzip.compress, ".xz": lzma.compress}.get(path.suffix, bytes)
    path.write_bytes(pack(data))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of input."""
    folder = tmp_path_factory.mktemp("mixed") / "in"
    (folder / "deep").mkdir(parents=True)
    for name, count in (("a.jsonl", 13), ("b.jsonl.gz", 7), ("c.jsonl.xz", 5), ("e.jsonl", 0)):
        write_json_lines(folder / name, count)
    (folder / "d.csv").write_text("id,text\n" + "".join(f"{i},Cell {i}.\n" for i in range(6)))
    for i in range(4):
        (folder / "deep" / f"{i}.txt").write_text(f"File {i} is here.")
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    table = pyarrow.table({"id": list(range(9)), "text": [f"Cell {i} in a row." for i in range(9)]})
    write_table(table, folder / "f.parquet", row_group_size=4)
    return folder


QUESTION_FIELD = "text"


def test_every_document_once_and_in_order(mixed: Path) -> None:
    question = Question((str(mixed),), field=QUESTION_FIELD)
    items = every_item(mixed.parent, question)
    assert texts(items) == [
        *(f"Row {i} of a.jsonl." for i in range(13)),
        *(f"Row {i} of b.jsonl.gz." for i in range(7)),
        *(f"Row {i} of c.jsonl.xz." for i in range(5)),
        *(f"Cell {i}." for i in range(6)),
        *(f"File {i} is here." for i in range(4)),
        *(f"Cell {i} in a row." for i in range(9)),
    ]
    assert [i.id for i in items[:13]] == [str(n) for n in range(13)]
    assert items[1].source == f"{mixed}/a.jsonl:3" and items[1].line == 3
    assert items[31].source == items[31].id == f"{mixed}/deep/0.txt" and items[31].line is None


@given(ranges=st.lists(st.tuples(st.integers(0, 43), st.integers(1, 20)), max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_range_is_that_part_of_the_whole(mixed: Path, ranges: list[tuple[int, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "EVERY", 3)
        question = Question((str(mixed),), field=QUESTION_FIELD)
        path, count = listing(mixed.parent, question)
    whole = texts(list(Corpus(path, question).items(0, count)))
    assert len(whole) == count == 44
    corpus = Corpus(path, question)
    for first, number in ranges:
        number = min(number, count - first)
        assert texts(list(corpus.items(first, number))) == whole[first : first + number]


def test_who_asks_in_order_reads_each_file_once(
    mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = Question((str(mixed),), field=QUESTION_FIELD)
    path, count = listing(mixed.parent, question)
    opened: list[str] = []
    real = rows.open_bytes
    monkeypatch.setattr(rows, "open_bytes", lambda path: (opened.append(path), real(path))[1])
    corpus = Corpus(path, question)
    for first in range(0, count, 3):
        list(corpus.items(first, min(3, count - first)))
    assert len(opened) == len(set(opened))


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


# --- rows --------------------------------------------------------------------------------------


@given(
    table=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=8),
)
@settings(max_examples=60, deadline=None)
def test_csv_is_read_as_the_standard_library_reads_it(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "text"], *table])
    with path.open(newline="", encoding="utf-8-sig") as file:
        expected = list(csv.DictReader(file))
    assert [row.content for row in read_rows(str(path), "csv", (), None)] == expected


def test_rows_that_cannot_be_read_are_errors_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = ['{"text": "Good."}', "{", "[1]", '{"title": "No text."}', '{"text": " "}', '"x"']
    path.write_text("\n".join(lines) + '\n{"text": "\\ud800 half"}\n')
    items = every_item(tmp_path, Question((str(path),)))
    assert [i.line for i in items] == [1, 2, 3, 4, 5, 6, 7]
    assert [isinstance(i.document, Document) for i in items] == [True, *[False] * 5, True]
    for item in items[1:6]:
        assert f"{path}:{item.line}" in str(item.document) and item.id == f"{path}:{item.line}"
        assert len(str(item.document).splitlines()) == 1
    items[-1].document.text.encode()  # type: ignore[union-attr]


def test_a_line_that_is_too_long_is_an_error_and_the_next_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "LARGEST_BYTES", 100)
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "One."}}\n{{"text": "{"x" * 500}"}}\n{{"text": "Three."}}')
    assert texts(every_item(tmp_path, Question((str(path),)))) == ["One.", "error", "Three."]


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_damaged_file_gives_what_it_has_and_then_an_error(tmp_path: Path, pack: Any) -> None:
    whole = b"".join(b'{"text": "%s"}\n' % os.urandom(300).hex().encode() for _ in range(400))
    path = tmp_path / ("a.jsonl.gz" if pack is gzip.compress else "a.jsonl.xz")
    path.write_bytes(pack(whole)[:60_000])
    found = texts(every_item(tmp_path, Question((str(path),))))
    assert len(found) > 50 and found[-1] == "error" and "error" not in found[:-1]


def test_a_field_may_be_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"data": [{"text": "Deep.", "key": "k"}], "a.b": "Flat."}\n')
    deep = Question((str(path),), field="data.0.text", id_field="data.0.key")
    assert texts(every_item(tmp_path, deep)) == ["Deep."]
    assert every_item(tmp_path, deep)[0].id == "k"
    assert texts(every_item(tmp_path, Question((str(path),), field="a.b"))) == ["Flat."]


def test_an_id_that_is_missing_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"doi": 7, "text": "One."}\n{"text": "Two."}\n')
    first, second = every_item(tmp_path, Question((str(path),), id_field="doi"))
    assert first.id == "7" and isinstance(second.document, DataError)


# --- files -------------------------------------------------------------------------------------


def test_an_odd_directory(tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    (folder / ".hidden").mkdir(parents=True)
    (folder / ".hidden" / "a.txt").write_text("Nobody sees this.")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    with (folder / "large.txt").open("wb") as file:
        file.truncate(65 << 20)
    (folder / "loop").symlink_to("loop")
    (folder / "circle").symlink_to(".")
    (folder / "gone").symlink_to("nowhere")
    (folder / "new\nline.txt").write_text("This has an odd name.")
    os.mkfifo(folder / "pipe")
    (folder / b"caf\xe9.txt".decode("utf-8", "surrogateescape")).write_text("So has this.")
    items = every_item(tmp_path, Question((str(folder),)))
    names = [i.id.removeprefix(f"{folder}/") for i in items]
    assert names == [
        *("broken.pdf", "caf\\xe9.txt", "empty.txt", "gone", "large.txt", "loop"),
        *("new\nline.txt", "pipe"),
    ]
    good = [name for name, i in zip(names, items, strict=True) if isinstance(i.document, Document)]
    assert good == ["caf\\xe9.txt", "new\nline.txt"]


def test_files_that_may_not_be_read_are_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in" / "a.txt"
    path.parent.mkdir()
    path.write_text("Not for you.")

    def refuse(*arguments: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:  # root may read everything
        patch.setattr(inputs, "open", refuse, raising=False)
        (item,) = every_item(tmp_path, Question((str(path.parent),)))
    assert str(item.document) == f"can't read {path}: permission denied"
    with monkeypatch.context() as patch:
        patch.setattr(inputs.os, "scandir", refuse)
        patch.setattr(inputs.os, "listdir", refuse)
        (item,) = every_item(tmp_path, Question((str(path.parent),)))
    assert str(item.document) == f"can't read {path.parent}: permission denied"


def test_globs_choose_in_directories(tmp_path: Path) -> None:
    for name in ("a.txt", "b.md", "sub/a.md", "sub/c.txt"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text("A text.")

    def chosen(*globs: str) -> list[str]:
        question = Question((str(tmp_path / "in"),), globs)
        return [os.path.relpath(p, tmp_path / "in") for p, _ in find(question, tmp_path / "out")]

    assert chosen() == ["a.txt", "b.md", "sub/a.md", "sub/c.txt"]
    assert chosen("*.md") == ["b.md", "sub/a.md"]
    assert chosen("sub/*") == ["sub/a.md", "sub/c.txt"]
    assert chosen("a.*", "*.txt") == ["a.txt", "sub/a.md", "sub/c.txt"]


def test_a_table_in_a_folder_is_a_document_unless_its_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.csv"
    path.write_text("name,text\nBoat,It left.\nShip,It stayed.\n")
    assert len(every_item(tmp_path, Question((str(path.parent),)))) == 1
    question = Question((str(path.parent),), field="text")
    assert texts(every_item(tmp_path, question)) == ["It left.", "It stayed."]


@pytest.mark.parametrize(
    "names, said",
    [
        (["-"], "pipe"),
        (["nowhere"], "nowhere"),
        (["a.txt", "a.txt"], "same files"),
        ([".", "a.txt"], "same files"),
        (["a.csv"], "no column of text"),
    ],
)
def test_what_must_be_a_mistake_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("A text.")
    Path("a.csv").write_text("name,prose\n1,2\n")
    with pytest.raises((OptionError, DataError), match=said):
        check(Question(tuple(names)))


def test_a_file_with_the_same_hash_is_not_counted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    write_json_lines(path, 5)
    question = Question((str(path),))
    known = scan(str(path), "jsonl", question)
    assert Input.from_dict(json.loads(json.dumps(known.to_dict()))) == known
    with monkeypatch.context() as patch:
        patch.setattr(inputs, "read_rows", lambda *arguments: pytest.fail("counted again"))
        assert scan(str(path), "jsonl", question, known) is known
    path.write_text(path.read_text().replace("Row 0", "Row 9"))
    assert scan(str(path), "jsonl", question, known) != known


@given(st.text())
def test_printable_text_is_utf_8_and_tells_names_apart(text: str) -> None:
    assert printable(text) == text and printable(text + "\udcff").encode()


@given(st.integers(1, 10**9))
def test_shards_are_neither_tiny_nor_too_many(documents: int) -> None:
    size = shard_size_for(documents)
    assert size >= 10 and documents / size < 4010


# --- records -----------------------------------------------------------------------------------

RECORDS: list[dict[str, Any]] = [
    {
        "id": "1",
        "source": "a:1",
        "schema_version": 1,
        "summary": "Ein Wört. \u2028",
        "model": "lead",
        "style": None,
        "mode": "extractive",
        "tokens": {"document": 3, "read": 2, "summary": 1},
        "chunks": 1,
        "confidence": 0.5,
        "seconds": 0.25,
        "provenance": [{"sentence": "x", "source_sentences": [{"number": 1, "share": 1.0}]}],
        "later": {"field": [1]},
    },
    {"id": "2", "source": "a:2", "error": {"class": "DataError", "message": "no", "line": 2}},
    {"id": "3", "source": "b", "error": {"class": "DocumentError", "message": "b is empty"}},
]


@pytest.mark.parametrize("form, suffix", [("jsonl", ".jsonl.gz"), ("parquet", ".parquet")])
def test_records_are_read_as_they_were_written(tmp_path: Path, form: str, suffix: str) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    for number in (2, 10):
        write_shard(tmp_path / f"part-{number:05d}{suffix}", form, iter(RECORDS * number))
    assert list(read_records(tmp_path)) == RECORDS * 12


def test_a_shard_that_is_written_twice_is_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_shard(tmp_path / name, "jsonl", RECORDS)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
