"""The triple patterns of a SPARQL query, scope by scope: what the answer to it can depend on.

Only the structure is read that tells which statements matter and how they hang together; what
expressions compute is passed over, but not the EXISTS in them. A query with a construct that is not
known here is refused, and so never misread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph
from rdflib import RDF, URIRef

from srmgraph.validation import paths
from srmgraph.validation.paths import Path
from srmgraph.validation.scopes import (
    Among,
    AnyProperty,
    Atom,
    Begins,
    Both,
    Condition,
    Either,
    Exists,
    Kind,
    Not,
    Same,
    Scope,
    Term,
)
from srmgraph.validation.tokens import NotUnderstood, Tokens

_UNKNOWN = {"MINUS", "SERVICE", "GRAPH", "SELECT", "BASE"}
_SELECTING = {"SELECT", "DISTINCT", "REDUCED", "WHERE"}
_CHANGING = {"NOW", "RAND", "UUID", "STRUUID"}
# The day of today, from a moment such as 2026-11-25T18:30:00Z.
_TODAY = re.compile(
    r"SUBSTR\s*\(\s*STR\s*\(\s*NOW\s*\(\s*\)\s*\)\s*,\s*1\s*,\s*10\s*\)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Query:
    """The patterns of a query.

    `changes_by_itself` says that its answer also depends on the clock or on chance, `changes_daily`
    that it depends on nothing of that kind but the day. `computed` are the variables that are given
    a value by BIND. `prologue` is what stands before SELECT. `is_plain` says that variables are
    selected, not computed, and all solutions given.
    `conditions` are the filters of the outermost group, each with those of its variables that have
    a meaning outside of it.
    """

    scope: Scope
    changes_by_itself: bool
    changes_daily: bool
    computed: frozenset[str]
    prologue: str
    is_plain: bool
    conditions: tuple[tuple[str, frozenset[str]], ...]


def read(sparql: str) -> Query:
    """Read a SELECT query; raises NotUnderstood."""
    return _Reader(sparql).query()


def path(sparql: str) -> Path:
    """Read a property path that is written with whole IRIs; raises NotUnderstood."""
    return _Reader(sparql).path()


class _Reader(Tokens):
    def __init__(self, sparql: str) -> None:
        super().__init__(sparql)
        self._fresh = 0
        self._same: dict[str, str] = {}
        self._computed: set[str] = set()
        self._filters: list[tuple[int, int]] = []

    def query(self) -> Query:
        changing = self._changing()
        while self._upper() == "PREFIX":
            self._next()
            prefix, iri = self._next()[1], self._next()[1]
            self._prefixes[prefix.removesuffix(":")] = iri[1:-1]
        if self._upper() != "SELECT":
            raise NotUnderstood(self._text() or "the end")
        prologue = self._sparql[: self._places[self._at]]
        start = self._at
        while self._text() != "{":
            self._next()
        head = {text.upper() for kind, text in self._tokens[start : self._at] if kind != "variable"}
        scope = Scope()
        self._group(scope)
        if "{" in (text for _, text in self._tokens[self._at :]):
            raise NotUnderstood("a group after the pattern")
        if self._same:
            for inner in scope.all():
                inner.atoms = [self._renamed(atom) for atom in inner.atoms]
        return Query(
            scope,
            bool(changing) and len(changing) != len(_TODAY.findall(self._sparql)),
            bool(changing),
            frozenset(self._computed),
            prologue,
            head <= _SELECTING and self._at == len(self._tokens),
            tuple(self._conditions()),
        )

    def path(self) -> Path:
        found = self._alternatives()
        if isinstance(found, AnyProperty) or self._at < len(self._tokens):
            raise NotUnderstood(self._text())
        return found

    def _changing(self) -> list[str]:
        words = (text.upper() for kind, text in self._tokens if kind == "word")
        return [word for word in words if word in _CHANGING]

    def _conditions(self) -> Iterator[tuple[str, frozenset[str]]]:
        ends = [*self._places, len(self._sparql)]
        for start, end in self._filters:
            inside = self._variables(range(start, end))
            others = (*range(start), *range(end, len(self._tokens)))
            text = self._sparql[ends[start] : ends[end]]
            yield text, inside & self._variables(others)

    def _variables(self, places: Iterable[int]) -> frozenset[str]:
        found = (self._tokens[place] for place in places)
        return frozenset(text[1:] for kind, text in found if kind == "variable")

    # ── Groups ──────────────────────────────────────────────────────────────────────────────────

    def _group(self, scope: Scope) -> None:
        self._expect("{")
        while not self._skip("}"):
            word = self._upper()
            if word in _UNKNOWN:
                raise NotUnderstood(word)
            if self._text() == "{" or word in ("OPTIONAL", "BIND"):
                scope.is_whole = False
            if self._text() == "{":
                self._group(scope.child())
                while self._upper() == "UNION":
                    self._next()
                    self._group(scope.child())
            elif word == "OPTIONAL":
                self._next()
                self._group(scope.child())
            elif word == "FILTER":
                start = self._at
                self._next()
                self._filter(scope)
                if scope.parent is None:
                    self._filters.append((start, self._at))
            elif word == "BIND":
                self._next()
                self._bind(scope)
            elif word == "VALUES":
                self._next()
                self._values(scope)
            elif not self._skip("."):
                self._triples(scope)

    def _filter(self, scope: Scope) -> None:
        start, children = self._at, len(scope.children)
        try:
            condition = self._single(scope)
        except NotUnderstood:
            # What is not understood is passed over, but for the groups in it.
            scope.is_whole = False
            self._at = start
            del scope.children[children:]
            if self._upper() in ("NOT", "EXISTS"):
                while self._text() != "{":
                    self._next()
                self._group(scope.child())
                return
            if self._text() != "(":
                self._next()
            self._expression(scope)
            return
        if isinstance(condition, Among):
            scope.limit(condition.variable, condition.values)
        scope.conditions.append(condition)

    def _either(self, scope: Scope) -> Condition:
        inners = [self._both(scope)]
        while self._skip("||"):
            inners.append(self._both(scope))
        return inners[0] if len(inners) == 1 else Either(tuple(inners))

    def _both(self, scope: Scope) -> Condition:
        inners = [self._single(scope)]
        while self._skip("&&"):
            inners.append(self._single(scope))
        return inners[0] if len(inners) == 1 else Both(tuple(inners))

    def _single(self, scope: Scope) -> Condition:
        """A condition that stands by itself; raises NotUnderstood for any but a few."""
        if self._skip("!"):
            return Not(self._single(scope))
        if self._skip("("):
            inner = self._either(scope)
            self._expect(")")
            return inner
        word = self._upper()
        if word == "NOT":
            self._next()
            word = self._upper()
            if word != "EXISTS":
                raise NotUnderstood(self._text())
            return Not(self._single(scope))
        if word == "EXISTS":
            self._next()
            child = scope.child()
            self._group(child)
            return Exists(child)
        if word in ("ISIRI", "ISURI", "ISBLANK", "ISLITERAL"):
            self._next()
            self._expect("(")
            name = self._variable()
            self._expect(")")
            return Kind(name, "ISIRI" if word == "ISURI" else word)
        return self._begins() if word == "STRSTARTS" else self._comparison()

    def _begins(self) -> Condition:
        self._next()
        for expected in ("(", "STR", "("):
            if self._next()[1].upper() != expected:
                raise NotUnderstood("another use of STRSTARTS")
        name = self._variable()
        self._expect(")")
        self._expect(",")
        kind, text = self._next()
        if kind != "string" or "\\" in text or not text.endswith('"') or text.startswith('""'):
            raise NotUnderstood(text)
        self._expect(")")
        return Begins(name, text[1:-1])

    def _comparison(self) -> Condition:
        left = self._operand()
        if self._skip("="):
            return Same(left, self._operand())
        if self._skip("!="):
            return Not(Same(left, self._operand()))
        is_not = self._upper() == "NOT"
        if is_not:
            self._next()
        if self._upper() != "IN" or not isinstance(left, str):
            raise NotUnderstood(self._text())
        self._next()
        self._expect("(")
        values = {pyoxigraph.NamedNode(self._iri())}
        while self._skip(","):
            values.add(pyoxigraph.NamedNode(self._iri()))
        self._expect(")")
        among = Among(left, frozenset(values))
        return Not(among) if is_not else among

    def _operand(self) -> Term:
        if self._at < len(self._tokens) and self._tokens[self._at][0] == "variable":
            return self._variable()
        return pyoxigraph.NamedNode(self._iri())

    def _variable(self) -> str:
        kind, text = self._next()
        if kind != "variable":
            raise NotUnderstood(text)
        return text[1:]

    def _expression(self, scope: Scope) -> None:
        """Pass over what stands in brackets, but for the groups of EXISTS."""
        self._expect("(")
        depth = 1
        while depth:
            if self._upper() == "EXISTS":
                self._next()
                self._group(scope.child())
                continue
            text = self._text()
            if text == "{":
                raise NotUnderstood("a group in an expression")
            kind = self._next()[0]
            if kind == "other":
                depth += {"(": 1, ")": -1}.get(text, 0)

    def _bind(self, scope: Scope) -> None:
        start = self._at
        self._expression(scope)
        inside = self._tokens[start + 1 : self._at - 1]
        self._computed.add(inside[-1][1][1:])
        # Another name for the same node, and not only in some of the solutions.
        if (
            scope.parent is None
            and [kind for kind, _ in inside] == ["variable", "word", "variable"]
            and inside[1][1].upper() == "AS"
        ):
            self._same[inside[2][1][1:]] = inside[0][1][1:]

    def _values(self, scope: Scope) -> None:
        if self._text() == "(":
            # Which values belong together is not followed.
            scope.is_whole = False
            while not self._skip("}"):
                self._next()
            return
        name = self._variable()
        self._expect("{")
        terms: set[pyoxigraph.NamedNode] = set()
        only_iris = True
        while not self._skip("}"):
            if self._tokens[self._at][0] not in ("iri", "name"):
                only_iris = False
                self._next()
                continue
            terms.add(pyoxigraph.NamedNode(self._iri()))
        if only_iris:
            scope.limit(name, frozenset(terms))
        else:
            scope.is_whole = False

    # ── Triples ─────────────────────────────────────────────────────────────────────────────────

    def _triples(self, scope: Scope) -> None:
        is_blank = self._text() == "["
        subject = self._term(scope)
        if is_blank and self._text() in (".", "}"):
            return
        self._properties(scope, subject, {".", "}"})

    def _properties(self, scope: Scope, subject: Term, ends: set[str]) -> None:
        while True:
            variable = None
            path: Path | AnyProperty
            if self._tokens[self._at][0] == "variable":
                variable, path = self._next()[1][1:], AnyProperty()
            else:
                path = self._alternatives()
                # Which properties are excluded is not told by the step.
                scope.is_whole &= not isinstance(path, AnyProperty)
            while True:
                scope.atoms.append(Atom(subject, path, self._term(scope), variable))
                if not self._skip(","):
                    break
            while self._skip(";"):
                pass
            if self._text() in ends or self._upper() in _KEYWORDS or self._text() == "{":
                return

    def _term(self, scope: Scope) -> Term:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "the end")
        if kind == "variable":
            self._next()
            return text[1:]
        if kind == "name" and text.startswith("_:"):
            self._next()
            return text
        if kind in ("iri", "name"):
            return pyoxigraph.NamedNode(self._iri())
        if text == "[":
            self._next()
            node = self._new()
            if not self._skip("]"):
                self._properties(scope, node, {"]"})
                self._expect("]")
            return node
        if kind in ("string", "number") or self._upper() in ("TRUE", "FALSE"):
            self._next()
            if self._skip("^^"):
                self._iri()
            scope.is_whole = False
            return self._new()
        raise NotUnderstood(text)

    def _new(self) -> str:
        self._fresh += 1
        return f" {self._fresh}"

    # ── Paths ───────────────────────────────────────────────────────────────────────────────────

    def _alternatives(self) -> Path | AnyProperty:
        options = [self._sequence()]
        while self._skip("|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else paths.Alternative(tuple(map(_known, options)))

    def _sequence(self) -> Path | AnyProperty:
        steps = [self._step()]
        while self._skip("/"):
            steps.append(self._step())
        return steps[0] if len(steps) == 1 else paths.Sequence(tuple(map(_known, steps)))

    def _step(self) -> Path | AnyProperty:
        if self._skip("^"):
            return paths.Inverse(_known(self._step()))
        if self._skip("!"):
            self._negated()
            return AnyProperty(both_ways=True)
        path: Path | AnyProperty
        if self._skip("("):
            path = self._alternatives()
            self._expect(")")
        elif self._text() == "a":
            self._next()
            path = paths.Predicate(RDF.type)
        else:
            path = paths.Predicate(URIRef(self._iri()))
        if self._text() in ("*", "+", "?"):
            path = paths.Repeated(_known(path), self._next()[1])
        return path

    def _negated(self) -> None:
        if not self._skip("("):
            self._skip("^")
            self._next()
            return
        while not self._skip(")"):
            self._next()

    def _renamed(self, atom: Atom) -> Atom:
        def of(term: Term) -> Term:
            return self._same.get(term, term) if isinstance(term, str) else term

        variable = None if atom.variable is None else str(of(atom.variable))
        return Atom(of(atom.subject), atom.path, of(atom.object), variable)


_KEYWORDS = {"FILTER", "OPTIONAL", "BIND", "VALUES", "UNION", *_UNKNOWN}


def _known(path: Path | AnyProperty) -> Path:
    if isinstance(path, AnyProperty):
        raise NotUnderstood("an excluded property inside a path")
    return path
