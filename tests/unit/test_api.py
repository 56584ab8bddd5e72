"""The HTTP layer, called in this process: what it answers, in which form, and how it says no."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, SH, Graph, URIRef
from rdflib.compare import isomorphic
from starlette.testclient import TestClient

from srmgraph import ServiceGraph, knowledge, queries
from srmgraph.syntax import FORMATS
from srmgraph_api import create_app, negotiation, parameters
from srmgraph_api.problems import Problem
from srmgraph_api.settings import Settings

EXAMPLE = knowledge.ROOT / "data" / "training-ecosystem" / "training-ecosystem.ttl"
BROKEN = (knowledge.ROOT / "data" / "cellphone" / "broken.ttl").read_bytes()
SOURCE = URIRef("https://example.org/training")
MINE = {"graph": "https://example.org/mine"}
ROWS = f"SELECT ?kind {{ GRAPH <{SOURCE}> {{ ?thing a ?kind }} }} ORDER BY DESC(?kind) LIMIT 2"
GRAPH = f"CONSTRUCT {{ ?thing a ?kind }} {{ GRAPH <{SOURCE}> {{ ?thing a ?kind }} }}"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    graph = ServiceGraph.open()
    graph.store.read(EXAMPLE, graph=SOURCE)
    with TestClient(create_app(graph), raise_server_exceptions=False) as client:
        yield client


def problem(response: Any, status: int) -> str:
    """The sentence of an error; it has the form that all errors have."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    content = response.json()
    assert content["status"] == status
    assert content["requestId"] == response.headers["x-request-id"]
    assert "Traceback" not in response.text
    return str(content["detail"])


# ── SPARQL ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("media_type", negotiation.ROW_TYPES)
def test_rows_come_in_every_format(client: TestClient, media_type: str) -> None:
    response = client.get("/sparql", params={"query": ROWS}, headers={"Accept": media_type})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(media_type)
    assert "w3id.org/srm#" in response.text


@pytest.mark.parametrize("format", FORMATS.values(), ids=lambda format: format.name)
def test_graphs_come_in_every_format(client: TestClient, format: Any) -> None:
    response = client.get("/sparql", params={"query": GRAPH}, headers={"Accept": format.media_type})
    assert response.headers["content-type"].startswith(format.media_type)
    store = ServiceGraph.open().store
    store.parse(response.content, format.name)
    wanted = Graph()
    for thing, kind in Graph().parse(EXAMPLE).subject_objects(RDF.type):
        wanted.add((thing, RDF.type, kind))
    assert isomorphic(store.graph(), wanted)


def test_a_query_may_be_posted_as_itself_or_in_a_form(client: TestClient) -> None:
    got = client.get("/sparql", params={"query": ROWS}).json()
    form = client.post("/sparql", data={"query": ROWS}).json()
    direct = client.post(
        "/sparql", content=ROWS, headers={"Content-Type": "application/sparql-query; charset=utf-8"}
    ).json()
    assert got == form == direct
    assert len(got["results"]["bindings"]) == 2


def test_truth_values(client: TestClient) -> None:
    assert client.get("/sparql", params={"query": "ASK { ?s ?p ?o }"}).json()["boolean"] is True


def test_the_graphs_of_the_request_are_asked(client: TestClient) -> None:
    params = {"query": "ASK { ?s ?p ?o }", "default-graph-uri": "https://example.org/none"}
    assert client.get("/sparql", params=params).json()["boolean"] is False


def test_without_a_query_the_service_describes_itself(client: TestClient) -> None:
    graph = Graph().parse(data=client.get("/sparql").text, format="turtle")
    (service,) = graph.subjects(
        RDF.type, URIRef("http://www.w3.org/ns/sparql-service-description#Service")
    )
    assert str(service) == "http://testserver/sparql"
    (profile,) = graph.objects(
        service,
        URIRef("http://www.w3.org/ns/sparql-service-description#defaultSupportedEntailmentProfile"),
    )
    assert str(profile) == "http://www.w3.org/ns/owl-profile/RL"
    dataset = URIRef("http://www.w3.org/ns/sparql-service-description#defaultDataset")
    assert len(list(graph.objects(service, dataset))) == 1


