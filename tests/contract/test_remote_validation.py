"""What is on a server is checked there, and the report is the one that a copy of it would give."""

import itertools
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pyoxigraph
import pytest
import urllib3
from _pytest.mark import ParameterSet
from benchmarks.reliability import free_port
from hypothesis import given, note, settings
from rdflib import OWL, RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.term import Node
from tests.conformance import reports, test_rules
from tests.conformance import test_w3c_shacl as w3c
from tests.conformance import w3c as w3c_lists
from tests.contract import servers
from tests.contract.conftest import KINDS, NO_OXIGRAPH, NO_VIRTUOSO, fill
from tests.contract.script import ROWS, Reply, Request, Script
from tests.unit import shacl_cases as cases
from tests.unit import shacl_strategies as random

from srmgraph import knowledge
from srmgraph.cli import main
from srmgraph.errors import SrmgraphError, StoreError
from srmgraph.graph import ServiceGraph
from srmgraph.store import EmbeddedStore, open_store
from srmgraph.store.remote import RemoteStore
from srmgraph.terms import triples_to_oxigraph
from srmgraph.validation import Report, Result, formats, remote, runs, validate, validate_remotely
from srmgraph.validation.remote import Options
from srmgraph.validation.shapes import Shapes

EX = random.EX
ONTOLOGY = URIRef("https://example.org/ontology")
SMALL = Options(batch=3, page=7, all_at_once=False)
FOLDER = Path(__file__).parent
CASES = sorted((FOLDER.parent / "unit" / "shapes").glob("*.ttl"))
NOT_BY_VIRTUOSO = w3c_lists.reasons(FOLDER / "cases-not-by-virtuoso.txt")
needs_oxigraph = pytest.mark.skipif(bool(NO_OXIGRAPH), reason=NO_OXIGRAPH or "-")


@pytest.fixture(
    params=[
        pytest.param(name, marks=[pytest.mark.slow] if name == "virtuoso" else [])
        for name, kind in KINDS.items()
        if kind.server
    ]
)
def server(request: pytest.FixtureRequest, running: Callable[[str], str]) -> Iterator[RemoteStore]:
    """An empty store on a server of each kind in turn."""
    name = str(request.param)
    if KINDS[name].missing:
        pytest.skip(KINDS[name].missing)
    store = KINDS[name].open(running(name))
    assert isinstance(store, RemoteStore)
    yield store
    fill(store, open_store())
    store.close()


def told(report: Report) -> dict[str, object]:
    """All that a report tells, with one name for whatever has none."""
    return {
        "results": Counter(map(nameless, report.results)),
        "labels": report.labels,
        "graphs": {node: names for node, names in report.graphs.items() if named(node)},
        "hints": report.hints,
        "unchecked": report.unchecked,
    }


def nameless(result: Result) -> Result:
    def name(node: Node | None) -> Node | None:
        return BNode("nameless") if isinstance(node, BNode) else node

    focus_node = name(result.focus_node)
    assert focus_node is not None
    return replace(result, focus_node=focus_node, value=name(result.value))


def named(node: Node) -> bool:
    return not isinstance(node, BNode)


def parameter(name: str, case: object, listed: Mapping[str, str]) -> ParameterSet:
    """A case, which may be known to fail, or to fail at times."""
    marks = []
    if (reason := listed.get(name)) is not None:
        marks.append(pytest.mark.xfail(reason=reason, strict=not reason.startswith("at times")))
    return pytest.param(case, id=name, marks=marks)


def w3c_cases(listed: Mapping[str, str] = MappingProxyType({})) -> list[ParameterSet]:
    """The cases of the W3C's suite that give a report, but for one that takes a minute or two."""
    return [
        parameter(case.name, case, listed) if isinstance(case, w3c.Case) else given
        for given in w3c.CASES
        for case in given.values
        if not isinstance(case, w3c.Case)
        or (case.expected != w3c.SHT.Failure and case.name != "core/complex/shacl-shacl")
    ]


