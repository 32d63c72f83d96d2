"""What our own models write, of our own documents: nothing that the text lacks, and whole."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from plain import Vouching
from support import ENDINGS, is_balanced

from summarize import load_summarizer
from summarize.evaluation.data import read_data
from summarize.rnn.lexicon import unsupported


@pytest.mark.parametrize("style", ["title", "tldr"])
@pytest.mark.parametrize("model", ["attention", "seq2seq"])
def test_names_and_numbers_are_the_texts_and_lines_are_whole(model: str, style: str) -> None:
    rows = read_data(None).rows
    documents = [row.document for row in rows]
    asked = {"style": style, "mode": "abstractive", "overflow": "truncate"}
    found = load_summarizer(model).summarize(documents, **asked)  # type: ignore[arg-type]
    assert len(found) > 40
    for document, summary in zip(documents, found, strict=True):
        assert unsupported(summary.text, document) == []
        if model == "attention":  # seq2seq strings inflected forms together: "the Butes"
            assert Vouching(document).missing_stems(summary.text) == []  # shares no code with it
        assert is_balanced(summary.text)
        assert summary.text and ENDINGS.search(summary.text) is None
