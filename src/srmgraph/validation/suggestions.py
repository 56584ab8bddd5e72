"""What would mend a result, component by component: statements to be added and to be removed.

Each constraint component has one small function, which looks at the shape and at the data and
names candidates. Whether one of them does mend the result is found out by trying, in `repairs`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol, TypeAlias

import pyoxigraph
from rdflib import RDF, RDFS, SH, XSD, BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from srmgraph.terms import OxigraphTerm, Statement, n_triples, to_oxigraph, to_rdflib
from srmgraph.validation import engine, paths
from srmgraph.validation.constraints import component
from srmgraph.validation.report import Result
from srmgraph.validation.targets import Classes

MOST = 5
"""How many things are offered to choose from; among more, nobody would look."""

_VERY_MANY = 5_000
_LIKENESS = 0.7
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|^`\\]+")


@dataclass(frozen=True, slots=True)
class Edit:
    """Statements to be removed and to be added; `is_certain` says that the shape leaves no choice.

    `kind` is `add`, `remove`, `replace`, or `did-you-mean` for what is found by its spelling.
    """

    kind: str
    removed: tuple[Statement, ...] = ()
    added: tuple[Statement, ...] = ()
    is_certain: bool = False


class Source(Protocol):
    """Where the data are."""

    def terms(self, sparql: str, focus: Node | None = None, most: int | None = None) -> set[Node]:
        """What a query finds for `?found`, where `?focus` is a term; no more than so many."""
        ...

    def statements(
        self,
        subject: OxigraphTerm | None,
        predicate: OxigraphTerm | None,
        value: OxigraphTerm | None,
    ) -> list[pyoxigraph.Quad]:
        """The statements of a pattern."""
        ...


class Here:
    """Data in a store inside the process."""

    def __init__(self, oxigraph: pyoxigraph.Store) -> None:
        self._oxigraph = oxigraph

    def terms(self, sparql: str, focus: Node | None = None, most: int | None = None) -> set[Node]:
        """See `Source`."""
        # SPARQL has no way to write a blank node, so the node is given beside the query.
        given = None if focus is None else {pyoxigraph.Variable("focus"): to_oxigraph(focus)}
        text = sparql if most is None else f"{sparql} LIMIT {most}"
        return {to_rdflib(row["found"]) for row in engine.query(self._oxigraph, text, given)}

    def statements(
        self,
        subject: OxigraphTerm | None,
        predicate: OxigraphTerm | None,
        value: OxigraphTerm | None,
    ) -> list[pyoxigraph.Quad]:
        """See `Source`."""
        return list(self._oxigraph.quads_for_pattern(subject, predicate, value))  # type: ignore[arg-type]


class View:
    """Shapes and data, as the functions look at them."""

    def __init__(self, source: Source, shapes: Graph, classes: Classes) -> None:
        self.shapes = shapes
        self.classes = classes
        self._source = source
        self._instances: dict[Node, list[Node]] = {}
        self._few: dict[frozenset[Node], list[Node]] = {frozenset(): []}

    def values(self, focus: Node, path: paths.Path) -> list[Node]:
        """The value nodes of a path, sorted."""
        return self._select(
            f"SELECT DISTINCT ?focus ?found {{ ?focus ({paths.sparql(path)}) ?found }}", focus
        )

    def instances(self, name: Node) -> list[Node]:
        """The instances of a class that have an IRI, sorted; none if they are very many."""
        if name not in self._instances:
            self._instances[name] = self._some(self._instances_of([name]), _VERY_MANY)
        return self._instances[name]

    def few_instances(self, names: frozenset[Node]) -> list[Node]:
        """The instances of any of some classes that have an IRI; not all, if they are too many to
        be offered."""
        if names not in self._few:
            self._few[names] = self._select(self._instances_of(names), most=2 * MOST + 1)
        return self._few[names]

    def _instances_of(self, names: Iterable[Node]) -> str:
        pattern = self.classes.instance_of_any("?found", names)
        return f"SELECT DISTINCT ?found {{ {pattern} FILTER(isIRI(?found)) }}"

    def called(self, text: str) -> list[Node]:
        """The things of that name, sorted; none if they are too many to choose from."""
        name = n_triples(Literal(text))
        return self._some(
            f"SELECT DISTINCT ?found {{ ?found {RDFS.label.n3()} ?label "
            f"FILTER(isIRI(?found) && STR(?label) = {name}) }}",
            MOST,
        )

    def uses(self, term: URIRef) -> list[Statement]:
        """The statements in which a term stands."""
        name = to_oxigraph(term)
        assert isinstance(name, pyoxigraph.NamedNode)
        patterns = ((name, None, None), (None, name, None), (None, None, name))
        quads = {quad.triple for one in patterns for quad in self._source.statements(*one)}
        return sorted(
            (to_rdflib(q.subject), to_rdflib(q.predicate), to_rdflib(q.object)) for q in quads
        )

    def classes_of(self, node: Node) -> list[Node]:
        """The classes that the data say a node is of, sorted."""
        if isinstance(node, Literal):
            return []
        quads = self._source.statements(to_oxigraph(node), to_oxigraph(RDF.type), None)
        return sorted({to_rdflib(quad.object) for quad in quads}, key=n_triples)

    def is_described(self, node: Node) -> bool:
        """Whether the data say anything about a node."""
        return bool(self._source.statements(to_oxigraph(node), None, None))

    def members(self, head: Node) -> list[Node]:
        """The members of a list of the shapes."""
        return list(Collection(self.shapes, head))

    def _some(self, sparql: str, most: int) -> list[Node]:
        """What a query finds, sorted; none if it is more than so much."""
        found = self._select(sparql, most=most + 1)
        return found if len(found) <= most else []

    def _select(
        self, sparql: str, focus: Node | None = None, most: int | None = None
    ) -> list[Node]:
        return sorted(self._source.terms(sparql, focus, most), key=n_triples)


Function: TypeAlias = Callable[[View, Result, Node], Iterator[Edit]]
"""Takes what is there, the result, and the value of the component's parameter."""


