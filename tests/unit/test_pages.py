"""What pages ask and reckon, without a browser: their queries, and networks of any shape."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from srmgraph import ServiceGraph, knowledge, queries
from srmgraph.change import Change
from srmgraph.errors import ParameterError
from srmgraph.keys import Keys
from srmgraph.store import EmbeddedStore
from srmgraph.store.folder import FolderStore
from srmgraph.validation import of_the_project, validate
from srmgraph_api import create_app, jobs
from srmgraph_api.jobs import Desk
from srmgraph_api.pages import (
    answers,
    deleting,
    drawing,
    failure,
    finding,
    network,
    reports,
    things,
    work,
)
from srmgraph_api.pages.network import Tie, View
from srmgraph_api.service import Service
from srmgraph_api.settings import Settings

GOOGLE, STREAMING, DION, LEARNER = (
    f"https://example.org/training-ecosystem/{name}"
    for name in ("google", "streaming-company", "dion-training", "learner")
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("pages") / "store"
    with ServiceGraph(FolderStore.create(folder)) as graph:
        graph.load(*knowledge.example_files())
    return Desk(folder)


@pytest.mark.parametrize("name", work.page_queries())
def test_a_query_of_a_page_is_answered(desk: Desk, name: str) -> None:
    kept = work.page_queries()[name]
    assert kept.example in {file.parent.name for file in knowledge.example_files()}
    things = {parameter.name: f"<{DION}>" for parameter in kept.parameters if not parameter.default}
    work.rows(desk, 0, {name: things}, [])
    # A key that is for some graphs only sees nothing of others, nor of what the store keeps.
    (rows,) = work.rows(desk, 0, {name: things}, ["https://example.org/empty"]).values()
    assert rows == []


def test_a_question_about_everything_asks_for_a_thing_where_there_is_much(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "who-must-be-told-when-a-resource-is-down"
    assert answers.answer(desk, 0, name, {}, []).total > 0
    monkeypatch.setattr(queries, "MUCH", 10)
    refused = answers.answer(desk, 0, name, {}, [])
    assert (list(refused.faults), refused.rows) == (["resource"], ())
    with pytest.raises(ParameterError, match="Choose the resource"):
        jobs.ask(desk, 0, name, {}, "json", [])
    assert not answers.answer(desk, 0, name, {"resource": f"<{GOOGLE}>"}, []).faults
    graph = ServiceGraph(FolderStore(desk.folder))
    with graph, pytest.raises(ParameterError, match="Choose the resource"):
        graph.ask(name, resource=None)


def test_a_question_about_everything_is_answered_once_for_a_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "store"
    with ServiceGraph(FolderStore.create(folder)) as graph:
        graph.load(knowledge.example_file("training-ecosystem"))
    key, done, read = Keys(folder).create("Ann", "admin"), [], Service.read

    async def noted(self: Service, client: str, job: Callable[..., Any], *given: Any) -> Any:
        done.append(job)
        return await read(self, client, job, *given)

    monkeypatch.setattr(Service, "read", noted)
    address = "/questions/who-loses-value-if-a-provider-fails"
    with TestClient(create_app(settings=Settings(store=str(folder)))) as client:
        first, second = client.get(address), client.get(address)
        assert "Dion Training" in first.text
        assert (second.text, done.count(answers.answer)) == (first.text, 1)
        for _ in range(2):
            client.get(address, params={"provider": f"<{GOOGLE}>"})
        assert done.count(answers.answer) == 3
        sent = client.put(
            "/graphs/other",
            content=f"<{DION}> <http://www.w3.org/2000/01/rdf-schema#comment> 'Other' .",
            headers={"Authorization": f"Bearer {key}", "Content-Type": "text/turtle"},
        )
        assert sent.status_code == 201
        assert "Dion Training" in client.get(address).text
        assert done.count(answers.answer) == 4


def test_a_report_is_told_once_for_a_revision(desk: Desk) -> None:
    told = reports.standing(desk, 0, "", "", "", [])
    assert reports.standing(desk, 0, "", "", "", []) is told
    other = reports.standing(Desk(desk.folder), 0, "", "", "", [])
    assert (other.counts, other.organizations) == (told.counts, told.organizations)
    # What is left out of it, it is left out of no other.
    assert reports.standing(desk, 0, "", GOOGLE, "", []).organizations == told.organizations
    empty = reports.standing(desk, 0, "", "", "", ["https://example.org/empty"])
    assert (sum(empty.counts.values()), empty.organizations) == (0, ())
    assert sum(told.counts.values()) > 0
    assert reports.standing(desk, 0, "", "", "", []) is told


# ── Networks ────────────────────────────────────────────────────────────────────────────────────

CASES = {
    "chain": ("ab bc", {"a": "supplier", "b": "provider", "c": "consumer"}, []),
    "loop with an end": (
        "ab bc ca cd",
        {"a": "supplier", "b": "supplier", "c": "provider", "d": "consumer"},
        ["abc"],
    ),
    "loop without an end": ("ab ba", {"a": "supplier", "b": "supplier"}, ["ab"]),
    "itself": ("aa ab", {"a": "provider", "b": "consumer"}, ["a"]),
    "two loops": ("ab ba bc cd dc", dict.fromkeys("abcd", "supplier"), ["ab", "cd"]),
    "nothing": ("", {}, []),
}


@pytest.mark.parametrize(("text", "tiers", "loops"), CASES.values(), ids=CASES)
def test_places_and_loops(text: str, tiers: dict[str, str], loops: list[str]) -> None:
    ties = [Tie(pair, pair[0], pair[1]) for pair in text.split()]
    assert network.tiers(ties) == tiers
    assert sorted("".join(sorted(loop)) for loop in network.loops(ties)) == loops


TIES = st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")), max_size=18).map(
    lambda pairs: [Tie(f"r{number}", *pair) for number, pair in enumerate(pairs)]
)


@given(TIES)
def test_a_loop_is_what_reaches_itself(ties: list[Tie]) -> None:
    reached = {(tie.provider, tie.consumer) for tie in ties}
    for middle, one, other in itertools.product("abcdefg", repeat=3):
        if (one, middle) in reached and (middle, other) in reached:
            reached.add((one, other))
    found = network.loops(ties)
    for one, other in itertools.product("abcdefg", repeat=2):
        in_one = any({one, other} <= loop for loop in found)
        assert in_one == ((one, other) in reached and (other, one) in reached)


@given(TIES, st.integers(1, 4))
def test_a_neighbourhood_grows_by_steps(ties: list[Tie], steps: int) -> None:
    beside = {(tie.provider, tie.consumer) for tie in ties}
    beside |= {(other, one) for one, other in beside}
    near = network.neighbourhood(ties, "a", steps - 1)
    expected = near | {other for one, other in beside if one in near}
    assert network.neighbourhood(ties, "a", steps) == expected


# ── Views ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("view", "parties", "relationships"),
    [
        (View(), 20, 16),
        (View(text="DION"), 5, 3),
        (View(facets={"organization": "dion training"}), 5, 3),
        (View(facets={"organization": GOOGLE}), 4, 2),
        (View(facets={"service": "Video training"}), 4, 2),
        (View(facets={"scope": "internal"}), 3, 4),
        (View(facets={"scope": "external"}), 17, 12),
        (View(facets={"criticality": "critical"}), 7, 4),
        (View(facets={"graph": knowledge.example_file("cellphone").as_uri()}), 2, 1),
        (View(facets={"scope": "internal", "service": "Video training"}), 0, 0),
        (View(centre=LEARNER), 2, 1),
        (View(centre=LEARNER, steps=2), 5, 4),
        (View(tier="consumer", text="dion"), 4, 2),
        (View(facets={"organization": "nobody"}), 0, 0),
    ],
)
def test_a_view_shows(desk: Desk, view: View, parties: int, relationships: int) -> None:
    seen = drawing.draw(desk, 0, [], view, 1)
    assert (seen.parties, seen.relationships) == (parties, relationships)
    assert sum(pair.relationships for pair in seen.pairs) >= relationships
    assert len(seen.nodes) == parties
    assert not seen.is_grouped


def test_many_are_grouped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MOST_PARTIES", 5)
    monkeypatch.setattr(drawing, "HUBS", 2)
    seen = drawing.draw(desk, 0, [], View(centre=DION, steps=3), 1)
    assert not seen.is_grouped
    seen = drawing.draw(desk, 0, [], View(), 1)
    assert seen.is_grouped
    assert len(seen.nodes) < 20
    assert sum(node.parties for node in seen.nodes) == 20
    assert sum(arrow.relationships for arrow in seen.arrows) + seen.left_out == sum(
        pair.relationships for pair in seen.pairs
    )
    for node in seen.nodes:
        if node.parties > 1 and node.kind:
            inside = drawing.draw(desk, 0, [], View(tier=node.tier, kind=node.kind.iri), 1)
            assert inside.parties >= node.parties


def test_what_agreements_are_worth_is_counted_once(desk: Desk) -> None:
    seen = drawing.draw(desk, 0, [], View(centre=STREAMING), 1)
    worth = {pair.provider.text: {k: int(v) for k, v in pair.worth.items()} for pair in seen.pairs}
    assert worth["Google"] == {"USD": 1200000}
    assert seen.currencies == ["USD"]


# ── What fails ──────────────────────────────────────────────────────────────────────────────────


def test_what_fails_is_what_the_kept_question_says(desk: Desk) -> None:
    (rows,) = work.rows(desk, 0, {"who-loses-value-if-a-provider-fails": {}}, []).values()
    expected: dict[str, set[tuple[str, ...]]] = {}
    for row in rows:
        provider, *cells = (term.iri if (term := row[name]) is not None else ""
                            for name in ("provider", "relationship", "consumer"))  # fmt: skip
        expected.setdefault(provider, set()).add(tuple(cells))
    assert len(expected) > 10
    for provider, losses in expected.items():
        failed = failure.fail(desk, 0, [], provider)
        assert {(loss.relationship.iri, loss.consumer.iri) for loss in failed.losses} == losses


def test_who_would_be_missed_is_what_fails(desk: Desk) -> None:
    for party, _, lost, hit in failure.missed(desk, 0, []):
        failed = failure.fail(desk, 0, [], party.iri)
        assert (failed.relationships, len(failed.hits)) == (lost, hit)


# ── A thing ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("example", ["training-ecosystem", "banking"])
def test_rules_say_of_a_thing_what_the_whole_report_says(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore.create(tmp_path / "store")
    with store.change() as candidate:
        change = Change(candidate, "", "served", is_durable=True)
        change.load(knowledge.example_file(example).with_name("broken.ttl"))
        change.infer()
    report = validate(store.current)
    expected: dict[str, list[str]] = {}
    for result in report.results:
        expected.setdefault(str(report.subject(result)), []).append(result.message)
    # What is found in the graph as a whole is about no thing.
    expected.pop(str(knowledge.ontology_iri()), None)
    assert len(expected) > 5
    desk = Desk(tmp_path / "store")
    for thing, messages in expected.items():
        if thing.startswith("http"):
            found = things.check(desk, 0, thing)
            assert found is not None
            assert sorted(one.message for one in found) == sorted(messages)
    # Where a report was made before, it is told as it is.
    text = of_the_project().dump(report)
    (tmp_path / "store" / "revisions" / "0.report").write_text(text, encoding="utf-8")
    for thing, messages in expected.items():
        told = things.check(desk, 0, thing)
        assert told is not None
        assert sorted(one.message for one in told) == sorted(messages)
    monkeypatch.setattr(things, "revalidate", None)
    assert things.check(desk, 0, "https://example.org/nobody") == []


# ── Times ───────────────────────────────────────────────────────────────────────────────────────


def test_what_renews_itself_goes_on_after_its_last_day(tmp_path: Path) -> None:
    store = FolderStore.create(tmp_path / "store")
    store.parse(
        """@prefix srm: <https://w3id.org/srm#> . @prefix : <urn:x:> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        :party a srm:Organization ; rdfs:label "Party" .
        :ended srm:hasAgreementParty :party ; srm:validFrom "2001-01-01"^^xsd:date ;
            srm:validUntil "2001-12-31"^^xsd:date ; srm:renewsAutomatically false .
        :renewed srm:hasAgreementParty :party ; srm:validFrom "2002-01-01"^^xsd:date ;
            srm:validUntil "2002-12-31"^^xsd:date ; srm:renewsAutomatically true .
        :running srm:hasAgreementParty :party ; srm:validFrom "2003-01-01"^^xsd:date ;
            srm:validUntil "9999-12-31"^^xsd:date ; srm:renewsAutomatically true .""",
        "turtle",
    )
    told = things.tell(Desk(tmp_path / "store"), store.revision, [], "urn:x:party")
    assert told is not None
    (section,) = [one for one in told.sections if one.name == "agreements"]
    bars = [bar for bar in section.groups[0].bars if bar is not None]
    assert [(bar.is_open, bar.is_over) for bar in bars] == [
        (False, True),
        (True, False),
        (False, False),
    ]
    assert bars[1].start + bars[1].width == pytest.approx(100, abs=0.1)


# ── Deleting ────────────────────────────────────────────────────────────────────────────────────


def test_parts_without_a_name_go_along_unless_they_are_shared(tmp_path: Path) -> None:
    file = tmp_path / "parts.ttl"
    file.write_text(
        """@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        :a rdfs:label "A" ; :has [ :has [ :size 1 ] ] , _:one , _:two , _:shared .
        _:one :beside _:three . _:two :beside _:three . _:three :size 2 .
        :b :has _:shared . _:shared :size 3 . [] :near :a ."""
    )
    with ServiceGraph(FolderStore.create(tmp_path / "store")) as graph:
        graph.load(file)
    found = deleting.look(Desk(tmp_path / "store"), 0, "urn:x:a", [])
    assert found is not None
    assert (found.name, found.own, found.referring) == ("A", 10, 1)
    assert found.references[0][0] is None
    assert deleting.look(Desk(tmp_path / "store"), 0, "urn:x:none", []) is None
    assert deleting.look(Desk(tmp_path / "store"), 0, "urn:x:a", ["urn:x:other"]) is None


# ── Signing in ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("base", "address", "is_secure"),
    [
        ("", "http://localhost", False),
        ("", "https://localhost", True),
        # A proxy ends TLS, and hands on what came as if it had come without.
        ("https://example.org/graph", "http://localhost", True),
    ],
)
def test_a_cookie_that_came_by_tls_goes_by_tls_only(
    tmp_path: Path, base: str, address: str, is_secure: bool
) -> None:
    FolderStore.create(tmp_path / "store")
    key = Keys(tmp_path / "store").create("Ann", "write")
    client = TestClient(
        create_app(settings=Settings(store=str(tmp_path / "store"), base=base)), base_url=address
    )
    answer = client.post("/sign-in", data={"key": key}, follow_redirects=False)
    assert answer.headers["location"] == f"{base.removeprefix('https://example.org')}/"
    (cookie,) = (text for text in answer.headers.get_list("set-cookie") if "Max-Age=0" not in text)
    parts = cookie.split("; ")
    assert parts[0].startswith("__Host-srmgraph=" if is_secure else "srmgraph=")
    assert ("Secure" in parts) == is_secure
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(parts)
    assert "domain=" not in cookie.lower()


# ── Finding ─────────────────────────────────────────────────────────────────────────────────────

NAMED = """
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix e: <https://example.org/> .
e:river rdfs:label "River bank" .
e:bank rdfs:label "BANK", "Bank" ; a e:Place .
e:union rdfs:label "Credit union" ; skos:altLabel "Bank of members" .
e:Bank rdfs:label "bank" ; rdfs:isDefinedBy e: .
e:street rdfs:label "Straße"@de ; skos:prefLabel "İstiklal" .
[] rdfs:label "Bank without an address" .
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bank", ["bank", "union", "river", "Bank"]),
        ("BANK OF", ["union"]),
        ("STRASS", []),
        ("straß", ["street"]),
        ("i\u0307s", ["street"]),
        ("bank.", []),
        ("nothing", []),
    ],
)
def test_the_nearest_names_are_found_first(tmp_path: Path, text: str, found: list[str]) -> None:
    store = EmbeddedStore()
    store.parse(NAMED, "turtle")
    things = finding.find(Desk(tmp_path, (0, store)), 0, [], text, 10)
    assert [one.thing.iri.removeprefix("https://example.org/") for one in things] == found
    assert all(one.is_term == (one.thing.iri == "https://example.org/Bank") for one in things)


def test_a_search_is_cut(desk: Desk) -> None:
    everything = finding.find(desk, 0, [], "e", 10_000)
    assert len(everything) > 20
    data = [one for one in everything if not one.is_term]
    assert [one for one in finding.find(desk, 0, [], "e", 20) if not one.is_term][:1] == data[:1]
    assert len(finding.find(desk, 0, [], "e", 20)) == 20


def test_what_is_found_at_once_is_what_is_said_of_each(desk: Desk) -> None:
    found = finding.find(desk, 0, [], "e", 60)
    for one in found:
        given = {"find-kinds": {"thing": f"<{one.thing.iri}>"}}
        (rows,) = work.rows(desk, 0, given, []).values()
        assert [row["kind"] for row in rows if row["kind"] is not None] == one.kinds
        assert {str(row["isTerm"]) for row in rows} == {str(one.is_term).lower()}
