"""Changes over HTTP: who may make them, what is refused, what is remembered."""

import json
import logging
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rdflib import OWL, RDF, SH, Graph, URIRef
from starlette.testclient import TestClient

from srmgraph import knowledge
from srmgraph.errors import BusyStoreError, FullStoreError, ParseError, StoreError
from srmgraph.keys import Keys
from srmgraph.store.folder import FolderStore
from srmgraph_api import create_app
from srmgraph_api.problems import in_public
from srmgraph_api.settings import Settings

EX = "https://example.org/"
MINE = f"{EX}mine"
LABEL = f'<{EX}a> <http://www.w3.org/2000/01/rdf-schema#label> "A" .'
FAULTY = f"INSERT DATA {{ <{EX}r> a <https://w3id.org/srm#ServiceRelationship> }}"
TURTLE = {"Content-Type": "text/turtle"}
UPDATE = {"Content-Type": "application/sparql-update"}


class Service:
    """A service over a store of its own, and keys to it."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.store = FolderStore.create(folder)
        self.keys = Keys(folder)
        for name in ("read", "write", "admin"):
            setattr(self, name, self.key(name))
        self.scoped = self.key("write", (MINE,))
        self.client = TestClient(create_app(settings=Settings(store=str(folder), **settings)))

    def key(self, role: str, graphs: tuple[str, ...] = ()) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys.create(f'{role} key', role, graphs)}"}

    read: dict[str, str]
    write: dict[str, str]
    admin: dict[str, str]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("changes") / "store")
    with service.client:
        yield service


def told(response: Any, status: int) -> str:
    assert response.status_code == status, response.text
    content = response.json()
    assert content["requestId"] == response.headers["x-request-id"]
    return str(content["detail"])


def test_a_service_may_keep_what_it_is_sent_as_it_is(tmp_path: Path) -> None:
    service = Service(tmp_path / "store", checking="none")
    with service.client as client:
        made = client.post("/update", content=FAULTY, headers=UPDATE | service.write)
        assert made.status_code == 204, made.text
        assert client.get("/graphs").json()["graphs"] == [{"graph": None, "statements": 1}]


def test_changing_needs_a_key_that_allows_it(service: Service) -> None:
    client, mine = service.client, {"graph": MINE}
    attempts: list[Callable[[dict[str, str]], Any]] = [
        lambda key: client.put("/graphs", params=mine, content=LABEL, headers=TURTLE | key),
        lambda key: client.post("/graphs", params=mine, content=LABEL, headers=TURTLE | key),
        lambda key: client.delete("/graphs", params=mine, headers=key),
        lambda key: client.post("/update", content="CLEAR ALL", headers=UPDATE | key),
        lambda key: client.post("/sparql", data={"update": "CLEAR ALL"}, headers=key),
        lambda key: client.post("/rollback", params={"revision": 0}, headers=key),
    ]
    for attempt in attempts:
        refused = attempt({})
        assert "srmgraph keys create" in told(refused, 401)
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert "not known" in told(attempt({"Authorization": "Bearer srm_00000000_x"}), 401)
        assert "has the role read" in told(attempt(service.read), 403)
    assert "role admin" in told(attempts[-1](service.write), 403)
    assert service.store.revision == -1


def test_a_graph_is_made_replaced_added_to_and_removed(service: Service) -> None:
    client, mine = service.client, {"graph": MINE}
    made = client.put("/graphs", params=mine, content=LABEL, headers=TURTLE | service.write)
    assert (made.status_code, made.headers["location"]) == (201, MINE)
    first = made.headers["etag"]
    again = client.put("/graphs", params=mine, content=LABEL, headers=TURTLE | service.write)
    assert (again.status_code, again.headers["etag"]) == (204, first), "nothing was to be done"
    more = client.post(
        "/graphs", params=mine, content=LABEL.replace('"A"', '"B"'), headers=TURTLE | service.write
    )
    assert (more.status_code, more.headers["etag"]) == (204, '"r1"')
    got = client.get("/graphs", params=mine, headers={"Accept": "application/n-triples"})
    assert len(got.text.splitlines()) == 2
    assert client.get(
        "/graphs", params=mine, headers={"If-None-Match": got.headers["etag"], "Accept": "*/*"}
    ).status_code in (200, 304)
    older = client.get("/graphs", params=mine | {"revision": 0})
    assert older.text.count("rdfs:label") == 1
    listed = {one["graph"]: one["statements"] for one in client.get("/graphs").json()["graphs"]}
    assert listed[MINE] == 2
    gone = client.delete("/graphs", params=mine, headers=service.write)
    assert gone.status_code == 204
    assert MINE in told(client.get("/graphs", params=mine), 404)
    assert MINE in told(client.delete("/graphs", params=mine, headers=service.write), 404)
    newest = client.get("/history").json()["revisions"][0]
    assert (newest["author"], newest["message"]) == ("write key", f"removed {MINE}")
    patch = client.get(f"/history/0/{newest['number']}")
    assert patch.headers["content-type"] == "application/rdf-patch"
    assert patch.text.splitlines() == ["TX .", f"D {LABEL[:-2]} <{MINE}> .", "TC ."]
    assert "no revision" in told(client.get("/history/0/9999"), 404)


def test_a_comparison_has_an_end(tmp_path: Path) -> None:
    service = Service(tmp_path / "store", workers=1, in_memory=0, largest_answer=99)
    with service.client as client:
        client.put("/graphs/empty", content="", headers=TURTLE | service.write)
        client.put("/graphs/full", content=LABEL, headers=TURTLE | service.write)
        assert told(client.get("/history/0/1"), 400).endswith("store: srmgraph history 0 1")
        assert client.get("/history/1/1").text.splitlines() == ["TX .", "TC ."]


def test_what_does_not_conform_is_refused_with_the_report(service: Service) -> None:
    client, before = service.client, service.store.revision
    refused = client.post("/update", content=FAULTY, headers=UPDATE | service.write)
    assert "does not conform" in told(refused, 422)
    results = refused.json()["report"]["results"]
    assert {"relationship-has-provider", "relationship-has-consumer"} <= {
        r["rule"] for r in results
    }
    as_rdf = client.post(
        "/update", content=FAULTY, headers=UPDATE | service.write | {"Accept": "text/turtle"}
    )
    assert as_rdf.status_code == 422
    report = Graph().parse(data=as_rdf.text, format="turtle")
    assert len(set(report.subjects(SH.sourceShape))) == len(results)
    one, other = min(
        (str(one), str(other))
        for one, other in knowledge.ontology().subject_objects(OWL.disjointWith)
    )
    both = f"INSERT DATA {{ <{EX}a> a <{one}>, <{other}> }}"
    refused = client.post("/update", content=both, headers=UPDATE | service.write)
    assert "nothing is both" in told(refused, 422)
    (proof,) = refused.json()["proofs"]
    assert proof["rule"] == "cax-dw"
    assert {premise["by"] for premise in proof["premises"]} == {"data", "ontology"}
    assert "because [cax-dw]" in refused.json()["text"]
    as_rdf = client.post(
        "/update", content=both, headers=UPDATE | service.write | {"Accept": "text/turtle"}
    )
    assert as_rdf.status_code == 422
    stated = set(Graph().parse(data=as_rdf.text, format="turtle").objects(None, RDF.object))
    assert {URIRef(one), URIRef(other)} <= stated
    assert service.store.revision == before


def test_a_change_that_was_overtaken_is_refused(service: Service) -> None:
    client = service.client
    tag = client.put("/graphs/x", content=LABEL, headers=TURTLE | service.write).headers["etag"]
    client.post("/graphs/x", content=LABEL.replace("A", "C"), headers=TURTLE | service.write)
    late = client.delete("/graphs/x", headers=service.write | {"If-Match": tag})
    assert "has changed" in told(late, 412)
    assert "names no revision" in told(
        client.delete("/graphs/x", headers=service.write | {"If-Match": '"abc"'}), 412
    )
    got = client.get("/graphs/x", headers={"Accept": "text/turtle"})
    in_time = client.delete("/graphs/x", headers=service.write | {"If-Match": got.headers["etag"]})
    assert in_time.status_code == 204


CONDITIONS: list[tuple[dict[str, str], int, int]] = [
    # What is said, and what is answered where the graph is there and where it is not.
    ({"If-Match": "*"}, 204, 412),
    ({"If-None-Match": "*"}, 412, 201),
    ({"If-Match": '"r0", "NOW"'}, 204, 201),
    ({"If-Match": '"r0" , W/"NOW-turtle"'}, 204, 201),
    ({"If-Match": '"r0", "r1"'}, 412, 412),
    ({"If-Match": "NOW"}, 412, 412),
    ({"If-Match": ""}, 412, 412),
]


@pytest.mark.parametrize(("said", "there", "not_there"), CONDITIONS, ids=str)
def test_a_change_has_its_conditions(
    service: Service, said: dict[str, str], there: int, not_there: int
) -> None:
    client = service.client
    for before, status in ((LABEL, there), (None, not_there)):
        client.delete("/graphs/conditions", headers=service.write)
        if before is not None:
            client.put("/graphs/conditions", content=before, headers=TURTLE | service.write)
        now = f"r{service.store.revision}"
        told_now = {name: value.replace("NOW", now) for name, value in said.items()}
        answer = client.put(
            "/graphs/conditions", content="", headers=TURTLE | service.write | told_now
        )
        assert answer.status_code == status
        assert (service.store.revision == int(now[1:])) == (status == 412)


def test_nobody_goes_back_behind_what_was_not_seen(service: Service) -> None:
    client = service.client
    client.put("/graphs/y", content=LABEL, headers=TURTLE | service.write)
    seen, way = service.store.revision, {"revision": service.store.revision - 1}
    client.put("/graphs/y", content="", headers=TURTLE | service.write)
    old, new = ({"If-Match": f'"r{number}"'} for number in (seen, seen + 1))
    late = client.post("/rollback", params=way, headers=service.admin | old)
    assert "has changed" in told(late, 412)
    in_time = client.post("/rollback", params=way, headers=service.admin | new)
    assert in_time.status_code == 204


REACHING = [
    "CLEAR ALL",
    "DROP SILENT NAMED",
    "INSERT DATA { <x:a> <x:b> 1 }",
    "INSERT DATA { GRAPH <OTHER> { <x:a> <x:b> 1 } }",
    "WITH <OTHER> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "INSERT { GRAPH <MINE> { ?s ?p ?o } } USING <OTHER> WHERE { ?s ?p ?o }",
    "MOVE <MINE> TO <OTHER>",
    "COPY <OTHER> TO <MINE>",
    "ADD <OTHER> TO DEFAULT",
]
PLACES = ["?graph=OTHER", "?default", "", "/new", "?graph=MINE&graph=OTHER"]
FORMS = {
    "text/turtle": LABEL,
    "multipart/form-data; boundary=b": (
        f"--b\r\nContent-Type: text/turtle\r\n\r\n{LABEL}\r\n--b--\r\n"
    ),
}
NAMING = {
    "application/n-quads": "<x:a> <x:b> <x:c> <OTHER> .",
    "application/trig": "<OTHER> { <x:a> <x:b> 1 }",
    "application/ld+json": '{"@id": "OTHER", "@graph": [{"@id": "x:a", "x:b": 1}]}',
    "multipart/form-data; boundary=b": (
        "--b\r\nContent-Type: application/trig\r\n\r\n<OTHER> { <x:a> <x:b> 1 }\r\n--b--\r\n"
    ),
}


def test_a_key_for_some_graphs_changes_no_other_in_any_way(service: Service) -> None:
    client, other = service.client, f"{EX}untouched"
    client.put("/graphs", params={"graph": other}, content=LABEL, headers=TURTLE | service.write)
    for role in ("write", "admin"):
        key, before = service.key(role, (MINE,)), service.store.revision

        def filled(text: str) -> str:
            return text.replace("OTHER", other).replace("MINE", MINE)

        for sparql in map(filled, REACHING):
            assert told(client.post("/update", content=sparql, headers=UPDATE | key), 403)
            assert told(client.post("/sparql", data={"update": sparql}, headers=key), 403)
        for place in map(filled, PLACES):
            for kind, content in FORMS.items():
                sent: dict[str, Any] = {"content": content, "headers": {"Content-Type": kind} | key}
                answers = (
                    client.post(f"/graphs{place}", **sent),
                    client.put(f"/graphs{place}", **sent),
                )
                assert all(answer.status_code in (400, 403) for answer in answers), place
            assert client.delete(f"/graphs{place}", headers=key).status_code in (400, 403), place
        for kind, content in NAMING.items():
            at: dict[str, Any] = {
                "params": {"graph": MINE},
                "headers": {"Content-Type": kind} | key,
            }
            assert told(client.post("/graphs", content=filled(content), **at), 400)
        assert told(client.post("/rollback", params={"revision": before - 1}, headers=key), 403)
        assert service.store.revision == before


def test_a_key_for_some_graphs_reaches_no_other(service: Service) -> None:
    client, key = service.client, service.scoped
    other = {"graph": f"{EX}other"}
    put = client.put("/graphs", params=other, content=LABEL, headers=TURTLE | service.write)
    assert put.status_code == 201
    assert "other graphs" in told(
        client.put("/graphs", params=other, content=LABEL, headers=TURTLE | key), 403
    )
    assert "other graphs" in told(client.delete("/graphs", params=other, headers=key), 403)
    assert "some graphs only" in told(
        client.post("/update", content="CLEAR ALL", headers=UPDATE | key), 403
    )
    mine = client.put("/graphs", params={"graph": MINE}, content="", headers=TURTLE | key)
    assert mine.status_code == 201
    count = {"query": "SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"}
    (row,) = client.get("/sparql", params=count, headers=key).json()["results"]["bindings"]
    assert row["n"]["value"] == "0", "it sees its own graph, which is empty"
    around = {"query": f"ASK FROM <{EX}other> {{ ?s ?p ?o }}"}
    assert client.get("/sparql", params=around, headers=key).json()["boolean"] is False
    named = {"query": "ASK { ?s ?p ?o }", "default-graph-uri": f"{EX}other"}
    assert "other graphs" in told(client.get("/sparql", params=named, headers=key), 403)
    assert told(client.get("/resource", params={"iri": f"{EX}a"}, headers=key), 404)


SECRET = f"""
@prefix srm: <https://w3id.org/srm#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<{EX}deal> a srm:ServiceRelationship ; rdfs:label "A deal of others" ;
    srm:hasProvider <{EX}hidden> ; srm:hasConsumer <{EX}buyer> .
