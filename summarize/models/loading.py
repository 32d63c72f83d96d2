"""From a name to a model and its tokenizer, with transformers: folder, hub id or GGUF file.

Never runs code that a model brings along. Every failure is one line that says what to run.
"""

from __future__ import annotations

import contextlib
import io
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from summarize.errors import CheckpointError, ModelError, OptionError
from summarize.models.packaged import PACKAGED
from summarize.rnn.manifest import place, read_set, shown

LARGE = 50_000_000  # parameters from which half precision is worth its rounding


class Loaded(NamedTuple):
    model: Any
    tokenizer: Any
    ours: dict[str, Any]  # summarize.json of a model trained by `summarize train`, else empty
    files: dict[str, bytes]  # what it lists


def load(
    source: Path | str, name: str, revision: str | None, device: str | None, offline: bool
) -> Loaded:
    """Raises ModelError or CheckpointError for whatever stands in the way."""
    # Else, for old weights, a thread asks the hub to convert them and downloads them once more.
    os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")
    import torch
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    where_from, gguf = locate(source)
    if revision and isinstance(where_from, Path):
        raise OptionError(f"--revision does nothing for {where_from}; leave it out")
    if gguf and find_spec("gguf") is None:
        raise ModelError(f"{gguf} needs gguf; install it with: pip install 'summarize[gguf]'")
    ours, files = verify(where_from) if isinstance(where_from, Path) else ({}, {})
    where: dict[str, Any] = {
        "local_files_only": offline or isinstance(where_from, Path),
        "trust_remote_code": False,  # the library's default is to ask, on standard input
    }
    if revision:
        where["revision"] = revision
    if gguf:
        where["gguf_file"] = gguf
    chosen = pick_device(device)
    # Some of the libraries print instead of logging; neither belongs into a summary.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            config = transformers.AutoConfig.from_pretrained(where_from, **where)
            kind: Any = None
            if config.is_encoder_decoder:
                kind = transformers.AutoModelForSeq2SeqLM
            elif type(config) in transformers.AutoModelForCausalLM._model_mapping:
                kind = transformers.AutoModelForCausalLM
            if kind is None or (not config.is_encoder_decoder and is_encoder_only(config)):
                raise ModelError(
                    f"{name} ({config.model_type}) reads but does not write; "
                    "use an encoder-decoder or an instruction-tuned model"
                )
            tokenizer = transformers.AutoTokenizer.from_pretrained(where_from, **where)
            dtype = torch.float32 if ours else "auto"
            model = kind.from_pretrained(where_from, config=config, dtype=dtype, **where)
            size = sum(parameter.numel() for parameter in model.parameters())
            dtype = half_precision(chosen) if size >= LARGE else torch.float32
            model = model.to(device=chosen, dtype=dtype).eval()
        except ModelError:
            raise
        except Exception as error:  # the libraries raise whatever a file or a server provokes
            raise failure(name, error, isinstance(where_from, Path), offline, revision) from None
    if not tokenizer.is_fast:
        raise ModelError(f"{name} has only a slow tokenizer, which can't say where a token ends")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return Loaded(model, tokenizer, ours, files)


def locate(source: Path | str) -> tuple[Path | str, str | None]:
    """Where to load from, and the GGUF file in it where the weights are one."""
    if isinstance(source, str):
        package = PACKAGED.get(source)
        spec = find_spec(package) if package else None
        if spec is None or spec.origin is None:
            return source, None
        source = Path(spec.origin).parent
    if source.is_file():
        if source.suffix != ".gguf":
            raise ModelError(f"{source} is a file; name the model's folder, or a .gguf file")
        return source.parent, source.name
    if (source / "config.json").exists():
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
    styles, tokens = values.get("styles"), values.get("max_source_tokens")
    if not isinstance(styles, list) or values.get("default_style") not in styles:
        raise CheckpointError(f"{path}: default_style is not one of its styles")
    if type(tokens) is not int or not 1 <= tokens <= 1_000_000:
        raise CheckpointError(f"{path}: max_source_tokens is {shown(tokens)}")
    return values, files


def is_encoder_only(config: Any) -> bool:
    """BERT and its like stand in the table of causal models too, for use as a decoder."""
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


def failure(
    name: str, error: Exception, local: bool, offline: bool, revision: str | None
) -> ModelError:
    """One line for what the library said in many."""
    from huggingface_hub import errors, is_offline_mode

    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and cause not in causes:
        causes.append(cause)
    kinds = tuple(type(cause) for cause in causes)

    def among(*classes: type[BaseException]) -> bool:
        return any(issubclass(kind, classes) for kind in kinds)

    if among(errors.GatedRepoError):
        return ModelError(
            f"{name} asks for consent on its hub page; give it there, then: hf auth login"
        )
    if among(errors.RevisionNotFoundError):
        return ModelError(f"{name} has no revision {revision!r} on the hub")
    if among(errors.RepositoryNotFoundError):
        return ModelError(f"{name} is not on the hub, or is private; then: hf auth login")
    text = str(error)
    if not local and (offline or is_offline_mode()):
        if among(OSError) or "offline" in text or "local" in text:
            return ModelError(
                f"{name} is not on this machine; download it without --offline "
                f"(and HF_HUB_OFFLINE), or with: hf download {name}"
            )
    if "trust_remote_code" in text or "custom code" in text:
        return ModelError(f"{name} brings its own code, which summarize never runs; use another")
    if not local and (among(ConnectionError, TimeoutError) or "internet" in text):
        return ModelError(f"can't reach the hub for {name}; try again, or name a local folder")
    first = " ".join(text.split())[:300] or type(error).__name__
    return ModelError(f"can't load {name}: {first}")
