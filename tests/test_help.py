"""Help, manual page, option tables and completion: all written from the commands themselves."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, Command

from summarize.commands.describe import Option, command, commands
from summarize.commands.names import COMMANDS

EVERY = ["", *COMMANDS]


@pytest.mark.parametrize("name", EVERY)
def test_every_command_has_a_help_with_two_examples(summarize: Command, name: str) -> None:
    shown = summarize(*filter(None, [name]), "-h")
    assert shown.returncode == 0 and shown.stderr == b""
    assert shown.stdout == summarize(*filter(None, [name]), "--help").stdout
    text = shown.stdout.decode()
    assert "Examples:" in text and text.count("\n    ") >= 2
    assert max(map(len, text.splitlines())) <= 90


@pytest.mark.parametrize("name", EVERY)
def test_every_option_is_explained_in_plain_words(name: str) -> None:
    for option in command(name or "text").options:
        assert re.match(r"[A-Z].*\.$", option.help), option
        assert option.value == "" or option.value.isupper() or option.choices or "," in option.value


@pytest.mark.parametrize("name", EVERY)
def test_examples_use_options_that_exist(name: str) -> None:
    described = command(name or "text")
    known = {flag for option in described.options for flag in option.flags}
    assert described.examples
    for example in described.examples:
        for part in example.split("|"):
            words = shlex.split(part)
            if words and words[0] == "summarize" and (not name or name in words):
                used = [word for word in words if word.startswith("-") and len(word) > 1]
                assert set(used) <= known, example


def test_the_help_names_every_command(summarize: Command) -> None:
    text = summarize("--help").stdout.decode()
    assert all(re.search(rf"^\s+{name}\s+{COMMANDS[name][:20]}", text, re.M) for name in COMMANDS)
    assert summarize("--version").stdout.startswith(b"summarize 0.")


def test_option_tables_are_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from options_table import table

    for described in commands():
        rows = table(described.name or "text").splitlines()
        assert len(rows) == 2 + len(described.options) - 1  # two of head; --help is left out
        assert all(len(re.findall(r"(?<!\\)\|", row)) == 3 for row in rows)


@pytest.mark.parametrize("checker", ["mandoc -T lint -W error", "groff -man -ww -z"])
def test_the_manual_page_is_roff(summarize: Command, checker: str) -> None:
    page = summarize("--man").stdout
    for described in commands():
        assert all(o.flags[-1].replace("-", "\\-").encode() in page for o in described.options)
    program = shlex.split(checker)
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    done = subprocess.run(program, input=page, capture_output=True)
    assert done.returncode == 0 and done.stdout + done.stderr == b""


# --- completion in real shells -------------------------------------------------------------------

COMPLETED = [
    ("summarize att", "attend"),
    ("summarize --leng", "--length"),
    ("summarize --length med", "medium"),
    ("summarize -m t5", "t5-small"),
    ("summarize bench --summ", "--summaries"),
    ("summarize bench x --model sm", "smollm2"),
    ("summarize completion fi", "fish"),
    ("summarize -l short note", "notes.txt"),
    ("summarize -o note", "notes.txt"),
]


@pytest.fixture
def script(request: pytest.FixtureRequest, summarize: Command, tmp_path: Path) -> Path:
    """Of the shell that the test is about, in a folder with a file."""
    shell = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    done = summarize("completion", shell)
    assert done.returncode == 0
    (tmp_path / "notes.txt").write_text("notes")
    path = tmp_path / f"script.{shell}"
    path.write_bytes(done.stdout)
    return path


@pytest.mark.parametrize("script", ["bash"], indirect=True)
def test_completion_in_bash(script: Path) -> None:
    lines = [f". {script}"]
    for typed, _ in COMPLETED:
        lines.append(f"COMP_WORDS=({typed}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))")
        lines.append('_summarize; echo "${COMPREPLY[*]}"')
    lines += ["COMP_WORDS=(summarize --length = s); COMP_CWORD=3; _summarize"]
    lines += ['echo "${COMPREPLY[*]}"']
    done = subprocess.run(
        ["bash", "--norc", "-c", "\n".join(lines)], cwd=script.parent, capture_output=True
    )
    assert done.stderr == b""
    found = done.stdout.decode().splitlines()
    for (typed, wanted), words in zip([*COMPLETED, ("", "short")], found, strict=True):
        assert wanted in words.split(), typed


@pytest.mark.parametrize("script", ["fish"], indirect=True)
def test_completion_in_fish(script: Path) -> None:
    for typed, wanted in COMPLETED:
        line = f"source {script}; complete -C {shlex.quote(typed)}"
        done = subprocess.run(
            ["fish", "--no-config", "-c", line],
            cwd=script.parent,
            capture_output=True,
            env={**os.environ, "HOME": str(script.parent)},
        )
        assert done.stderr == b""
        assert wanted in [x.split("\t")[0] for x in done.stdout.decode().splitlines()], typed


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("script", ["zsh"], indirect=True)
def test_completion_in_zsh(script: Path) -> None:
    """zsh completes at a prompt only: each line is typed, then Tab, then made to print itself."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(script.parent)
        os.environ.update({"TERM": "dumb", "PS1": "", "HOME": str(script.parent)})
        os.execvp("zsh", ["zsh", "-f", "-i"])

    rest = b""

    def until(mark: bytes) -> str:
        nonlocal rest
        while mark not in rest:
            assert select.select([terminal], [], [], 30)[0], rest
            rest += os.read(terminal, 4096)
        shown, _, rest = rest.partition(mark)
        return shown.decode()

    try:
        setup = f"unset zle_bracketed_paste; autoload -U compinit; compinit -u -D; . {script}"
        os.write(terminal, f"{setup}; PS1='at the pro''mpt'\n".encode())
        until(b"at the prompt")
        for typed, wanted in COMPLETED:
            # Ctrl-A, print, Ctrl-E: what stands in the line becomes what is printed.
            os.write(terminal, typed.encode() + b"\t\x01print -- \x05 EN''D\n")
            shown = until(b"END\r\n")
            until(b"at the prompt")
            assert wanted in shown, typed
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)


def test_an_unknown_shell(summarize: Command) -> None:
    done = summarize("completion", "bsh")
    assert done.returncode == 2 and b"did you mean bash?" in done.stderr


def test_choices_are_read_from_the_help() -> None:
    assert Option(("--style",), "[title|tldr]", "", "", False).choices == ("title", "tldr")
    assert Option(("--limit",), "N", "", "", False).choices == ()
