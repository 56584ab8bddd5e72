"""Axioms of an ontology, read from their triples and turned into rules.

Source: OWL 2 Web Ontology Language Profiles (Second Edition), section 4.3, tables 4 to 9.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from srmgraph.inference.dictionary import Dictionary
from srmgraph.inference.facts import Delta, Fact, Facts
from srmgraph.inference.language import (
    DENIED,
    DOMAIN,
    EQUIVALENT_CLASS,
    EQUIVALENT_PROPERTY,
    EVERYTHING,
    FIRST,
    NIL,
    NOTHING,
    ON_PROPERTY,
    RANGE,
    REST,
    SAME,
    SUB_CLASS,
    SUB_PROPERTY,
    THING,
    TYPE,
    number,
)
from srmgraph.inference.rules import Atom, Condition, Rule, axiom, member, related


class Axioms:
    """The axioms among some facts, and what they mean for individuals.

    `datatypes` are the numbers of the datatypes that are known by name or declared; `parts` are
    the members of those that are intersections.
    """

    def __init__(self, facts: Delta, dictionary: Dictionary) -> None:
        self._facts = Facts()
        self._facts.state(facts)
        self._dictionary = dictionary
        self.datatypes = dictionary.datatypes() | self._facts.column(~number("Datatype")).facts
        self.parts = {
            name: members
            for name, _, members in self.lists("intersectionOf")
            if members and self.datatypes.issuperset(members)
        }
        self.datatypes |= self.parts.keys()

    # ── Reading ─────────────────────────────────────────────────────────────────────────────────

    def pairs(self, name: str | int) -> list[tuple[int, int]]:
        """Return the subjects and values of a property, in a fixed order."""
        column = self._facts.column(number(name) if isinstance(name, str) else name)
        return sorted((pair >> 32, pair & 0xFFFFFFFF) for pair in column.facts)

    def members(self, name: str) -> list[int]:
        """Return what is of a class of the language."""
        return sorted(self._facts.column(~number(name)).facts)

    def values(self, subject: int, name: str | int) -> list[int]:
        """Return the values of a property of one subject."""
        column = self._facts.column(number(name) if isinstance(name, str) else name)
        return sorted(column.by_subject.get(subject, ()))

    def lists(self, name: str) -> Iterator[tuple[int, Fact, list[int]]]:
        """Yield each subject of a property, the fact, and what is in the list that is its value."""
        for subject, head in self.pairs(name):
            yield subject, axiom(subject, number(name), head), self.items(head)

    def items(self, head: int) -> list[int]:
        """Return the members of a list; of one that is broken, those before the break."""
        found: list[int] = []
        seen: set[int] = set()
        while head != NIL and head not in seen:
            seen.add(head)
            found += self.values(head, FIRST)[:1]
            rest = self.values(head, REST)
            if not rest:
                break
            head = rest[0]
        return found

    # ── Rules ───────────────────────────────────────────────────────────────────────────────────

    def rules(self) -> Iterator[Rule]:
        """Yield the rules that the axioms become."""
        for rule in (*self._of_properties(), *self._of_classes(), *self._of_equality()):
            head = rule.head
            # Nothing is told of rdf:type as such, nor of what everything is.
            if any(atom.column == TYPE for atom in (*rule.body, *([head] if head else ()))):
                continue
            if head is None or head.column >= 0:
                yield rule
            elif ~head.column in self.datatypes:
                yield from self._of_datatype(rule, head)
            elif ~head.column not in EVERYTHING:
                yield rule

    def _of_datatype(self, rule: Rule, head: Atom) -> Iterator[Rule]:
        """A literal is of a datatype by its value alone; only other things by rules."""
        literal = Condition("no literal", head.terms)
        yield Rule(rule.name, rule.body, head, rule.axioms, (*rule.conditions, literal))
        outside = Condition("outside", head.terms, ~head.column)
        yield Rule("dt-not-type", rule.body, None, rule.axioms, (*rule.conditions, outside))

    def _of_properties(self) -> Iterator[Rule]:
        for name, limit in self.pairs(DOMAIN):
            source = (axiom(name, DOMAIN, limit),)
            yield Rule("prp-dom", (related(0, name, 1),), member(limit, 0), source)
        for name, limit in self.pairs(RANGE):
            source = (axiom(name, RANGE, limit),)
            yield Rule("prp-rng", (related(0, name, 1),), member(limit, 1), source)
        yield from self._of_kinds()
        for one, other in self.pairs(SUB_PROPERTY):
            source = (axiom(one, SUB_PROPERTY, other),)
            yield Rule("prp-spo1", (related(0, one, 1),), related(0, other, 1), source)
        for name, fact, chain in self.lists("propertyChainAxiom"):
            body = tuple(related(place, step, place + 1) for place, step in enumerate(chain))
            if body:
                yield Rule("prp-spo2", body, related(0, name, len(chain)), (fact,))
        for one, other in self.pairs(EQUIVALENT_PROPERTY):
            source = (axiom(one, EQUIVALENT_PROPERTY, other),)
            yield Rule("prp-eqp1", (related(0, one, 1),), related(0, other, 1), source)
            yield Rule("prp-eqp2", (related(0, other, 1),), related(0, one, 1), source)
        for one, other in self.pairs("inverseOf"):
            source = (axiom(one, number("inverseOf"), other),)
            yield Rule("prp-inv1", (related(0, one, 1),), related(1, other, 0), source)
            yield Rule("prp-inv2", (related(0, other, 1),), related(1, one, 0), source)
        for one, other in self.pairs("propertyDisjointWith"):
            source = (axiom(one, number("propertyDisjointWith"), other),)
            yield Rule("prp-pdw", (related(0, one, 1), related(0, other, 1)), None, source)
        for fact, members in self._together("AllDisjointProperties", "members"):
            for one, other in combinations(members, 2):
                yield Rule("prp-adp", (related(0, one, 1), related(0, other, 1)), None, (fact,))
        yield from self._of_keys()
        yield from self._of_denials()

    def _of_kinds(self) -> Iterator[Rule]:
        def source(kind: str) -> tuple[Fact]:
            return ((~number(kind), name),)

        both = Condition("different", (1, 2))
        for name in self.members("FunctionalProperty"):
            body = (related(0, name, 1), related(0, name, 2))
            yield Rule("prp-fp", body, related(1, SAME, 2), source("FunctionalProperty"), (both,))
        for name in self.members("InverseFunctionalProperty"):
            body = (related(1, name, 0), related(2, name, 0))
            kind = source("InverseFunctionalProperty")
            yield Rule("prp-ifp", body, related(1, SAME, 2), kind, (both,))
        for name in self.members("IrreflexiveProperty"):
            yield Rule("prp-irp", (related(0, name, 0),), None, source("IrreflexiveProperty"))
        for name in self.members("SymmetricProperty"):
            kind = source("SymmetricProperty")
            yield Rule("prp-symp", (related(0, name, 1),), related(1, name, 0), kind)
        for name in self.members("AsymmetricProperty"):
            body = (related(0, name, 1), related(1, name, 0))
            yield Rule("prp-asyp", body, None, source("AsymmetricProperty"))
        for name in self.members("TransitiveProperty"):
            body = (related(0, name, 1), related(1, name, 2))
            yield Rule("prp-trp", body, related(0, name, 2), source("TransitiveProperty"))

    def _of_keys(self) -> Iterator[Rule]:
        for name, fact, keys in self.lists("hasKey"):
            shared = [
                related(who, key, place + 2) for place, key in enumerate(keys) for who in (0, 1)
            ]
            body = (member(name, 0), *shared, member(name, 1))
            if keys:
                different = Condition("different", (0, 1))
                yield Rule("prp-key", body, related(0, SAME, 1), (fact,), (different,))

    def _of_denials(self) -> Iterator[Rule]:
        for kind, rule in zip(DENIED, ("prp-npa1", "prp-npa2"), strict=True):
            for denial, value in self.pairs(kind):
                for subject in self.values(denial, "sourceIndividual"):
                    for name in self.values(denial, "assertionProperty"):
                        source = (axiom(denial, number(kind), value),)
                        yield Rule(rule, (related(~subject, name, ~value),), None, source)

    def _of_classes(self) -> Iterator[Rule]:
        for narrow, wide in self.pairs(SUB_CLASS):
            source = (axiom(narrow, SUB_CLASS, wide),)
            # What holds of nothing needs no rule: that anything is of it is a contradiction.
            if narrow != NOTHING:
                yield Rule("cax-sco", (member(narrow, 0),), member(wide, 0), source)
        for one, other in self.pairs(EQUIVALENT_CLASS):
            source = (axiom(one, EQUIVALENT_CLASS, other),)
            yield Rule("cax-eqc1", (member(one, 0),), member(other, 0), source)
            yield Rule("cax-eqc2", (member(other, 0),), member(one, 0), source)
        for rule, kind in (("cax-dw", "disjointWith"), ("cls-com", "complementOf")):
            for one, other in self.pairs(kind):
                source = (axiom(one, number(kind), other),)
                yield Rule(rule, (member(one, 0), member(other, 0)), None, source)
        for fact, members in self._together("AllDisjointClasses", "members"):
            for one, other in combinations(members, 2):
                yield Rule("cax-adc", (member(one, 0), member(other, 0)), None, (fact,))
        yield from self._of_sets()
        yield from self._of_restrictions()

    def _of_sets(self) -> Iterator[Rule]:
        for name, fact, members in self.lists("intersectionOf"):
            body = tuple(member(part, 0) for part in members if part != THING)
            if body:
                yield Rule("cls-int1", body, member(name, 0), (fact,))
            for part in members:
                yield Rule("cls-int2", (member(name, 0),), member(part, 0), (fact,))
                yield Rule("scm-int", (), related(~name, SUB_CLASS, ~part), (fact,))
        for name, fact, members in self.lists("unionOf"):
            for part in members:
                yield Rule("cls-uni", (member(part, 0),), member(name, 0), (fact,))
                yield Rule("scm-uni", (), related(~part, SUB_CLASS, ~name), (fact,))
        for name, fact, members in self.lists("oneOf"):
            for part in members:
                yield Rule("cls-oo", (), member(name, ~part), (fact,))

    def _of_restrictions(self) -> Iterator[Rule]:
        for name, by in self.pairs(ON_PROPERTY):
            on = axiom(name, ON_PROPERTY, by)
            pair = related(0, by, 1)
            for filler in self.values(name, "someValuesFrom"):
                source = (axiom(name, number("someValuesFrom"), filler), on)
                body = (pair,) if filler == THING else (pair, member(filler, 1))
                rule = "cls-svf2" if filler == THING else "cls-svf1"
                yield Rule(rule, body, member(name, 0), source)
            for filler in self.values(name, "allValuesFrom"):
                source = (axiom(name, number("allValuesFrom"), filler), on)
                yield Rule("cls-avf", (member(name, 0), pair), member(filler, 1), source)
            for value in self.values(name, "hasValue"):
                source = (axiom(name, number("hasValue"), value), on)
                valued = related(0, by, ~value)
                yield Rule("cls-hv1", (member(name, 0),), valued, source)
                yield Rule("cls-hv2", (valued,), member(name, 0), source)
            for most in self.values(name, "maxCardinality"):
                source = (axiom(name, number("maxCardinality"), most), on)
                yield from self._at_most(name, by, THING, most, source)
            for most in self.values(name, "maxQualifiedCardinality"):
                for filler in self.values(name, "onClass") + self.values(name, "onDataRange"):
                    source = (axiom(name, number("maxQualifiedCardinality"), most), on)
                    yield from self._at_most(name, by, filler, most, source)

    def _at_most(
        self, name: int, by: int, filler: int, most: int, source: tuple[Fact, ...]
    ) -> Iterator[Rule]:
        counted = self._dictionary.count(most)
        qualified = filler != THING
        kind = "cls-maxqc" if source[0][0] == number("maxQualifiedCardinality") else "cls-maxc"
        who = member(name, 0)
        first, second = related(0, by, 1), related(0, by, 2)
        of = (member(filler, 1),) if qualified else ()
        if counted == 0:
            rule = f"{kind}{'1' if kind == 'cls-maxc' or qualified else '2'}"
            yield Rule(rule, (who, first, *of), None, source)
        elif counted == 1:
            rule = "cls-maxc2" if kind == "cls-maxc" else f"{kind}{'3' if qualified else '4'}"
            also = (member(filler, 2),) if qualified else ()
            different = Condition("different", (1, 2))
            body = (who, first, second, *of, *also)
            yield Rule(rule, body, related(1, SAME, 2), source, (different,))

    def _of_equality(self) -> Iterator[Rule]:
        for kind in ("members", "distinctMembers"):
            for fact, members in self._together("AllDifferent", kind):
                for one, other in combinations(members, 2):
                    rule = "eq-diff2" if kind == "members" else "eq-diff3"
                    if one == other:
                        yield Rule(rule, (), None, (fact,))
                    else:
                        yield Rule(rule, (related(~one, SAME, ~other),), None, (fact,))

    def _together(self, kind: str, by: str) -> Iterator[tuple[Fact, list[int]]]:
        declared = self._facts.column(~number(kind)).facts
        for subject, fact, members in self.lists(by):
            if subject in declared:
                yield fact, members
