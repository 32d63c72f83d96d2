from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import TEXTS

import summarize as package
from summarize.document.sentences import chunks, first_sentence, sentences
from summarize.errors import ModelError, OptionError
from summarize.models.registry import shipped
from summarize.pipeline.run import load_summarizer
from summarize.models.rnn import Rnn, repeats_words
from summarize.options import Options
from summarize.rnn.beam_search import Hypothesis
from summarize.rnn.checkpoint import Checkpoint
from summarize.rnn.tokenizer import SPECIAL, Tokenizer


def test_the_python_api_gives_summaries_in_order(checkpoint: Checkpoint) -> None:
    rnn = Rnn(checkpoint)
    options = Options(style="tldr", long="truncate")
    together = rnn.summarize(TEXTS, options)
    assert [s.text for s in together] == [rnn.summarize([t], options)[0].text for t in TEXTS]
    fields = together[0].to_dict()
    assert fields["style"] == "tldr" and fields["tokens"]["read"] == 24
    assert json.loads(json.dumps(fields)) == fields
    assert str(together[0]) == together[0].text


def test_batches_give_every_document_what_it_gets_alone() -> None:
    """The shipped network on documents of 1 to 300 words, in two orders and several sizes.

    The arithmetic differs in the last bits (matrix products of other shapes), so a tie could fall
    another way; texts must be equal, confidences to 1e-4.
    """
    words = " ".join(TEXTS[:2]).split()
    documents = [" ".join((words * 20)[:length]) for length in (40, 1, 300, 7, 90, 22)] + [""]
    rnn = Rnn()
    alone = [rnn.summarize([text], max_tokens=12)[0] for text in documents]
    for size in (1, 3, 50):
        for order in (slice(None), slice(None, None, -1)):
            found = rnn.summarize(documents[order], max_tokens=12, batch_size=size)
            for one, other in zip(alone[order], found, strict=True):
                assert one.text == other.text and one.tokens == other.tokens
                assert one.confidence == pytest.approx(other.confidence, abs=1e-4)


def test_chunks_read_everything(checkpoint: Checkpoint) -> None:
    rnn = Rnn(checkpoint)
    document = " ".join(f"{text} Then {i} more." for i, text in enumerate(TEXTS * 4))
    cut, whole = (rnn.summarize([document], long=long)[0] for long in ("truncate", "chunk"))
    assert cut.tokens.read == 24 < cut.tokens.document and cut.chunks == 1
    assert whole.tokens.read >= whole.tokens.document - whole.chunks and whole.chunks > 5
    short = rnn.summarize(["one."], long="chunk")[0]
    assert short.chunks == 1 and short.text == rnn.summarize(["one."])[0].text


def test_the_shipped_model_through_the_package() -> None:
    text = "We train a recurrent network with attention on abstracts of papers about summarization."
    summary = package.load_summarizer("attention").summarize([text], style="title")[0]
    assert isinstance(summary, package.Summary)
    assert summary.text == package.summarize(text) != ""
    with pytest.raises(AttributeError):
        package.nonsense  # noqa: B018


def test_the_shipped_model_keeps_its_budget() -> None:
    folder = shipped("attention")
    assert (folder / "model.safetensors").stat().st_size <= 32 * 2**20
    rnn = Rnn()
    assert rnn.runtime.parameters <= 16_000_000
    assert set(rnn.styles) == {"title", "tldr"}


def test_the_shipped_transformer_keeps_its_budget_and_reads() -> None:
    """Within 10 % of the RNN's parameters; what it writes comes from what it was given."""
    from summarize.models.catalog import folder_entry

    ours, rnn = (folder_entry(shipped(name), name) for name in ("transformer", "attention"))
    assert ours.parameters and rnn.parameters and ours.disk_bytes
    assert abs(ours.parameters / rnn.parameters - 1) <= 0.1 and ours.disk_bytes <= 32 * 2**20
    texts = [
        "We study the control of quantum dots with short laser pulses and measure their decay.",
        "Bees find flowers by their smell. We train neural networks to predict where bees fly.",
    ]
    first, second = load_summarizer("transformer").summarize(texts, beam_size=2)
    assert "quantum" in first.text.lower() and "bee" in second.text.lower()
    assert "quantum" not in second.text.lower()


def test_greedy_is_beam_one_of_the_network(checkpoint: Checkpoint) -> None:
    rnn = Rnn(checkpoint)
    ids = rnn.tokenizer.encode(TEXTS[0])[:24]
    options = Options(beam_size=1, min_tokens=1, max_tokens=10, no_repeat_ngram_size=0)
    found = rnn.search([ids], "title", options)[0][0]
    state = rnn.runtime.start(rnn.runtime.encode(np.array(ids)))
    token, greedy = rnn.tokenizer.style_id("title"), []
    for step in range(11):
        log_probs, state = rnn.runtime.step(np.array([token]), state)
        log_probs[:, [0, 2, 3] if step else [0, 1, 2, 3]] = -np.inf
        token = int(log_probs[0].argmax())
        if token == 1:
            break
        greedy.append(token)
    assert list(found.tokens) == greedy
    assert found.attention.shape[1] == len(ids)
    np.testing.assert_allclose(found.attention.sum(axis=1), 1, atol=1e-5)


