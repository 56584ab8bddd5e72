"""The HTTP layer and those who mean it ill: too large, too long, too many, too deep."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from srmgraph import InconsistentError, ServiceGraph, knowledge
from srmgraph_api import create_app, sparql, work
from srmgraph_api.service import Service

SPARQL = {"Content-Type": "application/sparql-query"}
TURTLE = {"Content-Type": "text/turtle"}


@pytest.fixture
def graph() -> ServiceGraph:
    graph = ServiceGraph.open()
    graph.store.parse("\n".join(f"<x:{n}> <x:p> {n} ." for n in range(500)), "turtle")
    return graph


@pytest.fixture
def client(graph: ServiceGraph) -> Iterator[TestClient]:
    with TestClient(create_app(graph), raise_server_exceptions=False) as client:
        yield client


def told(response: Any, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["detail"])


def test_a_query_has_an_end(client: TestClient) -> None:
    query = "ASK { } #" + "x" * sparql.LONGEST_QUERY
    assert "32,000" in told(client.post("/sparql", content=query, headers=SPARQL), 413)


def test_an_answer_has_an_end(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparql, "LARGEST_ANSWER", 10_000)
    for query in ("SELECT * { ?a ?b ?c . ?d ?e ?f }", "CONSTRUCT WHERE { ?a ?b ?c }"):
        assert "LIMIT" in told(client.get("/sparql", params={"query": query}), 400)
    few = client.get("/sparql", params={"query": "SELECT * { ?a ?b ?c } LIMIT 10"})
    assert len(few.json()["results"]["bindings"]) == 10


def test_time_has_an_end(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "SECONDS", 0.5)
    start = time.monotonic()
    # Millions of rows, none of which the engine tells anyone about.
    few = "{ SELECT ?i { ?g ?h ?i } LIMIT 30 }"
    query = f"SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f . {few} FILTER(?c + ?f = ?i + 0.5) }}"
    assert "0 seconds" in told(client.get("/sparql", params={"query": query}), 504)
    assert time.monotonic() - start < 5
    assert client.get("/health").status_code == 200


def test_those_who_are_too_many_are_sent_away(
    graph: ServiceGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "AT_ONCE", 2)
    monkeypatch.setattr(work, "PATIENCE", 0.2)
    running, go_on = threading.Semaphore(0), threading.Event()
    answer = graph.store.answer

    def slowly(*arguments: Any) -> bytes:
        running.release()
        assert go_on.wait(30)
        return answer(*arguments)

    monkeypatch.setattr(graph.store, "answer", slowly)
    with TestClient(create_app(graph)) as client:
        asked = {"query": "ASK { ?s ?p ?o }"}
        found: list[int] = []
        threads = [
            threading.Thread(
                target=lambda: found.append(client.get("/sparql", params=asked).status_code)
            )
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert running.acquire(timeout=30)
        refused = client.get("/sparql", params=asked)
        assert "busy" in told(refused, 503)
        assert refused.headers["retry-after"] == "30"
        # What takes no time is answered all the same.
        assert client.get("/health").status_code == 200
        assert client.get("/queries").status_code == 200
        go_on.set()
        for thread in threads:
            thread.join()
        assert found == [200, 200]
        # A turn that has ended is free again.
        assert client.get("/sparql", params=asked).status_code == 200


def test_facts_are_inferred_once_and_never_among_what_was_stated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[None] = []

    def infer(graph: ServiceGraph, *_: object) -> int:
        runs.append(None)
        time.sleep(0.2)
        graph.store.parse("<x:a> <x:b> <x:inferred> .", "turtle")
        return 1

    monkeypatch.setattr(ServiceGraph, "infer", infer)
    service = Service(ServiceGraph.open())
    found: list[ServiceGraph] = []
    threads = [threading.Thread(target=lambda: found.append(service.closed())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 1
    assert {id(graph) for graph in found} == {id(service.closed())}
    assert len(service.closed().store) == 1
    assert len(service.stated.store) == 0


def test_what_contradicts_itself_is_not_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[None] = []

    def infer(graph: ServiceGraph, *_: object) -> int:
        runs.append(None)
        raise InconsistentError(["black is white"])

    monkeypatch.setattr(ServiceGraph, "infer", infer)
    service = Service(ServiceGraph.open())
    for _ in range(3):
        with pytest.raises(InconsistentError, match="black is white"):
            service.closed()
    assert len(runs) == 1


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


_DEEP = """
import sys
from starlette.testclient import TestClient
from srmgraph import ServiceGraph
from srmgraph.store import embedded
from srmgraph_api import create_app, sparql
# Without the look-through before it: the stack alone must do.
embedded.check = lambda text: None
with TestClient(create_app(ServiceGraph.open())) as client:
    for unit, head, middle, close, tail in (
        ("{", "ASK", "", "}", ""),
        ("{", "ASK", "", "", ""),
        ("(", "ASK{FILTER", "1", ")", "}"),
        ("!", "ASK{FILTER(", "1", "", ")}"),
        ("ABS(", "ASK{FILTER(", "1", ")", ")}"),
        ("(", "ASK{?s ", "<a:>", ")*", " ?o}"),
        ("FILTER EXISTS{", "ASK{", "", "}", "}"),
        ("{SELECT*", "ASK{", "{}", "}", "}"),
    ):
        room = sparql.LONGEST_QUERY - len(head) - len(middle) - len(tail)
        times = room // (len(unit) + len(close))
        query = head + unit * times + middle + close * times + tail
        response = client.post(
            "/sparql", content=query, headers={"Content-Type": "application/sparql-query"}
        )
        assert response.status_code in (200, 400), response.text
