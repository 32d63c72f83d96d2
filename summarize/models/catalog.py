"""What is known about each model: kind, size, data, license, and whether it is on this machine.

For the models that ship and for folders that `summarize train` made, everything is read from their
files. For models on the hub, parameters are rounded, and the license is that of the model's page.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summarize.errors import CheckpointError
from summarize.models.registry import SHORT_NAMES, SUMMARIZERS, shipped
from summarize.models.selector import FILE as SELECTOR
from summarize.models.selector import shipped_selector

PAPERS = "arXiv titles, SciTLDR, documentation pages"
OUR_DATA = dict.fromkeys(("attention", "seq2seq", "transformer"), "papers and general English")
CNN = "news (CNN/DailyMail)"
# Short name -> kind, parameters, trained on, license.
HUB = {
    "distilbart": ("encoder-decoder", 306_000_000, CNN, "Apache-2.0"),
    "bart": ("encoder-decoder", 406_000_000, CNN, "MIT"),
    "pegasus": ("encoder-decoder", 570_000_000, "news (XSum)", "not stated"),
    "t5-small": ("encoder-decoder", 60_500_000, "C4 and a mixture of tasks", "Apache-2.0"),
    "led": ("encoder-decoder", 460_000_000, "papers (arXiv abstracts)", "Apache-2.0"),
    "smollm2": ("chat", 135_000_000, "web text and instructions", "Apache-2.0"),
}


@dataclass(frozen=True)
class Entry:
    """One line of `summarize models`."""

    name: str
    kind: str
    parameters: int | None
    disk_bytes: int | None  # None where it is not on this machine
    trained_on: str
    license: str
    dev_rouge: dict[str, float] | None  # rouge1, rouge2, rougeL while training
    here: bool
    source: str


def catalog() -> list[Entry]:
    """The shipped models, then those with a short name on the hub."""
    lead = Entry("lead", "first sentence", 0, 0, "nothing", "Apache-2.0", None, True, "built in")
    extract = Entry(
        name="extract",
        kind="best sentence",
        parameters=selector_parameters(),
        disk_bytes=SELECTOR.stat().st_size if SELECTOR.exists() else 0,
        trained_on="descriptions and titles of 120 sources",
        license="Apache-2.0",
        dev_rouge=None,
        here=True,
        source="built in",
    )
    ours = [folder_entry(shipped(name), name) for name in SUMMARIZERS if shipped(name).is_dir()]
    return [lead, extract, *ours, *map(hub_entry, SHORT_NAMES)]


def selector_parameters() -> int:
    selector = shipped_selector()
    if selector is None:
        return 0
    return selector.scorer.hidden.size + selector.scorer.output.size + len(selector.cues)


def folder_entry(folder: Path, name: str | None = None) -> Entry:
    """A folder of our own making; raises CheckpointError for any other."""
    values = manifest_of(folder)
    training, network = table(values, "training"), table(values, "network")
    dev = {k: v for k, v in table(training, "dev").items() if isinstance(v, int | float)}
    kind = "transformer"
    if values.get("kind") == "rnn":
        attention = network.get("attention")
        kind = "RNN, no attention" if attention == "none" else f"RNN, {attention} attention"
    pairs = training.get("pairs")
    earlier = training
    while isinstance(pairs, int) and (earlier := table(earlier, "before")):
        before = earlier.get("pairs", 0)  # of the run that this one started from
        pairs += before if isinstance(before, int) else 0
    data = OUR_DATA.get(name, PAPERS) if name else "your data"
    return Entry(
        name=name or str(folder),
        kind=kind,
        parameters=count_parameters(folder / "model.safetensors"),
        disk_bytes=size_on_disk(folder),
        trained_on=f"{pairs:,} pairs: {data}" if isinstance(pairs, int) else data,
        license="Apache-2.0" if name else "yours",
        dev_rouge={k: dev[k] for k in ("rouge1", "rouge2", "rougeL") if k in dev} or None,
        here=True,
        source="ships with summarize" if name else str(folder),
    )


def manifest_of(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        what = "is a file; name the folder of a model" if folder.exists() else "no such folder"
        raise CheckpointError(f"{folder}: {what}")
    for file in ("summarize.json", "config.json"):
        try:
            found = json.loads((folder / file).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(found, dict) and "format_version" in found:
            return found
    raise CheckpointError(
        f"{folder} holds no model that summarize trained; train one with: summarize train DATA "
        "--out FOLDER"
    )


def table(values: dict[str, Any], name: str) -> dict[str, Any]:
    """What is in a file may be anything."""
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def hub_entry(name: str) -> Entry:
    kind, parameters, data, terms = HUB[name]
    folder = on_this_machine(SHORT_NAMES[name])
    return Entry(
        name=name,
        kind=kind,
        parameters=parameters,
        disk_bytes=size_on_disk(folder) if folder else None,
        trained_on=data,
        license=terms,
        dev_rouge=None,
        here=folder is not None,
        source=SHORT_NAMES[name],
    )


def on_this_machine(model: str) -> Path | None:
    """The folder of a hub model that was downloaded, or came with a package."""
    from huggingface_hub import try_to_load_from_cache

    from summarize.models.hub import packaged

    if folder := packaged(model):
        return folder
    found = try_to_load_from_cache(model, "config.json")
    folder = Path(found).parent if isinstance(found, str) else None
    # A download that was broken off leaves the small files.
    weights = folder and [p for p in folder.iterdir() if p.suffix in (".safetensors", ".bin")]
    return folder if weights else None


def size_on_disk(folder: Path) -> int:
    """Of the model; not of the snapshots that training keeps in folders of their own."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def count_parameters(path: Path) -> int | None:
    """From the header of a safetensors file, without reading the weights."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(size, 10_000_000)))
        shapes = [entry["shape"] for name, entry in header.items() if name != "__metadata__"]
        return sum(int(math.prod(shape)) for shape in shapes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
