"""From a name to a model and its tokenizer, with transformers: folder, hub id or GGUF file.

Never runs code that a model brings along. Every failure is one line that says what to run.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from summarize.document.document import without_collector
from summarize.errors import CheckpointError, ModelError, OptionError, SummarizeError
from summarize.models import hub
from summarize.models.precautions import check_sizes, read_config, refuse_pickle
from summarize.models.registry import SHORT_NAMES, Request
from summarize.rnn.manifest import NEXT, place, read_set, shown
from summarize.rnn.weights import load_weights

UNREACHABLE = "the hub can't be reached"
LARGE = 50_000_000  # parameters from which half precision is worth its rounding
INDEX = "model.safetensors.index.json"
PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")


@dataclass
class Loaded:
    """A model that is ready to write."""

    model: Any
    tokenizer: Any
    # summarize.json of a model trained by `summarize train`, and the files that it lists.
    ours: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    device: str = "cpu"
    sources: tuple[Path, ...] = ()  # the files that say what the model is

    @property
    def is_chat(self) -> bool:
        return not self.model.config.is_encoder_decoder


@without_collector()
def load(request: Request) -> Loaded:
    """Raises ModelError or CheckpointError for whatever stands in the way."""
    # Else, for old weights, a thread asks the hub to convert them and downloads them once more.
    os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    source, gguf = locate(request.source)
    device = pick_device(request.device)
    if request.revision and isinstance(source, Path):
        raise OptionError(f"--revision does nothing for {source}; leave it out")
    if gguf:
        from summarize.models.unpacked import unpack

        source = unpack(Path(source) / gguf, half_precision(device))
    ours, files = verify(source) if isinstance(source, Path) else ({}, {})
    if isinstance(source, Path) and (source / NEXT / "config.json").exists():
        source = source / NEXT  # a complete set that was not moved into place yet
    where = settings(request, source)
    # Some of the libraries print instead of logging; neither belongs in a summary.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            sources = check_files(request, source, where)
            model, tokenizer = build(request, source, where, is_ours=bool(ours))
        except SummarizeError:
            raise
        except Exception as error:  # the libraries raise whatever a file or a server provokes
            if isinstance(source, str) and where["local_files_only"]:
                reason = "--offline forbids a download" if request.offline else UNREACHABLE
                raise hub.absent(request.name, source, reason) from None
            raise hub.failure(request.name, str(source), error, request.revision) from None
    if not tokenizer.is_fast:
        raise ModelError(
            f"{request.name} has only a slow tokenizer, which can't say where a token ends"
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return Loaded(model.eval(), tokenizer, ours, files, device, sources)


def to_device(loaded: Loaded) -> None:
    """Ready to compute in PyTorch, in the precision that suits the device."""
    size = sum(parameter.numel() for parameter in loaded.model.parameters())
    dtype = half_precision(loaded.device) if size >= LARGE else half_precision("none")
    loaded.model = loaded.model.to(device=loaded.device, dtype=dtype)


def settings(request: Request, source: Path | str) -> dict[str, Any]:
    """Keywords for every from_pretrained."""
    from huggingface_hub import is_offline_mode

    local = isinstance(source, Path)
    return {
        "local_files_only": local or request.offline or is_offline_mode() or not hub.is_reachable(),
        "trust_remote_code": False,  # the library's default is to ask, on standard input
        **({"revision": request.revision} if request.revision else {}),
    }


def build(
    request: Request, source: Path | str, where: dict[str, Any], is_ours: bool
) -> tuple[Any, Any]:
    """The model with its weights, and the tokenizer."""
    import torch
    import transformers

    config = transformers.AutoConfig.from_pretrained(source, **where)
    kind: Any = None
    if config.is_encoder_decoder:
        kind = transformers.AutoModelForSeq2SeqLM
    elif type(config) in transformers.AutoModelForCausalLM._model_mapping:
        kind = transformers.AutoModelForCausalLM
    if kind is None or (not config.is_encoder_decoder and is_encoder_only(config)):
        raise ModelError(
            f"{request.name} ({config.model_type}) is an encoder, which cannot write; "
            "use an encoder-decoder or an instruction-tuned model"
        )
    tokenizer = transformers.AutoTokenizer.from_pretrained(source, **where)
    dtype = torch.float32 if is_ours else "auto"
    model, told = kind.from_pretrained(
        source,
        config=config,
        dtype=dtype,
        weights_only=True,
        output_loading_info=True,
        **where,
    )
    check_complete(request.name, model, set(told["missing_keys"]))
    return model, tokenizer


def check_complete(name: str, model: Any, missing: set[str]) -> None:
    """The library fills what the weights lack with random numbers. Some tables are computed, so a
    few may be missing; where most are, config.json belongs to another model."""
    sizes = {key: parameter.numel() for key, parameter in model.named_parameters()}
    absent = sum(size for key, size in sizes.items() if key in missing)
    if 2 * absent > sum(sizes.values()):
        raise CheckpointError(
            f"{name}: config.json asks for other weights than the files hold; download or train "
            "the model again"
        )


def locate(source: Path | str) -> tuple[Path | str, str | None]:
    """Where to load from, and the GGUF file in it if the weights are one."""
    if isinstance(source, str):
        folder = hub.packaged(source)
        if folder is None:
            return source, None
        source = folder
    if source.is_file():
        if source.suffix != ".gguf":
            raise ModelError(f"{source} is a file; name the model's folder, or a .gguf file")
        return source.parent, source.name
    if place(source, "config.json").exists():
        return source, None
    files = sorted(p.name for p in source.glob("*.gguf"))
    if not files:
        raise ModelError(f"no model in {source}; create one with: summarize train DATA --out ...")
    if len(files) > 1:
        raise ModelError(f"{source} holds {len(files)} .gguf files; name one of them")
    return source, files[0]


def verify(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """summarize.json of our own models and the files that it lists, each one checked.

    Both are empty for another's model. Raises CheckpointError.
    """
    path = folder / "summarize.json"
    if not place(folder, path.name).exists():
        return {}, {}
    manifest, files = read_set(folder, path.name)
    values = manifest.values
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        if name not in files:
            raise CheckpointError(f"{path} does not list {name}; copy or train the model again")
    load_weights(files["model.safetensors"], folder / "model.safetensors")  # finite?
    styles, tokens = values.get("styles"), values.get("max_source_tokens")
    if not isinstance(styles, list) or values.get("default_style") not in styles:
        raise CheckpointError(f"{path}: default_style is not one of its styles")
    if type(tokens) is not int or not 1 <= tokens <= 1_000_000:
        raise CheckpointError(f"{path}: max_source_tokens is {shown(tokens)}")
    return values, files


def check_files(request: Request, source: Path | str, where: dict[str, Any]) -> tuple[Path, ...]:
    """Before anything is built: safetensors only, and sizes that the weights bear out.

    Returns the files that say what the model is.
    """
    found = find(source, "config.json", where)
    if found is None:
        raise OSError("it has no config.json")
    config = read_config(found)
    weights = [path for path in safetensors_of(source, where) if path]
    if weights:
        check_sizes(config, weights, found)
    else:
        weights = [path for name in PICKLED if (path := find(source, name, where))]
        trusted = request.allow_pickle or request.source in SHORT_NAMES.values()
        if weights and not trusted:
            raise refuse_pickle(request.name)
    vocabulary = find(source, "tokenizer.json", where)
    return tuple(path for path in (found, *weights, vocabulary) if path)


def safetensors_of(source: Path | str, where: dict[str, Any]) -> Iterator[Path | None]:
    single = find(source, "model.safetensors", where)
    if single:
        yield single
    elif index := find(source, INDEX, where):
        names = read_config(index).get("weight_map")
        for name in sorted(set(names.values())) if isinstance(names, dict) else ():
            yield find(source, str(name), where)


def find(source: Path | str, name: str, where: dict[str, Any]) -> Path | None:
    """A file of the folder, or of the hub's repository, downloaded if need be."""
    from transformers.utils.hub import cached_file

    if isinstance(source, Path):
        path = source / name
        return path if path.exists() else None
    keywords = {key: value for key, value in where.items() if key != "trust_remote_code"}
    found = cached_file(
        source,
        name,
        **keywords,
        _raise_exceptions_for_missing_entries=False,
    )
    return Path(found) if found else None


def is_encoder_only(config: Any) -> bool:
    """BERT and its like are in the table of causal models too, for use as a decoder."""
    names = getattr(config, "architectures", None) or []
    return bool(names) and not any(
        "CausalLM" in n or "LMHead" in n or "ConditionalGeneration" in n for n in names
    )


def pick_device(device: str | None) -> str:
    import torch

    if device is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind = device.split(":")[0]
    if kind not in ("cpu", "cuda", "mps"):
        raise ModelError(f"--device {device!r} is unknown; use cpu, cuda or mps")
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there[kind]:
        raise ModelError(f"--device {device}: torch sees no such device; use --device cpu")
    return device


def half_precision(device: str) -> Any:
    """bf16 where the hardware multiplies in it; elsewhere it would be slower than fp32."""
    import torch

    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    fast = device == "cpu" and probe is not None and probe()
    return torch.bfloat16 if fast else torch.float32