<{EX}hidden> a srm:Organization ; rdfs:label "Hidden Limited" .
<{EX}buyer> a srm:Organization ; rdfs:label "Buyer Limited" .
"""
"""What a graph of others says."""
PRYING = {
    f"<{EX}deal> <https://w3id.org/srm#hasConsumer> <{EX}hidden> .": "provider-is-not-its-own",
    f"<{EX}hidden> a <https://w3id.org/srm#ServiceOffering> .": "contradict",
    f'<{EX}hidden> <https://w3id.org/srm#legalEntityIdentifier> "none" .': "identifier-is-well",
}
"""What breaks a rule, or contradicts, together with that; and what is told of it."""


def test_a_key_for_some_graphs_learns_no_name_of_others(service: Service) -> None:
    client, page = service.client, {"Accept": "text/html,*/*;q=0.8"}
    hiding: dict[str, Any] = {"params": {"graph": f"{EX}hiding"}}
    client.put("/graphs", content=SECRET, headers=TURTLE | service.write, **hiding)
    mine = f"{LABEL} <{EX}a> <https://example.org/knows> <{EX}hidden> ."
    put = client.put(
        "/graphs", params={"graph": MINE}, content=mine, headers=TURTLE | service.scoped
    )
    assert put.status_code in (201, 204)
    about_them = {"party": "Hidden Limited"}
    question = "which-agreements-end-before-a-day"
    asked = [
        (f"/queries/{question}", about_them, {"Accept": "application/sparql-query"}, "hidden>"),
        ("/resource", {"iri": f"{EX}a"}, page, "Hidden Limited"),
    ]
    for path, params, headers, secret in asked:
        for key, is_told in ((service.write, True), (service.scoped, False)):
            answer = client.get(path, params=params, headers=headers | key)
            assert (secret in answer.text) is is_told, (path, is_told)
    refused = client.get(f"/queries/{question}", params=about_them, headers=service.scoped)
    assert "Hidden Limited" in told(refused, 400), "a name that it does not know is none"
    assert client.delete("/graphs", headers=service.write, **hiding).status_code == 204


@pytest.mark.parametrize("accept", ["application/json", "text/turtle"])
@pytest.mark.parametrize(("content", "says"), PRYING.items())
def test_a_refusal_tells_a_key_for_some_graphs_nothing_of_others(
    service: Service, content: str, says: str, accept: str
) -> None:
    client, before = service.client, service.store.revision
    place: dict[str, Any] = {"params": {"graph": f"{EX}hiding"}, "headers": TURTLE | service.write}
    assert client.put("/graphs", content=SECRET, **place).status_code in (201, 204)
    sent: dict[str, Any] = {"content": content, "params": {"graph": MINE}}
    everyone = client.put("/graphs", **sent, headers=TURTLE | service.write | {"Accept": accept})
    assert everyone.status_code == 422
    answer = client.put("/graphs", **sent, headers=TURTLE | service.scoped | {"Accept": accept})
    assert answer.status_code == 422
    assert not any(word in answer.text for word in ("Limited", "of others", f"{EX}buyer", "hiding"))
    if accept == "application/json":
        assert says in answer.text
        assert "has-a-kind" not in answer.text, (
            "what is wrong only because less is seen is left out"
        )
        assert answer.json().get("report", {"conforms": False})["conforms"] is False
    assert service.store.revision == before + 1
    assert client.delete("/graphs", **place).status_code == 204


def test_a_report_tells_a_key_for_some_graphs_nothing_of_others(tmp_path: Path) -> None:
    service = Service(tmp_path / "store", checking="none")
    mine = f"""<{EX}deal> <https://w3id.org/srm#hasConsumer> <{EX}hidden> .
        <{EX}a> a <https://w3id.org/srm#Organization> ."""
    with service.client as client:
        for name, content in ((f"{EX}hiding", SECRET), (MINE, mine)):
            sent: dict[str, Any] = {"params": {"graph": name}, "content": content}
            put = client.put("/graphs", **sent, headers=TURTLE | service.write)
            assert put.status_code == 201
        pages = [
            client.get("/validation", headers={"Accept": "text/html, */*"} | key).text
            for key in (service.write, service.scoped)
        ]
    for words, of_all, of_some in (
        ("Hidden Limited", True, False),
        ("A deal of others", True, False),
        ("provider-is-not-its-own", True, True),
        ("party-has-name", True, True),
    ):
        assert (words in pages[0], words in pages[1]) == (of_all, of_some), words


