"""Mail: one message or several (mbox), the newest first. Subject and text; what is quoted from
another mail is a block of kind "quote"; other headers and the signature are left out.

The headers are read by hand: the library's parser takes time that grows with the square of some
headers, before it can be told how much is enough."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.utils import parseaddr, parsedate_to_datetime

from summarize.document.parts import Part, has_words, of_text
from summarize.errors import DocumentError

LONGEST_HEADER = 2000  # bytes of it that are read
MOST_HEADERS = 1000  # of one message; it goes on with its body
DEEPEST = 8  # parts within parts
MOST_PARTS = 500
SIGNATURE_LINES = 12
BOUNDARY = re.compile(r'\bboundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.I)
CHARSET = re.compile(r"\bcharset\s*=\s*\"?([\w.:+-]{1,40})", re.I)
WROTE = re.compile(r"\b(?:wrote|writes|schrieb|écrit|escribió|scrisse) ?:\s*$")
FORWARDED = re.compile(
    r"\s*(?:-{2,} ?(?:Original Message|Forwarded message|Ursprüngliche Nachricht)\b|"
    r"Begin forwarded message:|_{20,}\s*$)",
    re.I,
)
FORWARDED_HEADER = re.compile(
    r"-{2,} ?(?:Original|Forwarded|Ursprüngliche)|Begin forwarded"
    r"|(?:From|Sent|To|Cc|Subject|Date): ",
    re.I,
)


@dataclass
class Message:
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "text/plain")


def parts(data: bytes, name: str) -> list[Part]:
    try:
        messages = [parse(one) for one in split_mbox(data.replace(b"\r\n", b"\n").lstrip())]
        found: list[Part] = []
        for message in sorted(messages, key=when, reverse=True):
            found += message_parts(message, name, several=len(messages) > 1)
    except DocumentError:
        raise
    except Exception as error:  # broken parts provoke what they like
        first = " ".join(str(error).split())[:120] or type(error).__name__
        raise DocumentError(f"{name} is a mail message that can't be read: {first}") from None
    return found


def split_mbox(data: bytes) -> list[bytes]:
    """Each message of a mailbox begins with a line `From ` after a blank one, then a header."""
    if not data.startswith(b"From "):
        return [data]
    pieces = re.split(rb"\n\n(?=From [^\n]{1,200}\n[A-Z][\w-]{0,50}:)", data)
    return [piece.partition(b"\n")[2] for piece in pieces]


def parse(data: bytes) -> Message:
    """Headers (the first of each name) and body."""
    message = Message()
    place, name = 0, ""
    for _ in range(MOST_HEADERS):
        end = data.find(b"\n", place)
        end = len(data) if end < 0 else end
        line = data[place : min(end, place + LONGEST_HEADER)].decode("utf-8", "replace")
        place = end + 1
        if not line.strip():
            break
        if line[0] in " \t":
            if len(message.headers.get(name, "")) < LONGEST_HEADER:
                message.headers[name] = message.headers.get(name, "") + " " + line.strip()
            continue
        key, _, value = line.partition(":")
        name = key.strip().lower()
        if name in message.headers:
            name = ""  # of two, the first is meant
        else:
            message.headers[name] = value.strip()
    message.body = data[place:]
    return message


def when(message: Message) -> float:
    try:
        return parsedate_to_datetime(message.headers["date"][:100]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError, OSError):
        return 0.0


def readable(header: str) -> str:
    """With its encoded words decoded."""
    try:
        return str(make_header(decode_header(header[:LONGEST_HEADER])))
    except (ValueError, LookupError, AttributeError):
        return header[:LONGEST_HEADER]


def message_parts(message: Message, name: str, several: bool) -> Iterator[Part]:
    speaker = ""
    if several:
        person, address = parseaddr(readable(message.headers.get("from", "")))
        speaker = " ".join((person or address).split())[:80]
    subject = readable(message.headers.get("subject", ""))
    yield Part("heading", subject, 1, speaker)
    leaves = list(leaves_of(message))
    own = [part for leaf in leaves if is_plain(leaf) for part in plain(text_of(leaf, name))]
    if not any(has_words(part.text) for part in own):
        from summarize.document.formats.html import parts as html_parts

        html = [text_of(leaf, name) for leaf in leaves if "text/html" in leaf.content_type.lower()]
        own = [part for page in html if has_words(page) for part in html_parts(page, name)]
    if not any(part.kind != "quote" for part in own):
        # A reply that is nothing but a quotation is that quotation.
        own = [again for part in own for again in of_text(part.text)]
    yield from (part._replace(speaker=speaker) for part in own)


def is_plain(leaf: Message) -> bool:
    return leaf.content_type.lower().startswith(("text/plain", "text;")) and not (
        leaf.headers.get("content-disposition", "").lower().startswith("attachment")
    )


def leaves_of(message: Message) -> Iterator[Message]:
    """The parts of a message that hold no parts, in order. Of a part with an attached mail, that
    mail's."""
    waiting = [(message, 0)]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop()
        kind = part.content_type.lower()
        boundary = BOUNDARY.search(part.content_type)
        if kind.startswith("multipart/") and boundary and depth < DEEPEST:
            mark = b"--" + (boundary[1] or boundary[2]).encode("utf-8", "replace")
            pieces = (b"\n" + part.body).split(b"\n" + mark, MOST_PARTS)[1:]
            inner = [parse(piece.partition(b"\n")[2]) for piece in pieces if piece[:2] != b"--"]
            waiting += [(piece, depth + 1) for piece in reversed(inner)]
        elif kind.startswith("message/rfc822") and depth < DEEPEST:
            waiting.append((parse(part.body), depth + 1))
        else:
            yield part