# ── The same report as here ─────────────────────────────────────────────────────────────────────


def examples(*, broken: bool, number: int | None = None) -> EmbeddedStore:
    """All six or the first of them at once, each in a graph of its own, and the ontology."""
    local = open_store()
    local.add(knowledge.ontology(), ONTOLOGY)
    for folder in knowledge.examples()[:number]:
        file = folder / ("broken.ttl" if broken else f"{folder.name}.ttl")
        local.read(file, graph=URIRef(f"https://example.org/{folder.name}"))
    return local


@needs_oxigraph
def test_examples(oxigraph: RemoteStore) -> None:
    local = examples(broken=False)
    fill(oxigraph, local)
    here, there = validate(local), validate_remotely(oxigraph)
    assert told(there) == told(here)
    assert len(here.results) > 40


def test_broken_examples(server: RemoteStore) -> None:
    is_virtuoso = "virtuoso" in repr(server)
    local = examples(broken=True, number=2 if is_virtuoso else None)
    fill(server, local)
    before = server.graphs()
    here, there = validate(local), validate_remotely(server)
    assert any("wrongly without a word" in note for note in there.notes) is is_virtuoso
    if is_virtuoso:
        not_by_virtuoso(here, there)
    else:
        assert told(there) == told(here)
    assert len(here.results) > (25 if is_virtuoso else 100)
    assert server.graphs() == before


