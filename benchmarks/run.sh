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
ours=(-m lead -m extract -m seq2seq -m attention -m transformer)

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
summarize bench "$data"/general-dev.jsonl.xz "${ours[@]}" \
    --batch-size 8 --processes 2 -o $results/general-dev.json
# Our own documents, one by one, as a user waits for them.
summarize bench "${ours[@]}" -m oracle -o $results/documents.json
# Time and memory, one by one.
summarize bench "$data"/arxiv-dev.jsonl.xz --limit 100 "${ours[@]}" -o $results/one-by-one.json
summarize scaling --repeats 3 -o $results/scaling.json
python benchmarks/peers.py "$data"/arxiv-dev.jsonl.xz "$data"/general-dev.jsonl.xz \
    -o $results/peers.json
python benchmarks/startup.py -o $results/startup.json
python benchmarks/busy.py -o $results/busy.json
python benchmarks/throughput.py --repeats 3 -o $results/throughput.json
python benchmarks/book.py --repeats 1 -o $results/book.json
# What decides: the selector, the reranker, the judge; and what the lexicon keeps out.
python benchmarks/selection.py "$data" --cache build/selection -o $results/selection.json
python benchmarks/rerank.py "$data" --keep -o $results/rerank.json
python benchmarks/judge.py "$data" --keep -o $results/judge.json
python benchmarks/support.py "$data"/arxiv-dev.jsonl.xz "$data"/general-dev.jsonl.xz \
    -o $results/support.json
python benchmarks/support.py "$data"/arxiv-dev.jsonl.xz "$data"/general-dev.jsonl.xz -m smollm2 \
    -n 25 --most-words 200 --batch-size 8 -o $results/support-smollm2.json
python benchmarks/three.py "$data"/general-dev.jsonl.xz -o $results/three.json
python benchmarks/attention.py "$data"/arxiv-dev.jsonl.xz -m attention -m transformer \
    --limit 50 -o $results/attention-dev.json
python benchmarks/long.py "$data"/general-dev.jsonl.xz --longest 100 -o $results/long.json
# Many documents.
python benchmarks/batch.py "$data"/arxiv-train-0.jsonl.xz --limit 20000 -m extract \
    -o $results/batch.json
python benchmarks/kills.py "$data"/arxiv-dev.jsonl.xz --count 50 -o $results/kills.json
# Robustness.
python benchmarks/fuzz_command.py --count 10000
python benchmarks/mutate.py --count 5000
python benchmarks/signals.py --count 200
python benchmarks/figures.py
python benchmarks/views.py