def test_a_key_for_some_graphs_is_told_what_became_of_these_alone(service: Service) -> None:
    client, other = service.client, f"{EX}nobody-else's"
    for name, key in ((other, service.write), (MINE, service.scoped), (MINE, service.write)):
        put = client.put(
            "/graphs", params={"graph": name}, content=f"{LABEL} # {name}", headers=TURTLE | key
        )
        assert put.status_code in (201, 204)
        gone = client.delete("/graphs", params={"graph": name}, headers=key)
        assert gone.status_code == 204
    said = client.get("/history", headers=service.scoped).json()["revisions"]
    known = client.get("/history", headers=service.write).json()["revisions"]
    assert [one["number"] for one in said] == [one["number"] for one in known]
    assert [one["message"] for one in said[:6]] == [
        *(f"removed {MINE}", f"put {MINE}") * 2,
        *("not told to this key",) * 2,
    ]
    assert [one["author"] for one in said[:6]] == [*("write key",) * 4, "", ""]
    assert other not in client.get("/history", headers=service.scoped).text
    newest = known[0]["number"]
    for path in ("/history", f"/history/{newest - 5}/{newest - 4}"):
        for key, is_told in ((service.write, True), (service.scoped, False)):
            page = client.get(path, headers={"Accept": "text/html, */*"} | key)
            assert "<!doctype html>" in page.text
            # A quote is written in another way in a page.
            assert ("nobody-else" in page.text) is is_told, path


