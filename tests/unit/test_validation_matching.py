"""What is told of a node without the engine is what the engine would tell."""

import pyoxigraph
import pytest
from hypothesis import given, settings
from rdflib import Graph
from tests.unit import shacl_strategies as strategies

from srmgraph.terms import Statement, triples_to_oxigraph
from srmgraph.validation import engine
from srmgraph.validation.compiler import compile
from srmgraph.validation.matching import InDoubt, Matcher, Row
from srmgraph.validation.patterns import read
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.sight import Node, Sight
from srmgraph.validation.targets import Classes
from srmgraph.validation.tokens import NotUnderstood

DATA = """
@prefix ex: <https://example.org/> .
ex:a a ex:T ; ex:p ex:b , ex:c ; ex:q "one" ; ex:self ex:a .
ex:b a ex:S ; ex:p ex:c .
ex:c ex:r ex:a ; ex:q 2 .
ex:hub ex:p ex:c .
"""
PREFIX = "PREFIX ex: <https://example.org/> "

# A group, and what it finds in ?value for ex:a in ?this; None where only the engine can tell.
TOLD: list[tuple[str, set[str] | None]] = [
    ("?this ex:p ?value", {"b", "c"}),
    ("?this ex:p/ex:p ?value", {"c"}),
    ("?this ex:p* ?value", {"a", "b", "c"}),
    ("?this (ex:self|^ex:r) ?value", {"a", "c"}),
    ("?value ex:r ?this", {"c"}),
    ("?this ?by ?value FILTER(?by = ex:p)", {"b", "c"}),
    ("?this ?by ?value FILTER(?by != ex:p && ISIRI(?value))", {"a", "T"}),
    ("?this ex:p ?value FILTER NOT EXISTS { ?value a ?kind }", {"c"}),
    ("?this ex:p ?value FILTER(!(EXISTS { ?value a ?k FILTER(?k IN (ex:S, ex:U)) }))", {"c"}),
    ("?this ex:p ?value FILTER EXISTS { ?value ex:r ?this }", {"c"}),
    ("?this ex:p ?value FILTER(?value NOT IN (ex:b))", {"c"}),
    ("?this ex:p ?value FILTER(?value = ex:b || ISBLANK(?value))", {"b"}),
    ('?this ex:p ?value FILTER(STRSTARTS(STR(?value), "https://example.org/b"))', {"b"}),
    ("?this ex:p ?value VALUES ?value { ex:c ex:d }", {"c"}),
    ("?this ex:p ?value VALUES ?value { ex:b } VALUES ?value { ex:c }", set()),
    ("?this ?by ?value VALUES ?by { ex:p }", {"b", "c"}),
    ("?this ?by ?value VALUES ?by { ex:p } VALUES ?by { ex:q }", set()),
    ("?this ?by ?value VALUES ?value { ex:b } FILTER(?value IN (ex:c))", set()),
    ("?this ?by ?value VALUES ?this { }", set()),
    ("?this ex:p ?value FILTER NOT EXISTS { ?value ?by ?to VALUES ?by { } }", {"b", "c"}),
    ("?this ex:p ?value , ?other FILTER(?value != ?other)", {"b", "c"}),
    ("?this ?same ?value . ?value ?same ?this", {"a"}),
    ("?this ex:none ?value FILTER(STRLEN(?value) > 1)", set()),
    ("?this ex:p ?value FILTER(STRLEN(STR(?value)) > 1)", None),
    ("?this ex:p ?value FILTER(STRLEN(STR(?value)) > 1) FILTER(?value = ex:d)", set()),
    ("?this ex:p ?value OPTIONAL { ?value ex:r ?other }", None),
    ("{ ?this ex:p ?value } UNION { ?this ex:q ?value }", None),
    ('?this ex:q "one" ; ex:p ?value', None),
    ("?this ex:p ?value FILTER NOT EXISTS { ?value !ex:p ?other }", None),
    ("?this ex:p ?value BIND(?value AS ?other)", None),
    ("?this ex:q ?value , ?other FILTER(?value = ?other)", None),
    ("?this ex:p ?value . ?far ex:p ?near", None),
]


def _store() -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    store.load(DATA.encode(), format=pyoxigraph.RdfFormat.TURTLE)
    return store


@pytest.mark.parametrize(("group", "expected"), TOLD, ids=[group for group, _ in TOLD])
def test_what_a_group_finds(group: str, expected: set[str] | None) -> None:
    query = read(f"{PREFIX}SELECT ?this ?value {{ {group} }}")
    node = pyoxigraph.NamedNode("https://example.org/a")
    matcher = Matcher(query.scope, query.is_plain)
    if expected is None:
        with pytest.raises(InDoubt):
            matcher.rows(Sight(_store()), {"this": node})
    else:
        rows = matcher.rows(Sight(_store()), {"this": node})
        found = {str(row["value"]).strip("<>").rsplit("/", 1)[-1] for row in rows}
        assert found == expected


@pytest.mark.parametrize(
    "query",
    ["SELECT ?this (STR(?v) AS ?value) { ?this ex:p ?v }", "SELECT * { ?this ex:p ?v } LIMIT 1"],
)
def test_what_is_more_than_patterns_is_left_to_the_engine(query: str) -> None:
    read_query = read(PREFIX + query)
    with pytest.raises(InDoubt):
        Matcher(read_query.scope, read_query.is_plain).rows(
            Sight(_store()), {"this": pyoxigraph.NamedNode("https://example.org/a")}
        )


def test_a_node_with_very_many_around_it_is_left_to_the_engine() -> None:
    store = _store()
    a, p = (pyoxigraph.NamedNode(f"https://example.org/{name}") for name in "ap")
    for number in range(200):
        store.add(pyoxigraph.Quad(a, p, pyoxigraph.Literal(number)))
    query = read(f"{PREFIX}SELECT ?this ?value {{ ?this ex:p ?value }}")
    with pytest.raises(InDoubt):
        Matcher(query.scope, query.is_plain).rows(Sight(store), {"this": a})


@settings(max_examples=60)
@given(data=strategies.data(), shapes=strategies.shapes(sparql=True))
def test_random_shapes_and_data(data: list[Statement], shapes: Graph) -> None:
    store = pyoxigraph.Store()
    for triple in triples_to_oxigraph(data):
        store.add(pyoxigraph.Quad(triple.subject, triple.predicate, triple.object))
    nodes: set[Node] = {node for quad in store for node in (quad.subject, quad.object)}
    hierarchy = engine.hierarchy_graph(engine.hierarchy(store))
    for check in compile(Shapes(shapes), Classes(hierarchy)).checks:
        if check.targets is not None:
            continue
        try:
            query = read(check.sparql)
        except NotUnderstood:
            continue
        matcher = Matcher(query.scope, query.is_plain)
        expected = [
            {name: solution[name] for name in check.columns if solution[name] is not None}
            for solution in engine.query(store, check.sparql)
        ]
        sight = Sight(store)
        for node in nodes:
            try:
                rows = matcher.rows(sight, {"this": node})
            except InDoubt:
                continue
            found = {
                _key({name: row[name] for name in check.columns if name in row}) for row in rows
            }
            assert found == {_key(row) for row in expected if row["this"] == node}, check.sparql


def _key(row: Row) -> frozenset[tuple[str, str]]:
    return frozenset((name, str(node)) for name, node in row.items())
