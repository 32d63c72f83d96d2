#!/usr/bin/env bash
# Whole-process wall time of `summarize` beside `import torch`, in turn, with hyperfine.
# Usage, in an environment with summarize and torch: benchmarks/startup.sh [RESULT.json]
set -euo pipefail
cd "$(dirname "$0")/.."
result=${1:-benchmarks/results/startup.json}
hyperfine --warmup 2 --runs 10 --export-json "$result" \
    -n "import torch" "python -c 'import torch'" \
    -n "summarize abstract.txt" "summarize benchmarks/samples/abstract.txt" \
    -n "summarize --help" "summarize --help"
python - "$result" <<'PYTHON'
import json, sys
from pathlib import Path

path = Path(sys.argv[1])
rows = json.loads(path.read_text())["results"]
medians = {row["command"]: row["median"] for row in rows}
for name, median in medians.items():
    print(f"{name}: {median:.3f} s, {median / medians['import torch']:.2f} of import torch")
PYTHON
