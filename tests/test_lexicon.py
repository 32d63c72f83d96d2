"""Which words a summary may use, and what `unsupported` finds."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarize.rnn.constraint import Alphabet, Constraint, byte_alphabet, capitalized, cut
from summarize.rnn.lexicon import (
    ATOM,
    DIGIT,
    UNIT,
    Known,
    Words,
    frequent_words,
    learn_words,
    spans,
    to_bytes,
    unsupported,
)
from summarize.rnn.tokenizer import EOS_ID, SPECIAL, Tokenizer

FREQUENT = Words(["a", "and", "for", "method", "of", "study", "the", "with"])
DOCUMENT = """Ada Lovelace met the London team on 12 March 2019. GPT-4 scored 3.5 points (of 10,000)
more than "BERT-large", don't ask why. The O'Brien networks' costs fell 40% in x86_64 mode."""


def known(document: str = DOCUMENT) -> Known:
    return Known(document, FREQUENT)


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.booleans())
@example("0;_AA", False)
def test_a_document_vouches_for_its_own_words_and_their_beginnings(
    document: str, is_start: bool
) -> None:
    found = known(document)
    for chunk in found.text.split():  # as the tokenizer composes its letters
        assert found.allows(chunk, is_start)
        assert all(found.may_become(chunk[:i], is_start) for i in range(1, len(chunk) + 1))


@given(st.text(st.sampled_from("aB'’3.5-/_:²ßé日\u00a0 \n"), max_size=40) | st.text(max_size=40))
def test_words_and_units_are_those_of_the_whole_text(document: str) -> None:
    found = known(document)
    words = {part for w in ATOM.findall(found.folded) for part in [w, *w.split("'")]}
    units = {s for unit in UNIT.findall(found.folded) if DIGIT.search(unit) for s in spans(unit)}
    assert found.words == words and found.units == units


@pytest.mark.parametrize(
    "chunk",
    ["Ada", "ADA", "(ada", "network", "Network's", "met.", "GPT-4", "gpt-4,", "3.5", "10,000)"]
    + ["40%", "2019", "x86_64", "Londons", "don't", "BERT", "O'Brien", "10,000-method"],
)
def test_known_with_other_case_and_inflection(chunk: str) -> None:
    assert known().allows(chunk, False)


@pytest.mark.parametrize(
    "chunk",
    ["Babbage", "GPT-2", "GPT-3.5", "3", "5", "3.6", "10", "000", "2018", "42%", "Study", "quark"]
    + ["Paris", "x86_32", "BERT-small", "McLondon"],
)
def test_unknown_names_numbers_and_rare_words(chunk: str) -> None:
    assert not known().allows(chunk, False)


JOINED = (
    r"The net/core path and / or os.path read tx_byte: "
    r"input, output in $\mathrm{Hilb}_d^n$ for n < 3."
)


@pytest.mark.parametrize(
    "chunk",
    ["net/core:", "(os.path", "tx_byte", "input/output", "and/or", "i.e.", "n", "a"]
    + [r"$\mathrm{Hilb}_d^n$,", r"\mathrm{Hilb}"],
)
def test_joined_words_and_formulas_of_the_text(chunk: str) -> None:
    found = known(JOINED)
    assert found.allows(chunk, False)
    assert all(found.may_become(chunk[:i], False) for i in range(1, len(chunk) + 1))


@pytest.mark.parametrize(
    "chunk",
    ["net/method:", "net/core/path", "tx_study", "a.method", "j", r"$\mathrm{Hilb}_d^m$"]
    + [r"\mathbf{d}", "of/with"],
)
def test_joined_words_and_formulas_that_the_text_lacks(chunk: str) -> None:
    assert not known(JOINED).allows(chunk, False)


def test_unsupported_names_joined_words() -> None:
    assert unsupported("a fix of net/sched and tx_byte", JOINED) == ["net/sched"]


def test_small_parts_of_a_hyphened_name_stand_in_the_text() -> None:
    found = Known("I run Ember-cli-qunit for ML. State of the art.", Words(["cl", "based", "of"]))
    for name in ("Ember-cli-qunit", "ML-based", "State-of-the-Art"):
        assert found.allows(name, False)
    assert not found.allows("Ember-i-qunit", False)
    assert not found.allows("Ember-cl-qunit", False) and not found.allows("ML-of", False)


def test_a_time_vouches_for_no_part_of_it() -> None:
    found = known("From 19:00 to 20:40 in room 20-B.")
    assert found.allows("20:40", False) and found.allows("20", False)
    assert not found.allows("19", False) and not found.allows("40", False)


def test_a_capital_at_the_start_is_no_name() -> None:
    assert known().allows("Study", True) and not known().allows("Study", False)
    assert not known().allows("Quark", True)


def test_unsupported_names_what_is_missing_once_in_order() -> None:
    text = "In 2020 Ada and Charles met in Paris; Charles paid $3.50. GPT-4 Turbo: 10,000 points."
    assert unsupported(text, DOCUMENT) == ["2020", "Charles", "Paris", "3.50", "Turbo"]
    assert unsupported(DOCUMENT, DOCUMENT) == []
    assert unsupported("", DOCUMENT) == unsupported("A study of it.", "") == []


