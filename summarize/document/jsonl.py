"""Rows of JSON Lines: the data that models are trained and measured on."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from summarize.errors import DataError, first_line

LONGEST = 64 * 2**20  # characters of a line, which a small compressed file may hold


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, JSON object) of each non-empty line of a .jsonl, .jsonl.gz or .jsonl.xz.

    Raises DataError, which names the file and the line.
    """
    number = 0
    try:
        with open_text(path) as file:
            while line := file.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST:
                    raise DataError(f"{path}:{number} is longer than {LONGEST >> 20} MiB")
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise DataError(f"{path}:{number} is not a JSON object")
                yield number, row
    except (OSError, EOFError, lzma.LZMAError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(f"can't read {path}: {error}") from None
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise DataError(f"{path}:{number} is not JSON: {first_line(error)}") from None


def open_text(path: Path) -> io.TextIOBase:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")
