"""Every picture and table of benchmarks/README.md, of README.md and of the model cards, from the
committed results and nothing else.

    python benchmarks/figures.py          # draw and write them
    python benchmarks/figures.py --check  # fail if a table is not what the results say

A table stands on its page between two comments, and is replaced there:

    <!-- table: results/arxiv-test.json | Quality -->
    <!-- end -->
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from summarize.evaluation.result import result_of
from summarize.files import write_bytes, write_text
from summarize.views.pictures import pictures, to_png
from summarize.views.report import write_html
from summarize.views.tables import Table, markdown_table, tables

HERE = Path(__file__).parent
# Picture -> the result that it shows.
DRAWN = {
    "rouge-by-length": "results/arxiv-test-written.json",
    "quality-speed": "results/one-by-one.json",
    "time-by-length": "results/scaling.json",
    "memory-by-length": "results/scaling.json",
}
PAGES = (HERE / "README.md", HERE.parent / "README.md")
CARDS = tuple(sorted((HERE.parent / "summarize" / "checkpoints").glob("*/MODEL_CARD.md")))
MARKED = re.compile(r"(<!-- table: (\S+) \| (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def read(name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((HERE / name[name.index("results") :]).read_text("utf-8"))
    return values


def table_of(name: str, title: str, page: Path) -> str:
    """The table of this result whose title begins so; under it how it was measured, which other
    pages than the benchmarks' own say by a link."""
    result = read(name)
    own = {"Training": training_table, "Long": long_table, "Below": below_table}
    own |= {"Titles": titles_table, "Lengths": lengths_table, "Start": start_table}
    own |= {"Instead": instead_table, "Looked": looked_table, "Book": book_table}
    own |= {"Peers": peers_table, "Reranker": reranker_table, "Judge": judge_table}
    own |= {"Support": support_table, "Batch": batch_table}
    own |= {"Sentences": sentences_table, "Judged sentences": judged_sentences_table}
    own |= {"Variants": variants_table, "Judged lines": judged_table, "Held out": held_out_table}
    every = [own[title](result)] if title in own else tables(result_of(result))
    chosen = next(table for table in every if table.title.startswith(title))
    if page.parent != HERE:
        return f"{markdown_table(chosen)}\n"
    return f"{markdown_table(chosen)}\n\n{measured(result, name)}\n"


def measured(result: dict[str, Any], name: str) -> str:
    """Command, date, machine, versions."""
    used = result["environment"]
    versions = ", ".join(f"{k} {v}" for k, v in used["versions"].items())
    return (
        f"<sub>[{name}]({name}): `{result['command']}`, {result['date']}, {used['cpu']}, "
        f"{used['threads']} thread(s) a process; {versions}"
        + (f"; `{result['signature']}`" if "signature" in result else "")
        + "</sub>"
    )


def training_table(result: dict[str, Any]) -> Table:
    """Of the ablation: what each kind of attention learned from the same pairs, and its speed."""
    rows = []
    for name, facts in result["training"].items():
        scores = result["models"][name]["scores"]
        first = scores["rouge1"]["f1"]
        rows.append(
            [
                name,
                f"{facts['parameters'] / 1e6:.2f} M",
                f"{facts['dev_loss']:.2f}",
                f"{first['mean']:.1f} ({first['low']:.1f}-{first['high']:.1f})",
                *(f"{scores[kind]['f1']['mean']:.1f}" for kind in ("rouge2", "rougeL")),
                f"{facts['pairs_per_second']:.0f}",
            ]
        )
    headings = ["attention", "parameters", "dev loss", "ROUGE-1 (95 %)", "ROUGE-2", "ROUGE-L"]
    return Table("Training", [*headings, "pairs/s"], rows)


def variants_table(result: dict[str, Any]) -> Table:
    """What each change to the network learned in the same CPU time."""
    rows = []
    for name, facts in result["variants"].items():
        row = [name, f"{facts['parameters'] / 1e6:.1f} M", f"{facts['pairs']:,}"]
        for scores in facts["dev"].values():
            three = "/".join(f"{scores[kind]:.1f}" for kind in ("rouge1", "rouge2", "rougeL"))
            row += [f"{scores['nats_a_word']:.2f}", three]
        rows.append(row)
    files = next(iter(result["variants"].values()))["dev"]
    named = (Path(file).name.partition(".")[0] for file in files)
    scored = [heading for file in named for heading in (f"{file}, nats a word", "ROUGE-1/2/L")]
    return Table("Variants", ["", "parameters", "pairs", *scored], rows)