@given(st.text(max_size=80))
@example("0\uf900")  # NFC spells it another way
def test_no_text_lacks_its_own_names(text: str) -> None:
    assert unsupported(text, text) == []


def test_frequent_words_are_learned_kept_and_read_again(tokenizer: Tokenizer) -> None:
    words = learn_words(["The Ada method of a don’t", "a Method of 3", "a method of it"] * 2)
    assert words == ["a", "method", "of"]  # the others are rarer, or names, or numbers
    found = frequent_words({"words.txt": to_bytes(words)}, tokenizer)
    assert all(word in found for word in words)
    # So short a list is filled up with words of the tokenizer.
    learned = [token[1:] for token in tokenizer.vocabulary() if token.startswith("Ġ")]
    learned = [word for word in learned if word.isalpha() and word.islower() and len(word) > 1]
    assert learned and all(word in found for word in learned)
    assert found.has_prefix("metho") and not found.has_prefix("methods")


# --- token by token ----------------------------------------------------------------------------


def follow(tokenizer: Tokenizer, text: str, document: str, free: bool = False) -> bool:
    """Whether the text may be written, and end."""
    constraint = Constraint(known(document), Alphabet(tokenizer), free)
    place = constraint.start
    for token in tokenizer.encode(text):
        place = constraint.extend(place, token)
        if place is None:
            return False
    return constraint.extend(place, EOS_ID) is not None


WHOLE = ["Ada met the team", 'The "BERT-large" method (of Ada)', "[Ada] study.", "Ada's method"]
BROKEN = [
    *("Ada met (the team", "Ada met the team)", 'The "BERT method', "(Ada]", "The team ( )"),
    *(
        "The method, i.e.",
        "The method of",
        "The method of.",
        "Ada met the team,",
        "The team and",
        "Ada met '",
    ),
    *("The “method", "Ada -", "The method (of Ada))", "The ()"),
]


@pytest.mark.parametrize("free", [True, False])
def test_brackets_close_and_ends_are_whole(tokenizer: Tokenizer, free: bool) -> None:
    assert [text for text in WHOLE if not follow(tokenizer, text, DOCUMENT, free)] == []
    assert [text for text in BROKEN if follow(tokenizer, text, DOCUMENT, free)] == []


def test_what_free_words_free(tokenizer: Tokenizer) -> None:
    for text in ("Charles met the team", "Ada met 13 teams", "Ada met the quark"):
        assert follow(tokenizer, text, DOCUMENT, free=True)
        assert not follow(tokenizer, text, DOCUMENT)


def test_names_of_functions_keep_their_brackets(tokenizer: Tokenizer) -> None:
    document = "The parse() method of Ada"
    assert follow(tokenizer, "The parse() method", document)
    assert not follow(tokenizer, "The () method", document)


def test_accents_are_one_letter_however_they_are_spelled(tokenizer: Tokenizer) -> None:
    for document in ("Ada met Rene\u0301 here", "Ada met Ren\u00e9 here"):
        assert follow(tokenizer, "Ada met Ren\u00e9", document)


@given(st.text(max_size=40))
@example(text="\U0002f800")
def test_the_path_is_open_to_any_document_as_its_own_summary(text: str) -> None:
    """Token by token nothing is refused that is allowed as a whole; only the end may be."""
    tokenizer = BYTES
    constraint = Constraint(known(text), Alphabet(tokenizer), False)
    place = constraint.start
    marked = any(mark in text for mark in "()[]{}“”«»\"`$'’")
    for token in tokenizer.encode(text):
        place = constraint.extend(place, token)
        if place is None:
            assert marked
            return


BYTES = Tokenizer.train(["the river bank", "naïve café"], len(SPECIAL) + 256 + 4)


def test_bytes_are_spelled_as_the_tokenizer_does() -> None:
    text = "naïve 日本 €\u200b"
    alphabet = Alphabet(BYTES)
    written = b"".join(alphabet[token].data for token in BYTES.encode(text))
    assert written.decode("utf-8") == " " + text
    assert sorted(byte_alphabet().values()) == list(range(256))


def test_half_a_character_is_not_an_end() -> None:
    constraint = Constraint(known("日"), Alphabet(BYTES), True)
    place = constraint.start
    for token in BYTES.encode("日")[:-1]:
        place = constraint.extend(place, token)
        assert place is not None
    assert constraint.extend(place, EOS_ID) is None
    assert constraint.extend(place, BYTES.encode("x")[-1]) is None


def test_a_summary_that_was_cut_is_cut_back_to_what_is_whole(tokenizer: Tokenizer) -> None:
    constraint = Constraint(known(), Alphabet(tokenizer))
    tokens = tokenizer.encode("Ada met the team of the (London")
    assert tokenizer.decode(tokens[: cut(tokens, constraint)]) == "Ada met the team"
    assert cut([], constraint) == 0


def test_the_first_letter_is_a_capital_except_in_names_without_one() -> None:
    found = known("The pip tool. Systems run systemd, and pip installs.")
    assert capitalized("the tool", found) == "The tool"
    assert capitalized("systems of it", found) == "Systems of it"
    assert capitalized("pip installs", found) == "pip installs"
    assert capitalized("a.out files", found) == "a.out files"
    assert capitalized("3 tools", found) == "3 tools" and capitalized("", found) == ""