def test_how_the_service_is_called_says_nothing_else_of_it(client: TestClient) -> None:
    usual = len(Graph().parse(data=client.get("/sparql").text, format="turtle"))
    called = {"host": "x> a <x:y> . <y"}
    graph = Graph().parse(data=client.get("/sparql", headers=called).text, format="turtle")
    assert len(graph) == usual


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT ?x { ?x a", "line 1"),
        ("INSERT DATA { <x:a> <x:b> 1 }", "This is an update, not a query"),
        ("", "not SPARQL"),
        ("ASK { " + "{" * 3200 + "}" * 3200 + " }", "nested more than"),
        ("ASK { FILTER(" + "(" * 6400 + "1" + ")" * 6400 + ") }", "nested more than"),
        ("ASK { FILTER(" + "!" * 12800 + "true) }", "operators"),
        ("ASK { {}" + " UNION {}" * 3000 + " }", "alternatives"),
        ("ASK { SERVICE <http://127.0.0.1:1/> {} }", "SERVICE"),
        ("PREFIX c: <x:> ASK { c:a c:b c:.SERVICE <http://127.0.0.1:1/> {} }", "SERVICE"),
        ("ASK { ?s ?p 1SERVICE <http://127.0.0.1:1/> {} }", "SERVICE"),
        ("ASK { ?s ?p trueSERVICE <http://127.0.0.1:1/> {} }", "SERVICE"),
        ("ASK { SERVICESILENT<http://127.0.0.1:1/> {} }", "SERVICE"),
        ("ASK { [] a []SERVICE <http://127.0.0.1:1/> {} }", "SERVICE"),
        ("ASK { SERVICE#c\n<http://127.0.0.1:1/> {} }", "SERVICE"),
        ("ASK { ?s <x:\\u0041#> ?o .SERVICE<http://127.0.0.1:1/> {} }", "SERVICE"),
    ],
)
def test_a_faulty_query_is_refused(client: TestClient, query: str, told: str) -> None:
    response = client.post(
        "/sparql", content=query, headers={"Content-Type": "application/sparql-query"}
    )
    assert told in problem(response, 400)


def test_the_word_service_may_stand_in_names_and_texts(client: TestClient) -> None:
    query = (
        "PREFIX srm: <https://w3id.org/srm#> # SERVICE\n"
        "ASK { ?serviceSERVICE a srm:ServiceRelationship ; ?p ?o FILTER(?o != 'SERVICE <x:y>') }"
    )
    assert client.get("/sparql", params={"query": query}).json()["boolean"] is True


def test_what_the_protocol_refuses(client: TestClient) -> None:
    sparql = {"Content-Type": "application/sparql-query"}
    assert "has 2" in problem(client.get("/sparql?query=ASK{}&query=ASK{}"), 400)
    assert "role write" in problem(client.post("/sparql", data={"update": "CLEAR ALL"}), 401)
    assert "by POST" in problem(client.get("/sparql?update=CLEAR%20ALL"), 400)
    assert "application/sparql-query" in problem(client.post("/sparql", content=b"ASK{}"), 415)
    assert "UTF-8" in problem(client.post("/sparql", content=b"\xff", headers=sparql), 400)
    png = {"Accept": "image/png"}
    assert "text/csv" in problem(client.get("/sparql", params={"query": ROWS}, headers=png), 406)
    large = b"ASK {} #" + b"x" * negotiation.LARGEST_BODY
    assert "bytes" in problem(client.post("/sparql", content=large, headers=sparql), 413)


# ── Validation ──────────────────────────────────────────────────────────────────────────────────