@needs_oxigraph
def test_a_service_graph_is_checked_without_being_fetched(
    oxigraph: RemoteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = examples(broken=True, number=1)
    fill(oxigraph, local)

    def fetched(_: RemoteStore) -> EmbeddedStore:
        raise AssertionError("All of the store was fetched.")

    with monkeypatch.context() as patched:
        patched.setattr(RemoteStore, "snapshot", fetched)
        there = ServiceGraph(oxigraph).validate()
    assert told(there) == told(ServiceGraph(local).validate())
    assert there.results


@pytest.mark.slow
@needs_oxigraph
def test_all_cases_of_the_rules(oxigraph: RemoteStore) -> None:
    local = open_store()
    local.add(knowledge.ontology(), ONTOLOGY)
    for file in test_rules.CASES:
        local.add(reports.split(file)[0])
    fill(oxigraph, local)
    here = validate(local)
    assert {result.rule for result in here.results} == {rule.name for rule in here.rules}
    assert told(validate_remotely(oxigraph, options=Options(all_at_once=False))) == told(here)


def not_by_virtuoso(here: Report, there: Report) -> None:
    """What Virtuoso answers is right, but for the rules that are listed with the reason."""
    file = Path(__file__).parent / "rules-not-by-virtuoso.txt"
    lines = [line.split("  ")[0] for line in file.read_text().splitlines()]
    listed = {line for line in lines if line and not line.startswith("#")}
    assert listed <= {rule.name for rule in here.rules}

    def others(report: Report) -> Counter[Result]:
        return Counter(
            nameless(result)
            for result in report.results
            if result.rule not in there.unchecked and result.rule not in listed
        )

    assert others(there) == others(here)
    assert len(there.unchecked) < 100


@needs_oxigraph
@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_every_component(oxigraph: RemoteStore, file: Path) -> None:
    graph, _ = cases.split(file)
    fill(oxigraph, cases.store_of(graph))
    compare(oxigraph, graph, graph)


@pytest.mark.slow
@needs_oxigraph
@pytest.mark.parametrize("case", w3c_cases())
def test_the_suite_of_the_w3c(oxigraph: RemoteStore, case: w3c.Case) -> None:
    data, shapes = case.graph(w3c.SHT.dataGraph), case.graph(w3c.SHT.shapesGraph)
    fill(oxigraph, cases.store_of(data))
    compare(oxigraph, data, shapes)


@pytest.mark.slow
@pytest.mark.skipif(bool(NO_VIRTUOSO), reason=NO_VIRTUOSO or "-")
@pytest.mark.parametrize(
    "case",
    [
        *w3c_cases(NOT_BY_VIRTUOSO),
        *(parameter(file.stem, file, NOT_BY_VIRTUOSO) for file in CASES),
    ],
)
def test_every_case_on_virtuoso(running: Callable[[str], str], case: w3c.Case | Path) -> None:
    """What it answers is right, but for the cases that are listed with the reason."""
    if isinstance(case, Path):
        data, _ = shapes, _ = cases.split(case)
    else:
        data, shapes = case.graph(w3c.SHT.dataGraph), case.graph(w3c.SHT.shapesGraph)
    local, view = cases.store_of(data), Shapes(shapes)
    store = KINDS["virtuoso"].open(running("virtuoso"))
    assert isinstance(store, RemoteStore)
    store.update("CLEAR ALL")
    fill(store, local)
    found = remote.run(store, view)
    store.close()
    asked = {view.name(rule) for rule in view.with_targets()}
    asked -= {view.name(rule) for rule in found.left_out}
    found_here, _ = runs.on_store(local.oxigraph, view).gathered()
    expected = [result for result in found_here.results() if result.rule in asked]
    there = [result for result in found.results if result.rule in asked]
    assert Counter(map(nameless, there)) == Counter(map(nameless, expected))


@needs_oxigraph
@settings(max_examples=15, deadline=None)
@given(data=random.data(), shapes=random.shapes(sparql=True))
def test_random_shapes(running: Callable[[str], str], data: Graph, shapes: Graph) -> None:
    compare_random(running("oxigraph"), data, shapes)


@needs_oxigraph
@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(data=random.data(), shapes=random.shapes(sparql=True))
def test_many_random_shapes(running: Callable[[str], str], data: Graph, shapes: Graph) -> None:
    compare_random(running("oxigraph"), data, shapes)


def compare_random(address: str, data: Graph, shapes: Graph) -> None:
    note(f"{data.serialize()}\n{shapes.serialize()}")
    store = RemoteStore(address, server="oxigraph")
    fill(store, cases.store_of(data))
    compare(store, data, shapes)
    store.close()


def compare(store: RemoteStore, data: Graph, shapes: Graph) -> None:
    """All at once, and a few at a time, a server finds what the engine here finds."""
    view = Shapes(shapes)
    oxigraph = pyoxigraph.Store()
    for triple in triples_to_oxigraph(data):
        oxigraph.add(pyoxigraph.Quad(triple.subject, triple.predicate, triple.object))
    expected, left_out = runs.on_store(oxigraph, view).gathered()
    for options in (Options(), SMALL):
        found = remote.run(store, view, options=options)
        unasked = {view.name(rule) for rule in found.left_out}
        here = [result for result in expected.results() if result.rule not in unasked]
        there = [result for result in found.results if result.rule not in unasked]
        assert Counter(map(nameless, there)) == Counter(map(nameless, here))
        for rule in set(found.left_out) - set(left_out):
            assert re.search("looks at the shapes|by its name|no name", found.left_out[rule])


# ── Few at a time ───────────────────────────────────────────────────────────────────────────────


@needs_oxigraph
def test_a_query_for_one_node_is_put_to_each(oxigraph: RemoteStore) -> None:
    """A query that groups or limits its solutions cannot be asked of all at once."""
    shapes = Graph().parse(
        data="""
        @prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
        ex:few sh:targetClass ex:Thing ; sh:sparql [
          sh:message "{?number} are too many" ; sh:select '''
            SELECT $this (COUNT(?other) AS ?number)
            WHERE { $this <https://example.org/has> ?other }
            GROUP BY $this HAVING (COUNT(?other) > 2)''' ] ;
          sh:sparql [ sh:message "{?least} is less than {$this} needs" ; sh:select '''
            SELECT $this ?least WHERE {
                { SELECT $this (MIN(?has) AS ?least) WHERE { $this <https://example.org/has> ?has }
                  GROUP BY $this }
                FILTER(?least < 2) }''' ] .
        """
    )
    data = Graph()
    for number in range(40):
        thing = EX[f"thing{number}"]
        data.add((thing, RDF.type, EX.Thing))
        for other in range(number % 5):
            data.add((thing, EX.has, Literal(other + number % 3)))
    fill(oxigraph, cases.store_of(data))
    before = oxigraph.traffic
    compare(oxigraph, data, shapes)
    outcome = remote.run(oxigraph, Shapes(shapes))
    assert len(outcome.results) == 16 + 22
    assert {"3 are too many", "4 are too many"} < {result.message for result in outcome.results}
    # 40 focus nodes, 16 in a request, for each of two constraints; and what is asked beforehand.
    assert oxigraph.traffic.since(before).requests < 60


@needs_oxigraph
def test_what_is_too_much_for_a_server_is_asked_in_parts() -> None:
    """A server that ends long queries gets shorter ones; the report is the same."""
    data = Graph()
    for number in range(400):
        data.add((EX[f"thing{number:03}"], RDF.type, EX.Thing))
        data.add((EX[f"thing{number:03}"], EX.next, EX[f"thing{(number + 1) % 400:03}"]))
        data.add((EX[f"thing{number:03}"], EX.value, Literal(number)))
    shapes = Graph().parse(
        data="""
        @prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
        ex:slow sh:targetClass ex:Thing ; sh:sparql [ sh:select '''
            SELECT $this ?value WHERE {
                $this <https://example.org/next>+ ?other .
                ?other <https://example.org/value> ?value .
                FILTER(?value = 7 || ?value = 1000000) }''' ] .
        """
    )
    with servers.oxigraph("--timeout-s", "1") as url:
        store = RemoteStore(url, server="oxigraph", timeout=0.12)
        patient = RemoteStore(url, server="oxigraph")
        fill(patient, cases.store_of(data))
        outcome = remote.run(store, Shapes(shapes), options=Options(batch=64))
        store.close()
        patient.close()
    assert outcome.left_out == {}
    assert len(outcome.results) == 400
    (cost,) = outcome.costs
    assert cost.queries > 400 / 64 + 2


# ── What is told ────────────────────────────────────────────────────────────────────────────────


@needs_oxigraph
def test_a_server_without_the_ontology(oxigraph: RemoteStore) -> None:
    data = Graph().add((EX.a, RDF.type, EX.A))
    fill(oxigraph, cases.store_of(data))
    with pytest.raises(StoreError, match="does not hold the ontology"):
        validate_remotely(oxigraph)
    shapes = Graph().add((EX.shape, SH.targetClass, EX.A)).add((EX.shape, SH.nodeKind, SH.Literal))
    report = validate_remotely(oxigraph, shapes)
    assert [result.focus_node for result in report.results] == [EX.a]
    assert any("does not hold the ontology" in line for line in report.notes)


@needs_oxigraph
def test_a_server_with_another_ontology(oxigraph: RemoteStore) -> None:
    iri = URIRef(knowledge.ontology_iri())
    fill(oxigraph, cases.store_of(Graph().add((iri, OWL.versionInfo, Literal("0.0.1")))))
    with pytest.raises(StoreError, match="another version"):
        validate_remotely(oxigraph)


UNASKED = """
@prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
ex:aboutShapes sh:targetClass ex:A ; sh:sparql [ sh:select '''
    SELECT $this ?value WHERE { GRAPH $shapesGraph { $currentShape ?value ?x } }''' ] .
ex:itself sh:targetClass ex:A ; sh:property [ sh:path ex:p ; sh:node ex:itself ] .
ex:plain sh:targetClass ex:A ; sh:nodeKind sh:BlankNode .
"""


@needs_oxigraph
@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("text", "Not checked: aboutShapes: its SPARQL looks at the shapes"),
        ("text", "1 rule checked, 2 not checked"),
        ("html", "Not checked: <code>"),
        ("json", '"notChecked": {'),
        ("junit", 'errors="2"'),
        ("sarif", '"executionSuccessful": false'),
    ],
)
def test_what_was_not_checked_is_told(oxigraph: RemoteStore, format: str, expected: str) -> None:
    fill(oxigraph, cases.store_of(Graph().add((EX.a, RDF.type, EX.A))))
    report = validate_remotely(oxigraph, Graph().parse(data=UNASKED))
    assert set(report.unchecked) == {"aboutShapes", "itself"}
    assert [result.rule for result in report.results] == ["plain"]
    assert not report.is_complete
    assert expected in formats.render(report, format)


