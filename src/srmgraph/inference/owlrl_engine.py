"""The OWL 2 RL closure of data and ontology, worked out by owlrl and rid of what is trivial.

Slow, and an independent second opinion on the compiled engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import rdflib
from owlrl.DatatypeHandling import AltXSDToPYTHON
from owlrl.OWLRL import OWLRL_Semantics
from rdflib import OWL, RDF, RDFS, XSD

from srmgraph import knowledge
from srmgraph.errors import InconsistentError
from srmgraph.inference.language import AXIOM_CLASSES, AXIOM_PROPERTIES, TERMS
from srmgraph.inference.owlrl_errors import in_words
from srmgraph.inference.program import logical_part

if TYPE_CHECKING:
    from srmgraph.store import Store
    from srmgraph.terms import Statement

Progress = Callable[[str], None]

_LANGUAGE = tuple(str(namespace) for namespace in (RDF, RDFS, OWL, XSD))
_REFLEXIVE = frozenset(
    {
        OWL.sameAs, OWL.equivalentClass, OWL.equivalentProperty,
        RDFS.subClassOf, RDFS.subPropertyOf,
    }
)  # fmt: skip
_PARTS = frozenset(rdflib.URIRef(TERMS[number].value) for number in AXIOM_PROPERTIES)
_KINDS = frozenset(rdflib.URIRef(TERMS[number].value) for number in AXIOM_CLASSES)
_EVERYTHING = frozenset((OWL.Thing, RDFS.Resource, OWL.NamedIndividual))


def infer(
    store: Store, ontology: rdflib.Graph | None = None, progress: Progress | None = None
) -> rdflib.Graph:
    """Return the facts about the data that follow; as `srmgraph.inference.infer`."""
    terms = knowledge.ontology() if ontology is None else ontology
    data = store.graph()
    _check_literals(data)
    graph = rdflib.Graph(bind_namespaces="none")
    for triple in data:
        graph.add(triple)
    for triple in logical_part(terms):
        graph.add(triple)
    closure = _Closure(graph, progress)
    closure.closure()
    if closure.error_messages:
        raise InconsistentError(in_words(closure.error_messages, dict(_prefixes(data))))

    about_terms = set(terms.subjects()) | set(_nameless(data))
    inferred = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in data.namespaces():
        inferred.bind(prefix, namespace, replace=True)
    for triple in graph:
        if triple not in data and triple not in terms and _is_about_data(triple, about_terms):
            inferred.add(triple)
    return inferred


class _Closure(OWLRL_Semantics):  # type: ignore[misc]
    """The rules of owlrl, which tell how far they are and do not pile up what is trivial."""

    def __init__(self, graph: rdflib.Graph, progress: Progress | None) -> None:
        super().__init__(graph, axioms=False, daxioms=False, rdfs=False)
        self._progress = progress
        self._round = 0

    def rules(self, triple: Any, cycle_num: int) -> None:
        if cycle_num != self._round:
            self._round = cycle_num
            if self._progress is not None:
                self._progress(f"Inferring, round {cycle_num}: {len(self.graph)} facts so far")
        super().rules(triple, cycle_num)
        subject, predicate, value = triple
        # The rule for this needs “everything is the same as itself”, which is not kept below.
        if predicate == OWL.differentFrom and subject == value:
            self.add_error(
                f"'sameAs' and 'differentFrom' cannot be used on the same subject-object pair: "
                f"({subject}, {value})"
            )

    def store_triple(self, triple: Any) -> None:
        # No rule needs what is trivial to derive anything else, except the types of literals, by
        # which datatypes are found to clash. Without it the closure takes half the time.
        is_type_of_literal = isinstance(triple[0], rdflib.Literal) and triple[1] == RDF.type
        if (is_type_of_literal or not _is_trivial(triple)) and triple not in self.graph:
            self.added_triples.add(triple)


def _check_literals(data: rdflib.Graph) -> None:
    # owlrl stumbles over some of these instead of reporting them.
    faulty = [
        f"Lexical value of the literal '{value}' does not match its datatype ({value.datatype})"
        for value in set(data.objects())
        if isinstance(value, rdflib.Literal)
        and value.datatype in AltXSDToPYTHON
        and value.ill_typed
    ]
    if faulty:
        raise InconsistentError(in_words(faulty, dict(_prefixes(data))))


def _is_trivial(triple: Statement) -> bool:
    subject, predicate, value = triple
    return (
        isinstance(subject, rdflib.Literal)
        or not isinstance(predicate, rdflib.URIRef)
        or (subject == value and predicate in _REFLEXIVE)
        or (predicate == RDF.type and value in _EVERYTHING)
    )


def _nameless(data: rdflib.Graph) -> Iterable[rdflib.term.Node]:
    """Yield the blank nodes that axioms among the data are about."""
    for subject, predicate, value in data:
        if isinstance(subject, rdflib.BNode) and (
            predicate in _PARTS or (predicate == RDF.type and value in _KINDS)
        ):
            yield subject


def _is_about_data(triple: Statement, terms: set[rdflib.term.Node]) -> bool:
    subject, _, value = triple
    return (
        subject not in terms
        and not str(subject).startswith(_LANGUAGE)
        and not _is_trivial(triple)
        # A blank node of the ontology is a list or a class without a name.
        and not (isinstance(value, rdflib.BNode) and value in terms)
    )


def _prefixes(data: rdflib.Graph) -> Iterable[tuple[str, str]]:
    yield from knowledge.prefixes().items()
    for prefix, namespace in data.namespaces():
        yield prefix, str(namespace)
