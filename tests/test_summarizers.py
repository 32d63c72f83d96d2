"""Summarizers as the library offers them: models by name, options, batches, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest
from conftest import ROOT, TEXTS

import summarize as package
from summarize.document.document import Document
from summarize.errors import ModelError, OptionError
from summarize.models.catalog import folder_entry
from summarize.models.familiarity import learn
from summarize.models.registry import SUMMARIZERS, load_model, shipped
from summarize.models.rnn import Rnn, repeats_words
from summarize.options import Changes, Options, resolve
from summarize.pipeline.run import Summarizer, load_summarizer
from summarize.rnn.checkpoint import Checkpoint
from summarize.rnn.tokenizer import SPECIAL, Tokenizer


@pytest.fixture(scope="module")
def summarizer(checkpoint: Checkpoint) -> Summarizer:
    return Summarizer(Rnn(checkpoint), retries=0)


# --- the library -------------------------------------------------------------------------------


def test_the_python_api_gives_summaries_in_order(summarizer: Summarizer) -> None:
    options = Options(style="tldr", long="truncate", max_tokens=8, mode="abstractive")
    together = summarizer.summarize(TEXTS, options)
    assert [s.text for s in together] == [summarizer.summarize([t], options)[0].text for t in TEXTS]
    fields = together[0].to_dict()
    assert fields["style"] == "tldr" and fields["tokens"]["read"] == 24
    assert json.loads(json.dumps(fields)) == fields
    assert str(together[0]) == together[0].text


def test_schema_1_has_its_fields(summarizer: Summarizer) -> None:
    promised = set(
        "schema_version source summary model style mode tokens chunks confidence seconds "
        "provenance".split()
    )
    for options in ({"mode": "extractive"}, {"mode": "abstractive", "max_tokens": 4}):
        fields = summarizer.summarize([TEXTS[0]], **options)[0].to_dict()  # type: ignore[arg-type]
        assert fields["schema_version"] == 1 and promised <= set(fields)
        assert set(fields["tokens"]) == {"document", "read", "summary"}
        for part in fields["provenance"]:
            assert set(part) == {"sentence", "source_sentences"}
            assert all(set(one) == {"number", "share"} for one in part["source_sentences"])


def test_a_document_and_its_text_have_the_same_summary(summarizer: Summarizer) -> None:
    text = f"# A heading\n\n{' '.join(TEXTS)}"
    document = Document.from_text(text, source="a.md")
    for options in ({"mode": "extractive"}, {"length": "long"}, {"max_tokens": 4}):
        one, other = (summarizer.summarize([d], **options)[0] for d in (text, document))  # type: ignore[arg-type, list-item]
        assert one.text == other.text and one.provenance == other.provenance
        assert (one.source, other.source) == ("", "a.md")


def test_everything_exported_is_there_and_explains_itself() -> None:
    for name in package.__all__:
        found = getattr(package, name)
        assert found.__doc__, name
    with pytest.raises(AttributeError):
        package.nonsense  # noqa: B018
    said = Summarizer.summarize.__doc__ or ""
    told = (package.summarize.__doc__ or "") + said + (Options.__doc__ or "")
    for field in Options.__dataclass_fields__:
        assert field in told or field == "long", field
    assert set(get_type_hints(Changes)) == set(Options.__dataclass_fields__)
    assert (Path(package.__file__).parent / "py.typed").exists()


def test_one_text_through_the_package() -> None:
    text = f"{TEXTS[0]} {TEXTS[1]}"
    assert package.summarize(text, "lead") == TEXTS[0]
    assert package.summarize(text, "lead", sentences=2) == text
    assert package.summarize(Document.from_text(text), "extract") in TEXTS


def test_a_text_alone_is_refused(summarizer: Summarizer) -> None:
    for one in ("one text", Document.from_text("one text")):
        with pytest.raises(TypeError, match="a list"):
            summarizer.summarize(one)  # type: ignore[arg-type]


@pytest.mark.parametrize("name, style", [("abstract", "title"), ("news", "tldr")])
def test_the_style_follows_the_text_unless_one_is_asked_for(
    summarizer: Summarizer, name: str, style: str
) -> None:
    text = (ROOT / "benchmarks" / "samples" / f"{name}.txt").read_text(encoding="utf-8")
    options = Options(mode="abstractive", max_tokens=3, beam_size=1)
    assert summarizer.summarize([text], options)[0].style == style
    for asked in ("title", "tldr"):
        assert summarizer.summarize([text], options, style=asked)[0].style == asked
    mixed = summarizer.summarize([text, "Dogs bark at night. Cats sleep.", text], options)
    assert [summary.style for summary in mixed] == [style, "tldr", style]
    alone = [
        summarizer.summarize([d], options)[0].text
        for d in (text, "Dogs bark at night. Cats sleep.")
    ]
    assert [summary.text for summary in mixed] == [alone[0], alone[1], alone[0]]


# --- models ------------------------------------------------------------------------------------


def test_the_shipped_model_keeps_its_budget(shipped_model: Summarizer) -> None:
    folder = shipped("attention")
    assert (folder / "model.safetensors").stat().st_size <= 32 * 2**20
    known = shipped_model.capabilities
    assert known.parameters <= 16_000_000 and set(known.styles) == {"title", "tldr"}
    assert known.attends and known.writes_one_sentence and known.is_parallel


def test_batches_give_every_document_what_it_gets_alone(shipped_model: Summarizer) -> None:
    """Documents of 1 to 300 words, in two orders and several sizes.

    The arithmetic differs in the last bits (matrix products of other shapes), so a tie could fall
    another way; texts must be equal, confidences to 1e-4.
    """
    words = " ".join(TEXTS[:2]).split()
    documents = [" ".join((words * 20)[:length]) for length in (40, 1, 300, 7, 90, 22)] + [""]
    options = Options(max_tokens=12, beam_size=2, mode="abstractive", overflow="truncate")
    alone = [shipped_model.summarize([text], options)[0] for text in documents]
    for size in (3, 50):
        for order in (slice(None), slice(None, None, -1)):
            found = shipped_model.summarize(documents[order], options, batch_size=size)
            for one, other in zip(alone[order], found, strict=True):
                assert one.text == other.text and one.tokens == other.tokens
                assert one.confidence == pytest.approx(other.confidence, abs=1e-4)


def test_the_shipped_transformer_keeps_its_budget_and_reads() -> None:
    """Within 10 % of the RNN's parameters; what it writes comes from what it was given."""
    ours, rnn = (folder_entry(shipped(name), name) for name in ("transformer", "attention"))
    assert ours.parameters and rnn.parameters and ours.disk_bytes
    assert abs(ours.parameters / rnn.parameters - 1) <= 0.1 and ours.disk_bytes <= 32 * 2**20
    texts = [
        "We study the control of quantum dots with short laser pulses and measure their decay.",
        "Bees find flowers by their smell. We train neural networks to predict where bees fly.",
    ]
    transformer = load_summarizer("transformer")
    first, second = transformer.summarize(texts, beam_size=2, mode="abstractive", style="title")
    assert "quantum" in first.text.lower() and "bee" in second.text.lower()
    assert "quantum" not in second.text.lower()


