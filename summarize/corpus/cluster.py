"""Engine: Ray Data. A pool of actors, one a core, each with the model loaded once, takes shards.

Only numbers of shards and what became of them travel. Every machine reads the inputs and writes the
shards itself, in directories that all of them share. Work that is lost with a process or a machine
is done again by Ray; a shard that is written twice is the same file.
"""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from summarize.corpus.manifest import TRYING, Finished, Manifest
from summarize.corpus.work import one_thread, open_worker
from summarize.errors import OptionError, SummarizeError, first_line

STARTS = 10  # of actors one after the other that die before they begin
TRIES = 3  # of a shard, before the process that started the run does it with more care
MOST_BLOCKS = 10_000  # tasks of Ray; beyond, one has several shards


class Actor:
    """A process of Ray that does shards."""

    def __init__(self, out: str, run: str) -> None:
        one_thread()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.failure: SummarizeError | None = None
        try:
            self.worker = open_worker(Path(out), run)
        except SummarizeError as error:
            self.failure = error

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        """What became of each shard, as JSON. An error that ends the run is an answer too, which
        Ray would else take for a reason to try again."""
        return {"news": [json.dumps(self.do(int(shard))) for shard in batch["shard"]]}

    def do(self, shard: int) -> dict[str, Any]:
        try:
            if self.failure:
                raise self.failure
            with tried(self.worker.out, shard) as times:
                if times > TRIES:
                    return {"lost": shard}
                return asdict(self.worker.run(shard, lambda documents, errors: None))
        except SummarizeError as error:
            return {"failure": str(error), "exit_code": error.exit_code}
        except OSError as error:
            return {"failure": f"{error.filename}: {error.strerror}", "exit_code": 1}


@contextmanager
def tried(out: Path, shard: int) -> Iterator[int]:
    """How often this shard was begun, now included; a file remembers it when we are killed.

    Ray tries again as often as a process dies, though a document may be the cause.
    """
    path = out / f"{TRYING}{shard:05d}"
    with path.open("ab") as file:
        file.write(b".")
        file.flush()
        times = file.tell()
    yield times
    path.unlink(missing_ok=True)


def run_ray(
    out: Path, manifest: Manifest, pending: list[int], actors: int | None, address: str | None
) -> Generator[Finished, None, None]:
    """Finished shards in any order. Raises SummarizeError.

    A shard whose process dies again and again is left out.
    """
    require_ray()
    import ray

    with connected(address, actors):
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.max_errored_blocks = -1
        if hasattr(context, "max_consecutive_actor_init_deaths"):  # Ray 2.56 and later
            context.max_consecutive_actor_init_deaths = STARTS
        is_cuda = (manifest.asked.device or "").startswith("cuda")
        unit = "GPU" if is_cuda else "CPU"
        units = int(ray.cluster_resources().get(unit, 1))
        most = max(1, min(actors or units, len(pending)))
        blocks = min(len(pending), MOST_BLOCKS)
        shards = ray.data.from_items([{"shard": n} for n in pending], override_num_blocks=blocks)
        news = shards.map_batches(
            Actor,
            fn_constructor_args=(str(out.resolve()), manifest.run),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=most),
            num_cpus=1,
            num_gpus=1 if is_cuda else None,
        )
        for values in answers(news):
            if "failure" in values:
                error = SummarizeError(values["failure"])
                error.exit_code = values["exit_code"]
                raise error
            if "lost" in values:
                continue
            yield Finished(**{**values, "messages": tuple(values["messages"])})


def answers(news: Any) -> Iterator[dict[str, Any]]:
    """What the actors say of their shards. Raises SummarizeError if the cluster fails."""
    rows = iter(news.iter_rows())
    while True:
        try:
            row = next(rows, None)
        except Exception as error:  # of Ray, whose errors have no common base
            raise SummarizeError(f"the Ray cluster failed: {first_line(error)}") from None
        if row is None:
            return
        yield json.loads(row["news"])


def require_ray() -> None:
    if find_spec("ray") is None or find_spec("pyarrow") is None:
        raise SummarizeError(
            '--engine ray needs Ray: install the extra "cluster" (README, Install)'
        )


@contextmanager
def connected(address: str | None, actors: int | None) -> Iterator[None]:
    """To the cluster at `address`, or to one that is started here and ends with us.

    After a signal it is left as it is: a cluster that lost its driver ends the work by itself, and
    to wait for that would take seconds.
    """
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray
    import ray.data

    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    variables = {k: os.environ[k] for k in ("HF_HUB_OFFLINE",) if k in os.environ}
    options: dict[str, Any] = {
        "log_to_driver": False,
        "logging_level": logging.ERROR,
        "runtime_env": {"env_vars": variables} if variables else None,
    }
    if address is None:
        options |= {"num_cpus": actors, "include_dashboard": False}
    try:
        with silence():
            ray.init(address or "local", **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        where = address or "this machine"
        raise OptionError(f"no Ray cluster at {where}: {first_line(error)}") from None
    for number, handler in handlers.items():  # Ray's own would wait for its workers
        with suppress(ValueError):  # not in the main thread
            signal.signal(number, handler)
    try:
        yield
    except Exception:
        ray.shutdown()
        raise
    ray.shutdown()


@contextmanager
def silence() -> Iterator[None]:
    """Ray's libraries of C++ write about themselves to descriptor 2; errors come as exceptions."""
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)
