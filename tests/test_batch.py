"""`summarize batch`: stopped anywhere and run again, the output is that of a run never stopped."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from conftest import ROOT, Command

from summarize.corpus import cluster, job, work
from summarize.corpus.manifest import Finished, Journal, read_finished, read_manifest
from summarize.corpus.processes import Progress, cores
from summarize.corpus.shards import read_records
from summarize.corpus.work import Worker
from summarize.errors import OutputError
from summarize.files import locked

ROWS = 40


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """JSON Lines; three of the rows are bad."""
    path = tmp_path / "data.jsonl"
    rows = [
        {"id": f"r{i}", "text": f"Boat {i} left the harbour. The sea was calm. It was noon."}
        for i in range(ROWS)
    ]
    lines = [json.dumps(row) for row in rows]
    lines[5], lines[17], lines[39] = "{", '{"id": "r17"}', '{"id": "r39", "text": "..."}'
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    """Do shards in this process. `here(3)` is killed when it has done three."""

    def work_here(stop: int | None = None) -> None:
        def run(
            out: Path, manifest: Any, pending: Iterator[int], count: int, summarizer: Any
        ) -> Iterator[Finished | Progress]:
            worker = Worker(out, manifest, summarizer)
            for done, shard in enumerate(pending):
                if done == stop:
                    raise SystemExit(137)
                yield Progress(1, 0)
                yield worker.run(shard, lambda documents, errors: None)

        monkeypatch.setattr(job, "run_processes", run)

    work_here()
    return work_here


def content(out: Path) -> list[dict[str, Any]]:
    return [{k: v for k, v in r.items() if k != "seconds"} for r in read_records(out)]


def batch(summarize: Command, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return summarize("batch", "-m", "lead", *arguments)


def whole(summarize: Command, data: Path, *arguments: str) -> list[dict[str, Any]]:
    """What a run that nobody stops writes."""
    out = data.parent / "whole"
    batch(summarize, data, "-o", out, *arguments)
    return content(out)


# --- what is written ---------------------------------------------------------------------------


def test_a_record_for_every_document_and_an_exit_code_for_the_bad(
    summarize: Command, data: Path, here: Any
) -> None:
    done = batch(summarize, "data.jsonl", "-o", "out", "--json")
    records = content(data.parent / "out")
    assert done.returncode == 1 and done.stderr == b""
    totals = json.loads(done.stdout)
    assert (totals["documents"], totals["summaries"], totals["errors"]) == (ROWS, ROWS - 3, 3)
    assert [r["source"] for r in records] == [f"data.jsonl:{i}" for i in range(1, ROWS + 1)]
    assert [r["source"] for r in records if "error" in r] == [
        "data.jsonl:6",
        "data.jsonl:18",
        "data.jsonl:40",
    ]
    assert records[5]["error"]["class"] == "DataError" and records[5]["error"]["line"] == 6
    assert records[0]["id"] == "r0" and records[0]["summary"] == "Boat 0 left the harbour."


def test_a_record_is_what_json_prints(summarize: Command, tmp_path: Path, here: Any) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "in" / name).write_text(f"This is {name}. It is short. It says little.")
    printed = summarize("-m", "lead", "--json", "in/a.txt", "in/b.txt").stdout.splitlines()
    assert batch(summarize, "in", "-o", "out").returncode == 0
    records = list(read_records(tmp_path / "out"))
    for line, record in zip(printed, records, strict=True):
        expected = json.loads(line)
        assert record.pop("id") == expected["source"]
        assert record.keys() == expected.keys()
        assert record | {"seconds": 0} == expected | {"seconds": 0}


@pytest.mark.parametrize("size", ["1", "7", "1000"])
def test_the_size_of_shards_changes_nothing(
    summarize: Command, data: Path, here: Any, size: str
) -> None:
    batch(summarize, data, "-o", "out", "--shard-size", size)
    assert content(data.parent / "out") == whole(summarize, data)
    assert len(list(data.parent.glob("out/part-*"))) == -(-ROWS // int(size))


def test_parquet_holds_the_same(summarize: Command, data: Path, here: Any) -> None:
    pytest.importorskip("pyarrow")
    batch(summarize, data, "-o", "out", "--format", "parquet", "--shard-size", "15")
    found = content(data.parent / "out")
    assert found == whole(summarize, data) and len(list(data.parent.glob("out/*.parquet"))) == 3


def test_options_reach_the_model(
    summarize: Command, data: Path, here: Any, checkpoint_folders: dict[str, Path]
) -> None:
    for mode in ("extractive", "abstractive"):
        arguments = ("-m", checkpoint_folders["general"], "--mode", mode, "-q", "-o", mode)
        assert summarize("batch", data, *arguments).returncode == 1
        good = [r for r in content(data.parent / mode) if "error" not in r]
        assert {r["mode"] for r in good} - {"document"} == {mode}


def test_an_option_that_the_model_refuses_is_refused_once(
    summarize: Command, data: Path, here: Any
) -> None:
    done = batch(summarize, data, "-o", "out", "--beam-size", "3")
    assert done.returncode == 2 and b"--beam-size" in done.stderr
    assert not (data.parent / "out").exists()


def test_a_document_that_the_model_fails_at_is_a_record(
    summarize: Command, data: Path, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(summarize, data)
    from summarize.pipeline.run import Summarizer

    real = Summarizer.summarize

    def fail(self: Any, documents: Any, *arguments: Any, **changes: Any) -> Any:
        if any("Boat 9 " in getattr(d, "text", d) for d in documents):
            raise IndexError("nine\nis bad")
        return real(self, documents, *arguments, **changes)

    monkeypatch.setattr(Summarizer, "summarize", fail)
    batch(summarize, data, "-o", "out")
    found = content(data.parent / "out")
    assert found[9]["error"] == {"class": "IndexError", "message": "nine is bad", "line": 10}
    assert found[:9] + found[10:] == expected[:9] + expected[10:]


def test_little_text_is_in_memory(
    summarize: Command, data: Path, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(summarize, data)
    monkeypatch.setattr(work, "GROUP_CHARACTERS", 150)  # three rows
    sizes = []
    real = Worker.summarize
    monkeypatch.setattr(
        Worker, "summarize", lambda self, group: (sizes.append(len(group)), real(self, group))[1]
    )
    batch(summarize, data, "-o", "out")
    assert content(data.parent / "out") == expected
    assert sum(sizes) == ROWS and max(sizes) <= 6


def test_a_dry_run_counts_and_writes_nothing(summarize: Command, data: Path, here: Any) -> None:
    done = batch(summarize, data, "-o", "out", "--dry-run", "--json", "--shard-size", "15")
    counted = json.loads(done.stdout)
    assert (counted["documents"], counted["shards"], counted["finished"]) == (ROWS, 3, 0)
    assert done.returncode == 0 and not (data.parent / "out").exists()


# --- exactly once ------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [0, 1, 5])
def test_stopped_and_run_again(summarize: Command, data: Path, here: Any, stop: int) -> None:
    expected = whole(summarize, data)
    arguments = (data, "-o", "out", "--shard-size", "6")
    here(stop)
    done = batch(summarize, *arguments)
    assert done.returncode == 137 and b"continues" in done.stderr
    here()
    assert batch(summarize, *arguments).returncode == 1
    assert content(data.parent / "out") == expected
    again = batch(summarize, *arguments)
    assert again.returncode == 1 and b"nothing left to do" in again.stderr


def test_shards_that_are_damaged_or_gone_are_done_again(
    summarize: Command, data: Path, here: Any
) -> None:
    expected = whole(summarize, data)
    arguments = (data, "-o", "out", "--shard-size", "6", "--json")
    batch(summarize, *arguments)
    out = data.parent / "out"
    (out / "part-00001.jsonl.gz").unlink()
    with (out / "part-00003.jsonl.gz").open("ab") as file:
        file.truncate(20)
    journal = out / "_finished.jsonl"
    journal.write_bytes(journal.read_bytes()[:-9])  # the last line was cut off
    totals = json.loads(batch(summarize, *arguments).stdout)
    assert totals["finished_before"] == ROWS - 6 - 6 - 4 and totals["documents"] == ROWS
    assert content(out) == expected
    manifest = read_manifest(out)
    assert manifest is not None and len(read_finished(out, manifest)) == manifest.shards


def test_a_full_disk_loses_nothing(
    summarize: Command, data: Path, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(summarize, data)
    arguments = (data, "-o", "out", "--shard-size", "6")
    real, written = work.write_shard, []

    def write(path: Path, *rest: Any) -> None:
        written.append(path)
        real(path, *rest)
        if len(written) == 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(work, "write_shard", write)
        done = batch(summarize, *arguments)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and b"No space left on device" in line and b"kept" in line
    assert len(list((data.parent / "out").iterdir())) == 4 + 3  # bookkeeping, three shards
    batch(summarize, *arguments)
    assert content(data.parent / "out") == expected


def test_a_journal_that_cannot_grow_ends_where_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b'{"shard": 1}\n{"sha')
    journal = Journal(path)
    real = os.pwrite
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", lambda handle, data, end: real(handle, data[:4], end))
        with pytest.raises(OutputError, match="No space"):
            journal.add(Finished(2, 1, 0, 1, 0.0, 0))
    assert path.read_bytes() == b'{"shard": 1}\n'
    journal.add(Finished(2, 1, 0, 1, 0.0, 0))
    os.close(journal.handle)
    assert [json.loads(line)["shard"] for line in path.read_text().splitlines()] == [1, 2]


def test_what_has_changed_is_refused_and_restart_begins_anew(
    summarize: Command, data: Path, here: Any
) -> None:
    (data.parent / "in").mkdir()
    data = data.rename(data.parent / "in" / "data.jsonl")
    other = data.with_name("other.txt")
    other.write_text("Another document. It is here.")
    arguments: tuple[str, ...] = ("in", "-o", "out", "--shard-size", "6")
    here(2)
    batch(summarize, *arguments)
    here()

    def refused(said: str, *more: str) -> None:
        done = batch(summarize, *arguments, *more)
        assert done.returncode == 1 and said.encode() in done.stderr, done.stderr
        assert b"--restart" in done.stderr and done.stderr.count(b"\n") == 1

    refused("--field was not given and is text now", "--field", "text")
    refused("--model was lead and is seq2seq now", "-m", "seq2seq")
    refused("--format was jsonl and is parquet now", "--format", "parquet")
    refused("--glob", "--glob", "*.jsonl")
    refused("--shard-size was 6 and is 7 now", "--shard-size", "7")
    before = data.read_text()
    data.write_text(before.replace("Boat 30", "Ship 30"))
    refused("in/data.jsonl has changed")
    data.write_text(before)
    data.with_name("a.txt").write_text("New.")
    refused("in/a.txt is new")
    data.with_name("a.txt").unlink()
    data.with_name("z.txt").write_text("New.")
    refused("in/z.txt is new")
    data.with_name("z.txt").unlink()
    other.rename(data.parent.parent / "other.txt")
    refused("in/other.txt is gone")

    assert batch(summarize, *arguments, "--restart", "--shard-size", "50").returncode == 1
    found = content(data.parent.parent / "out")
    assert len(found) == ROWS and len(list(data.parent.parent.glob("out/part-*"))) == 1


def test_a_directory_that_is_not_ours_is_left_alone(
    summarize: Command, data: Path, here: Any
) -> None:
    folder = data.parent / "home"
    folder.mkdir()
    (folder / "part-00000.jsonl.gz").write_text("precious")
    for more in ([], ["--restart"]):
        done = batch(summarize, data, "-o", "home", *more)
        assert done.returncode == 1 and b"was not written by summarize batch" in done.stderr
    assert [p.name for p in folder.iterdir()] == ["part-00000.jsonl.gz"]
    assert batch(summarize, data, "-o", data).returncode == 2


def test_a_damaged_manifest_is_refused_until_restart(
    summarize: Command, data: Path, here: Any
) -> None:
    expected = whole(summarize, data)
    for text in ("{", "[]", '{"format_version": 99}', "{}"):
        (data.parent / "whole" / "_manifest.json").write_text(text)
        done = batch(summarize, data, "-o", "whole")
        assert done.returncode == 1 and b"--restart" in done.stderr
    batch(summarize, data, "-o", "whole", "--restart")
    assert content(data.parent / "whole") == expected


def test_the_output_is_no_input(summarize: Command, data: Path, here: Any) -> None:
    arguments = (".", "-o", "out", "--glob", "*.jsonl", "--glob", "*.gz")
    for _ in range(2):
        assert batch(summarize, *arguments).returncode == 1
    assert len(content(data.parent / "out")) == ROWS


def test_a_second_process_is_refused(summarize: Command, data: Path, here: Any) -> None:
    batch(summarize, data, "-o", "out")
    with locked(data.parent / "out" / ".lock", ""):
        done = batch(summarize, data, "-o", "out")
    assert done.returncode == 1 and f"process {os.getpid()}".encode() in done.stderr


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--format", "xml"], b"jsonl or parquet"),
        (["--engine", "spark"], b"local or ray"),
        (["--shard-size", "0"], b"1 or more"),
        (["--address", "a:1"], b"--engine ray"),
        (["--encoding", "klingon"], b"klingon"),
        (["--glob", "*.none"], b"no documents"),
    ],
)
def test_mistakes_are_refused(
    summarize: Command, data: Path, here: Any, arguments: list[str], said: bytes
) -> None:
    done = batch(summarize, data.parent, "-o", data.parent / "out", *arguments)
    assert done.returncode in (1, 2) and said in done.stderr and b"Traceback" not in done.stderr


# --- score -------------------------------------------------------------------------------------


def test_score_finds_records_by_their_id(summarize: Command, tmp_path: Path, here: Any) -> None:
    rows: list[dict[str, Any]] = [
        {"key": i, "document": f"Boat {i} left. It was calm.", "summary": f"Boat {i} was gone"}
        for i in range(12)
    ]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    batch(summarize, "data.jsonl", "-o", "out", "--id-field", "key")
    (tmp_path / "lines.txt").write_text(
        "".join(r["summary"] + "\n" for r in read_records(tmp_path / "out"))
    )
    by_line = json.loads(summarize("score", "lines.txt", "data.jsonl", "--json").stdout)
    random.Random(0).shuffle(rows)
    (tmp_path / "shuffled.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    by_id = json.loads(summarize("score", "out", "shuffled.jsonl", "--json").stdout)
    mean = {
        name: result["models"][name]["scores"]["rouge1"]["f1"]["mean"]
        for name, result in (("lines.txt", by_line), ("out", by_id))
    }
    assert mean["out"] == pytest.approx(mean["lines.txt"])

    (tmp_path / "more.jsonl").write_text('{"key": 99, "summary": "Nothing"}\n')
    done = summarize("score", "out", "more.jsonl")
    assert done.returncode == 1 and b"no record with the id '99'" in done.stderr
    (tmp_path / "none.jsonl").write_text('{"summary": "Nothing"}\n')
    assert b"has no 'key'" in summarize("score", "out", "none.jsonl").stderr
    (tmp_path / "empty").mkdir()
    assert b"was not written by" in summarize("score", "empty", "data.jsonl").stderr


# --- processes ---------------------------------------------------------------------------------


def test_there_is_a_core() -> None:
    assert cores() >= 1


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "summarize", "batch", "-m", "lead", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE)


def wait_for(found: Callable[[], bool], run: subprocess.Popen[bytes]) -> None:
    pause = Event()
    while not found():
        assert run.poll() is None, run.stderr and run.stderr.read()
        pause.wait(0.005)


@pytest.fixture
def long_data(tmp_path: Path) -> Path:
    """Enough work to be killed in."""
    path = tmp_path / "long.jsonl"
    text = "Boats leave the harbour every day. " * 100
    path.write_text("".join(json.dumps({"id": i, "text": text}) + "\n" for i in range(2000)))
    return path


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_and_run_again(summarize: Command, long_data: Path, here: Any, number: int) -> None:
    folder = long_data.parent
    arguments = ("long.jsonl", "-o", "out", "--shard-size", "20", "--processes", "2")
    with start(folder, *arguments) as run:
        wait_for(lambda: len(list(folder.glob("out/part-*"))) > 3, run)
        run.send_signal(number)
        code = run.wait()
        said = run.stderr.read() if run.stderr else b""
    assert code == (-9 if number == signal.SIGKILL else 128 + number)
    assert (b"continues" in said) == (number != signal.SIGKILL)
    assert 3 < len(list(folder.glob("out/part-*"))) < 100
    assert batch(summarize, *arguments).returncode == 0
    found = content(folder / "out")
    assert [r["id"] for r in found] == [str(i) for i in range(2000)]
    assert len({r["summary"] for r in found}) == 1
    assert not [p for p in (folder / "out").iterdir() if p.name.endswith(".tmp")]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux to find the workers")
def test_processes_and_this_one_write_the_same_even_if_a_worker_is_killed(
    summarize: Command, long_data: Path, here: Any
) -> None:
    folder = long_data.parent
    with long_data.open("a") as lines:
        lines.write("no JSON\n")
    expected = whole(summarize, long_data)
    arguments = (str(long_data), "-o", "out", "--shard-size", "20", "--processes", "2")
    with start(folder, *arguments) as run:
        wait_for(lambda: len(list(folder.glob("out/part-*"))) > 3, run)
        children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        assert run.wait() == 1
        assert run.stderr and b"2,001 documents, 1 failed" in run.stderr.read()
    assert content(folder / "out") == expected


DEADLY = """
    import os, signal
    from summarize.cli import main
    from summarize.corpus import items
    from summarize.pipeline.run import Summarizer

    def die_if(condition):
        if condition:
            os.kill(os.getpid(), signal.SIGKILL)

    real_read, real_summarize = items.read, Summarizer.summarize

    def read(source, *rest):
        die_if(source == "in/03.txt")
        return real_read(source, *rest)

    def summarize(self, documents, *rest):
        die_if(any("Boat 9 " in getattr(d, "text", d) for d in documents))
        return real_summarize(self, documents, *rest)

    items.read, Summarizer.summarize = read, summarize
    main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="forked processes keep the patch")
