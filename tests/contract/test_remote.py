"""What only stores on a server have: requests, logins, deadlines, and answers that break off."""

import base64
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from benchmarks.reliability import free_port
from hypothesis import given
from hypothesis import strategies as some
from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic
from tests.contract import servers
from tests.contract.script import NO_ROWS, ROWS, Reply, Request, Script

from srmgraph import ServiceGraph, knowledge
from srmgraph.errors import DoesNotConformError, InputError, QueryError, StoreError
from srmgraph.store import open_store
from srmgraph.store.remote import Basic, Bearer, Digest, RemoteStore
from srmgraph.store.remote_changes import difference
from srmgraph.store.remote_servers import SERVERS
from srmgraph.store.remote_upload import blank_nodes, parcels

EX = Namespace("https://example.org/")
SECRET = "k33p-it!"
ONE_ROW = json.dumps(
    {"head": {"vars": ["s"]}, "results": {"bindings": [{"s": {"type": "uri", "value": EX["a"]}}]}}
)
SELECT = "SELECT ?s { ?s ?p ?o }"


def store_at(url: str, **options: Any) -> RemoteStore:
    return RemoteStore(url, server="oxigraph", **options)


# Reading again, and not writing again


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_query_is_sent_again_when_the_server_is_busy(
    script: Script, pauses: list[float], status: int
) -> None:
    script.replies = [Reply(status), Reply(status), Reply(body=ONE_ROW)]
    (row,) = store_at(script.url).select(SELECT)
    assert row.s == EX["a"]
    assert len(script.requests) == 3
    assert 0.1 < pauses[0] < 0.3 < pauses[1] < 0.6


def test_the_server_says_when_it_wants_to_be_asked_again(
    script: Script, pauses: list[float]
) -> None:
    again = {"Content-Type": "text/plain", "Retry-After": "3"}
    long = {"Content-Type": "text/plain", "Retry-After": "900"}
    script.replies = [Reply(503, headers=again), Reply(503, headers=long), Reply()]
    assert list(store_at(script.url).select(SELECT)) == []
    assert pauses == [3, 10]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 504])
def test_a_query_is_not_sent_again_when_that_is_of_no_use(
    script: Script, pauses: list[float], status: int
) -> None:
    script.replies = [Reply(status, "no reason", {"Content-Type": "text/plain"})]
    with pytest.raises((StoreError, QueryError), match="no reason"):
        store_at(script.url).select(SELECT)
    assert len(script.requests) == 1


def test_at_last_it_is_given_up(script: Script, pauses: list[float]) -> None:
    script.replies = [Reply(503, "<h1>Busy</h1><p>today", {"Content-Type": "text/html"})]
    with pytest.raises(StoreError, match=r"/query refuses .* status 503: Busy today") as caught:
        store_at(script.url, attempts=3).select(SELECT)
    assert "try again later" in str(caught.value)
    assert len(script.requests) == 3


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.update("INSERT DATA { <urn:a> <urn:b> 1 }"),
        lambda store: store.parse("<urn:a> <urn:b> 1 .", "turtle"),
        lambda store: store.remove_graph(URIRef("urn:g")),
    ],
)
def test_nothing_is_written_twice(
    script: Script, pauses: list[float], write: Callable[[RemoteStore], None]
) -> None:
    script.replies = [Reply(503, "busy", {"Content-Type": "text/plain"})]
    with pytest.raises(StoreError, match="503"):
        write(store_at(script.url))
    script.replies = [Reply(200, "cut", {}, promised=99)]
    with pytest.raises(StoreError, match="Whether the change was made is not known"):
        write(store_at(script.url))
    assert len(script.requests) == 2
    assert pauses == []


