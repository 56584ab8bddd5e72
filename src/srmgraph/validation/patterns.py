"""The triple patterns of a SPARQL query, scope by scope: what the answer to it can depend on.

Only the structure is read that tells which statements matter and how they hang together; what
expressions compute is passed over, but not the EXISTS in them. A query with a construct that is not
known here is refused, and so never misread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import pyoxigraph
from rdflib import RDF, URIRef

from srmgraph.validation import paths
from srmgraph.validation.paths import Path

_TOKEN = re.compile(
    r"""(?P<skip>\#[^\n\r]*|\s+)
      | (?P<string>(?:\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
            |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')(?:@[\w-]+)?)
      | (?P<iri><[A-Za-z][A-Za-z0-9+.-]*:[^<>"{}|^`\\\x00-\x20]*>)
      | (?P<variable>[?$]\w+)
      | (?P<name>(?:_|[A-Za-z][\w.-]*)?:(?:[\w%:](?:[\w%:.-]*[\w%:-])?)?)
      | (?P<number>[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<other>\^\^|\|\||&&|[<>!]=|.)""",
    re.VERBOSE | re.DOTALL,
)
_UNKNOWN = {"MINUS", "SERVICE", "GRAPH", "SELECT", "BASE"}
_CHANGING = {"NOW", "RAND", "UUID", "STRUUID"}
# The day of today, from a moment such as 2026-11-25T18:30:00Z.
_TODAY = re.compile(
    r"SUBSTR\s*\(\s*STR\s*\(\s*NOW\s*\(\s*\)\s*\)\s*,\s*1\s*,\s*10\s*\)", re.IGNORECASE
)

Term: TypeAlias = str | pyoxigraph.NamedNode
"""A variable, by its name without `?`, or an IRI. A literal is a variable of its own."""


class NotUnderstood(Exception):
    """A query has a construct that is not known here; the message names it."""


@dataclass(frozen=True, slots=True)
class AnyProperty:
    """A step over a property that is not known beforehand, in its direction or against it."""

    both_ways: bool = False


@dataclass(frozen=True, slots=True)
class Atom:
    """A triple pattern. `variable` is the variable in the place of the property, if one is."""

    subject: Term
    path: Path | AnyProperty
    object: Term
    variable: str | None = None

    def variables(self) -> Iterator[str]:
        """The variables that the pattern binds."""
        for term in (self.subject, self.variable, self.object):
            if isinstance(term, str):
                yield term


@dataclass(eq=False, slots=True)
class Scope:
    """A group of patterns, all of which hold wherever the group does.

    `domains` are the values that a variable may have, where the query lists them. Groups of which
    that cannot be said (options, alternatives, EXISTS) are scopes of their own.
    """

    parent: Scope | None = None
    atoms: list[Atom] = field(default_factory=list)
    domains: dict[str, frozenset[pyoxigraph.NamedNode]] = field(default_factory=dict)
    children: list[Scope] = field(default_factory=list)

    def child(self) -> Scope:
        """A new scope inside this one."""
        self.children.append(Scope(self))
        return self.children[-1]

    def around(self) -> Iterator[Scope]:
        """This scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def all(self) -> Iterator[Scope]:
        """This scope and all inside it."""
        yield self
        for child in self.children:
            yield from child.all()


@dataclass(frozen=True, slots=True)
class Query:
    """The patterns of a query.

    `changes_by_itself` says that its answer also depends on the clock or on chance, `changes_daily`
    that it depends on nothing of that kind but the day. `computed` are the variables that are given
    a value by BIND. `prologue` is what stands before SELECT.
    `conditions` are the filters of the outermost group, each with those of its variables that have
    a meaning outside of it.
    """

    scope: Scope
    changes_by_itself: bool
    changes_daily: bool
    computed: frozenset[str]
    prologue: str
    conditions: tuple[tuple[str, frozenset[str]], ...]


def read(sparql: str) -> Query:
    """Read a SELECT query; raises NotUnderstood."""
    return _Reader(sparql).query()


def words(sparql: str) -> Iterator[tuple[str, str]]:
    """Cut a SPARQL text into (kind, text), without white space and comments."""
    for match in _TOKEN.finditer(sparql):
        if match.lastgroup != "skip":
            yield str(match.lastgroup), match.group()


def path(sparql: str) -> Path:
    """Read a property path that is written with whole IRIs; raises NotUnderstood."""
    return _Reader(sparql).path()


class _Reader:
    def __init__(self, sparql: str) -> None:
        self._sparql = sparql
        found = [match for match in _TOKEN.finditer(sparql) if match.lastgroup != "skip"]
        self._tokens = [(str(match.lastgroup), match.group()) for match in found]
        self._places = [match.start() for match in found]
        self._at = 0
        self._prefixes: dict[str, str] = {}
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
        while self._text() != "{":
            self._next()
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

    # ── Tokens ──────────────────────────────────────────────────────────────────────────────────

    def _text(self, ahead: int = 0) -> str:
        place = self._at + ahead
        return self._tokens[place][1] if place < len(self._tokens) else ""

    def _upper(self, ahead: int = 0) -> str:
        place = self._at + ahead
        if place < len(self._tokens) and self._tokens[place][0] == "word":
            return self._tokens[place][1].upper()
        return ""

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise NotUnderstood("the end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, text: str) -> None:
        found = self._next()[1]
        if found != text:
            raise NotUnderstood(found)

    def _skip(self, *texts: str) -> bool:
        if self._text() in texts:
            self._at += 1
            return True
        return False

    # ── Groups ──────────────────────────────────────────────────────────────────────────────────

    def _group(self, scope: Scope) -> None:
        self._expect("{")
        while not self._skip("}"):
            word = self._upper()
            if word in _UNKNOWN:
                raise NotUnderstood(word)
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
        if self._upper() in ("NOT", "EXISTS"):
            if self._upper() == "NOT":
                self._next()
            self._next()
            self._group(scope.child())
            return
        if self._text() != "(":
            self._next()
        start = self._at
        self._expression(scope)
        self._list(scope, self._tokens[start + 1 : self._at - 1])

    def _list(self, scope: Scope, inside: list[tuple[str, str]]) -> None:
        """Take note of a condition that lists the values which a variable may have."""
        if [text.upper() for _, text in inside[1:3]] != ["IN", "("] or inside[-1][1] != ")":
            return
        terms = inside[3:-1:2]
        commas = {text for _, text in inside[4:-1:2]}
        if inside[0][0] == "variable" and commas <= {","} and {k for k, _ in terms} == {"iri"}:
            scope.domains[inside[0][1][1:]] = frozenset(
                pyoxigraph.NamedNode(text[1:-1]) for _, text in terms
            )

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
        kind, name = self._next()
        if kind != "variable":
            raise NotUnderstood("VALUES of several variables")
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
            scope.domains[name[1:]] = frozenset(terms)

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
            return self._new()
        raise NotUnderstood(text)

    def _new(self) -> str:
        self._fresh += 1
        return f" {self._fresh}"

    def _iri(self) -> str:
        kind, text = self._next()
        if kind == "iri":
            return text[1:-1]
        prefix, _, local = text.partition(":")
        if kind != "name" or prefix not in self._prefixes:
            raise NotUnderstood(text)
        return self._prefixes[prefix] + local

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
