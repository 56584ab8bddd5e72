"""Transcripts of the command: lines of `$ srmgraph …`, each with the output that must follow.

A line `[exit N]` ends the output of a command whose exit code is not 0. A line `…` stands for any
lines. The numbers of rules and of questions are not compared, for they grow, nor are times, sizes
of files, secrets of keys and the folders in which files lie.
"""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_CHANGING = {
    r"\d+ rules": "N rules",
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\+00:00)?)?": "TIME",
    r"file:///\S*/": "file:///",
    r"[\d.,]+ MB": "N MB",
    r"srm_[0-9a-f]{8}_[\w-]{43}": "srm_ID_SECRET",
    r"\b[0-9a-f]{8}\b": "ID",
    r"─+": "─",
    r"  +": "  ",
}


@dataclass(frozen=True)
class Step:
    """One command line and what must come out of it."""

    line: str
    output: str
    code: int


def read(text: str) -> list[Step]:
    """The steps of a transcript."""
    steps = []
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        found = re.search(r"^\[exit (\d+)\]\n?", output, re.MULTILINE)
        code = int(found[1]) if found else 0
        steps.append(Step(line, output[: found.start()] if found else output, code))
    return steps


def run(line: str, folder: Path) -> tuple[str, int]:
    """Output and exit code of a command line, run in a process of its own in *folder*.

    `FILE` after `<` is its standard input. Output and remarks come in the order in which a person
    would see them.
    """
    words, _, source = line.partition(" < ")
    program, *arguments = shlex.split(words)
    assert program in ("srmgraph", "./run"), line
    ran = subprocess.run(
        [sys.executable, "-m", "srmgraph.cli", *arguments],
        cwd=folder,
        input=(folder / source).read_bytes() if source else b"",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "100"},
        timeout=300,
        check=False,
    )
    return ran.stdout.decode(), ran.returncode


def differs(wanted: str, found: str) -> str | None:
    """None where the output is as wanted; else both, for a person to compare."""
    pattern = r"(?:.*\n)*?".join(map(re.escape, re.split(r"^…\n", _tidy(wanted), flags=re.M)))
    return (
        None
        if re.fullmatch(pattern, _tidy(found))
        else f"wanted:\n{_tidy(wanted)}\nfound:\n{_tidy(found)}"
    )


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in text.strip().splitlines())
    text = re.sub(r"There are (?:\d+|N), listed", "There are N, listed", "\n".join(lines))
    for pattern, word in _CHANGING.items():
        text = re.sub(pattern, word, text)
    return text + "\n"