def test_the_graphs_of_the_store_itself_are_written_by_nobody_else(service: Service) -> None:
    client = service.client
    for name in knowledge.own_graphs():
        refused = client.put(
            "/graphs", params={"graph": name}, content=LABEL, headers=TURTLE | service.admin
        )
        assert "by the store itself" in told(refused, 403)
    everything = client.post("/update", content="DROP ALL", headers=UPDATE | service.admin)
    assert everything.status_code == 204
    held = client.get("/graphs").json()["graphs"]
    kept = {str(name) for name in (knowledge.ontology_graph(), knowledge.provenance_graph())}
    assert {one["graph"] for one in held} == kept


def test_going_back(service: Service) -> None:
    client = service.client
    content = LABEL.replace(f"{EX}a", f"{EX}back")
    client.put("/graphs/back", content=content, headers=TURTLE | service.write)
    revision = service.store.revision
    client.delete("/graphs/back", headers=service.write)
    done = client.post("/rollback", params={"revision": revision}, headers=service.admin)
    assert (done.status_code, done.headers["etag"]) == (204, f'"r{revision + 2}"')
    assert client.get("/graphs/back").status_code == 200
    asked = client.get(f"/sparql?query=ASK{{GRAPH ?g{{<{EX}back> ?p ?o}}}}&revision={revision + 1}")
    assert asked.json()["boolean"] is False
    assert "no revision 999" in told(
        client.post("/rollback", params={"revision": 999}, headers=service.admin), 404
    )


