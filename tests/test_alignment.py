"""From the attention of tokens to that of words and sentences, and what `attend` shows of it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import KINDS, ROOT, TEXTS, Command, small_config
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from playwright.sync_api import Browser

from summarize.document.document import Document
from summarize.errors import DocumentError, ModelError, OptionError
from summarize.models.base import Passage, Span, TokenAttention
from summarize.models.pieces import pieces_of
from summarize.models.rnn import Rnn
from summarize.options import Options
from summarize.pipeline.alignment import (
    Alignment,
    cited,
    sentences_of_words,
    spans_of,
    to_words,
    words_of_pieces,
)
from summarize.pipeline.attending import words_of
from summarize.pipeline.run import Summarizer, load_summarizer
from summarize.rnn.checkpoint import Checkpoint
from summarize.rnn.runtime import weight_shapes
from summarize.rnn.tokenizer import Tokenizer
from summarize.views.attention import LEFT_OUT, shaded_document, word_lines
from summarize.views.attention_page import to_page
from summarize.views.attention_picture import write_picture

SAMPLE = ROOT / "benchmarks" / "samples" / "abstract.txt"
Weights = NDArray[np.float32]


def aligned(
    text: str, offsets: list[Span], pieces: list[str], weights: Weights, **facts: Any
) -> Alignment:
    """Of a text that was read whole, as one passage."""
    document = Document.from_text(text)
    found = to_words(Passage(text, [0], []), TokenAttention(offsets, pieces, weights, "k"))
    starts = [sentence.start for sentence in document.sentences]
    spans = spans_of(text)
    sentence = np.searchsorted(starts, [a for a, _ in spans], side="right") - 1
    return Alignment(
        text=text,
        source=tuple(spans),
        sentence=sentence,
        summary=tuple(found.summary),
        weights=found.weights,
        outside=found.outside,
        model="m",
        kind="k",
        tokens_read=1,
        tokens_document=1,
        **facts,
    )


def provenance(found: Alignment) -> list[dict[str, Any]]:
    numbers = np.unique(found.sentence).tolist()
    _, sentences, shares = found.by_sentence()
    return [
        cited(text, dict(zip(numbers, row.tolist(), strict=True)))
        for text, row in zip(sentences, shares, strict=True)
    ]


def made_up(source: int, target: int, seed: int = 0) -> Alignment:
    """An alignment of so many words; a few source words carry each row."""
    generator = np.random.default_rng(seed)
    words = [f"word{i}{'.' if i % 12 == 11 else ''}" for i in range(source)]
    weights = generator.random((target, source)).astype(np.float32) ** 40
    weights /= weights.sum(axis=1, keepdims=True)
    return aligned(" ".join(words), spans(words), [f" s{i}" for i in range(target)], weights)


def spans(words: list[str]) -> list[Span]:
    ends = np.cumsum([len(word) + 1 for word in words]) - 1
    return [(int(end) - len(word), int(end)) for word, end in zip(words, ends, strict=True)]


def with_kind(kind: str, tokenizer: Tokenizer, heads: int = 1) -> Summarizer:
    config = small_config(kind, heads=heads, vocab_size=tokenizer.vocab_size)
    generator = np.random.default_rng(1)
    weights = {n: generator.normal(0, 0.5, s) for n, s in weight_shapes(config).items()}
    checkpoint = Checkpoint(config, weights, tokenizer, 40, ("title", "tldr"), "title", {})
    return Summarizer(Rnn(checkpoint), retries=0)


# --- from tokens to words ----------------------------------------------------------------------


@given(st.lists(st.text("ab é.\n", min_size=1, max_size=6), min_size=1, max_size=12), st.data())
def test_tokens_of_a_source_word_are_summed_and_those_of_a_summary_word_averaged(
    pieces: list[str], data: st.DataObject
) -> None:
    """Against sums over letters: each token's weight on its last letter, and nowhere else."""
    text = "".join(pieces)
    ends = np.cumsum([len(piece) for piece in pieces])
    offsets = [(int(end) - len(p), int(end)) for p, end in zip(pieces, ends, strict=True)]
    rows = data.draw(st.integers(1, 5))
    weights = np.random.default_rng(len(text)).random((rows, len(pieces))).astype(np.float32)
    weights /= weights.sum(axis=1, keepdims=True)
    written = [" x", "y", " z", "w", "v"][:rows]
    passage = Passage(text, [0], [])
    found = to_words(passage, TokenAttention(offsets, written, weights, "k"))
    assert found.summary == "".join(written).split()
    letters = np.zeros((rows, len(text)))
    for token, (piece, end) in enumerate(zip(pieces, ends, strict=True)):
        if piece.strip():
            letters[:, end - 1 - (len(piece) - len(piece.rstrip()))] += weights[:, token]
        elif end < len(text):  # a space by itself belongs to what comes next, if that is a word
            letters[:, end] += weights[:, token]
    expected = np.array([letters[:, a:b].sum(axis=1) for a, b in spans_of(text)])
    assert found.weights.shape == (len(found.summary), len(text.split()))
    if found.weights.shape[1]:
        np.testing.assert_allclose(found.weights.sum(axis=1), 1, rtol=1e-5)
        first = expected.T[: min(rows, 2)].mean(axis=0)
        if first.sum() > 0:
            np.testing.assert_allclose(found.weights[0], first / first.sum(), atol=1e-5)


