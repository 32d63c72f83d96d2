"""What release 0.1 printed for the same files: benchmarks/kinds/before.json.

    git archive e6b70e7 | tar x -C RELEASE
    python benchmarks/kinds/before.py RELEASE

Runs the code and the weights of that folder on the files that before.json lacks. Release 0.1 read
no compressed files and no sources of manual pages: it gets files unpacked, and manual pages as
`man` shows them.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def listed() -> list[tuple[str, str, Path]]:
    """Kind, name and path of each file; as run.py does it, without this tree's package."""
    found = []
    for line in [
        line
        for file in ("files.txt", "more.txt", "fresh.txt")
        for line in (HERE / file).read_text(encoding="utf-8").splitlines()
    ]:
        if line and not line.startswith("#"):
            kind, name = line[:17].strip(), line[17:].strip()
            path = Path(name.replace("{stdlib}", sysconfig.get_paths()["stdlib"]))
            found.append((kind, name, path if path.is_absolute() else HERE / path))
    return found


def unpacked(kind: str, path: Path, folder: str) -> str:
    if path.suffix != ".gz":
        return str(path)
    target = os.path.join(folder, path.stem)
    if kind == "manual page":
        plain = {**os.environ, "MANWIDTH": "80", "MANPAGER": "cat", "LC_ALL": "C.UTF-8"}
        shown = subprocess.run(["man", "-l", str(path)], capture_output=True, env=plain, check=True)
        data = shown.stdout
    else:
        data = gzip.decompress(path.read_bytes())
    Path(target).write_bytes(data)
    return target


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    import summarize
    from summarize import load_summarizer

    assert Path(summarize.__file__).is_relative_to(Path(sys.argv[1]).resolve())
    documents: Any = __import__("summarize.documents", fromlist=["read"])  # moved since 0.1
    model = load_summarizer("attention")
    kept = HERE / "before.json"
    outputs = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, name, path in listed():
            if name in outputs or not path.exists():
                continue
            try:
                text = documents.read(unpacked(kind, path, folder)).text
                summary = model.summarize([text])[0]
                output, mode = summary.text, summary.mode
            except summarize.SummarizeError as error:
                output, mode = str(error).replace(str(path), name), "error"
            outputs[name] = {"output": " ".join(output.split()), "mode": mode}
            print(name, outputs[name], flush=True)
            text = json.dumps(outputs, indent=1, ensure_ascii=False) + "\n"
            kept.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
