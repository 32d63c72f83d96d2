"""--check: names and numbers that a model made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Command
from tiny_models import make

from summarize.models.base import Draft
from summarize.pipeline.run import load_summarizer

TEXT = "The boats will be moved on Friday at 8, said the harbour master, Ines Costa."
INVENTED = "On Friday Maria Costa will move 17 boats."


@pytest.fixture
def inventor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model that writes freely."""
    from summarize.models.huggingface import Transformer

    def write(self: Any, sources: Any, options: Any) -> list[Draft]:
        return [Draft(INVENTED, 9, 0.9) for _ in sources]

    monkeypatch.setattr(Transformer, "write", write)
    monkeypatch.setattr("summarize.models.cache.cache_root", lambda: tmp_path / "cache")
    return make("llama", tmp_path / "llama")


def test_what_the_text_lacks_is_listed(inventor: Path) -> None:
    model = load_summarizer(str(inventor))
    asked = {"mode": "abstractive", "check": True}
    found = model.summarize([TEXT], **asked)[0]  # type: ignore[arg-type]
    assert found.text == INVENTED  # nothing is refused
    assert found.unsupported == ["Maria", "17"]
    assert found.to_dict()["unsupported"] == ["Maria", "17"]
    plain = model.summarize([TEXT], mode="abstractive")[0]
    assert plain.unsupported is None and "unsupported" not in plain.to_dict()


def test_a_quotation_invents_nothing(inventor: Path) -> None:
    model = load_summarizer(str(inventor))
    found = model.summarize([TEXT], mode="extractive", check=True)[0]
    assert found.unsupported == []


def test_the_command_lists_them_on_stderr_and_in_json(inventor: Path, summarize: Command) -> None:
    done = summarize("-m", inventor, "--mode", "abstractive", "--check", stdin=TEXT.encode())
    assert done.returncode == 0 and INVENTED.encode() in done.stdout
    assert b"not in the text: Maria, 17" in done.stderr
    done = summarize(
        "-m", inventor, "--mode", "abstractive", "--check", "--json", stdin=TEXT.encode()
    )
    assert json.loads(done.stdout)["unsupported"] == ["Maria", "17"]
