"""A mail message to its subject and text: no other headers, signature, or quoted mails."""

from __future__ import annotations

import re
from email import message_from_string, policy
from email.message import EmailMessage

from summarize.errors import DocumentError

SIGNATURE = re.compile(r"^-- ?$.*", re.M | re.S)
QUOTED = re.compile(r"(?:^[^\n]*\b(?:wrote|schrieb|écrit)\s*:\s*\n)?(?:^>[^\n]*(?:\n|\Z))+", re.M)


def to_text(text: str, name: str) -> str:
    try:
        message = message_from_string(text, policy=policy.default)
        assert isinstance(message, EmailMessage)
        part = message.get_body(("plain", "html"))
        body = part.get_content() if part else ""
        subject = str(message["subject"] or "")
    except Exception as error:  # broken encodings and parts
        raise DocumentError(f"{name} is a mail that can't be read: {error}") from None
    if part and part.get_content_type() == "text/html":
        from summarize.formats import convert

        body = convert("html", body, name)
    body = body.replace("\r\n", "\n")
    own = QUOTED.sub("\n", SIGNATURE.sub("", body))
    # An answer of nothing but quotation is that quotation.
    body = own if any(c.isalnum() for c in own) else re.sub(r"^>+ ?", "", body, flags=re.M)
    return f"{subject}\n\n{body}".strip()