def test_a_server_that_is_not_there(pauses: list[float]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(StoreError, match=r"cannot be reached\. Does the server run"):
        store_at(url).select(SELECT)
    assert len(pauses) == 3
    with pytest.raises(StoreError, match=r"cannot be reached.*address\?$"):
        store_at(url).update("INSERT DATA { <urn:a> <urn:b> 1 }")
    assert len(pauses) == 3


# Deadlines and limits


def test_an_answer_must_come_in_time(script: Script, pauses: list[float]) -> None:
    script.replies = [Reply(pause=1.5)]
    start = time.monotonic()
    with pytest.raises(StoreError, match=r"within 0.2 seconds"):
        store_at(script.url, timeout=0.2).select(SELECT)
    with pytest.raises(QueryError, match=r"longer than 0.2 seconds"):
        store_at(script.url).answer(SELECT, "csv", seconds=0.2)
    with pytest.raises(StoreError, match="not known"):
        store_at(script.url, timeout=0.2).update("INSERT DATA { <urn:a> <urn:b> 1 }")
    assert time.monotonic() - start < 1.5
    assert len(script.requests) == 3


def test_an_answer_that_trickles_is_given_up(script: Script, pauses: list[float]) -> None:
    script.replies = [Reply(pause=0.1, pieces=40)]
    start = time.monotonic()
    with pytest.raises(StoreError, match=r"within 0.3 seconds"):
        store_at(script.url, timeout=0.3).select(SELECT)
    assert time.monotonic() - start < 1


def test_an_answer_may_be_too_large(script: Script) -> None:
    script.replies = [Reply(body=" " * 2000 + NO_ROWS)]
    with pytest.raises(StoreError, match="more than 1,000 bytes"):
        store_at(script.url, largest_answer=1000).select(SELECT)


# Answers that break off


@pytest.mark.parametrize(
    "body",
    [
        ONE_ROW[:-3],
        ONE_ROW[:-2] + "The SPARQL operation has been cancelled",
        '{"head":{"vars":["s"]},"results":{"bindings":[',
        "",
        "The SPARQL operation has been cancelled",
    ],
)
def test_rows_that_break_off_are_no_answer(script: Script, body: str) -> None:
    script.replies = [Reply(body=body)]
    store = store_at(script.url)
    for ask in (store.select, lambda query: store.answer(query, "csv"), lambda _: store.graphs()):
        with pytest.raises(StoreError, match="breaks off before its end"):
            ask(SELECT)


def test_statements_that_break_off_are_no_answer(script: Script) -> None:
    triple = "<urn:a> <urn:b> <urn:c> .\n"
    script.replies = [Reply(body=f"{triple}<urn:a> <ur", headers={"Content-Type": "text/turtle"})]
    store = store_at(script.url)
    for ask in (store.graph, lambda: store.answer("CONSTRUCT WHERE { ?s ?p ?o }", "turtle")):
        with pytest.raises(StoreError, match="breaks off before its end"):
            ask()
    script.replies = [Reply(body=triple, headers={"Content-Type": "application/n-triples"})]
    assert len(store.graph()) == 1


def test_a_connection_that_breaks_off_is_tried_again(script: Script, pauses: list[float]) -> None:
    script.replies = [Reply(body=ONE_ROW[:20], promised=len(ONE_ROW)), Reply(body=ONE_ROW)]
    assert len(list(store_at(script.url).select(SELECT))) == 1
    script.replies = [Reply(body=ONE_ROW[:20], promised=len(ONE_ROW))]
    with pytest.raises(StoreError, match="broke off the connection"):
        store_at(script.url, attempts=2).select(SELECT)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"X-SPARQL-MaxRows": "10000"}, "10000 rows at most"),
        ({"X-SQL-State": "S1TAT"}, "breaks off"),
    ],
)
def test_a_server_may_say_that_an_answer_is_not_whole(
    script: Script, headers: dict[str, str], message: str
) -> None:
    script.replies = [Reply(headers={"Content-Type": ROWS, **headers})]
    with pytest.raises(StoreError, match=message):
        store_at(script.url).select(SELECT)


