"""The options that several commands share, each written once: how it is typed, and its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from summarize.commands.summarizing import chosen as chosen

# --- which model, and what it is asked for -----------------------------------------------------

MODEL_HELP = (
    "A model's name, folder or Hugging Face org/name; summarize models lists the names. "
    "Default: attention."
)
Model = Annotated[str | None, typer.Option("-m", "--model", metavar="MODEL", help=MODEL_HELP)]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "-m",
        "--model",
        metavar="MODEL",
        help="Measure this model; repeat it for several. Default: those that ship.",
    ),
]
Style = Annotated[
    str | None,
    typer.Option(
        "--style",
        metavar="[title|tldr]",
        help="Write a title, or a sentence. Default: a title for papers, a sentence otherwise.",
    ),
]
Length = Annotated[
    str | None,
    typer.Option(
        "-l",
        "--length",
        metavar="[short|medium|long]",
        help="One sentence (the default), up to three, or a list with a line for each section.",
    ),
]
Sentences = Annotated[
    int | None, typer.Option("--sentences", metavar="N", help="Summarize in N sentences.")
]
Ratio = Annotated[
    str | None,
    typer.Option("--ratio", metavar="R", help="Keep this share of the sentences: 0.1 or 10%."),
]
MaxWords = Annotated[
    int | None,
    typer.Option(
        "--max-words",
        metavar="N",
        help="Maximum words in a medium (default 80) or long (400) summary.",
    ),
]
Overflow = Annotated[
    str | None,
    typer.Option(
        "--overflow",
        metavar="[select|chunk|truncate]",
        help="For a text longer than the model reads: select its best sentences (the default), "
        "summarize it in chunks, or read only its beginning.",
    ),
]
Long = Annotated[str | None, typer.Option("--long", hidden=True)]  # the old name of --overflow
Mode = Annotated[
    str | None,
    typer.Option(
        "--mode",
        metavar="[auto|abstractive|extractive]",
        help="Write the summary, or quote the text; auto, the default, quotes where the model is "
        "unsure.",
    ),
]

# --- decoding ----------------------------------------------------------------------------------

BeamSize = Annotated[
    int | None,
    typer.Option("--beam-size", metavar="N", help="Hypotheses kept; 1 is greedy and fastest."),
]
MaxTokens = Annotated[
    int | None,
    typer.Option("--max-tokens", metavar="N", help="Longest summary, in tokens (0.7 words each)."),
]
MinTokens = Annotated[
    int | None, typer.Option("--min-tokens", metavar="N", help="Shortest summary, in tokens.")
]
LengthPenalty = Annotated[
    float | None,
    typer.Option("--length-penalty", metavar="X", help="Higher values favor longer summaries."),
]
NoRepeat = Annotated[
    int | None,
    typer.Option(
        "--no-repeat-ngram-size", metavar="N", help="Never repeat N tokens in a row; 0 allows it."
    ),
]
FreeWords = Annotated[
    bool,
    typer.Option(
        "--free-words", help="Allow names, numbers and rare words that are not in the text."
    ),
]
Check = Annotated[
    bool,
    typer.Option("--check", help="List names and numbers in a summary that are not in the text."),
]
FullVocabulary = Annotated[
    bool,
    typer.Option("--full-vocabulary", help="Search every token, not only likely ones; slower."),
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="N", help="Sample where hard attention looks. Other models refuse it."
    ),
]

# --- where the model comes from, and where it runs ---------------------------------------------

Revision = Annotated[
    str | None,
    typer.Option("--revision", metavar="REV", help="Branch, tag or commit of a hub model."),
]
Device = Annotated[
    str | None,
    typer.Option("--device", metavar="[cpu|cuda|mps]", help="Where a transformer runs."),
]
Backend = Annotated[
    str | None,
    typer.Option(
        "--backend",
        metavar="[torch|ctranslate2]",
        help="What runs a transformer. Default: the faster one that is installed.",
    ),
]
AllowPickle = Annotated[
    bool,
    typer.Option(
        "--allow-pickle", help="Load weights that can run code; only if you trust their author."
    ),
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Download nothing (like HF_HUB_OFFLINE=1).")
]

# --- input -------------------------------------------------------------------------------------

Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="NAME", help="Encoding of input that is not UTF-8."),
]
Field = Annotated[
    str | None,
    typer.Option(
        "--field",
        metavar="NAME",
        help="Where the text is in JSON (body, data.0.text), or in each row of JSON Lines or CSV.",
    ),
]

# --- output ------------------------------------------------------------------------------------

Color = Annotated[
    bool | None,
    typer.Option(
        "--color/--no-color", help="Use color and bold on a terminal (NO_COLOR=1 turns them off)."
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print no notices, only errors.")]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="Say what was read and written, and how fast.")
]
JsonLines = Annotated[
    bool, typer.Option("--json", help="Print one JSON object per document, one per line.")
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the result here too.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, one figure per row.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown tables.")]
Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a report page.")]
Png = Annotated[
    Path | None, typer.Option("--png", metavar="FOLDER", help="Write charts to this folder.")
]

# --- measuring ---------------------------------------------------------------------------------

Threads = Annotated[
    int | None,
    typer.Option("--threads", metavar="N", help="Threads for each process. Default: all cores."),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Start over instead of continuing an interrupted run.")
]