def test_greedy_is_beam_one_of_the_network(checkpoint: Checkpoint) -> None:
    rnn = Rnn(checkpoint)
    ids = rnn.tokenizer.encode(TEXTS[0])[:24]
    options = Options(
        beam_size=1,
        min_tokens=1,
        max_tokens=10,
        no_repeat_ngram_size=0,
        free_words=True,
        full_vocabulary=True,
    )
    found = rnn.search([ids], options)[0][0][0]
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


@pytest.mark.parametrize("tokens", [1, 2, 3, 5])
def test_a_summary_ends_although_the_limit_would_cut_it(
    shipped_model: Summarizer, tokens: int
) -> None:
    text = " ".join(TEXTS[:2]) * 2
    options = Options(max_tokens=tokens, mode="abstractive", beam_size=2)
    found = shipped_model.summarize([text], options)[0]
    cut = Summarizer(shipped_model.model, retries=0).summarize([text], options)[0]
    assert cut.tokens.summary <= tokens
    assert len(found.text) >= len(cut.text) and found.tokens.summary <= max(16, 4 * tokens)


def test_word_pairs_that_repeat() -> None:
    assert repeats_words("A Small Change to storage, a small change")
    assert not repeats_words("a change to storage of a kind to change")
    assert not repeats_words("")


