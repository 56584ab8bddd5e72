"""What workers do with the files that people drop: read them, check them, and load them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph
from rdflib import URIRef
from rdflib.term import Node

from srmgraph.adapters import archimate, spreadsheet
from srmgraph.change import Change
from srmgraph.errors import InputError, UnknownFormatError
from srmgraph.store import EmbeddedStore
from srmgraph.syntax import FORMATS
from srmgraph.validation import Report, locate, placed, validate
from srmgraph_api import jobs
from srmgraph_api.jobs import Desk, Made, Refused, Terms
from srmgraph_api.pages import reports
from srmgraph_api.pages.reports import Told

ENDINGS = tuple(
    f".{ending}"
    for ending in (
        *(ending for format in FORMATS.values() for ending in format.endings),
        "xlsx",
        *(ending.removeprefix(".") for ending in archimate.FORMATS.values()),
    )
)
"""The endings of files that can be read."""

_HEAD = 4096

Locate = Callable[[Report], Report]


@dataclass(frozen=True)
class Checked:
    """What a file states, as N-Quads; the report on it alone; what was left out, as sentences.

    `graphs` are those that the file itself names.
    """

    quads: bytes
    statements: int
    graphs: tuple[str, ...]
    report: Told
    notes: tuple[str, ...]


def check(desk: Desk, name: str, content: bytes, base: str) -> Checked:
    """Read a file of a plain name by its ending, and check what it states.

    Relative IRIs in RDF are relative to `base`. Raises InputError.
    """
    with tempfile.TemporaryDirectory() as folder:
        # Messages name the file as its owner knows it.
        file = Path(folder) / name
        file.write_bytes(content)
        try:
            store, notes, locate_in = _read(file, base)
        except InputError as error:
            error.message = error.message.replace(f"{file}:", "").strip()
            raise
        report = locate_in(validate(store, exclusive=True))
    notes = [note.replace(f"{file}:", "").strip() for note in notes]
    quads: bytes | None = store.oxigraph.dump(format=pyoxigraph.RdfFormat.N_QUADS)
    graphs = tuple(str(graph) for graph in store.graphs() if graph is not None)
    return Checked(quads or b"", len(store), graphs, reports.told(report), tuple(notes))


def load(desk: Desk, terms: Terms, file: Path, graph: str) -> Made | Refused:
    """Let what a file states (N-Quads, whatever its ending) be all that its graphs hold."""

    def make(change: Change) -> bool:
        is_new = not change.store.has_graph(URIRef(graph))
        change.load(file, "n-quads", URIRef(graph), has_places=False)
        return is_new

    return jobs.made(desk, terms, f"loaded {file.name}", make)


def _read(file: Path, base: str) -> tuple[EmbeddedStore, list[str], Locate]:
    store, ending = EmbeddedStore(), file.suffix.lower()
    content = file.read_bytes()
    if ending == spreadsheet.ENDING:
        sheets = spreadsheet.read(file)
        store.add(sheets.graph)
        return store, list(sheets.notes), lambda report: _in_cells(report, sheets)
    if ending in archimate.FORMATS.values() and not _is_rdf(content, ending):
        drawn = archimate.parse(content, Path(file.name))
        store.add(drawn.graph)
        return store, [str(note) for note in drawn.loss_report], lambda report: report
    format = next((f.name for f in FORMATS.values() if ending[1:] in f.endings), "")
    if ending == ".xml":
        format = "rdf-xml"
    if not format:
        raise UnknownFormatError(
            f"The ending “{ending}” is not known here. Known are: {', '.join(ENDINGS)}."
            if ending
            else f"A file without ending tells no format. Known are: {', '.join(ENDINGS)}."
        )
    store.parse(content, format, base=base)
    return store, [], lambda report: locate(report, store, [file], format)


def _is_rdf(content: bytes, ending: str) -> bool:
    return ending == ".xml" and b"rdf:RDF" in content[:_HEAD]


def _in_cells(report: Report, sheets: spreadsheet.Sheets) -> Report:
    """Say of results in which cells they are."""

    def place(thing: Node, properties: Iterable[Node]) -> tuple[Path, int, str] | None:
        found = sheets.place(thing, properties)
        if found is None:
            return None
        where, row, words = found
        return where, row, words.removeprefix(f"{where}: ")

    return placed(report, place)
