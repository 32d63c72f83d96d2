"""`bench`, `score` and `report` on the lead and on a tiny RNN: figures, forms, interruptions."""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, Command
from rouge_score.rouge_scorer import RougeScorer

from summarize.errors import DataError, ModelError, OptionError, OutputError
from summarize.evaluation.bench import Plan, asked_of, bench, best_sentence, in_buckets
from summarize.evaluation.data import own_documents, read_data
from summarize.evaluation.journal import Journal
from summarize.evaluation.result import BenchResult, result_of
from summarize.evaluation.rouge import paired_difference, rouge
from summarize.evaluation.text import describe, novel_share, repeated_share
from summarize.views.tables import heading

# All but `measured` run the children's code in this process.
pytestmark = pytest.mark.usefixtures("no_children")

ROWS: list[dict[str, Any]] = [
    {
        "id": f"r{i}",
        "kind": "news" if i % 2 else "mail",
        "document": f"Number {i} of the boats left the harbour. " + "The sea was calm. " * i,
        "references": [f"Boat {i} left", f"A boat left the harbour on day {i}"],
    }
    for i in range(1, 7)
]


def write_rows(path: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "data.jsonl")


def run(path: Path, *models: str, journal: Path | None = None, **changes: Any) -> BenchResult:
    plan = Plan(list(models), read_data(str(path)), **changes)
    result, _ = bench(plan, Journal(journal), lambda model, done: None)
    return result


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> BenchResult:
    """Lead and oracle on the rows, in a real child; for tests that only look."""
    return run(write_rows(tmp_path_factory.mktemp("measured") / "data.jsonl"), "lead", "oracle")


# --- data --------------------------------------------------------------------------------------


def test_every_packing_gives_the_same_rows(data: Path, tmp_path: Path) -> None:
    plain = read_data(str(data))
    for suffix, pack in ((".gz", gzip.compress), (".xz", lzma.compress)):
        path = tmp_path / f"packed.jsonl{suffix}"
        path.write_bytes(pack(data.read_bytes()))
        packed = read_data(str(path))
        assert packed.rows == plain.rows and packed.sha256 == plain.sha256


def test_the_hash_is_of_all_rows_and_changes_with_any(data: Path, tmp_path: Path) -> None:
    assert read_data(str(data), limit=2).sha256 == read_data(str(data)).sha256
    other = [*ROWS[:-1], {**ROWS[-1], "references": ["Another"]}]
    changed = read_data(str(write_rows(tmp_path / "other.jsonl", other)))
    assert changed.sha256 != read_data(str(data)).sha256


@pytest.mark.parametrize(
    "row",
    [{}, {"document": " ", "summary": "a"}, {"document": "a"}, {"document": "a", "summary": 1}],
)
def test_a_row_without_text_is_an_error_that_names_the_line(row: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"bad\.jsonl:2"):
        read_data(str(write_rows(tmp_path / "bad.jsonl", [ROWS[0], row])))


def test_a_missing_file_says_what_can_be_named() -> None:
    with pytest.raises(DataError, match="org/name"):
        read_data("nothing.jsonl")


