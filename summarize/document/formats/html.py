"""HTML: the structure from a walk over the page's elements, the choice of what is not navigation,
advertisement or footer from trafilatura."""

from __future__ import annotations

import logging
import re
from typing import Any

from summarize.document.parts import Part, has_words, of_text, table
from summarize.errors import DocumentError

HIDDEN = {
    *("script", "style", "noscript", "template", "svg", "math", "head", "nav", "footer", "aside"),
    *("iframe", "object", "button", "select", "textarea", "canvas", "audio", "video", "dialog"),
}
BLOCKS = {
    *("address", "article", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt"),
    *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("header", "hr", "html", "legend", "li", "main", "ol", "p", "pre", "section", "summary"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "caption"),
}
MOST_ELEMENTS = 20_000  # that trafilatura is asked about; it needs some 50 microseconds for each
MOST_BYTES = 2 * 2**20
LONG_CELL = 40  # words; a table with longer cells places text on the page
PERMALINK = "¶#§🔗"  # after a heading, for the mouse
BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
RUN = 4  # words in a row by which a part is recognized


def parts(text: str, name: str) -> list[Part]:
    try:
        root, is_whole = parse(text)
        found = [] if root is None else Walk().over(root)
    except Exception as error:  # lxml raises what it likes on broken markup
        first = " ".join(str(error).split())[:120] or type(error).__name__
        raise DocumentError(f"{name} is HTML that can't be read: {first}") from None
    found = [part for part in found if has_words(part.text)]
    if not found:
        reason = "without a text to summarize" if is_whole else "nested too deeply to be read"
        raise DocumentError(f"{name} is HTML {reason}")
    if not is_whole:
        return [*found, Part("note", "read up to where elements are nested too deeply")]
    preformatted = sum(len(part.text) for part in found if part.kind == "code")
    if preformatted > 0.8 * sum(len(part.text) for part in found):  # an RFC, a mail in an archive
        found = [
            piece
            for part in found
            for piece in (of_text(part.text) if part.kind == "code" else [part])
        ]
    if len(text) > MOST_BYTES or sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        return found
    return without_boilerplate(found, text)


def parse(text: str) -> tuple[Any, bool]:
    """The root element, and whether libxml2 came to the end: it gives up on 2,048 levels, or on 256
    unless it is told that the tree may be huge."""
    from lxml import etree

    # A page that names an encoding is text by now, which lxml refuses to believe.
    data = text.replace("\0", "").encode("utf-8", "replace")
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    root = etree.fromstring(data, parser) if data.strip() else None
    return root, all(error.type_name != "ERR_RESOURCE_LIMIT" for error in parser.error_log)


class Walk:
    """Collects parts from the start and end of each element, without recursion."""

    def __init__(self) -> None:
        self.out: list[Part] = []
        self.pieces: list[str] = []
        self.kinds: list[tuple[str, int]] = [("paragraph", 0)]
        self.lists = 0
        self.tables: list[Table] = []
        self.anchors = 0  # links within the page that are open
        self.is_entry = True  # whether all that was read since the last block is in such links

    def over(self, root: Any) -> list[Part]:
        from lxml import etree

        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            tag = element.tag
            if event == "start":
                if tag in HIDDEN or is_hidden(element):
                    # Its tail is read at the end event, which comes in any case.
                    walker.skip_subtree()
                    continue
                if tag in BLOCKS:
                    self.begin(tag)
                elif tag == "br":
                    self.pieces.append("\n")
                elif tag == "a" and element.get("href", "").startswith("#"):
                    self.anchors += 1
                if (text := element.text) and isinstance(tag, str):  # no unexpanded entity
                    self.read(text)
            else:
                if tag in BLOCKS and tag not in HIDDEN:
                    self.finish(tag)
                elif tag == "a" and element.get("href", "").startswith("#"):
                    self.anchors -= 1
                if tail := element.tail:
                    self.read(tail)
        self.flush()
        return self.out

    def read(self, text: str) -> None:
        self.pieces.append(text)
        if self.is_entry and not self.anchors and has_words(text):
            self.is_entry = False

    def begin(self, tag: str) -> None:
        self.flush()
        kind, level = self.kinds[-1]
        if tag in ("ul", "ol"):
            self.lists += 1
        elif tag == "table":
            self.tables.append(Table(self.out))
        elif tag == "tr" and self.tables:
            self.tables[-1].rows.append([])
        elif tag in ("td", "th") and self.tables:
            self.out = self.tables[-1].cell()
        if tag[0] == "h" and tag[1:] in tuple("123456"):
            kind, level = "heading", int(tag[1])
        elif tag in ("li", "dt"):
            kind, level = "item", max(1, self.lists)
        elif tag == "pre":
            kind, level = "code", 0
        elif tag == "blockquote":
            kind, level = "quote", 0
        elif tag in ("td", "th", "dd"):
            kind, level = "paragraph", 0
        self.kinds.append((kind, level))

    def finish(self, tag: str) -> None:
        self.flush()
        if len(self.kinds) > 1:
            self.kinds.pop()
        if tag in ("ul", "ol"):
            self.lists -= 1
        elif tag == "table" and self.tables:
            ended = self.tables.pop()
            self.out = ended.out
            self.out += ended.parts()

    def flush(self) -> None:
        if not self.pieces:
            return
        text = "".join(self.pieces)
        self.pieces = []
        is_entry, self.is_entry = self.is_entry, True
        kind, level = self.kinds[-1]
        if not text or text.isspace() or (kind == "item" and is_entry):  # of a table of contents
            return
        if kind == "code":
            self.out.append(Part(kind, text))
            return
        if kind == "heading":
            text = text.rstrip().rstrip(PERMALINK)
        for paragraph in BLANK_LINE.split(text) if "\n" in text else (text,):
            self.out.append(Part(kind, paragraph, level))
        if kind == "item":  # only its first paragraph begins an item
            self.kinds[-1] = ("paragraph", 0)


class Table:
    def __init__(self, out: list[Part]) -> None:
        self.out = out  # where its parts go
        self.rows: list[list[list[Part]]] = []

    def cell(self) -> list[Part]:
        if not self.rows:
            self.rows.append([])
        self.rows[-1].append([])
        return self.rows[-1][-1]

    def parts(self) -> list[Part]:
        cells = [cell for row in self.rows for cell in row]
        is_layout = any(
            part.kind in ("heading", "table", "code") or len(part.text.split()) > LONG_CELL
            for cell in cells
            for part in cell
        )
        if is_layout:
            return [part for cell in cells for part in cell]
        return [table((" ".join(part.text for part in cell) for cell in row) for row in self.rows)]


def is_hidden(element: Any) -> bool:
    if not element.attrib:
        return False
    return (
        "hidden" in element.attrib
        or element.get("aria-hidden") == "true"
        or "display:none" in element.get("style", "").replace(" ", "")
    )


def without_boilerplate(found: list[Part], text: str) -> list[Part]:
    """Those parts of which trafilatura kept most; short ones that lie between two such."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        main = trafilatura.extract(text, include_comments=False, include_tables=True) or ""
    except Exception:  # whatever an odd page provokes; the walk has read it
        return found
    kept_words = words_of(main)
    runs = set(zip(*(kept_words[i:] for i in range(RUN)), strict=False))
    verdicts = [verdict(words_of(part.text), runs) for part in found]
    if True not in verdicts:
        return found
    last = len(verdicts) - verdicts[::-1].index(True)
    kept, state = [], False
    for part, known in zip(found[:last], verdicts, strict=False):
        state = state if known is None else known
        kept.append((part, state))
    # A heading is kept with anything of its section; other short parts go with what is before.
    chosen: list[Part] = []
    in_section = [False] * 7
    for part, is_kept in reversed(kept):
        if part.kind == "heading":
            is_kept = in_section[part.level]
            in_section[part.level :] = [False] * (7 - part.level)
        elif is_kept:
            in_section = [True] * 7
        if is_kept:
            chosen.append(part)
    return chosen[::-1]


def verdict(words: list[str], runs: set[tuple[str, ...]]) -> bool | None:
    """Whether most of its words were kept; None for a part too short to tell."""
    own = list(zip(*(words[i:] for i in range(RUN)), strict=False))
    if not own:
        return None
    return 2 * sum(run in runs for run in own) >= len(own)


def words_of(text: str) -> list[str]:
    words = ("".join(filter(str.isalnum, word)) for word in text.split())
    return [word for word in words if word]
