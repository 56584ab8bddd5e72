"""How the model meets ArchiMate: the rows of `mappings/archimate.ttl`, looked up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import rdflib
from rdflib import RDF, RDFS, URIRef
from rdflib.collection import Collection

from srmgraph import knowledge
from srmgraph.syntax import Parser, format_of, read_bytes
from srmgraph.terms import Node, triples_to_rdflib

AM = rdflib.Namespace("https://w3id.org/srm/archimate#")
"""The columns of the mapping, and what the RDF of ArchiMate lacks elsewhere."""

ASSOCIATION = "Association"
"""The relation that ArchiMate allows between any two elements."""

_VERSION = "3.2"


@dataclass(frozen=True, slots=True)
class Concept:
    """Instances of a class are drawn as elements of a type, with a specialization."""

    cls: URIRef
    element: str
    specialization: str
    rank: int
    reads: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """Statements of a property are drawn as relations of a type.

    `sources` and `targets` are the types of element between which it may run, from the start of the
    relation to its end; empty for an association, which runs anywhere. `through` is the type of an
    element that stands between, or empty.
    """

    property: URIRef
    relation: str
    sources: frozenset[str]
    targets: frozenset[str]
    reversed: bool
    through: str
    specialization: str
    access: str
    modifier: str
    reads: bool

    def fits(self, subject: str, value: str) -> bool:
        """Tell whether it may be drawn for a statement about elements of these types."""
        source, target = (value, subject) if self.reversed else (subject, value)
        return source in self.sources and target in self.targets


@dataclass(frozen=True, slots=True)
class View:
    """A diagram for each thing of a kind; `select` says what lies in which lane."""

    iri: URIRef
    title: str
    lanes: tuple[str, ...]
    select: str


class Mapping:
    """The rows that hold for the version of ArchiMate that is written."""

    def __init__(self, rows: rdflib.Graph, ontology: rdflib.Graph) -> None:
        self._above = ontology
        self.concepts = {
            concept.cls: concept
            for row in _of_kind(rows, AM.Concept)
            for concept in [_concept(rows, row)]
        }
        self.relations = {
            relation.property: relation
            for row in _of_kind(rows, AM.Relation)
            if _VERSION in map(str, rows.objects(row, AM.version))
            for relation in _relations(rows, row)
        }
        self.views = [_view(rows, row) for row in _of_kind(rows, AM.View)]
        self._kinds: dict[frozenset[Node], Concept | None] = {}
        self._classes: dict[Node, frozenset[Node]] = {}
        self._read = {
            (concept.element, concept.specialization): concept.cls
            for concept in self.concepts.values()
        } | {
            (concept.element, ""): concept.cls
            for concept in self.concepts.values()
            if concept.reads
        }
        self._ends = {
            relation.property: (
                set(ontology.objects(relation.property, RDFS.domain)),
                set(ontology.objects(relation.property, RDFS.range)),
            )
            for relation in self.relations.values()
        }
        self._by_type: dict[str, list[Relation]] = {}
        for relation in self.relations.values():
            if relation.reads:
                self._by_type.setdefault(relation.relation, []).append(relation)

    def concept(self, classes: Iterable[Node]) -> Concept | None:
        """Return how a thing of these classes is drawn, or None if it has no element.

        A class without a row is drawn as the nearest one above it.
        """
        key = frozenset(classes)
        if key not in self._kinds:
            found = [self.concepts[c] for c in key if isinstance(c, URIRef) and c in self.concepts]
            if not found:
                above = {c for k in key for c in self.superclasses(k)}
                found = [
                    self.concepts[c] for c in above if isinstance(c, URIRef) and c in self.concepts
                ]
            self._kinds[key] = min(found, key=lambda c: (c.rank, c.cls), default=None)
        return self._kinds[key]

    def superclasses(self, cls: Node) -> frozenset[Node]:
        """Return a class and all above it."""
        if cls not in self._classes:
            self._classes[cls] = frozenset(
                c for c in self._above.transitive_objects(cls, RDFS.subClassOf) if c is not None
            )
        return self._classes[cls]

    def class_of(self, element: str, specialization: str) -> URIRef | None:
        """Return the class as whose instance an element that others drew is read, if any."""
        return self._read.get((element, specialization)) or self._read.get((element, ""))

    def exact_class(self, element: str, specialization: str) -> URIRef | None:
        """Return the class whose instances are drawn so."""
        return self._read.get((element, specialization)) if specialization else None

    def readings(
        self,
        relation: str,
        subject: tuple[str, Iterable[Node]],
        value: tuple[str, Iterable[Node]],
    ) -> list[Relation]:
        """Return the properties as which a relation that others drew is read.

        `subject` and `value` are the type and the classes of the element at its start and at its
        end. Both must be of the kinds that the property relates.
        """
        return [
            row
            for row in self._by_type.get(relation, ())
            if not row.through and self.relates(row, subject, value)
        ]

    def relates(
        self,
        row: Relation,
        source: tuple[str, Iterable[Node]],
        target: tuple[str, Iterable[Node]],
    ) -> bool:
        """Tell whether a row's relation may run between elements of these types and classes."""
        if source[0] not in row.sources or target[0] not in row.targets:
            return False
        start, end = (target, source) if row.reversed else (source, target)
        domains, ranges = self._ends[row.property]
        kinds = {c for cls in start[1] for c in self.superclasses(cls)}
        others = {c for cls in end[1] for c in self.superclasses(cls)}
        if row.through:
            # Nobody is a consumer before a consumer's role has been given to them.
            return domains <= kinds and bool(others)
        return bool(kinds and others) and domains <= kinds and ranges <= others

    def roles(self, element: str, specialization: str) -> list[Relation]:
        """Return the properties of which an element of this kind may draw a statement."""
        return [
            row
            for row in self.relations.values()
            if row.reads and row.through == element and row.specialization == specialization
        ]


