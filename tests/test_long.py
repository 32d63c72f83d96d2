"""Documents longer than the model's window, and summaries of more than a sentence."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from conftest import TEXTS
from hypothesis import given, settings
from hypothesis import strategies as st

from summarize.document import sentences
from summarize.document.document import Block, Document
from summarize.models.base import Passage
from summarize.models.judge import Case, Verdict
from summarize.models.rnn import Rnn
from summarize.options import Options
from summarize.pipeline import chunking
from summarize.pipeline.chunking import chunks_of, combine
from summarize.pipeline.decision import Answer, Written, decide, whole
from summarize.pipeline.outline import distinct, groups
from summarize.pipeline.overflow import to_read
from summarize.pipeline.reading import Part, Reading
from summarize.pipeline.run import Summarizer, load_summarizer
from summarize.rnn.checkpoint import Checkpoint

SENTENCES = [f"{text} Then came number {i}." for i, text in enumerate(TEXTS * 2)]
LONG = " ".join(SENTENCES)
HEADED = "\n\n".join(f"# Part {i}\n\n{text}" for i, text in enumerate(SENTENCES))
QUICK: dict[str, Any] = {"max_tokens": 6, "beam_size": 1}


@pytest.fixture(scope="module")
def rnn(checkpoint: Checkpoint) -> Rnn:
    return Rnn(checkpoint)


@pytest.fixture(scope="module")
def summarizer(rnn: Rnn) -> Summarizer:
    """Random weights hardly ever end a sentence: no use waiting for it."""
    return Summarizer(rnn, retries=0)


# --- reading -----------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([*SENTENCES, "# A heading", "x" * 90, "好。很好。", "- an item"])))
@settings(max_examples=40, deadline=None)
def test_a_passage_is_the_tokens_of_its_sentences(rnn: Rnn, lines: list[str]) -> None:
    document = Document.from_text("\n\n".join(lines))
    reading = Reading(rnn, document)
    every = list(range(len(document.sentences)))
    passage = reading.passage(every)
    assert passage.tokens == reading.total
    assert passage.text.split() == [w for i in every for w in document.sentence_text(i).split()]
    for start, i in zip(passage.starts, every, strict=True):
        assert passage.text.startswith(document.sentence_text(i), start)
    ids = [token for encoding in passage.encodings for token in encoding.ids]
    assert ids == rnn.tokenizer.encode(passage.text)  # tokens add up over sentences
    spelled = [passage.text[a:b] for a, b in passage.offsets(passage.tokens)]
    assert set("".join(passage.text.split())) <= set("".join(spelled))


@pytest.mark.parametrize("limit", [4, 8, 24, 1000])
@pytest.mark.parametrize("text", [LONG, HEADED, TEXTS[0], "one " * 200, "x" * 900])
def test_chunks_fit_and_lose_nothing(rnn: Rnn, text: str, limit: int) -> None:
    document = Document.from_text(text)
    reading = Reading(rnn, document)
    chunks = list(chunks_of(reading, limit))
    passages = [reading.passage(chunk) for chunk in chunks]
    assert all(0 < passage.tokens <= limit for passage in passages)
    read = "".join("".join(passage.text.split()) for passage in passages)
    assert read == "".join(
        "".join(document.sentence_text(i).split()) for i in range(len(document.sentences))
    )
    for chunk in chunks:
        parts = [part.sentence for part in chunk]
        assert parts == sorted(parts)


def test_a_part_of_a_sentence_is_cut_between_words(rnn: Rnn) -> None:
    reading = Reading(rnn, Document.from_text(LONG.replace(".", ",")))
    parts = reading.parts(0, 16)
    texts = [reading.passage([part]).text for part in parts]
    assert len(parts) > 3 and " ".join(texts) == reading.document.sentence_text(0)
    for text, part in zip(texts, parts, strict=True):
        ends = [end for _, end in reading.passage([part]).offsets(100)]
        assert ends == sorted(ends) and ends[-1] == len(text)


@pytest.mark.parametrize("overflow", ["select", "truncate"])
def test_what_is_read_fits_the_window_and_stands_in_order(rnn: Rnn, overflow: str) -> None:
    reading = Reading(rnn, Document.from_text(LONG))
    for limit in (20, 60, 10_000):
        chosen, how = to_read(reading, limit, overflow)
        assert chosen == sorted(set(chosen)) and chosen
        assert how == (None if limit == 10_000 else overflow)
        if overflow == "truncate":
            assert chosen == list(range(len(chosen)))
        elif len(chosen) > 1:
            assert sum(map(reading.tokens, chosen)) <= limit


class Counted:
    """Characters that went through a function; texts that the document lacks, which the model
    wrote, apart."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, document: str) -> None:
        self.document = letters(document)
        self.segmented = self.tokenized = self.written = 0
        segment, encode = sentences.library(), Rnn.encode

        def boundaries(language: str, text: str) -> Any:
            if letters(text) in self.document:
                self.segmented += len(text)
            return segment(language, text)

        def encoded(rnn: Rnn, texts: list[str]) -> Any:
            for text in texts:
                if letters(text) in self.document:
                    self.tokenized += len(text)
                else:
                    self.written += len(text)
            return encode(rnn, texts)

        monkeypatch.setattr(sentences, "library", lambda: boundaries)
        monkeypatch.setattr(Rnn, "encode", encoded)