def test_a_report_comes_in_every_format(client: TestClient) -> None:
    def report(accept: str, show: str = "info") -> Any:
        return client.post(
            f"/validate?show={show}",
            content=BROKEN,
            headers={"Content-Type": "text/turtle", "Accept": accept},
        )

    found = report("application/json").json()
    assert found["conforms"] is False
    assert found["counts"]["Violation"] == len(
        report("application/json", "violation").json()["results"]
    )
    graph = Graph().parse(data=report("text/turtle").text, format="turtle")
    assert len(set(graph.subjects(RDF.type, SH.ValidationResult))) == len(found["results"])
    assert "Does not conform" in report("text/plain").text
    assert "<testsuite" in report("application/xml").text
    assert report("application/sarif+json").json()["version"] == "2.1.0"
    *results, rest = map(json.loads, report("application/x-ndjson").text.splitlines())
    assert {**rest, "results": results} == found


@pytest.mark.parametrize("format", FORMATS.values(), ids=lambda format: format.name)
def test_data_come_in_every_format(client: TestClient, format: Any) -> None:
    store = ServiceGraph.open().store
    store.read(EXAMPLE)
    from srmgraph.adapters import rdf

    response = client.post(
        "/validate",
        content=rdf.serialize(store, format.name),
        headers={"Content-Type": format.media_type},
    )
    assert response.json()["conforms"] is True
    assert response.json()["rulesChecked"] > 100


def test_data_that_cannot_be_read_are_refused(client: TestClient) -> None:
    turtle = {"Content-Type": "text/turtle"}
    response = client.post("/validate", content="<x:a> <x:b> [ .\n", headers=turtle)
    problem(response, 400)
    assert response.json()["line"] >= 1
    assert "text/turtle" in problem(client.post("/validate", content=b"x"), 415)
    large = b"#" * (negotiation.LARGEST_BODY + 1)
    assert "srmgraph validate" in problem(
        client.post("/validate", content=large, headers=turtle), 413
    )
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'
    xml = {"Content-Type": "application/rdf+xml"}
    assert "declarations" in problem(client.post("/validate", content=bomb, headers=xml), 400)
    remote = json.dumps({"@context": "http://127.0.0.1:1/", "@id": "x:a"})
    ld = {"Content-Type": "application/ld+json"}
    assert "not known" in problem(client.post("/validate", content=remote, headers=ld), 400)


def test_nothing_is_kept(client: TestClient) -> None:
    before = client.get("/health").json()
    client.post("/validate", content=BROKEN, headers={"Content-Type": "text/turtle"})
    assert client.get("/health").json() == before


# ── Questions ───────────────────────────────────────────────────────────────────────────────────


def test_all_questions_are_listed(client: TestClient) -> None:
    listed = client.get("/queries").json()["queries"]
    assert [kept["name"] for kept in listed] == list(queries.questions())
    for kept in listed:
        assert kept["summary"].endswith("?")
        assert kept["href"] == f"/queries/{kept['name']}"
    graph = client.get("/queries", headers={"Accept": "text/turtle"}).text
    assert len(set(Graph().parse(data=graph).subjects(RDF.type, SH.SPARQLSelectExecutable))) == len(
        listed
    )


def test_a_question_is_asked_with_parameters(client: TestClient) -> None:
    everything = client.get("/queries/who-provides-and-who-consumes").json()["results"]["bindings"]
    params = {"relationship": "Training of a learner"}
    one = client.get("/queries/who-provides-and-who-consumes", params=params)
    assert len(everything) > len(one.json()["results"]["bindings"]) == 1
    csv = client.get(
        "/queries/who-provides-and-who-consumes", params=params, headers={"Accept": "text/csv"}
    )
    assert csv.text.startswith("relationship,provider,consumer")
    query = client.get(
        "/queries/who-provides-and-who-consumes",
        params=params,
        headers={"Accept": "application/sparql-query"},
    )
    again = client.get("/sparql", params={"query": query.text})
    assert again.json() == one.json()


