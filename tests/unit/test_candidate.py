"""A revision in the making knows what it has gained and lost, whatever was done to it."""

import pyoxigraph
import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from tests.conformance.test_w3c_sparql import canonical

from srmgraph.errors import QueryError
from srmgraph.store import EmbeddedStore
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