def letters(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("text", [LONG * 5, HEADED * 5, " ".join(TEXTS[:2])])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"mode": "abstractive"},
        {"mode": "extractive"},
        {"length": "medium"},
        {"length": "long"},
        {"length": "long", "mode": "abstractive"},
        {"overflow": "truncate"},
        {"overflow": "chunk"},
    ],
)
def test_a_document_is_segmented_once_and_tokenized_once(
    summarizer: Summarizer, monkeypatch: pytest.MonkeyPatch, text: str, options: dict[str, Any]
) -> None:
    counted = Counted(monkeypatch, text)
    summary = summarizer.summarize([text], **QUICK, **options)[0]
    assert 0.5 * len(text) < counted.segmented <= 1.1 * len(text)
    opening = options.get("overflow") == "truncate"
    assert 0 < counted.tokenized <= 1.1 * len(text)
    assert opening or counted.tokenized > 0.5 * len(text)
    # Only chunk summaries are read again, each once: fewer than two for each chunk.
    drafts = 2 * summary.chunks if options.get("overflow") == "chunk" else 0
    assert counted.written <= 60 * drafts


def test_work_grows_with_the_length_and_no_faster(
    rnn: Rnn, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    write = Rnn.write

    def counting(self: Rnn, sources: list[Any], options: Options) -> Any:
        written.append(len(sources))
        return write(self, sources, options)

    monkeypatch.setattr(Rnn, "write", counting)
    work = []
    for times in (1, 4):
        written.clear()
        document = " ".join([LONG] * times)
        summary = Summarizer(rnn, retries=0).summarize([document], overflow="chunk", **QUICK)[0]
        work.append((sum(written), summary.chunks))
    assert all(count <= 2 * chunks for count, chunks in work)
    assert 3 <= work[1][1] / work[0][1] <= 5


def test_a_text_beyond_any_book_is_read_to_a_limit_and_that_is_told(
    summarizer: Summarizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunking, "MOST", 3)
    summary = summarizer.summarize([LONG], overflow="chunk", **QUICK)[0]
    assert summary.chunks == 3 and 0 < summary.tokens.read < summary.tokens.document


@pytest.mark.parametrize("overflow", ["select", "truncate", "chunk"])
def test_the_summary_says_how_it_was_read(summarizer: Summarizer, overflow: str) -> None:
    options = {**QUICK, "overflow": overflow, "mode": "abstractive"}
    long, short = summarizer.summarize([LONG, "One two."], **options)  # type: ignore[arg-type]
    assert long.overflow == overflow and short.overflow is None
    assert (long.tokens.read < long.tokens.document) == (overflow != "chunk")
    assert (long.chunks > 1) == (overflow == "chunk")
    again = summarizer.summarize([LONG], **{**options, "overflow": None, "long": overflow})[0]  # type: ignore[arg-type]
    assert again.text == long.text


# --- provenance --------------------------------------------------------------------------------


@pytest.mark.parametrize("overflow", ["select", "truncate", "chunk"])
@pytest.mark.parametrize("text", [LONG, HEADED])
def test_shares_lead_back_to_sentences_that_were_read(
    summarizer: Summarizer, text: str, overflow: str
) -> None:
    options = {"max_tokens": 8, "min_tokens": 6, "beam_size": 1, "mode": "abstractive"}
    summary = summarizer.summarize([text], overflow=overflow, **options)[0]  # type: ignore[arg-type]
    document = Document.from_text(text)
    assert summary.provenance and summary.sentences
    read = range(len(document.sentences))
    if overflow != "chunk":
        read, _ = to_read(Reading(summarizer.writer, document), 24, overflow)  # type: ignore[assignment]
    for part in summary.provenance:
        shares = [source["share"] for source in part["source_sentences"]]
        assert shares == sorted(shares, reverse=True) and sum(shares) <= 1.001
        assert {source["number"] - 1 for source in part["source_sentences"]} <= set(read)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5), st.data())