def edits(view: View, result: Result, hint: URIRef | None) -> list[Edit]:
    """What might mend a result, the likeliest first; *hint* is what its value may be meant for."""
    found: list[Edit] = []
    if hint is not None and isinstance(result.value, URIRef):
        found += _meant(view, result.value, hint)
    for parameter, function in _FUNCTIONS.items():
        if component(parameter) == result.component:
            for argument in sorted(view.shapes.objects(result.source_shape, parameter), key=str):
                found += function(view, result, argument)
    return list(dict.fromkeys(found))


def are_known(result: Result, hint: URIRef | None) -> bool:
    """Tell whether there may be edits that mend a result, without a look at the data."""
    return hint is not None or result.component in map(component, _FUNCTIONS)


# ── Statements ──────────────────────────────────────────────────────────────────────────────────


def _statement(result: Result, value: Node, focus: Node | None = None) -> Statement | None:
    """The statement that gives the focus node a value; None for a path of several steps."""
    focus = result.focus_node if focus is None else focus
    match result.path:
        case paths.Predicate(iri):
            found = (focus, iri, value)
        case paths.Inverse(paths.Predicate(iri)):
            found = (value, iri, focus)
        case _:
            return None
    return None if isinstance(found[0], Literal) else found


def _add(result: Result, value: Node, is_certain: bool = False) -> Iterator[Edit]:
    if (statement := _statement(result, value)) is not None:
        yield Edit("add", added=(statement,), is_certain=is_certain)


def _remove(result: Result, value: Node) -> Iterator[Edit]:
    if (statement := _statement(result, value)) is not None:
        yield Edit("remove", removed=(statement,))


def _replace(
    result: Result, value: Node, kind: str = "replace", is_certain: bool = False
) -> Iterator[Edit]:
    """Let the value at fault be another one."""
    if result.value is None or value == result.value:
        return
    old, new = _statement(result, result.value), _statement(result, value)
    if old is not None and new is not None:
        yield Edit(kind, (old,), (new,), is_certain)


def _meant(view: View, term: URIRef, meant: URIRef) -> Iterator[Edit]:
    """Write a term as it was meant, wherever it stands."""
    old = view.uses(term)
    if 0 < len(old) <= MOST * 10:
        new = [tuple(meant if node == term else node for node in one) for one in old]
        yield Edit("did-you-mean", tuple(old), tuple((s, p, o) for s, p, o in new))


# ── Constraint components ───────────────────────────────────────────────────────────────────────


def _min_count(view: View, result: Result, _argument: Node) -> Iterator[Edit]:
    """One of the values that the shape itself names, or the few things of the class it asks for."""
    shape = result.source_shape
    there = set(view.values(result.focus_node, result.path)) if result.path else set()
    for value in _named_by(view, shape):
        yield from _add(result, value)
    options = _options(view, shape)
    # Of a class, the data may hold one thing only, and the right one not yet.
    is_closed = (shape, SH["in"], None) in view.shapes
    for value in options:
        if value not in there:
            yield from _add(result, value, is_certain=is_closed and len(options) == 1)


