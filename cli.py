"""Launcher for a clone: `python cli.py FILE` is `summarize FILE`."""

from summarize.cli import main

if __name__ == "__main__":
    main()
