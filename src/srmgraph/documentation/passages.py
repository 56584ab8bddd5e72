"""Passages of the project's own Turtle files: what is said of one thing, as it was written.

The files are kept by hand, in sections that tell a story. Documentation follows their order and
shows their text, which no serializer would give back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SECTION = re.compile(r"# ── (?P<title>.+?) ─+\s*")
_SUBJECT = re.compile(r"(?P<name>[\w-]*:[\w-]+)(\s.*)?")


@dataclass(frozen=True, slots=True)
class Passage:
    """What a file says of one thing: `name` is as written, `line` counts from one."""

    name: str
    section: str
    text: str
    file: Path
    line: int


@cache
def passages(file: Path) -> tuple[Passage, ...]:
    """Return the passages of a Turtle file whose subjects are prefixed names, in its order."""
    return tuple(_read(file))


def _read(file: Path) -> Iterator[Passage]:
    section = ""
    lines = file.read_text(encoding="utf-8").splitlines()
    start = 0
    while start < len(lines):
        line = lines[start]
        if heading := _SECTION.fullmatch(line):
            section = heading["title"]
        subject = _SUBJECT.fullmatch(line)
        if subject is None:
            start += 1
            continue
        end = start
        while end < len(lines) and not _ends(lines[end]):
            end += 1
        text = "\n".join(lines[start : end + 1])
        yield Passage(subject["name"], section, text, file, start + 1)
        start = end + 1


def _ends(line: str) -> bool:
    return line.partition(" #")[0].rstrip().endswith(".") and not line.startswith("        ")
