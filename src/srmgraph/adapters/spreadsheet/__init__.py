"""Spreadsheets: a form to fill in, as a workbook or as a folder of CSV files, and back.

`template` makes the form empty, `write` filled in with a graph, `read` takes it in. A graph that is
written and read is the same graph. `read_described` takes in a CSV file of others, by a description
of its columns. See docs/spreadsheets.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import rdflib
from rdflib import URIRef
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.adapters.spreadsheet import folder, workbook, workbook_writer
from srmgraph.adapters.spreadsheet.csvw import Described
from srmgraph.adapters.spreadsheet.csvw import read as read_described
from srmgraph.adapters.spreadsheet.decode import COMMENT, Decoded
from srmgraph.adapters.spreadsheet.encode import Encoded, encode
from srmgraph.adapters.spreadsheet.form import form
from srmgraph.adapters.spreadsheet.tables import Problem, TableError
from srmgraph.errors import InputError, UnknownFormatError
from srmgraph.garbage import uncollected
from srmgraph.store import Store
from srmgraph.syntax import read_bytes, write_bytes
from srmgraph.terms import to_graph

__all__ = [
    "ENDING",
    "Described",
    "Problem",
    "Sheets",
    "TableError",
    "is_spreadsheet",
    "read",
    "read_described",
    "template",
    "write",
]

ENDING = ".xlsx"
"""How the name of a workbook ends; a name without ending is that of a folder of CSV files."""

_BASE = "https://example.org/"


class Sheets:
    """What sheets state, and where.

    `statements` are those of `graph`, which is made when it is first asked for; `notes` tell what
    was left out.
    """

    def __init__(self, decoded: Decoded) -> None:
        self._decoded = decoded
        self.notes = tuple(decoded.notes)
        self.statements = decoded.statements

    @cached_property
    def graph(self) -> rdflib.Graph:
        """The statements."""
        return to_graph(self.statements)

    def place(self, thing: Node, properties: Iterable[Node] = ()) -> tuple[Path, int, str] | None:
        """Return the file, the row and the words for where one of the properties of a thing has a
        cell, or else the thing itself; None for what has no row."""
        return self._decoded.place(thing, properties)


@uncollected()
def read(source: Path, *, base: str | None = None) -> Sheets:
    """Read a workbook, or a folder of CSV files.

    `base` is with what the IRIs of things begin, where the sheet About does not say it or says it
    otherwise. Raises MissingFileError and ParseError; TableError names each cell that cannot be
    understood.
    """
    if source.is_dir():
        tables = folder.read(source)
    else:
        _refuse_others(source)
        tables = workbook.read(read_bytes(source), source)
    return Sheets(Decoded(tables, form(), base, source))


@uncollected()
def write(
    graph: Store | rdflib.Graph,
    target: Path,
    *,
    base: str | None = None,
    without: Collection[URIRef] = (),
) -> None:
    """Write the statements of a graph as a workbook, or as a folder of CSV files.

    `base` is with what the IRIs of things begin; if it is left out, that of most of them. Named
    graphs become one; those in `without` are left out. Raises InputError.
    """
    longest = workbook_writer.LONGEST if target.suffix.lower() == ENDING else None
    _write(encode(graph, form(), base, without, longest), {}, target)


def template(target: Path, *, base: str | None = None, language: str = "en") -> None:
    """Write the form without anything in it but an example on each sheet.

    `base` and `language` stand on the sheet About. Raises InputError.
    """
    empty = encode(rdflib.Graph(), form(), base or _BASE)
    _write(Encoded(empty.sheets, [], empty.base, language), _examples(), target)


def is_spreadsheet(path: Path) -> bool:
    """Whether a path names a workbook or a folder, there or to be."""
    return path.suffix.lower() in (ENDING, ".xlsm", ".xls", ".ods", "") or path.is_dir()


def _write(encoded: Encoded, examples: Mapping[str, Sequence[str]], target: Path) -> None:
    if target.suffix.lower() == ENDING:
        write_bytes(target, workbook_writer.write(encoded, form(), examples, target))
        return
    _refuse_others(target)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"It cannot be written: {error.strerror}.", target) from error
    for name, content in folder.write(encoded, examples).items():
        write_bytes(target / name, content)


def _refuse_others(path: Path) -> None:
    if path.suffix.lower() not in (ENDING, ""):
        raise UnknownFormatError(
            f"“{path.suffix}” is no ending of a spreadsheet that is known. Save it as {ENDING}, or "
            "as CSV files in a folder.",
            path,
        )


def _examples() -> dict[str, list[str]]:
    """Return the fullest row of each sheet that the worked examples have."""
    found: dict[str, list[str]] = {}
    for file in knowledge.example_files():
        graph = rdflib.Graph().parse(file, format="turtle")
        for written in encode(graph, form()).sheets:
            for row in written.rows:
                best = found.get(written.sheet.title, [])
                own = row[: 2 + len(written.sheet.columns)]
                if sum(map(bool, own)) > sum(map(bool, best)):
                    found[written.sheet.title] = [f"{COMMENT} example: {row[0]}", *own[1:]]
    return found
