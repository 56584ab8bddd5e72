"""What the exchange format allows where, and which relations ArchiMate allows: the rows of
`mappings/archimate-checks.ttl` and `mappings/archimate-relations.ttl`, looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import rdflib
from rdflib import RDF, SH
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.adapters.archimate.language import FOLDER_OF, RELATIONS
from srmgraph.adapters.archimate.mapping import AM
from srmgraph.syntax import Parser, format_of, read_bytes
from srmgraph.terms import triples_to_rdflib

OTHER = "other"
"""What rows call any tag of another namespace."""

KNOWN = {*FOLDER_OF, *RELATIONS}
"""Every type of element and of relation."""

_LISTS = {"element": tuple(FOLDER_OF), "relation": RELATIONS}
_JUNCTIONS = {"AndJunction", "OrJunction"}


@dataclass(frozen=True, slots=True)
class Check:
    """A rule about models; `name` is the last part of its IRI, `severity` one of SHACL."""

    iri: rdflib.URIRef
    name: str
    severity: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Datatype:
    """What a value may be: what matches a pattern, or the identifier of something.

    `among` holds the tags of what it may be the identifier of, `*` for all; it is empty for values
    that refer to nothing. `as_read` is what a value matches that Archi reads as it is meant, where
    that is not all that the format allows.
    """

    pattern: re.Pattern[str]
    among: frozenset[str]
    as_read: re.Pattern[str] | None

    def allows(self, value: str) -> bool:
        """Tell whether a value has the form; white space at its ends plays no part."""
        return bool(self.pattern.fullmatch(value.strip(" \t\r\n") or value))


@dataclass(frozen=True, slots=True)
class Content:
    """What a tag holds: each of `sequences` will do, as tags with how often they are there at
    least and at most (None is any number)."""

    sequences: tuple[tuple[tuple[str, int, int | None], ...], ...]
    any_order: bool
    attributes: dict[str, tuple[Datatype, bool]]
    allows_xml: bool
    text: Datatype | None

    @property
    def is_empty(self) -> bool:
        """Whether not even space may be in it."""
        return self.text is None and not any(self.sequences)


class Grammar:
    """The rows about the exchange format."""

    def __init__(self, rows: rdflib.Graph) -> None:
        self.datatypes = {
            str(rows.value(row, AM.called)): _datatype(rows, row)
            for row in rows.subjects(RDF.type, AM.Datatype)
        }
        self._contents: dict[tuple[str, str], Content] = {}
        general: dict[tuple[str, str], Content] = {}
        for row in rows.subjects(RDF.type, AM.Content):
            content = self._content(rows, row)
            for tag in map(str, rows.objects(row, AM.tag)):
                for name in [*map(str, rows.objects(row, AM.typed))] or [""]:
                    if name in _LISTS:
                        general |= {(tag, type): content for type in _LISTS[name]}
                    else:
                        self._contents[tag, name] = content
        self._contents = general | self._contents
        self.tags = {tag for tag, _ in self._contents}
        self._typed = {tag for tag, type in self._contents if type}

    def content(self, tag: str, type: str) -> Content | None:
        """Return what a tag of a type holds; None for a type that it cannot have."""
        return self._contents.get((tag, type))

    def is_typed(self, tag: str) -> bool:
        """Tell whether what stands in a tag depends on its xsi:type."""
        return tag in self._typed

    def _content(self, rows: rdflib.Graph, row: Node) -> Content:
        attributes = {}
        words = str(rows.value(row, AM.attributes)).split()
        for word in words:
            name, _, kind = word.partition("=")
            if kind:
                attributes[name] = (self.datatypes[kind.rstrip("!")], kind.endswith("!"))
        text = rows.value(row, AM.text)
        return Content(
            tuple(tuple(_items(text)) for text in sorted(map(str, rows.objects(row, AM.children)))),
            rows.value(row, AM.anyOrder) is not None,
            attributes,
            "xml" in words,
            None if text is None else self.datatypes[str(text)],
        )


class Relations:
    """Which relations ArchiMate allows between which types of element."""

    def __init__(self, rows: rdflib.Graph) -> None:
        every = (set(FOLDER_OF) - _JUNCTIONS) | {"Junction", "Relationship"}
        self._allowed: dict[str, set[tuple[str, str]]] = {name: set() for name in RELATIONS}
        for row in rows.subjects(RDF.type, AM.Allowed):
            pairs = self._allowed[str(rows.value(row, AM.relation))]
            sources = _types(rows, row, "from", every)
            targets = _types(rows, row, "to", every)
            pairs |= {(source, target) for source in sources for target in targets}
            pairs |= {(type, type) for type in _types(rows, row, "withinType", every)}

    def allows(self, relation: str, source: str, target: str) -> bool:
        """Tell whether a relation may run from an element or a relation to another.

        A type that is unknown allows nothing.
        """
        return (_end(source), _end(target)) in self._allowed.get(relation, ())


@cache
def grammar() -> Grammar:
    """Return what the exchange format allows."""
    return Grammar(rows("archimate-checks.ttl"))


@cache
def relations() -> Relations:
    """Return which relations ArchiMate 3.2 allows."""
    return Relations(rows("archimate-relations.ttl"))


@cache
def checks() -> dict[str, Check]:
    """Return the rules about models, by name."""
    found = rows("archimate-checks.ttl")
    (advice,) = {p for p in found.predicates() if str(p).endswith("#advice")}
    return {
        name: Check(
            rdflib.URIRef(str(shape)),
            name,
            str(found.value(shape, SH.severity)).removeprefix(str(SH)),
            str(found.value(shape, SH.message)),
            str(found.value(shape, advice)),
        )
        for shape in sorted(found.subjects(RDF.type, SH.NodeShape), key=str)
        for name in [str(shape).rpartition("#")[2]]
    }


@cache
def rows(name: str) -> rdflib.Graph:
    """Return the rows of a file among the mappings; read-only."""
    file = knowledge.ROOT / "mappings" / name
    graph = rdflib.Graph(bind_namespaces="none")
    for triple in triples_to_rdflib(Parser(read_bytes(file), format_of(file), file)):
        graph.add(triple)
    return graph


def _datatype(rows: rdflib.Graph, row: Node) -> Datatype:
    pattern = rows.value(row, AM.pattern)
    listed = [name for key in rows.objects(row, AM.oneOf) for name in _LISTS[str(key)]]
    among = frozenset(map(str, rows.objects(row, AM.among)))
    text = str(pattern) if pattern is not None else "|".join(listed) or "(?s:.*)"
    read = rows.value(row, AM.asRead)
    return Datatype(re.compile(text), among, None if read is None else re.compile(str(read)))


def _items(sequence: str) -> Iterator[tuple[str, int, int | None]]:
    for word in sequence.split():
        least, most = {"?": (0, 1), "*": (0, None), "+": (1, None)}.get(word[-1], (1, 1))
        yield word.rstrip("?*+"), least, most


def _types(rows: rdflib.Graph, row: Node, column: str, every: set[str]) -> set[str]:
    named = {str(name) for name in rows.objects(row, AM[column])}
    others = {str(name) for name in rows.objects(row, AM[f"{column}AllBut"])}
    return named | (every - others if others else set())


def _end(type: str) -> str:
    if type in _JUNCTIONS:
        return "Junction"
    return "Relationship" if type in RELATIONS else type