def test_a_copy_that_breaks_off_is_no_copy(script: Script) -> None:
    quad = "<urn:a> <urn:b> <urn:c> <urn:g> .\n"
    script.replies = [
        Reply(body=f"{quad}<urn:a> <ur", headers={"Content-Type": "application/n-quads"})
    ]
    with pytest.raises(StoreError, match="breaks off before its end"):
        store_at(script.url).snapshot()
    script.replies = [Reply()]
    with pytest.raises(StoreError, match=r"not as SPARQL 1\.1 has it"):
        store_at(script.url).snapshot()
    script.replies = [Reply(body=quad, headers={"Content-Type": "application/n-quads"})]
    assert store_at(script.url).snapshot().graphs() == {URIRef("urn:g"): 1}


def test_a_page_is_no_answer(script: Script) -> None:
    script.replies = [Reply(body="<p>Welcome", headers={"Content-Type": "text/html"})]
    store = store_at(script.url)
    for ask in (lambda: store.select(SELECT), lambda: store.holds("ASK {}"), store.graph):
        with pytest.raises(StoreError, match="“text/html”"):
            ask()
    script.replies = [Reply(body='{"head":{},"boolean":true}')]
    assert store.holds("ASK {}")
    with pytest.raises(StoreError, match=r"not as SPARQL 1\.1 has it"):
        store.select(SELECT)
    script.replies = [Reply()]
    with pytest.raises(StoreError, match=r"not as SPARQL 1\.1 has it"):
        store.holds("ASK {}")


# Logins


def test_a_login_is_sent_and_never_shown(script: Script) -> None:
    echo = Reply(401, f"not with {SECRET}, user", {"Content-Type": "text/plain"})
    pair = base64.b64encode(f"user:{SECRET}".encode()).decode()
    host = script.url.removeprefix("http://")
    for store, header in (
        (store_at(f"http://user:k33p-it%21@{host}"), f"Basic {pair}"),
        (store_at(script.url, login=Basic("user", SECRET)), f"Basic {pair}"),
        (store_at(script.url, login=Bearer(SECRET)), f"Bearer {SECRET}"),
    ):
        script.replies = [Reply()]
        store.select(SELECT)
        assert script.requests[-1].headers["Authorization"] == header
        script.replies = [echo]
        with pytest.raises(StoreError, match="another login") as caught:
            store.select(SELECT)
        shown = f"{caught.value} {store!r} {store.url} {store._http._login!r}"
        assert SECRET not in shown
        assert pair not in shown
        assert "k33p" not in shown


def digest_server(script: Script, nonces: list[str], stale: str = "false") -> None:
    """Let the server accept a digest (RFC 7616) that is right for the newest of the nonces."""

    def reply(request: Request) -> Reply:
        text = request.headers.get("Authorization", "")
        fields = {
            name: value.strip('"')
            for name, _, value in (
                part.strip().partition("=") for part in text.removeprefix("Digest ").split(",")
            )
        }
        secret = md5(f"user:SPARQL:{SECRET}".encode()).hexdigest()
        wanted = md5(f"POST:{request.target}".encode()).hexdigest()
        parts = [fields.get(name, "") for name in ("nonce", "nc", "cnonce", "qop")]
        proof = md5(":".join([secret, *parts, wanted]).encode()).hexdigest()
        if fields.get("nonce") == nonces[-1] and fields.get("response") == proof:
            return Reply()
        challenge = (
            f'Digest realm="SPARQL", nonce="{nonces[-1]}", opaque="o", stale="{stale}", '
            'qop="auth", algorithm="MD5"'
        )
        return Reply(401, "", {"WWW-Authenticate": challenge})

    script.replies = [reply]


def test_a_digest_proves_a_password_without_sending_it(script: Script) -> None:
    nonces = ["first"]
    digest_server(script, nonces)
    store = RemoteStore(
        script.url.replace("//", "//user:k33p-it%21@"), server="virtuoso", update="/query"
    )
    assert list(store.select(SELECT)) == []
    assert list(store.select(SELECT)) == []
    # The first request learns what is to be proven, the second one need not.
    proofs = [request.headers.get("Authorization", "") for request in script.requests]
    assert [bool(proof) for proof in proofs] == [False, True, True]
    assert "nc=00000001" in proofs[1]
    assert "nc=00000002" in proofs[2]
    assert SECRET not in "".join(proofs)
    nonces.append("second")
    assert list(store.select(SELECT)) == []


