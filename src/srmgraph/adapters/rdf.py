"""The formats of RDF: the same statements always give the same text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph
import rdflib

from srmgraph import knowledge
from srmgraph.adapters import compact, rdf_xml, turtle
from srmgraph.garbage import uncollected
from srmgraph.store import Store
from srmgraph.syntax import FORMATS, Format, format_of, write_bytes
from srmgraph.terms import canonical, sorted_lines, triples_to_oxigraph

_OUTSIDE = pyoxigraph.DefaultGraph()


@dataclass(frozen=True, slots=True)
class Statements:
    """Statements that stand in no store, and in no named graph, and their prefixes.

    They are given twice: as objects, and as a text in N-Triples, its lines sorted, which is there
    sooner.
    """

    quads: Iterable[pyoxigraph.Quad]
    text: Callable[[], bytes]
    prefixes: dict[str, str]


def write(
    source: Store | Statements | rdflib.Graph,
    file: Path,
    format: str | None = None,
    without: Collection[rdflib.URIRef] = (),
) -> None:
    """Write statements to a file, in the format told by its ending or by name.

    Formats with named graphs keep them; the others hold the union. The graphs in `without` are left
    out. A file that is there is replaced only when all has been written.

    Raises UnknownFormatError, and InputError for what the format cannot express.
    """
    syntax = format_of(file, format)
    write_bytes(file, serialize(source, syntax.name, without))


@uncollected()
def serialize(
    source: Store | Statements | rdflib.Graph, format: str, without: Collection[rdflib.URIRef] = ()
) -> bytes:
    """Return statements as the text of a format; `write` says how.

    Blank nodes are labelled as `canonical` does.
    """
    syntax = format_of(Path(), format)
    if isinstance(source, Statements) and syntax.name in ("n-triples", "n-quads"):
        text = source.text()
        # What a text says may look so too; then it only takes longer.
        if b"_:" not in text:
            return text
    left_out = {pyoxigraph.NamedNode(name) for name in without}
    dataset = canonical(
        quad if syntax.has_graphs or quad.graph_name == _OUTSIDE else pyoxigraph.Quad(*quad.triple)
        for quad in _quads(source)
        if quad.graph_name not in left_out
    )
    return _text(sorted(dataset, key=str), syntax, _prefixes(source))


def _quads(source: Store | Statements | rdflib.Graph) -> Iterable[pyoxigraph.Quad]:
    if isinstance(source, Statements):
        return source.quads
    if isinstance(source, rdflib.Graph):
        return (pyoxigraph.Quad(*triple) for triple in triples_to_oxigraph(source))
    return source.snapshot().oxigraph


def _prefixes(source: Store | Statements | rdflib.Graph) -> dict[str, str]:
    if isinstance(source, rdflib.Graph):
        own = {prefix: str(namespace) for prefix, namespace in source.namespaces()}
    else:
        own = source.prefixes
    return {
        prefix: namespace
        for prefix, namespace in sorted((knowledge.prefixes() | own).items())
        if prefix and namespace
    }


def _text(quads: list[pyoxigraph.Quad], syntax: Format, prefixes: dict[str, str]) -> bytes:
    if syntax is FORMATS["json-ld"]:
        return compact.text(quads, prefixes).encode()
    if syntax is FORMATS["rdf-xml"]:
        return rdf_xml.text(quads, prefixes).encode()
    if syntax is FORMATS["turtle"] or syntax is FORMATS["trig"]:
        return turtle.text(quads, prefixes).encode()
    return sorted_lines(quads if syntax.has_graphs else (quad.triple for quad in quads))
