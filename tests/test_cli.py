"""The command as a stranger runs it: in a process of its own, on real files, good and bad."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, Command

ABSTRACT = (ROOT / "benchmarks" / "samples" / "abstract.txt").read_bytes()


@pytest.fixture
def abstract(tmp_path: Path) -> Path:
    path = tmp_path / "abstract.txt"
    path.write_bytes(ABSTRACT)
    return path


def in_bash(line: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """`summarize LINE` through a shell, with its redirections and pipes."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m summarize {line}"],
        cwd=folder,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )


def test_a_file_prints_the_bare_summary(summarize: Command, abstract: Path) -> None:
    done = summarize("abstract.txt")
    assert done.returncode == 0 and done.stderr == b""
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 1 and len(lines[0].split()) >= 3


def test_file_pipe_and_dash_are_one(summarize: Command, abstract: Path) -> None:
    by_name = summarize("abstract.txt").stdout
    assert summarize(stdin=ABSTRACT).stdout == by_name
    assert summarize("-", stdin=ABSTRACT).stdout == by_name


def test_a_hard_wrapped_file_reads_like_a_flowing_one(summarize: Command) -> None:
    flowing = b" ".join(ABSTRACT.split())
    assert summarize(stdin=ABSTRACT).stdout == summarize(stdin=flowing).stdout


def test_json_has_the_schema(summarize: Command, abstract: Path) -> None:
    done = summarize("--json", "abstract.txt", "abstract.txt")
    first, second = map(json.loads, done.stdout.splitlines())
    assert list(first) == [
        "schema_version",
        "source",
        "summary",
        "model",
        "style",
        "mode",
        "tokens",
        "chunks",
        "confidence",
        "seconds",
        "provenance",
    ]
    assert first["source"] == "abstract.txt" and first["schema_version"] == 1
    assert first["mode"] == "abstractive" and first["style"] == "title"
    assert 0 < first["confidence"] < 1
    assert first["tokens"]["read"] == first["tokens"]["document"] > first["tokens"]["summary"] > 0
    assert first["summary"] == second["summary"]


def test_neither_torch_nor_transformers_is_imported(abstract: Path) -> None:
    code = (
        "import sys; sys.argv = ['summarize', *sys.argv[1:]]\n"
        "from summarize.cli import main\n"
        "try: main()\n"
        "except SystemExit as e: assert e.code == 0, e.code\n"
        "heavy = {'torch', 'transformers', 'rouge_score', 'nltk', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    for arguments in (["abstract.txt"], ["--help"], ["--version"], ["-m", "lead", "abstract.txt"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=abstract.parent,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()


def test_styles_and_models(summarize: Command, abstract: Path) -> None:
    tldr = summarize("--style", "tldr", "abstract.txt")
    assert tldr.returncode == 0 and tldr.stdout.strip()
    assert tldr.stdout != summarize("--style", "title", "abstract.txt").stdout
    lead = summarize("-m", "lead", "abstract.txt")
    assert lead.stdout == b" ".join(ABSTRACT.split(b". ")[0].split()) + b".\n"


def test_decoding_options_reach_the_search(summarize: Command, abstract: Path) -> None:
    short = json.loads(summarize("--max-tokens", "8", "--json", "abstract.txt").stdout)
    assert short["tokens"]["summary"] <= 8
    cut = summarize("--max-tokens", "1", "--json", "abstract.txt")
    told = (
        f"no sentence ends within 1 tokens; this is {json.loads(cut.stdout)['tokens']['summary']}"
    )
    assert told.encode() in cut.stderr
    long = json.loads(summarize("--min-tokens", "30", "--json", "abstract.txt").stdout)
    assert long["tokens"]["summary"] >= 30
    assert summarize("--beam-size", "1", "abstract.txt").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", "psychic"], "psychic"),
        (["-m", "./absent"], "absent"),
        (["--style", "poem"], "poem"),
        (["-m", "lead", "--style", "title"], "--style"),
        (["--beam-size", "0"], "beam_size"),
        (["--beam-size", "x"], "--beam-size"),
        (["--max-tokens", "0"], "max_tokens"),
        (["--min-tokens", "9", "--max-tokens", "3"], "min_tokens"),
        (["--length-penalty", "nan"], "length_penalty"),
        (["--length-penalty", "1000"], "length_penalty"),
        (["--encoding", "klingon"], "klingon"),
        (["--frobnicate"], "--frobnicate"),
        (["-o", "."], "directory"),
        (["-o", "absent/a.txt"], "absent"),
        (["-o", "abstract.txt"], "input"),
    ],
)
def test_usage_errors_exit_2(
    summarize: Command, abstract: Path, arguments: list[str], message: str
) -> None:
    done = summarize(*arguments, "abstract.txt")
    assert done.returncode == 2
    assert done.stdout == b""
    assert message in done.stderr.decode() and b"Traceback" not in done.stderr
    assert abstract.read_bytes() == ABSTRACT


