"""Rules as SPARQL 1.1: an update that adds what follows, a query that finds what contradicts.

Patterns outside GRAPH are about the working graph, which holds all that is known. What cannot be
said: a literal is no subject in RDF, so what the engine in the process knows of literals (that one
is of a class, or the same as another) has no place here. `of_literals` tells which rules that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import pyoxigraph

from srmgraph.inference import joins
from srmgraph.inference.dictionary import Dictionary
from srmgraph.inference.facts import LITERALS, Fact, fact
from srmgraph.inference.language import EVERYTHING, REFLEXIVE, SAME, TERMS, TYPE
from srmgraph.inference.rules import Atom, Rule
from srmgraph.inference.sparql_datatypes import belongs
from srmgraph.terms import Term, to_oxigraph

Values = Mapping[int, str]
"""Terms, as SPARQL writes them, in place of variables."""

_TYPE, _SAME = str(TERMS[TYPE]), str(TERMS[SAME])
_REPLACED = ("eq-rep-s", "eq-rep-p", "eq-rep-o")


class Translation:
    """Rules in SPARQL, over the terms of a dictionary.

    A blank node has no name that a query could say. So those of the ontology, and in the working
    graph those of the data too, are called by IRIs that begin with `prefix`.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        datatypes: set[int],
        parts: dict[int, list[int]],
        prefix: str,
    ) -> None:
        self.dictionary = dictionary
        self.prefix = prefix
        self.named = f"{prefix}node:"
        self._datatypes = datatypes
        self._parts = parts
        self._stand_in = re.compile(re.escape(self.named) + "([-0-9a-zA-Z]+)")

    # ── Terms ───────────────────────────────────────────────────────────────────────────────────

    def term(self, number: int) -> str:
        """Return a term as SPARQL writes it."""
        term = self.dictionary.term(number)
        if isinstance(term, pyoxigraph.BlankNode):
            return f"<{self.named}{term.value}>"
        return str(term)

    def number(self, term: Term | None) -> int:
        """Return the number of a term of an answer, which is there."""
        assert term is not None
        found = self._stand_in.fullmatch(term)
        if found is not None:
            return self.dictionary.number(pyoxigraph.BlankNode(found[1]))
        return self.dictionary.number(to_oxigraph(term))

    def fact(self, terms: Iterable[Term | None]) -> Fact:
        """Return a triple of an answer as a fact."""
        subject, predicate, value = map(self.number, terms)
        return fact(subject, predicate, value)

    # ── Patterns ────────────────────────────────────────────────────────────────────────────────

    def pattern(self, atom: Atom, values: Values = {}) -> str:  # noqa: B006
        """Return a pattern of SPARQL."""
        terms = [self._in(term, values) for term in atom.terms]
        if len(terms) == 1:
            return f"{terms[0]} {_TYPE} {self.term(~atom.column)} ."
        return f"{terms[0]} {self.term(atom.column)} {terms[1]} ."

    def where(
        self,
        rule: Rule,
        place: int | None = None,
        source: str = "",
        values: Values = {},  # noqa: B006
    ) -> str:
        """Return what finds a rule's body, one of its patterns in the graph `source` if so told."""
        found: list[str] = []
        filters: list[str] = []
        for number, atom in enumerate(rule.body):
            if number != place and self._is_test_of_value(rule, number):
                filters.append(self._is_of_datatype(atom, values))
            elif number == place:
                found.insert(0, f"GRAPH {source} {{ {self.pattern(atom, values)} }}")
            else:
                found.append(self.pattern(atom, values))
        for condition in (*rule.conditions, *joins.implied(rule)):
            terms = [self._in(term, values) for term in condition.variables]
            match condition.kind:
                case "different":
                    filters.append(f"!sameTerm({terms[0]}, {terms[1]})")
                case "no literal":
                    filters.append(f"!isLiteral({terms[0]})")
                case "outside":
                    inside = self._value_is_of(terms[0], condition.datatype)
                    filters.append(f"isLiteral({terms[0]}) && !COALESCE({inside}, false)")
                case _:
                    filters.append(f"isLiteral({terms[0]}) && isLiteral({terms[1]})")
        return " ".join([*found, *(f"FILTER({text})" for text in filters)])

    def is_sayable(self, rule: Rule) -> bool:
        """Tell whether a rule can be said: not if a literal is the subject of one of its facts."""
        atoms = [*rule.body, *([] if rule.head is None else [rule.head])]
        if any(atom.terms[0] < 0 and ~atom.terms[0] >= LITERALS for atom in atoms):
            return False
        return all(condition.kind != "unequal" for condition in rule.conditions)

    def _is_test_of_value(self, rule: Rule, place: int) -> bool:
        atom = rule.body[place]
        if atom.column >= 0 or ~atom.column not in self._datatypes:
            return False
        return any(
            atom.terms[0] in other.terms
            for number, other in enumerate(rule.body)
            if number != place and (other.column >= 0 or ~other.column not in self._datatypes)
        )

    def _is_of_datatype(self, atom: Atom, values: Values) -> str:
        who = self._in(atom.terms[0], values)
        inside = self._value_is_of(who, ~atom.column)
        return f"IF(isLiteral({who}), {inside}, EXISTS {{ {self.pattern(atom, values)} }})"

    def _value_is_of(self, term: str, datatype: int) -> str:
        parts = self._parts.get(datatype)
        if parts is not None:
            return "(" + " && ".join(self._value_is_of(term, part) for part in parts) + ")"
        name = self.dictionary.term(datatype)
        return belongs(term, name.value) if isinstance(name, pyoxigraph.NamedNode) else "false"

    def _in(self, term: int, values: Values) -> str:
        return self.term(~term) if term < 0 else values.get(term, f"?v{term}")

    # ── Updates ─────────────────────────────────────────────────────────────────────────────────

    def insertion(
        self, rule: Rule, place: int | None, source: str, known: str, target: str, most: int
    ) -> str:
        """Return an update that adds to the graph `target` what follows and is not in `known`.

        The fact at `place` is taken from the graph `source`. Where rows may multiply, no more than
        `most` are added.
        """
        assert rule.head is not None
        head = self.pattern(rule.head)
        where = f"{self.where(rule, place, source)} FILTER NOT EXISTS {{ {head} }}"
        subject = rule.head.terms[0]
        if subject not in {atom.terms[0] for atom in rule.body}:
            # Some servers refuse the whole update where others pass over a literal as subject.
            where = f"{where} FILTER(!isLiteral({self._in(subject, {})}))"
        names = sorted({f"?v{term}" for term in rule.head.terms if term >= 0})
        if len(rule.body) > 1 and names:
            where = _at_most(names, where, most)
        return _insert(known, source, target, head, where)

    def replacements(
        self, *, same_is_new: bool, source: str, known: str, target: str, most: int
    ) -> Iterator[tuple[str, str]]:
        """Yield names and updates of the rules eq-rep-s, eq-rep-p and eq-rep-o.

        What is new, in the graph `source`, is that two are the same or else what is said of one.
        """
        for name in _REPLACED:
            head, same, said, filters = _replacing(name)
            first, second = (same, said) if same_is_new else (said, same)
            begin = f"GRAPH {source} {{ {first} }}" if source else first
            where = f"{begin} {second} FILTER({filters}) FILTER NOT EXISTS {{ {head} }}"
            names = [word for word in head.split() if word.startswith("?")]
            yield name, _insert(known, source, target, head, _at_most(names, where, most))

    # ── Queries ─────────────────────────────────────────────────────────────────────────────────

    def clashes(self, rules: Iterable[tuple[int, Rule]], known: str, most: int) -> str:
        """Return a query for what contradicts a rule: its number, and the values of variables."""
        parts = [f"{{ {self.where(rule)} BIND({number} AS ?rule) }}" for number, rule in rules]
        return f"SELECT DISTINCT * FROM {known} {{ {' UNION '.join(parts)} }} LIMIT {most}"

    def derivations(self, of: Fact, rule: Rule, known: str, later: Iterable[str]) -> str | None:
        """Return a query for a way in which a fact follows by a rule, from none of `later` graphs.

        None if the fact is not one that the rule could say.
        """
        assert rule.head is not None
        column, value = of
        numbers = [value] if column < 0 else [value >> 32, value & 0xFFFFFFFF]
        values: dict[int, str] = {}
        for term, number in zip(rule.head.terms, numbers, strict=True):
            text = self.term(number)
            if (term < 0 and ~term != number) or values.get(term, text) != text:
                return None
            values[term] = text
        atoms = [
            self.pattern(atom, values)
            for number, atom in enumerate(rule.body)
            if not self._is_test_of_value(rule, number)
        ]
        return _first(self.where(rule, values=values), atoms, known, later)

    def replaced(self, of: Fact, known: str, later: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield names and queries for how a fact follows by eq-rep-s, -p and -o."""
        column, value = of
        subject = self.term(value if column < 0 else value >> 32)
        name = _TYPE if column < 0 else self.term(column)
        other = self.term(~column if column < 0 else value & 0xFFFFFFFF)
        for rule, same, said in (
            ("eq-rep-s", f"?x {_SAME} {subject} .", f"?x {name} {other} ."),
            ("eq-rep-p", f"?x {_SAME} {name} .", f"{subject} ?x {other} ."),
            ("eq-rep-o", f"?x {_SAME} {other} .", f"{subject} {name} ?x ."),
        ):
            yield rule, _first(f"{same} {said}", [same, said], known, later)

    def premises(self, of: Fact, rule: str, other: int) -> tuple[Fact, Fact]:
        """Return the facts from which one follows by eq-rep-s, -p or -o with another term."""
        column, value = of
        parts = [value, TYPE, ~column] if column < 0 else [value >> 32, column, value & 0xFFFFFFFF]
        place = _REPLACED.index(rule)
        term, parts[place] = parts[place], other
        return fact(other, SAME, term), fact(parts[0], parts[1], parts[2])

    def of_literals(self, rules: Iterable[Rule], properties: set[int]) -> Iterator[Rule]:
        """Yield rules that would say of a literal what RDF cannot, given which have literals."""
        for rule in rules:
            head = rule.head
            if head is None or (head.column < 0 and ~head.column in self._datatypes):
                continue
            subject = head.terms[0]
            with_literals = {
                atom.terms[1]
                for atom in rule.body
                if len(atom.terms) == 2 and atom.column in properties
            }
            elsewhere = {atom.terms[0] for atom in rule.body if len(atom.terms) == 2}
            if subject in with_literals - elsewhere and not any(
                condition.kind == "no literal" and condition.variables == (subject,)
                for condition in (*rule.conditions, *joins.implied(rule))
            ):
                yield rule


def pairs_of_literals(rule: Rule, translation: Translation, known: str, most: int) -> str:
    """Return a query for literals that a rule says are the same; both are values of one thing."""
    assert rule.head is not None
    one, other = (f"?v{term}" for term in rule.head.terms)
    where = translation.where(rule)
    both = f"FILTER(isLiteral({one}) && isLiteral({other}) && STR({one}) <= STR({other}))"
    return f"SELECT * FROM {known} {{ {where} {both} }} LIMIT {most}"


def makes_same(rule: Rule) -> bool:
    """Tell whether a rule says of two values that they are the same."""
    return rule.head is not None and rule.head.column == SAME and rule.body[0].column != SAME


def _replacing(name: str) -> tuple[str, str, str, str]:
    """Return what is added, that two are the same, what is said of one, and what must hold."""
    head, same = {
        "eq-rep-s": ("?x ?p ?o", "?s"),
        "eq-rep-p": ("?s ?x ?o", "?p"),
        "eq-rep-o": ("?s ?p ?x", "?o"),
    }[name]
    said = {"eq-rep-s": "!isLiteral(?x)", "eq-rep-p": "isIRI(?x)", "eq-rep-o": "true"}[name]
    subject, predicate, value = head.split()
    everything = ", ".join(str(TERMS[number]) for number in sorted(EVERYTHING))
    reflexive = ", ".join(str(TERMS[number]) for number in sorted(REFLEXIVE))
    filters = [
        said,
        f"?p != {_SAME}",
        f"!({predicate} = {_TYPE} && ({value} IN ({everything}) || isLiteral({value})))",
        f"!({predicate} IN ({reflexive}) && sameTerm({subject}, {value}))",
    ]
    if name == "eq-rep-p":
        filters.append(f"?p != {_TYPE} && ?x NOT IN ({_TYPE}, {_SAME})")
    return head, f"{same} {_SAME} ?x .", "?s ?p ?o .", " && ".join(filters)


def _insert(known: str, source: str, target: str, head: str, where: str) -> str:
    using = f"USING {known}{f' USING NAMED {source}' if source else ''}"
    return f"INSERT {{ GRAPH {target} {{ {head} }} }} {using} WHERE {{ {where} }}"


def _at_most(names: list[str], where: str, most: int) -> str:
    return f"SELECT DISTINCT {' '.join(names)} WHERE {{ {where} }} LIMIT {most}"


def _first(where: str, patterns: list[str], known: str, later: Iterable[str]) -> str:
    graphs = " ".join(later)
    earlier = "".join(
        f" FILTER NOT EXISTS {{ VALUES ?g{number} {{ {graphs} }} GRAPH ?g{number} {{ {text} }} }}"
        for number, text in enumerate(patterns)
    )
    named = "".join(f" FROM NAMED {graph}" for graph in later)
    variables = sorted(set(re.findall(r"\?[vx]\d*\b", where))) or ["(1 AS ?found)"]
    return f"SELECT {' '.join(variables)} FROM {known}{named} {{ {where}{earlier} }} LIMIT 1"
