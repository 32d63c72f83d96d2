"""Files of formats that no library here writes, for tests."""

from __future__ import annotations

import io
import zipfile

BODY = "The boats will be moved on Friday because the harbour is being dredged. Crews were told."


def zipped(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def pdf(text: str = BODY, password: str | None = None, set_apart: float | None = None) -> bytes:
    """A page with a line for each part of the text; written by hand, as pypdf draws no text. Its
    letters are drawn one by one, without spaces, where they are to be so far apart."""
    from pypdf import PdfReader, PdfWriter

    lines = "".join(f"({line}) Tj 0 -14 Td " for line in text.split(". ") if line)
    stream = f"BT /F1 12 Tf 50 750 Td {lines} ET".encode()
    if set_apart is not None:
        stream = b"".join(
            b"BT /F1 12 Tf %f %d Td (%c) Tj ET " % (50 + n * set_apart, 750 - 14 * y, ord(letter))
            for y, line in enumerate(filter(None, text.split(". ")))
            for n, letter in enumerate(line)
            if letter != " "
        )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % p for p in places)
    out += b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start
    if password is None:
        return out
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(out)))
    writer.encrypt(password, algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    return locked.getvalue()