def test_bad_inputs_are_reported_and_the_others_done(summarize: Command, abstract: Path) -> None:
    folder = abstract.parent
    (folder / "empty.txt").write_bytes(b"")
    (folder / "spaces.txt").write_bytes(b" \n ")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(500))
    (folder / "dir").mkdir()
    (folder / "latin.txt").write_bytes("Ein Überblick über Öfen. ".encode("latin-1") * 9)
    bad = ["empty.txt", "spaces.txt", "photo.jpg", "dir", "absent.txt"]
    done = summarize(*bad, "abstract.txt", "latin.txt")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    errors = done.stderr.decode().splitlines()
    for name, message in zip(
        bad, ["is empty", "is empty", "JPEG", "is a directory", "no such file"], strict=True
    ):
        assert sum(name in line and message in line for line in errors) == 1, (name, errors)
    assert any("latin.txt: not valid UTF-8; read as" in line for line in errors)
    assert any("latin.txt: unlike what attention learned" in line for line in errors)
    assert len(errors) == len(bad) + 2


def test_empty_stdin(summarize: Command) -> None:
    done = summarize(stdin=b"")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"summarize: stdin is empty\n"


@pytest.mark.parametrize("unit", [b"word and another ", b"x", b"\xe6\x97\xa5\xe6\x9c\xac", b"( "])
def test_ten_megabytes_on_one_line(summarize: Command, unit: bytes) -> None:
    done = summarize("--json", "--long", "truncate", stdin=unit * (10_000_000 // len(unit)))
    if unit == b"( ":
        assert done.returncode == 1 and b"no words" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    tokens = json.loads(done.stdout)["tokens"]
    assert tokens["read"] < tokens["document"]
    assert f"read {tokens['read']:,} of".encode() in done.stderr
    assert summarize("-m", "lead", stdin=unit * (10_000_000 // len(unit))).returncode == 0


def test_what_was_not_read_is_told_unless_quiet(summarize: Command) -> None:
    long = ABSTRACT * 20
    assert b"tokens" in summarize(stdin=long).stderr
    assert summarize("-q", stdin=long).stderr == b""
    verbose = summarize("-v", stdin=ABSTRACT).stderr.decode()
    assert "attention wrote" in verbose and "confidence" in verbose


def test_escape_sequences_never_reach_the_terminal(summarize: Command, tmp_path: Path) -> None:
    evil = "Title \x1b]0;owned\x07 and \x9b2J\u202e reversed \x1b[2J text. More follows here."
    name = "e\x1b[31mvil.txt"
    (tmp_path / name).write_text(evil)
    for arguments in (["-m", "lead"], ["-m", "lead", "--json"], ["-v"], []):
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


def test_output_is_written_whole(summarize: Command, abstract: Path) -> None:
    printed = summarize("abstract.txt", "absent.txt").stdout
    done = summarize("abstract.txt", "absent.txt", "-o", "out.txt")
    assert done.returncode == 1 and done.stdout == b""
    assert (abstract.parent / "out.txt").read_bytes() == printed
    assert sorted(p.name for p in abstract.parent.iterdir()) == ["abstract.txt", "out.txt"]


def test_output_never_loses_what_was_there(summarize: Command, abstract: Path) -> None:
    folder = abstract.parent
    (folder / "old.txt").write_text("old\n")
    assert summarize("absent.txt", "-o", "old.txt").returncode == 1
    assert (folder / "old.txt").read_text() == "old\n"
    for command in (
        "-m lead -o abstract.txt < abstract.txt",
        "-m lead abstract.txt -o /dev/stdout >> old.txt",
        "-m lead abstract.txt -o /dev/stdout | cat > piped.txt",
    ):
        in_bash(command, folder)
    lead = summarize("-m", "lead", "abstract.txt").stdout.decode()
    assert abstract.read_bytes() == ABSTRACT
    assert (folder / "old.txt").read_text() == "old\n" + lead
    assert (folder / "piped.txt").read_text() == lead
    link = folder / "link.txt"
    link.symlink_to("old.txt")
    assert summarize("-m", "lead", "abstract.txt", "-o", "link.txt").returncode == 0
    assert link.is_symlink() and (folder / "old.txt").read_text() == lead


@pytest.mark.parametrize(("closing", "shown"), [(">&-", False), ("2>&-", True), ("<&-", True)])
def test_closed_streams(abstract: Path, closing: str, shown: bool) -> None:
    done = in_bash(f"-m lead abstract.txt {closing}", abstract.parent)
    assert done.returncode == 0 and done.stderr == b""
    assert bool(done.stdout) == shown


def test_json_in_ascii_is_json(summarize: Command) -> None:
    done = summarize("-m", "lead", "--json", stdin="Café 🚀.".encode(), PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout)["summary"] == "Café 🚀."


def test_white_space_before_the_text_does_not_hide_it(summarize: Command) -> None:
    done = summarize(stdin=b" " * 600_000 + ABSTRACT)
    assert done.stdout == summarize(stdin=ABSTRACT).stdout != b""


def test_a_full_disk_is_one_line(summarize: Command, abstract: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "summarize", "abstract.txt"],
            cwd=abstract.parent,
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            timeout=60,
        )
    assert done.returncode == 1
    assert b"No space left" in done.stderr and b"Traceback" not in done.stderr
    assert summarize("abstract.txt", "-o", "/dev/full").returncode == 1


def test_a_broken_pipe_ends_silently(abstract: Path) -> None:
    done = in_bash(f"-m lead {' abstract.txt' * 20} | head -1", abstract.parent)
    assert done.returncode == 0 and done.stderr == b""
    assert done.stdout.count(b"\n") == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_it_with_their_code(tmp_path: Path, number: int, code: int) -> None:
    """Waiting for standard input is where an interactive user presses Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "summarize", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    # -X importtime prints as it goes: once the model is loaded, only the read is left.
    assert process.stderr is not None
    for line in process.stderr:
        if b"safetensors.numpy" in line:
            break
    deadline = time.monotonic() + 20
    process.send_signal(number)
    process.wait(timeout=max(1, deadline - time.monotonic()))
    rest = process.stderr.read()
    for stream in (process.stdin, process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    assert process.returncode == code
    assert b"Traceback" not in rest


def in_terminal(
    command: list[str], cwd: Path, stdout: str | None = None, **env: str
) -> tuple[int, str]:
    """Run with a terminal as stdin, stdout (or a file as that) and stderr."""
    pid, terminal = pty.fork()
    if pid == 0:
        if stdout:
            os.dup2(os.open(cwd / stdout, os.O_CREAT | os.O_WRONLY), 1)
        os.chdir(cwd)
        os.environ.update({"PYTHONPATH": str(ROOT), "TERM": "xterm", **env})
        os.execv(sys.executable, [sys.executable, "-W", "error", "-m", "summarize", *command])
    shown = b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_on_a_terminal(abstract: Path) -> None:
    code, shown = in_terminal([], abstract.parent)
    assert code == 2 and "Usage: summarize" in shown  # help, and no hang
    code, shown = in_terminal(["-m", "lead", "abstract.txt", "abstract.txt"], abstract.parent)
    assert code == 0 and shown.count("\x1b[1mabstract.txt\x1b[0m") == 2
    for extra, env in ((["--no-color"], {}), ([], {"NO_COLOR": "1"})):
        arguments = ["-m", "lead", *extra, "abstract.txt", "abstract.txt"]
        code, shown = in_terminal(arguments, abstract.parent, **env)
        assert "\x1b" not in shown and shown.count("abstract.txt") == 2
    code, shown = in_terminal(["-m", "lead", "abstract.txt"], abstract.parent)
    assert "abstract.txt" not in shown


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_terminal_with_output_to_a_file(abstract: Path, summarize: Command) -> None:
    """With a progress bar on the terminal, the file must get the same bytes."""
    files = ["abstract.txt"] * 3
    code, shown = in_terminal(files, abstract.parent, stdout="out.txt")
    assert code == 0 and "Recurrent" not in shown.replace("summarizing", "")
    assert (abstract.parent / "out.txt").read_bytes() == summarize(*files).stdout


def test_help_and_version(summarize: Command) -> None:
    shown = summarize("--help").stdout.decode()
    for word in ("Usage: summarize", "--model", "--style", "--json", "train"):
        assert word in shown
    assert summarize("train", "--help").returncode == 0
    assert summarize("--version").stdout.startswith(b"summarize 0.")


def test_the_launcher_of_a_clone(abstract: Path, summarize: Command) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "-m", "lead", "abstract.txt"],
        cwd=abstract.parent,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stdout == summarize("-m", "lead", "abstract.txt").stdout


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
    assert attention["here"] and 10e6 < attention["parameters"] < 16e6
    assert attention["dev_rouge"]["rouge1"] > 35 and attention["disk_bytes"] < 32 * 2**20
    plain = summarize("models").stdout.decode().splitlines()
    assert len(plain) == len(entries)
    own = summarize("models", checkpoint_folder, "--json")
    assert json.loads(own.stdout)["kind"] == "RNN, general attention"
    wrong = summarize("models", checkpoint_folder.parent)
    assert wrong.returncode == 1 and b"no model" in wrong.stderr and wrong.stdout == b""


def test_many_files_are_done_together_and_come_in_order(summarize: Command, tmp_path: Path) -> None:
    """More than a batch, an unreadable one among them."""
    texts = [f"Sentence number {i} is here. Then another." for i in range(19)]
    names = []
    for i, text in enumerate(texts):
        (tmp_path / f"{i}.txt").write_text(text)
        names.append(f"{i}.txt")
    done = summarize("-m", "lead", *names[:9], "absent.txt", *names[9:])
    assert done.returncode == 1 and done.stderr.count(b"\n") == 1
    assert done.stdout.decode().splitlines() == [text.split(". ")[0] + "." for text in texts]
    together = summarize("--json", "--max-tokens", "5", *names[:10]).stdout.splitlines()
    for i in (0, 9):
        alone = json.loads(summarize("--json", "--max-tokens", "5", names[i]).stdout)
        assert alone["summary"] == json.loads(together[i])["summary"]
        assert alone["source"] == json.loads(together[i])["source"] == names[i]


def test_a_long_document_is_read_whole_or_its_opening(summarize: Command, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_bytes(ABSTRACT * 4)
    cut = summarize("--long", "truncate", "long.txt")
    assert cut.stderr.startswith(b"summarize: long.txt: read 256 of ")
    whole = summarize("--json", "long.txt")
    found = json.loads(whole.stdout)
    assert found["chunks"] > 1 and b"pieces" in whole.stderr
    assert found["tokens"]["read"] >= found["tokens"]["document"] - found["chunks"]
    assert summarize("--long", "half", "long.txt").returncode == 2