@cache
def rows() -> rdflib.Graph:
    """Return the mapping as it stands in its file; read-only."""
    file = knowledge.ROOT / "mappings" / "archimate.ttl"
    graph = rdflib.Graph(bind_namespaces="none")
    for triple in triples_to_rdflib(Parser(read_bytes(file), format_of(file), file)):
        graph.add(triple)
    return graph


@cache
def mapping() -> Mapping:
    """Return the mapping of the project."""
    return Mapping(rows(), knowledge.ontology())


def _concept(graph: rdflib.Graph, row: Node) -> Concept:
    return Concept(
        URIRef(_text(graph, row, AM["class"])),
        _text(graph, row, AM.element),
        _text(graph, row, AM.specialization),
        int(_text(graph, row, AM["rank"])),
        _is_true(graph, row, AM.reads),
    )


def _relations(graph: rdflib.Graph, row: Node) -> Iterable[Relation]:
    for name in graph.objects(row, AM.property):
        yield Relation(
            URIRef(str(name)),
            _text(graph, row, AM.relation),
            frozenset(map(str, graph.objects(row, AM["from"]))),
            frozenset(map(str, graph.objects(row, AM.to))),
            _is_true(graph, row, AM.reversed),
            _text(graph, row, AM.through),
            _text(graph, row, AM.specialization),
            _text(graph, row, AM.access),
            _text(graph, row, AM.modifier),
            _is_true(graph, row, AM.reads),
        )


def _view(graph: rdflib.Graph, row: Node) -> View:
    lanes = graph.value(row, AM.lanes)
    names = tuple(map(str, Collection(graph, lanes))) if lanes is not None else ()
    title, select = (_text(graph, row, name) for name in (AM.title, AM.select))
    return View(URIRef(str(row)), title, names, select)


def _text(graph: rdflib.Graph, row: Node, column: URIRef) -> str:
    value = graph.value(row, column)
    return "" if value is None else str(value)


def _of_kind(graph: rdflib.Graph, kind: URIRef) -> list[Node]:
    return sorted(graph.subjects(RDF.type, kind), key=str)


def _is_true(graph: rdflib.Graph, row: Node, column: URIRef) -> bool:
    return _text(graph, row, column) == "true"
