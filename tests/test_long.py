from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, TEXTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summarize.document.sentences import ENDS, bounded, sentences
from summarize.errors import CheckpointError
from summarize.evaluation.data import read_data
from summarize.models.familiarity import FILE, Familiarity, learn
from summarize.models.registry import shipped
from summarize.pipeline.run import load_summarizer
from summarize.models.rnn import Rnn
from summarize.options import Options
from summarize.pipeline.chunking import Line, Words, cut, distinct, write_long
from summarize.pipeline.decision import Part, Settled, Source, settle
from summarize.rnn.checkpoint import Checkpoint
from summarize.views.attention import shaded_document

pytestmark = pytest.mark.usefixtures("few_retries")
SAMPLES = ROOT / "benchmarks" / "samples"
SENTENCES = [f"{text} Then came number {i}." for i, text in enumerate(TEXTS * 2)]
LONG = " ".join(SENTENCES)
HEADED = "\n\n".join(f"# Part {i}\n\n{text}" for i, text in enumerate(SENTENCES))


@pytest.fixture
def few_retries(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights hardly ever end a sentence: no use waiting for it."""
    if "rnn" in request.fixturenames:
        monkeypatch.setattr("summarize.models.base.RETRIES", 0)


@pytest.fixture(scope="module")
def rnn(checkpoint: Checkpoint) -> Rnn:
    return Rnn(checkpoint)


def letters(text: str) -> str:
    return "".join(text.split())


# --- pieces ------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", ["short", "medium", "long"])
@pytest.mark.parametrize("document", [LONG, HEADED, TEXTS[0], "one " * 200, "x" * 900])
def test_pieces_are_read_whole_and_know_their_place(rnn: Rnn, length: str, document: str) -> None:
    pieces = list(cut(rnn, document, length))
    for piece in pieces:
        source = rnn.read(piece.text)
        assert source.read == source.total
        assert letters(document)[piece.letters :].startswith(letters(piece.text))
    found = letters("".join(piece.text for piece in pieces))
    headings = "".join(line for line in document.splitlines() if line.startswith("#"))
    assert len(found) >= len(letters(document)) - len(letters(headings))


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=st.lists(st.sampled_from([*TEXTS, "# Head", "", "word.word", "a b"]), min_size=1))
def test_words_of_pieces_are_words_of_the_document(rnn: Rnn, lines: list[str]) -> None:
    document = "\n".join(lines).strip()
    words = Words(document)
    for piece in cut(rnn, document, "medium"):
        inside = piece.text.split()
        numbers = words.number(piece, inside)
        for word, number in zip(inside, numbers, strict=True):
            assert word in words.words[number] or words.words[number] in word


def test_work_grows_with_the_length_and_no_faster(
    rnn: Rnn, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    write = Rnn.write

    def counted(self: Rnn, payloads: list[list[int]], options: Options) -> list[object]:
        written.append(len(payloads))
        return write(self, payloads, options)  # type: ignore[return-value]

    monkeypatch.setattr(Rnn, "write", counted)
    work = []
    for times in (1, 4):
        written.clear()
        summary = rnn.summarize([" ".join([LONG] * times)], max_tokens=4, beam_size=1)[0]
        work.append((sum(written), summary.chunks))
    assert work[0][0] <= 2 * work[0][1] * 4 and work[1][0] <= 2 * work[1][1] * 4
    assert 3 <= work[1][1] / work[0][1] <= 5


def test_a_text_beyond_any_book_is_read_to_a_limit_and_that_is_told(
    rnn: Rnn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summarize.pipeline.chunking.MOST", 3)
    summary = rnn.summarize([LONG], max_tokens=4, beam_size=1)[0]
    assert summary.chunks == 3 and 0 < summary.tokens.read < summary.tokens.document


# --- lines -------------------------------------------------------------------------------------


def test_lengths_are_a_line_several_and_a_list() -> None:
    rnn = Rnn()
    text = (SAMPLES / "abstract.txt").read_text(encoding="utf-8")
    short, medium = (rnn.summarize([text], length=length)[0] for length in ("short", "medium"))
    assert short.chunks == 1 and "\n" not in short.text
    assert 3 <= len(medium.provenance) <= 5 and medium.style == "tldr"
    assert medium.text.endswith(ENDS)
    headed = f"# First\n\n{text}\n\n# Second\n\n{' '.join(TEXTS)} {text[:700]}."
    listed = rnn.summarize([headed], length="long")[0].text.splitlines()
    assert [line.split(":")[0] for line in listed] == ["- First", "- Second"]
    opening = rnn.summarize([headed], length="long", long="truncate")[0]
    assert opening.tokens.read <= 256 < opening.tokens.document


def test_lines_that_say_the_same_are_said_once() -> None:
    def line(text: str) -> tuple[Line, Settled]:
        return (
            Line(text, range(1), None, None, 1, None, range(1)),
            Settled(text, "abstractive", None, []),
        )

    said = ["A network for bicycles", "a network, for bicycles!", "Another thing", ""]
    assert [s.text for _, s in distinct([line(text) for text in said])] == [said[0], said[2]]


@pytest.mark.parametrize("length", ["short", "medium", "long"])
@pytest.mark.parametrize("document", [LONG, HEADED])
def test_attention_leads_through_the_pieces_back_to_the_document(
    rnn: Rnn, document: str, length: str
) -> None:
    options = Options(length=length, max_tokens=12, min_tokens=6, beam_size=2, mode="abstractive")
    found = rnn.attend(document, options)
    assert found.words == document.split() and found.chunks > 1
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, rtol=1e-4)
    written = write_long(rnn, document, rnn.check(options))
    for line in written.lines:
        if line.look is not None:
            assert len(line.look.weights) == len(line.text.split())
    summary = rnn.summarize([document], options)[0]
    assert summary.provenance
    for part in summary.provenance:
        first, last = part["chunks"]
        assert 1 <= first <= last <= summary.chunks
        assert part["source_sentences"]


def test_of_a_long_document_the_terminal_shows_what_was_read() -> None:
    text = (SAMPLES / "abstract.txt").read_text(encoding="utf-8")
    found = Rnn().attend(f"{text}\n\n{text}", Options(beam_size=2, mode="abstractive"))
    assert found.chunks > 1
    row = np.zeros(len(found.words), dtype=np.float32)
    row[found.words.index("bicycles")] = 1
    page = shaded_document(found, row, colour=False)
    assert "[bicycles 100]" in page and page.endswith("…")
    assert len(page.split()) < 40 < len(found.words)


def test_a_line_of_one_piece_looks_at_that_piece_alone(rnn: Rnn) -> None:
    options = rnn.check(Options(length="long", max_tokens=12, min_tokens=6, beam_size=2))
    written = write_long(rnn, HEADED, options)
    pieces = list(cut(rnn, HEADED, "long"))
    starts = written.words.starts
    for line in written.lines:
        if line.look is None or len(line.pieces) > 1:
            continue
        piece = pieces[line.pieces.start]
        first = int(starts[line.look.first])
        assert piece.letters <= first < piece.letters + len(letters(piece.text))


# --- what is given -----------------------------------------------------------------------------


def decide(written: str, document: str, mode: str, familiarity: float | None) -> Settled:
    sentences = ["A heading", "The first sentence is here.", "The second one is read most."]
    shares = np.array([0.5, 0.1, 0.4])
    part = Part(written, shares)
    options = Options(mode=mode)
    source = Source(sentences, [1, 2, 4], document)
    return settle(written, [part], source, 0.8, familiarity, options)


def test_a_foreign_text_gets_its_most_read_sentence_and_others_what_was_written() -> None:
    document = "A heading The first sentence is here. The second one is read most."
    for mode, familiarity, expected in (
        ("auto", 0.9, "abstractive"),
        ("auto", None, "abstractive"),
        ("auto", 0.1, "extractive"),
        ("abstractive", 0.1, "abstractive"),
        ("extractive", 0.9, "extractive"),
    ):
        found = decide("An invention", document, mode, familiarity)
        assert found.mode == expected
        assert found.confidence == pytest.approx(0.8 * (familiarity or 1))
        if expected == "extractive":  # a heading is no sentence, however much it was read
            assert found.text == "The second one is read most."
            assert found.provenance[0]["source_sentences"][0]["number"] == 4


def test_numbers_are_those_of_the_sentences() -> None:
    """Where no space parts two sentences, too."""
    rnn = Rnn()
    text = (SAMPLES / "abstract.txt").read_text(encoding="utf-8").replace(". ", ".", 2)
    document = f"好。很好。{text}\n\n{text.replace('bicycle', 'car')}"
    found = list(sentences(document))
    for length in ("short", "medium", "long"):
        summary = rnn.summarize([document], length=length, mode="extractive", beam_size=2)[0]
        for part in summary.provenance:
            (source,) = part["source_sentences"]
            assert part["sentence"] == found[source["number"] - 1]


def test_headings_alone_and_scripts_without_spaces() -> None:
    rnn = Rnn()
    headings = "\n\n".join(f"# Heading number {i}" for i in range(60))
    for length in ("short", "medium", "long"):
        summary = rnn.summarize([headings], length=length, beam_size=1)[0]
        assert summary.text and summary.tokens.read == summary.tokens.document > 0
    chinese = "北京是中国的首都。今天的天气很好。" * 60
    summary = rnn.summarize([chinese], beam_size=1)[0]
    assert len(summary.text) < len(chinese) / 10


def test_of_a_table_its_beginning_is_given() -> None:
    table = "\n".join(f"package-{i} {i}.0" for i in range(300))
    for model in ("attention", "seq2seq", "lead"):
        options = {} if model == "lead" else {"mode": "extractive", "beam_size": 1}
        summary = load_summarizer(model).summarize([table], **options)[0]
        assert summary.text.endswith(" …") and len(summary.text.split()) < 60
    long = f"This is a sentence of {'very ' * 90}many words."
    for whole in (long, "No end", f'{long[:-1]}?"', f"{long}[12]", "东" * 300):
        assert bounded(whole) == whole
    assert len(bounded("东" * 3000)) < 500


def test_without_attention_each_part_gets_a_sentence_of_its_own() -> None:
    text = (SAMPLES / "abstract.txt").read_text(encoding="utf-8")
    document = f"# First\n\n{text}\n\n# Second\n\n{' '.join(TEXTS)}"
    model = load_summarizer("seq2seq")
    listed = model.summarize([document], length="long", mode="extractive", beam_size=1)[0].text
    first, second = listed.splitlines()
    assert first.startswith("- First: Cities count") and second.startswith("- Second: The quick")


def test_never_longer_than_the_input() -> None:
    found = decide("seven words about a text of three", "only three  words", "auto", 0.1)
    assert found.text == "only three words" and found.mode == "document"
    rnn = Rnn()
    for text, length in (
        ("Hello", "short"),
        ("Hello world", "medium"),
        ("Two words.", "long"),
        ("我们提出了一个模型", "short"),
    ):
        summary = rnn.summarize([text], length=length, beam_size=2)[0]
        assert len(letters(summary.text)) <= len(letters(text))
        assert [part["sentence"] for part in summary.provenance] == [" ".join(text.split())]


@pytest.mark.parametrize("tokens", [1, 2, 3, 5])
def test_a_summary_ends_although_the_limit_would_cut_it(tokens: int) -> None:
    rnn = Rnn()
    text = (SAMPLES / "abstract.txt").read_text(encoding="utf-8")
    source = rnn.read(text)
    options = rnn.check(Options(max_tokens=tokens))
    summary = rnn.summarize([text], max_tokens=tokens)[0]
    best = rnn.search([source.payload], "title", options)[0][0]
    if not best.finished:
        assert summary.tokens.summary > tokens
    longer = rnn.check(Options(max_tokens=summary.tokens.summary))
    ended = [h for h in rnn.search([source.payload], "title", longer)[0] if h.finished]
    assert summary.text in {rnn.text(h) for h in ended}


# --- familiarity -------------------------------------------------------------------------------


def test_familiarity_falls_with_words_that_training_did_not_have() -> None:
    generator = np.random.default_rng(0)
    usual = [generator.zipf(1.5, int(n)) % 300 for n in generator.integers(20, 200, 400)]
    found = learn(usual, 1000)
    share = np.mean([found.strangeness(ids) > found.limit for ids in usual])
    assert share == pytest.approx(0.05, abs=0.01)
    text = np.asarray(usual[0])
    values = [found.of(np.concatenate([text, np.arange(600, 600 + n)])) for n in (0, 5, 20, 100)]
    assert values == sorted(values, reverse=True) and values[-1] < 0.05 < values[0]
    assert found.of([]) > 0.5


def test_familiarity_is_kept_and_a_damaged_file_is_refused(tmp_path: Path) -> None:
    assert Familiarity.load(tmp_path) is None
    found = Familiarity.load(shipped("attention"))
    assert found is not None
    found.save(tmp_path)
    again = Familiarity.load(tmp_path)
    assert again is not None and again.of([5, 900, 70]) == found.of([5, 900, 70])
    for data in (b"", b"nonsense", (tmp_path / FILE).read_bytes()[:-7]):
        (tmp_path / FILE).write_bytes(data)
        with pytest.raises(CheckpointError, match="damaged"):
            Familiarity.load(tmp_path)


def test_a_news_story_gets_a_true_sentence_and_an_abstract_a_title() -> None:
    rnn = Rnn()
    for row in read_data(None).rows:
        if row.kind == "news" and len(row.document.split()) < 300:
            summary = rnn.summarize([row.document])[0]
            if summary.mode == "extractive":
                assert " ".join(summary.text.split()) in " ".join(row.document.split())
    story, abstract = (
        rnn.summarize([(SAMPLES / name).read_text(encoding="utf-8")])[0]
        for name in ("news.txt", "abstract.txt")
    )
    assert story.mode == "extractive" and abstract.mode == "abstractive"
