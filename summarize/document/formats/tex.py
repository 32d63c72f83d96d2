r"""LaTeX to prose, by rules: the abstract and body without preamble, comments, figures, citations.

Mathematics stays as its author wrote it, as it does in the abstracts that the models learned from.
"""

from __future__ import annotations

import re

COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*")
# Of \href{address}{text} and \textcolor{red}{text} the text is what is read.
TWOFOLD = re.compile(r"\\(?:href|textcolor|colorbox)\{[^{}]*\}(?=\{)")
SWITCH = re.compile(r"\{\\(?:em|it|bf|sc|tt|sl|rm|sf|small|large)\b ?([^{}]*)\}")
DROPPED = (
    "figure|table|tikzpicture|equation|align|gather|lstlisting|verbatim|thebibliography|tabular"
)
ENVIRONMENT = re.compile(rf"\\begin\{{({DROPPED})\*?\}}.*?\\end\{{\1\*?\}}", re.S)
SILENT = (
    "cite[a-z]*|ref|eqref|autoref|cref|label|footnote|bibliography|bibliographystyle|input|include"
)
SILENT_COMMAND = re.compile(
    rf"~?\\(?:{SILENT}|thanks|vspace|hspace)\*?(?:\[[^\]\[\n]{{0,200}}\])*\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}}"
)
HEADING = re.compile(
    r"\\(?:chapter|section|subsection|subsubsection|paragraph|title)\*?\{([^{}]*)\}"
)
WRAPPED = re.compile(r"\\[a-zA-Z]+\*?(?:\[[^\]\[\n]{0,200}\])?\{([^{}$]*)\}")
MARK = re.compile(
    r"\\(?:begin|end)\{[^{}]*\}(?:\[[^\]\[\n]{0,200}\])?|\\(?:maketitle|item|noindent|par|tableofcontents)\b"
)
MATH = re.compile(r"\$[^$\n]+\$")


def to_text(text: str, name: str) -> str:
    text = COMMENT.sub(r"\1", text.replace("\r\n", "\n").replace("\0", ""))
    title = re.search(r"\\title\{((?:[^{}]|\{[^{}]*\})*)\}", text)
    body = re.search(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", text, re.S)
    text = body[1] if body else text
    text = ENVIRONMENT.sub("", text)
    text = SILENT_COMMAND.sub("", text)
    text = SWITCH.sub(r"\1", TWOFOLD.sub(r"\\emph", text))
    # Mathematics is put aside, so that the rules below do not take it apart.
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\0{len(kept) - 1}\0"

    text = MATH.sub(keep, text)
    text = HEADING.sub(r"\n\n\1\n\n", text)
    text = MARK.sub("\n", text)
    for _ in range(4):  # emphasis in emphasis
        text = WRAPPED.sub(r"\1", text)
    text = re.sub(r"\\\\(?:\[[^\]\[\n]{0,200}\])?", "\n", text)
    text = re.sub(r"\\([%&_#{}$])", r"\1", text)
    text = text.replace("~", " ").replace("``", "“").replace("''", "”").replace("---", "—")
    text = re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], text)
    heading = WRAPPED.sub(r"\1", title[1]) if title and body else ""
    return f"{heading}\n\n{text}" if heading else text
