"""Title or sentence: which style suits a text."""

from __future__ import annotations

from summarize.document.document import Document
from summarize.models.base import Capabilities
from summarize.models.papers import is_paper
from summarize.options import Options


def style_for(document: Document, options: Options, capabilities: Capabilities) -> str | None:
    """The style asked for; else, of a model that knows both, a title for abstracts and papers and
    a sentence for everything else."""
    if options.style is not None or not {"title", "tldr"} <= set(capabilities.styles):
        return options.style or capabilities.default_style
    if capabilities.default_style is None:  # it writes without a style, too
        return None
    return "title" if options.is_short and is_paper(document) else "tldr"