def test_marks_that_are_not_text_are_taken_off_and_told() -> None:
    weights = np.array([[0.5, 0.25, 0.25]], dtype=np.float32)
    found = aligned("one two", [(0, 3), (3, 7), (0, 0)], [" a"], weights)
    np.testing.assert_allclose(found.weights, [[2 / 3, 1 / 3]], rtol=1e-6)
    np.testing.assert_allclose(found.outside, [0.25])


def test_pieces_join_to_the_text(tokenizer: Tokenizer) -> None:
    for text in TEXTS:
        ids = tokenizer.encode(text)
        pieces = pieces_of(ids, tokenizer.decode)
        assert len(pieces) == len(ids) and "".join(pieces) == tokenizer.decode(ids)
        words, members = words_of_pieces(pieces)
        assert words == tokenizer.decode(ids).split()
        seen = {n for several in members for n in several}
        assert {n for n in range(len(ids)) if n not in seen} == {
            n for n, piece in enumerate(pieces) if piece and piece.isspace()
        }


@given(st.lists(st.text("ab.?! ", min_size=1, max_size=8), max_size=30))
def test_every_word_of_a_summary_is_in_a_sentence_and_in_order(parts: list[str]) -> None:
    words = " ".join(parts).split()
    texts, number = sentences_of_words(words)
    assert len(number) == len(words) and (np.diff(number) >= 0).all()
    assert " ".join(texts).split() == words
    assert [" ".join(np.array(words)[number == n]) for n in range(len(texts))] == texts


@given(st.lists(st.sampled_from(["One two. Three.", "# Head", "- item", "好。很好。"]), max_size=6))
def test_words_of_sentences_are_words_of_the_document(lines: list[str]) -> None:
    document = Document.from_text("\n\n".join(lines))
    every = range(len(document.sentences))
    spans, numbers = words_of(document, every)
    texts = [document.text[a:b] for a, b in spans]
    assert texts == [word for i in every for word in document.sentence_text(i).split()]
    assert numbers == sorted(numbers)


def test_provenance_counts_sentences_from_one_and_names_the_most_read() -> None:
    found = made_up(48, 5)
    (only,) = provenance(found)
    shares = [s["share"] for s in only["source_sentences"]]
    assert shares == sorted(shares, reverse=True) and sum(shares) <= 1.01
    assert {s["number"] for s in only["source_sentences"]} <= {1, 2, 3, 4}
    _, _, sums = found.by_sentence()
    np.testing.assert_allclose(sums.sum(axis=1), 1, rtol=1e-5)
    best = int(sums[0].argmax()) + 1
    assert only["source_sentences"][0]["number"] == best


