"""The front door: signals, streams, and how every ending becomes an exit code.

Exit codes: 0 done, 1 some inputs failed, 2 usage, 130 and 143 for SIGINT and SIGTERM. What takes
time to import is imported inside `run`, where nothing can end in a traceback.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

try:
    import signal
except KeyboardInterrupt:  # even that takes some milliseconds
    raise SystemExit(130) from None

NO_MEMORY = ("cannot allocate memory", "failed to map segment")


def main() -> None:
    """Entry point of `summarize`."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end_at_once)
    stopped.clear()
    atexit.register(gc.freeze)  # else the collector looks at everything again on the way out
    hook, sys.unraisablehook = sys.unraisablehook, unraisable
    try:
        code = run(sys.argv[1:])
    finally:
        sys.unraisablehook = hook
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end_at_once)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run a command and say what went wrong with it. Returns the exit code."""
    try:
        from summarize.commands.streams import ReaderGone, open_streams, silence
        from summarize.errors import SummarizeError
        from summarize.threads import load_numpy_single
    except (ImportError, MemoryError) as error:
        os.write(2, f"summarize: {unexpected(error)}\n".encode())
        return 1
    open_streams()
    code = 1
    try:
        require_memory()
        load_numpy_single()
        code = call(arguments)
        sys.stdout.flush()
        return code
    except ReaderGone:
        silence(1)
        return 0
    except SummarizeError as error:
        complain(spelled(error, arguments))
        code = error.exit_code
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        complain(unexpected(error))
    if stopped:
        return stopped[0]
    try:
        sys.stdout.flush()
    except (ReaderGone, SummarizeError):
        silence(1)
    return code


LEAST_MEMORY = 190 * 2**20  # bytes of address space


def require_memory() -> None:
    """Libraries in C and Rust end the process where there is less, before Python can say why."""
    import resource

    from summarize.errors import SummarizeError

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < LEAST_MEMORY:
        raise SummarizeError(
            f"out of memory: the limit (ulimit -v) is {limit >> 10:,} KiB; at least "
            f"{LEAST_MEMORY >> 10:,} are needed, and more for most models"
        )


def call(arguments: list[str]) -> int:
    """The command's own exit code, also where it was stopped by a signal."""
    try:
        command = command_of(arguments)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        return command()
    except KeyboardInterrupt:
        return 130
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        if stopped:  # an import that was interrupted ends in any exception
            return stopped[0]
        raise


def command_of(arguments: list[str]) -> Callable[[], int]:
    """What was asked for, ready to run: by Typer, unless the arguments are plain."""
    from summarize.commands.plain import plain

    asked = plain(arguments)
    if asked is None:
        from summarize.commands.app import command_for

        name, command, rest = command_for(arguments)
        return lambda: command(rest, prog_name=name) or 0
    from summarize.commands.guard import guarded
    from summarize.commands.summarizing import run

    return lambda: guarded(run, **asked)


# --- signals -----------------------------------------------------------------------------------

stopped: list[int] = []  # the exit code of a signal that arrived while a command ran


def end_at_once(number: int, frame: object) -> None:
    """While nothing has begun, or everything is done: there is nothing to save."""
    os._exit(128 + number)


def stop(number: int, frame: object) -> None:
    """While a command runs: it may have files to remove, or weights to save."""
    stopped[:] = [128 + number]
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


def unraisable(arguments: object) -> None:
    """A signal that arrived where Python can't raise (a destructor, a callback of C)."""
    error = getattr(arguments, "exc_value", None)
    if stopped and isinstance(error, KeyboardInterrupt | SystemExit):
        os._exit(stopped[0])
    sys.__unraisablehook__(arguments)  # type: ignore[arg-type]


# --- messages ----------------------------------------------------------------------------------


def complain(message: str) -> None:
    from summarize.views.terminal import visible

    print(f"summarize: {visible(message)}", file=sys.stderr)


def spelled(error: Exception, arguments: list[str]) -> str:
    """With options as they are typed: the library says beam_size, the command --beam-size."""
    import re

    from summarize.commands.describe import command
    from summarize.commands.names import COMMANDS, DEFAULT
    from summarize.errors import OptionError

    message = str(error)
    if not isinstance(error, OptionError):
        return message
    name = arguments[0] if arguments and arguments[0] in COMMANDS else DEFAULT
    flags = [option.flags[-1] for option in command(name).options]
    names = {flag.lstrip("-").replace("-", "_"): flag for flag in flags}
    first, _, rest = message.partition(" ")
    if first in names and re.match(r"(is|and|does) ", rest):  # "length is 'big'; use ..."
        message = f"{names[first]} {rest}"
    snake = "|".join(name for name in names if "_" in name)
    if not snake:
        return message
    return re.sub(rf"(?<![\w-])-{{0,2}}({snake})\b", lambda m: names[m[1]], message)


def unexpected(error: BaseException) -> str:
    """One line for what no part of the program has foreseen."""
    text = " ".join(str(error).split())[:300]
    if isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in NO_MEMORY):
        return "out of memory; give less text at a time, or allow more memory"
    if isinstance(error, RecursionError):
        return "the input is nested too deeply"
    if isinstance(error, OSError):
        return f"{error.filename or 'output'}: {error.strerror or error}"
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    file = os.path.basename(trace.tb_frame.f_code.co_filename) if trace else "?"
    return (
        f"internal error: {type(error).__name__}: {text} ({file}:{trace.tb_lineno if trace else 0})"
        "; please report it, with what python -X dev -m summarize shows"
    )