def _qualified_min_count(view: View, result: Result, _argument: Node) -> Iterator[Edit]:
    """The few things of the class, or the values, that the qualified shape asks for."""
    for nested in sorted(view.shapes.objects(result.source_shape, SH.qualifiedValueShape), key=str):
        for value in (*_named_by(view, nested), *_options(view, nested)):
            yield from _add(result, value)


def _not(view: View, result: Result, argument: Node) -> Iterator[Edit]:
    """That it is no instance of a class of which it must not be one; or another value, or none."""
    if (value := result.value) is None:
        return
    for name in sorted(view.shapes.objects(argument, SH["class"]), key=str):
        classes = [each for each in view.classes_of(value) if each in view.classes.closure(name)]
        if classes:
            yield Edit("remove", tuple((value, RDF.type, each) for each in classes))
    yield from _remove(result, value)


def _named_by(view: View, shape: Node) -> Iterator[Node]:
    for predicate in (SH.hasValue, SH.defaultValue):
        yield from sorted(view.shapes.objects(shape, predicate), key=str)


def _options(view: View, shape: Node) -> Sequence[Node]:
    """The values that a shape, or else another one about the same property, allows."""
    path = view.shapes.value(shape, SH.path)
    others = view.shapes.subjects(SH.path, path) if isinstance(path, URIRef) else ()
    for one in (shape, *sorted(others, key=str)):
        if (head := view.shapes.value(one, SH["in"])) is not None:
            found = view.members(head)
        elif (one, SH.datatype, XSD.boolean) in view.shapes:
            found = [Literal(True), Literal(False)]
        else:
            found = view.few_instances(frozenset(view.shapes.objects(one, SH["class"])))
        if found:
            return found if len(found) <= 2 * MOST else []
    return []


def _max_count(view: View, result: Result, _argument: Node) -> Iterator[Edit]:
    if result.path is not None:
        for value in view.values(result.focus_node, result.path):
            yield from _remove(result, value)


def _class(view: View, result: Result, argument: Node) -> Iterator[Edit]:
    value = result.value
    found = view.instances(argument)
    if isinstance(value, Literal):
        for thing in view.called(str(value)):
            if thing in found:
                yield from _replace(result, thing, "did-you-mean")
    elif value is not None:
        if not view.is_described(value):
            yield from _spelt_like(result, found)
        yield Edit("add", added=((value, RDF.type, argument),))
    yield from _remove(result, value) if value is not None else ()


def _datatype(view: View, result: Result, argument: Node) -> Iterator[Edit]:
    value = result.value
    if isinstance(value, Literal) and isinstance(argument, URIRef):
        if argument == RDF.langString:
            yield from _replace(result, Literal(str(value), lang="en"))
        else:
            text = str(value) if argument == XSD.string else str(value).strip()
            yield from _replace(result, _literal(text, argument), is_certain=True)
            if argument in (XSD.decimal, XSD.integer, XSD.double) and "," in text:
                yield from _replace(result, _literal(text.replace(",", ""), argument))
            if argument == XSD.date and "T" in text:
                yield from _replace(result, _literal(text.partition("T")[0], argument))
            if argument == XSD.boolean:
                truth = {"yes": "true", "no": "false"}.get(text.lower(), text.lower())
                yield from _replace(result, _literal(truth, argument))
    if value is not None:
        yield from _remove(result, value)


def _literal(text: str, datatype: URIRef) -> Literal:
    return (
        Literal(text)
        if datatype == XSD.string
        else Literal(text, datatype=datatype, normalize=False)
    )


def _node_kind(view: View, result: Result, argument: Node) -> Iterator[Edit]:
    value = result.value
    if isinstance(value, Literal):
        if _IRI.fullmatch(str(value)):
            yield from _replace(result, URIRef(str(value)), is_certain=True)
        for thing in view.called(str(value)):
            yield from _replace(result, thing, "did-you-mean")
    elif isinstance(value, URIRef) and argument == SH.Literal:
        yield from _replace(result, Literal(str(value)))
    if value is not None:
        yield from _remove(result, value)


def _in(view: View, result: Result, argument: Node) -> Iterator[Edit]:
    options = view.members(argument)
    text = str(result.value)
    same = [one for one in options if isinstance(one, Literal) and str(one) == text]
    for one in same:
        yield from _replace(result, one, is_certain=len(same) == 1)
    yield from _spelt_like(result, options)
    if len(options) <= 2 * MOST:
        for option in options:
            yield from _replace(result, option)
    if result.value is not None:
        yield from _remove(result, result.value)


def _spelt_like(result: Result, options: Iterable[Node]) -> Iterator[Edit]:
    """The option that is spelt most like the value; upper and lower case count for nothing."""
    if result.value is None or isinstance(result.value, BNode):
        return
    names = {_last_part(option).lower(): option for option in options}
    for name in get_close_matches(_last_part(result.value).lower(), names, n=1, cutoff=_LIKENESS):
        yield from _replace(result, names[name], "did-you-mean")


