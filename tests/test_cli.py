"""The command line as a user types it, on files good and bad."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT, Command

ABSTRACT = (ROOT / "benchmarks" / "samples" / "abstract.txt").read_bytes()
FIRST = b" ".join(ABSTRACT.split(b". ")[0].split()) + b".\n"


@pytest.fixture
def abstract(tmp_path: Path) -> Path:
    path = tmp_path / "abstract.txt"
    path.write_bytes(ABSTRACT)
    return path


@pytest.fixture
def tiny(checkpoint_folders: dict[str, Path]) -> tuple[str, Path]:
    """Options for a model of random weights: whatever it writes, it follows the options."""
    return ("-m", checkpoint_folders["general"])


# --- in and out ----------------------------------------------------------------------------------


def test_a_file_prints_the_bare_summary(summarize: Command, abstract: Path) -> None:
    done = summarize("abstract.txt")
    assert done.returncode == 0 and done.stderr == b""
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 1 and len(lines[0].split()) >= 3


def test_file_pipe_and_dash_are_one(summarize: Command, abstract: Path) -> None:
    assert summarize("-m", "lead", "abstract.txt").stdout == FIRST
    assert summarize("-m", "lead", stdin=ABSTRACT).stdout == FIRST
    assert summarize("-m", "lead", "-", stdin=ABSTRACT).stdout == FIRST


def test_a_hard_wrapped_file_reads_like_a_flowing_one(summarize: Command) -> None:
    flowing = b" ".join(ABSTRACT.split())
    assert summarize(stdin=ABSTRACT).stdout == summarize(stdin=flowing).stdout


def test_json_has_the_schema(summarize: Command, abstract: Path) -> None:
    done = summarize("--json", "abstract.txt", "abstract.txt")
    first, second = map(json.loads, done.stdout.splitlines())
    promised = "schema_version source summary model style mode tokens chunks confidence seconds"
    assert [*first][:10] == promised.split() and "provenance" in first
    assert first["source"] == "abstract.txt" and first["schema_version"] == 1
    assert 0 < first["confidence"] < 1
    assert first["tokens"]["document"] >= first["tokens"]["read"] > first["tokens"]["summary"] > 0
    assert first["summary"] == second["summary"]


def test_json_in_ascii_is_json(summarize: Command) -> None:
    done = summarize("-m", "lead", "--json", stdin="Café 🚀.".encode(), PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout)["summary"] == "Café 🚀."


def test_extract_prints_the_text_that_was_read(summarize: Command, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: x\n---\n# Bees\n\nThey *build* homes. [Wax](w).\n")
    shown = summarize("--extract", "a.md").stdout.decode()
    assert "They build homes. Wax." in shown and "title: x" not in shown and "](" not in shown
    parsed = json.loads(summarize("--extract", "--json", "a.md").stdout)
    assert parsed["source"] == "a.md" and parsed["text"].strip() == shown.strip()


def test_output_is_written_whole(summarize: Command, abstract: Path) -> None:
    printed = summarize("-m", "lead", "abstract.txt", "absent.txt").stdout
    done = summarize("-m", "lead", "abstract.txt", "absent.txt", "-o", "out.txt")
    assert done.returncode == 1 and done.stdout == b""
    assert (abstract.parent / "out.txt").read_bytes() == printed
    assert sorted(p.name for p in abstract.parent.iterdir()) == ["abstract.txt", "out.txt"]


def test_output_stays_when_every_input_fails(summarize: Command, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("old\n")
    assert summarize("absent.txt", "-o", "old.txt").returncode == 1
    assert (tmp_path / "old.txt").read_text() == "old\n"


# --- several files -------------------------------------------------------------------------------


def test_lines_of_several_files_are_named_as_grep_does(summarize: Command, abstract: Path) -> None:
    (abstract.parent / "b.txt").write_text("One here. Two there.")
    named = b"abstract.txt:" + FIRST + b"b.txt:One here.\n"
    assert summarize("-m", "lead", "abstract.txt", "b.txt").stdout == named
    bare = summarize("-m", "lead", "--no-filename", "abstract.txt", "b.txt").stdout
    assert bare == FIRST + b"One here.\n"
    assert summarize("-m", "lead", "-H", "b.txt").stdout == b"b.txt:One here.\n"
    assert summarize("-m", "lead", "--with-filename", "b.txt").stdout == b"b.txt:One here.\n"
    parsed = summarize("-m", "lead", "--json", "abstract.txt", "b.txt").stdout.splitlines()
    assert [json.loads(line)["source"] for line in parsed] == ["abstract.txt", "b.txt"]


def test_every_line_of_a_list_is_named(summarize: Command, tmp_path: Path) -> None:
    manual = (ROOT / "benchmarks" / "samples" / "manual.txt").read_text()
    (tmp_path / "a.md").write_text(manual)
    lines = summarize("-H", "--length", "long", "a.md").stdout.decode().splitlines()
    assert len(lines) > 1 and all(line.startswith("a.md:") for line in lines)


def test_many_files_come_in_order(summarize: Command, tmp_path: Path) -> None:
    """More than a batch, an unreadable one among them."""
    texts = [f"Sentence number {i} is here. Then another." for i in range(19)]
    for i, text in enumerate(texts):
        (tmp_path / f"{i}.txt").write_text(text)
    names = [f"{i}.txt" for i in range(19)]
    done = summarize("-m", "lead", "--no-filename", *names[:9], "absent.txt", *names[9:])
    assert done.returncode == 1 and done.stderr.count(b"\n") == 1
    assert done.stdout.decode().splitlines() == [text.split(". ")[0] + "." for text in texts]


def test_documents_are_the_same_alone_and_together(
    summarize: Command, abstract: Path, tiny: tuple[str, Path]
) -> None:
    (abstract.parent / "b.txt").write_bytes(ABSTRACT[200:600])
    names = ["abstract.txt", "b.txt", "abstract.txt"]
    together = [json.loads(x) for x in summarize(*tiny, "--json", *names).stdout.splitlines()]
    for name, found in zip(names, together, strict=True):
        alone = json.loads(summarize(*tiny, "--json", name).stdout)
        assert (alone["summary"], alone["source"]) == (found["summary"], name)


def test_bad_inputs_are_reported_and_the_others_done(summarize: Command, abstract: Path) -> None:
    folder = abstract.parent
    (folder / "empty.txt").write_bytes(b"")
    (folder / "spaces.txt").write_bytes(b" \n ")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(500))
    (folder / "dir").mkdir()
    (folder / "latin.txt").write_bytes("Ein Überblick über Öfen. ".encode("latin-1") * 9)
    bad = ["empty.txt", "spaces.txt", "photo.jpg", "dir", "absent.txt"]
    done = summarize("-m", "lead", *bad, "abstract.txt", "latin.txt")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    errors = done.stderr.decode().splitlines()
    for name, message in zip(
        bad, ["is empty", "is empty", "JPEG", "is a directory", "no such file"], strict=True
    ):
        assert sum(name in line and message in line for line in errors) == 1, (name, errors)
    assert any("latin.txt: not valid UTF-8; read as" in line for line in errors)
    assert len(errors) == len(bad) + 1


def test_empty_stdin(summarize: Command) -> None:
    done = summarize(stdin=b"")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"summarize: stdin is empty\n"


# --- options -------------------------------------------------------------------------------------


def test_decoding_options_reach_the_search(
    summarize: Command, abstract: Path, tiny: tuple[str, Path]
) -> None:
    def tokens(*options: str) -> int:
        done = summarize(*tiny, "--mode", "abstractive", *options, "--json", "abstract.txt")
        assert done.returncode == 0, done.stderr
        return int(json.loads(done.stdout)["tokens"]["summary"])

    assert tokens("--min-tokens", "30") >= 30
    assert tokens("--beam-size", "1") > 0
    cut = summarize(*tiny, "--mode", "abstractive", "--max-tokens", "1", "--json", "abstract.txt")
    written = json.loads(cut.stdout)["tokens"]["summary"]
    told = f"no sentence ends within 1 tokens; this one has {written}"
    assert (told.encode() in cut.stderr) == (written > 1)


def test_the_former_name_of_overflow(summarize: Command, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_bytes(ABSTRACT * 4)
    new, old = (
        json.loads(summarize(option, "truncate", "--json", "long.txt").stdout)
        for option in ("--overflow", "--long")
    )
    assert new["summary"] == old["summary"] and new["tokens"] == old["tokens"]
    assert b"--long" not in summarize("--help").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", "psychic"], "psychic"),
        (["-m", "./absent"], "absent"),
        (["--style", "poem"], "poem"),
        (["-m", "lead", "--style", "title"], "--style"),
        (["-l", "big"], "--length is 'big'; use one of short, medium, long"),
        (["--overflow", "half"], "--overflow is 'half'"),
        (["--beam-size", "0"], "--beam-size is 0"),
        (["--beam-size", "x"], "--beam-size"),
        (["--max-tokens", "0"], "--max-tokens is 0"),
        (["--min-tokens", "9", "--max-tokens", "3"], "--min-tokens is 9, more than --max-tokens"),
        (["--length-penalty", "nan"], "--length-penalty"),
        (["--length-penalty", "1000"], "--length-penalty"),
        (["--no-repeat-ngram-size", "-1"], "--no-repeat-ngram-size"),
        (["--beam-size", "9" * 5000], "--beam-size"),
        (["--width", "-1"], "--width"),
        (["--encoding", "klingon"], "klingon"),
        (["--lenght", "short"], "--length"),
        (["-o", "."], "directory"),
        (["-o", "absent/a.txt"], "absent"),
        (["-o", "abstract.txt"], "input"),
        (["--glob", "*.md"], "-r"),
        (["--max-words", "3"], "--max-words"),
        (["--sentences", "3", "-l", "long"], "--sentences"),
        (["--style", "title", "-l", "medium"], "--style"),
    ],
)
def test_usage_errors_exit_2_and_speak_the_options_name(
    summarize: Command, abstract: Path, arguments: list[str], message: str
) -> None:
    done = summarize(*arguments, "abstract.txt")
    assert done.returncode == 2
    assert done.stdout == b""
    assert message in done.stderr.decode() and b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr
    assert abstract.read_bytes() == ABSTRACT


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("abstrct.txt", "did you mean abstract.txt?"),
        ("./abstrct.txt", "did you mean ./abstract.txt?"),
        ("bnech", "did you mean summarize bench?"),
        ("help", "summarize --help"),
    ],
)
def test_did_you_mean(summarize: Command, abstract: Path, typed: str, meant: str) -> None:
    done = summarize(typed)
    assert done.returncode == 1 and meant in done.stderr.decode()


def test_notices_can_be_turned_off_and_up(summarize: Command) -> None:
    long = ABSTRACT * 20
    assert b"tokens" in summarize(stdin=long).stderr
    assert summarize("-q", stdin=long).stderr == b""
    quoted = summarize("-v", "-m", "lead", stdin=ABSTRACT).stderr.decode()
    assert "lead quoted" in quoted and "wrote" not in quoted


def test_advice_is_given_once_a_run(summarize: Command, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_bytes(ABSTRACT * 10)
    told = summarize("--overflow", "truncate", "a.txt", "b.txt", "c.txt").stderr.decode()
    assert told.count("tokens") == 3 and told.count("--overflow select") == 1


# --- text that is up to something ----------------------------------------------------------------


@pytest.mark.parametrize("unit", [b"word and another ", b"x", b"\xe6\x97\xa5\xe6\x9c\xac", b"( "])
def test_megabytes_on_one_line(summarize: Command, unit: bytes) -> None:
    done = summarize("--json", "--overflow", "truncate", stdin=unit * (2_000_000 // len(unit)))
    if unit == b"( ":
        assert done.returncode == 1 and b"no words" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    tokens = json.loads(done.stdout)["tokens"]
    assert tokens["read"] < tokens["document"]
    assert f"read {tokens['read']:,} of".encode() in done.stderr


def test_escape_sequences_never_reach_the_terminal(summarize: Command, tmp_path: Path) -> None:
    evil = "Title \x1b]0;owned\x07 and \x9b2J\u202e reversed \x1b[2J text. More follows here."
    name = "e\x1b[31mvil.txt"
    (tmp_path / name).write_text(evil)
    for arguments in (["-m", "lead"], ["-m", "lead", "--json"], ["-v"], ["--extract"], []):
        done = summarize(*arguments, name, "absent\x1b[2J")
        assert done.returncode == 1
        for raw in (b"\x1b", b"\x07", "\x9b".encode(), "\u202e".encode()):
            assert raw not in done.stdout + done.stderr, arguments
    assert b"\\u001b]0;owned\\u0007" in summarize("-m", "lead", name).stdout
    parsed = json.loads(summarize("-m", "lead", "--json", name).stdout)
    assert parsed["source"] == name


def test_markup_in_a_document_is_text(summarize: Command) -> None:
    done = summarize("-m", "lead", stdin=b"See [bold]this[/bold] and [/nonsense] here. Next.")
    assert done.stdout == b"See [bold]this[/bold] and [/nonsense] here.\n"


def test_white_space_before_the_text_does_not_hide_it(summarize: Command) -> None:
    assert summarize("-m", "lead", stdin=b" " * 600_000 + ABSTRACT).stdout == FIRST


# --- commands ------------------------------------------------------------------------------------


def test_a_file_named_like_a_command(summarize: Command, tmp_path: Path) -> None:
    (tmp_path / "train").write_text("A short text about trains. It ends.")
    assert summarize("-m", "lead", "./train").stdout == b"A short text about trains.\n"
    assert summarize("-m", "lead", "--", "train").stdout == b"A short text about trains.\n"


def test_models_lists_what_there_is(summarize: Command, checkpoint_folder: Path) -> None:
    done = summarize("models", "--json")
    assert done.returncode == 0 and done.stderr == b""
    entries = {entry["name"]: entry for entry in map(json.loads, done.stdout.splitlines())}
    assert {"lead", "attention", "smollm2", "t5-small"} <= entries.keys()
    attention = entries["attention"]
    assert attention["here"] and attention["parameters"] > 1e6 and attention["disk_bytes"] > 1e6
    plain = summarize("models").stdout.decode().splitlines()
    assert len(plain) == len(entries)
    own = summarize("models", checkpoint_folder, "--json")
    assert json.loads(own.stdout)["kind"] == "RNN, general attention"


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"format_version": 1, "training": [1]},
        {"format_version": 1, "training": {"pairs": "x", "before": 3, "dev": {"rouge1": "y"}}},
        {"format_version": 1, "kind": "rnn", "network": 5, "training": {"dev": 7}},
    ],
)
def test_models_of_odd_folders(summarize: Command, tmp_path: Path, odd: dict[str, object]) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text(json.dumps(odd))
    for form in ([], ["--json"]):
        done = summarize("models", "model", *form)
        assert done.returncode == (0 if odd else 1) and b"internal" not in done.stderr
    for name in ("absent", "model/config.json"):
        done = summarize("models", name)
        assert done.returncode == 1 and done.stderr.startswith(f"summarize: {name}: ".encode())
        assert b"--out" not in done.stderr and done.stderr.count(b"\n") == 1


def test_the_table_of_models_fits_80_columns() -> None:
    from summarize.commands.models import cells, narrow
    from summarize.models.catalog import catalog

    lines = [line for block in narrow([*map(cells, catalog())]) for line in block.splitlines()]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("command", ["report", "bench"])
def test_a_missing_file_is_the_first_thing_said(
    summarize: Command, tmp_path: Path, command: str
) -> None:
    (tmp_path / "mine.jsonl").write_text('{"document": "a", "summary": "b"}\n')
    done = summarize(command, "mine.json")
    told = done.stderr.decode()
    assert told.startswith("summarize: mine.json: no such file") and "mine.jsonl?" in told


def test_report_never_proposes_to_overwrite_the_users_file(
    summarize: Command, tmp_path: Path
) -> None:
    (tmp_path / "mine.jsonl").write_text('{"document": "a", "summary": "b"}\n')
    told = summarize("report", "mine.jsonl").stderr.decode()
    assert "was not written by" in told and "-o mine.jsonl" not in told