def test_every_thing_answers_with_what_is_said_of_it(service: Service) -> None:
    client = service.client
    content = f"<> <http://www.w3.org/2000/01/rdf-schema#label> 'Own' . {LABEL}"
    client.put("/graphs/things/1", content=content, headers=TURTLE | service.write)
    for accept in ("text/turtle", "application/ld+json", "application/n-triples"):
        got = client.get("/resource", params={"iri": f"{EX}a"}, headers={"Accept": accept})
        assert got.headers["content-type"].startswith(accept)
        assert EX in got.text
    assert "is no IRI" in told(client.get("/resource", params={"iri": "not an iri"}), 400)
    client.put(
        "/graphs/others",
        content="</staff/ann> <http://www.w3.org/2000/01/rdf-schema#label> 'Ann' .",
        headers=TURTLE | service.write,
    )
    assert "Ann" in client.get("/staff/ann").text
    assert "Nothing is said" in told(client.get("/staff/bob"), 404)


def test_a_thing_may_have_an_address_where_graphs_are(service: Service) -> None:
    """A relative IRI in what is sent to a graph is relative to that of the graph."""
    client, thing = service.client, '<thing> <x:p> "here" .'
    put = client.put("/graphs/of/some", content=thing, headers=TURTLE | service.write)
    assert put.status_code == 201
    for accept in ("text/turtle", "application/ld+json", "application/rdf+xml"):
        got = client.get("/graphs/of/thing", headers={"Accept": accept})
        assert (got.status_code, got.headers["content-type"].partition(";")[0]) == (200, accept)
        assert "here" in got.text
    assert told(client.get("/graphs", params={"graph": "/graphs/of/thing"}), 404)
    assert told(client.get("/graphs/of/nothing"), 404)
    assert client.delete("/graphs/of/some", headers=service.write).status_code == 204
    for path in ("/graphs/of/thing", "/graphs/of/some"):
        assert told(client.get(path), 404), "who loaded it once is not what it is"


