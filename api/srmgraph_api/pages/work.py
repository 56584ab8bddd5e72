"""What workers do for pages: ask several queries of one revision, and find the names of things."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, XSD, BNode, URIRef
from rdflib.term import Node

from srmgraph import knowledge, queries
from srmgraph.names import labels, short
from srmgraph.queries import Question
from srmgraph_api.jobs import Desk

if TYPE_CHECKING:
    from srmgraph.store import Store

_NUMBERS = ("integer", "decimal", "double", "float", "nonNegativeInteger")
COMMON: dict[Node, str] = {
    RDF.type: "kind",
    RDFS.label: "name",
    RDFS.comment: "comment",
    RDFS.isDefinedBy: "defined in",
    RDFS.domain: "of",
    RDFS.range: "value",
    RDFS.subClassOf: "kind of",
    RDFS.subPropertyOf: "implies",
    SKOS.prefLabel: "name",
    SKOS.altLabel: "other name",
    SKOS.definition: "definition",
    SKOS.example: "example",
    SKOS.scopeNote: "note",
    DCTERMS.source: "source",
    OWL.Class: "class",
}
"""What people call the commonest words of RDF, which bring no names along."""

FOLDER = Path(__file__).parent / "queries"


@dataclass(frozen=True)
class Term:
    """A value in an answer, as a page shows it: its text and, of a thing, its IRI.

    `datatype` is the name of a datatype of XML Schema, empty for a text.
    """

    text: str
    iri: str = ""
    language: str = ""
    datatype: str = ""

    def __str__(self) -> str:
        return self.text

    @property
    def number(self) -> float | None:
        """The number that it is, if it is one."""
        try:
            value = float(self.text) if self.datatype in _NUMBERS else math.nan
        except ValueError:
            # Data may call anything a number.
            return None
        return value if math.isfinite(value) else None


Row = dict[str, Term | None]


@cache
def page_queries() -> dict[str, Question]:
    """Return the queries of the pages by name; they are written like kept questions."""
    return {file.stem: queries.read_question(file) for file in sorted(FOLDER.glob("*.rq"))}


def rows(
    desk: Desk, revision: int, asked: dict[str, dict[str, str]], scope: list[str]
) -> dict[str, list[Row]]:
    """Answer queries of pages or kept questions, by name with their parameters, on one revision.

    Things have their labels; those without one have a short name.
    """
    store = desk.revision(revision, scope)
    return named(store, {name: answer(store, name, given, scope) for name, given in asked.items()})


def answer(store: Store, name: str, given: dict[str, str], scope: list[str]) -> Any:
    """Return the answer to one query (SPARQL 1.1 Query Results JSON, read)."""
    kept = page_queries().get(name) or queries.question(name)
    return json.loads(store.answer(kept.bind(store, **given), "json", scope, scope))


def answer_about(store: Store, name: str, things: Iterable[str], scope: list[str]) -> Any:
    """Return the answer to one query about all these things, by their IRIs, at once: those of its
    only parameter."""
    kept = page_queries().get(name) or queries.question(name)
    values = " ".join(f"<{thing}>" for thing in things)
    text = kept.text.replace("{ UNDEF }", f"{{ {values} }}")
    return json.loads(store.answer(text, "json", scope, scope))


def named(store: Store, answers: Mapping[str, Any]) -> dict[str, list[Row]]:
    """Return the rows of answers (SPARQL 1.1 Query Results JSON, read) with what people call
    things."""
    known = names(
        store,
        {
            value["value"]
            for answer in answers.values()
            for row in answer["results"]["bindings"]
            for value in row.values()
            if value["type"] == "uri"
        },
    )

    def term(value: dict[str, str]) -> Term:
        if value["type"] == "uri":
            return known[value["value"]]
        if value["type"] == "bnode":
            return Term(BNode(value["value"]).n3())
        datatype = value.get("datatype", "")
        datatype = datatype.removeprefix(str(XSD)) if datatype.startswith(str(XSD)) else ""
        return Term(value["value"], language=value.get("xml:lang", ""), datatype=datatype)

    return {
        name: [
            {
                variable: term(row[variable]) if variable in row else None
                for variable in answer["head"]["vars"]
            }
            for row in answer["results"]["bindings"]
        ]
        for name, answer in answers.items()
    }


def names(store: Store, iris: Iterable[str]) -> dict[str, Term]:
    """Return the names of things by their IRIs: their labels, or short names without one."""
    nodes = [URIRef(iri) for iri in iris]
    known = COMMON | labels(store, nodes)
    prefixes = knowledge.prefixes() | store.prefixes
    return {str(iri): Term(known.get(iri) or short(iri, prefixes), str(iri)) for iri in nodes}
