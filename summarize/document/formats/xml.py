"""XML that holds prose (DocBook, RSS, Atom): its elements are taken for those of HTML that mean the
same."""

from __future__ import annotations

from typing import Any

from summarize.document.formats.html import Walk
from summarize.document.parts import Part
from summarize.errors import DocumentError

SAME = {
    **dict.fromkeys(("para", "simpara", "formalpara", "description", "summary", "content"), "p"),
    **dict.fromkeys(("title", "refname"), "h2"),
    **dict.fromkeys(("programlisting", "screen", "literallayout", "synopsis", "code-block"), "pre"),
    **dict.fromkeys(("listitem", "member", "term", "step"), "li"),
    **dict.fromkeys(("itemizedlist", "orderedlist", "variablelist", "simplelist"), "ul"),
    **dict.fromkeys(("item", "channel", "chapter", "sect1", "sect2", "sect3"), "section"),
    **dict.fromkeys(("informaltable", "tgroup"), "table"),
    **{"row": "tr", "entry": "td", "quotation": "blockquote", "emphasis": "em", "info": "head"},
    **dict.fromkeys(("articleinfo", "bookinfo", "guid", "pubDate", "updated", "id"), "head"),
    **dict.fromkeys(("indexterm", "lastBuildDate", "generator", "author", "category"), "head"),
    **dict.fromkeys(("link", "image", "language", "copyright", "managingEditor"), "head"),
}


LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def parts(text: str, name: str) -> list[Part]:
    from lxml import etree

    # What a feed quotes is HTML. Entities are not expanded, as they can grow without end.
    data = text.replace("<![CDATA[", "").replace("]]>", "").replace("\0", "").lstrip()
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(data.encode("utf-8", "replace"), parser)
        if root is None:
            raise ValueError("there is no element")
        rename(root)
        return Walk().over(root)
    except Exception as error:  # lxml raises what it likes on broken markup
        first = " ".join(str(error).split())[:120] or type(error).__name__
        raise DocumentError(f"{name} is XML that can't be read: {first}") from None


def rename(root: Any) -> None:
    is_atom = str(root.tag).endswith("feed")
    own = root.get(LANGUAGE, "en")[:2]
    for element in root.iter():
        if isinstance(element.tag, str):
            if element.get(LANGUAGE, own)[:2] != own:  # a translation of what stands beside it
                element.tag = "head"
                continue
            local = element.tag.rpartition("}")[2].rpartition(":")[2]
            same = SAME.get(local, local.lower())
            element.tag = "section" if is_atom and local == "entry" else same
