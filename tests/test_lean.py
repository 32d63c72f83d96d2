"""Values go around Typer's conversion only where it would change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.core import TyperCommand
from typer.testing import CliRunner

from summarize.commands.lean import LeanCommand


def run(command: type[TyperCommand], arguments: list[str]) -> tuple[int, Any]:
    app = typer.Typer(add_completion=False)
    seen: list[Any] = []

    @app.command(cls=command)
    def main(
        files: Annotated[list[str] | None, typer.Argument()] = None,
        name: Annotated[str | None, typer.Option("-n")] = None,
        count: Annotated[int | None, typer.Option("-c")] = None,
        share: Annotated[float, typer.Option("-s")] = 0.5,
        path: Annotated[Path | None, typer.Option("-p")] = None,
        many: Annotated[list[str] | None, typer.Option("-m")] = None,
        flag: Annotated[bool, typer.Option("-f/-F")] = False,
        maybe: Annotated[bool | None, typer.Option("-y/-Y")] = None,
    ) -> None:
        seen.extend([files, name, count, share, path, many, flag, maybe])

    result = CliRunner().invoke(app, arguments)
    return result.exit_code, seen


@pytest.mark.parametrize(
    "line",
    ["", "a b", "-n x", "-c 7", "-c -7", "-c 07", "-c x", "-c 99999999999", "-s 1e3", "-s x"]
    + ["-p a/b", "-m a -m b", "-f", "-F", "-y", "-Y", "-n", "-z", "-n 3 -c 3 -- -x", "-c ٣", "-h"],
)
def test_values_and_refusals_are_those_of_typer(line: str) -> None:
    assert run(LeanCommand, line.split()) == run(TyperCommand, line.split())


def test_plain_options_import_no_pydantic(monkeypatch: pytest.MonkeyPatch) -> None:
    def convert(*_: object) -> None:
        raise AssertionError("asked for a conversion")

    monkeypatch.setattr("typer.core.build_runtime_param", convert, raising=False)
    code, seen = run(LeanCommand, ["a", "-n", "x", "-c", "3", "-m", "b", "-f"])
    assert code == 0 and seen == [["a"], "x", 3, 0.5, None, ["b"], True, None]


@pytest.mark.parametrize(
    "option, value, said",
    [
        ("--beam-size", "x", "'x' is not a whole number"),
        ("--beam-size", "1.5", "'1.5' is not a whole number"),
        ("--length-penalty", "much", "'much' is not a number"),
    ],
)
def test_what_is_no_number_is_said_in_our_words(
    option: str, value: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from summarize.commands.app import app

    with pytest.raises(SystemExit) as ended:
        app("text")([option, value, "a.txt"], prog_name="summarize")
    told = capsys.readouterr().err
    assert ended.value.code == 2 and said in told and f"'{option}'" in told
