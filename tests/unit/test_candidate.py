"""A revision in the making knows what it has gained and lost, whatever was done to it."""

from typing import Any
from unittest.mock import patch

import pyoxigraph
import pytest
from hypothesis import event, example, given, note
from hypothesis import strategies as st
from rdflib import URIRef
from tests.conformance.test_w3c_sparql import canonical

from srmgraph.encoding import Encoding
from srmgraph.errors import QueryError
from srmgraph.numbers import BITS, LOW
from srmgraph.store import EmbeddedStore, embedded, intake
from srmgraph.store.candidate import Candidate

Quads = set[pyoxigraph.Quad]

THINGS = ["<x:a>", "<x:b>", "e:c", "e:d"]
PROPERTIES = ["<x:p>", "e:q", "a"]
VALUES = [*THINGS, "1", "01", '"t"', '"t"@en', "1.50", "true"]
GRAPHS = ["<x:g>", "e:h", "<x:i>"]
PREFIX = "PREFIX e: <x:e#>\n"
START = """
    PREFIX e: <x:e#>
    INSERT DATA {
        <x:a> <x:p> 1, e:c ; a e:c . e:c e:q "t" .
        GRAPH <x:g> { <x:a> <x:p> 1 . <x:b> e:q e:d, [ <x:p> 2 ] }
        GRAPH e:h { e:d a <x:b> ; e:q 1.50 }
    }
"""


def candidate(before: str = START) -> Candidate:
    engine = pyoxigraph.Store()
    engine.update(before)
    return Candidate(engine)


def check(changed: Candidate, before: Quads) -> None:
    """The journal tells the difference between what there was and what there is."""
    after, journal = set(changed.oxigraph), changed.journal
    assert (set(journal.gained), set(journal.lost)) == (after - before, before - after)


# ── Updates at random, beside the engine's own way ──────────────────────────────────────────────


def triples(things: list[str], values: list[str]) -> st.SearchStrategy[str]:
    one = st.tuples(*map(st.sampled_from, (things, [*PROPERTIES, "?p"], values))).map(" ".join)
    return st.lists(one, min_size=1, max_size=3).map(" . ".join)


def quads(things: list[str], values: list[str], graphs: list[str]) -> st.SearchStrategy[str]:
    plain = triples(things, values)
    named = st.tuples(st.sampled_from(graphs), plain).map(lambda p: f"GRAPH {p[0]} {{ {p[1]} }}")
    both = st.tuples(
        plain, st.sampled_from([" . ", " "]), named, st.sampled_from([" ", " . "]), plain
    )
    return st.one_of(plain, named, both.map("".join))


VARIABLES = ["?s", "?o", "?never"]
NEW = ["_:new", "[]"]
stated = quads(THINGS, VALUES, GRAPHS).map(lambda text: text.replace("?p", "<x:p>"))
deleted = quads([*THINGS, "?s"], [*VALUES, *VARIABLES], [*GRAPHS, "?g"])
inserted = quads([*THINGS, "?s", *NEW], [*VALUES, *VARIABLES, *NEW], [*GRAPHS, "?g"])
patterns = st.sampled_from(
    [
        "{ ?s ?p ?o }",
        "{ GRAPH ?g { ?s ?p ?o } }",
        "{ ?s ?p ?o OPTIONAL { GRAPH ?g { ?s ?q ?o } } }",
        "{ GRAPH <x:g> { ?s ?p ?o FILTER(isIRI(?o)) } } # a comment with }",
        "{ VALUES (?s ?p ?o ?g) { (<x:a> <x:p> 01 e:h) (UNDEF e:q 2 UNDEF) } }",
        "{ SELECT ?s ?p (COUNT(*) AS ?o) { ?s ?p ?x } GROUP BY ?s ?p }",
        "{}",
    ]
)
using = st.sampled_from(["", "", "USING <x:g>", "USING NAMED <x:g>", "USING e:h USING NAMED e:h"])
modified = st.tuples(
    st.sampled_from(["", "", "WITH <x:g> ", "WITH e:h "]), deleted, inserted, using, patterns
)
whole = st.sampled_from(GRAPHS)
update = st.one_of(
    stated.map("INSERT DATA {{ {} }}".format),
    stated.map("DELETE DATA {{ {} }}".format),
    deleted.map("DELETE WHERE {{ {} }}".format),
    modified.map("{0[0]}DELETE {{ {0[1]} }} INSERT {{ {0[2]} }} {0[3]} WHERE {0[4]}".format),
    modified.map("{0[0]}INSERT {{ {0[2]} }} {0[3]} WHERE {0[4]}".format),
    st.tuples(st.sampled_from(["CLEAR", "DROP"]), whole).map("{0[0]} SILENT GRAPH {0[1]}".format),
    st.sampled_from(["CLEAR DEFAULT", "DROP NAMED", "CLEAR ALL"]),
    st.tuples(st.sampled_from(["ADD", "MOVE", "COPY"]), whole, st.one_of(whole, st.just("DEFAULT")))
    .map("{0[0]} {0[1]} TO {0[2]}".format),
)  # fmt: skip


