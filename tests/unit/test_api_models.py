"""Models of ArchiMate over HTTP: out, planned, applied; and sent by those who mean it ill."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from starlette.testclient import TestClient

from srmgraph import ServiceGraph, knowledge
from srmgraph.adapters import archimate
from srmgraph.adapters.archimate.language import EXCHANGE
from srmgraph.keys import Keys
from srmgraph.store import EmbeddedStore
from srmgraph.store.folder import FolderStore
from srmgraph_api import create_app
from srmgraph_api.settings import Settings

MINE, OTHER = "https://example.org/mine", "https://example.org/other"
EX = "https://example.org/acme/"
XML = {"Content-Type": "application/xml"}
HEAD = f'<model xmlns="{EXCHANGE}" identifier="m"><name>M</name>'


class Service:
    """A service over a store with a worked example in one graph and a party in another."""

    def __init__(self, folder: Path) -> None:
        with ServiceGraph(FolderStore.create(folder)) as graph:
            graph.load(knowledge.example_file("cellphone"), graph=URIRef(MINE))
            self.example = graph.store.graph(URIRef(MINE))
        keys = Keys(folder)
        self.write = {"Authorization": f"Bearer {keys.create('writer', 'write')}"}
        self.scoped = {"Authorization": f"Bearer {keys.create('scoped', 'write', (OTHER,))}"}
        settings = Settings(store=str(folder), worker_memory=512, workers=1)
        self.client = TestClient(create_app(settings=settings), raise_server_exceptions=False)

    def get(self, **parameters: Any) -> Any:
        return self.client.get("/archimate", params=parameters)

    def post(self, content: Any, **parameters: Any) -> Any:
        named = {key.replace("_", "-"): value for key, value in parameters.items()}
        return self.client.post(
            "/archimate", params={"graph": MINE} | named, content=content, headers=XML | self.write
        )

    def graph(self) -> Graph:
        text = self.client.get("/graphs", params={"graph": MINE}).text
        store = EmbeddedStore()
        store.parse(text, "turtle")
        return store.graph()

    def model(self, change: Callable[[Graph], object]) -> bytes:
        """The model of the graph as it is, after somebody has changed it in a tool."""
        graph = self.graph()
        change(graph)
        return archimate.serialize(graph)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path / "store")
    with service.client:
        yield service


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("attacked") / "store")
    with service.client:
        yield service


def told(response: Any, status: int) -> str:
    assert response.status_code == status, response.text
    return str(response.json()["detail"])


def name(text: str) -> Literal:
    return Literal(text, lang="en")


def party(graph: Graph) -> URIRef:
    """A thing of the example that has one name."""
    found = sorted(s for s, p, o in graph if p == RDFS.label and isinstance(s, URIRef))
    return found[0]


# ── Out ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_served_goes_out_in_three_formats(service: Service) -> None:
    client = service.client
    for accept, format, start in (
        ("application/xml", "exchange", b"<?xml"),
        ("application/x-archimate", "archi", b"<?xml"),
        ("application/zip", "bundle", b"PK"),
    ):
        negotiated = client.get("/archimate", headers={"Accept": accept})
        assert negotiated.status_code == 200, negotiated.text
        assert negotiated.headers["content-type"] == accept
        assert negotiated.headers["etag"] == f'"r0-{format}"'
        assert negotiated.content.startswith(start)
        assert service.get(format=format).content == negotiated.content
        assert set(archimate.parse(negotiated.content).graph) == set(service.example)
    assert service.get().content == archimate.serialize(service.example)
    assert service.get().headers["content-disposition"] == 'attachment; filename="model.xml"'


def test_a_model_that_is_known_is_not_sent_again(service: Service) -> None:
    tag = service.get().headers["etag"]
    again = service.client.get("/archimate", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert told(service.client.get("/archimate", headers={"Accept": "image/png"}), 406)
    assert told(service.get(format="visio"), 400)


def test_one_graph_alone_goes_out(service: Service) -> None:
    assert service.get(graph=MINE).content == archimate.serialize(service.example)
    assert "no graph" in told(service.get(graph=OTHER), 404)
    assert told(service.get(graph="a b"), 400)
    assert "other graphs" in told(
        service.client.get("/archimate", params={"graph": MINE}, headers=service.scoped), 403
    )
    # Whoever may see one graph sees that one in the model of all.
    seen = service.client.get("/archimate", headers=service.scoped)
    assert len(archimate.parse(seen.content).graph) == 0


# ── Home ────────────────────────────────────────────────────────────────────────────────────────


def test_a_plan_changes_nothing(service: Service) -> None:
    one = party(service.example)
    content = service.model(lambda graph: graph.set((one, RDFS.label, name("New name"))))
    for accept in ("application/json", "text/plain"):
        planned = service.client.post(
            "/archimate?plan",
            params={"plan": "", "graph": MINE},
            content=content,
            headers=XML | {"Accept": accept},
        )
        assert planned.status_code == 200, planned.text
        assert planned.headers["content-type"].startswith(accept)
        assert planned.headers["etag"] == '"r0"'
        assert "New name" in planned.text
    assert set(service.graph()) == set(service.example)


def test_what_was_changed_there_is_changed_here(service: Service) -> None:
    one = party(service.example)

    def change(graph: Graph) -> None:
        graph.set((one, RDFS.label, name("New name")))
        graph.add((one, RDFS.comment, Literal("Told by an architect.")))

    content = service.model(change)
    done = service.post(content)
    assert done.status_code == 200, done.text
    assert done.headers["etag"] == '"r1"'
    plan = done.json()
    assert [change["after"] for change in plan["changed"]] == ['"New name"@en']
    assert (len(plan["added"]), plan["removed"], plan["notes"]) == (1, [], [])
    assert archimate.serialize(service.graph()) == content
    # The same model once more changes nothing, and makes no revision.
    again = service.post(content)
    assert again.headers["etag"] == '"r1"'
    assert not any(again.json().values())
    history = service.client.get("/history").text
    assert "brought a model home" in history


def test_nothing_goes_unless_deletes_are_allowed(service: Service) -> None:
    content = service.model(lambda graph: None)
    more = service.model(lambda graph: graph.add((party(graph), RDFS.comment, name("More"))))
    assert service.post(more).headers["etag"] == '"r1"'
    kept = service.post(content)
    assert (len(kept.json()["removed"]), kept.headers["etag"]) == (1, '"r1"')
    assert "--allow-deletes" in kept.json()["remarks"][0]
    done = service.post(content, allow_deletes="true")
    assert done.headers["etag"] == '"r2"'
    assert set(service.graph()) == set(service.example)


def test_changes_of_both_sides_are_told_apart_by_the_revision_that_went_out(
    service: Service,
) -> None:
    one = party(service.example)
    theirs = service.model(lambda graph: graph.set((one, RDFS.label, name("Theirs"))))
    other = next(s for s in sorted(service.example.subjects(RDFS.label), key=str) if s != one)
    ours = service.model(lambda graph: graph.add((other, RDFS.comment, Literal("Ours"))))
    assert service.post(ours).headers["etag"] == '"r1"'
    unaware = service.post(theirs, plan="").json()
    assert any("Ours" in statement for statement in unaware["removed"])
    aware = service.post(theirs, plan="", base=0).json()
    assert (len(aware["changed"]), aware["removed"], aware["conflicting"]) == (1, [], [])
    clash = service.model(lambda graph: graph.set((one, RDFS.label, name("Ours too"))))
    service.post(clash)
    (conflict,) = service.post(theirs, plan="", base=0).json()["conflicting"]
    assert (conflict["ours"], conflict["theirs"]) == (['"Ours too"@en'], ['"Theirs"@en'])
    assert "no revision" in told(service.post(theirs, base=99), 404)
    # Until it is settled whose name counts, nothing comes in.
    refused = service.post(theirs, base=0)
    assert '"Ours too"@en; theirs: "Theirs"@en' in told(refused, 409)
    assert refused.json()["conflicting"] == [conflict]
    assert told(service.post(theirs, base=0, settle="nobody"), 400)
    kept = service.post(theirs, base=0, settle="ours")
    assert (kept.json()["settled"], kept.headers["etag"]) == ("ours", '"r2"')
    for _ in range(2):
        taken = service.post(theirs, base=0, settle="theirs")
        assert taken.headers["etag"] == '"r3"'
    assert set(service.graph().objects(one, RDFS.label)) == {name("Theirs")}


def test_what_breaks_a_rule_is_refused_with_the_report(service: Service) -> None:
    relationship = min(service.example.subjects(RDF.type, kind_of_relationship()), key=str)

    def spoil(graph: Graph) -> None:
        for triple in list(graph):
            if relationship in (triple[0], triple[2]) and triple[1] not in (RDF.type, RDFS.label):
                graph.remove(triple)

    refused = service.post(service.model(spoil), allow_deletes="true")
    assert "does not conform" in told(refused, 422)
    assert refused.json()["report"]["counts"]["Violation"] > 0
    assert set(service.graph()) == set(service.example)


def kind_of_relationship() -> URIRef:
    """The class of what has a provider, which the ontology alone knows."""
    (found,) = {
        cls
        for name, cls in knowledge.ontology().subject_objects(RDFS.domain)
        if str(name).endswith("#hasProvider")
    }
    return URIRef(str(found))


def test_a_change_that_was_overtaken_is_refused(service: Service) -> None:
    content = service.model(lambda graph: graph.add((party(graph), RDFS.comment, Literal("A"))))
    late = service.client.post(
        "/archimate",
        params={"graph": MINE},
        content=content,
        headers=XML | service.write | {"If-Match": '"r7"'},
    )
    assert "The store has changed" in told(late, 412)


def test_changing_needs_a_key_and_a_graph(service: Service) -> None:
    client, content = service.client, archimate.serialize(service.example)
    named = {"graph": MINE}
    assert told(client.post("/archimate", params=named, content=content, headers=XML), 401)
    scoped = XML | service.scoped
    assert told(client.post("/archimate", params=named, content=content, headers=scoped), 403)
    plan = named | {"plan": ""}
    assert told(client.post("/archimate", params=plan, content=content, headers=scoped), 403)
    headers = XML | service.write
    assert "Name the graph" in told(
        client.post("/archimate", content=content, headers=headers), 400
    )
    own = {"graph": str(knowledge.inferred_graph())}
    assert told(client.post("/archimate", params=own, content=content, headers=headers), 403)
    text = service.write | {"Content-Type": "text/csv"}
    assert told(client.post("/archimate", params=named, content=content, headers=text), 415)


def test_a_model_of_others_makes_a_graph(service: Service) -> None:
    content = (
        f'{HEAD}<elements><element identifier="a" xsi:type="BusinessActor" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><name>Bank</name></element>'
        "</elements></model>"
    )
    done = service.post(content, graph=OTHER)
    assert done.status_code == 200, done.text
    listed = {graph["graph"] for graph in service.client.get("/graphs").json()["graphs"]}
    assert OTHER in listed
    assert any('"Bank"' in statement for statement in done.json()["added"])


# ── Those who mean it ill ───────────────────────────────────────────────────────────────────────

LAUGHS = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))


def zipped(name: str, content: bytes, times: int = 1) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(times):
            archive.writestr(f"{number}{name}" if number else name, content)
    return target.getvalue()


def lying(content: bytes) -> bytes:
    """A zip that says that what it holds is small."""
    packed = bytearray(zipped("model.xml", content))
    place = packed.rindex(b"PK\x01\x02")
    packed[place + 24 : place + 28] = (10).to_bytes(4, "little")
    return bytes(packed)


ATTACKS: dict[str, tuple[Callable[[], Any], set[int], str]] = {
    "a document type": (
        lambda: f"<!DOCTYPE model>{HEAD}</model>",
        {400},
        "document type",
    ),
    "a file of the machine": (
        lambda: f'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>{HEAD}&x;</model>',
        {400},
        "document type",
    ),
    "entities that grow": (
        lambda: f'<!DOCTYPE m [<!ENTITY a0 "ha">{LAUGHS}]>{HEAD}&a9;</model>',
        {400},
        "document type",
    ),
    "nested too deep": (lambda: HEAD + "<a>" * 100_000, {400}, "levels deep"),
    "no end": (lambda: HEAD + "<elements>", {400}, "no XML"),
    "no model": (lambda: b"\x00\x01\x02", {400}, "no XML"),
    "too large": (lambda: (b" " * 1_000_000 for _ in range(101)), {413}, "100,000,000 bytes"),
    "a zip that grows": (
        lambda: zipped("model.xml", bytes(120_000_000)),
        {400},
        "more than 100,000,000",
    ),
    "a zip of many that grow": (
        lambda: zipped("a.xml", bytes(30_000_000), 4),
        {400},
        "more than 100,000,000",
    ),
    "a zip that lies": (lambda: lying(bytes(1000)), {400}, "zip"),
    "a zip with nothing": (lambda: zipped("a.txt", b""), {400}, "one model"),
    "a zip within a zip": (lambda: zipped("model.xml", zipped("a.xml", b"")), {400}, "no XML"),
    "a broken zip": (lambda: b"PK\x03\x04" + b"\xff" * 1000, {400}, "zip"),
    "more than memory": (
        lambda: HEAD + "<elements>" + "<a/>" * 2_000_000 + "</elements></model>",
        {422},
        "512 MB of memory",
    ),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name == "more than memory" else [])
        for name in ATTACKS
    ],
)
def test_an_attack_is_refused_and_the_service_answers(attacked: Service, name: str) -> None:
    make, statuses, message = ATTACKS[name]
    response = attacked.post(make(), plan="")
    assert response.status_code in statuses, response.text
    assert message in told(response, response.status_code)
    assert "passwd" not in response.text
    assert attacked.client.get("/health").status_code == 200
    asked = attacked.client.get("/sparql", params={"query": "ASK { ?s ?p ?o }"})
    assert json.loads(asked.text)["boolean"] is True


def test_content_that_is_compressed_is_refused(attacked: Service) -> None:
    headers = XML | attacked.write | {"Content-Encoding": "gzip"}
    response = attacked.client.post(
        "/archimate", params={"graph": MINE}, content=b"", headers=headers
    )
    assert "Send it as it is" in told(response, 415)
