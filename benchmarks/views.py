"""The pictures of `summarize attend` in the README: terminal, page and matrix, from real runs.

python benchmarks/views.py     # needs Chromium for the picture of the page
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
SAMPLE = "benchmarks/samples/abstract.txt"
ASKED = ("attend", "--style", "tldr", SAMPLE)
WORD = 11  # of the summary, shown on the page


def main() -> None:
    terminal(HERE / "pictures" / "attend-terminal.svg")
    run(*ASKED, "--png", HERE / "pictures" / "attend.png")
    page(HERE / "pictures" / "attend-page.png")


def run(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "summarize", *map(str, arguments)]
    subprocess.run(command, check=True, cwd=HERE.parent)


def terminal(out: Path) -> None:
    """What a terminal of 100 columns shows, colours and all."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "summarize", *ASKED],
        cwd=HERE.parent,
        stdout=slave,
        env={**os.environ, "COLUMNS": "100", "TERM": "xterm-256color"},
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        shown += part
        if not part:
            break
    process.wait()
    console = Console(record=True, width=102, file=open(os.devnull, "w"), color_system="256")
    console.print(Text.from_ansi(shown.decode().replace("\r\n", "\n")))
    svg = console.export_svg(title=f"summarize {' '.join(ASKED)}")
    # The reader's own fixed-width font: nothing is fetched from elsewhere.
    out.write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL), encoding="utf-8")


def page(out: Path) -> None:
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "look.html"
        run(*ASKED, "--html", path)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1000, "height": 620}, offline=True)
        opened.goto(path.as_uri())
        opened.hover(f"#summary .word >> nth={WORD - 1}")
        opened.wait_for_timeout(200)
        opened.screenshot(path=out)
        browser.close()


if __name__ == "__main__":
    main()
