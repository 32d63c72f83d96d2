"""Source code: its docstring or opening comment, and what it defines. That text is prose, and the
rest a block of code."""

from __future__ import annotations

import re

from summarize.document.blocks import guess_blocks
from summarize.document.document import Block
from summarize.document.kinds import Found, counted, has_suffix, head_lines, listed, shortened

LANGUAGES = {
    **{".py": "Python", ".pyi": "Python", ".c": "C", ".h": "C", ".cc": "C++", ".cpp": "C++"},
    **{".hpp": "C++", ".js": "JavaScript", ".mjs": "JavaScript", ".ts": "TypeScript"},
    **{".tsx": "TypeScript", ".jsx": "JavaScript", ".java": "Java", ".go": "Go", ".rs": "Rust"},
    **{".rb": "Ruby", ".pl": "Perl", ".pm": "Perl", ".php": "PHP", ".cs": "C#", ".kt": "Kotlin"},
    **{".swift": "Swift", ".scala": "Scala", ".lua": "Lua", ".sh": "shell", ".bash": "shell"},
    **{".zsh": "shell", ".sql": "SQL", ".css": "CSS", ".yaml": "YAML", ".yml": "YAML"},
    **{".toml": "TOML", ".ini": "INI", ".cfg": "INI", ".cmake": "CMake", ".el": "Emacs Lisp"},
    **{".hs": "Haskell", ".ml": "OCaml", ".ex": "Elixir", ".erl": "Erlang", ".r": "R"},
    **{".jl": "Julia", ".vim": "Vim script", ".awk": "AWK", ".xml": "XML"},
    **{".conf": "Configuration", ".bashrc": "shell", ".bash_profile": "shell"},
}
DATA = {"XML", "YAML", "TOML", "INI", "CSS", "SQL", "Configuration"}  # which define nothing
NAMED = {"makefile": "Make", "gnumakefile": "Make", "dockerfile": "Dockerfile"}
NAMED |= {"containerfile": "Dockerfile", "cmakelists.txt": "CMake", "jenkinsfile": "Groovy"}
# What stands at the top of a file of data.
TOP = {
    "YAML": re.compile(r"^([\w.-]{1,60})\s?:(?=\s|$)", re.M),
    "TOML": re.compile(r"^\[{1,2}([\w.\" -]{1,60})\]{1,2}\s*$", re.M),
    "INI": re.compile(r"^\[([^\[\]\n]{1,60})\]\s*$", re.M),
    "SQL": re.compile(r"^CREATE TABLE (?:IF NOT EXISTS )?[\"`\[]?([\w.]{1,60})", re.M | re.I),
    "Make": re.compile(r"^([\w][\w.-]{0,60})\s?:(?!=)", re.M),
    "Dockerfile": re.compile(r"^FROM\s+(\S{1,100})", re.M | re.I),
}
TOP["Configuration"] = TOP["INI"]
TOLD = {"SQL": "creates", "Make": "makes", "Dockerfile": "from"}
SHEBANG = re.compile(r"#!\s*\S*/(?:env +(?:-S +)?)?(\w+)")
INTERPRETERS = {
    **{"python": "Python", "python3": "Python", "sh": "shell", "bash": "shell", "dash": "shell"},
    **{"zsh": "shell", "perl": "Perl", "ruby": "Ruby", "node": "JavaScript", "awk": "AWK"},
    **{"php": "PHP", "lua": "Lua", "make": "Make"},
}
# How lines of code look, from their start or at their end; prose has few of either.
SIGN = re.compile(
    r"^\s*(?:import [\w.{*]+(?: as \w+|[ ,{}\w]* from .{1,60})?;?$"
    r"|from [\w.]+ import |def \w+\(|class \w+[(:{ ]|func \w|fn \w|package \w+;?$"
    r"|#include\b|#define\b|#if|#endif|using [\w.]+;|public |private |static |const \w"
    r"|let \w|var \w|return\b|if \(|for \(|while \(|else\b|elif |try:|except"
    r"|\w+\(.{0,80}\);?$|@\w+|\}|\{)"
    r"|[;{}]\s*$|^\s*\w[\w.\[\]]* ?[-+:]?= ?\S|^\s*(?:if|for|while|with|def|class)\b.{0,100}:$"
)
COMMENT = re.compile(r"\s*(?:#+!?|//+!?|--+|;+|%+|\"(?!\")|\*(?!/)|/\*+!?|'''|\"\"\")? ?")
MARKS = re.compile(r"^(?:[#;%]+!?|//+|/?\*+/?)\s*")  # not the slash of a path
LINE_MARK = re.compile(r"(?<=\n)[ \t]*(?:[#;%]+!?|//+)(?=[ \t]|\n|$)")
LINE_MARKS = ("#", "//", "--", ";", "%")
CODING = re.compile(r"#.*?(?:coding[:=]|vim?:|-\*-)")
LEGAL = re.compile(
    r"copyright|licen[sc]e|spdx|all rights reserved|warrant(?:y|ies)|\(c\)|file is part of"
    r"|redistribut|permission is hereby|merchantab|applicable law|free software;",
    re.I,
)
# Who wrote it and when, which says nothing of what it does.
CREDIT = re.compile(
    r"[\s#/*;%\"'!@-]*(?:(?:original |main )?authors?|(?:new |current )?maintain(?:er|ed)"
    r"|written by|contributed by|contributors?|created|(?:last )?(?:modified|updated|changed)|date"
    r"|version|e-?mail|\$(?:Id|Header|Revision|Date)|file(?:name)?:)\b",
    re.I,
)
# What init scripts, units of systemd, desktop files, pyproject.toml and others say of themselves.
DESCRIBED = re.compile(
    r"^(?:# Short-Description:|Description=|Comment=|description[ \t]?[=:][ \t]?[\"']?(?![\"']))"
    r"[ \t]*([^\n\"']{8,300})"
    r"|^=head1 NAME[ \t]*\n\s{1,9}([^\n]{8,300})",  # of Perl
    re.M,
)
DOCSTRING = re.compile(r"[ \t]*[rRuU]?(?:\"{3}|'{3})")
DEFINITION = re.compile(
    r"^(?:export |pub |async |public |abstract |final |default )*(?:def|class|func|fn|struct|enum"
    r"|trait|interface|function|sub|module|type)\s+(?:\([^()\n]{0,60}\)\s*)?([A-Za-z_]\w{0,60})",
    re.M,
)
LEAST_LINES = 5
# A line of a configuration file: a comment, a section, a setting. Prose has none of the last two.
CONFIGURED = re.compile(
    r"\s*(?:(?P<comment>#|;|//)|(?P<section>\[{1,2}[\w.:*/@\"' -]{1,80}\]{1,2}$)"
    r"|[\w.*/\"'-]{1,60}(?:\s*=|:\s).{0,200}$|[\w.-]{2,60}(?:[ \t]+[^\s(){};]{1,80}){1,5}$"
    r"|[\"'\]\[{}].{0,200}$)"  # an array over several lines
)
SENTENCE_END = re.compile(r"[a-z]{2}[.!?]$")
LEAST_COMMENTS = 3
LEAST_SETTINGS = 2
CONFIGURED_SHARE = 0.9
LINE = 200  # characters of a line that are looked at
LONGEST_COMMENT = 20_000