FILES_OF_A_FORM = [
    ("files that tell their types", [("a", "text/turtle"), ("b", "application/n-triples")], 201),
    ("a file that tells its name only", [("a.nt", "application/octet-stream")], 201),
    ("a type that stands above a name", [("a.rdf", "text/turtle")], 201),
    ("neither type nor name", [("a", "application/octet-stream")], 415),
    ("a name of another kind", [("a.nt", "text/turtle"), ("a.csv", "text/csv")], 415),
]


@pytest.mark.parametrize(
    ("files", "status"), [(files, status) for _, files, status in FILES_OF_A_FORM],
    ids=[title for title, _, _ in FILES_OF_A_FORM],
)  # fmt: skip
def test_a_form_carries_files(
    service: Service, files: list[tuple[str, str]], status: int, request: pytest.FixtureRequest
) -> None:
    client, path = service.client, f"/graphs/form/{request.node.callspec.id.replace(' ', '-')}"
    sent = [
        ("file", (name, f"_:it <x:number> <x:{number}> .", kind))
        for number, (name, kind) in enumerate(files)
    ]
    put = client.put(path, files=sent, headers=service.write)
    assert put.status_code == status, put.text
    if status == 415:
        assert "Send one of: text/turtle" in told(put, 415)
        return
    lines = client.get(path, headers={"Accept": "application/n-triples"}).text.splitlines()
    assert len({line.split()[0] for line in lines}) == len(files), "each file has its own things"


