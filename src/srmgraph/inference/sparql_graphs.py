"""The graphs in which SPARQL rules work on a server, beside those of the data.

Rules need all that is known in one graph, because SPARQL leaves it to the server what its default
graph is; and an update may fail, so what it adds is no inferred fact before all is well. So the
data are copied, on the server and not by way of here. Blank nodes become IRIs, because no
request can name one, and become blank nodes again in the end.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

import rdflib

from srmgraph.errors import SrmgraphError, StoreError
from srmgraph.inference.language import REFLEXIVE, SPACES, TERMS
from srmgraph.store import Store
from srmgraph.terms import n_triples

PREFIX = "urn:x-srmgraph:inferring:"
"""What the names of all these graphs begin with. They are not data, whoever has left them."""


_NAMED = f"<{PREFIX}name>"
_GRAPH = re.compile(r"GRAPH (<[^>]*>)")


class WorkingGraphs:
    """The graphs of one run: `known` holds all that is known, `terms` what is not to be told of."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.prefix = f"{PREFIX}{secrets.token_hex(6)}:"
        self.known = f"<{self.prefix}known>"
        self.terms = f"<{self.prefix}terms>"
        self._names = f"<{self.prefix}names>"
        self._rounds: list[str] = []
        self._has_names = False

    @property
    def rounds(self) -> tuple[str, ...]:
        """The graphs of what follows, one for each round, the earliest first."""
        return tuple(self._rounds)

    def next_round(self) -> str:
        """Return a graph for what one more round finds."""
        self._rounds.append(f"<{self.prefix}round:{len(self._rounds)}>")
        return self._rounds[-1]

    def copy(self, without: Iterable[rdflib.URIRef]) -> int:
        """Copy the statements of all graphs but some, and return how many that are."""
        left_out = set(without)
        total = 0
        for name, count in self._store.graphs().items():
            if name in left_out or (name is not None and name.startswith(PREFIX)):
                continue
            total += count
            self._copy(self._place(name))
        return total

    def _place(self, name: rdflib.URIRef | None) -> str:
        """Return the pattern of the statements of a graph."""
        outside = self._store.outside_graph
        if name is None and outside is None:
            return "?s ?p ?o ."
        return f"GRAPH {n_triples(name or rdflib.URIRef(str(outside)))} {{ ?s ?p ?o }}"

    def _copy(self, place: str) -> None:
        for term in ("?s", "?o"):
            self._name(term, place)
        self._has_names |= self._store.holds(f"ASK FROM {self._names} {{ ?b {_NAMED} ?name }}")
        if not self._has_names:
            self._insert("?s ?p ?o", place)
            return
        first, last = (
            f"GRAPH {self._names} {{ {term} {_NAMED} {name} }}"
            for term, name in (("?s", "?x"), ("?o", "?y"))
        )
        self._insert("?s ?p ?o", f"{place} FILTER(!isBlank(?s) && !isBlank(?o))")
        self._insert("?x ?p ?o", f"{place} {first} FILTER(!isBlank(?o))")
        self._insert("?s ?p ?y", f"{place} {last} FILTER(!isBlank(?s))")
        self._insert("?x ?p ?y", f"{place} {first} {last}")

    def _name(self, term: str, place: str) -> None:
        """Give a name to each blank node at a place of statements that has none yet."""
        named = f"GRAPH {self._names} {{ {term} {_NAMED} ?other }}"
        # Not every server makes a new UUID for each row; those that do not can say a blank node.
        new = f'IRI(CONCAT("{self.prefix}node:n", COALESCE(SHA1(STR({term})), STRUUID())))'
        where = (
            f"{{ SELECT DISTINCT {term} WHERE {{ {place} FILTER(isBlank({term})) "
            f"FILTER NOT EXISTS {{ {named} }} }} }} BIND({new} AS ?name)"
        )
        self._store.update(self.operation(self._names, f"{term} {_NAMED} ?name", where, place))
        if self._store.holds(
            f"ASK FROM {self._names} {{ ?a {_NAMED} ?name . ?b {_NAMED} ?name "
            "FILTER(!sameTerm(?a, ?b)) }"
        ):
            raise StoreError(
                "The server cannot give names to blank nodes (STRUUID gives one for all), so "
                "SPARQL cannot infer there. Use the engine “compiled”."
            )

    def _insert(self, said: str, where: str) -> None:
        self._store.update(self.operation(self.known, said, where, where))

    def operation(self, target: str, said: str, where: str, place: str) -> str:
        """Return an update that adds to a graph, and names the graphs that it asks."""
        graphs = sorted(set(_GRAPH.findall(where)))
        # The default graph is asked only where none is named.
        using = "".join(f"USING NAMED {graph} " for graph in graphs if place.startswith("GRAPH"))
        return f"INSERT {{ GRAPH {target} {{ {said} }} }} {using}WHERE {{ {where} }}"

    def add(self, statements: rdflib.Graph, graph: str) -> None:
        """Add statements to a graph."""
        if len(statements):
            self._store.add(statements, rdflib.URIRef(graph[1:-1]))

    def merge(self, graph: str) -> None:
        """Add what a graph holds to all that is known."""
        self._insert("?s ?p ?o", f"GRAPH {graph} {{ ?s ?p ?o }}")

    def size(self, graph: str) -> int:
        """Return how many statements a graph holds."""
        (row,) = self._store.select(f"SELECT (COUNT(*) AS ?n) FROM {graph} {{ ?s ?p ?o }}")
        return int(str(row.n))

    def told(self, graph: str) -> list[tuple[str, str]]:
        """Return heads and patterns that together are what a graph holds and may be told of."""
        hidden, nameless = f"<{PREFIX}term>", f"<{PREFIX}nameless>"
        reflexive = ", ".join(str(TERMS[number]) for number in sorted(REFLEXIVE))
        spaces = " || ".join(f'STRSTARTS(STR(?s), "{space}")' for space in SPACES)
        conditions = [
            f"!({spaces})",
            f"!(sameTerm(?s, ?o) && ?p IN ({reflexive}))",
            f"NOT EXISTS {{ GRAPH {self.terms} {{ ?s a {hidden} }} }}",
            f"NOT EXISTS {{ GRAPH {self.terms} {{ ?o a {nameless} }} }}",
            f'!STRSTARTS(STR(?p), "{self.prefix}")',
        ]
        place = " ".join(
            [f"GRAPH {graph} {{ ?s ?p ?o }}", *(f"FILTER({text})" for text in conditions)]
        )
        if not self._has_names:
            return [("?s ?p ?o", place)]
        subject = f"GRAPH {self._names} {{ ?x {_NAMED} ?s }}"
        value = f"GRAPH {self._names} {{ ?y {_NAMED} ?o }}"
        plain = [f'FILTER(!STRSTARTS(STR({term}), "{self.prefix}node:"))' for term in ("?s", "?o")]
        return [
            ("?s ?p ?o", " ".join([place, *plain])),
            ("?x ?p ?o", f"{place} {subject} {plain[1]}"),
            ("?s ?p ?y", f"{place} {value} {plain[0]}"),
            ("?x ?p ?y", f"{place} {subject} {value}"),
        ]

    def hide(self, terms: Iterable[str], nameless: Iterable[str]) -> None:
        """Let facts about terms, and those whose value is a class without a name, not be told."""
        marks = rdflib.Graph(bind_namespaces="none")
        for names, mark in ((terms, "term"), (nameless, "nameless")):
            for name in names:
                marks.add((rdflib.URIRef(name), rdflib.RDF.type, rdflib.URIRef(PREFIX + mark)))
        self.add(marks, self.terms)

    def replace(self, name: rdflib.URIRef) -> None:
        """Let a graph hold what follows, by one request."""
        target = n_triples(name)
        operations = [f"DROP SILENT GRAPH {target}"]
        operations += [
            self.operation(target, said, where, where)
            for graph in self._rounds
            for said, where in self.told(graph)
        ]
        self._store.update(" ;\n".join(operations))

    def fetch(self, into: rdflib.Graph) -> None:
        """Put what follows into a graph here."""
        for graph in self._rounds:
            named = " ".join(f"FROM NAMED {name}" for name in (graph, self.terms, self._names))
            for said, where in self.told(graph):
                into += self._store.construct(f"CONSTRUCT {{ {said} }} {named} {{ {where} }}")

    def drop(self) -> None:
        """Drop all these graphs."""
        graphs = (self.known, self.terms, self._names, *self._rounds)
        self._store.update(" ;\n".join(f"DROP SILENT GRAPH {graph}" for graph in graphs))

    def drop_if_possible(self) -> None:
        """Drop all these graphs, after an error that is to be told rather than another."""
        try:
            self.drop()
        except SrmgraphError:
            return