def test_a_cut_summary_ends_at_a_word(checkpoint: Checkpoint) -> None:
    rnn = Rnn(checkpoint)
    ids = tuple(rnn.tokenizer.encode("the river attention"))
    looked = np.zeros((1, 1), dtype=np.float32)
    cut = Hypothesis(ids, (-1.0,), looked, 0.0, finished=False)
    whole = Hypothesis(ids, (-1.0,), looked, 0.0, finished=True)
    assert rnn.text(whole) == "the river attention"
    assert "the river attention".startswith(rnn.text(cut))
    assert rnn.text(cut) in ("the river", "the")
    with pytest.raises(TypeError):
        rnn.summarize("one text")


def test_word_pairs_that_repeat() -> None:
    assert repeats_words("A Small Change to storage, a small change")
    assert not repeats_words("a change to storage of a kind to change")
    assert not repeats_words("")


def test_unknown_models_styles_and_options(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="attention, seq2seq, transformer"):
        load_summarizer("psychic")
    with pytest.raises(ModelError, match="summarize train"):
        load_summarizer(str(tmp_path / "absent"))
    with pytest.raises(OptionError, match="poem"):
        Rnn(checkpoint).summarize(["a"], style="poem")
    with pytest.raises(OptionError, match="beem_size"):
        Rnn(checkpoint).summarize(["a"], beem_size=3)
    for wrong in ({"beam_size": 0}, {"beam_size": 1000}, {"max_tokens": True}):
        with pytest.raises(OptionError):
            Options(**wrong)


def test_lead_is_the_first_sentence() -> None:
    lead = load_summarizer("lead")
    text = "Dr. Smith et al. measured 3.5 km. The second\nsentence is not it."
    assert lead.summarize([text])[0].text == "Dr. Smith et al. measured 3.5 km."
    assert lead.summarize(["no end of any sentence"])[0].text == "no end of any sentence"
    assert [s.text for s in lead.summarize(["A b.", "", "C d."])] == ["A b.", "", "C d."]


@pytest.mark.parametrize("change", [{"seed": 1}, {"length": "long"}, {"beam_size": 2}])
def test_what_lead_would_ignore_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(OptionError, match="does nothing for the model lead"):
        load_summarizer("lead").summarize(["A b."], **change)


def test_a_heading_is_no_first_sentence() -> None:
    assert first_sentence("A Heading\n\nThe first sentence. The second.") == (
        2,
        "The first sentence.",
    )


def test_sentences_survive_hard_wraps_and_end_at_blank_lines() -> None:
    assert list(sentences("One is\nwrapped. Two.\n\nThree\n \nFour.")) == [
        "One is wrapped.",
        "Two.",
        "Three",
        "Four.",
    ]


@pytest.mark.parametrize("limit", [1, 5, 12, 40, 1000])
def test_chunks_fit_and_lose_no_word(limit: int) -> None:
    text = " ".join(TEXTS) + " " + "x" * 57 + ". A b."
    found = list(chunks(text, lambda piece: len(piece) <= limit))
    assert all(len(piece) <= limit for piece in found)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    if limit == 1000:
        assert found == [text]


def test_chunks_look_at_a_long_text_a_few_times_only() -> None:
    """A megabyte without a sentence, as words and as one word: the work grows with the length."""
    seen = []
    for text in ("word " * 200_000, "x" * 1_000_000):
        seen.clear()

        def fits(piece: str) -> bool:
            seen.append(len(piece))
            return len(piece) <= 1000

        found = list(chunks(text, fits))
        assert sum(map(len, found)) > 0.95 * len(text.replace(" ", ""))
        assert sum(seen) < 30 * len(text)


# --- tokenizer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*TEXTS, "\x00\x1b odd 🚀 \ud7ff", "x" * 5000])
def test_any_text_survives(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == " ".join(text.split())


def test_special_tokens_are_not_made_from_text(tokenizer: Tokenizer) -> None:
    for special in SPECIAL:
        ids = tokenizer.encode(f"a {special} b")
        assert min(ids) >= len(SPECIAL)
        assert tokenizer.decode(ids) == f"a {special} b"


def test_white_space_does_not_matter(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("the  quick\n\tfox\n") == tokenizer.encode("the quick fox")
    assert tokenizer.encode_batch(["a  b", ""]) == [tokenizer.encode("a b"), []]
