"""What workers do for pages: ask several queries of one revision, and find the names of things."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdflib import XSD, BNode, URIRef

from srmgraph import knowledge, queries
from srmgraph.names import labels, short
from srmgraph.queries import Question
from srmgraph_api.jobs import Desk

if TYPE_CHECKING:
    from srmgraph.store import Store

_NUMBERS = ("integer", "decimal", "double", "float", "nonNegativeInteger")
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
    store = desk.revision(revision)
    answers = {}
    for name, given in asked.items():
        kept = page_queries().get(name) or queries.question(name)
        answers[name] = json.loads(store.answer(kept.bind(store, **given), "json", scope, scope))
    return named(store, answers)


def named(store: Store, answers: Mapping[str, Any]) -> dict[str, list[Row]]:
    """Return the rows of answers (SPARQL 1.1 Query Results JSON, read) with what people call
    things."""
    bindings = [row for answer in answers.values() for row in answer["results"]["bindings"]]
    nodes = {
        URIRef(value["value"])
        for row in bindings
        for value in row.values()
        if value["type"] == "uri"
    }
    known = labels(store, nodes)
    prefixes = knowledge.prefixes() | store.prefixes

    def term(value: dict[str, str]) -> Term:
        if value["type"] == "uri":
            iri = URIRef(value["value"])
            return Term(known.get(iri) or short(iri, prefixes), value["value"])
        if value["type"] == "bnode":
            return Term(short(BNode(value["value"]), prefixes))
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
