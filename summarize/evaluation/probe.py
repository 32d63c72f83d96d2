"""The child process of `summarize scaling`: one model at one length, and its memory.

    python -m summarize.evaluation.probe < job.json      (scaling starts it through child.py)

A job is a JSON object: model, load, length (tokens of the document), summary_tokens, phase
("inference" or "training"), repeats, batch (of a training step), text (a long document to cut from)
and memory_bytes, the most that the process may hold. The answer is one JSON object on standard
output.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from summarize.errors import SummarizeError
from summarize.evaluation.codec import to_json
from summarize.evaluation.environment import peak_memory
from summarize.evaluation.result import Spread
from summarize.evaluation.running import is_transformer
from summarize.models.registry import load_model, shipped
from summarize.models.rnn import DEFAULTS
from summarize.options import Options
from summarize.pipeline.run import Summarizer

SECONDS = 4.0  # for which a measurement is repeated, but at least 3 times,
LONGEST = 60.0  # unless three take longer than this


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not stand beside the answer
    job = json.load(sys.stdin)
    limit_memory(job["memory_bytes"])
    print(json.dumps(answer(job)), file=answers, flush=True)


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """What was measured, or why nothing was."""
    try:
        return (inference if job["phase"] == "inference" else training)(job)
    except SummarizeError as error:
        if "memory" in str(error):  # that of a library, passed on
            return {"out_of_memory": True}
        return {"error": str(error)}
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error):
            raise
        return {"out_of_memory": True}


def limit_memory(most: int | None) -> None:
    """What does not fit must fail here, not bring the whole machine to a halt."""
    if most:
        import resource

        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))


# --- writing a summary -------------------------------------------------------------------------


def inference(job: dict[str, Any]) -> dict[str, Any]:
    """Seconds to encode and to write a whole summary, of the same calls, so that the difference is
    what decoding took."""
    in_torch = is_transformer(job["model"])
    # PyTorch even where a faster engine is installed: only here can the encoder be timed alone, and
    # tables of positions be made longer.
    backend = "torch" if in_torch else None
    model: Any = load_model(job["model"], **job["load"], backend=backend)
    known = model.capabilities
    length, tokens, text = job["length"], job["summary_tokens"], job["text"]
    if not known.writes:
        words = " ".join(text.split()[:length])
        whole = repeat(lambda: Summarizer(model).summarize([words]), job["repeats"])
        return answer_of("Python", {"whole": whole}, {"read": len(words.split())})
    is_longer = in_torch and lengthen(model, length)
    # The same number of steps for all, finished sentence or not: nothing is written again.
    summarizer = Summarizer(model, max_source_tokens=length - known.added_tokens, retries=0)
    options = Options(min_tokens=tokens, max_tokens=tokens, overflow="truncate", mode="abstractive")
    # Cut beforehand, since a user's document of this length would be no longer.
    text = opening(model, text, summarizer.max_source_tokens)
    facts = {
        "read": summarizer.summarize([text], options)[0].tokens.read,
        "parameters": known.parameters,
        "beam_size": beam_size_of_torch(model, options) if in_torch else DEFAULTS["beam_size"],
        "past_training": summarizer.max_source_tokens > known.max_source_tokens,
        "longer_position_table": is_longer,
    }
    reading = watch_torch(model) if in_torch else watch_drafts(model)
    encoder: list[float] = []

    def summarize() -> None:
        reading.clear()
        summarizer.summarize([text], options)
        encoder.append(reading[0])

    whole = repeat(summarize, job["repeats"])
    encoder = encoder[-len(whole) :]
    # Everything but the encoder, divided by the steps; ending the summary is one more. With a
    # transformer this includes its share of the pass that scores what was written.
    steps = [(both - part) / (tokens + 1) for both, part in zip(whole, encoder, strict=True)]
    times = {"encoder": encoder, "whole": whole, "decoder_step": steps}
    return answer_of("transformers" if in_torch else "NumPy", times, facts)


def watch_drafts(model: Any) -> list[float]:
    """From now on, the seconds of the encoder for each batch that the model writes."""
    seconds: list[float] = []
    write = model.write

    def watched(sources: Any, options: Options) -> Any:
        drafts = write(sources, options)
        seconds.append(drafts[0].encode_seconds)
        return drafts

    model.write = watched
    return seconds


def watch_torch(model: Any) -> list[float]:
    """The same of a PyTorch module: its encoder, or the first pass of a chat model."""
    seconds: list[float] = []
    started: list[float] = []
    module = model.model if model.is_chat else model.model.get_encoder()
    module.register_forward_pre_hook(lambda *_: started.append(time.perf_counter()))
    module.register_forward_hook(lambda *_: seconds.append(time.perf_counter() - started.pop()))
    return seconds


def opening(model: Any, text: str, tokens: int) -> str:
    """The first `tokens` of a text, and a few words more so that no token is cut."""
    squeezed = " ".join(text.split())
    offsets = model.encode([squeezed])[0].offsets[:tokens]
    return squeezed[: offsets[-1][1] + 40]


def beam_size_of_torch(model: Any, options: Options) -> int:
    own = model.model.generation_config.num_beams or 1
    return int(model.generation.arguments(options).get("num_beams") or own)


def lengthen(summarizer: Any, length: int) -> bool:
    """Make a learned table of positions that ends too early longer, with random weights.

    The time does not depend on the weights. Models without such a table are left alone.
    """
    config = summarizer.model.config
    changed = False
    for name in ("max_position_embeddings", "max_encoder_position_embeddings"):
        places = getattr(config, name, None)
        if isinstance(places, int) and places < length + 16 and not summarizer.is_chat:
            setattr(config, name, length + 16)
            changed = True
    if changed:
        old = summarizer.model
        generation = old.generation_config
        summarizer.model = type(old)(config).to(old.device, old.dtype).eval()
        summarizer.model.generation_config = generation
    return changed


# --- a training step ---------------------------------------------------------------------------


def training(job: dict[str, Any]) -> dict[str, Any]:
    """Seconds of a training step in PyTorch: forward, backward and optimizer, as in training."""
    import torch

    from summarize.rnn.tokenizer import EOS_ID, SPECIAL
    from summarize.training.memory import keep_freed_memory
    from summarize.training.optimizer import make_optimizers
    from summarize.training.precision import autocast, precision_of

    keep_freed_memory()
    network, loss, vocab_size, recipe = trainable(job)
    optimizers = make_optimizers(network, recipe)
    parameters = list(network.parameters())
    average = [parameter.detach().clone() for parameter in parameters]
    generator = np.random.default_rng(1)
    shape = (job["batch"], job["length"])
    src = torch.from_numpy(generator.integers(len(SPECIAL), vocab_size, shape))
    tgt = torch.from_numpy(
        generator.integers(len(SPECIAL), vocab_size, (job["batch"], job["summary_tokens"]))
    )
    labels = torch.cat([tgt[:, 1:], torch.full_like(tgt[:, :1], EOS_ID)], dim=1)
    mask = torch.ones_like(src, dtype=torch.bool)
    network.train()
    precision = precision_of("cpu", recipe.precision)
    context = autocast("cpu", precision)
    engine = "PyTorch bf16" if precision == "bf16" else "PyTorch"

    def step() -> None:
        with context:
            value = loss(src, mask, tgt, labels)
        value.backward()
        torch.nn.utils.clip_grad_norm_(parameters, recipe.clip_norm)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            torch._foreach_lerp_(average, parameters, 1 - recipe.ema_decay)

    times = {"training_step": repeat(step, job["repeats"])}
    return answer_of(engine, times, {"read": job["length"], "batch": job["batch"]})


def trainable(job: dict[str, Any]) -> tuple[Any, Callable[..., Any], int, Any]:
    """Network, loss(src, mask, tgt, labels), vocabulary size and recipe of a model by name."""
    from summarize.models.registry import SUMMARIZERS
    from summarize.training.models import LossModule, make_model
    from summarize.training.recipe import Recipe

    name = job["model"]
    folder = shipped(name) if name in SUMMARIZERS else Path(name)
    for file in ("summarize.json", "config.json"):
        values = json.loads((folder / file).read_text("utf-8")) if (folder / file).exists() else {}
        made = values.get("training", {}).get("recipe") if "format_version" in values else None
        if made:
            recipe = Recipe.from_dict(made)
            config = json.loads((folder / "config.json").read_text("utf-8"))
            size = config.get("vocab_size") or config["network"]["vocab_size"]
            model = LossModule(make_model(recipe, size), recipe.label_smoothing)
            return model, lambda *batch: model(*batch)[0], size, recipe  # noqa: B023
    if not is_transformer(name):
        raise SummarizeError(f"{name} names no recipe, so its training step is not timed")
    summarizer: Any = load_model(name, **job["load"], backend="torch")
    if summarizer.is_chat:
        raise SummarizeError(f"{name} is not an encoder-decoder; its training step is not timed")
    lengthen(summarizer, job["length"])
    network = summarizer.model.float()

    def loss(src: Any, mask: Any, tgt: Any, labels: Any) -> Any:
        return network(
            input_ids=src, attention_mask=mask, decoder_input_ids=tgt, labels=labels
        ).loss

    return network, loss, int(network.config.vocab_size), Recipe()


# --- measuring ---------------------------------------------------------------------------------


def repeat(action: Callable[[], Any], repeats: int) -> list[float]:
    """Seconds of each of at most `repeats` calls, after one that does not count. Once SECONDS have
    passed no more than 3 are made, and none if a call takes longer than LONGEST."""
    last = seconds_of(action)
    found: list[float] = []
    while len(found) < repeats and (sum(found) < SECONDS or len(found) < min(3, LONGEST // last)):
        last = seconds_of(action)
        found.append(last)
    return found


def seconds_of(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def answer_of(engine: str, times: dict[str, list[float]], facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "engine": engine,
        **facts,
        "seconds": {name: to_json(Spread.of(values)) for name, values in times.items()},
        "peak_memory_bytes": peak_memory(),
    }


if __name__ == "__main__":
    main()
