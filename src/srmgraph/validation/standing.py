"""A report kept in a file beside the data, to be brought up to date later, in another process.

    {
      "version": "…",                 of the rules, the ontology and this form
      "made": "2026-11-25T18:30:00+00:00",
      "prefixes": {…}, "notes": […],
      "labels": [[term, "…"]], "graphs": [[term, ["https://…", null]]],
      "hints": [[term, "https://…"]],
      "results": [["rule", "Violation", "message", "advice", focus node, path or null,
                   value or null, source shape, "component", "language",
                   source constraint or null, [translation, …]]]
    }

Each further line tells what has become of it: the same again, where `gone` are results that are
none any more, `results` those that came, and null in the place of a label, of graphs or of a term
says that there is nothing to tell of a thing now.

A term is `["iri", "…"]`, `["blank", "…"]` or `["literal", "…", "datatype", "language"]`. A blank
node of the shapes, which has another name in each process, is told by a hash of what the shapes say
of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, TypeVar

from rdflib import BNode, Literal, URIRef
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.terms import n_triples
from srmgraph.validation import paths, patterns
from srmgraph.validation.report import Report, Result, Rule, sorted_results
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.tokens import NotUnderstood

# Another one whenever the library infers or validates in another way: what was kept beside data is
# then made anew, and so are the facts that follow from them.
_FORM = "3"


_Told = TypeVar("_Told")


@dataclass(frozen=True, slots=True)
class Step:
    """How one report came from another: the results that went and came, and the nodes of which it
    tells something else, or which it mentions no more."""

    gone: Collection[Result]
    found: Collection[Result]
    touched: Collection[Node]


class Keeper:
    """Writes reports about one shapes graph, and reads them again."""

    def __init__(self, shapes: Shapes, rules: tuple[Rule, ...]) -> None:
        self._shapes = shapes
        self._rules = rules
        self._hashes: dict[Node, str] = {}

    def dump(self, report: Report) -> str:
        """Return a whole report as text; raises ValueError for one that leaves results out."""
        if report.totals is not None:
            raise ValueError("A report that leaves results out is not to be kept.")
        told = self._told(report, report.labels, report.graphs, report.hints)
        return self._text(report, told | {"results": list(map(self._result, report.results))})

    def dump_step(self, report: Report, step: Step) -> str:
        """Return the line to be put behind the text of the report from which *report* came."""
        told = self._told(report, step.touched, step.touched, step.touched)
        told["gone"] = list(map(self._result, step.gone))
        told["results"] = list(map(self._result, step.found))
        return self._text(report, told)

    def _told(
        self,
        report: Report,
        labels: Iterable[Node],
        graphs: Iterable[Node],
        hints: Iterable[Node],
    ) -> dict[str, Any]:
        return {
            "labels": [[_term(node), report.labels.get(node)] for node in labels],
            "graphs": [[_term(node), report.graphs.get(node)] for node in graphs],
            "hints": [[_term(node), report.hints.get(node)] for node in hints],
        }

    def _text(self, report: Report, told: dict[str, Any]) -> str:
        content = {
            "version": self.version,
            "made": None if report.made is None else report.made.isoformat(),
            "prefixes": dict(report.prefixes),
            "notes": list(report.notes),
            **told,
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    def load(self, text: str) -> Report | None:
        """Return a report that was kept; None if it was made with other rules, another ontology or
        another version of the library, or is no such text."""
        try:
            labels: dict[Node, str] = {}
            graphs: dict[Node, tuple[URIRef | None, ...]] = {}
            hints: dict[Node, URIRef] = {}
            results: list[Result] = []
            for number, line in enumerate(text.split("\n")):
                content = json.loads(line)
                if content["version"] != self.version:
                    return None
                _enter(labels, content["labels"], str)
                _enter(graphs, content["graphs"], _names)
                _enter(hints, content["hints"], URIRef)
                if number:
                    gone = {self._result_of(*fields) for fields in content["gone"]}
                    results = [result for result in results if result not in gone]
                results += [self._result_of(*fields) for fields in content["results"]]
            made = content["made"]
            return Report(
                results=sorted_results(results) if number else tuple(results),
                rules=self._rules,
                labels=labels,
                prefixes=content["prefixes"],
                notes=tuple(content["notes"]),
                graphs=graphs,
                hints=hints,
                made=None if made is None else datetime.fromisoformat(made),
            )
        except (ValueError, KeyError, TypeError, IndexError, NotUnderstood):
            return None

    @cached_property
    def version(self) -> str:
        """What a report depends on besides the data."""
        lines = sorted(
            " ".join(map(self._hash, (subject, predicate, value)))
            for subject, predicate, value in self._shapes.graph
        )
        parts = [_FORM, knowledge.ontology_hash(), *lines]
        return sha256("\n".join(parts).encode()).hexdigest()

    @cached_property
    def _blank(self) -> dict[str, Node | None]:
        """The blank nodes of the shapes by their hashes; None where several say the same."""
        found: dict[str, Node | None] = {}
        for node in set(self._shapes.graph.subjects()):
            if isinstance(node, BNode):
                name = self._hash(node)
                found[name] = None if name in found else node
        return found

    def _hash(self, node: Node, around: tuple[Node, ...] = ()) -> str:
        """A name for a node that is the same in each process."""
        if not isinstance(node, BNode):
            return n_triples(node)
        if node in self._hashes:
            return self._hashes[node]
        if node in around:
            return "around"
        inner = (*around, node)
        said = sorted(
            f"{self._hash(predicate)} {self._hash(value, inner)}"
            for predicate, value in self._shapes.graph.predicate_objects(node)
        )
        # What two shapes say alike is told apart by where it stands.
        above = sorted(
            f"{self._hash(predicate)} {subject}"
            for subject, predicate in self._shapes.graph.subject_predicates(node)
            if isinstance(subject, URIRef)
        )
        name = sha256("\n".join([*said, "", *above]).encode()).hexdigest()
        if not around:
            self._hashes[node] = name
        return name

    def _result(self, result: Result) -> list[Any]:
        return [
            result.rule,
            result.severity,
            result.message,
            result.advice,
            _term(result.focus_node),
            None if result.path is None else paths.sparql(result.path),
            None if result.value is None else _term(result.value),
            self._shape(result.source_shape),
            str(result.component),
            result.language,
            None if result.source_constraint is None else self._shape(result.source_constraint),
            list(map(_term, result.translations)),
        ]

    def _result_of(
        self,
        rule: str,
        severity: str,
        message: str,
        advice: str,
        focus: list[str],
        path: str | None,
        value: list[str] | None,
        shape: list[str],
        component: str,
        language: str,
        constraint: list[str] | None,
        translations: list[list[str]],
    ) -> Result:
        return Result(
            rule=rule,
            severity=severity,
            message=message,
            advice=advice,
            focus_node=_node(focus),
            path=None if path is None else _path(path),
            value=None if value is None else _node(value),
            source_shape=self._shape_of(shape),
            component=URIRef(component),
            language=language,
            source_constraint=None if constraint is None else self._shape_of(constraint),
            translations=tuple(_literal(*more) for _, *more in translations),
        )

    def _shape(self, node: Node) -> list[str]:
        return ["blank", self._hash(node)] if isinstance(node, BNode) else _term(node)

    def _shape_of(self, term: list[str]) -> Node:
        if term[0] != "blank":
            return _node(term)
        node = self._blank[term[1]]
        if node is None:
            raise ValueError("Two shapes say the same.")
        return node


def _names(names: Iterable[str | None]) -> tuple[URIRef | None, ...]:
    return tuple(None if name is None else URIRef(name) for name in names)


def _enter(told: dict[Node, _Told], pairs: Iterable[Any], read: Callable[[Any], _Told]) -> None:
    for term, known in pairs:
        if known is None:
            told.pop(_node(term), None)
        else:
            told[_node(term)] = read(known)


@lru_cache(maxsize=1_000)
def _path(text: str) -> paths.Path:
    # There are as many as rules name, and very many results.
    return patterns.path(text)


def _term(node: Node) -> list[str]:
    if isinstance(node, Literal):
        return ["literal", str(node), node.datatype or "", node.language or ""]
    return ["blank" if isinstance(node, BNode) else "iri", str(node)]


def _node(term: list[str]) -> Node:
    kind, text, *more = term
    if kind == "literal":
        return _literal(text, *more)
    return BNode(text) if kind == "blank" else URIRef(text)


def _literal(text: str, datatype: str, language: str) -> Literal:
    if language:
        return Literal(text, lang=language)
    return Literal(text, datatype=URIRef(datatype) if datatype else None, normalize=False)