def test_shares_multiply(row: list[float], data: st.DataObject) -> None:
    """Against the product of matrices."""
    numbers = st.dictionaries(st.integers(0, 6), st.floats(0, 1), max_size=4)
    owners = data.draw(st.lists(numbers, min_size=len(row), max_size=len(row)))
    matrix = np.zeros((len(row), 7))
    for i, owner in enumerate(owners):
        for sentence, share in owner.items():
            matrix[i, sentence] = share
    found = np.zeros(7)
    for sentence, share in combine(row, owners).items():
        found[sentence] = share
    np.testing.assert_allclose(found, np.array(row) @ matrix, atol=1e-9)


@pytest.mark.parametrize("length", ["short", "medium", "long"])
@pytest.mark.parametrize("model", ["attention", "extract", "lead"])
def test_quotations_are_the_sentences_that_they_name(
    summarizer: Summarizer, length: str, model: str
) -> None:
    text = f"好。很好。{HEADED}\n\n- an item of a list\n- another one"
    document = Document.from_text(text)
    chosen = summarizer if model == "attention" else load_summarizer(model)
    options = {"mode": "extractive"} if model == "attention" else {}
    summary = chosen.summarize([document], length=length, **options)[0]  # type: ignore[arg-type]
    assert summary.mode == "extractive" and summary.provenance
    for part in summary.provenance:
        (source,) = part["source_sentences"]
        assert part["sentence"] == document.sentence_text(source["number"] - 1)
        assert part["sentence"] in summary.text
    assert summary.sentences == sorted(summary.sentences)


# --- several sentences -------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["attention", "extract", "lead"])
def test_lengths_are_a_sentence_a_few_and_an_outline(summarizer: Summarizer, model: str) -> None:
    chosen = summarizer if model == "attention" else load_summarizer(model)
    text = HEADED * 3
    medium, long, five, tenth = (
        chosen.summarize([text], **options)[0]  # type: ignore[arg-type]
        for options in (
            {"length": "medium"},
            {"length": "long"},
            {"sentences": 5},
            {"ratio": "10%"},
        )
    )
    assert len(medium.provenance) == 3 and len(medium.text.split()) <= 80
    lines = long.text.splitlines()
    assert all(line.startswith("- Part ") for line in lines) and len(lines) > 1
    assert len(long.text.split()) <= len(text.split()) / 5 + len(lines)
    assert 3 <= len(five.provenance) <= 5 and five.mode == "extractive"
    assert 1 <= len(tenth.provenance) <= 4