def recognize(text: str, name: str) -> Found | None:
    head = head_lines(text)
    if not head:
        return None
    language = language_of(head, name)
    if language is None:
        return None
    spans = opening(text, language)
    kept = [span for span in spans if is_about(text[span[0] : span[1]])]
    if language in ("Python", "Source code"):
        kept = from_docstring(text, kept)
    blocks: list[Block] = []
    for start, end in kept:
        blocks += commented(text, start, end)
    last = max([end for _, end in spans], default=0)
    code_start = last + len(text[last:]) - len(text[last:].lstrip())
    definition = TOP.get(language, DEFINITION)
    is_data = language in DATA and language not in TOP
    names = () if is_data else (found[1] for found in definition.finditer(text))
    defined = [one for one in dict.fromkeys(names) if not one.startswith("_")]
    lines = text.count("\n") + (not text.endswith("\n"))
    told = [without_marks(text[block.start : block.end]) for block in blocks]
    # A name alone says less than the paragraph after it.
    prose = next((one for one in told if " " in one), told[0] if told else "")
    described = DESCRIBED.search(text[:LONGEST_COMMENT])
    is_named = described is not None and described[0].startswith(("Description=", "=head1"))
    if described and (is_named or not prose or prose.startswith("BEGIN INIT INFO")):
        prose = (described[1] or described[2]).strip()
    summary = f"{language}, {counted(lines, 'line')}"
    told_as = TOLD.get(language, "with" if language in TOP else "defines")
    summary += f", {told_as} {listed(defined, 6)}." if defined else "."
    if prose:
        summary = f"{prose}{'' if prose.endswith(('.', '!', '?')) else '.'} ({summary[:-1]}.)"
    facts = {
        "language": language,
        "lines": lines,
        "defines": defined[:100],
        "comment": prose,
        "summary": summary,
    }
    if code_start < len(text.rstrip()):
        blocks.append(Block("code", code_start, len(text.rstrip())))
    return Found("code", facts, tuple(blocks))


def is_about(comment: str) -> bool:
    """Neither the law nor credits. Of lines that are all credits none is left."""
    lines = [line for line in comment.split("\n") if any(map(str.isalpha, line))]
    return not LEGAL.search(comment) and not all(map(CREDIT.match, lines))


