"""What goes into a store and comes out of it as graphs: the same for every kind of store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import compress
from pathlib import Path
from typing import Any, TypeAlias

import pyoxigraph
import rdflib

from srmgraph import knowledge
from srmgraph.errors import InputError
from srmgraph.garbage import uncollected
from srmgraph.store.protocol import LoadProgress
from srmgraph.syntax import Parser, format_of, read_bytes
from srmgraph.terms import to_oxigraph, triples_to_rdflib

OUTSIDE = pyoxigraph.DefaultGraph()
"""The graph of the statements that are in no named graph."""

OUTSIDE_NAME = "urn:x-srmgraph:default"
"""What the default graph is called where only a name will do, as in the datasets of the SPARQL
protocol."""

Names: TypeAlias = dict[pyoxigraph.BlankNode, pyoxigraph.BlankNode]
"""What blank nodes of a file are called in a store."""

_LINES = pyoxigraph.RdfFormat.N_TRIPLES


def of_file(file: Path, format: str | None, progress: LoadProgress | None) -> Parser:
    """Return the statements of a file.

    Raises MissingFileError and UnknownFormatError, and ParseError when the statements are read.
    """
    file = Path(file)
    # What is not there is told before what its name says.
    content = read_bytes(file)
    return Parser(content, format_of(file, format), file, _context, progress=progress)


def of_text(text: str | bytes, format: str, base: str | None) -> Parser:
    """Return the statements of a text, whose relative IRIs are relative to `base`.

    Raises UnknownFormatError, and ParseError when the statements are read.
    """
    content = text.encode() if isinstance(text, str) else text
    return Parser(content, format_of(Path(), format), None, _context, base)


def with_own_blank_nodes(
    statements: Iterable[pyoxigraph.Quad],
    label: str,
    target: pyoxigraph.NamedNode | pyoxigraph.DefaultGraph,
    names: Names | None = None,
) -> Iterator[pyoxigraph.Quad]:
    """Number blank nodes in their order in the file: apart from others', the same in each run.

    *names* are those that they have already.
    """
    names = {} if names is None else names

    def own(term: Any) -> Any:
        if type(term) is not pyoxigraph.BlankNode:
            return term
        if term not in names:
            names[term] = pyoxigraph.BlankNode(f"{label}{len(names) + 1}")
        return names[term]

    for quad in statements:
        subject, value = quad.subject, quad.object
        graph = target if quad.graph_name == OUTSIDE else own(quad.graph_name)
        yield pyoxigraph.Quad(own(subject), quad.predicate, own(value), graph)


def fill(engine: pyoxigraph.Store, text: bytes, names: Names) -> None:
    """Fill the engine with N-Triples, of whose blank nodes the names are known."""
    lines = text.splitlines(keepends=True)
    may_name = [b"_:" in line for line in lines]
    others = b"".join(line for line, may in zip(lines, may_name, strict=True) if not may)
    engine.bulk_load(others, format=_LINES)
    # The engine would call blank nodes as it likes.
    named = pyoxigraph.parse(b"".join(compress(lines, may_name)), format=_LINES)
    with uncollected():
        engine.bulk_extend(with_own_blank_nodes(named, "", OUTSIDE, names))


def remember(parser: Parser, prefixes: dict[str, str], namespaces: dict[str, set[str]]) -> None:
    """Add the prefixes that a parser has met to those that a store knows."""
    for prefix, namespace in parser.prefixes.items():
        prefixes[prefix] = namespace
        namespaces.setdefault(prefix, set()).add(namespace)


def graph_name(name: rdflib.URIRef | None) -> pyoxigraph.NamedNode | pyoxigraph.DefaultGraph:
    """Return the name of a graph as the engine has it; raises InputError for what is no IRI."""
    if name is None:
        return OUTSIDE
    node = to_oxigraph(name)
    if not isinstance(node, pyoxigraph.NamedNode):
        raise InputError(f"A graph is named by an IRI, not by {name!r}.")
    return node


def filled(
    triples: Iterable[pyoxigraph.Triple | pyoxigraph.Quad], prefixes: dict[str, str]
) -> rdflib.Graph:
    """Return a graph of statements, with these prefixes and those of the project."""
    graph = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in (knowledge.prefixes() | prefixes).items():
        graph.bind(prefix, namespace, replace=True)
    for triple in triples_to_rdflib(triples):
        graph.add(triple)
    return graph


def _context(iri: str) -> dict[str, Any] | None:
    return knowledge.context() if iri == knowledge.context_iri() else None
