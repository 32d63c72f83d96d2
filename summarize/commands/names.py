"""The names of the commands, and what each is for: read before Typer is imported."""

from __future__ import annotations

# Name -> what `summarize --help` says of it. The module and its function are named alike.
COMMANDS = {
    "attend": "show where each word of a summary came from",
    "batch": "summarize a directory or a corpus, on every core or a cluster",
    "models": "list the models",
    "bench": "measure models on documents with reference summaries",
    "score": "score summaries that any system wrote",
    "scaling": "measure how time and memory grow with the document",
    "report": "make tables, a page or pictures of saved results",
    "train": "train a model on your own documents and summaries",
    "config": "show the settings and where they are kept",
    "completion": "print a completion script for bash, zsh or fish",
}
DEFAULT = "text"