# --- models ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "none"])
@pytest.mark.parametrize("heads", [1, 2])
def test_every_kind_shows_where_it_looked(kind: str, heads: int, tokenizer: Tokenizer) -> None:
    model = with_kind(kind, tokenizer, heads)
    text = f"  {TEXTS[0]}\n\n\t{TEXTS[1]}  "
    options = Options(max_tokens=20, min_tokens=12, overflow="truncate", mode="abstractive")
    found = model.attend(text, options)
    summary = model.summarize([text], options)[0]
    assert list(found.summary) == summary.text.split()
    assert found.words == text.split()[: len(found.words)]
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, rtol=1e-5)
    if kind == "hard" and heads == 1:
        pieces = len(model.writer.encode([summary.text])[0])
        assert ((found.weights > 0).sum(axis=1) <= pieces).all()
    assert json.loads(json.dumps(found.to_dict()))["source"] == found.words
    assert summary.provenance == provenance(found)


def test_of_a_long_document_the_sentences_that_were_read_are_shown(tokenizer: Tokenizer) -> None:
    model = with_kind("general", tokenizer)
    text = "\n\n".join(f"# Part {i}\n\n{text} And more." for i, text in enumerate(TEXTS * 3))
    options = Options(max_tokens=12, min_tokens=6, beam_size=1, mode="abstractive")
    found = model.attend(text, options)
    summary = model.summarize([text], options)[0]
    assert list(found.summary) == summary.text.split() and found.overflow == "select"
    document = Document.from_text(text)
    for (a, b), i in zip(found.source, found.sentence, strict=True):
        sentence = document.sentences[int(i)]
        assert sentence.start <= a < b <= sentence.end
    shown = re.sub(r"\[(\S+) \d+\]", r"\1", shaded_document(found, colour=False))
    assert LEFT_OUT.strip() in shown
    assert [w for w in shown.split() if w != LEFT_OUT.strip() and w != "#"] == found.words
    assert summary.provenance == provenance(found)
    outline = model.attend(text, options, length="long")
    np.testing.assert_allclose(outline.weights.sum(axis=1), 1, rtol=1e-4)
    assert outline.chunks > 1 and len(outline.source) > len(found.source)
    with pytest.raises(OptionError, match="overflow"):
        model.attend(text, options, overflow="chunk")


def test_without_attention_there_is_nothing_to_look_at(tokenizer: Tokenizer) -> None:
    model = with_kind("none", tokenizer)
    with pytest.raises(ModelError, match="no attention"):
        model.attend(TEXTS[0])
    summary = model.summarize([TEXTS[0]], mode="abstractive", max_tokens=4)[0]
    assert summary.mode == "abstractive" and summary.provenance == []
    with pytest.raises(DocumentError, match="no sentence"):
        with_kind("general", tokenizer).attend(" \n ")


def test_batches_change_nothing(tokenizer: Tokenizer) -> None:
    model = with_kind("general", tokenizer)
    texts = [*TEXTS, "", " ".join(TEXTS), "One word."]
    options = Options(overflow="truncate", mode="abstractive", max_tokens=12)
    alone = [model.summarize([text], options)[0] for text in texts]
    for size in (2, 8):
        together = model.summarize(texts, options, batch_size=size)
        assert [s.text for s in alone] == [s.text for s in together]
        assert [s.provenance for s in alone] == [s.provenance for s in together]
        assert [s.tokens for s in alone] == [s.tokens for s in together]


def test_a_seed_leaves_the_model_as_it_is(tokenizer: Tokenizer) -> None:
    model = with_kind("hard", tokenizer)
    options = Options(max_tokens=12, min_tokens=8, beam_size=1, mode="abstractive")
    likeliest, drawn, again, after = (
        model.summarize([TEXTS[0]], options, seed=seed)[0].text for seed in (None, 3, 3, None)
    )
    assert likeliest == after and drawn == again
    with pytest.raises(OptionError, match="hard attention"):
        with_kind("general", tokenizer).summarize([TEXTS[0]], seed=3)


# --- views -------------------------------------------------------------------------------------


def test_without_colour_brackets_hold_per_cent_and_the_document_is_whole() -> None:
    found = made_up(30, 3)
    plain = shaded_document(found, colour=False)
    assert re.sub(r"\[(\S+) \d+\]", r"\1", plain) == found.text
    coloured = shaded_document(found, colour=True)
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == found.text and "\x1b[" in coloured