def interval(value: dict[str, Any]) -> str:
    return f"{value['mean']:.1f} ({value['low']:.1f}-{value['high']:.1f})"


def long_table(result: dict[str, Any]) -> Table:
    """What is read of a long document: its best sentences, all of it in chunks, its beginning."""
    if all("answers" in found for found in result["sets"].values()):
        return overflow_table(result)
    rows = []
    for label, found in result["sets"].items():
        low, high = found["tokens"]
        for name, values in found["models"].items():
            model, _, long = name.partition(", ")
            change = found["chunk - truncate"][model]["rouge1"]
            rows.append(
                [
                    f"{label}: {found['documents']} of {low:,} to {high:,} tokens",
                    name,
                    interval(values["rouge1"]),
                    *(f"{values[kind]['mean']:.1f}" for kind in ("rouge2", "rougeL")),
                    f"{change['difference']:+.1f}, p = {change['p']:.3f}"
                    if long == "chunk"
                    else "",
                    f"{values['seconds']['median']:.2f}",
                    f"{100 * values['read']:.0f} %",
                ]
            )
    headings = ["documents", "model", "ROUGE-1 (95 %)", "ROUGE-2", "ROUGE-L", "R-1 to truncate"]
    return Table("Long", [*headings, "s each", "read"], rows)


def overflow_table(result: dict[str, Any]) -> Table:
    rows = []
    for label, found in result["sets"].items():
        low, high = found["words"]
        for name, values in found["answers"].items():
            change = values["to truncate"]
            shown = f"{change['difference']:+.1f}, p = {change['p']:.3f}"
            rows.append(
                [
                    f"{label}: {found['documents']} of {low:,} to {high:,} words",
                    name,
                    interval(values["rouge1"]),
                    *(f"{values[kind]['mean']:.1f}" for kind in ("rouge2", "rougeL")),
                    "" if name.endswith("truncate") else shown,
                    f"{1000 * values['seconds']:,.0f}",
                    f"{100 * values['share read']:.0f} %",
                ]
            )
    if found := result.get("documentation files"):
        low, high = found["words"]
        label = f"documentation files: {found['documents']} of {low:,} to {high:,} words"
        for name, values in found["answers"].items():
            cost = [f"{1000 * values['seconds']:,.0f}", f"{100 * values['share read']:.0f} %"]
            rows.append([label, name, "", "", "", "", *cost])
    headings = ["documents", "answer", "ROUGE-1 (95 %)", "ROUGE-2", "ROUGE-L", "Δ to truncate"]
    return Table("Long", [*headings, "ms/document", "read"], rows)


def below_table(result: dict[str, Any]) -> Table:
    """Which documents a model is unsure of."""
    rows = [
        [kind, str(found["documents"]), f"{100 * found['share']:.1f} %"]
        for kind, found in result["below"].items()
    ]
    return Table("Below", ["documents", "how many", f"below {result['threshold']}"], rows)


def instead_table(result: dict[str, Any]) -> Table:
    """What could be given instead of what was written."""
    found = {name: part for name, part in result["instead"].items() if part["documents"]}
    names = list(next(iter(found.values()))["rouge"])
    rows = [
        [
            name,
            str(part["documents"]),
            *(
                interval(part["rouge"][n]) if n == names[0] else f"{part['rouge'][n]['mean']:.1f}"
                for n in names
            ),
        ]
        for name, part in found.items()
    ]
    return Table("Instead", ["documents", "how many", *names], rows)


def looked_table(result: dict[str, Any]) -> Table:
    """Attention on the places where the same word stands, against chance."""
    rows = [
        [
            name,
            str(found["documents"]),
            f"{interval(found['attention_on_the_same_word'])} %",
            f"{interval(found['chance'])} %",
            f"{found['extra_time']['median']:.2f}",
        ]
        for name, found in result["models"].items()
    ]
    headings = ["model", "documents", "attention on the same word", "chance"]
    return Table("Looked", [*headings, "time of attend, summarize 1"], rows)


def book_table(result: dict[str, Any]) -> Table:
    """Seconds and memory of a whole process as the text grows."""
    rows = [
        [
            f"{cell['words']:,}" + (" on one line" if cell["lines"] == 1 else ""),
            f"{cell['seconds']['median']:.1f}",
            f"{cell['peak_memory_bytes'] / 2**20:,.0f}",
        ]
        for cell in result["sizes"]
    ]
    return Table("Book", ["words", "seconds", "MiB"], rows)