@pytest.mark.slow
def test_every_question_is_answered(client: TestClient) -> None:
    for name in queries.questions():
        assert client.get(f"/queries/{name}").status_code == 200, name


def test_a_question_that_cannot_be_asked(client: TestClient) -> None:
    assert "Did you mean" in problem(client.get("/queries/who-provides-and-who-consume"), 404)
    asked = "/queries/who-provides-and-who-consumes"
    assert "no parameter" in problem(client.get(f"{asked}?since=2026"), 400)
    assert "nothing is called" in problem(client.get(f"{asked}?relationship=xyz"), 400)
    assert "twice" in problem(client.get(f"{asked}?relationship=a&relationship=b"), 400)
    injected = client.get(asked, params={"relationship": '"} } DROP ALL #"'})
    assert injected.json()["results"]["bindings"] == []
    problem(client.get(asked, headers={"Accept": "text/html"}), 406)


# ── The knowledge ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["ontology", "shapes"])
@pytest.mark.parametrize("format", FORMATS.values(), ids=lambda format: format.name)
def test_the_knowledge_comes_in_every_format(client: TestClient, name: str, format: Any) -> None:
    response = client.get(f"/{name}", headers={"Accept": format.media_type})
    assert response.headers["content-type"].startswith(format.media_type)
    store = ServiceGraph.open().store
    store.parse(response.content, format.name)
    wanted = knowledge.ontology() if name == "ontology" else knowledge.shapes()
    assert len(store) == len(wanted)
    ending = client.get(f"/{name}.{format.endings[0]}")
    assert ending.content == response.content
    tag = {"If-None-Match": response.headers["etag"], "Accept": format.media_type}
    assert client.get(f"/{name}", headers=tag).status_code == 304


@pytest.mark.parametrize("name", ["ontology", "shapes"])
def test_a_browser_is_shown_the_knowledge_as_pages(client: TestClient, name: str) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    page = client.get(f"/{name}", headers=browser)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert [one.status_code for one in page.history] == [303]
    style = client.get("/static/look.css")
    assert style.headers["content-type"].startswith("text/css")
    term = client.get("/documentation/terms/value.html")
    assert 'id="Outcome"' in term.text
    tag = {"If-None-Match": term.headers["etag"]}
    assert client.get("/documentation/terms/value.html", headers=tag).status_code == 304
    problem(client.get("/documentation/terms/../../secret"), 404)
    problem(client.get("/documentation/nothing.html"), 404)


def test_an_unknown_ending(client: TestClient) -> None:
    assert ".ttl" in problem(client.get("/ontology.docx"), 404)


def test_the_context_is_the_published_one(client: TestClient) -> None:
    response = client.get("/context.jsonld")
    assert response.json() == knowledge.context()
    assert response.headers["content-type"] == "application/ld+json"


def test_health(client: TestClient) -> None:
    health = client.get("/health").json()
    assert health["status"] == "ok"
    assert health["statements"] > 500
    assert health["queries"] == len(queries.questions())


# ── What holds everywhere ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("*/*", "application/sparql-results+json"),
        ("text/*", "text/csv"),
        ("text/csv;q=0.2, text/tab-separated-values;q=0.9", "text/tab-separated-values"),
        ("text/csv;q=0, */*;q=0.1", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("APPLICATION/SPARQL-RESULTS+XML ; q=1", "application/sparql-results+xml"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/sparql-results+json"),
    ],
)
def test_the_media_type_that_is_liked_best(client: TestClient, accept: str, chosen: str) -> None:
    response = client.get("/sparql", params={"query": ROWS}, headers={"Accept": accept})
    assert response.headers["content-type"].partition(";")[0] == chosen
    assert response.headers["vary"].startswith("Accept")


def test_head_is_get_without_content(client: TestClient) -> None:
    for path in ("/", "/health", "/ontology", "/queries"):
        head, get = client.head(path), client.get(path)
        assert head.status_code == 200
        assert head.content == b""
        assert head.headers["content-length"] == get.headers["content-length"]


