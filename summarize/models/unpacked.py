"""GGUF weights, unpacked once into the user's cache: from then on a model starts in seconds."""

from __future__ import annotations

import contextlib
import io
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from summarize.errors import MissingPackage, ModelError, first_line
from summarize.models.cache import cached_folder, digest

LAYOUT = 1  # to be raised when `make` writes something else


def unpack(path: Path, dtype: Any) -> Path:
    """The folder of the same model in safetensors. Raises ModelError."""
    width = str(dtype).removeprefix("torch.")

    def make(folder: Path) -> None:
        convert(path, folder, dtype)

    return cached_folder("gguf", f"{digest(path)[:20]}-{width}-{LAYOUT}", make)


def convert(path: Path, folder: Path, dtype: Any) -> None:
    if find_spec("gguf") is None:
        raise MissingPackage(f'{path} needs gguf; install the extra "gguf" (README, Install)')
    import transformers

    where = {"gguf_file": path.name, "local_files_only": True, "trust_remote_code": False}
    # The library prints; none of it belongs in a summary.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            config = transformers.AutoConfig.from_pretrained(path.parent, **where)
            tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, **where)
            model: Any = transformers.AutoModelForCausalLM.from_pretrained(
                path.parent, config=config, dtype=dtype, **where
            )
            # The weights are ordinary numbers now, which the library does not notice.
            model.hf_quantizer = None
            del model.config.quantization_config
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        except Exception as error:  # the libraries raise whatever a file provokes
            raise ModelError(f"can't load {path}: {first_line(error)}") from None