def peers_table(result: dict[str, Any]) -> Table:
    """Our RNN beside engines that run the transformer, alone and in batches; its ROUGE with the
    shortlist and with the full search, on each data set."""
    every = result["results"]
    timed = next(iter(every.values()))
    rows = []
    for name, values in timed.items():
        row = [name]
        for way in ("one by one", "together"):
            ratio = values.get(f"ours / this, {way}")
            row.append(f"{values[f'{way}, ms a document']:.0f}")
            row.append(f"{ratio['ratio']:.2f}" if ratio else "")
        scores = [f"{found[name]['rouge']['rouge1']:.1f}" for found in every.values()]
        rows.append([*row, *scores])
    headings = ["engine", "ms, one by one", "ours / this", "ms, in batches", "ours / this"]
    scored = [f"ROUGE-1, {name}" if len(every) > 1 else "ROUGE-1" for name in every]
    return Table("Peers", [*headings, *scored], rows)


FAULTS = (
    *("unsupported", "plain: no part of the text", "plain: no stem of the text"),
    *("unbalanced", "unfinished", "small letter at the start"),
)


def support_table(result: dict[str, Any]) -> Table:
    """Summaries with a fault of each kind, and ROUGE."""
    rows = []
    for data, every in result["results"].items():
        for name, found in every.items():
            if not isinstance(found, dict) or "documents" not in found:
                continue
            scores = [found["rouge"][kind]["mean"] for kind in ("rouge1", "rouge2", "rougeL")]
            faults = [str(found[fault]) for fault in FAULTS]
            rows.append([f"{stem(data)}, {name}", str(found["documents"]), *faults, three(scores)])
    return Table("Support", ["dev data", "documents", *FAULTS, "ROUGE-1/2/L"], rows)


def stem(name: str) -> str:
    return name.split(".", 1)[0]


def sentences_table(result: dict[str, Any]) -> Table:
    """Three sentences: ours, the first three, LexRank, TextRank."""
    rows = []
    for part, found in result["parts"].items():
        for name, values in found["systems"].items():
            difference = values.get("ours - this", {}).get("rouge1")
            rows.append(
                [
                    f"{part} ({found['documents']})",
                    name,
                    interval(values["rouge1"]),
                    *(f"{values[kind]['mean']:.1f}" for kind in ("rouge2", "rougeL")),
                    f"{difference['difference']:+.1f}, p = {difference['p']:.3f}"
                    if difference
                    else "",
                    f"{values['words']:.0f}",
                    f"{result['cpu_ms_per_document'][name]:.0f}",
                ]
            )
    headings = ["reference (documents)", "system", "ROUGE-1 (95 %)", "ROUGE-2", "ROUGE-L"]
    return Table("Sentences", [*headings, "R-1, ours - this", "words", "CPU ms"], rows)


def judged_sentences_table(result: dict[str, Any]) -> Table:
    rows = [
        [name, str(result["better"][name]), *(f"{v:.2f}" for v in means.values())]
        for name, means in result["means"].items()
    ]
    marks = list(next(iter(result["means"].values())))
    return Table("Judged sentences", ["system", "better", *marks], rows)


def judged_table(result: dict[str, Any]) -> Table:
    """Who did what: verdicts on lines that were written."""
    verdicts = ("faithful", "attribution", "swapped", "negation", "invented", "nothing said")
    rows = []
    for name, found in result.items():
        if isinstance(found, dict) and "lines" in found:
            lines = max(1, found["lines"])
            wrong = found["lines"] - found.get("faithful", 0)
            counts = [str(found.get(verdict, 0)) for verdict in verdicts]
            rows.append([name, str(found["lines"]), *counts, f"{100 * wrong / lines:.0f} %"])
    return Table("Judged lines", ["lines", "written", *verdicts, "faulty"], rows)


def held_out_table(result: dict[str, Any]) -> Table:
    """Two checkpoints on sources that training never saw."""
    rows = []
    for style, found in result["styles"].items():
        means, all_rows = found["mean of the sources"], found["ROUGE-1 over all rows, now - before"]
        documents = sum(source["documents"] for source in found["sources"].values())
        rows.append(
            [
                {"title": "titles", "tldr": "descriptions"}[style],
                f"{len(found['sources'])} ({documents})",
                three(means["before"]),
                three(means["now"]),
                f"{all_rows['difference']:+.1f} ({all_rows['low']:.1f} to {all_rows['high']:.1f})",
            ]
        )
    headings = ["style", "sources (documents)", "release 0.1", "now", "Δ ROUGE-1, all documents"]
    return Table("Held out", headings, rows)


