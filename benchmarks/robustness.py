"""results/robustness.json: what each harness tried, what failed, the slowest and the largest.

A harness (fuzz_command.py, signals.py) calls `record` with its part; robustness.md is written
from the whole."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from summarize.evaluation.environment import environment
from summarize.files import write_text

RESULTS = Path(__file__).parent / "results" / "robustness.json"


def record(part: str, values: dict[str, Any], path: Path = RESULTS) -> None:
    """Replace one part, and leave the others as they are."""
    whole = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    whole[part] = values
    whole["command"] = "python benchmarks/fuzz_command.py, mutate.py and signals.py"
    whole["date"], whole["environment"] = time.strftime("%Y-%m-%d"), environment()
    write_text(path, json.dumps(whole, indent=1, sort_keys=True) + "\n")
