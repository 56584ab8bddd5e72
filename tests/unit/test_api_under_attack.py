"""The HTTP layer and those who mean it ill: too large, too long, too many, too deep."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from rdflib import OWL
from starlette.testclient import TestClient

from srmgraph import ServiceGraph, knowledge
from srmgraph_api import create_app, sparql
from srmgraph_api.settings import Settings

SPARQL = {"Content-Type": "application/sparql-query"}
TURTLE = {"Content-Type": "text/turtle"}


@pytest.fixture(scope="module")
def graph() -> ServiceGraph:
    graph = ServiceGraph.open()
    graph.store.parse("\n".join(f"<x:{n}> <x:p> {n} ." for n in range(500)), "turtle")
    return graph


@pytest.fixture(scope="module")
def client(graph: ServiceGraph) -> Iterator[TestClient]:
    settings = Settings(query_seconds=2, largest_answer=100_000, workers=2, worker_memory=1024)
    with TestClient(create_app(graph, settings), raise_server_exceptions=False) as client:
        yield client


def told(response: Any, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["detail"])


def test_a_query_has_an_end(client: TestClient) -> None:
    query = "ASK { } #" + "x" * sparql.LONGEST_QUERY
    assert "32,000" in told(client.post("/sparql", content=query, headers=SPARQL), 413)


def test_an_answer_has_an_end(client: TestClient) -> None:
    for query in ("SELECT * { ?a ?b ?c . ?d ?e ?f }", "CONSTRUCT WHERE { ?a ?b ?c }"):
        assert "LIMIT" in told(client.get("/sparql", params={"query": query}), 400)
    few = client.get("/sparql", params={"query": "SELECT * { ?a ?b ?c } LIMIT 10"})
    assert len(few.json()["results"]["bindings"]) == 10


def test_time_has_an_end(client: TestClient) -> None:
    start = time.monotonic()
    # Millions of rows, none of which the engine tells anyone about.
    few = "{ SELECT ?i { ?g ?h ?i } LIMIT 30 }"
    query = f"SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f . {few} FILTER(?c + ?f = ?i + 0.5) }}"
    assert "2 seconds" in told(client.get("/sparql", params={"query": query}), 504)
    assert time.monotonic() - start < 60
    assert client.get("/sparql", params={"query": "ASK {}"}).json()["boolean"] is True


def test_calls_within_calls_take_the_parser_no_longer_than_any_query(client: TestClient) -> None:
    # The engine's parser tries each of them twice, and so takes twice as long for one more.
    query = "ASK { FILTER(" + "REPLACE(" * 40 + "'a'" + ",'b','c')" * 40 + " = 'a') }"
    assert "2 seconds" in told(client.get("/sparql", params={"query": query}), 504)
    assert client.get("/health").status_code == 200


SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c + ?f = ?i + 0.5) }"


def wait_until_busy(client: TestClient) -> None:
    for _ in range(1000):
        if "srmgraph_workers_busy 1.0" in client.get("/metrics").text:
            return
        time.sleep(0.02)
    pytest.fail("nobody is at work")


def test_those_who_are_too_many_are_sent_away(graph: ServiceGraph) -> None:
    settings = Settings(query_seconds=3, workers=1, waiting=1, patience=0.2)
    with TestClient(create_app(graph, settings)) as client:
        found: list[int] = []

        def ask() -> None:
            found.append(client.get("/sparql", params={"query": SLOW}).status_code)

        busy = threading.Thread(target=ask)
        busy.start()
        wait_until_busy(client)
        refused = client.get("/sparql", params={"query": "ASK {}"})
        assert "busy" in told(refused, 503)
        assert refused.headers["retry-after"] == "30"
        # What takes no time is answered all the same.
        assert client.get("/health").status_code == 200
        assert client.get("/queries").status_code == 200
        busy.join()
        assert found == [504]
        # A turn that has ended is free again.
        assert client.get("/sparql", params={"query": "ASK {}"}).status_code == 200


def test_who_looks_while_the_data_are_still_read_need_only_wait(graph: ServiceGraph) -> None:
    browser = {"accept": "text/html,*/*;q=0.8"}
    app = create_app(graph, Settings(query_seconds=3, workers=1, patience=0.2, in_memory=0))
    with TestClient(app) as client:
        service = app.state.service
        with ThreadPoolExecutor() as others:
            busy = others.submit(client.get, "/sparql", params={"query": SLOW})
            wait_until_busy(client)
            plainly = client.get("/", headers=browser)
            assert (plainly.status_code, plainly.headers.get("refresh")) == (503, None)
            service.images.is_reading = True
            page = client.get("/", headers=browser)
            assert (page.status_code, page.headers["refresh"]) == (503, "5")
            assert "Getting ready" in page.text
            # Programs know by themselves when to ask again.
            assert "busy" in told(client.get("/sparql", params={"query": "ASK {}"}), 503)
            busy.result()


def test_what_contradicts_itself_is_served_as_it_was_stated() -> None:
    graph = ServiceGraph.open()
    one, other = next(iter(sorted(knowledge.ontology().subject_objects(OWL.disjointWith))))
    graph.store.parse(f"<x:a> a <{one}>, <{other}> .", "turtle")
    with TestClient(create_app(graph)) as client:
        asked = {"query": "SELECT ?kind { <x:a> a ?kind }"}
        assert len(client.get("/sparql", params=asked).json()["results"]["bindings"]) == 2


def test_content_that_is_compressed_is_refused(client: TestClient) -> None:
    response = client.post("/validate", content=b"x", headers={**TURTLE, "Content-Encoding": "br"})
    assert "Send it as it is" in told(response, 415)


def test_a_stream_without_a_length_is_cut_off(client: TestClient) -> None:
    sent: list[None] = []

    def endless() -> Iterator[bytes]:
        for _ in range(40):
            sent.append(None)
            yield b"#" * 1_000_000

    assert "bytes" in told(client.post("/validate", content=endless(), headers=TURTLE), 413)
