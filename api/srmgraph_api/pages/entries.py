"""What a form for a thing holds, what was typed into it, and the statements that this means.

Which fields there are comes from the form for spreadsheets, and so from the ontology and the rules.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

import pyoxigraph
from rdflib import OWL, RDF, RDFS, BNode, Literal, URIRef
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.adapters.spreadsheet import cells
from srmgraph.adapters.spreadsheet.cells import CellError
from srmgraph.adapters.spreadsheet.form import Column, Sheet, form
from srmgraph.adapters.spreadsheet.references import References
from srmgraph.store import EmbeddedStore
from srmgraph.store.intake import graph_name
from srmgraph.terms import to_oxigraph, to_rdflib
from srmgraph_api.pages.answers import told_apart
from srmgraph_api.pages.work import Term

MOST_CHOICES = 2000
"""How many things a list offers; others can be written by their names all the same."""

SCHEMES = ("http://", "https://", "urn:")
"""With what the IRIs begin that people write as they are, where others stand in angle brackets."""

_SUBJECTS = 1000
_NAMELESS = "_:"


@dataclass(frozen=True)
class Entry:
    """What was typed: of which kind a thing is, where it is kept, and the lines of each field.

    `thing` is empty for a new one. `seen` is the revision that the form showed; `base` begins the
    IRIs of things in a graph that has none yet.
    """

    slug: str
    thing: str
    kind: str
    graph: str
    language: str
    seen: int
    base: str
    lines: dict[str, list[str]] = field(default_factory=dict)


class FaultsError(Exception):
    """What was typed cannot be understood: why, by field; the empty one is for the whole."""

    def __init__(self, faults: dict[str, str]) -> None:
        self.faults = faults
        super().__init__(faults)


@cache
def sheets() -> Mapping[str, Sheet]:
    """Return the kinds of things that can be entered, by the last part of their address."""
    return {sheet.slug: sheet for sheet in form().sheets}


def sheet_for(classes: Iterable[str]) -> Sheet | None:
    """Return the sheet for a thing of these classes: the one for the narrowest of them."""
    found = {sheet for cls in classes if (sheet := form().sheet_of(URIRef(cls))) is not None}
    return max(found, key=lambda sheet: (len(sheet.kinds), sheet.slug), default=None)


def plain(text: str) -> str:
    """Return a text as a browser sends it back."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def group(column: Column) -> str:
    """Return a name for what a column may relate: columns of one group offer the same things."""
    return " ".join(sorted(sheet.slug for sheet in form().sheets_near(column.range)))