def test_nothing_of_a_document_acts_on_the_terminal() -> None:
    text = "safe \x1b[31mred\x07 end"
    weights = np.full((1, 3), 1 / 3, dtype=np.float32)
    found = aligned(text, [(0, 4), (4, 13), (13, 17)], [" \x1b]0;title"], weights)
    shown = shaded_document(found, colour=False) + "".join(word_lines(found, 80))
    assert "\x1b" not in shown and "\x07" not in shown


def test_lines_fit_the_terminal() -> None:
    found = made_up(200, 40)
    for width in (40, 80, 200):
        assert all(len(line) <= width for line in word_lines(found, width))


def test_the_picture_is_a_png(tmp_path: Path) -> None:
    for size in (20, 600):
        write_picture(made_up(size, 6), tmp_path / "a.png")
        assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_hovering_a_summary_word_shades_the_source_and_the_reverse(
    browser: Browser, tmp_path: Path
) -> None:
    found = made_up(60, 6)
    path = tmp_path / "a.html"
    path.write_text(to_page(found), encoding="utf-8")
    page = browser.new_page(offline=True)
    asked: list[str] = []
    troubles: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(path.as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]

    def shades(selector: str) -> list[float]:
        script = "es => es.map(e => +(e.style.getPropertyValue('--share') || 0))"
        values: list[float] = page.locator(selector).evaluate_all(script)
        return values

    for word in (0, 5):
        page.hover(f"#summary .word >> nth={word}")
        shown = shades("#document .word")
        assert int(np.argmax(shown)) == int(found.weights[word].argmax())
        assert page.locator("#summary .current").inner_text() == found.summary[word]
    most = int(found.weights[2].argmax())
    page.hover(f"#document .word >> nth={most}")
    assert shades("#summary .word")[2] > 0
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == found.summary[0]
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.textContent") == found.summary[-1]
    page.keyboard.press("Escape")
    assert "whole summary" in page.locator("#looked").inner_text()
    wide = page.locator("canvas").evaluate("e => e.width")
    page.locator("#zoom").fill("24")
    assert page.locator("canvas").evaluate("e => e.width") > wide
    page.check("[value=sentences]")
    page.hover("canvas")
    assert "%" in page.locator("#cell").inner_text()
    assert troubles == []
    page.close()


def test_a_summary_may_say_what_the_page_is_made_of() -> None:
    weights = np.full((2, 2), 0.5, dtype=np.float32)
    found = aligned("one two", [(0, 3), (3, 7)], [" $DATA", " $TITLE"], weights)
    assert to_page(found).count('"summary":["$DATA","$TITLE"]') == 1


def test_a_document_of_5000_words_opens(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "long.html"
    path.write_text(to_page(made_up(5000, 60)), encoding="utf-8")
    assert path.stat().st_size < 2_000_000
    page = browser.new_page(offline=True)
    page.goto(path.as_uri())
    assert page.locator("#document .word").count() == 5000
    page.hover("#summary .word >> nth=30")
    assert page.locator("#summary .current").count() == 1
    page.close()


def test_a_page_can_not_be_broken_out_of(browser: Browser, tmp_path: Path) -> None:
    evil = "</script><script>document.title='owned'</script> <img src=x onerror=alert(1)>"
    words = evil.split()
    weights = np.full((1, len(words)), 1 / len(words), dtype=np.float32)
    found = aligned(evil, spans(words), [" <b>x</b>"], weights)
    path = tmp_path / "evil.html"
    path.write_text(to_page(found), encoding="utf-8")
    page = browser.new_page(offline=True)
    page.goto(path.as_uri())
    assert page.title() != "owned" and page.locator("img").count() == 0
    assert page.locator("#summary .word").inner_text() == "<b>x</b>"
    page.close()


# --- the command -------------------------------------------------------------------------------


def test_attend_fits_80_columns_and_says_what_was_read(summarize: Command) -> None:
    done = summarize("attend", SAMPLE, NO_COLOR="1", COLUMNS="80")
    assert done.returncode == 0 and done.stderr == b""
    document, summary, words = done.stdout.decode().rstrip("\n").rsplit("\n\n", 2)
    assert "[bicycle " in document and "\x1b" not in document
    assert len(words.splitlines()) == len(summary.split())
    assert all(len(line) <= 80 for line in words.splitlines())
    one = summarize("attend", SAMPLE, "--word", "9").stdout.decode()
    assert one.count("[") < done.stdout.decode().count("[")


def test_attend_as_json_equals_the_summary(summarize: Command) -> None:
    found = json.loads(summarize("attend", SAMPLE, "--json").stdout)
    summary = json.loads(summarize("--json", SAMPLE).stdout)
    assert " ".join(found["summary"]) == summary["summary"]
    assert np.array(found["weights"]).shape == (len(found["summary"]), len(found["source"]))
    assert found["tokens"]["read"] == summary["tokens"]["read"]
    assert summary["provenance"][0]["sentence"] == summary["summary"]


def test_cite_names_the_sentences(summarize: Command, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"A Heading Line\n\n{SAMPLE.read_text()}")
    cited = summarize("--cite", "a.txt", "--mode", "abstractive").stdout
    assert re.search(rb" \[\d+(, \d+)*\]\n$", cited)
    assert summarize("--cite", "-m", "lead", "a.txt").stdout.endswith(b" [2]\n")


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["-m", "lead"], b"no attention"),
        (["--word", "99"], b"the summary has"),
        (["--layer", "1"], b"for transformers"),
        (["--step"], b"needs a terminal"),
        (["--html", "no/such/page.html"], b"does not exist"),
        (["--style", "poem"], b"poem"),
        (["--html", str(SAMPLE)], b"also an input"),
        (["--html", "a", "--png", "a"], b"both name"),
    ],
)
def test_attend_refuses_in_a_line(summarize: Command, arguments: list[str], said: bytes) -> None:
    done = summarize("attend", SAMPLE, *arguments)
    assert done.returncode == 2 and said in done.stderr and b"Traceback" not in done.stderr