def test_a_wrong_password_is_not_tried_again_and_again(script: Script) -> None:
    digest_server(script, ["first"])
    store = store_at(script.url, login=Digest("user", "wrong"))
    with pytest.raises(StoreError, match="another login"):
        store.select(SELECT)
    assert len(script.requests) == 2


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_login_follows_no_redirection(script: Script, status: int) -> None:
    other = Script()
    place = {"Location": f"{other.url.replace('//', '//me:too@')}/query"}
    script.replies = [Reply(status, "", place)]
    store = store_at(script.url, login=Bearer(SECRET))
    with pytest.raises(StoreError, match=f"sends on to {other.url}/query: name that address"):
        store.select(SELECT)
    with pytest.raises(StoreError, match="sends on to"):
        store.update("INSERT DATA { <urn:a> <urn:b> 1 }")
    assert other.requests == []
    other.server.shutdown()
    other.server.server_close()


# Addresses and requests


def test_an_address_opens_a_store_on_a_server() -> None:
    store = open_store("https://user:p4ss@example.org/sparql")
    assert isinstance(store, RemoteStore)
    assert store.url == "https://example.org/sparql"


@pytest.mark.parametrize(
    "url", ["", "localhost", "ftp://h/", "http://", "http://u:p4ss@h:x/", "http://h/#part"]
)
def test_an_address_must_be_one(url: str) -> None:
    with pytest.raises(StoreError, match="no address") as caught:
        RemoteStore(url)
    assert "p4ss" not in str(caught.value)


def test_a_login_has_one_place() -> None:
    with pytest.raises(StoreError, match="address of the store") as caught:
        RemoteStore("http://h/", update="http://u:p4ss@h/update")
    assert "p4ss" not in str(caught.value)


def test_an_unknown_server_is_told() -> None:
    for url, server in (("http://h/", "other"), ("other+http://h/", None)):
        with pytest.raises(StoreError, match="Known are: sparql, srmgraph, oxigraph, virtuoso"):
            RemoteStore(url, server=server)


def test_an_address_may_name_its_server(script: Script) -> None:
    store = RemoteStore(f"oxigraph+{script.url}")
    assert store.url == script.url
    store.select(SELECT)
    assert script.requests[0].target == "/query"
    assert ("union-default-graph", "") in script.requests[0].form
    # A sign in a path is no name of a server.
    assert RemoteStore("http://h/a+http://b").url == "http://h/a+http://b"


def test_every_endpoint_of_a_known_server_is_an_address() -> None:
    for name in SERVERS:
        store = RemoteStore("https://h:1/base/", server=name)
        for url in (store._query_url, store._writer._update_url, store._writer._data_url):
            assert url is None or url.startswith("https://h:1/base"), name


def test_requests_go_to_the_endpoints(script: Script) -> None:
    store = RemoteStore(f"{script.url}/ds/", query="/q", update=f"{script.url}/u", data="/d?x=y")
    store.select("SELECT ?s FROM <urn:g> { ?s ?p ?o }")
    store.update("DROP GRAPH <urn:g>")
    store.parse("<urn:a> <urn:b> 1 .", "turtle", URIRef("urn:g"))
    asked, told, sent = script.requests
    assert (asked.target, told.target, sent.target) == ("/ds/q", "/u", "/ds/d?x=y&graph=urn%3Ag")
    assert asked.form == [("query", "SELECT ?s FROM <urn:g> { ?s ?p ?o }")]
    assert told.body == b"DROP GRAPH <urn:g>"
    assert told.headers["Content-Type"] == "application/sparql-update"


def names_of(*names: str) -> Reply:
    rows = [{"g": {"type": "uri", "value": name}} for name in names]
    return Reply(body=json.dumps({"head": {"vars": ["g"]}, "results": {"bindings": rows}}))


