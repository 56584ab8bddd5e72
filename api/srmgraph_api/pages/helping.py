"""Which questions help with what a rule finds: those that its shape names, as rdfs:seeAlso."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from rdflib import RDFS

from srmgraph import knowledge, queries
from srmgraph.queries import Question


@dataclass(frozen=True)
class Help:
    """A question that helps; `parameter` is the one that the thing fills, empty if none does."""

    question: Question
    parameter: str


@cache
def helps() -> Mapping[str, tuple[Help, ...]]:
    """Return the questions that help, by the IRI of a shape.

    A shape names a question by its IRI, and after `#` its parameter for the thing that was found.
    Raises UnknownQuestionError.
    """
    begin = f"{knowledge.ontology_iri()}/query/"
    found: dict[str, tuple[Help, ...]] = {}
    for shape, named in sorted(knowledge.shapes().subject_objects(RDFS.seeAlso)):
        if str(named).startswith(begin):
            name, _, parameter = str(named).removeprefix(begin).partition("#")
            helping = Help(queries.question(name), parameter)
            found[str(shape)] = (*found.get(str(shape), ()), helping)
    return found