@pytest.mark.parametrize("kind", [BusyStoreError, FullStoreError])
def test_an_error_of_the_store_does_not_tell_where_it_lies(kind: type[StoreError]) -> None:
    assert in_public(kind("/var/lib/acme is not to be told.")).endswith(("later.", "was."))
    assert "/" not in in_public(kind("/var/lib/acme is not to be told."))
    assert in_public(ParseError("It ends too soon.", Path("/var/lib/x"), 1)) == "It ends too soon."


def test_content_that_cannot_be_read_changes_nothing(service: Service) -> None:
    client, before = service.client, service.store.revision
    bad = client.put("/graphs/bad", content="<a> <b> .", headers=TURTLE | service.write)
    assert told(bad, 400)
    assert (bad.json()["line"], bad.json()["column"]) == (1, 9)
    assert "text/turtle" in told(
        client.put(
            "/graphs/bad", content="x", headers={"Content-Type": "text/csv"} | service.write
        ),
        415,
    )
    trig = {"Content-Type": "application/trig"}
    assert "graphs of its own" in told(
        client.put("/graphs/bad", content="<x:g> {<x:a> <x:b> 1}", headers=trig | service.write),
        400,
    )
    for update in ("INSERT DATA {", "LOAD <http://127.0.0.1:1/>", "ASK {}"):
        assert told(client.post("/update", content=update, headers=UPDATE | service.write), 400)
    assert service.store.revision == before


def test_a_revoked_key_opens_nothing(service: Service) -> None:
    key = service.key("write")
    assert client_puts(service, key) in (201, 204)
    identifier = key["Authorization"].split("_")[1]
    service.keys.revoke(identifier)
    assert client_puts(service, key) == 401


def client_puts(service: Service, key: dict[str, str]) -> int:
    return service.client.put("/graphs/k", content=LABEL, headers=TURTLE | key).status_code


def test_a_password_will_do_as_a_key(service: Service) -> None:
    secret = service.write["Authorization"].removeprefix("Bearer ")
    done = service.client.put("/graphs/p", content=LABEL, headers=TURTLE, auth=("anyone", secret))
    assert done.status_code == 201


