"""How the verbs are told what to do: arguments that several of them share."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import NoReturn, Protocol

from srmgraph.errors import ParameterError

DONE, DOES_NOT_CONFORM, NOT_UNDERSTOOD, DEFECT = 0, 1, 2, 70
"""What the command ends with."""

ANSWER_FORMATS = ("table", "csv", "tsv", "json", "xml")
GRAPH_FORMATS = ("turtle", "n-triples", "n-quads", "trig", "rdf-xml", "json-ld")
_REPORT_FORMATS = ("text", "turtle", "json", "jsonl", "junit", "sarif", "html")
_SEVERITIES = ("violation", "warning", "info")
STORE = "SRMGRAPH_STORE"
"""The environment variable that names the store."""

_FORMATS_HELP = (
    "Turtle, TriG, N-Triples, N-Quads, RDF/XML or JSON-LD, told by the ending, also packed (.gz)"
)


class Arguments(argparse.ArgumentParser):
    """A parser whose errors are a sentence and where to read on, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end."""
        sentence = f"{message[:1].upper()}{message[1:]}"
        self.exit(NOT_UNDERSTOOD, f"{sentence}. See: {self.prog} --help\n")


class AddVerb(Protocol):
    """Adds a verb and returns its parser; `run` is to be set as default."""

    def __call__(self, name: str, help: str, more: str = "", add_help: bool = True) -> Arguments:
        """Add the verb `name`; `help` is one line, `more` is told when the verb is asked for."""


def files(parser: argparse.ArgumentParser, many: str = "+") -> None:
    """Let a verb take files, at least one or, with `*`, none."""
    parser.add_argument(
        "files", type=Path, nargs=many, metavar="FILE", help=f"{_FORMATS_HELP}; - is standard input"
    )
    input_format(parser)


def data(parser: argparse.ArgumentParser) -> None:
    """Let a verb be about files or about a store."""
    parser.add_argument("--data", type=Path, nargs="+", metavar="FILE", help=_FORMATS_HELP)
    input_format(parser)
    store(parser)
    parser.add_argument(
        "--revision", type=int, metavar="N", help="ask the store as it was in that revision"
    )


def input_format(parser: argparse.ArgumentParser) -> None:
    """Let a verb be told the format of its files."""
    parser.add_argument(
        "--input-format", choices=GRAPH_FORMATS, help="of the files, in place of their endings"
    )


def store(parser: argparse.ArgumentParser) -> None:
    """Let a verb be about a store."""
    parser.add_argument(
        "--store",
        metavar="STORE",
        help=f"a folder, or the address of a SPARQL service ({STORE} if it is set)",
    )


def report(parser: argparse.ArgumentParser) -> None:
    """Let a verb be told how its report is written, and what is in it."""
    parser.add_argument(
        "--format", choices=_REPORT_FORMATS, default="text", help="how the report is written"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the report there")
    parser.add_argument(
        "--fail-on",
        choices=_SEVERITIES,
        default="violation",
        help="exit with 1 from this severity on (violation)",
    )
    parser.add_argument(
        "--show", choices=_SEVERITIES, default="info", help="leave out what is milder (info)"
    )
    parser.add_argument(
        "--limit", type=count, default=10, metavar="N", help="results shown for one rule (10)"
    )


def author(parser: argparse.ArgumentParser) -> None:
    """Let a verb be told who makes a change."""
    parser.add_argument("--author", default="", metavar="NAME", help="who is told in the history")


def needed_store(options: argparse.Namespace) -> str:
    """Return the store that a verb cannot do without; raises ParameterError."""
    named: str | None = options.store or os.environ.get(STORE)
    if not named:
        raise ParameterError(f"Name the store with --store FOLDER, or set {STORE}.")
    return named


def count(text: str) -> int:
    """Read a number of things."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"“{text}” is no number of results")
    return int(text)


def seconds(text: str) -> float:
    """Read a time in seconds."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    # Neither infinity nor what is no number.
    if not 0 < found < 1e9:
        raise argparse.ArgumentTypeError(f"“{text}” is no number of seconds")
    return found