print("alive")
"""


@pytest.mark.slow
def test_the_longest_query_is_not_too_deep_for_the_stack() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _DEEP], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    example = knowledge.ROOT / "data" / "cellphone" / "cellphone.ttl"
    process = subprocess.Popen(
        [
            sys.executable, "-m", "uvicorn", "--factory", "srmgraph_api:create_app",
            "--port", str(port), "--log-level", "warning",
        ],
        env={**os.environ, "SRMGRAPH_FILES": str(example)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert process.poll() is None, "the server ended by itself"
            try:
                httpx2.get(f"{address}/health")
                break
            except httpx2.TransportError:
                time.sleep(0.1)
        yield process, address
    finally:
        process.kill()
        process.communicate()


def test_a_server_outlives_what_ends_the_engine(
    server: tuple[subprocess.Popen[bytes], str],
) -> None:
    process, address = server
    triples = "<a:a> <a:b> " + "<<( <a:a> <a:b> " * 300_000 + "<a:c>" + " )>>" * 300_000 + " ."
    entities = '<!DOCTYPE x [<!ENTITY a "b">' + '<!ENTITY c "&a;&a;">]><x>&c;</x>'
    with httpx2.Client(base_url=address, timeout=60) as client:
        for query in (
            "ASK " + "{" * 3200 + "}" * 3200,
            "ASK { FILTER(1<" + "(" * 12_000 + "1>1" + ")" * 12_000 + ") }",
            "ASK { FILTER(1" + "+1" * 15_000 + ") }",
            "ASK { FILTER(1<2)SERVICE#>\n<http://127.0.0.1:1/>{} }",
        ):
            told(client.post("/sparql", content=query, headers=SPARQL), 400)
        told(client.post("/validate", content=triples, headers=TURTLE), 400)
        xml = {"Content-Type": "application/rdf+xml"}
        told(client.post("/validate", content=entities, headers=xml), 400)
        json = {"Content-Type": "application/ld+json"}
        deep = '{"@id":"a:a","a:b":' * 4000 + "1" + "}" * 4000
        told(client.post("/validate", content=deep, headers=json), 400)

        report = client.post("/validate", content="<x:a> a <x:b> .", headers=TURTLE)
        assert report.json()["conforms"] is True
        asked = client.get("/sparql", params={"query": "SELECT * { ?s ?p ?o } LIMIT 3"})
        assert len(asked.json()["results"]["bindings"]) == 3
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert b"Traceback" not in output
    assert process.returncode in (0, 130, -signal.SIGINT)
