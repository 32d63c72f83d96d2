"""Work in processes forked from this one: what the interpreter's lock keeps threads from sharing.

A worker begins with all that is loaded here, in the same memory. It is sent an item, pickled, and
sends back the result. Where a process can't be forked, or must not be, threads do the same.
"""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import select
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, islice
from typing import Any, NoReturn, TypeVar

from summarize import threads

T = TypeVar("T")
R = TypeVar("R")

PR_SET_PDEATHSIG = 1
SECONDS = 0.1  # between two looks for the parent, where the system does not tell
# Libraries with threads or devices of their own, which a fork would leave behind.
UNFORKABLE = {"torch", "ray", "ctranslate2"}
TOKENIZERS = "TOKENIZERS_PARALLELISM"
STOPPING = {signal.SIGINT, signal.SIGTERM}


def map_in_order(
    function: Callable[[T], R], items: Iterable[T], is_parallel: bool = True
) -> Iterator[R]:
    """The results in order, each as soon as it and those before it are there.

    Computed by a process on each core, where there are several cores and items; `items` is read in
    this one, a few ahead. An exception comes in its turn. What is left when the caller stops is not
    begun, what is begun is ended. The item of a worker that dies is computed here.
    """
    waiting = iter(items)
    first = list(islice(waiting, 2))
    every = chain(first, waiting)
    is_worth = is_parallel and len(first) == 2 and threads.available() > 1
    if not is_worth or threads.is_busy() or not can_fork():
        yield from threads.map_in_order(function, every, is_parallel)
        return
    crew = Crew(function, threads.available())
    try:
        yield from crew.run(every)
    finally:
        crew.end()


def can_fork() -> bool:
    """Whether a child lacks nothing: a fork takes only the thread that asks for it."""
    is_alone = threading.active_count() == 1
    is_main = threading.current_thread() is threading.main_thread()
    return sys.platform == "linux" and is_alone and is_main and not UNFORKABLE & set(sys.modules)


class Worker:
    """A child, and the item that it has. It is sent the next when its result is there, so neither
    side ever writes while the other does."""

    def __init__(self, pid: int, items: int, results: int) -> None:
        self.pid = pid
        self.items, self.results = os.fdopen(items, "wb"), os.fdopen(results, "rb")
        self.number: int | None = None
        self.item: Any = None

    def give(self, number: int, item: Any) -> None:
        self.number, self.item = number, item
        with suppress(OSError):  # it has died, as the reading of its result will show
            pickle.dump(item, self.items, pickle.HIGHEST_PROTOCOL)
            self.items.flush()

    def close(self) -> None:
        for file in (self.items, self.results):
            with suppress(OSError):
                file.close()


class Crew:
    """At most `most` workers, forked when there is work for them."""

    def __init__(self, function: Callable[[Any], Any], most: int) -> None:
        self.function, self.most = function, most
        self.workers: list[Worker] = []
        self.done: dict[int, tuple[bool, Any]] = {}  # by number: whether it is a result, and what
        self.given = 0  # results that the caller has

    def run(self, items: Iterable[Any]) -> Iterator[Any]:
        count = 0
        for number, item in enumerate(items):
            count += 1
            while number - self.given > 2 * self.most or not self.give(number, item):
                self.hear()
                yield from self.ready()
        while self.given < count:
            self.hear()
            yield from self.ready()

    def ready(self) -> Iterator[Any]:
        """What is there and next in order."""
        while self.given in self.done:
            is_result, value = self.done.pop(self.given)
            self.given += 1
            if not is_result:
                raise value
            yield value

    def give(self, number: int, item: Any) -> bool:
        """Whether somebody could take it."""
        worker = next((worker for worker in self.workers if worker.number is None), None)
        if worker is None and len(self.workers) < self.most:
            try:
                worker = self.hire()
            except OSError:  # no process, no memory, no file is left
                self.most = len(self.workers)
        if worker is not None:
            worker.give(number, item)
        elif not self.workers:
            self.done[number] = computed(self.function, item)
        return worker is not None or not self.workers

    def hear(self) -> None:
        """Wait for a result, and keep all that are there."""
        busy = {w.results.fileno(): w for w in self.workers if w.number is not None}
        if not busy:
            return
        poll = select.poll()
        for place in busy:
            poll.register(place, select.POLLIN)
        for place, _ in poll.poll():
            worker = busy[place]
            assert worker.number is not None
            try:
                found = pickle.load(worker.results)
            except Exception:  # it has died, or sent what can't be read
                self.bury(worker)
                found = computed(self.function, worker.item)
            self.done[worker.number] = found
            worker.number = worker.item = None

    def hire(self) -> Worker:
        pipes = [os.pipe(), os.pipe()]
        (items, items_in), (results_out, results) = pipes
        parent = os.getpid()
        try:
            with uninterrupted(), prepared():
                pid = os.fork()
                if not pid:
                    for worker in self.workers:  # else they stay open when the parent is gone
                        worker.close()
                    os.close(items_in)
                    os.close(results_out)
                    serve(self.function, parent, items, results)
                self.workers.append(Worker(pid, items_in, results_out))
        except OSError:
            for place in (items_in, results_out):
                os.close(place)
            raise
        finally:
            for place in (items, results):
                os.close(place)
        return self.workers[-1]

    def bury(self, worker: Worker) -> None:
        self.workers.remove(worker)
        worker.close()
        with suppress(OSError):
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)

    def end(self) -> None:
        """At once: nobody waits for what they have begun."""
        for worker in list(self.workers):
            self.bury(worker)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """No signal comes between a fork and the moment that either side is ready for it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def prepared() -> Iterator[None]:
    """What is to be settled before a fork."""
    before = os.environ.get(TOKENIZERS)
    os.environ[TOKENIZERS] = "false"  # else that library complains of the fork
    gc.freeze()  # the collector of the child would touch, and so copy, every page
    try:
        with warnings.catch_warnings():
            # Idle threads of NumPy's matrix library; it starts its own anew in the child.
            warnings.filterwarnings("ignore", "(?s).*multi-threaded.*fork", DeprecationWarning)
            yield
    finally:
        gc.unfreeze()
        if before is None:
            del os.environ[TOKENIZERS]
        else:
            os.environ[TOKENIZERS] = before


# --- in the child --------------------------------------------------------------------------------


def serve(function: Callable[[Any], Any], parent: int, items: int, results: int) -> NoReturn:
    """Results for items until there are no more. It never returns to the work of the parent."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's is for the parent
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        end_with(parent)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        threads.take_one_core()
        with os.fdopen(items, "rb") as waiting, os.fdopen(results, "wb") as out:
            while True:
                try:
                    item = pickle.load(waiting)
                except EOFError:
                    break
                out.write(pickle.dumps(computed(function, item), pickle.HIGHEST_PROTOCOL))
                out.flush()
        code = 0
    finally:
        os._exit(code)


def computed(function: Callable[[Any], Any], item: Any) -> tuple[bool, Any]:
    """Whether there is a result, and it, or the error."""
    try:
        return True, function(item)
    except Exception as error:
        return False, error


def end_with(parent: int) -> None:
    """This process ends when its parent does, however that ends."""
    if sys.platform == "linux":
        prctl = getattr(ctypes.CDLL(None), "prctl", None)
        if prctl is not None and prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0:
            if os.getppid() != parent:  # it ended before we could ask
                os._exit(1)
            return
    threading.Thread(target=watch, args=(parent,), daemon=True).start()


def watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS)
    os._exit(1)
