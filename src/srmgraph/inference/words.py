"""Facts and axioms in plain words, with the labels of what they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph

from srmgraph import names
from srmgraph.inference.axioms import Axioms
from srmgraph.inference.facts import LITERALS, Delta, Fact, triple
from srmgraph.inference.language import DENIED, NAMES, NIL

if TYPE_CHECKING:
    from srmgraph.inference.state import State

_LABEL = pyoxigraph.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")

_OF_CLASSES = {
    "FunctionalProperty": "nothing has two values of “{}”",
    "InverseFunctionalProperty": "no two things share a value of “{}”",
    "IrreflexiveProperty": "nothing has itself as value of “{}”",
    "SymmetricProperty": "“{}” goes both ways",
    "AsymmetricProperty": "“{}” never goes both ways",
    "TransitiveProperty": "“{}” goes on from one to the next",
    "Class": "“{}” is a class",
}
_OF_PROPERTIES = {
    "subClassOf": "every {0} is {a}",
    "equivalentClass": "to be {a0} is the same as to be {a}",
    "subPropertyOf": "“{}” implies “{}”",
    "equivalentProperty": "“{}” means the same as “{}”",
    "domain": "whatever has a value of “{0}” is {a}",
    "range": "every value of “{0}” is {a}",
    "inverseOf": "“{}” is the inverse of “{}”",
    "disjointWith": "nothing is both {a0} and {a}",
    "complementOf": "nothing is both {a0} and {a}",
    "propertyDisjointWith": "nothing has the same value of “{}” and of “{}”",
    "sameAs": "{} is the same as {}",
    "differentFrom": "{} is not the same as {}",
}
_DEFINITIONS = (
    *("someValuesFrom", "allValuesFrom", "hasValue", "maxCardinality", "onProperty"),
    *("maxQualifiedCardinality", "intersectionOf", "unionOf", "oneOf"),
)


class Words:
    """Words for the facts of a state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._labels = state.facts.column(state.dictionary.number(_LABEL)).by_subject
        self._axioms = Axioms(_columns(state), state.dictionary)

    def sentence(self, fact: Fact) -> str:
        """Return a fact as a clause, without a full stop."""
        subject, predicate, value = triple(fact)
        special = self._axiom(subject, predicate, value, fact)
        if special is not None:
            return special
        if fact[0] < 0:
            return f"{self.name(subject)} is {_a(self.name(value))}"
        return f"{self.name(subject)} {self.name(predicate)} {self.name(value)}"

    def name(self, of: int) -> str:
        """Return a label, else a short name; of a class without a name, what defines it."""
        if of >= LITERALS:
            return f"“{self._state.dictionary.rdflib(of)}”"
        if of < len(NAMES):
            return NAMES[of]
        labels = sorted(self._labels.get(of, ()), key=self._preference)
        if labels:
            return str(self._state.dictionary.rdflib(labels[0]))
        if of in self._state.program.labels:
            return self._state.program.labels[of]
        if self._state.dictionary.is_blank(of):
            return self._described(of) or "something without a name"
        return names.short(self._state.dictionary.rdflib(of), self._state.prefixes)

    def _preference(self, label: int) -> tuple[bool, str]:
        term = self._state.dictionary.term(label)
        language = getattr(term, "language", None)
        return language not in (None, "en"), str(term)

    def _axiom(self, subject: int, predicate: int, value: int, fact: Fact) -> str | None:
        if fact[0] < 0:
            form = _OF_CLASSES.get(_local(value))
            if form is not None:
                return form.format(self.name(subject))
            together = self._axioms.values(subject, "members")
            together += self._axioms.values(subject, "distinctMembers")
            return self._together(together[0]) if together and value < len(NAMES) else None
        local = _local(predicate)
        if local in _OF_PROPERTIES:
            one, other = self.name(subject), self.name(value)
            return _OF_PROPERTIES[local].format(one, other, a0=_a(one), a=_a(other))
        if local == "propertyChainAxiom":
            return f"{self._items(value, 'and then', '“{}”')} make “{self.name(subject)}”"
        if local == "hasKey":
            keys = self._items(value, "and", "“{}”")
            return f"two of {self.name(subject)} with the same {keys} are the same"
        if local in ("members", "distinctMembers"):
            return self._together(value)
        if local in DENIED:
            (who,) = self._axioms.values(subject, "sourceIndividual")[:1] or (subject,)
            (by,) = self._axioms.values(subject, "assertionProperty")[:1] or (predicate,)
            return f"it is not so that {self.name(who)} {self.name(by)} {self.name(value)}"
        if local in _DEFINITIONS:
            return f"“{self.name(subject)}” is so defined: {self._described(subject)}"
        return None

    def _together(self, head: int) -> str:
        members = [self.name(item) for item in self._axioms.items(head)]
        listed = " and ".join([*filter(None, [", ".join(members[:-1])]), *members[-1:]])
        return f"these exclude each other: {listed}"

    def _described(self, of: int) -> str:
        """What defines a class, in words."""
        for local, form in (
            ("intersectionOf", "and"),
            ("unionOf", "or"),
        ):
            for head in self._axioms.values(of, local):
                return f"{self._items(head, form)}"
        for head in self._axioms.values(of, "oneOf"):
            return f"one of {self._items(head, 'or')}"
        for other in self._axioms.values(of, "complementOf"):
            return f"what is not {_a(self.name(other))}"
        for by in self._axioms.values(of, "onProperty"):
            return self._restricted(of, self.name(by))
        return ""

    def _restricted(self, of: int, by: str) -> str:
        forms: tuple[tuple[str, str], ...] = (
            ("someValuesFrom", "something with {a} as “{1}”"),
            ("allValuesFrom", "something with only {a} as “{1}”"),
            ("hasValue", "something with {} as “{}”"),
            ("maxCardinality", "something with at most {} as “{}”"),
            ("maxQualifiedCardinality", "something with at most {} of a kind as “{}”"),
        )
        for local, form in forms:
            for value in self._axioms.values(of, local):
                return form.format(self.name(value), by, a=_a(self.name(value)))
        return f"something about “{by}”"

    def _items(self, head: int, word: str, form: str = "{}") -> str:
        found = [form.format(self.name(item)) for item in self._axioms.items(head) if item != NIL]
        return f" {word} ".join(found)


def _a(name: str) -> str:
    """Return a name with its article; what is described without a name has its own, or none."""
    if name.startswith(("something", "one of", "what is")):
        return name
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def _local(of: int) -> str:
    return NAMES[of].partition(":")[2] if of < len(NAMES) else ""


def _columns(state: State) -> Delta:
    return {
        key: column.facts - column.derived
        for key, column in state.facts.columns.items()
        if (key if key >= 0 else ~key) < len(NAMES)
    }
