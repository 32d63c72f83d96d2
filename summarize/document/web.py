"""Pages of the web to Document. Nothing of a page is run, and nothing else is loaded for it."""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import TYPE_CHECKING

from summarize.document.document import Document
from summarize.document.encodings import check_encoding
from summarize.document.read import from_bytes
from summarize.errors import DocumentError, OptionError, first_line

if TYPE_CHECKING:
    import httpx

LARGEST_PAGE = 16 * 2**20  # bytes, unpacked
SECONDS = 30.0  # for a page and its redirects
REDIRECTS = 5
HEADERS = {"User-Agent": "summarize", "Accept": "text/html, text/plain, application/pdf, */*;q=0.5"}


def fetch(
    url: str, encoding: str | None = None, field: str | None = None, *, offline: bool = False
) -> Document:
    """Raises DocumentError."""
    if offline:
        raise DocumentError(f"{url} is on the network, which --offline forbids; save it to a file")
    if find_spec("httpx") is None:
        raise DocumentError(f'{url} needs httpx; install the extra "web" (README, Install)')
    import httpx

    deadline = time.monotonic() + SECONDS
    try:
        with httpx.Client(headers=HEADERS, timeout=SECONDS / 3) as client:
            data, charset = download(client, url, deadline)
    except httpx.TimeoutException:
        raise DocumentError(
            f"{url} does not respond; try again later, or save it to a file"
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise DocumentError(f"can't read {url}: {first_line(error)}") from None
    return from_bytes(data, url, encoding or usable(charset, data), field)


def download(client: httpx.Client, url: str, deadline: float) -> tuple[bytes, str | None]:
    """The body, and the encoding that the server names. Redirects are followed by hand: not from
    https to http, nor to any other scheme."""
    import httpx

    here = httpx.URL(url)
    for _ in range(REDIRECTS + 1):
        with client.stream("GET", here) as answer:
            if answer.is_redirect and "location" in answer.headers:
                there = here.join(answer.headers["location"])
                if there.scheme not in ("https", here.scheme):
                    raise DocumentError(f"{url} leads to {there}, which is not followed")
                here = there
                continue
            if answer.is_error:
                reason = f"{answer.status_code} {answer.reason_phrase}".strip()
                raise DocumentError(f"can't read {url}: the server says {reason}")
            return body(answer, url, deadline), answer.charset_encoding
    raise DocumentError(f"{url} redirects more than {REDIRECTS} times")


def body(answer: httpx.Response, url: str, deadline: float) -> bytes:
    """At most LARGEST_PAGE bytes, by the deadline: a server may also be slow on purpose."""
    data = bytearray()
    for part in answer.iter_bytes():
        data += part
        if len(data) > LARGEST_PAGE:
            limit = LARGEST_PAGE >> 20
            raise DocumentError(f"{url} is larger than {limit} MiB; save it to a file first")
        if time.monotonic() > deadline:
            raise DocumentError(f"{url} takes longer than {SECONDS:.0f} s; save it to a file first")
    return bytes(data)


def usable(charset: str | None, data: bytes) -> str | None:
    """The encoding that the server names, unless it is unknown or wrong."""
    if charset is None:
        return None
    try:
        check_encoding(charset)
        data.decode(charset)
    except (OptionError, UnicodeError):
        return None
    return charset
