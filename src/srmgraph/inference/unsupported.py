"""Axioms that lie outside OWL 2 RL, so that they have no effect or not all of it, in words.

Source: OWL 2 Web Ontology Language Profiles (Second Edition), section 4.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyoxigraph

from srmgraph.inference.dictionary import Dictionary
from srmgraph.inference.language import (
    DOMAIN,
    EQUIVALENT_CLASS,
    NAMES,
    RANGE,
    SAME,
    SUB_CLASS,
    SUB_PROPERTY,
    THING,
    TYPE,
    number,
)

if TYPE_CHECKING:
    from srmgraph.inference.axioms import Axioms

_ABOVE = (
    *("someValuesFrom", "unionOf", "oneOf", "hasSelf", "minCardinality", "cardinality"),
    *("minQualifiedCardinality", "qualifiedCardinality"),
)
"""What says too little of a member of the class to infer anything by rules."""
_BELOW = (
    *("allValuesFrom", "complementOf", "hasSelf", "maxCardinality", "maxQualifiedCardinality"),
    *("minCardinality", "cardinality", "minQualifiedCardinality", "qualifiedCardinality"),
)
"""What can never be known of a thing from what is stated, or is not looked for."""
_COMPOSING = {
    *(*_ABOVE, *_BELOW, "intersectionOf", "unionOf"),
    *("allValuesFrom", "someValuesFrom", "complementOf"),
}
_NEVER = ("disjointUnionOf", "onProperties", "onDatatype", "withRestrictions")


def warnings(axioms: Axioms, dictionary: Dictionary) -> Iterator[str]:
    """Yield a sentence for each axiom that has no effect, or not all of it; sorted."""
    yield from sorted(set(_Reader(axioms, dictionary).warnings()))


class _Reader:
    def __init__(self, axioms: Axioms, dictionary: Dictionary) -> None:
        self._axioms = axioms
        self._dictionary = dictionary
        self._composed = {name for kind in _COMPOSING for name, _ in axioms.pairs(kind)}

    def warnings(self) -> Iterator[str]:
        for narrow, wide in self._axioms.pairs(SUB_CLASS):
            if wide not in (THING,) and narrow != number("Nothing"):
                yield from self._below(narrow, narrow, set())
                yield from self._above(wide, narrow, set())
        for one, other in self._axioms.pairs(EQUIVALENT_CLASS):
            for part in (one, other):
                yield from self._below(part, one, set())
                yield from self._above(part, one, set())
        for by in (DOMAIN, RANGE):
            for name, limit in self._axioms.pairs(by):
                yield from self._above(limit, name, set())
        for name in self._axioms.members("ReflexiveProperty"):
            yield self._outside(name, "owl:ReflexiveProperty")
        for kind in _NEVER:
            for name, _ in self._axioms.pairs(kind):
                yield self._outside(name, f"owl:{kind}")
        yield from self._of_the_language()

    def _below(self, name: int, owner: int, seen: set[int]) -> Iterator[str]:
        """A class from which membership of another follows."""
        if name in seen:
            return
        seen.add(name)
        if name == THING:
            yield (
                f"{self._name(owner)}: what holds of owl:Thing is inferred only of what is stated "
                "to be one (OWL 2 RL has no such axiom)."
            )
        if name not in self._composed:
            return
        for kind in _BELOW:
            if self._axioms.values(name, kind):
                yield (
                    f"{self._name(owner)}: owl:{kind} on the left of an axiom is outside OWL 2 RL; "
                    "nothing is inferred to be of such a class."
                )
        for kind in ("intersectionOf", "unionOf"):
            for part in self._parts(name, kind):
                yield from self._below(part, owner, seen)
        for filler in self._axioms.values(name, "someValuesFrom"):
            if filler != THING:
                yield from self._below(filler, owner, seen)

    def _above(self, name: int, owner: int, seen: set[int]) -> Iterator[str]:
        """A class of which something is said to be."""
        if name in seen or name not in self._composed:
            return
        seen.add(name)
        for kind in _ABOVE:
            if self._axioms.values(name, kind) and name not in self._axioms.datatypes:
                yield (
                    f"{self._name(owner)}: owl:{kind} on the right of an axiom is outside OWL 2 "
                    "RL; nothing is inferred from being of such a class."
                )
        for kind in ("maxCardinality", "maxQualifiedCardinality"):
            for most in self._axioms.values(name, kind):
                if self._dictionary.count(most) not in (0, 1):
                    yield (
                        f"{self._name(owner)}: owl:{kind} above 1 is outside OWL 2 RL; "
                        "nothing is inferred from it."
                    )
        for part in (
            *self._parts(name, "intersectionOf"), *self._axioms.values(name, "allValuesFrom")
        ):  # fmt: skip
            yield from self._above(part, owner, seen)
        for part in self._axioms.values(name, "complementOf"):
            yield from self._below(part, owner, set())

    def _of_the_language(self) -> Iterator[str]:
        for by in (SUB_PROPERTY, number("equivalentProperty"), number("inverseOf")):
            for pair in self._axioms.pairs(by):
                if TYPE in pair:
                    other = pair[0] if pair[1] == TYPE else pair[1]
                    yield self._outside(other, "an axiom about rdf:type")
        for name, _, chain in self._axioms.lists("propertyChainAxiom"):
            if TYPE in (name, *chain):
                yield self._outside(name, "a chain with rdf:type")
            if not chain:
                yield f"{self._name(name)}: its property chain is empty or no list."
        for kind in ("topObjectProperty", "topDataProperty", "bottomObjectProperty"):
            for by in (SUB_PROPERTY, SAME):
                for pair in self._axioms.pairs(by):
                    if number(kind) in pair:
                        yield self._outside(pair[0], f"owl:{kind}")

    def _parts(self, name: int, kind: str) -> list[int]:
        return [
            part for head in self._axioms.values(name, kind) for part in self._axioms.items(head)
        ]

    def _outside(self, name: int, what: str) -> str:
        return f"{self._name(name)}: {what} is outside OWL 2 RL; nothing is inferred from it."

    def _name(self, name: int) -> str:
        if name < len(NAMES):
            return NAMES[name]
        term = self._dictionary.term(name)
        if isinstance(term, pyoxigraph.BlankNode):
            return self._described(name)
        return str(term)

    def _described(self, name: int) -> str:
        """A class without a name, by what it is about."""
        for by in ("onProperty", "someValuesFrom", "intersectionOf", "unionOf", "complementOf"):
            for other in self._axioms.values(name, by):
                if self._dictionary.is_iri(other):
                    return f"a class without a name (owl:{by} {self._dictionary.term(other)})"
        return "a class without a name"