def test_a_document_that_kills_its_process_is_a_record(tmp_path: Path) -> None:
    """One when it is read, another when it is summarized."""
    (tmp_path / "in").mkdir()
    for i in range(12):
        (tmp_path / "in" / f"{i:02}.txt").write_text(f"Boat {i} left. It was noon.")
    arguments = ["batch", "in", "-m", "lead", "-o", "out", "--processes", "2"]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DEADLY), *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    assert done.returncode == 1, done.stderr
    found = content(tmp_path / "out")
    assert [r["id"] for r in found] == [f"in/{i:02}.txt" for i in range(12)]
    bad = [r for r in found if "error" in r]
    assert [r["id"] for r in bad] == ["in/03.txt", "in/09.txt"]
    assert all("ended the process" in r["error"]["message"] for r in bad)


def test_an_actor_answers_for_each_shard(summarize: Command, data: Path, here: Any) -> None:
    expected = whole(summarize, data, "--shard-size", "20")
    out = data.parent / "whole"
    manifest = read_manifest(out)
    assert manifest is not None
    (out / "part-00001.jsonl.gz").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster.signal, "signal", lambda *arguments: None)
        actor = cluster.Actor(str(out), manifest.run)
        (news,) = actor({"shard": [1]})["news"]
        assert json.loads(news)["documents"] == 20 and content(out) == expected
        # Its process has died at this shard three times.
        (out / ".trying-00001").write_bytes(b"...")
        (news,) = actor({"shard": [1]})["news"]
        assert json.loads(news) == {"lost": 1}
        stranger = cluster.Actor(str(out), "another run")
        (news,) = stranger({"shard": [1]})["news"]
        assert "not the same directory" in json.loads(news)["failure"]


def test_what_a_cluster_loses_is_done_here(
    summarize: Command, data: Path, here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = whole(summarize, data)

    def lose(out: Path, manifest: Any, pending: list[int], *rest: Any) -> Iterator[Finished]:
        actor = Worker(out, manifest, work.load(manifest))
        for shard in pending[::2]:
            yield actor.run(shard, lambda documents, errors: None)

    monkeypatch.setattr(cluster, "run_ray", lose)
    monkeypatch.setattr(cluster, "require_ray", lambda: None)
    batch(summarize, data, "-o", "out", "--engine", "ray", "--shard-size", "6")
    assert content(data.parent / "out") == expected


@pytest.mark.slow
def test_a_ray_cluster_writes_the_same(
    process: Command, summarize: Command, data: Path, here: Any
) -> None:
    pytest.importorskip("ray")
    expected = whole(summarize, data)
    arguments = ("--engine", "ray", "--processes", "2", "--shard-size", "6")
    done = batch(process, data, "-o", "out", *arguments)
    assert done.returncode == 1 and b"Traceback" not in done.stderr, done.stderr
    assert content(data.parent / "out") == expected