@given(texts=st.lists(st.lists(update, min_size=1, max_size=3).map(" ;\n".join), max_size=3))
def test_updates_do_what_the_engine_does_and_are_known(texts: list[str]) -> None:
    changed = candidate()
    before = set(changed.oxigraph)
    plain = EmbeddedStore()
    plain.oxigraph.bulk_extend(before)
    for text in texts:
        note(text)
        try:
            plain.update(PREFIX + text)
        except QueryError:
            held = set(changed.oxigraph)
            with pytest.raises(QueryError):
                changed.update(PREFIX + text)
            assert set(changed.oxigraph) == held
            continue
        changed.update(PREFIX + text)
        assert canonical(changed.oxigraph) == canonical(plain.oxigraph)
        assert changed.journal.is_exact
    check(changed, before)


# ── Files that become columns ───────────────────────────────────────────────────────────────────

LINES = [
    *('<x:a> <x:p> "t" .\n', '<x:a> <x:p> "01"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'),
    *("<x:b> <x:p> <x:a> .\n", "# nothing\n", "_:b <x:p> <x:a> .\n"),
]
NAMES = [None, URIRef("x:g")]
TERMS = [pyoxigraph.NamedNode("x:a"), pyoxigraph.NamedNode("x:b")]


def one(name: URIRef | None, value: pyoxigraph.NamedNode) -> pyoxigraph.Quad:
    graph = pyoxigraph.DefaultGraph() if name is None else pyoxigraph.NamedNode(name)
    return pyoxigraph.Quad(TERMS[1], pyoxigraph.NamedNode("x:p"), value, graph)


def parse(store: Candidate, text: str, format: str, name: URIRef | None) -> None:
    store.parse(text, format, name)


def write(store: Candidate, quad: pyoxigraph.Quad, number: int) -> None:
    store.write(iter([quad]), number)


def put(store: Candidate, quad: pyoxigraph.Quad, name: URIRef | None) -> None:
    triple = quad.triple
    store.put(
        name,
        iter(
            [
                pyoxigraph.Quad(
                    triple.subject, triple.predicate, triple.object, intake.graph_name(name)
                )
            ]
        ),
    )


Act = tuple[Any, ...]
name, named = st.sampled_from(NAMES), st.sampled_from(NAMES[1:])
quad = st.builds(one, name, st.sampled_from(TERMS))
text = st.lists(st.sampled_from(LINES), min_size=1, max_size=3).map("".join)
read = st.tuples(st.just(parse), text, st.just("n-triples"), name)
act: st.SearchStrategy[Act] = st.one_of(
    read,
    st.tuples(st.just(parse), text, st.just("turtle"), name),
    st.tuples(st.just(write), quad, st.sampled_from([1, 999_999])),
    st.tuples(st.just(Candidate.remove), st.lists(quad, max_size=1)),
    st.tuples(st.just(put), quad, name),
    st.tuples(st.just(Candidate.clear_graph), name),
    st.tuples(st.just(Candidate.remove_graph), named),
    st.tuples(st.just(Candidate.update), update.map(PREFIX.__add__)),
)


def lines(encoding: Encoding) -> list[bytes]:
    texts = encoding.texts
    return sorted(
        b"%b %b %b" % (texts[pair >> BITS], name, texts[pair & LOW])
        for name, pairs in encoding.statements.items()
        for pair in pairs.tolist()
    )


@example((parse, LINES[0], "n-triples", None), [(write, one(None, TERMS[0]), 1)], set())
@example((parse, LINES[0], "n-triples", None), [(write, one(None, TERMS[0]), 999_999)], set())
@example((parse, LINES[2], "n-triples", None), [(Candidate.remove, [one(None, TERMS[0])])], set())
@example((parse, LINES[2], "n-triples", None), [(Candidate.update, "CLEAR DEFAULT")], set())
@given(first=read, acts=st.lists(act, min_size=1, max_size=5), without=st.sets(named))
def test_columns_of_files_are_those_of_the_engine(
    first: Act, acts: list[Act], without: set[URIRef]
) -> None:
    changed = Candidate(pyoxigraph.Store())
    left_out = [*map(pyoxigraph.NamedNode, without)]
    with patch.object(embedded, "_WORTH_COLUMNS", 0):
        for do, *what in (first, *acts):
            try:
                do(changed, *what)
            except QueryError:
                continue
            expected = lines(Encoding.of_store(changed.oxigraph, left_out))
            event(f"{do.__name__}: columns of {len(changed._read)} files")
            assert lines(changed.encoding(without)) == expected
