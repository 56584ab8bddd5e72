"""The W3C's tests of the SPARQL 1.1 protocols: query and update, graph store, service description.

They are read from the folder that SRMGRAPH_SUITES names; where it is absent they are skipped.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rdflib import RDF, RDFS, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.compare import isomorphic
from rdflib.term import Node
from starlette.testclient import TestClient
from tests.conformance import w3c

from srmgraph import ServiceGraph
from srmgraph_api import create_app

SUITES = w3c.SUITES / "w3c" / "sparql11"
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
STATUSES = {
    "OK": 200, "Created": 201, "NoContent": 204, "BadRequest": 400, "NotFound": 404,
    "MethodNotAllowed": 405, "UnsupportedMediaType": 415,
}  # fmt: skip
FORMATS = {
    "boolean": ("application/sparql-results+json", "application/sparql-results+xml"),
    "tabular": (
        "application/sparql-results+json", "application/sparql-results+xml", "text/csv",
        "text/tab-separated-values",
    ),
    "RDF": ("application/rdf+xml", "text/turtle", "application/n-triples"),
}  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SUITES.is_dir(), reason=f"there are no W3C tests at {SUITES}"),
]


def cases(*manifests: str) -> list[Any]:
    found = []
    for name in manifests:
        if (SUITES / name).is_file():
            graph = Graph().parse(SUITES / name)
            (entries,) = graph.objects(None, w3c.MF.entries)
            found += [
                pytest.param(graph, test, id=str(test).rpartition("#")[2])
                for test in Collection(graph, entries)
            ]
    return found


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = create_app(ServiceGraph.open())
    key = app.state.service.keys.create("suite", "admin")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": ""}
    with TestClient(app, base_url="http://www.example", headers=headers) as client:
        client.headers.pop("content-type")
        yield client


@pytest.mark.parametrize(("manifest", "test"), cases("protocol/manifest.ttl"))
def test_protocol(client: TestClient, manifest: Graph, test: Node) -> None:
    empty(client)
    for data in manifest.objects(test, UT.graphData):
        file = Path(str(manifest.value(data, UT.graph)).removeprefix("file://"))
        put = client.put(
            "/graphs",
            params={"graph": str(manifest.value(data, RDFS.label))},
            content=file.read_bytes(),
            headers={"Content-Type": "application/n-triples"},
        )
        assert put.status_code == 201, put.text
    play(client, manifest, test, "/sparql/", "/sparql")


@pytest.mark.parametrize(
    ("manifest", "test"),
    cases("graph-store-protocol/manifest-direct.ttl", "graph-store-protocol/manifest-indirect.ttl"),
)
def test_graph_store_protocol(client: TestClient, manifest: Graph, test: Node) -> None:
    empty(client)
    play(client, manifest, test, "/gsp", "/graphs")


def empty(client: TestClient) -> None:
    done = client.post("/update", data={"update": "DROP ALL"})
    assert done.status_code == 204, done.text


def play(client: TestClient, manifest: Graph, test: Node, theirs: str, ours: str) -> None:
    """Send the requests of a test one after the other, and look at each answer."""
    (action,) = manifest.objects(test, w3c.MF.action)
    location = ""
    for request in listed(manifest, action, HT.requests):
        path = str(manifest.value(request, HT.absolutePath)).replace(theirs, ours, 1)
        method = str(manifest.value(request, HT.methodName))
        answer = client.request(
            method,
            path.replace("$LOCATION$", location),
            content=body(manifest, request),
            headers=headers(manifest, request),
        )
        response = manifest.value(request, HT.resp)
        if response is None:
            continue
        wanted = [
            str(status).rpartition("#")[2]
            for status in manifest.objects(response, w3c.MF.expectedStatus)
        ]
        assert any(fits(answer.status_code, one) for one in wanted), (wanted, answer.text)
        boolean = manifest.value(response, w3c.MF.expectedBoolean)
        if boolean is not None:
            assert answer.json()["boolean"] is boolean.toPython()  # type: ignore[attr-defined]
        format = manifest.value(response, w3c.MF.expectedFormat)
        if format is not None:
            assert answer.headers["content-type"].partition(";")[0] in FORMATS[str(format)]
        for name, value in headers(manifest, response).items():
            assert answer.headers[name] == value
        content = body(manifest, response)
        if content is not None and method != "HEAD":
            told, expected = Graph(), Graph()
            told.parse(data=answer.content, format="turtle")
            expected.parse(data=content, format="turtle")
            assert isomorphic(told, expected)
        if manifest.value(response, w3c.MF.expectedLocation) is not None:
            location = answer.headers["location"]


def listed(manifest: Graph, subject: Node, name: URIRef) -> list[Node]:
    head = manifest.value(subject, name)
    return [] if head is None else list(Collection(manifest, head))


def fits(status: int, wanted: str) -> bool:
    if wanted.startswith("StatusCode"):
        return str(status)[0] == wanted.removeprefix("StatusCode")[0]
    return status == STATUSES[wanted]


def headers(manifest: Graph, message: Node) -> dict[str, str]:
    return {
        str(manifest.value(one, HT.fieldName)).lower(): str(manifest.value(one, HT.fieldValue))
        for one in listed(manifest, message, HT.headers)
        if str(manifest.value(one, HT.fieldName)).lower() != "content-length"
    }


def body(manifest: Graph, message: Node) -> bytes | None:
    content = manifest.value(message, HT.body)
    if content is None:
        return None
    encoding = str(manifest.value(content, CNT.characterEncoding) or "utf-8").lower()
    return str(manifest.value(content, CNT.chars)).encode(encoding)


def test_service_description(client: TestClient) -> None:
    """The three tests of the manifest: RDF, with the endpoint's own address, and of the schema."""
    answer = client.get("/sparql", headers={"Accept": "text/turtle"})
    assert answer.headers["content-type"].startswith("text/turtle")
    described = Graph().parse(data=answer.content, format="turtle")
    endpoint = URIRef("http://www.example/sparql")
    (service,) = described.subjects(SD.endpoint, endpoint)
    assert (service, RDF.type, SD.Service) in described
    of_classes = {SD.defaultDataset: SD.Dataset}
    for name, kind in of_classes.items():
        for value in described.objects(service, name):
            assert (value, RDF.type, kind) in described