def _last_part(node: Node) -> str:
    text = str(node)
    if isinstance(node, Literal):
        return text
    return text[max(text.rfind("#"), text.rfind("/")) + 1 :]


def _has_value(_view: View, result: Result, argument: Node) -> Iterator[Edit]:
    yield from _add(result, argument, is_certain=True)


def _text(_view: View, result: Result, _argument: Node) -> Iterator[Edit]:
    """White space around it, and upper or lower case; what else is wrong, nobody knows."""
    value = result.value
    if isinstance(value, Literal):
        for text in (str(value).strip(), str(value).upper(), str(value).lower()):
            new = Literal(text, lang=value.language, datatype=value.datatype, normalize=False)
            yield from _replace(result, new)


def _language_in(view: View, result: Result, argument: Node) -> Iterator[Edit]:
    tags = [str(tag) for tag in view.members(argument)]
    if isinstance(result.value, Literal):
        for tag in tags[:MOST]:
            yield from _replace(result, Literal(str(result.value), lang=tag))
    if result.value is not None:
        yield from _remove(result, result.value)


def _unique_lang(view: View, result: Result, _argument: Node) -> Iterator[Edit]:
    if result.path is not None:
        for value in view.values(result.focus_node, result.path):
            if isinstance(value, Literal) and value.language:
                yield from _remove(result, value)


def _equals(view: View, result: Result, argument: Node) -> Iterator[Edit]:
    if result.value is None or isinstance(result.focus_node, Literal):
        return
    other = (result.focus_node, argument, result.value)
    is_there = result.value in view.values(
        result.focus_node, paths.Predicate(URIRef(str(argument)))
    )
    if is_there:
        yield from _add(result, result.value)
        yield Edit("remove", removed=(other,))
    else:
        yield Edit("add", added=(other,))
        yield from _remove(result, result.value)


def _disjoint(_view: View, result: Result, argument: Node) -> Iterator[Edit]:
    if result.value is not None and not isinstance(result.focus_node, Literal):
        yield from _remove(result, result.value)
        yield Edit("remove", removed=((result.focus_node, argument, result.value),))


def _less_than(view: View, result: Result, argument: Node) -> Iterator[Edit]:
    """The two values in each other's place."""
    if result.path is None or isinstance(result.focus_node, Literal):
        return
    others = view.values(result.focus_node, paths.Predicate(URIRef(str(argument))))
    ours = view.values(result.focus_node, result.path)
    if len(others) == len(ours) == 1 and result.value == ours[0] and ours != others:
        old, new = _statement(result, ours[0]), _statement(result, others[0])
        if old is not None and new is not None:
            other = (result.focus_node, argument, others[0])
            swapped = (result.focus_node, argument, ours[0])
            yield Edit("replace", (old, other), (new, swapped))


def _closed(view: View, result: Result, _argument: Node) -> Iterator[Edit]:
    if not isinstance(result.path, paths.Predicate) or result.value is None:
        return
    if isinstance(result.focus_node, Literal):
        return
    allowed = {
        path
        for nested in view.shapes.objects(result.source_shape, SH.property)
        if isinstance(path := view.shapes.value(nested, SH.path), URIRef)
    }
    old = (result.focus_node, result.path.iri, result.value)
    names = {_last_part(path).lower(): path for path in sorted(allowed)}
    wanted = _last_part(result.path.iri).lower()
    for name in get_close_matches(wanted, names, n=1, cutoff=_LIKENESS):
        new = (result.focus_node, names[name], result.value)
        yield Edit("did-you-mean", (old,), (new,))
    yield Edit("remove", removed=(old,))


_FUNCTIONS: dict[URIRef, Function] = {
    SH["class"]: _class,
    SH.datatype: _datatype,
    SH.nodeKind: _node_kind,
    SH.minCount: _min_count,
    SH.maxCount: _max_count,
    SH.maxLength: _text,
    SH.pattern: _text,
    SH.languageIn: _language_in,
    SH.uniqueLang: _unique_lang,
    SH.equals: _equals,
    SH.disjoint: _disjoint,
    SH.lessThan: _less_than,
    SH.lessThanOrEquals: _less_than,
    SH["in"]: _in,
    SH.hasValue: _has_value,
    SH.closed: _closed,
    SH.qualifiedMaxCount: _max_count,
    SH.qualifiedMinCount: _qualified_min_count,
    SH["not"]: _not,
}
"""The function for each parameter; of the others, a shape does not say what would be right."""
