#!/usr/bin/env bash
# Measures again everything that benchmarks/README.md shows, into benchmarks/results. About an hour on
# two cores, and nothing else should run meanwhile. DATA is the folder of the data files.
#
#     benchmarks/run.sh DATA            all but the ablation
#     benchmarks/run.sh DATA ablation   the ablation, which trains eight networks: three to five hours
set -euo pipefail
data=$(realpath "${1:?"usage: benchmarks/run.sh DATA [ablation]"}")
cd "$(dirname "$0")/.."
results=benchmarks/results
ours=(-m lead -m seq2seq -m attention -m transformer)

if [[ ${2:-} == ablation ]]; then
    exec python benchmarks/ablation.py "$data"/arxiv-train-*.jsonl.xz "$data"/scitldr-train.jsonl.xz \
        "$data"/docs-train.jsonl.xz --dev "$data"/arxiv-dev.jsonl.xz --out runs/ablation \
        -o $results/ablation.json
fi

# Quality, on many documents: several at once. The buckets are those of the training data's lengths.
summarize bench "$data"/arxiv-test.jsonl.xz "${ours[@]}" --buckets 75,125,175,225 \
    --batch-size 8 --processes 2 -o $results/arxiv-test.json
summarize bench "$data"/scitldr-dev.jsonl.xz "${ours[@]}" -m oracle --style tldr --limit 200 \
    --batch-size 8 --processes 2 -o $results/scitldr-dev.json
# Our own documents, one by one, as a user waits for them.
summarize bench "${ours[@]}" -m oracle -o $results/documents.json
# Time and memory, one by one.
summarize bench "$data"/arxiv-dev.jsonl.xz --limit 100 "${ours[@]}" -o $results/one-by-one.json
summarize scaling --repeats 3 -o $results/scaling.json
python benchmarks/attention.py "$data"/arxiv-dev.jsonl.xz -m attention -m transformer \
    --limit 50 -o $results/attention-dev.json
python benchmarks/confidence.py "$data"/arxiv-dev.jsonl.xz -o $results/confidence.json
python benchmarks/long.py "$data"/arxiv-dev.jsonl.xz -o $results/long.json
python benchmarks/book.py -o $results/book.json
benchmarks/startup.sh
python benchmarks/figures.py
python benchmarks/views.py
