"""An ontology as a program: its axioms compiled to rules, and what follows from it alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from typing import Any, TypeVar

import pyoxigraph
import rdflib
from rdflib import OWL, RDF, RDFS

from srmgraph import knowledge
from srmgraph.garbage import uncollected
from srmgraph.inference import unsupported
from srmgraph.inference.axioms import Axioms
from srmgraph.inference.dictionary import Dictionary
from srmgraph.inference.evaluation import Evaluation
from srmgraph.inference.facts import SUBJECT, Delta, Facts
from srmgraph.inference.language import AXIOM_CLASSES, AXIOM_PROPERTIES, FIRST, REST, SPACES
from srmgraph.inference.rules import RuleSet
from srmgraph.inference.schema import FIXED, REDUNDANT
from srmgraph.terms import OxigraphTerm, Statement, to_oxigraph, triples_to_oxigraph

_TYPE = str(RDF.type)
_PROPERTIES = frozenset(map(str, (OWL.ObjectProperty, OWL.DatatypeProperty)))
_ANNOTATIONS = frozenset(
    map(
        str,
        (
            RDFS.label, RDFS.comment, RDFS.seeAlso, RDFS.isDefinedBy,
            OWL.imports, OWL.versionInfo, OWL.versionIRI, OWL.priorVersion, OWL.deprecated,
            OWL.backwardCompatibleWith, OWL.incompatibleWith,
        ),
    )
)  # fmt: skip

_Some = TypeVar("_Some", Statement, pyoxigraph.Quad)


class Program:
    """The rules of an ontology.

    `rules` are what its axioms become, `facts` its own statements and what follows from them,
    `stated` the former, `further` axioms from elsewhere that have become rules too, `terms` the
    numbers of what it speaks about, `nameless` the blank nodes that its axioms and those among data
    are about, `labels` what people call it, and `warnings` the axioms that have no effect, or not
    all of it, because they lie outside OWL 2 RL. Not to be changed.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        stated: Delta,
        terms: set[int],
        further: Delta,
        labels: dict[int, str],
        told: Delta,
    ) -> None:
        self.dictionary = dictionary
        self.stated = stated
        self.terms = terms
        self.labels = labels
        while True:
            axioms = Axioms(_merged(axioms_among(stated), further), dictionary)
            self.datatypes, self.parts = axioms.datatypes, axioms.parts
            self.rules = RuleSet.of([*FIXED, *axioms.rules()])
            self.facts = Facts()
            self.facts.state(stated)
            evaluation = self.evaluation(self.facts)
            evaluation.given()
            evaluation.close(self.facts.all())
            self.further = further
            found = self.further_axioms(evaluation)
            if not found:
                break
            further = _merged(further, found)
        self.nameless = {
            term
            for term in terms | _subjects(axioms_among(stated), self.further)
            if dictionary.is_blank(term)
        }
        # What follows from axioms needs no warning of its own, only what somebody stated.
        self._told = told
        stated_axioms = Axioms(_merged(axioms_among(stated), told), dictionary)
        self.warnings = tuple(unsupported.warnings(stated_axioms, dictionary))

    @classmethod
    def compile(cls, ontology: rdflib.Graph) -> Program:
        """Compile an ontology. Labels and other annotations are passed over."""
        return cls._of(
            triples_to_oxigraph(logical_part(ontology)),
            map(to_oxigraph, set(ontology.subjects())),
            (
                (to_oxigraph(one), to_oxigraph(label))
                for one, label in ontology.subject_objects(RDFS.label)
            ),
        )

    @classmethod
    def of_statements(cls, ontology: Collection[pyoxigraph.Quad]) -> Program:
        """Compile an ontology as the engine has it, which takes half the time."""
        label = str(RDFS.label)
        return cls._of(
            _logical_part(ontology, lambda term: term.value),
            {one.subject for one in ontology},
            ((one.subject, one.object) for one in ontology if one.predicate.value == label),
        )

    @classmethod
    @uncollected()
    def _of(
        cls,
        logical_part: Iterable[pyoxigraph.Triple | pyoxigraph.Quad],
        subjects: Iterable[OxigraphTerm],
        labelled: Iterable[tuple[OxigraphTerm, OxigraphTerm]],
    ) -> Program:
        """Compile what has a meaning; the subjects and labels are those of the whole ontology."""
        dictionary = Dictionary()
        # Through a store, because it writes some literals anew, as it does for the data.
        store = pyoxigraph.Store()
        default = pyoxigraph.DefaultGraph()
        store.extend(
            pyoxigraph.Quad(one.subject, one.predicate, one.object, default) for one in logical_part
        )
        # In a fixed order, so that numbers and all that hangs on them are the same in each run.
        stated = dictionary.facts(sorted(store, key=str))
        terms = {dictionary.number(subject) for subject in sorted(subjects, key=str)}
        labels: dict[int, str] = {}
        for subject, label in sorted(labelled, key=str):
            number = dictionary.numbers.get(subject)
            in_english = getattr(label, "language", None) in (None, "en")
            if number is not None and (in_english or number not in labels):
                assert not isinstance(label, pyoxigraph.Triple)
                labels[number] = label.value
        return cls(dictionary, stated, terms, {}, labels, {})

    def with_axioms(self, further: Delta, dictionary: Dictionary, *, stated: bool) -> Program:
        """Return the program with axioms that data state, or that follow from what they state."""
        return Program(
            *(dictionary, self.stated, self.terms, _merged(self.further, further), self.labels),
            _merged(self._told, further) if stated else self._told,
        )

    def evaluation(
        self,
        facts: Facts,
        dictionary: Dictionary | None = None,
        limit: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Evaluation:
        """Return the rules bound to facts."""
        return Evaluation(
            *(self.rules, facts, dictionary or self.dictionary, self.datatypes, self.parts),
            limit=limit,
            progress=progress,
        )

    def further_axioms(self, evaluation: Evaluation, among: Delta | None = None) -> Delta:
        """Return axioms that follow, for which there are no rules yet and should be.

        Looked at are all that follow, or those among some facts.
        """
        derived = {
            key: column.derived
            for key, column in evaluation.facts.columns.items()
            if speaks_of_axioms(key)
        }
        found: Delta = {}
        for key, numbers in axioms_among(derived if among is None else among).items():
            # In a list, what is the same need not stand in for one another: it does so in the facts
            # that the rules of the list are about.
            if key in (FIRST, REST):
                continue
            known = self.further.get(key, set()) | self.stated.get(key, set())
            for number in numbers - known:
                if number in derived[key] and any(
                    evaluation.derivations((key, number), without=REDUNDANT)
                ):
                    found.setdefault(key, set()).add(number)
        return found


@cache
@uncollected()
def standard() -> Program:
    """Return the program of the project's own ontology."""
    return Program.of_statements(knowledge.ontology_statements())


def axioms_among(facts: Delta) -> Delta:
    """Return those facts that are axioms or parts of axioms."""
    return {key: numbers for key, numbers in facts.items() if numbers and speaks_of_axioms(key)}


def speaks_of_axioms(key: int) -> bool:
    """Tell whether the facts of a column are axioms or parts of axioms."""
    return key in AXIOM_PROPERTIES if key >= 0 else ~key in AXIOM_CLASSES


def logical_part(ontology: rdflib.Graph) -> Iterator[Statement]:
    """Yield what has a meaning for the rules; labels and sources only make them slow."""
    return _logical_part(ontology, str)


def _logical_part(statements: Iterable[_Some], iri: Callable[[Any], str]) -> Iterator[_Some]:
    properties = {
        iri(one[0]) for one in statements if iri(one[1]) == _TYPE and iri(one[2]) in _PROPERTIES
    }
    for one in statements:
        predicate = iri(one[1])
        if predicate in properties or (
            predicate not in _ANNOTATIONS and predicate.startswith(SPACES)
        ):
            yield one


def _subjects(*axioms: Delta) -> set[int]:
    """Return what axioms are about, such as a class without a name."""
    return {
        number >> SUBJECT if key >= 0 else number
        for some in axioms
        for key, numbers in some.items()
        for number in numbers
    }


def _merged(one: Delta, other: Delta) -> Delta:
    return {key: one.get(key, set()) | other.get(key, set()) for key in (*one, *other)}