def test_long_sentences_give_way_where_words_are_few() -> None:
    text = f"{'A long sentence about bees ' * 9}ends here. {' '.join(SENTENCES)}"
    summary = load_summarizer("extract").summarize([text], sentences=3, max_words=40)[0]
    assert len(summary.text.split()) <= 40 and len(summary.provenance) > 1


def test_what_is_said_is_said_once() -> None:
    said = ["A network for bicycles", "a network, for bicycles!", "Another thing", "Another"]
    assert distinct(range(4), said) == [0, 2, 3]
    repeated = load_summarizer("lead").summarize([f"{SENTENCES[0]} {SENTENCES[0]}"], sentences=4)[0]
    assert len(set(repeated.sentences)) == len(repeated.sentences) == 2


@given(st.lists(st.sampled_from([*TEXTS, "# Head", "## Below", "- item"]), max_size=12))
@settings(deadline=None)
def test_groups_hold_every_sentence_once(lines: list[str]) -> None:
    document = Document.from_text("\n\n".join(lines))
    for options in (Options(length="long"), Options(length="medium")):
        found = [i for group in groups(document, options) for i in group.sentences]
        assert found == sorted(set(found))
        headings = {
            i
            for i, sentence in enumerate(document.sentences)
            if document.blocks[sentence.block].kind == "heading"
        }
        assert set(found) | headings == set(range(len(document.sentences)))


def test_abstractive_outlines_are_written_part_by_part(summarizer: Summarizer) -> None:
    summary = summarizer.summarize([HEADED], length="long", mode="abstractive", **QUICK)[0]
    assert summary.mode == "abstractive" and summary.chunks == len(SENTENCES)
    sentences = [part["source_sentences"][0]["number"] for part in summary.provenance]
    assert all(a <= b for a, b in pairwise(sentences))


# --- what is given -----------------------------------------------------------------------------

TEXT = "A heading here\n\nThe first sentence is here. The second one is much longer than it. " * 3


def decided(mode: str, familiarity: float | None, text: str = TEXT) -> Any:
    confidence = None if familiarity is None else 0.8 * familiarity
    written = Written("An invention", 3, confidence or 0.8, familiarity)
    return decide(Document.from_text(text), written, Options(mode=mode), lambda: [2])


def test_a_foreign_text_gets_a_sentence_and_others_what_was_written() -> None:
    for mode, familiarity, expected in (
        ("auto", 0.9, "abstractive"),
        ("auto", None, "abstractive"),
        ("auto", 0.1, "extractive"),
        ("abstractive", 0.1, "abstractive"),
    ):
        found = decided(mode, familiarity)
        assert found.mode == expected and found.is_fallback == (expected == "extractive")
        if expected == "extractive":
            assert found.text == Document.from_text(TEXT).sentence_text(2)
            assert found.provenance[0]["source_sentences"] == [{"number": 3, "share": 1.0}]


class Always:
    """A judge that gives one verdict, and remembers what it was asked."""

    def __init__(self, is_written: bool) -> None:
        self.is_written = is_written
        self.cases: list[Case] = []

    def weigh(self, case: Case) -> Verdict:
        self.cases.append(case)
        return Verdict(5.0, 40.0, self.is_written)


@pytest.mark.parametrize("is_written", [True, False])
def test_a_judge_decides_and_its_worth_is_the_confidence(is_written: bool) -> None:
    judge: Any = Always(is_written)
    document = Document.from_text(TEXT)
    written = Written("An invention", 3, 0.01, 0.5)

    def given(mode: str = "auto", found: Written = written) -> Answer:
        return decide(document, found, Options(mode=mode), lambda: [2], judge, "title")

    assert given().mode == ("abstractive" if is_written else "extractive")
    assert given().confidence == 0.4 and given().is_fallback != is_written
    assert (judge.cases[0].chosen, judge.cases[0].style) == (2, "title")
    assert given("abstractive").mode == "abstractive"
    # What found no end is not judged, and not given.
    assert given(found=written._replace(confidence=0.0, familiarity=0.0)).mode == "extractive"