def batch_table(result: dict[str, Any]) -> Table:
    """Documents a second and memory, by what ran them."""
    rows = [
        [
            way if way == "ray" else f"{way} process" + ("es" if way != "1" else ""),
            f"{found['documents']:,}",
            f"{found['documents_per_second']:,.0f}",
        ]
        for way, found in result["ways"].items()
    ]
    return Table("Batch", ["engine", "documents", "documents/s"], rows)


def three(values: list[float]) -> str:
    return "/".join(f"{value:.1f}" for value in values)


def reranker_table(result: dict[str, Any]) -> Table:
    """The hypothesis that the search puts first, the reranker's, and the best of the beam."""
    names = ("search", "reranker", "best of the beam")
    rows = [
        [label, str(found["documents"]), *(three(found[name]) for name in names)]
        for label, found in result["dev"].items()
    ]
    return Table("Reranker", ["dev data, ROUGE-1/2/L", "documents", *names], rows)


def judge_table(result: dict[str, Any]) -> Table:
    """What is written, what is chosen, and what the judge gives."""
    rows = [
        [
            label,
            str(found["documents"]),
            *(three(found[name]) for name in ("written", "chosen", "auto")),
            f"{100 * found['share written']:.0f} %",
        ]
        for label, found in result["dev"].items()
    ]
    headings = ["dev data, ROUGE-1/2/L", "documents", "always write", "always quote", "auto"]
    return Table("Judge", [*headings, "share written"], rows)


WHAT = {
    "lead": "`lead`, the first sentence",
    "extract": "`extract`, the best sentence",
    "attention": "`attention`, the default",
    "transformer": "`transformer`, a T5 of that size",
}


def titles_table(result: dict[str, Any]) -> Table:
    """Papers beside everything else. Without attention nothing worth a row is written."""
    general = read("results/general-dev.json")["models"]
    rows = []
    for name, model in result["models"].items():
        if name in WHAT:
            found = [model, general.get(name)]
            cells = [
                f"{interval(m['scores']['rouge1']['f1'])} / "
                + " / ".join(f"{m['scores'][k]['f1']['mean']:.1f}" for k in ("rouge2", "rougeL"))
                if m
                else ""
                for m in found
            ]
            rows.append([WHAT[name], *cells])
    return Table("Titles", ["ROUGE-1 (95 %) / 2 / L", "papers", "everything else"], rows)


def lengths_table(result: dict[str, Any]) -> Table:
    table = next(t for t in tables(result_of(result)) if t.title.startswith("ROUGE-1 by words"))
    headings = ["words of the abstract", "documents", *(f"`{h}`" for h in table.headings[2:])]
    return Table("Lengths", headings, table.rows)


def start_table(result: dict[str, Any]) -> Table:
    """Whole processes, medians."""
    rows = [
        [
            f"`python -c '{name}'`" if name.startswith("import") else f"`{name}`",
            f"{found['wall_ms'] / 1000:.2f}",
            f"{found['wall_of_import_torch']:.2f}",
            f"{found['peak_memory_mib']:.0f}",
        ]
        for name, found in result["processes"].items()
        if name in ("import torch", "summarize --help", "summarize FILE")
    ]
    return Table("Start", ["command", "seconds", "beside `import torch`", "peak MiB"], rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--html", type=Path, help="write the whole report to this file too")
    arguments = parser.parse_args()
    for page in (*PAGES, *CARDS):
        text = page.read_text(encoding="utf-8")
        fresh = MARKED.sub(lambda m, page=page: m[1] + table_of(m[2], m[3], page) + m[4], text)
        if arguments.check and fresh != text:
            print(f"{page} is not what the results say; run: python benchmarks/figures.py")
            return 1
        if fresh != text:
            write_text(page, fresh)
    if arguments.check:
        return 0
    for name, source in DRAWN.items():
        _, figure = pictures(result_of(read(source)))[name]
        write_bytes(HERE / "pictures" / f"{name}.png", to_png(figure))
    if arguments.html:
        write_html([result_of(read(n)) for n in dict.fromkeys(DRAWN.values())], arguments.html)
    return 0


if __name__ == "__main__":
    sys.exit(main())