def test_windows_may_be_wider_or_narrower_than_in_training(summarizer: Summarizer) -> None:
    text = " ".join(TEXTS)
    for window in (7, 100):
        other = Summarizer(summarizer.model, max_source_tokens=window, retries=0)
        found = other.summarize([text], overflow="truncate", mode="abstractive", max_tokens=3)[0]
        assert found.tokens.read == window


# --- what is refused ---------------------------------------------------------------------------


def test_unknown_models_styles_and_options(summarizer: Summarizer, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="attention, seq2seq, transformer"):
        load_summarizer("psychic")
    with pytest.raises(ModelError, match="no model in"):
        load_summarizer(str(tmp_path / "absent"))
    with pytest.raises(OptionError, match="poem"):
        summarizer.summarize(["a"], style="poem")
    with pytest.raises(OptionError, match="beem_size"):
        summarizer.summarize(["a"], beem_size=3)  # type: ignore[call-arg]
    with pytest.raises(OptionError, match="revision does nothing"):
        load_summarizer("attention", revision="main")


@pytest.mark.parametrize(
    "wrong",
    [
        {"beam_size": 0},
        {"beam_size": 1000},
        {"max_tokens": True},
        {"sentences": 0},
        {"ratio": "120%"},
        {"ratio": "much"},
        {"ratio": 0.1, "sentences": 3},
        {"length": "huge"},
        {"overflow": "spill"},
        {"min_tokens": 9, "max_tokens": 3},
    ],
)
def test_wrong_values_are_named(wrong: dict[str, Any]) -> None:
    name = next(iter(wrong))
    with pytest.raises(OptionError, match=name):
        Options(**wrong)


def test_options_and_keywords_join() -> None:
    asked = resolve(Options(beam_size=3, length="long"), {"length": "short", "ratio": "10%"})
    assert (asked.beam_size, asked.length, asked.ratio) == (3, "short", 0.1)
    assert Options(long="truncate").overflow == "truncate" and Options(long="chunk").long is None
    assert Options().is_short and Options(sentences=1).is_short
    assert not Options(ratio=0.5).is_short and not Options(length="medium").is_short


# --- lead and extract --------------------------------------------------------------------------


def test_lead_is_the_first_sentence() -> None:
    lead = load_summarizer("lead")
    text = "Dr. Smith et al. measured 3.5 km. The second\nsentence is not it."
    assert lead.summarize([text])[0].text == "Dr. Smith et al. measured 3.5 km."
    assert lead.summarize(["no end of any sentence"])[0].text == "No end of any sentence"
    assert [s.text for s in lead.summarize(["A b.", "", "C d."])] == ["A b.", "", "C d."]
    headed = lead.summarize(["A Heading\n\nThe first sentence. The second."])[0]
    assert headed.text == "The first sentence." and headed.sentences == [1]


@pytest.mark.parametrize("change", [{"seed": 1}, {"style": "title"}, {"beam_size": 2}])
@pytest.mark.parametrize("name", ["lead", "extract"])
def test_what_would_change_nothing_is_refused(name: str, change: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=f"does nothing for the model {name}"):
        load_summarizer(name).summarize(["A b."], **change)


def test_who_decides_how_much_it_writes_is_not_told_in_sentences(checkpoint: Checkpoint) -> None:
    rnn = Rnn(checkpoint)
    rnn.capabilities = replace(rnn.capabilities, writes_one_sentence=False)
    for change in ({"sentences": 4}, {"ratio": 0.1}, {"max_words": 50}):
        with pytest.raises(OptionError, match="how much it"):
            Summarizer(rnn).summarize(TEXTS, **change)  # type: ignore[arg-type]
    quoted = Summarizer(rnn).summarize([" ".join(TEXTS)], sentences=2, mode="extractive")[0]
    assert len(quoted.provenance) == 2


@pytest.mark.parametrize("name", [name for name in SUMMARIZERS if name != "transformer"])
def test_models_say_what_they_can(name: str) -> None:
    model = load_model(name)
    known = model.capabilities
    assert model.name == name and known.writes == hasattr(model, "write") != hasattr(
        model, "choose"
    )
    assert (known.parameters > 0) == known.writes and known.max_source_tokens > 0


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
