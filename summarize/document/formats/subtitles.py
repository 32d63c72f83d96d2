"""Subtitles (SubRip, WebVTT): what is said, in paragraphs that pauses part; no numbers, times and
tags."""

from __future__ import annotations

import re

from summarize.document.parts import Part

CUE = re.compile(
    r"(?:(?P<hours>\d{1,3}):)?(?P<minutes>\d\d):(?P<seconds>\d\d)[.,]\d{3} --> "
    r"(?:(?P<end_hours>\d{1,3}):)?(?P<end_minutes>\d\d):(?P<end_seconds>\d\d)[.,]\d{3}"
)
TAG = re.compile(r"<[^<>\n]{0,100}>|\{\\[^{}\n]{0,100}\}")
HEAD_LINES = 40
PAUSE = 5  # seconds of silence after which a paragraph begins
MOST_LINES = 20  # of a paragraph


def is_subtitles(head: str) -> bool:
    """A time stands in the second line, or in one of the first after WEBVTT."""
    lines = head.lstrip("\ufeff \n").split("\n", HEAD_LINES)
    near = lines[:HEAD_LINES] if lines[0].startswith("WEBVTT") else lines[1:2]
    return any(map(CUE.match, near))


def parts(text: str, name: str) -> list[Part]:
    found: list[Part] = []
    said: list[str] = []
    end = start = 0
    is_cue = False
    for line in text.split("\n"):
        cue = CUE.match(line)
        if cue:
            start = seconds(cue["hours"], cue["minutes"], cue["seconds"])
            if said and (start > end + PAUSE or len(said) >= MOST_LINES):
                found.append(Part("paragraph", " ".join(said)))
                said = []
            end = seconds(cue["end_hours"], cue["end_minutes"], cue["end_seconds"])
        elif is_cue and line.strip():
            said.append(TAG.sub("", line).strip().removeprefix("- "))
        # What follows a blank line is the number of the next cue, or a note.
        is_cue = bool(cue) or (is_cue and bool(line.strip()))
    return [*found, Part("paragraph", " ".join(said))]


def seconds(hours: str | None, minutes: str, rest: str) -> int:
    return 3600 * int(hours or 0) + 60 * int(minutes) + int(rest)