class Reading:
    """What a store says of one thing, and of those that it may be related to.

    Where there are graphs in `scope`, all others are left out.
    """

    def __init__(self, store: EmbeddedStore, scope: list[str]) -> None:
        self._store = store
        self._scope = set(scope)
        self._choices: dict[str, tuple[Term, ...]] = {}

    def stated(self, thing: str, column: Column) -> dict[Node, list[str]]:
        """Return the values of a property with the graphs that state them, "" for none."""
        return self._values(thing, column.property)

    def types(self, thing: str) -> dict[Node, list[str]]:
        """Return the classes that a thing is stated to have, with the graphs that state it."""
        return self._values(thing, RDF.type)

    def choices(self, column: Column) -> tuple[Term, ...]:
        """Return the things that a column may relate, no two with the same text."""
        name = group(column)
        if name not in self._choices:
            roots = [sheet.cls for sheet in form().sheets_near(column.range)]
            self._choices[name] = told_apart(self._things(roots))
        return self._choices[name]

    def written(self, value: Node, column: Column) -> str:
        """Return what stands in a field for a value."""
        if isinstance(value, Literal):
            return str(value)
        if isinstance(value, BNode):
            return f"{_NAMELESS}{value}"
        if value in column.codes:
            return str(value)
        known = (one.text for one in self.choices(column) if one.iri == str(value))
        return next(known, f"<{value}>")

    def meant(self, text: str, column: Column, language: str) -> Node:
        """Return the value that was typed; raises CellError."""
        if not column.is_thing:
            return cells.literal(text, column.datatype, language)
        if column.codes:
            if URIRef(text) not in column.codes:
                raise CellError(f"“{cells.shortened(text)}” is not on the list.")
            return URIRef(text)
        listed = next((one.iri for one in self.choices(column) if one.text == text), None)
        if listed is not None:
            return URIRef(listed)
        explicit = cells.explicit(f"<{text}>" if text.startswith(SCHEMES) else text)
        if isinstance(explicit, URIRef):
            return explicit
        named = self._named(text)
        if len(named) == 1:
            return named[0]
        if named:
            several = ", ".join(f"<{one}>" for one in named[:5])
            raise CellError(f"Several things are called so. Write one of: {several}.")
        texts = [one.text for one in self.choices(column)]
        near = difflib.get_close_matches(text, texts, n=1)
        advice = f"Did you mean “{near[0]}”?" if near else "Choose from the list, or write an IRI."
        raise CellError(f"Nothing is called “{cells.shortened(text)}”. {advice}")

    def base(self, graph: str) -> str:
        """Return with what the IRIs of most things in a graph begin; empty if it has none."""
        counted: dict[str, int] = {}
        node = graph_name(URIRef(graph))
        kind = pyoxigraph.NamedNode(RDF.type)
        quads = self._store.oxigraph.quads_for_pattern(None, kind, None, node)
        for number, quad in enumerate(quads):
            if number == _SUBJECTS:
                break
            if isinstance(quad.subject, pyoxigraph.NamedNode):
                iri = quad.subject.value
                space = iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]
                counted[space] = counted.get(space, 0) + 1
        return max(sorted(counted), key=lambda space: counted[space], default="")

    def mint(self, sheet: Sheet, name: str, base: str) -> URIRef:
        """Return a new IRI for a thing of that name; raises CellError."""
        minted = URIRef(str(References(form(), base).mint(sheet, name)))
        found, number = minted, 1
        while next(iter(self._quads(str(found), None)), None) is not None:
            number += 1
            found = URIRef(f"{minted}-{number}")
        return found

    def _values(self, thing: str, property: Node) -> dict[Node, list[str]]:
        own = set(map(str, knowledge.own_graphs()))
        found: dict[Node, list[str]] = {}
        for quad in self._quads(thing, pyoxigraph.NamedNode(str(property))):
            graph = getattr(quad.graph_name, "value", "")
            if graph not in own and (not self._scope or graph in self._scope):
                found.setdefault(to_rdflib(quad.object), []).append(graph)
        return found

    def _quads(
        self, thing: str, property: pyoxigraph.NamedNode | None
    ) -> Iterable[pyoxigraph.Quad]:
        return self._store.oxigraph.quads_for_pattern(pyoxigraph.NamedNode(thing), property, None)

    def _things(self, roots: list[URIRef]) -> list[Term]:
        ontology = knowledge.ontology()
        classes = {c for root in roots for c in ontology.transitive_subjects(RDFS.subClassOf, root)}
        listed = " ".join(f"<{cls}>" for cls in sorted(map(str, classes)) if ":" in cls)
        query = (
            f"SELECT ?thing (SAMPLE(?label) AS ?name) {{ VALUES ?class {{ {listed} }} "
            f"?thing a ?class ; <{RDFS.label}> ?label . FILTER(isIRI(?thing)) "
            f"FILTER NOT EXISTS {{ ?thing a <{OWL.NamedIndividual}> }} }} GROUP BY ?thing "
            f"LIMIT {MOST_CHOICES}"
        )
        return [
            Term(str(row["name"]), str(row["thing"]))
            for row in self._store.select(query)
            if not self._scope or self._is_visible(str(row["thing"]))
        ]

    def _is_visible(self, thing: str) -> bool:
        quads = self._quads(thing, None)
        return any(getattr(quad.graph_name, "value", "") in self._scope for quad in quads)

    def _named(self, text: str) -> list[URIRef]:
        wanted = to_oxigraph(Literal(text))
        query = (
            f"SELECT DISTINCT ?thing {{ ?thing <{RDFS.label}> ?label "
            f"FILTER(STR(?label) = {wanted} && isIRI(?thing)) }} ORDER BY ?thing LIMIT 10"
        )
        things = [URIRef(str(row["thing"])) for row in self._store.select(query)]
        return [one for one in things if not self._scope or self._is_visible(one)]