@pytest.mark.parametrize(
    "text", ["Only seven short words stand here, alone.", "No end", "Two. Dogs."]
)
def test_a_short_text_is_given_whole_and_not_called_foreign(text: str) -> None:
    found = decided("auto", 0.1, text)
    assert found.text == text and found.mode == "document" and not found.is_fallback


@pytest.mark.parametrize("length", ["short", "medium", "long"])
@pytest.mark.parametrize("text", ["Hello", "Hello world", "Two words.", "我们提出了一个模型"])
def test_never_longer_than_the_document(summarizer: Summarizer, text: str, length: str) -> None:
    summary = summarizer.summarize([text], length=length, **QUICK)[0]
    assert len(summary.text) <= len(text)
    if summary.mode != "abstractive":
        assert [part["sentence"] for part in summary.provenance] == [text]


@pytest.mark.parametrize("model", ["attention", "lead", "extract"])
@pytest.mark.parametrize("length", ["short", "medium", "long"])
def test_texts_without_prose(summarizer: Summarizer, model: str, length: str) -> None:
    """Headings alone, a table, scripts without spaces, nothing."""
    chosen = summarizer if model == "attention" else load_summarizer(model)
    options = {"mode": "extractive"} if model == "attention" else {}
    rows = "\n".join(f"| package-{i} | {i}.0 |" for i in range(300))
    table = Document(rows, blocks=(Block("table", 0, len(rows)),))
    headings = "\n\n".join(f"# Heading number {i}" for i in range(60))
    chinese = "北京是中国的首都。今天的天气很好。" * 60
    for text in (table, headings, chinese):
        summary = chosen.summarize([text], length=length, **options)[0]  # type: ignore[arg-type]
        size = len(text if isinstance(text, str) else text.text)
        assert summary.text and len(summary.text) < size / 3
    for text in ("", " \n "):
        summary = chosen.summarize([text], length=length, **options)[0]  # type: ignore[arg-type]
        assert summary.text == "" and summary.provenance == []


def test_facts_are_given_as_they_are(summarizer: Summarizer) -> None:
    csv = Document("a,b\n1,2\n", kind="csv", facts={"summary": "CSV: 2 columns, 1 row."})
    for one in (summarizer, load_summarizer("extract")):
        summary = one.summarize([csv])[0]
        assert (summary.text, summary.mode) == ("CSV: 2 columns, 1 row.", "facts")


def test_speakers_are_named() -> None:
    text = "We ship the new release on Friday morning.\nI will write the notes for it today."
    first = text.index("\n")
    blocks = (
        Block("paragraph", 0, first, speaker="Ann"),
        Block("paragraph", first + 1, len(text), speaker="Bob"),
    )
    summary = load_summarizer("lead").summarize([Document(text, blocks=blocks)], sentences=2)[0]
    assert summary.text.startswith("Ann: We ship") and " Bob: I will" in summary.text


def test_a_quotation_gets_its_capital_but_a_name_keeps_its_letters() -> None:
    lead = load_summarizer("lead")
    mail = "Hi Bob,\n\nthe movers come on Friday at eight. Bye."
    assert lead.summarize([mail])[0].text == "The movers come on Friday at eight."
    assert lead.summarize(["npm installs packages. Bye."])[0].text == "npm installs packages."


def test_the_whole_of_a_document_names_every_sentence() -> None:
    document = Document.from_text("One two. Three four.\n\nFive six.")
    numbers = [part["source_sentences"][0]["number"] for part in whole(document).provenance]
    assert numbers == [1, 2, 3]


def test_passages_of_nothing() -> None:
    assert Passage("", [], []).tokens == 0 and Passage("", [], []).offsets(5) == []
    assert Part(3) == Part(3, 0, None)