def test_a_data_set_of_the_hub_is_read_through_datasets(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder stands in for the hub: load_dataset takes both, and here is no network."""
    folder = tmp_path / "org" / "name"
    folder.mkdir(parents=True)
    rows = [{"article": row["document"], "highlights": row["references"][0]} for row in ROWS]
    write_rows(folder / "test.jsonl", rows)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    from summarize.evaluation.data import hub_rows

    found = list(hub_rows("org/name", "test"))
    assert [row.document for row in found] == [row["document"] for row in ROWS]
    assert found[0].references == ("Boat 1 left",)
    with pytest.raises(DataError, match="org/name"):
        list(hub_rows("org/name", "nosuchsplit"))


def test_our_own_documents_are_what_the_readme_says() -> None:
    rows = read_data(None).rows
    words = [len(row.document.split()) for row in rows]
    assert len(rows) >= 40 and len({row.id for row in rows}) == len(rows)
    assert min(words) >= 60 and 5_000 < max(words) <= 6_000
    assert sum(len(row.references) > 1 for row in rows) >= 10
    assert {row.kind for row in rows} == {"news", "abstract", "readme", "mail", "meeting", "blog"}
    assert len({row.document for row in rows}) == len(rows)
    assert own_documents().samefile(ROOT / "benchmarks" / "documents.jsonl")


# --- figures -----------------------------------------------------------------------------------


def test_scores_are_rouge_scores_with_each_sentence_on_a_line() -> None:
    kinds = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    scorer = RougeScorer(kinds, use_stemmer=True)
    summary, reference = "The cat sat. It slept.", "It slept. A cat sat down."
    found = rouge([summary], [[reference]])
    lines = [text.replace(". ", ".\n") for text in (reference, summary)]
    for kind, expected in scorer.score(*lines).items():
        assert np.abs(found[kind][0] - 100 * np.array(expected)).max() < 1e-10


def test_the_result_has_what_it_takes_to_compare_it(measured: BenchResult) -> None:
    """The schema: whoever reads results relies on these keys."""
    result = measured.to_dict()
    assert set(result) == {
        *("schema_version", "kind", "date", "data", "signature", "seed", "resamples"),
        *("options", "as_by_default", "batch_size", "processes", "environment", "models"),
        *("differences", "buckets", "kinds"),
    }
    assert set(result["environment"]) == {
        *("cpu", "cores", "threads", "memory_bytes", "system", "python", "versions")
    }
    assert {"numpy", "rouge-score", "tokenizers"} <= set(result["environment"]["versions"])
    assert len(result["data"]["document_sha256"]) == len(set(result["data"]["document_sha256"]))
    assert result["data"]["documents"] == 6 and not result["data"]["limited"]
    lead = result["models"]["lead"]
    assert set(lead) == {"scores", "text", "cost"}
    for kind in ("rouge1", "rouge2", "rougeL", "rougeLsum"):
        for part in ("precision", "recall", "f1"):
            value = lead["scores"][kind][part]
            assert value["low"] <= value["mean"] <= value["high"]
    assert set(lead["cost"]) == {
        *("seconds_per_document", "tokens_per_second", "peak_memory_bytes"),
        *("cold_start_seconds", "parameters", "tokens_read_share"),
    }
    assert 5e6 < lead["cost"]["peak_memory_bytes"] < 5e8
    assert json.loads(json.dumps(result)) == result


def test_lines_that_a_text_has_already_are_kept_apart() -> None:
    found = rouge(["one two\nthree four"], [["three four\none two"]])
    assert found["rougeLsum"][0, 2] == 100 and found["rougeL"][0, 2] < 100


def test_a_few_documents_prove_little() -> None:
    for count in (1, 3, 5):
        values = np.linspace(30, 40, count)
        found = paired_difference(values, values - 10)
        assert found.p == pytest.approx(2 / 2**count)
    alone = paired_difference(np.array([3.0]), np.array([1.0]))
    assert alone.low is None and alone.difference == 2


def test_the_oracle_is_no_worse_than_any_sentence(measured: BenchResult) -> None:
    result = measured
    for kind, values in result.differences["oracle - lead"].items():
        assert values.difference >= 0 or kind == "rougeLsum"
    assert result.models["oracle"].cost is None


def test_buckets_hold_each_document_once(data: Path, measured: BenchResult) -> None:
    rows = read_data(str(data)).rows
    answers = {"oracle": [best_sentence(row) for row in rows]}
    references = [row.references for row in rows]
    scores = {"oracle": rouge([a["text"] for a in answers["oracle"]], references)}
    for ends in (None, (15, 20), (1,), (1000,)):
        buckets = in_buckets(scores, answers, rows, ends)
        assert sum(bucket.documents for bucket in buckets) == 6
        for bucket in buckets:
            assert bucket.words[0] <= bucket.median_words <= bucket.words[1]
    assert sum(bucket.documents for bucket in measured.buckets) == 6
    assert sum(kind.documents for kind in measured.kinds.values()) == 6


def test_an_rnn_is_measured_in_batches_and_processes_to_the_same_scores(
    data: Path, checkpoint_folder: Path
) -> None:
    name = str(checkpoint_folder)
    one = run(data, name).models[name]
    two = run(data, name, batch_size=4, processes=2).models[name]
    assert one.scores == two.scores and one.text == two.text
    assert one.cost and one.cost.parameters > 0


def test_an_interrupted_run_goes_on_where_it_was(data: Path, tmp_path: Path) -> None:
    plan = Plan(["lead"], read_data(str(data)))
    journal = Journal(tmp_path / "journal")
    seen = []

    def told(model: str, done: int) -> None:
        seen.append(done)
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench(plan, journal, told)
    (kept,) = (tmp_path / "journal").iterdir()
    kept.write_text(kept.read_text() + '{"kind": "summ')  # cut in the middle of a line
    seen.clear()
    result, answers = bench(plan, journal, lambda model, done: seen.append(done))
    assert seen[0] >= 2 and seen[-1] == 6
    whole, _ = bench(plan, Journal(None), lambda model, done: None)
    assert result.models["lead"].scores == whole.models["lead"].scores
    journal.clear()
    assert not list((tmp_path / "journal").iterdir())


def test_two_processes_do_not_write_one_journal(data: Path, tmp_path: Path) -> None:
    plan = Plan(["lead"], read_data(str(data)))

    def told(model: str, done: int) -> None:
        if done == 2:
            with pytest.raises(OutputError, match="another process is measuring"):
                bench(plan, Journal(tmp_path / "journal"), lambda model, done: None)

    result, _ = bench(plan, Journal(tmp_path / "journal"), told)
    assert result.models["lead"].cost
    bench(plan, Journal(tmp_path / "journal"), lambda model, done: None)  # it is free again


def test_another_question_does_not_take_an_old_answer(
    data: Path, tmp_path: Path, checkpoint_folder: Path
) -> None:
    journal, name = Journal(tmp_path), str(checkpoint_folder)
    rows = read_data(str(data))
    paths = {
        journal.path(asked_of(name, Plan([name], rows))),
        journal.path(asked_of(name, Plan([name], rows, options={"beam_size": 2}))),
        journal.path(asked_of("lead", Plan([name], rows))),
    }
    (checkpoint_folder / "config.json").touch()
    paths.add(journal.path(asked_of(name, Plan([name], rows))))
    paths.add(journal.path(asked_of(name, Plan([name], read_data(str(data), limit=3)))))
    assert len(paths) == 5


def test_what_a_model_can_not_do_is_its_own_error(data: Path, checkpoint_folder: Path) -> None:
    with pytest.raises(ModelError, match="no model 'nosuch'"):
        run(data, "nosuch")
    with pytest.raises(ModelError, match="poem"):
        run(data, str(checkpoint_folder), options={"style": "poem"})
    with pytest.raises(OptionError, match="twice"):
        run(data, "lead", "lead")
    with pytest.raises(OptionError, match="beam_size"):
        run(data, "lead", options={"beam_size": 0})


def test_nothing_new_in_a_copy_and_nothing_old_in_another_language() -> None:
    text = "one two three four five"
    assert novel_share(text, "two three four", 2) == 0
    assert novel_share(text, "sechs sieben acht", 1) == 1
    assert novel_share(text, "one", 2) is None
    assert repeated_share("a b a b") == pytest.approx(1 / 3)
    assert describe(["one two"], [text]).compression == 2.5
    assert describe([""], [text]).empty_summaries == 1
    assert describe(["one two"], None).compression is None


# --- the commands ------------------------------------------------------------------------------


def test_bench_prints_every_form(summarize: Command, data: Path, tmp_path: Path) -> None:
    saved = tmp_path / "result.json"
    shown = summarize("bench", str(data), "-m", "lead", "--limit", "5", "-o", str(saved))
    assert shown.returncode == 0, shown.stderr
    assert b"the first 5 of 6 documents" in shown.stdout and b"lead" in shown.stdout
    result = json.loads(saved.read_text())
    assert result["data"]["limited"] and result["command"].startswith("summarize bench")
    again = summarize("report", str(saved))
    assert again.stdout == shown.stdout
    markdown = summarize("report", str(saved), "--markdown").stdout.decode()
    assert "| lead |" in markdown and "|---|---:|" in markdown
    rows = list(csv.reader(io.StringIO(summarize("report", str(saved), "--csv").stdout.decode())))
    assert {len(row) for row in rows} == {5}
    assert ["lead", "rouge1_f1"] in [row[:2] for row in rows]


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--json", "--csv"], b"--csv"),
        (["--limit", "0"], b"--limit"),
        (["--buckets", "a"], b"--buckets"),
        (["-o", "no/such/folder/x.json"], b"does not exist"),
        (["-m", "nosuch"], b"no model"),
    ],
)
def test_bench_refuses_in_a_line(
    summarize: Command, data: Path, arguments: list[str], said: bytes
) -> None:
    done = summarize(
        "bench", str(data), *(["-m", "lead"] if "-m" not in arguments else []), *arguments
    )
    assert done.returncode == 2 and said in done.stderr and b"Traceback" not in done.stderr


def test_score_equals_bench_on_the_same_summaries(
    summarize: Command, data: Path, tmp_path: Path
) -> None:
    saved, written = tmp_path / "result.json", tmp_path / "summaries.jsonl"
    arguments = ("-m", "lead", "-o", str(saved), "--summaries", str(written))
    assert summarize("bench", str(data), *arguments).returncode == 0
    scored = summarize("score", str(written), str(data), "--json")
    again = summarize("score", str(written), str(data), "--json")
    assert scored.stdout == again.stdout
    mine, theirs = json.loads(scored.stdout), json.loads(saved.read_text())
    for part in ("scores", "text"):
        assert mine["models"][str(written)][part] == theirs["models"]["lead"][part]


def test_score_parts_the_systems_of_one_file(
    summarize: Command, data: Path, tmp_path: Path
) -> None:
    written = tmp_path / "all.jsonl"
    arguments = ("-m", "lead", "-m", "oracle", "--summaries", str(written))
    assert summarize("bench", str(data), *arguments).returncode == 0
    result = json.loads(summarize("score", str(written), str(data), "--json").stdout)
    assert list(result["models"]) == ["lead", "oracle"]


def test_names_reach_a_terminal_as_text(summarize: Command, tmp_path: Path) -> None:
    rows = [{**row, "kind": "\x1b]0;t\x07[/x]" if i else "b"} for i, row in enumerate(ROWS)]
    done = summarize("bench", str(write_rows(tmp_path / "a.jsonl", rows)), "-m", "lead")
    assert done.returncode == 0 and b"\x1b" not in done.stdout and b"[/x]" in done.stdout


def test_score_takes_lines_and_compares_systems(summarize: Command, tmp_path: Path) -> None:
    good, bad, references = (tmp_path / f"{name}.txt" for name in ("good", "bad", "references"))
    references.write_text("the cat sat\nA dog\u2028ran\n\fover there\n", encoding="utf-8")
    good.write_text("the cat sat\r\na dog ran\nover there", encoding="utf-8")
    bad.write_text("\n\nnothing\n", encoding="utf-8")
    done = summarize("score", str(bad), str(good), str(references), "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["models"][str(good)]["scores"]["rouge1"]["f1"]["mean"] == 100
    assert result["differences"][f"{good} - {bad}"]["rouge1"]["difference"] == 100


def test_score_refuses_what_does_not_match(summarize: Command, tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("a\n")
    two.write_text("a\nb\n")
    for arguments, said in (
        ([str(one), str(two)], b"2 references"),
        ([str(one)], b"name at least"),
        ([str(one), str(tmp_path / "no.txt")], b"can't read"),
        (["-", "-"], b"once"),
    ):
        done = summarize("score", *arguments)
        assert done.returncode in (1, 2) and said in done.stderr
        assert b"Traceback" not in done.stderr


def test_report_refuses_other_files(summarize: Command, data: Path) -> None:
    broken = data.parent / "broken.json"
    for text, said in (
        ('{"kind": "bench", "schema_version": 1}', b"lacks 'data'"),
        ('{"kind": "bench", "schema_version": 9}', b"schema_version is 9"),
        ('{"kind": "poem", "schema_version": 1}', b"not a result"),
        ('{"kind": [], "schema_version": 1}', b"not a result"),
        ("[" * 100_000, b"was not written by"),
    ):
        broken.write_text(text)
        done = summarize("report", str(broken))
        assert done.returncode == 1 and said in done.stderr and done.stderr.count(b"\n") == 1
    done = summarize("report", str(data))
    assert done.returncode == 1 and b"was not written by" in done.stderr


def test_a_result_with_an_odd_part_is_one_line(
    summarize: Command, measured: BenchResult, tmp_path: Path
) -> None:
    """Whatever part is missing, or of another type."""
    whole = measured.to_dict()
    path = tmp_path / "odd.json"
    for key in whole:
        for change in ("missing", 5, "text", [], {}, [[1]], {"a": {"b": 2}}):
            values = {k: v for k, v in whole.items() if k != key or change != "missing"}
            if change != "missing":
                values[key] = change
            path.write_text(json.dumps(values))
            done = summarize("report", str(path), "--csv")
            assert done.returncode in (0, 1) and b"Traceback" not in done.stderr
            assert done.stderr.count(b"\n") == done.returncode


def test_committed_and_old_results_are_read_and_written_alike(measured: BenchResult) -> None:
    for path in sorted((ROOT / "benchmarks" / "results").glob("*.json")):
        values = json.loads(path.read_text())
        if values.get("kind") in ("bench", "score", "scaling"):
            result = result_of(values)
            assert result_of(json.loads(json.dumps(result.to_dict()))) == result
            assert set(values) <= set(result.to_dict())
    assert result_of(json.loads(json.dumps(measured.to_dict()))) == measured


def test_the_table_says_which_summaries_were_measured(measured: BenchResult) -> None:
    assert "as summarize answers by default" in heading(measured)
    assert "with length medium" in heading(replace(measured, options={"length": "medium"}))
    old = measured.to_dict()
    del old["as_by_default"]  # as in 0.1, which asked every model to write
    assert "with mode abstractive, overflow truncate" in heading(result_of(old))
