"""A shapes graph as the compiler reads it: which shapes have targets, and what people are told.

Source: SHACL sections 2.1 (shapes, targets, severity, message, deactivation).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import NamedTuple, TypeAlias

from rdflib import OWL, RDF, RDFS, SH, Graph, Literal, URIRef
from rdflib.namespace import DefinedNamespace
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.validation import paths
from srmgraph.validation.report import Rule, severity_name

TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf, SH.target)
"""The properties by which a shape says what it is about."""

_FEW = 3

_Targets: TypeAlias = frozenset[tuple[Node, Node]]

PLACE = re.compile(r"\{[?$]\w+\}")
"""A place in a message that is filled with what a variable holds: {?value}, {$this}."""


class Words(NamedTuple):
    """What people are told of what a shape finds that belongs to a rule."""

    rule: str
    severity: str
    messages: tuple[Literal, ...]
    advice: str


class Shapes:
    """A read-only view of a shapes graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._words: dict[tuple[Node, Node], Words] = {}
        # A vocabulary of rules may have its own word for advice; it says so as RDFS says it.
        self._advice = [
            *sorted(graph.subjects(RDFS.subPropertyOf, SH.description), key=str),
            SH.description,
        ]
        self._prefixes = {
            ontology: "".join(
                f"PREFIX {prefix}: <{namespace}>\n"
                for prefix, namespace in sorted(
                    (graph.value(declaration, SH.prefix), graph.value(declaration, SH.namespace))
                    for declaration in graph.objects(ontology, SH.declare)
                )
            )
            for ontology in set(graph.subjects(SH.declare))
        }
        self.own_parameters = {
            path
            for parameter in graph.objects(None, SH.parameter)
            if (path := graph.value(parameter, SH.path)) is not None
        }
        """The parameters of constraint components that the graph itself defines."""
        self.look_at_themselves = any(
            "shapesGraph" in str(select) for select in graph.objects(None, SH.select)
        )
        """Whether a query may look at the shapes graph."""

    def with_targets(self) -> list[Node]:
        """The shapes that have a target and are not deactivated, sorted."""
        found: set[Node] = set()
        for predicate in TARGETS:
            found.update(self.graph.subjects(predicate))
        found.update(shape for shape in self._all() if self.is_class(shape))
        return sorted((shape for shape in found if not self.is_deactivated(shape)), key=str)

    def _all(self) -> Iterator[Node]:
        yield from self.graph.subjects(RDF.type, SH.NodeShape)
        yield from self.graph.subjects(RDF.type, SH.PropertyShape)

    def is_particular(self, rule: Node, shape: Node) -> bool:
        """Whether each property in the path of *shape*, which belongs to *rule*, is in paths of few
        kinds of things, so that most of its subjects are focus nodes."""
        own = self._targets(rule)
        return all(
            own in (speakers := self._speakers.get(iri, set())) and len(speakers) <= _FEW
            for iri in self._spoken(shape)
        )

    @cached_property
    def _speakers(self) -> dict[URIRef, set[_Targets]]:
        """By property, the targets of the shapes that have it in a path."""
        found: dict[URIRef, set[_Targets]] = defaultdict(set)
        for rule in self.with_targets():
            targets = self._targets(rule)
            for shape in self.graph.transitive_objects(rule, SH.property):
                for iri in self._spoken(shape):
                    found[iri].add(targets)
        return found

    def _targets(self, rule: Node) -> _Targets:
        own = {(SH.targetClass, rule)} if self.is_class(rule) else set[tuple[Node, Node]]()
        pairs = self.graph.predicate_objects(rule)
        return frozenset(own | {(kind, value) for kind, value in pairs if kind in TARGETS})

    def _spoken(self, shape: Node | None) -> tuple[URIRef, ...]:
        node = None if shape is None else self.graph.value(shape, SH.path)
        return () if node is None else paths.predicates(paths.read(self.graph, node))

    def is_class(self, shape: Node) -> bool:
        """Whether *shape* is a class too and so targets its own instances."""
        types = set(self.graph.objects(shape, RDF.type))
        return isinstance(shape, URIRef) and bool(types & {RDFS.Class, OWL.Class})

    def is_deactivated(self, shape: Node) -> bool:
        """Whether *shape* is switched off."""
        value = self.graph.value(shape, SH.deactivated)
        return isinstance(value, Literal) and value.value is True

    def severity(self, shape: Node) -> str:
        """The severity of what *shape* finds; Violation unless it says otherwise."""
        return severity_name(self.graph.value(shape, SH.severity) or SH.Violation)

    def messages(self, *nodes: Node) -> tuple[Literal, ...]:
        """The messages of the first of *nodes* that has any: the one that people are told, and
        those in other languages."""
        for node in nodes:
            messages = [m for m in self.graph.objects(node, SH.message) if isinstance(m, Literal)]
            if messages:
                return tuple(sorted(messages, key=_preference))
        return ()

    def message(self, *nodes: Node) -> Literal:
        """The message that people are told, of the first of *nodes* that has one; an empty text if
        none has."""
        return next(iter(self.messages(*nodes)), Literal(""))

    def advice(self, shape: Node) -> str:
        """What *shape* advises to do."""
        for predicate in self._advice:
            if (text := self.graph.value(shape, predicate)) is not None:
                return str(text)
        return ""

    def words(self, rule: Node, shape: Node) -> Words:
        """What is told of what *shape* finds, which belongs to *rule*; looked up once."""
        words = self._words.get((rule, shape))
        if words is None:
            advice = self.advice(shape) or self.advice(rule)
            words = Words(self.name(rule), self.severity(shape), self.messages(rule), advice)
            self._words[rule, shape] = words
        return words

    def prefixes(self, constraint: Node) -> str:
        """The PREFIX lines that a SPARQL constraint refers to by sh:prefixes."""
        found: list[str] = []
        waiting = list(self.graph.objects(constraint, SH.prefixes))
        seen: set[Node] = set()
        while waiting:
            ontology = waiting.pop(0)
            if ontology in seen:
                continue
            seen.add(ontology)
            found.append(self._prefixes.get(ontology, ""))
            waiting.extend(self.graph.objects(ontology, OWL.imports))
        return "".join(found)

    def named_owners(self, node: Node) -> set[Node]:
        """*node* itself if it has an IRI, else the nodes with an IRI in which it stands."""
        found: set[Node] = set()
        waiting, seen = [node], set[Node]()
        while waiting:
            node = waiting.pop()
            if isinstance(node, URIRef):
                found.add(node)
            elif node not in seen:
                seen.add(node)
                waiting += self.graph.subjects(None, node)
        return found

    def name(self, shape: Node) -> str:
        """The last part of the shape's IRI, by which people call the rule."""
        text = str(shape)
        return text[max(text.rfind("#"), text.rfind("/")) + 1 :] or text

    def rule(self, shape: Node) -> Rule:
        """*shape* as people meet it."""
        return Rule(
            shape,
            self.name(shape),
            self.severity(shape),
            str(self.message(shape)),
            self.advice(shape),
        )


@cache
def of_the_project() -> Shapes:
    """The rules of the project, which are always the same."""
    return Shapes(knowledge.shapes())


def is_term(node: Node, namespace: type[DefinedNamespace]) -> bool:
    """Whether *node* is one of the terms of a vocabulary."""
    return node in _terms(namespace)


@cache
def _terms(namespace: type[DefinedNamespace]) -> frozenset[URIRef]:
    return frozenset(namespace[name] for name in names(namespace))


def names(namespace: type[DefinedNamespace]) -> list[str]:
    """The names of the terms of a vocabulary, without its IRI."""
    # Those that are words of Python are kept apart.
    return [*namespace.__annotations__, *namespace._extras]


def preferred(texts: Iterable[Literal]) -> Literal:
    """The text that people are told: the English one, else the first by its language."""
    return min(texts, key=_preference)


def _preference(text: Literal) -> tuple[bool, str, str]:
    return not (text.language or "en").startswith("en"), text.language or "", str(text)
