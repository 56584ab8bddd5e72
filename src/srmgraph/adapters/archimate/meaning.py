"""What elements and relations that others drew mean in the terms of the model.

It follows from what is kept of their drawing, so it is never written down beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from rdflib import RDF, URIRef

from srmgraph.adapters.archimate.mapping import Mapping as Rows
from srmgraph.adapters.archimate.mapping import Relation
from srmgraph.adapters.archimate.model import Part
from srmgraph.terms import Node, Statement

ASSIGNMENT = "Assignment"
"""The relation by which a party is joined to the role that it plays."""

Ends = Mapping[str, tuple[str, Collection[Node]]]
"""The type and the classes of each element, by its identifier."""


def specialization(part: Part, names: Mapping[str, str]) -> str:
    """Return the specialization of an element, or nothing; `names` are those of properties."""
    for prop in part.properties:
        if names.get(prop.definition) == "Specialization" and prop.values:
            return prop.values[0][1]
    return ""


def kind_of_element(
    part: Part, iri: URIRef, rows: Rows, names: Mapping[str, str]
) -> Iterator[Statement]:
    """Return, if there is one, the statement that says of which class an element is read."""
    cls = rows.class_of(part.type, specialization(part, names))
    if cls is not None:
        yield iri, RDF.type, cls


def meaning_of_relations(
    relationships: Iterable[Part],
    roles: Iterable[Part],
    ends: Ends,
    iri_of: Callable[[str], URIRef],
    rows: Rows,
    names: Mapping[str, str],
) -> set[Statement]:
    """Return what relationships say, alone or by way of elements that may stand between two.

    `roles` are the elements that may do so.
    """
    found: set[Statement] = set()
    into: dict[str, list[Part]] = {}
    for part in relationships:
        source, target = part.attributes["source"], part.attributes["target"]
        into.setdefault(target, []).append(part)
        if source in ends and target in ends:
            for row in rows.readings(part.type, ends[source], ends[target]):
                found.add(statement(row, iri_of(source), iri_of(target)))
    for role in roles:
        for row in rows.roles(role.type, specialization(role, names)):
            arriving = into.get(role.identifier, ())
            found.update(
                statement(row, iri_of(start), iri_of(end))
                for start, end in pairs(row, arriving)
                if start in ends and end in ends and rows.relates(row, ends[start], ends[end])
            )
    return found


def pairs(row: Relation, arriving: Iterable[Part]) -> Iterator[tuple[str, str]]:
    """Return the ends that relationships to an element between them join: start and end."""
    arriving = list(arriving)
    starts = [part.attributes["source"] for part in arriving if part.type == row.relation]
    ends = [part.attributes["source"] for part in arriving if part.type == ASSIGNMENT]
    return ((start, end) for start in starts for end in ends)


def statement(row: Relation, source: URIRef, target: URIRef) -> Statement:
    """Return the statement that a relation from `source` to `target` draws."""
    subject, value = (target, source) if row.reversed else (source, target)
    return subject, row.property, value