def test_unknown_paths_and_methods(client: TestClient) -> None:
    assert "/nowhere" in problem(client.get("/nowhere"), 404)
    response = client.delete("/queries")
    assert "DELETE" in problem(response, 405)
    assert response.headers["allow"] == "GET, HEAD"
    assert client.delete("/sparql").headers["allow"] == "GET, HEAD, POST"
    assert client.patch("/graphs/x").headers["allow"] == "DELETE, GET, HEAD, POST, PUT"
    assert client.get("/validate").headers["allow"] == "POST"
    assert client.put("/queries/x").headers["allow"] == "GET, HEAD"
    asked = client.options("/sparql")
    assert (asked.status_code, asked.content) == (204, b"")
    assert asked.headers["allow"] == "GET, HEAD, POST"
    assert "show" in problem(
        client.post("/validate?show=all", content="", headers={"Content-Type": "text/turtle"}), 400
    )


def test_pages_of_other_origins_may_read_the_knowledge_and_nothing_else(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def allowed(client: TestClient, path: str, origin: str = "https://example.org") -> str | None:
        return client.get(path, headers={"Origin": origin}).headers.get(
            "access-control-allow-origin"
        )

    for path in ("/ontology", "/shapes.ttl", "/context.jsonld"):
        assert allowed(client, path) == "*"
    for path in ("/health", "/sparql?query=ASK{}", "/queries"):
        assert allowed(client, path) is None
    monkeypatch.setenv("SRMGRAPH_ORIGINS", "https://example.org https://example.net")
    with TestClient(create_app(ServiceGraph.open())) as open_client:
        assert allowed(open_client, "/health") == "https://example.org"
        assert allowed(open_client, "/health", "https://example.com") is None


def test_the_page_for_machines_lists_every_operation_and_loads_nothing(client: TestClient) -> None:
    page = client.get("/api").text
    for operation in operations(client):
        assert f"{operation['method'].upper()} {operation['path']}" in page
    assert "<script" not in page
    assert "http" not in page.replace("HTTP", "")


def operations(client: TestClient) -> list[dict[str, Any]]:
    paths = client.get("/openapi.json").json()["paths"]
    return [
        {"path": path, "method": method, **operation}
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]


def test_every_operation_is_described_and_its_examples_are_true() -> None:
    graph = ServiceGraph.open()
    graph.store.read(EXAMPLE, graph=SOURCE)
    app = create_app(graph)
    key = app.state.service.keys.create("everything", "admin")
    with TestClient(app, headers={"Authorization": f"Bearer {key}"}) as client:
        try_operations(client)


def try_operations(client: TestClient) -> None:
    tried = 0
    for operation in operations(client):
        assert operation["summary"]
        assert operation["description"]
        path, params = operation["path"], {}
        for parameter in operation.get("parameters", []):
            examples = [e["value"] for e in parameter.get("examples", {}).values()]
            examples += [parameter["example"]] if "example" in parameter else []
            examples += parameter["schema"].get("examples", [])
            for example in examples:
                path = path.replace(f"{{{parameter['name']}}}", str(example))
                if parameter["in"] == "query":
                    params[parameter["name"]] = example
        assert "{" not in path, f"{path} has no example"
        contents = operation.get("requestBody", {}).get("content", {})
        bodies = {kind: body["example"] for kind, body in contents.items() if "example" in body}
        assert bool(bodies) == bool(contents)
        for kind, body in bodies.items() or [("", None)]:
            content = {"data": body} if isinstance(body, dict) else {"content": body}
            # One of those before may have removed it, or gone back to when it was not there.
            client.put("/graphs", params=MINE, content="", headers={"Content-Type": "text/turtle"})
            response = client.request(
                operation["method"],
                path,
                params=params,
                headers={} if isinstance(body, dict) or not kind else {"Content-Type": kind},
                **content,
            )
            wanted = {int(status) for status in operation["responses"] if status < "300"}
            assert response.status_code in wanted, (operation["method"], path, response.text)
            tried += 1
    assert tried >= 25


def test_a_defect_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[Any]:
        raise RuntimeError("the moon is full")

    with TestClient(create_app(ServiceGraph.open()), raise_server_exceptions=False) as client:
        monkeypatch.setattr(queries, "questions", fail)
        assert "moon" not in problem(client.get("/queries"), 500)


def test_the_examples_of_problems_are_true(client: TestClient) -> None:
    def detail(path: str, **headers: str) -> tuple[int, str]:
        response = client.get(path, headers=headers)
        return response.status_code, str(response.json()["detail"])

    answers = dict(
        [
            detail("/queries/roles"),
            detail("/sparql?query=ASK%20%7B%20%3Fs%20"),
            detail("/sparql?query=ASK%7B%7D", Accept="image/png"),
        ]
    )
    csv = client.post("/validate", content="x", headers={"Content-Type": "text/csv"})
    answers[415] = csv.json()["detail"]
    for status, answer in answers.items():
        (example,) = {
            operation["responses"][str(status)]["content"]["application/problem+json"]["example"][
                "detail"
            ]
            for operation in operations(client)
            if str(status) in operation["responses"]
        }
        assert answer.startswith(example.removesuffix(" …"))


def test_every_setting_is_documented() -> None:
    text = (knowledge.ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `SRMGRAPH_(\w+)` \|", text, re.MULTILINE))
    assert listed == {name.upper() for name in Settings.model_fields}


# ── Reasons ─────────────────────────────────────────────────────────────────────────────────────

WHY = {"subject": "Google", "predicate": "rdf:type", "object": "srm:ServiceProvider"}


@pytest.mark.parametrize(
    ("media_type", "holds"),
    [
        ("text/plain", "Google is a service provider, because [prp-"),
        ("application/json", '"by": "ontology"'),
        ("image/svg+xml", "Google is a service provider, because [prp-"),
        ("text/vnd.mermaid", "flowchart TD"),
        ("text/turtle", "prov:wasGeneratedBy"),
    ],
)
def test_reasons_come_in_every_format(client: TestClient, media_type: str, holds: str) -> None:
    response = client.get("/explain", params=WHY, headers={"Accept": media_type})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith(media_type)
    assert holds in response.text


def test_every_proof_of_a_statement_can_be_had(client: TestClient) -> None:
    asked = {**WHY, "all": "true"}
    json = {"Accept": "application/json"}
    proofs = client.get("/explain", params=asked, headers=json).json()["proofs"]
    assert len(proofs) > 1
    assert proofs[0] != proofs[1]
    assert client.get("/explain").text == "Nothing contradicts anything.\n"


def test_what_cannot_be_explained_is_told(client: TestClient) -> None:
    unproved = {**WHY, "object": "srm:ServiceOffering"}
    assert "nor does it follow" in problem(client.get("/explain", params=unproved), 404)
    unknown = {**WHY, "subject": "Nobody Inc"}
    assert "nothing is called" in problem(client.get("/explain", params=unknown), 422)
    assert "all three" in problem(client.get("/explain", params={"subject": "Google"}), 422)


_SIGNS = (
    *(b"%41", b"%3d", b"%3D", b"=", b"+", b" ", b"\t", b"%0a", b"%0D%0A", b"%", b"%%", b"%zz"),
    *(b"a", b"_", b".", b"\n", b"\r", b"%C3%A9", b"\xc3\xa9", b"%C3", b"%20", b"%09", b"&", b";"),
)


@given(st.lists(st.sampled_from(_SIGNS), max_size=10).map(b"".join))
def test_parameters_are_read_as_pythons_library_reads_them(encoded: bytes) -> None:
    try:
        expected = parse_qs(encoded.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        with pytest.raises(Problem, match="UTF-8"):
            parameters.decoded(encoded)
    else:
        assert parameters.decoded(encoded) == expected