def text_of(leaf: Message, name: str) -> str:
    """Decoded as the part says, where that is possible, else by the likeliest encoding."""
    from summarize.document.encodings import decode

    data = leaf.body
    encoding = leaf.headers.get("content-transfer-encoding", "").strip().lower()
    if encoding == "base64":
        # What is not of the alphabet is left out, and a cut end made whole.
        clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        try:
            data = base64.b64decode(clean[: len(clean) // 4 * 4 or 4])
        except binascii.Error:
            return ""
    elif encoding == "quoted-printable":
        data = quopri.decodestring(data)
    charset = CHARSET.search(leaf.content_type)
    try:
        text = data.decode(charset[1] if charset else "utf-8")
    except (LookupError, UnicodeError, ValueError):
        text = decode(data, name, None)[0] if data.strip() else ""
    return text.replace("\r\n", "\n")


def plain(text: str) -> list[Part]:
    """The writer's own words and, apart, what is quoted or forwarded."""
    lines = without_signature(text.split("\n"))
    kept: list[str] = []
    is_forwarded = False
    for number, line in enumerate(lines):
        is_forwarded = is_forwarded or bool(FORWARDED.match(line))
        if is_forwarded:
            kept.append(f"> {line}")
        elif line.startswith(">From "):  # which a mailbox may not have at the margin
            kept.append(line[1:])
        elif not announces_quote(lines, number):
            kept.append(line)
    return [
        part._replace(text=unquoted(part.text)) if part.kind == "quote" else part
        for part in of_text("\n".join(kept))
    ]


def unquoted(text: str) -> str:
    """Without the marks, and without the headers of a mail that was forwarded."""
    lines = (line.lstrip("> ") for line in text.split("\n"))
    return "\n".join(line for line in lines if not FORWARDED_HEADER.match(line))


def announces_quote(lines: list[str], number: int) -> bool:
    """ "On Monday Ann wrote:", in one line or two, before a quotation."""
    after = [line for line in lines[number + 1 : number + 4] if line.strip()]
    if WROTE.search(lines[number][-200:]):
        return bool(after) and after[0].startswith(">")
    return (
        len(after) > 1
        and lines[number].startswith(("On ", "Am ", "Le ", "El ", "Il "))
        and WROTE.search(after[0][-200:]) is not None
        and after[1].startswith(">")
    )


def without_signature(lines: list[str]) -> list[str]:
    """`-- ` and a few lines to the end; `--` alone, or more than that, is the writer's own rule."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    lines = lines[:end]
    for back in range(1, min(SIGNATURE_LINES, len(lines)) + 1):
        if lines[-back] == "-- ":
            return lines[:-back]
    return lines