@needs_oxigraph
def test_the_command(
    oxigraph: RemoteStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(UNASKED)
    store = f"oxigraph+{oxigraph.url}"
    validate_there = ["validate", "--store", store, "--shapes", str(shapes), "--format", "json"]
    assert main(validate_there) == 2
    assert set(json.loads(capsys.readouterr().out)["notChecked"]) == {"aboutShapes", "itself"}
    local = open_store()
    local.add(knowledge.ontology(), knowledge.ontology_graph())
    local.read(knowledge.examples()[0] / "broken.ttl")
    fill(oxigraph, local)
    assert main(["validate", "--store", store, "--profile"]) == 1
    output = capsys.readouterr()
    assert "rules checked, 11 violations" in output.out
    assert re.search(r"requests, .* bytes sent", output.err)
    assert main(["validate", "--store", store, "--infer"]) == 2
    assert main(["validate", "--store", f"http://127.0.0.1:{free_port()}"]) == 2
    assert "cannot be reached" in capsys.readouterr().err


@needs_oxigraph
def test_a_query_that_no_server_answers_in_time(oxigraph: RemoteStore) -> None:
    hasty = RemoteStore(oxigraph.url, server="oxigraph", timeout=0.000001)
    with pytest.raises(SrmgraphError, match="has not answered within"):
        validate_remotely(hasty)
    hasty.close()


# ── Servers in trouble ──────────────────────────────────────────────────────────────────────────

SLOW = Reply(pause=20)
CUT = Reply(body="{", promised=100)
TROUBLE = {
    "hangs": (SLOW, "does not answer any more, not even when asked for next to nothing"),
    "is busy": (Reply(503, "no"), "refuses the request with status 503: no"),
    "fails": (Reply(500, "<b>no &amp; no</b>", {"Content-Type": "text/html"}), "500: no & no"),
    "breaks off": (CUT, "broke off the connection before its answer was whole"),
    "ends too early": (Reply(body='{"head":'), "breaks off before its end"),
    "shows a page": (Reply(headers={"Content-Type": "text/html"}), "as SPARQL 1.1 has it"),
    "wants a login": (Reply(401, ""), "another login"),
}
"""What a server may do, and what is then told."""


def relay(script: Script, oxigraph: RemoteStore, fails: Callable[[Request], Reply | None]) -> None:
    """Let requests go on to a real server, but for those that fail."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": ROWS}

    def reply(request: Request) -> Reply:
        if (failure := fails(request)) is not None:
            return failure
        url = f"{oxigraph.url}{request.target}"
        answer = urllib3.request("POST", url, body=request.body, headers=headers)
        return Reply(
            answer.status,
            answer.data.decode(),
            {"Content-Type": answer.headers["Content-Type"]},
        )

    script.replies = [reply]


def from_on(number: int, failure: Reply) -> Callable[[Request], Reply | None]:
    """Fail at one request and at all after it."""
    count = itertools.count(1)
    return lambda _: failure if next(count) >= number else None


@pytest.fixture
def broken(oxigraph: RemoteStore) -> RemoteStore:
    """A server that holds the broken twin of an example, and the ontology."""
    local = open_store()
    local.add(knowledge.ontology(), knowledge.ontology_graph())
    local.read(knowledge.examples()[0] / "broken.ttl")
    fill(oxigraph, local)
    return oxigraph


@needs_oxigraph
@pytest.mark.parametrize("first", [1, 30])
@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_server_in_trouble_is_told_and_nothing_else(
    trouble: str,
    first: int,
    broken: RemoteStore,
    script: Script,
    pauses: list[float],
    capsys: pytest.CaptureFixture[str],
) -> None:
    failure, words = TROUBLE[trouble]
    relay(script, broken, from_on(first, failure))
    start = time.monotonic()
    store = f"oxigraph+{script.url}"
    assert main(["validate", "--store", store, "--timeout", "0.5"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err or (first == 1 and "has not answered within" in told.err)
    assert told.err.count("\n") == 1
    # Not each of some hundred queries is waited for.
    assert len(script.requests) < first + 40
    assert time.monotonic() - start < 15


@needs_oxigraph
def test_a_report_is_told_though_repairs_cannot_be_looked_for(
    oxigraph: RemoteStore, script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(oxigraph, cases.store_of(Graph().add((EX.a, RDF.type, EX.A))))
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(
        """
        @prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
        ex:shape sh:targetClass ex:A ; sh:path ex:p ; sh:minCount 1 ; sh:in (1) .
        """
    )
    relay(script, oxigraph, lambda _: None)
    arguments = ["validate", "--store", f"oxigraph+{script.url}", "--shapes", str(shapes)]
    arguments += ["--timeout", "0.5"]
    assert main([*arguments, "--format", "json"]) == 1
    (whole,) = json.loads(capsys.readouterr().out)["results"]
    assert whole["repairs"]
    # What is asked for repairs is asked after all else.
    asked = next(
        number
        for number, request in enumerate(script.requests, 1)
        if "LIMIT 20001" in dict(request.form)["query"]
    )
    relay(script, oxigraph, from_on(asked, SLOW))
    assert main([*arguments, "--format", "json"]) == 1
    told = capsys.readouterr()
    assert "What would mend the data is not told" in told.err
    assert json.loads(told.out)["results"] == [whole | {"repairs": []}]
    relay(script, oxigraph, from_on(asked, SLOW))
    assert main([*arguments, "--fix-plan"]) == 2
    assert capsys.readouterr().out == ""


@needs_oxigraph
def test_what_is_too_long_for_a_server_is_asked_in_parts(
    oxigraph: RemoteStore, script: Script
) -> None:
    data = Graph()
    for number in range(300):
        data.add((EX[f"thing{number:03}"], RDF.type, EX.A))
    shapes = Graph().add((EX.shape, SH.targetClass, EX.A)).add((EX.shape, SH.nodeKind, SH.Literal))
    fill(oxigraph, cases.store_of(data))
    relay(script, oxigraph, lambda request: Reply(413) if len(request.body) > 6_000 else None)
    store = RemoteStore(script.url, server="oxigraph")
    outcome = remote.run(store, Shapes(shapes), options=Options(all_at_once=False))
    assert outcome.left_out == {}
    assert len(outcome.results) == 300
    assert any(len(request.body) > 6_000 for request in script.requests)
    store.close()


def test_nobody_waits_for_a_thread_that_waits() -> None:
    """Whoever presses Ctrl-C while a server hangs does not wait until it has answered."""
    release = threading.Event()

    def work(check: str) -> str:
        if check == "hangs":
            release.wait(30)
        return check

    done = remote._ahead(work, ["first", "hangs", *map(str, range(100))], 2)
    assert next(done) == "first"
    start = time.monotonic()
    done.close()
    assert time.monotonic() - start < 5
    release.set()
