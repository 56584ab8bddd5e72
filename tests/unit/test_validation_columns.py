"""What is answered on columns is what the store answers."""

import random as chance
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyoxigraph
import pytest
from benchmarks.ecosystem import write_ecosystem
from hypothesis import given, note, settings
from hypothesis import strategies as st
from rdflib import RDF, RDFS, SH, Graph, Literal
from rdflib.term import Node
from tests.unit import shacl_cases as cases
from tests.unit import shacl_strategies as random

from srmgraph import knowledge
from srmgraph.encoding import Encoding
from srmgraph.numbers import BITS, ascending, is_sorted, order, ordered, pack
from srmgraph.store import EmbeddedStore, open_store
from srmgraph.validation import Validator, engine, runs
from srmgraph.validation.columns import Columns, expressions, refused, tables
from srmgraph.validation.columns.reading import read
from srmgraph.validation.columns.relations import Relation, composed, on_a_ring, repeated, union
from srmgraph.validation.columns.tables import NONE, TooLarge
from srmgraph.validation.compiler import Check, compile
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.targets import Classes
from srmgraph.validation.tokens import NotUnderstood

RULES = Shapes(knowledge.shapes())
HERE = Path(__file__).parent
EXAMPLES = [file for folder in knowledge.examples() for file in sorted(folder.glob("*.ttl"))]
MUTANTS = 2
SIGNS = ["=", "!=", "<", ">", "<=", ">="]
FUNCTIONS = ["isIRI", "isLiteral", "isBlank", "BOUND", "STRLEN", "isNumeric", "LANG"]
XSD = "^^<http://www.w3.org/2001/XMLSchema#"
HARD = [
    *("<x:iri>", '"a"', '"a"@en', '"A"@en-GB', "true", "1", "-1", "1.0", "1.50", "-0.5", "1e0"),
    *("123456789012", "1234567890123456789", "0.0000001", "999999999999.999999", '"x"^^<x:own>'),
    *(f'"{text}"{XSD}date>' for text in ("2026-01-01", "2026-01-01Z", "2026-01-02+14:00", "soon")),
    *(f'"{text}"{XSD}dateTime>' for text in ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00")),
    f'"2026-01-01T00:00:00.5Z"{XSD}dateTime>',
    f'"2025-12-31T24:00:00Z"{XSD}dateTime>',
    *(f'"{text}"{XSD}date>' for text in ("2024-02-29", "2023-02-29", "2026-13-01", "0000-01-01")),
    *(f'"{text}"{XSD}integer>' for text in ("1.5", "+1", "", "-", "1234567890123")),
    *(f'"{text}"{XSD}decimal>' for text in ("1.", ".5", "-0.500001", "1.2.3", "1.2345678")),
    f'"2026-01-01T23:59:60Z"{XSD}dateTime>',
    *('"2026-01-01"', '"2026-01-01 and much more than thirty-two signs"'),
    f'"12"{XSD}int>',
    f'"٣"{XSD}integer>',
    *(
        '""',
        '"ä"',
        r'"a\"b"',
        r'"a\\b"',
        r'"a\nb"',
        r'"a\tb"',
        '"x:"',
        '"x:"@en',
        "<x:ä>",
        '"x:"^^<x:x>',
    ),
    f"'\"^^<{XSD[3:]}date>'",
]
COMPARISONS = [
    *(f"?x {sign} ?y" for sign in SIGNS),
    *(f"?x {sign} 1" for sign in SIGNS),
    *(f'?x {sign} "2026-01-01"{XSD}date>' for sign in SIGNS),
    *(f"STR(?x) {sign} STR(?y)" for sign in SIGNS),
    *(f"SUBSTR(STR(?x), 1, 2) {sign} STR(?y)" for sign in SIGNS),
    *("sameTerm(?x, ?y)", "?x IN (<x:iri>, <x:0>)", "?x IN (1, ?y)", "isIRI(?x) || ?x = ?y"),
    f"isLiteral(<{XSD[3:]}date>(STR(?x)))",
    f"isLiteral(<{XSD[3:]}dateTime>(STR(?x)))",
    f"isLiteral(<{XSD[3:]}integer>(STR(?x)))",
    f"datatype(?x) = <{XSD[3:]}date>",
    *(f"datatype(?x) = <{XSD[3:]}{name}>" for name in ("string", "integer", "dateTime")),
    *(
        f"datatype(?x) = <{name}>"
        for name in (RDF.langString, f"{RDF}dirLangString", "x:own", "x:x")
    ),
    *(f"STRSTARTS(STR(?x), {text})" for text in ('"x:"', '""', '"a"', '"2026-"', '"ä"', '"x:ä"')),
    *(
        f"STRSTARTS(STR(?x), {text})"
        for text in (r'"a\""', r'"a\\"', r'"a\n"', r'"a\t"', "'\"^^<'")
    ),
    "COALESCE(?x < ?y, false)",
]


def checks_of(
    oxigraph: pyoxigraph.Store, shapes: Shapes, used: Iterable[Node] | None = None
) -> tuple[Check, ...]:
    known = engine.hierarchy_graph(engine.hierarchy(oxigraph))
    return compile(shapes, Classes(known, used)).checks


def different(rows: Iterable[dict[str, Node]]) -> set[frozenset[tuple[str, Node]]]:
    return {frozenset(row.items()) for row in rows}


def compare(oxigraph: pyoxigraph.Store, shapes: Shapes, used: Iterable[Node] | None = None) -> int:
    """Compare what columns and store answer, and return how many checks columns did not refuse."""
    columns = Columns(Encoding.of_store(oxigraph))
    answered = 0
    for check in checks_of(oxigraph, shapes, used):
        found = columns.rows(check)
        if found is not None:
            answered += 1
            expected = engine.rows(oxigraph, shapes, check)
            assert different(found) == different(expected), check.sparql
    return answered


@settings(max_examples=100)
@given(data=random.data(), shapes=random.shapes(sparql=True))
def test_random_shapes(data: Graph, shapes: Graph) -> None:
    note(f"{data.serialize()}\n{shapes.serialize()}")
    compare(cases.store_of(data).oxigraph, Shapes(shapes))


@settings(max_examples=30)
@given(data=random.data(), condition=st.data())
def test_random_conditions(data: Graph, condition: st.DataObject) -> None:
    """Conditions with errors in them, on values of every kind, some of them missing."""
    store = cases.store_of(data)
    term = st.sampled_from(["?x", "?y", "?z", "1", '"x"', '"x"@en', "<https://example.org/a>"])
    tests = st.one_of(
        st.builds(
            "{} {} {}".format, term, st.sampled_from(["=", "!=", "<", ">", "<=", ">="]), term
        ),
        st.builds("{}({})".format, st.sampled_from(FUNCTIONS), st.sampled_from(["?x", "?y", "?z"])),
        st.builds("sameTerm({}, {})".format, term, term),
        st.builds("{} IN (<https://example.org/a>, <https://example.org/b>)".format, term),
        st.builds("{} NOT IN (<https://example.org/a>, ?x)".format, term),
        st.builds('STRSTARTS(STR({}), "https:")'.format, term),
        st.builds("datatype({}) = <http://www.w3.org/2001/XMLSchema#integer>".format, term),
        st.just("EXISTS { ?x ?p ?y }"),
        st.just("NOT EXISTS { ?y ?p ?x }"),
        st.just("IF(EXISTS { ?x a ?c }, ?x, ?y) = ?x"),
    )
    conditions = st.recursive(
        tests,
        lambda inner: st.one_of(
            st.builds("({} || {})".format, inner, inner),
            st.builds("({} && {})".format, inner, inner),
            st.builds("!({})".format, inner),
            st.builds("COALESCE({}, false)".format, inner),
        ),
        max_leaves=4,
    )
    for _ in range(10):
        sparql = (
            f"SELECT DISTINCT ?x ?y ?z {{ ?x ?q ?y OPTIONAL {{ ?y <{RDFS.subClassOf}>? ?w . "
            f"?x <https://example.org/p> ?z }} FILTER({condition.draw(conditions)}) }}"
        )
        note(sparql)
        agree(store, sparql)


def agree(store: EmbeddedStore, sparql: str) -> None:
    query = read(sparql)
    check = Check(
        rule=Literal(""),
        shape=Literal(""),
        component=SH.SPARQLConstraintComponent,
        path=None,
        messages=(Literal(""),),
        text=sparql,
        columns=query.columns,
    )
    found = Columns(store.encoding()).rows(check)
    assert found is not None
    assert different(found) == different(engine.rows(store.oxigraph, RULES, check))


@pytest.mark.parametrize("test", COMPARISONS)
def test_values_that_are_hard_to_compare(test: str) -> None:
    store = open_store()
    for number, text in enumerate(HARD):
        thing = pyoxigraph.NamedNode(f"x:{number}")
        found = store.oxigraph.query(f"SELECT ({text} AS ?term) {{}}")
        assert isinstance(found, pyoxigraph.QuerySolutions)
        term = next(found)[0]
        assert term is not None
        store.oxigraph.add(pyoxigraph.Quad(thing, pyoxigraph.NamedNode("x:p"), term))
    store.oxigraph.update("INSERT DATA { <x:blank> <x:p> _:one , _:other }")
    agree(store, f"SELECT DISTINCT ?x ?y {{ ?a <x:p> ?x . ?b <x:p> ?y FILTER({test}) }}")
    agree(store, f"SELECT DISTINCT ?x ?y {{ ?a <x:p> ?x . ?b <x:p> ?y FILTER(!({test})) }}")
    agree(store, f"SELECT DISTINCT ?x ?z {{ ?a <x:p> ?x . ?b <x:p> ?y BIND(({test}) AS ?z) }}")


@settings(max_examples=50)
@given(data=random.data())
def test_options_in_options(data: Graph) -> None:
    agree(
        cases.store_of(data),
        "SELECT DISTINCT ?x ?y ?z ?w { ?x ?p ?y OPTIONAL { ?x <https://example.org/p> ?z "
        "OPTIONAL { ?z <https://example.org/q> ?w } } }",
    )


def test_long_ways_are_left_to_the_store() -> None:
    chain = np.arange(10_000)
    relation = Relation(pack(chain, chain + 1))
    assert on_a_ring(relation).tolist() == []
    assert on_a_ring(union([relation, Relation(pack(chain[-1:] + 1, chain[:1]))])).size == 10_001
    with pytest.raises(TooLarge):
        repeated(relation)


@given(pairs=st.sets(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30))
def test_rings_are_what_comes_back(pairs: set[tuple[int, int]]) -> None:
    packed = np.array(sorted(one << BITS | other for one, other in pairs), np.int64)
    reached = repeated(Relation(packed))
    expected = sorted(one for one in range(13) if (one << BITS | one) in reached.pairs)
    assert on_a_ring(Relation(packed)).tolist() == expected


@given(pairs=st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_a_relation_is_its_pairs(pairs: set[tuple[int, int]]) -> None:
    relation = Relation(np.array(sorted(one << BITS | other for one, other in pairs), np.int64))
    twice = {(one, far) for one, other in pairs for near, far in pairs if near == other}
    assert as_pairs(composed(relation, relation)) == twice
    assert as_pairs(relation.inverse) == {(other, one) for one, other in pairs}
    assert as_pairs(union([relation, relation.inverse])) == pairs | {(b, a) for a, b in pairs}
    everything = np.arange(10)
    rows, values = relation.follow(everything)
    assert set(zip(rows.tolist(), values.tolist(), strict=True)) == pairs
    assert relation.leads(everything).tolist() == [n in {a for a, _ in pairs} for n in range(10)]


@given(
    st.lists(
        st.one_of(st.integers(0, 5), st.integers(65_530, 65_540), st.integers(0, 2**32 - 1)),
        max_size=9,
    ),
    st.sampled_from([0, 400]),
)
def test_numbers_are_sorted(some: list[int], more: int) -> None:
    """Few and many, in runs and not; those that are equal stay as they stand."""
    numbers = np.array([*some, *range(more), *some, *range(2 * more), *some], np.int64)
    assert ordered(numbers).tolist() == sorted(numbers.tolist())
    assert ascending(numbers).tolist() == sorted(set(numbers.tolist()))
    assert order(numbers).tolist() == np.argsort(numbers, kind="stable").tolist()
    assert is_sorted(numbers) == (numbers.tolist() == sorted(numbers.tolist()))


@pytest.mark.parametrize("far", [10, 10_000], ids=["a table", "a search"])
def test_what_is_no_subject_leads_nowhere(far: int) -> None:
    """However subjects are found, what has no value is none, nor what is beyond all."""
    relation = Relation(pack(np.array([3, 3, far]), np.array([1, 2, 3])))
    sought = np.array([NONE, 0, 3, 4, far, far + 1, 2**31])
    leads = [False, False, True, False, True, False, False]
    assert relation.leads(sought).tolist() == leads
    assert [side.tolist() for side in relation.follow(sought)] == [[2, 2, 4], [1, 2, 3]]
    assert not Relation(np.empty(0, np.int64)).leads(sought).any()


def as_pairs(relation: Relation) -> set[tuple[int, int]]:
    return set(zip(relation.subjects.tolist(), relation.values.tolist(), strict=True))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: f"{file.parent.name} {file.stem}")
def test_examples_and_mutants(file: Path) -> None:
    """All rules of the project, on examples whole and with statements missing or garbled."""
    store = open_store()
    store.add(knowledge.ontology())
    store.read(file)
    quads = list(store.oxigraph.quads_for_pattern(None, None, None))
    for number in range(MUTANTS):
        dice = chance.Random(f"{file} {number}")
        mutant = pyoxigraph.Store()
        for quad in quads:
            value = dice.choice(quads).object if number and dice.random() < 0.1 else quad.object
            if not number or dice.random() < 0.95:
                mutant.add(pyoxigraph.Quad(quad.subject, quad.predicate, value, quad.graph_name))
        assert compare(mutant, RULES) == len(checks_of(mutant, RULES))


def test_an_ecosystem(tmp_path: Path) -> None:
    file = tmp_path / "ecosystem.nt"
    write_ecosystem(file, 6_000)
    store = open_store()
    store.add(knowledge.ontology())
    store.read(file)
    # Any class without a name may have instances, and would be looked for on long ways.
    used = store.graph().objects(None, RDF.type)
    assert compare(store.oxigraph, RULES, used) > 0


def test_no_rule_of_the_project_is_refused() -> None:
    store = open_store()
    store.add(knowledge.ontology())
    assert [check for check in checks_of(store.oxigraph, RULES) if refused(check)] == []


REFUSED = {
    "SELECT DISTINCT ?x { ?x ?p ?y MINUS { ?x ?p 1 } }": "MINUS",
    "SELECT DISTINCT ?x { { SELECT ?x { ?x ?p ?y } } }": "SELECT",
    "SELECT DISTINCT ?x { GRAPH ?g { ?x ?p ?y } }": "GRAPH",
    "SELECT DISTINCT ?x { ?x !<x:p> ?y }": "!",
    "SELECT DISTINCT ?x { ?x ?p ?y { ?x ?q ?z FILTER(?y = ?z) } }": "outside of the group",
    "SELECT DISTINCT ?x { ?x ?p ?y OPTIONAL { ?x ?q ?z } ?z ?r ?x }": "may be without a value",
    "SELECT DISTINCT ?x { ?x ?p ?y OPTIONAL { ?x ?q ?z } FILTER EXISTS { ?z ?r ?x } }": "EXISTS",
    "SELECT DISTINCT ?x { ?x ?p ?y { ?x ?q ?z OPTIONAL { ?z ?r ?y } } }": "outside of the group",
    "SELECT DISTINCT ?x { ?x ?p ?y BIND(?y AS ?y) }": "given another",
    "SELECT DISTINCT ?x ?n { ?x ?p ?y }": "never has a value",
    "SELECT ?x (COUNT(?y) AS ?n) { ?x ?p ?y } GROUP BY ?x": "(",
    "SELECT ?x { ?x ?p ?y } GROUP BY ?x HAVING (COUNT(*) > 1)": "*",
}


@pytest.mark.parametrize("sparql", REFUSED)
def test_what_has_no_place_is_refused(sparql: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        read(sparql)
    assert REFUSED[sparql] in str(caught.value)


def test_where_data_are_many_columns_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    store, validator = open_store(), Validator()
    store.read(EXAMPLES[0])
    in_store = validator.validate(store).results
    asked: list[Check] = []
    rows = Columns.rows

    def noted(columns: Columns, check: Check) -> list[dict[str, Node]] | None:
        asked.append(check)
        return rows(columns, check)

    monkeypatch.setattr(Columns, "rows", noted)
    monkeypatch.setattr(runs, "MANY", 100)
    assert validator.validate(store).results == in_store
    assert asked


def test_what_grows_too_long_is_asked_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    store, validator = open_store(), Validator()
    store.read(EXAMPLES[0])
    in_store = validator.validate(store).results
    monkeypatch.setattr(runs, "MANY", 100)
    monkeypatch.setattr(tables, "MOST_ROWS", 10)
    monkeypatch.setattr(expressions, "_MOST_ASKED", 1)
    assert validator.validate(store).results == in_store