def test_all_graphs_are_named_to_a_server_that_has_no_other_way(script: Script) -> None:
    stand_in = SERVERS["sparql"].stand_in
    assert stand_in is not None
    script.replies = [names_of("urn:g", stand_in, "urn:h"), Reply()]
    RemoteStore(script.url).select(SELECT)
    assert script.requests[1].form == [
        ("query", SELECT),
        ("default-graph-uri", stand_in),
        ("default-graph-uri", "urn:g"),
        ("default-graph-uri", "urn:h"),
        ("named-graph-uri", "urn:g"),
        ("named-graph-uri", "urn:h"),
    ]


def test_statements_outside_named_graphs_are_asked_for_apart(script: Script) -> None:
    nil = "http://www.openrdf.org/schema/sesame#nil"
    count = {"type": "literal", "value": "3"}
    named = [{"g": {"type": "uri", "value": "urn:g"}, "n": count}]
    script.replies = [
        Reply(body=json.dumps({"head": {"vars": list(rows[0])}, "results": {"bindings": rows}}))
        for rows in (named, [{"n": count}])
    ]
    store = RemoteStore(script.url, server="graphdb")
    assert store.graphs() == {None: 3, URIRef("urn:g"): 3}
    assert [request.form[1:] for request in script.requests] == [[], [("default-graph-uri", nil)]]
    spo = {name: {"type": "uri", "value": f"urn:{name}"} for name in "spo"}
    script.replies = [
        Reply(body=json.dumps({"head": {"vars": list("gspo")}, "results": {"bindings": rows}}))
        for rows in ([{"g": {"type": "uri", "value": "urn:g"}, **spo}], [spo])
    ]
    assert store.snapshot().graphs() == {None: 1, URIRef("urn:g"): 1}
    assert script.requests[3].form[1:] == [("default-graph-uri", nil)]


def test_a_change_that_ends_early_says_how_far_it_got(script: Script) -> None:
    quads = "".join(f"<urn:s> <urn:p> <urn:o{number}> <urn:g> .\n" for number in range(8))
    held = Reply(body=quads, headers={"Content-Type": "application/n-quads"})
    small = replace(SERVERS["oxigraph"], largest_update=3)
    done, full = Reply(204, "", {}), Reply(507, "no room", {"Content-Type": "text/plain"})
    named = "GRAPH <urn:g> { ?s ?p ?o }"
    delete = f"DELETE {{ {named} }} WHERE {{ {named} FILTER (?o != <urn:o0>) }}"

    def change() -> None:
        with RemoteStore(script.url, server=small).change() as copy:
            copy.update(delete)
            copy.parse("<urn:s> <urn:p> 99 .", "turtle", URIRef("urn:g"))

    script.replies = [held, done, full]
    with pytest.raises(StoreError, match=r"no room.* 1 of 3 removals.*nothing was added yet"):
        change()
    script.replies = [held, done, done, done, full]
    with pytest.raises(StoreError, match=r"no room.*What the change removes is removed already"):
        change()


