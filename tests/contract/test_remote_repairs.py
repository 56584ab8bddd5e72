"""What is offered to mend data on a server is what would be offered if they were here."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, given, note, settings
from rdflib import RDF, SH, XSD, BNode, Graph, Literal
from tests.contract.conftest import KINDS, NO_OXIGRAPH, fill
from tests.contract.test_remote_validation import examples
from tests.unit import shacl_cases as cases
from tests.unit import shacl_strategies as random

from srmgraph.cli import main
from srmgraph.store import EmbeddedStore, open_store
from srmgraph.store.remote import RemoteStore
from srmgraph.validation import Report, propose, surroundings, validate, validate_remotely

EX = random.EX
FILES = sorted((Path(__file__).parents[1] / "unit" / "repairs").glob("*.ttl"))
pytestmark = pytest.mark.skipif(bool(NO_OXIGRAPH), reason=NO_OXIGRAPH or "-")


def offered(report: Report) -> dict[tuple[str, ...], set[str]]:
    """The updates for each result, but for those about what has no name."""
    return {
        (one.rule, str(one.focus_node), str(one.value), str(one.path), str(one.component)): {
            change.update for change in repairs if "WHERE" not in change.update
        }
        for one, repairs in report.repairs.items()
        if not any(isinstance(node, BNode) for node in (one.focus_node, one.value))
    }


def compare(store: RemoteStore, local: EmbeddedStore, shapes: Graph | None = None) -> int:
    """What is offered is the same as here, and nothing is written; return for how many results
    nothing is offered, although there would be here."""
    before = store.graphs()
    here = propose(validate(local, shapes), local, shapes, each=50)
    there = propose(validate_remotely(store, shapes), store, shapes, each=50)
    expected, found = offered(here), offered(there)
    assert found == {key: expected.get(key) for key in found}
    assert store.graphs() == before
    return sum(map(bool, expected.values())) - len(found)


def test_broken_examples(oxigraph: RemoteStore) -> None:
    local = examples(broken=True)
    fill(oxigraph, local)
    assert compare(oxigraph, local) == 0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_component(oxigraph: RemoteStore, file: Path) -> None:
    local = open_store()
    local.read(file, graph=EX.graph)
    fill(oxigraph, local)
    assert compare(oxigraph, local, local.graph()) == 0


@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(data=random.data(), shapes=random.shapes(sparql=True))
def test_random_shapes(running: Callable[[str], str], data: Graph, shapes: Graph) -> None:
    note(f"{data.serialize()}\n{shapes.serialize()}")
    no_names = [one for one in data if any(isinstance(node, BNode) for node in one)]
    for one in no_names:
        data.remove(one)
    local = cases.store_of(data)
    store = RemoteStore(running("oxigraph"), server="oxigraph")
    fill(store, local)
    compare(store, local, shapes)
    store.close()


@pytest.mark.slow
@pytest.mark.skipif(bool(KINDS["virtuoso"].missing), reason=KINDS["virtuoso"].missing or "-")
def test_virtuoso(running: Callable[[str], str]) -> None:
    store = KINDS["virtuoso"].open(running("virtuoso"))
    assert isinstance(store, RemoteStore)
    fill(store, dated(3))
    report = propose(validate_remotely(store, DATED), store, DATED)
    assert [change.is_certain for one in report.repairs.values() for change in one] == [
        True,
        False,
    ] * 3
    for repairs in report.repairs.values():
        with store.change() as copy:
            copy.update(repairs[0].update)
    assert validate_remotely(store, DATED).results == ()
    fill(store, open_store())
    store.close()


# ── How much is fetched ─────────────────────────────────────────────────────────────────────────

DATED = Graph().parse(
    data="""
    @prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    ex:dated sh:targetClass ex:A ;
        sh:property [ sh:path ex:from ; sh:datatype xsd:date ] .
    """
)


def dated(number: int, others: int = 0) -> EmbeddedStore:
    data = Graph()
    for one in range(number):
        data.add((EX[f"a{one}"], RDF.type, EX.A))
        data.add((EX[f"a{one}"], EX["from"], Literal("2026-01-31")))
    for one in range(others):
        thing = EX[f"b{one}"]
        data.add((thing, RDF.type, EX.A))
        data.add((thing, EX["from"], Literal("2026-01-31", datatype=XSD.date)))
        data.add((thing, EX.owner, EX.a0))
    return cases.store_of(data)


def test_no_more_is_fetched_where_there_is_more(oxigraph: RemoteStore) -> None:
    received = []
    for others in (10, 2_000):
        fill(oxigraph, dated(3, others))
        report = validate_remotely(oxigraph, DATED)
        before = oxigraph.traffic
        assert len(propose(report, oxigraph, DATED).repairs) == 3
        received.append(oxigraph.traffic.since(before).received)
    assert received[0] == received[1] < 10_000


def test_nothing_is_offered_where_very_much_would_have_to_be_fetched(
    oxigraph: RemoteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "MOST_TOUCHED", 300)
    shapes = Graph()
    owned, inverse = BNode(), BNode()
    shapes.add((EX.owner, SH.targetNode, EX.a0)).add((EX.owner, SH.property, owned))
    shapes.add((owned, SH.path, inverse)).add((inverse, SH.inversePath, EX.owner))
    shapes.add((owned, SH["class"], EX.Z))
    for others, mended in ((20, 1), (200, 0)):
        fill(oxigraph, dated(1, others))
        report = validate_remotely(oxigraph, shapes)
        assert len(report.results) == others
        assert len(propose(report, oxigraph, shapes, each=1).repairs) == mended


def test_the_command(
    oxigraph: RemoteStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plan is written, applied to the server, and checked."""
    fill(oxigraph, dated(2))
    shapes, plan = tmp_path / "shapes.ttl", tmp_path / "plan.ru"
    DATED.serialize(shapes, format="turtle")
    store = f"oxigraph+{oxigraph.url}"
    named = ["--store", store, "--shapes", str(shapes)]
    assert main(["validate", *named]) == 1
    assert '→ write "2026-01-31"^^xsd:date in place of "2026-01-31"' in capsys.readouterr().out
    assert main(["validate", *named, "--fix-plan", "--output", str(plan)]) == 1
    assert "Repairs for 2 of 2 results; 2 without a choice." in plan.read_text()
    assert len(validate_remotely(oxigraph, DATED).results) == 2
    assert main(["update", str(plan), "--store", store]) == 0
    assert main(["validate", *named]) == 0