def test_operation(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    client = service.client
    assert client.get("/live").json() == {"status": "alive"}
    assert client.get("/ready").json()["revision"] == service.store.revision
    secret = service.write["Authorization"]
    with caplog.at_level(logging.INFO, "srmgraph_api.requests"):
        answer = client.get("/sparql?query=ASK{}&secret=word", headers=service.write)
    line = json.loads(caplog.messages[-1])
    assert line["request"] == answer.headers["x-request-id"]
    assert (line["path"], line["status"], line["key"]) == ("/sparql", 200, "write key")
    assert secret not in caplog.text
    assert "word" not in caplog.text
    metrics = client.get("/metrics").text
    assert 'srmgraph_requests_total{method="GET",path="/sparql",status="200"}' in metrics
    assert f"srmgraph_revision {float(service.store.revision)}" in metrics
    assert 'path="/graphs/{name:path}"' in metrics
    assert "\nsrmgraph_worker_deaths_total 0.0\n" in metrics
    kinds = {family.name: family.type for family in text_string_to_metric_families(metrics)}
    assert kinds["srmgraph_worker_deaths"] == kinds["srmgraph_requests"] == "counter"
    assert kinds["srmgraph_request_seconds"] == "histogram"
    for sent, kept in (("from-a-proxy/7", True), ("no name", False), ("x" * 200, False)):
        answer = client.get("/live", headers={"X-Request-Id": sent})
        assert (answer.headers["x-request-id"] == sent) is kept


def test_a_service_without_its_store_is_not_ready(tmp_path: Path) -> None:
    service = Service(tmp_path / "store", workers=1, in_memory=0)
    with service.client as client:
        assert client.put("/graphs/a", content=LABEL, headers=TURTLE | service.write).is_success
        revisions = tmp_path / "store" / "revisions"
        revisions.rename(tmp_path / "elsewhere")
        assert "not there" in told(client.get("/ready"), 503)
        (tmp_path / "elsewhere").rename(revisions)
        assert client.get("/ready").json() == {"status": "ready", "revision": 0}


def test_a_closed_service_answers_nobody_without_a_key(tmp_path: Path) -> None:
    service = Service(
        tmp_path / "store", reading="keys", hosts="testserver", needs_room=1 << 60, workers=1
    )
    with service.client as client:
        for path in (
            "/sparql?query=ASK{}",
            "/graphs",
            "/history",
            "/queries/x",
            "/resource?iri=x:a",
        ):
            assert told(client.get(path), 401)
            assert client.get(path, headers=service.read).status_code != 401
        assert client.get("/live").status_code == 200
        full = client.get("/ready")
        assert "left on the disk" in told(full, 503)
        assert full.headers["retry-after"] == "30"
        refused = client.put("/graphs/x", content=LABEL, headers=TURTLE | service.write)
        assert "left on the disk" in told(refused, 507)
        assert service.store.revision == -1
        assert client.get("/live", headers={"Host": "evil.example"}).status_code == 421


def test_a_full_disk_is_told_and_the_service_goes_on(tmp_path: Path) -> None:
    mounted = tmp_path / "small"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(mounted)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can be made by an administrator only")
    chance = random.Random(1)
    many = "\n".join(f"<x:{n}> <x:p> '{chance.randbytes(1000).hex()}' ." for n in range(20_000))
    try:
        service = Service(mounted / "store", checking="none", needs_room=0, workers=1, in_memory=0)
        with service.client as client:
            mine = {"graph": MINE}
            sent = service.write | {"Content-Type": "text/turtle"}
            assert client.put("/graphs", params=mine, content="", headers=sent).status_code == 201
            refused = client.put("/graphs", params=mine, content=many, headers=sent)
            assert "The store is as it was" in told(refused, 507)
            assert str(mounted) not in refused.text
            assert client.get("/sparql", params={"query": "ASK {}"}).json()["boolean"] is True
            few = client.put("/graphs", params=mine, content="<x:a> <x:b> 1 .", headers=sent)
            assert few.status_code == 204, "there is room again"
        service.store.close()
    finally:
        subprocess.run(["umount", "--lazy", str(mounted)], check=True)
