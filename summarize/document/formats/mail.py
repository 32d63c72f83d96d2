"""A mail message to its subject and text: no other headers, signature, or quoted mails."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart

from summarize.errors import DocumentError

# "-- " and a few lines to the end; "--" alone, or more than that, is the writer's own rule.
SIGNATURE = re.compile(r"^-- \n(?:[^\n]*\n){0,10}[^\n]*\Z", re.M)
QUOTED = re.compile(
    r"(?:^[^\n]{0,200}\b(?:wrote|schrieb|écrit) ?:[ \t]*\n)?(?:^>(?!From )[^\n]*\n?)+", re.M
)


def to_text(data: bytes, name: str) -> str:
    try:
        message = message_from_bytes(data.lstrip(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        subject = str(message["subject"] or "")
        body = body_of(message, name)
    except DocumentError:
        raise
    except Exception as error:  # broken parts provoke what they like
        first = " ".join(str(error).split())[:120] or type(error).__name__
        raise DocumentError(f"{name} is a mail that can't be read: {first}") from None
    own = QUOTED.sub("\n", SIGNATURE.sub("", body))
    # An answer of nothing but quotation is that quotation.
    body = own if has_words(own) else re.sub(r"^>+ ?", "", body, flags=re.M)
    return f"{subject}\n\n{body}".strip()


def body_of(message: EmailMessage, name: str) -> str:
    """The plain text, or where that is empty the HTML one."""
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        if part is None:
            continue
        text = decoded(part, name).replace("\r\n", "\n")
        if has_words(text):
            if kind == "plain":
                return text
            from summarize.document.formats import convert

            return convert("html", text, name)
    return ""


def decoded(part: MIMEPart, name: str) -> str:
    """With the charset that the mail names, where that is one and right, else the likeliest."""
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    try:
        return payload.decode(part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeError):
        from summarize.document.read import decode

        return decode(payload, name, None)[0]


def has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)