def test_an_upload_is_cut_where_no_blank_node_is(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srmgraph.store.remote_writer._BATCH", 90)
    script.replies = [Reply(204, "", {})]
    many = Graph()
    for number in range(100):
        many.add((EX["s"], EX["p"], Literal(number)))
    node = BNode()
    many.add((EX["s"], EX["p"], node))
    many.add((node, EX["q"], Literal("é")))
    store_at(script.url).add(many, EX["g"])
    sizes = [request.body.count(b"\n") for request in script.requests]
    assert (sum(sizes), max(sizes), len(sizes)) == (102, 90, 2)
    assert script.requests[0].parameters == [("graph", str(EX["g"]))]
    assert script.requests[0].headers["Content-Type"] == "application/n-triples"
    assert {request.body.count(b"_:") for request in script.requests} == {0, 2}


def test_an_upload_that_ends_early_says_what_was_sent(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srmgraph.store.remote_writer._BATCH", 90)
    script.replies = [Reply(204, "", {}), Reply(413, "", {})]
    many = "".join(f"<urn:s> <urn:p> {number} .\n" for number in range(91))
    with pytest.raises(StoreError, match=r"413.*sent before \(1 of the parts\) stays"):
        store_at(script.url).parse(many, "turtle")


def test_a_graph_needs_an_iri(script: Script) -> None:
    with pytest.raises(InputError, match="named by a blank node"):
        store_at(script.url).parse("_:g { <urn:a> <urn:b> 1 }", "trig")
    with pytest.raises(InputError, match="named by an IRI"):
        store_at(script.url).add(Graph(), BNode())  # type: ignore[arg-type]
    assert script.requests == []


def test_no_revision_can_be_expected(script: Script) -> None:
    with (
        pytest.raises(StoreError, match="keeps no revisions"),
        store_at(script.url).change("", "", 1),
    ):
        pass


# Real servers


@pytest.mark.skipif(not servers.OXIGRAPH.exists(), reason="the package oxigraph is not installed")
def test_a_query_that_oxigraph_stops_is_no_answer() -> None:
    with servers.oxigraph("--timeout-s", "1") as url:
        store = store_at(url)
        many = "".join(f"<urn:s{n}> <urn:p> {n % 7} .\n" for n in range(1000))
        store.parse(many, "turtle", EX["g"])
        cross = f"{{ GRAPH <{EX}g> {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }} }}"
        with pytest.raises(StoreError, match="breaks off before its end"):
            store.select(f"SELECT (COUNT(*) AS ?n) {cross}")
        assert len(store) == 1000


@pytest.mark.slow
@pytest.mark.skipif(not servers.VIRTUOSO, reason="virtuoso-t is not installed")
def test_an_answer_that_virtuoso_cuts_is_no_answer() -> None:
    with servers.virtuoso() as url:
        kind = SERVERS["virtuoso"]
        assert kind.most_triples is not None
        store = RemoteStore(url, server="virtuoso")
        rows = servers.VIRTUOSO_ROWS
        store.parse("".join(f"<urn:s> <urn:p> {n} .\n" for n in range(rows + 10)), "turtle")
        assert len(store) == rows + 10
        with pytest.raises(StoreError, match=f"{rows} rows at most"):
            store.select("SELECT * { ?s ?p ?o }")
        with pytest.raises(StoreError, match="rows at most"):
            store.snapshot()


@pytest.mark.skipif(not servers.OXIGRAPH.exists(), reason="the package oxigraph is not installed")
def test_a_change_in_parts_comes_to_the_same() -> None:
    careful = replace(
        SERVERS["oxigraph"], largest_update=3, ties_blank_nodes=False, dump=None, data="/store"
    )
    ground = " ".join(f"<urn:s> <urn:p> {number} ." for number in range(20))
    old = (
        f"<urn:g> {{ {ground} <urn:s> <urn:q> _:x }} "
        "<urn:h> { _:x <urn:r> 1 } <urn:k> { _:x <urn:r> 2 }"
    )
    with servers.oxigraph() as url:
        store = RemoteStore(url, server=careful)
        store.parse(old, "trig")
        before = store.snapshot()
        assert before.graphs() == store.graphs()
        with store.change() as copy:
            copy.update("DELETE WHERE { GRAPH <urn:k> { ?x <urn:r> 2 } }")
            copy.update("DELETE WHERE { GRAPH <urn:g> { <urn:s> <urn:p> ?n } }")
            copy.update(
                "INSERT { GRAPH <urn:new> { ?x <urn:t> _:y . _:y <urn:u> 4, 5, 6, 7 } } "
                "WHERE { GRAPH <urn:h> { ?x ?p ?o } }"
            )
            expected = copy.graph()
        assert isomorphic(store.graph(), expected)
        assert store.holds(
            "ASK { GRAPH <urn:g> { <urn:s> <urn:q> ?x } GRAPH <urn:h> { ?x <urn:r> 1 } "
            "GRAPH <urn:new> { ?x <urn:t> [ <urn:u> 7 ] } }"
        )
        # Nothing of what was needed on the way is left.
        names = {str(name) for name in store.graphs()}
        assert names == {"urn:g", "urn:h", "urn:new"}


SERVERS_HERE = [
    pytest.param(
        "oxigraph",
        servers.oxigraph,
        marks=pytest.mark.skipif(
            not servers.OXIGRAPH.exists(), reason="the package oxigraph is not installed"
        ),
    ),
    pytest.param(
        "virtuoso",
        servers.virtuoso,
        marks=[
            pytest.mark.slow,
            pytest.mark.skipif(not servers.VIRTUOSO, reason="virtuoso-t is not installed"),
        ],
    ),
]


@pytest.mark.parametrize(("server", "run"), SERVERS_HERE)
def test_a_service_graph_is_kept_on_a_server(
    server: str, run: Callable[[], AbstractContextManager[str]], tmp_path: Path
) -> None:
    (example,) = (file for file in knowledge.example_files() if file.stem == "banking")
    broken = tmp_path / "broken.ttl"
    broken.write_text(
        "@prefix srm: <https://w3id.org/srm#> .\n<urn:x> a srm:ServiceRelationship .\n"
    )
    with run() as url:
        graph = ServiceGraph(RemoteStore(url, server=server))
        assert graph.load(example).conforms
        before = graph.store.graphs()
        assert before[knowledge.ontology_graph()] > 2000
        assert before[knowledge.inferred_graph()] > 100
        with pytest.raises(DoesNotConformError):
            graph.load(broken)
        assert graph.store.graphs() == before
        # Another client sees the same, and the same file again changes nothing of what is said.
        other = ServiceGraph(RemoteStore(url, server=server))
        assert not other.validate().fails()
        (found,) = other.ask("who-provides-and-who-consumes")
        assert "banking" in str(tuple(found))
        assert other.load(example).conforms
        name = URIRef(example.as_uri())
        assert graph.store.graphs()[name] == before[name]


# Cutting and comparing


def quads() -> some.SearchStrategy[list[pyoxigraph.Quad]]:
    node = some.one_of(
        some.sampled_from([pyoxigraph.NamedNode(f"x:{name}") for name in "abc"]),
        some.sampled_from([pyoxigraph.BlankNode(f"b{number}") for number in range(8)]),
    )
    names = [pyoxigraph.DefaultGraph(), pyoxigraph.NamedNode("x:g"), pyoxigraph.NamedNode("x:h")]
    predicate = some.just(pyoxigraph.NamedNode("x:p"))
    return some.lists(
        some.builds(pyoxigraph.Quad, node, predicate, node, some.sampled_from(names)),
        unique_by=str,
        max_size=25,
    )


@given(quads(), some.integers(1, 6))
def test_parcels_hold_all_and_cut_no_blank_node(
    given_quads: list[pyoxigraph.Quad], largest: int
) -> None:
    found = list(parcels(given_quads, largest))
    assert sorted(map(str, given_quads)) == sorted(
        str(quad) for parcel in found for quad in parcel.quads
    )
    nodes = [{node for quad in parcel.quads for node in blank_nodes(quad)} for parcel in found]
    assert sum(map(len, nodes)) == len({node for names in nodes for node in names})
    for parcel in found:
        names = {quad.graph_name for quad in parcel.quads}
        assert parcel.graph is None or names == {parcel.graph}
        # One that is larger is held together by blank nodes.
        ground = [quad for quad in parcel.quads if not any(blank_nodes(quad))]
        assert len(ground) <= largest


@given(quads(), quads())
def test_a_difference_makes_one_the_other(
    old: list[pyoxigraph.Quad], new: list[pyoxigraph.Quad]
) -> None:
    before, after = set(old), set(new)
    dropped, removed, added = difference(before, after)
    kept = {quad for quad in before if quad.graph_name not in dropped} - removed
    assert kept | added == after
    # No request may name a blank node that the server holds.
    assert not any(any(blank_nodes(quad)) for quad in removed)
    held = {node for quad in kept for node in blank_nodes(quad)}
    assert not held & {node for quad in added for node in blank_nodes(quad)}