def test_stepping_with_the_arrow_keys(tmp_path: Path, shipped_model: Summarizer) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "summarize", "attend", "--step", str(SAMPLE)],
        cwd=tmp_path,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        close_fds=True,
    )
    os.close(slave)

    def until(mark: bytes) -> bytes:
        seen = b""
        deadline = time.monotonic() + 60
        while mark not in seen and time.monotonic() < deadline:
            try:
                seen += os.read(master, 65536)
            except OSError:
                break
        return seen

    first = until(b"q quits")
    assert b"\x1b[?1049h" in first
    os.write(master, b"\x1b[C")
    second = until(b"q quits")

    def current(screen: bytes) -> bytes:
        found = re.findall(rb"\x1b\[7m(.*?)\x1b\[0m", screen)
        return bytes(found[-1])

    text = SAMPLE.read_text(encoding="utf-8")
    words = " ".join(shipped_model.attend(text).summary).encode().split()
    assert [current(first), current(second)] == words[:2]
    os.write(master, b"\x1b[F")
    assert current(until(b"q quits")) == words[-1]
    os.write(master, b"q")
    assert b"\x1b[?1049l" in until(b"\x1b[?1049l")
    assert process.wait(timeout=60) == 0
    os.close(master)


@pytest.mark.parametrize("kind", ["bart", "t5", "pegasus"])
def test_layers_and_heads_of_a_transformer(kind: str, tmp_path: Path) -> None:
    from tiny_models import make

    model = load_summarizer(str(make(kind, tmp_path / kind)), backend="torch")
    options = Options(max_tokens=8, mode="abstractive")
    found = model.attend(TEXTS[0], options)
    assert found.words == TEXTS[0].split()[: len(found.words)]
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, rtol=1e-4)
    heads = [model.attend(TEXTS[0], options, head=head) for head in (1, 2)]
    total = [a.weights * (1 - a.outside[:, None]) for a in heads]
    whole = found.weights * (1 - found.outside[:, None])
    np.testing.assert_allclose(np.mean(total, axis=0), whole, atol=1e-4)
    with pytest.raises(OptionError, match="--layer is 9"):
        model.attend(TEXTS[0], layer=9)
    assert model.summarize([TEXTS[0]], options)[0].provenance == provenance(found)


def test_a_chat_model_has_no_cross_attention(tmp_path: Path) -> None:
    from tiny_models import make

    with pytest.raises(ModelError, match="no attention"):
        load_summarizer(str(make("llama", tmp_path / "llama"))).attend(TEXTS[0])
