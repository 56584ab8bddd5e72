"""ArchiMate both ways: the exchange format of The Open Group and the files of Archi.

`write` draws a graph; `read` reads what any tool has drawn. A graph that is written and read is the
same graph, and a file that is read and written says the same.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Set
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import pyoxigraph
import rdflib
from rdflib import URIRef

from srmgraph import knowledge
from srmgraph.adapters.archimate import encode as encoding
from srmgraph.adapters.archimate import (
    exchange,
    kept,
    legal,
    native,
    notation,
    package,
    tables,
    views,
)
from srmgraph.adapters.archimate.blank import labelled
from srmgraph.adapters.archimate.decode import Note, decode
from srmgraph.adapters.archimate.mapping import mapping
from srmgraph.adapters.archimate.model import Model, Property
from srmgraph.errors import InputError, ParseError, UnknownFormatError
from srmgraph.garbage import uncollected
from srmgraph.store import EmbeddedStore, Store
from srmgraph.syntax import read_bytes, write_bytes
from srmgraph.terms import Statement, sorted_lines, to_graph, triples_to_oxigraph

__all__ = [
    "FORMATS",
    "Imported",
    "Note",
    "draw",
    "parse",
    "read",
    "serialize",
    "write",
    "write_tables",
]

FORMATS = {"exchange": ".xml", "archi": ".archimate", "bundle": ".zip"}
"""The formats that can be written and read, with the endings by which they are told."""


class Imported:
    """What a model says.

    `loss_report` tells, in the order of the file, what could not be kept and what somebody should
    look at.
    """

    def __init__(
        self, facts: set[Statement], kept: set[Statement], loss_report: Iterable[Note]
    ) -> None:
        self._facts = facts
        self._kept = kept
        self.loss_report = tuple(sorted(loss_report))

    @cached_property
    def facts(self) -> rdflib.Graph:
        """What is in the terms of the project, or was written here."""
        return _graph(self._facts)

    @cached_property
    def kept(self) -> rdflib.Graph:
        """What has no other form, as RDF of ArchiMate: elements of other kinds, views, folders."""
        return _graph(self._kept)

    @cached_property
    def graph(self) -> rdflib.Graph:
        """Facts and what is kept, as one graph."""
        return _graph(self._facts | self._kept)


def read(
    file: Path, *, base: str | None = None, key: str = "", largest: int | None = None
) -> Imported:
    """Read a model from a file: exchange XML, a file of Archi, or a zip that holds one.

    Elements that were written here keep their IRIs. Others get one that begins with `base`, by
    default a URN made of the model's identifier; it ends with the value of the property called
    `key`, where an element has one, else with the element's identifier. More than `largest` bytes,
    in the file or in the zip, are refused; 256 million unless a number is given.

    Raises MissingFileError, and ParseError with the line, also for XML with a document type.
    """
    return parse(read_bytes(file), file, base=base, key=key, largest=largest)


@uncollected()
def parse(
    content: bytes,
    file: Path | None = None,
    *,
    base: str | None = None,
    key: str = "",
    largest: int | None = None,
) -> Imported:
    """Read a model from the bytes of a file; `read` says how."""
    opened = package.open_package(content, file, largest)
    header = opened.model.header
    known, before = _manifest(opened.entries.get(package.MANIFEST))
    decoded = decode(opened.model, mapping(), base or kept.default_base(header), key, known)
    notes = list(decoded.notes)
    notes += [Note(0, name, "This entry of the zip is left out.") for name in opened.left_out]
    facts = decoded.facts
    residual = opened.entries.get(package.RESIDUAL)
    if residual is not None:
        facts |= _residual(residual, before, {str(s) for s, _, _ in facts}, facts, file)
    return Imported(facts, decoded.kept, notes)


def write(
    source: Store | rdflib.Graph,
    file: Path,
    format: str | None = None,
    *,
    name: str = encoding.NAME,
    without: Collection[URIRef] = (),
) -> None:
    """Write a graph as a model, in the format told by its ending or by name: one of `FORMATS`.

    The same graph always gives the same bytes. The graphs of a store in `without` are left out. A
    file that is there is replaced only when all has been written.

    Raises UnknownFormatError, and InputError for a file that cannot be written.
    """
    if format is None:
        found = [name for name, ending in FORMATS.items() if ending == file.suffix.lower()]
        if not found:
            endings = ", ".join(FORMATS.values())
            raise UnknownFormatError(
                f"“{file.name}” does not tell its format. Give it one of these endings: {endings}.",
                file,
            )
        format = found[0]
    write_bytes(file, serialize(source, format, name=name, without=without))


@uncollected()
def serialize(
    source: Store | rdflib.Graph,
    format: str = "exchange",
    *,
    name: str = encoding.NAME,
    without: Collection[URIRef] = (),
) -> bytes:
    """Return a graph as the bytes of a file; `write` says how."""
    if format not in FORMATS:
        raise UnknownFormatError(
            f"“{format}” is no format of ArchiMate. Known are {', '.join(FORMATS)}."
        )
    model = draw(source, name=name, without=without)
    if format == "archi":
        return native.write(model)
    legal.make_legal(model)
    content = exchange.write(model)
    return _bundle(model, content) if format == "bundle" else content


@uncollected()
def write_tables(
    source: Store | rdflib.Graph,
    folder: Path,
    *,
    name: str = encoding.NAME,
    without: Collection[URIRef] = (),
) -> list[Path]:
    """Write the three CSV files by which Archi updates an open model; return their paths.

    They are only written: what Archi exports as CSV lacks views, so its models are read as XML.
    The folder is made if it is not there. Raises InputError where nothing can be written.
    """
    model = draw(source, name=name, without=without)
    legal.make_legal(model)
    paths = [folder]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in tables.write(model).items():
            paths.append(folder / file)
            paths[-1].write_bytes(content)
    except OSError as error:
        raise InputError(f"It cannot be written: {error.strerror}.", paths[-1]) from error
    return paths[1:]


def draw(
    source: Store | rdflib.Graph | Set[Statement],
    *,
    name: str = encoding.NAME,
    without: Collection[URIRef] = (),
    language: str | None = None,
) -> Model:
    """Return the model of a graph, with its views.

    `language` is that of names that say none; by default the one that most names have.
    """
    encoded = encoding.encode(
        statements(source, without), mapping(), knowledge.prefixes(), name, language
    )
    model = encoded.model
    there = {view.identifier for view in model.views}
    store = EmbeddedStore()
    facts = triples_to_oxigraph(encoded.facts)
    store.write((pyoxigraph.Quad(*triple) for triple in facts), len(encoded.facts))
    index = views.Index(model)
    for row in mapping().views:
        lanes: dict[str, dict[int, set[str]]] = {}
        for found in store.select(row.select):
            about, lane, thing = (found[name] for name in ("view", "lane", "thing"))
            if about in encoded.elements and thing in encoded.elements:
                lane_of = lanes.setdefault(encoded.elements[about], {})
                lane_of.setdefault(int(str(lane)), set()).add(encoded.elements[thing])
        for subject in sorted(lanes):
            view = views.draw(row, subject, lanes[subject], index)
            if view.identifier not in there:
                names = [("", views.digest(view))]
                view.properties.append(Property(model.definition(notation.VIEW), names))
                model.views.append(view)
    legal.prune(model)
    return model


# ── Bundles ─────────────────────────────────────────────────────────────────────────────────────


def _bundle(model: Model, content: bytes) -> bytes:
    names = model.property_names()
    residual: list[Statement] = []
    things: dict[str, dict[str, str]] = {}
    for part in (model.header, *model.elements):
        for prop in part.properties:
            name = names[prop.definition]
            for _, text in prop.values:
                if name == notation.STATEMENTS:
                    residual += notation.read_statements(text)
                elif name == notation.IRI:
                    digest = sha256(repr((part.type, part.names, part.properties)).encode())
                    things[text] = {
                        "id": part.identifier,
                        "type": part.type,
                        "hash": digest.hexdigest()[:32],
                    }
    manifest = {"profile": notation.PROFILE_1, "elements": dict(sorted(things.items()))}
    return package.pack(
        {
            package.MODEL: content,
            package.RESIDUAL: sorted_lines(triples_to_oxigraph(residual)),
            package.MANIFEST: (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode(),
        }
    )


def _manifest(content: bytes | None) -> tuple[dict[str, URIRef], set[str]]:
    """Return the IRIs that a manifest gives to identifiers, and all IRIs in it."""
    if content is None:
        return {}, set()
    try:
        elements = json.loads(content)["elements"]
        known = {str(about["id"]): URIRef(iri) for iri, about in elements.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ParseError(
            f"The {package.MANIFEST} in this zip is none that was written here: {error}."
        ) from error
    return known, {str(iri) for iri in known.values()}


def _residual(
    content: bytes,
    before: set[str],
    now: set[str],
    facts: set[Statement],
    file: Path | None,
) -> set[Statement]:
    """Return what a bundle says beside the model, without what was said of elements now gone."""
    try:
        found = set(notation.read_statements(content.decode()))
    except ValueError as error:
        raise ParseError(
            f"The {package.RESIDUAL} in this zip cannot be read: {error}.", file
        ) from error
    texts = {
        statement
        for statement in found
        if statement[1] in (rdflib.RDFS.label, rdflib.RDFS.comment) and str(statement[0]) in now
    }
    gone = {statement for statement in found if str(statement[0]) in before - now}
    # Names and documentation have been compared with what the tool shows.
    return found - texts - gone


# ── Statements ──────────────────────────────────────────────────────────────────────────────────


def statements(
    source: Store | rdflib.Graph | Set[Statement], without: Collection[URIRef] = ()
) -> set[Statement]:
    """Return what a graph says, or a store without some of its graphs.

    Blank nodes have labels that tell what is said of them.
    """
    if isinstance(source, rdflib.Graph | Set):
        found: set[Statement] = set(source)
    else:
        found = set(source.graph())
        for graph_name in without:
            found -= set(source.graph(graph_name))
    return labelled(found)


def _graph(statements: Iterable[Statement]) -> rdflib.Graph:
    graph = to_graph(statements)
    for prefix, namespace in knowledge.prefixes().items():
        graph.bind(prefix, namespace)
    return graph
