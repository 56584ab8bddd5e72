"""SPARQL read to the algebra of columns; what has no place in it is refused, and so not misread."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from rdflib import RDF, URIRef

from srmgraph.validation import paths
from srmgraph.validation.columns.algebra import (
    All,
    Alternatives,
    Any,
    AnyStep,
    Binding,
    Composed,
    Condition,
    Constant,
    Element,
    Exists,
    Group,
    Having,
    Listed,
    Not,
    Optional,
    Query,
    Step,
    Sure,
    Term,
    Test,
    Variable,
    variables,
)
from srmgraph.validation.columns.scopes import check
from srmgraph.validation.paths import Path
from srmgraph.validation.tokens import NotUnderstood, words

_DEPTH = {"(": 1, "{": 1, ")": -1, "}": -1}
_COMPARISONS = {"<", ">", "<=", ">=", "=", "!="}


@lru_cache(maxsize=4096)
def read(sparql: str) -> Query:
    """Read a query; raises NotUnderstood, with what has no place in the algebra."""
    query = _Reader(sparql).query()
    check(query)
    return query


class _Reader:
    def __init__(self, sparql: str) -> None:
        self._words = list(words(sparql))
        self._at = 0
        self._prefixes: dict[str, str] = {}
        self._fresh = 0

    def query(self) -> Query:
        while self._upper() == "PREFIX":
            prefix, iri = self._words[self._at + 1][1], self._words[self._at + 2][1]
            self._prefixes[prefix[:-1]] = iri[1:-1]
            self._at += 3
        self._expect_word("SELECT")
        is_distinct = self._skip_word("DISTINCT")
        columns = []
        while self._kind() == "variable":
            columns.append(self._next()[1:])
        self._skip_word("WHERE")
        group = self._group()
        having = None if is_distinct else self._having(tuple(columns))
        if self._at < len(self._words) or not columns:
            raise NotUnderstood(self._text() or "no columns")
        return Query(tuple(columns), group, having)

    def _having(self, columns: tuple[str, ...]) -> Having:
        """GROUP BY the columns, HAVING (COUNT(DISTINCT ?variable) > number)."""
        self._expect_word("GROUP")
        self._expect_word("BY")
        by = []
        while self._kind() == "variable":
            by.append(self._next()[1:])
        if tuple(by) != columns:
            raise NotUnderstood("groups of something else than what is projected")
        self._expect_word("HAVING")
        for text in ("(", "COUNT", "(", "DISTINCT"):
            self._expect(text)
        variable = self._variable()
        self._expect(")")
        comparison = self._comparison()
        if self._kind() != "number" or not self._text().isdecimal():
            raise NotUnderstood(self._text())
        number = int(self._next())
        self._expect(")")
        return Having(variable.name, comparison, number)

    # ── Words ───────────────────────────────────────────────────────────────────────────────────

    def _kind(self) -> str:
        return self._words[self._at][0] if self._at < len(self._words) else ""

    def _text(self) -> str:
        return self._words[self._at][1] if self._at < len(self._words) else ""

    def _upper(self) -> str:
        return self._text().upper() if self._kind() == "word" else ""

    def _next(self) -> str:
        if self._at >= len(self._words):
            raise NotUnderstood("the end")
        self._at += 1
        return self._words[self._at - 1][1]

    def _expect(self, text: str) -> None:
        if (found := self._next()).upper() != text:
            raise NotUnderstood(found)

    def _expect_word(self, word: str) -> None:
        if not self._skip_word(word):
            raise NotUnderstood(self._text())

    def _skip(self, *texts: str) -> bool:
        if self._text() in texts and self._kind() == "other":
            self._at += 1
            return True
        return False

    def _skip_word(self, word: str) -> bool:
        if self._upper() == word:
            self._at += 1
            return True
        return False

    def _variable(self) -> Variable:
        if self._kind() != "variable":
            raise NotUnderstood(self._text())
        return Variable(self._next()[1:])

    def _comparison(self) -> str:
        text = self._next()
        if text not in _COMPARISONS:
            raise NotUnderstood(text)
        return text

    # ── Groups ──────────────────────────────────────────────────────────────────────────────────

    def _group(self) -> Group:
        self._expect("{")
        elements: list[Element] = []
        filters: list[Condition] = []
        while not self._skip("}"):
            word = self._upper()
            if self._text() == "{":
                groups = [self._group()]
                while self._skip_word("UNION"):
                    groups.append(self._group())
                elements.append(Alternatives(tuple(groups)))
            elif word == "OPTIONAL":
                self._next()
                elements.append(Optional(self._group()))
            elif word == "FILTER":
                self._next()
                filters.append(self._filter())
            elif word == "BIND":
                self._next()
                elements.append(self._bind())
            elif word == "VALUES":
                self._next()
                elements.append(self._values())
            elif not self._skip("."):
                if word and word != "A":
                    raise NotUnderstood(word)
                self._triples(elements)
        found = [variables(element) for element in elements] + [f.variables for f in filters]
        return Group(tuple(elements), tuple(filters), frozenset().union(*found))

    def _filter(self) -> Condition:
        start = self._at
        if self._skip_word("NOT"):
            self._expect_word("EXISTS")
            return Not(Exists(self._group()))
        if self._skip_word("EXISTS"):
            return Exists(self._group())
        if self._kind() in ("word", "iri", "name"):
            self._next()
        self._pass_brackets()
        return self._condition(start, self._at)

    def _pass_brackets(self) -> None:
        depth = 0
        while True:
            kind, text = self._kind(), self._next()
            if kind == "other":
                depth += _DEPTH.get(text, 0)
            if depth <= 0:
                return

    def _bind(self) -> Binding:
        start = self._at
        self._pass_brackets()
        if [text.upper() for _, text in self._words[self._at - 3 : self._at - 2]] != ["AS"]:
            raise NotUnderstood("BIND without AS")
        variable = Variable(self._words[self._at - 2][1][1:])
        return Binding(variable, self._test(start + 1, self._at - 3))

    def _values(self) -> Listed:
        variable = self._variable()
        self._expect("{")
        values = []
        while not self._skip("}"):
            value = self._term([])
            if not isinstance(value, Constant):
                raise NotUnderstood("a value that is not known")
            values.append(value)
        return Listed(variable, tuple(values))

    # ── Conditions ──────────────────────────────────────────────────────────────────────────────

    def _condition(self, start: int, end: int) -> Condition:
        """The condition in the words from *start* to *end*."""
        for sign, combine in (("||", Any), ("&&", All)):
            parts = self._parts(start, end, sign)
            if len(parts) > 1:
                return combine(tuple(self._condition(*part) for part in parts))
        texts = [text for _, text in self._words[start:end]]
        if not texts:
            raise NotUnderstood("a condition of no words")
        if texts[0] == "(" and self._closing(start) == end - 1:
            return self._condition(start + 1, end - 1)
        upper = [text.upper() for text in texts[:2]]
        if (
            upper == ["COALESCE", "("]
            and self._closing(start + 1) == end - 1
            and [text.upper() for text in texts[-3:-1]] == [",", "FALSE"]
            and len(self._parts(start + 2, end - 1, ",")) == 2
        ):
            return Sure(self._condition(start + 2, end - 3))
        if "EXISTS" not in map(str.upper, texts):
            if texts[0] == "!" and (
                end - start == 2 or (texts[-1] == ")" and self._is_one(start + 1, end))
            ):
                return Not(self._condition(start + 1, end))
            return self._test(start, end)
        if texts[0] == "!":
            return Not(self._condition(start + 1, end))
        if upper == ["NOT", "EXISTS"]:
            return Not(self._exists(start + 2, end))
        if upper[0] == "EXISTS":
            return self._exists(start + 1, end)
        return self._composed(start, end)

    def _composed(self, start: int, end: int) -> Composed:
        """A test with a variable in the place of each EXISTS."""
        words, parts = [], []
        at = start
        while at < end:
            word, upper = self._words[at], self._words[at][1].upper()
            if upper in ("NOT", "EXISTS") and self._words[at + (upper == "NOT")][1].upper() == (
                "EXISTS"
            ):
                closing = self._closing(at + 1 + (upper == "NOT"))
                name = f"_exists{closing}"
                parts.append((name, self._condition(at, closing + 1)))
                word, at = ("variable", f"?{name}"), closing
            words.append(word)
            at += 1
        before, self._words = self._words, words
        test = self._test(0, len(words))
        self._words = before
        return Composed(test, tuple(parts))

    def _is_one(self, start: int, end: int) -> bool:
        """Whether the words are a pair of brackets, perhaps with a name before it."""
        opening = start if self._words[start][1] == "(" else start + 1
        return self._words[opening][1] == "(" and self._closing(opening) == end - 1

    def _exists(self, start: int, end: int) -> Exists:
        before, self._at = self._at, start
        group = self._group()
        if self._at != end:
            raise NotUnderstood(self._text())
        self._at = before
        return Exists(group)

    def _parts(self, start: int, end: int, sign: str) -> list[tuple[int, int]]:
        """Cut words at a sign outside of brackets."""
        parts, depth, begin = [], 0, start
        for at in range(start, end):
            kind, text = self._words[at]
            if kind == "other":
                depth += _DEPTH.get(text, 0)
                if depth == 0 and text == sign:
                    parts.append((begin, at))
                    begin = at + 1
        return [*parts, (begin, end)]

    def _closing(self, opening: int) -> int:
        depth = 0
        for at in range(opening, len(self._words)):
            kind, text = self._words[at]
            if kind == "other":
                depth += _DEPTH.get(text, 0)
                if depth == 0:
                    return at
        raise NotUnderstood("a bracket that is not closed")

    def _test(self, start: int, end: int) -> Test:
        found: list[str] = []
        for kind, text in self._words[start:end]:
            if text == "{":
                raise NotUnderstood("a group in an expression")
            whole = f"<{self._whole(text)}>" if kind == "name" else text
            # The datatype belongs to the literal.
            if found[-1:] == ["^^"]:
                whole = "".join([*found[-2:], whole])
                del found[-2:]
            found.append(whole)
        used = {text[1:] for kind, text in self._words[start:end] if kind == "variable"}
        return Test(tuple(found), frozenset(used))

    # ── Triples ─────────────────────────────────────────────────────────────────────────────────

    def _triples(self, elements: list[Element]) -> None:
        is_blank = self._text() == "["
        subject = self._term(elements)
        if is_blank and self._text() in (".", "}"):
            return
        self._properties(elements, subject, {".", "}"})

    def _properties(self, elements: list[Element], subject: Term, ends: set[str]) -> None:
        while True:
            verb = self._variable() if self._kind() == "variable" else self._path()
            while True:
                value = self._term(elements)
                if isinstance(verb, Variable):
                    elements.append(AnyStep(subject, verb, value))
                else:
                    elements += self._steps(subject, verb, value)
                if not self._skip(","):
                    break
            is_more = False
            while self._skip(";"):
                is_more = True
            if not is_more or self._text() in ends:
                return

    def _steps(self, subject: Term, path: Path, value: Term) -> Iterator[Step]:
        """The steps of a path, one by one where that is less to look at: towards one term."""
        inners: tuple[Path, ...] = (path,)
        if isinstance(path, paths.Sequence) and isinstance(value, Constant):
            inners = path.paths
        for inner in inners[:-1]:
            between = self._new()
            yield Step(subject, inner, between)
            subject = between
        yield Step(subject, inners[-1], value)

    def _new(self) -> Variable:
        self._fresh += 1
        return Variable(f" {self._fresh}")

    def _term(self, elements: list[Element]) -> Term:
        kind, text = self._kind(), self._text()
        if kind == "variable":
            return self._variable()
        if kind == "name" and text.startswith("_:"):
            return Variable(self._next())
        if kind in ("iri", "name"):
            return Constant(f"<{self._iri()}>")
        if text == "[":
            self._next()
            node = self._new()
            if not self._skip("]"):
                self._properties(elements, node, {"]"})
                self._expect("]")
            return node
        if kind == "string":
            self._next()
            if self._skip("^^"):
                text += f"^^<{self._iri()}>"
            return Constant(text)
        if kind == "number" or self._upper() in ("TRUE", "FALSE"):
            return Constant(self._next())
        raise NotUnderstood(text)

    def _iri(self) -> str:
        kind, text = self._kind(), self._next()
        if kind == "iri":
            return text[1:-1]
        if kind != "name":
            raise NotUnderstood(text)
        return self._whole(text)

    def _whole(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        if prefix not in self._prefixes:
            raise NotUnderstood(name)
        return self._prefixes[prefix] + local

    # ── Paths ───────────────────────────────────────────────────────────────────────────────────

    def _path(self) -> Path:
        options = [self._sequence()]
        while self._skip("|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else paths.Alternative(tuple(options))

    def _sequence(self) -> Path:
        steps = [self._step()]
        while self._skip("/"):
            steps.append(self._step())
        return steps[0] if len(steps) == 1 else paths.Sequence(tuple(steps))

    def _step(self) -> Path:
        if self._skip("^"):
            return paths.Inverse(self._step())
        path: Path
        if self._skip("("):
            path = self._path()
            self._expect(")")
        elif self._kind() == "word" and self._text() == "a":
            self._next()
            path = paths.Predicate(RDF.type)
        else:
            path = paths.Predicate(URIRef(self._iri()))
        if self._text() in ("*", "+", "?"):
            path = paths.Repeated(path, self._next())
        return path
