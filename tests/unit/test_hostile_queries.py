"""Queries that would reach out to the network or take the engine down, written to be overlooked."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srmgraph import QueryError, sparql
from srmgraph.store import EmbeddedStore, open_store


@pytest.fixture
def store() -> EmbeddedStore:
    store = open_store()
    store.parse("<x:a> <x:p> 1 .", "turtle")
    return store


@pytest.fixture
def listener() -> Iterator[tuple[str, list[None]]]:
    """The address of a service in this process, and one entry for each time it is called."""
    server = socket.create_server(("127.0.0.1", 0))
    calls: list[None] = []

    def answer() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            calls.append(None)
            connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    yield f"<http://127.0.0.1:{server.getsockname()[1]}/>", calls
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


@pytest.mark.parametrize(
    "query",
    [
        "ASK { SERVICE @ { ?a ?b ?c } }",
        "ASK { service silent @ { ?a ?b ?c } }",
        "ASK { VALUES ?x { 1 }SERVICE@{ ?a ?b ?c } }",
        "ASK { SERVICESILENT@{ ?a ?b ?c } }",
        # “Less than” looks like the beginning of an IRI …
        "ASK { FILTER(1<2)SERVICE#>\n@{ ?a ?b ?c } }",
        "ASK { FILTER('a'<'>')SERVICE@{ ?a ?b ?c }#'\n}",
        "ASK { FILTER(1<2#>'''\n)SERVICE@{ ?a ?b ?c } }",
        # … a quotation mark in a name like the beginning of a text …
        "PREFIX c:<x:> ASK { OPTIONAL { ?s c:a·\\' 1 } SERVICE @ { ?a ?b ?c } # '\n}",
        "PREFIX c:<x:> ASK { OPTIONAL { ?s c:a\\' 1 } SERVICE @ { ?a ?b ?c } # '\n}",
        # … and a comment ends with either sign for the end of a line.
        "ASK { #\rSERVICE @ { ?a ?b ?c } }",
        "ASK { SERV\\u0049CE @ { ?a ?b ?c } }",
    ],
)
def test_no_query_reaches_out(
    store: EmbeddedStore, listener: tuple[str, list[None]], query: str
) -> None:
    address, calls = listener
    with pytest.raises(QueryError):
        store.answer(query.replace("@", address), "json")
    time.sleep(0.05)
    assert calls == []


def test_the_listener_would_hear_a_query_that_reaches_out(
    store: EmbeddedStore, listener: tuple[str, list[None]]
) -> None:
    address, calls = listener
    with pytest.raises(ConnectionError):
        store.oxigraph.query(f"ASK {{ SERVICE {address} {{ ?a ?b ?c }} }}")
    assert len(calls) == 1


@pytest.mark.parametrize(
    "query",
    [
        "ASK { FILTER(1" + "+1" * 100_000 + ") }",
        "ASK { FILTER(1" + "-1" * 100_000 + ") }",
        "ASK { ?s <x:p>" + "/<x:p>" * 100_000 + " ?o }",
        "ASK { FILTER(1<" + "(" * 20_000 + "1>1" + ")" * 20_000 + ") }",
        "PREFIX x: <x:> ASK { ?s ?p x:a·\\' . " + "{" * 5_000 + "}" * 5_000 + ' ?s ?p "\'" }',
    ],
    ids=["sum", "difference", "path", "brackets-like-an-iri", "brackets-like-a-text"],
)
def test_no_query_takes_the_engine_down(store: EmbeddedStore, query: str) -> None:
    with pytest.raises(QueryError):
        store.answer(query, "json")


@pytest.mark.parametrize("part", ["a.", "a-.", '"\\"', "'\"", ":.", "<a", "@a-", "a:", "\\'"])
def test_looking_through_a_query_takes_no_longer_than_it_is_long(part: str) -> None:
    start = time.perf_counter()
    for text in (part * 20_000, '"' + part * 20_000, "'''" + part * 20_000):
        list(sparql.words(text))
        sparql.nesting(text)
        sparql.form(text)
    # About 0.1 s; it took more than ten where the time grew with the square.
    assert time.perf_counter() - start < 3


_PARTS = (
    *("service", "SERVICE", "\u017fervice", "FROM", "OPTIONAL", "a", "1", "true", "\u00aa", "_"),
    *("a:", ":", "?", "$", "@", "<", ">", "#", "'", '"', "\\", ".", "-", "[]", "{", "(", "!", "|"),
    *("\n", " ", "'''", "/"),
)


@given(st.lists(st.sampled_from(_PARTS), max_size=12).map("".join))
def test_a_quick_look_overlooks_nothing(text: str) -> None:
    found = [word.upper() for kind, word in sparql.words(text) if kind == "word"]
    assert sparql.is_federated(text) == any("SERVICE" in word for word in found)
    assert sparql.names_its_graphs(text) == ("FROM" in found)
    depth, chain = sparql.nesting(text)
    assert not sparql.is_shallow(text, depth - 1, 1000) or depth == 0
    assert not sparql.is_shallow(text, 1000, chain - 1) or chain == 0


_BEGINNINGS = (
    *("SELECT", "select ", "ASK", "DESCRIBE", "CONSTRUCT", "DELETE ", "PREFIX ", "BASE ", "x"),
    *(
        "a: ",
        ":",
        "<e:a>",
        "<e:\\u0041>",
        "prefix a.b:<e:b> ",
        "base <e:c>",
        "# ASK\n",
        "#",
        "\u017f",
    ),
    *("*", "?", "{", "(", "-", ".", " ", "\n", "\u2003", "'", "@"),
)


@given(st.lists(st.sampled_from(_BEGINNINGS), max_size=8).map("".join))
def test_the_form_of_a_query_is_that_of_its_first_word(text: str) -> None:
    read = sparql.words(text)
    form = ""
    for kind, word in read:
        if word.upper() in ("PREFIX", "BASE") and kind == "word":
            next(read, None), word.upper() == "PREFIX" and next(read, None)
        elif kind == "word":
            form = word.upper()
            break
    assert sparql.form(text) == (form if form in ("SELECT", "CONSTRUCT", "DESCRIBE", "ASK") else "")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT (<http://e/(x)'y#z> AS ?a) { }", "http://e/(x)'y#z"),
        ("PREFIX e: <http://e/#> SELECT (e:a AS ?a) { FILTER(1<2&&3>2) }", "http://e/#a"),
        ("SELECT (CONCAT('<', \"#\", '''(''', ')') AS ?a) { # it's > (\n}", "<#()"),
        ("PREFIX e: <x:> SELECT (STR(e:it\\'s) AS ?a) { }", "x:it's"),
    ],
)
def test_what_only_looks_hostile_is_answered(
    store: EmbeddedStore, query: str, expected: str
) -> None:
    assert store.answer(query, "csv").decode().splitlines() == ["a", expected]


def test_the_place_of_an_error_is_told_as_it_was_written(store: EmbeddedStore) -> None:
    places = []
    for iri in ("http://e/(x)#'y", "http://e/abcdef"):
        with pytest.raises(QueryError) as caught:
            store.answer(f"SELECT * {{\n  ?a <{iri}> ?b . ?c }} }}", "csv")
        places.append((caught.value.line, caught.value.column))
    assert places[0] == places[1]
    assert places[0][0] == 2