def from_docstring(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The docstring's spans; all of them if there is none."""
    for number, (start, _) in enumerate(spans):
        if DOCSTRING.match(text, start) or text[:start].rstrip().endswith(('"""', "'''")):
            return spans[number:]
    return spans


def language_of(head: list[str], name: str) -> str | None:
    """By the name of the file, its first line, or how most of its lines look."""
    shebang = SHEBANG.match(head[0][:LINE])
    if shebang:
        return INTERPRETERS.get(shebang[1], "A script")
    base = name.rpartition("/")[2].lower()
    if base in NAMED:
        return NAMED[base]
    suffix = next((s for s in LANGUAGES if has_suffix(name, s)), None)
    if suffix:
        return LANGUAGES[suffix]
    if head[0].startswith("<?xml"):
        return "XML"
    if is_configuration(head):
        return "Configuration"
    if len(head) < LEAST_LINES:
        return None
    lines = [line[:LINE] for line in head if is_code(line)]
    signs = sum(SIGN.search(line) is not None for line in lines)
    brackets = sum(any(sign in line for sign in "(){}=") for line in lines)
    if len(lines) < LEAST_LINES or signs < 0.6 * len(lines) or brackets < 0.3 * len(lines):
        return None
    return "Source code"


def is_configuration(head: list[str]) -> bool:
    """Sections and settings, or comments and settings and no sentence outside of comments."""
    found = [(line, CONFIGURED.match(line)) for line in (line.rstrip() for line in head)]
    comments = sum(match is not None and match["comment"] is not None for _, match in found)
    sections = sum(match is not None and match["section"] is not None for _, match in found)
    rest = [(line, match) for line, match in found if match is None or match["comment"] is None]
    if comments >= LEAST_LINES and comments >= CONFIGURED_SHARE * len(head):
        return not any(SENTENCE_END.search(line) for line, _ in rest)
    if sections < 1 and comments < LEAST_COMMENTS or len(rest) - sections < LEAST_SETTINGS:
        return False
    if any(SENTENCE_END.search(line) for line, _ in rest):
        return False
    settings = sum(match is not None and match["section"] is None for _, match in rest)
    equals = sum("=" in line for line, match in rest if match and match["section"] is None)
    if comments < LEAST_COMMENTS and 4 * equals < settings:
        return False  # of names and words in brackets, as in notes
    return settings + sections >= CONFIGURED_SHARE * len(rest)


def is_code(line: str) -> bool:
    line = line.lstrip()
    if line.startswith(("#include", "#define", "#if", "#endif")):
        return True
    return not line.startswith((*LINE_MARKS, "*", "/*"))


def opening(text: str, language: str) -> list[tuple[int, int]]:
    """Spans of the comments at the start (parted by blank lines or a lone mark) and, of Python,
    the docstring."""
    has_directives = language in ("C", "C++", "C#")
    spans: list[tuple[int, int]] = []
    offset, start, end = 0, -1, 0
    closing = ""  # of a comment or string over several lines
    for line in text[:LONGEST_COMMENT].splitlines(keepends=True):
        stripped = line.strip()
        bare = stripped
        if offset == 0 and stripped.startswith("#!") or CODING.match(stripped[:LINE]):
            bare = "#"
        elif closing:
            if closing in stripped:
                bare, closing = stripped.replace(closing, ""), ""
        elif stripped[:3] in ('"""', "'''") or stripped[1:4] in ('"""', "'''"):
            mark = stripped[:3] if stripped[:3] in ('"""', "'''") else stripped[1:4]
            rest = stripped[stripped.index(mark) + 3 :]
            closing = "" if mark in rest else mark
        elif stripped.startswith(("/*", "<!--")):
            mark = "*/" if stripped[0] == "/" else "-->"
            closing = "" if mark in stripped else mark
        elif stripped and not stripped.startswith(LINE_MARKS):
            break
        elif has_directives and stripped.startswith("#") and start < 0 and spans:
            break
        elif has_directives and stripped.startswith("#"):
            bare = "#"  # before the comment, or what ends it
        has_text = any(map(str.isalnum, bare)) and bare != "#"
        if has_text:
            start = offset if start < 0 else start
            end = offset + len(line.rstrip())
        elif start >= 0:
            spans.append((start, end))
            start = -1
        offset += len(line)
    if start >= 0:
        spans.append((start, end))
    return spans


def without_marks(comment: str) -> str:
    lines = (MARKS.sub("", line.strip()) for line in comment.split("\n"))
    joined = " ".join(lines).removesuffix("*/").rstrip(": ")
    return shortened(joined.removesuffix('"""').removesuffix("'''").rstrip(), 600)


def commented(text: str, start: int, end: int) -> list[Block]:
    """The paragraph without the marks of a comment at its edges. Marks within stay: a block is one
    span of the text."""
    head = COMMENT.match(text, start, end)
    if head:
        start = head.end()
    for mark in ('"""', "'''", "*/", "-->"):
        if text[start:end].rstrip().endswith(mark):
            end = start + len(text[start:end].rstrip()) - len(mark)
    # A mark at the start of a line is no heading of Markdown.
    inside = LINE_MARK.sub(lambda mark: " " * len(mark[0]), text[start:end].rstrip())
    return [
        block._replace(start=start + block.start, end=start + block.end)
        for block in guess_blocks(inside)
        if block.kind != "code"
    ]
