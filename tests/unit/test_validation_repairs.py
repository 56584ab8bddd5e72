"""What is offered to mend a result does mend it, and adds nothing else that is wrong."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pyoxigraph
import pytest
from hypothesis import given, note, settings
from rdflib import RDF, RDFS, SH, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import Node
from tests.unit import shacl_cases as cases
from tests.unit import shacl_strategies as random

from srmgraph import knowledge
from srmgraph.cli import main
from srmgraph.store import EmbeddedStore, embedded, open_store
from srmgraph.store.folder import FolderStore
from srmgraph.terms import OxigraphTerm
from srmgraph.validation import Report, Result, propose, surroundings, validate
from srmgraph.validation.columns import tables
from srmgraph.validation.formats import plan, render, text

EX = random.EX
FILES = sorted((Path(__file__).parent / "repairs").glob("*.ttl"))
MARK = "#= "


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_component(file: Path) -> None:
    store = open_store()
    store.read(file)
    shapes = store.graph()
    report = propose(validate(store, shapes), store, shapes)
    lines = file.read_text().splitlines()
    expected = [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]
    found = [
        f"{result.rule}{_value(result)}: {'certain ' if one.is_certain else ''}{one.kind}: "
        f"{text.repair(report, one)}"
        for result in report.results
        for one in report.repairs.get(result, ())
    ]
    assert sorted(found) == sorted(expected)


def _value(result: Result) -> str:
    value = result.value
    if value is None:
        return ""
    if isinstance(value, BNode):
        return " nameless"
    return f" “{value}”" if isinstance(value, Literal) else f" {value}"


# ── Laws ────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=20, deadline=None)
@given(data=random.data(), shapes=random.shapes(sparql=True))
def test_a_repair_removes_its_result_and_adds_none(data: Graph, shapes: Graph) -> None:
    note(f"{data.serialize()}\n{shapes.serialize()}")
    keeps_its_word(cases.store_of(data), shapes)


@pytest.mark.parametrize("folder", knowledge.examples()[::2], ids=lambda folder: folder.name)
def test_repairs_of_the_broken_examples(folder: Path) -> None:
    store = open_store()
    store.read(folder / "broken.ttl", graph=EX.graph)
    assert keeps_its_word(store, None) > 0


def keeps_its_word(store: EmbeddedStore, shapes: Graph | None) -> int:
    """Apply each repair by itself, as SPARQL Update, and look; return how many there were."""
    before = set(store.oxigraph)
    plain = validate(store, shapes)
    report = propose(plain, store, shapes)
    assert set(store.oxigraph) == before
    number = 0
    for result, repairs in report.repairs.items():
        for one in repairs:
            changed = open_store()
            changed.oxigraph.extend(before)
            changed.update(one.update)
            assert set(changed.oxigraph) != before
            now = _about(validate(changed, shapes), result)
            earlier = _about(plain, result)
            assert now[_key(result)] < earlier[_key(result)], one.update
            assert now <= earlier, one.update
            number += 1
    return number


def _about(report: Report, result: Result) -> Counter[tuple[Node | str | None, ...]]:
    """What the same rule finds about the same thing."""
    return Counter(
        _key(other)
        for other in report.results
        if (other.rule, other.focus_node) == (result.rule, result.focus_node)
    )


def _key(result: Result) -> tuple[Node | str | None, ...]:
    return (result.source_shape, result.component, str(result.path), result.value)


# ── Where things stand ──────────────────────────────────────────────────────────────────────────

DATED = Graph().parse(
    data="""
    @prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    ex:dated sh:targetClass ex:A ; sh:property [ sh:path ex:p ; sh:datatype xsd:date ] .
    """
)


def test_statements_are_changed_in_the_graph_in_which_they_stand() -> None:
    store = open_store()
    store.add(Graph().add((EX.a, RDF.type, EX.A)))
    store.add(Graph().add((EX.a, EX.p, Literal("2026-01-31"))), EX.graph)
    report = propose(validate(store, DATED), store, DATED)
    ((result, (certain, _)),) = report.repairs.items()
    assert result.value == Literal("2026-01-31")
    store.update(certain.update)
    assert store.graphs() == {None: 1, EX.graph: 1}
    assert list(store.graph(EX.graph).objects(EX.a, EX.p)) == [
        Literal("2026-01-31", datatype=XSD.date)
    ]


# ── Before a store is filled ────────────────────────────────────────────────────────────────────

RULES = Path(__file__).parents[1] / "conformance" / "rules"


def offered_alike(files: Sequence[Path], folder: Path, shapes: Graph | None = None) -> int:
    """What is offered for files of N-Triples that are in no store yet is what is offered for them
    in one, which it does not fill; return how much that is. What has no name gets one."""
    store = open_store()
    for file in files:
        store.read(file)

    def named(term: OxigraphTerm) -> str:
        return f"<x:{term.value}>" if isinstance(term, pyoxigraph.BlankNode) else str(term)

    lines = {f"{named(q.subject)} {q.predicate} {named(q.object)} .\n" for q in store.oxigraph}
    one = folder / "one.nt"
    one.write_text("".join(sorted(lines)), encoding="utf-8")
    loaded, unloaded = open_store(), open_store()
    loaded.read(one)
    with patch.object(embedded, "_WORTH_COLUMNS", 0):
        unloaded.read(one)
    report = validate(loaded, shapes)
    assert len(loaded.oxigraph)
    assert unloaded.is_unloaded
    here = propose(report, loaded, shapes, each=1_000)
    far = propose(report, unloaded, shapes, each=1_000)
    assert unloaded.is_unloaded
    assert list(far.repairs.items()) == list(here.repairs.items())
    assert far.labels == here.labels
    return len(here.repairs)


def test_what_breaks_a_rule_is_mended_before_a_store_is_filled(tmp_path: Path) -> None:
    assert offered_alike(sorted(RULES.glob("*/*.fails.ttl")), tmp_path) > 100


def test_broken_examples_are_mended_before_a_store_is_filled(tmp_path: Path) -> None:
    assert offered_alike([one / "broken.ttl" for one in knowledge.examples()], tmp_path) > 10


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_component_before_a_store_is_filled(file: Path, tmp_path: Path) -> None:
    store = open_store()
    store.read(file)
    assert offered_alike([file], tmp_path, store.graph()) > 0


TOLD_APART = """
    @prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
    ex:one sh:targetNode ex:a ; sh:property [ sh:path ex:has ; sh:maxCount 1 ] .
    ex:a ex:has [ ex:colour "red" ], [ ex:colour "blue" ] .
"""


@pytest.mark.parametrize("text", [TOLD_APART, *(file.read_text("utf-8") for file in FILES)])
def test_what_has_no_name_is_mended_as_in_a_store(text: str, tmp_path: Path) -> None:
    """Nothing is told of it from a part of what is said of it."""
    data = open_store()
    data.parse(text, "turtle")
    shapes = data.graph()
    one = tmp_path / "one.nt"
    one.write_text("".join(sorted(f"{quad.triple} .\n" for quad in data.oxigraph)), "utf-8")
    loaded, unloaded = open_store(), open_store()
    loaded.read(one)
    with patch.object(embedded, "_WORTH_COLUMNS", 0):
        unloaded.read(one)
    here = propose(validate(loaded, shapes), loaded, shapes)
    far = propose(validate(unloaded, shapes), unloaded, shapes)
    found, expected = (
        sorted(sorted(repair.update for repair in repairs) for repairs in some)
        for some in (far.repairs.values(), here.repairs.values())
    )
    assert found == expected != []


@pytest.mark.parametrize("limit", [(surroundings, "MOST_TOUCHED"), (tables, "MOST_ROWS")])
def test_what_is_too_much_for_columns_is_mended_in_a_store(
    limit: tuple[ModuleType, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where very much lies around a thing, and where columns have no answer."""
    file = tmp_path / "one.nt"
    lines = (
        f'<{EX}{number}> <{RDF.type}> <{EX.A}> .\n<{EX}{number}> <{EX.p}> "2026-01-31" .\n'
        for number in range(3)
    )
    file.write_text("".join(lines), encoding="utf-8")
    shapes = Graph().parse(
        data="""
        @prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
        ex:none sh:targetClass ex:A ; sh:property [ sh:path ex:p ; sh:maxCount 0 ] .
        """
    )
    monkeypatch.setattr(embedded, "_WORTH_COLUMNS", 0)
    store = open_store()
    store.read(file)
    report = validate(store, shapes)
    monkeypatch.setattr(*limit, 0)
    assert store.is_unloaded
    assert len(propose(report, store, shapes).repairs) == len(report.results) == 3
    assert not store.is_unloaded


def applied(store: EmbeddedStore, shapes: Graph, *, of: int) -> EmbeddedStore:
    """Apply all certain repairs, one after the other, to a copy in which nameless things have other
    names, as in any other process that reads the same file."""
    report = propose(validate(store, shapes), store, shapes)
    certain = [one for offered in report.repairs.values() for one in offered if one.is_certain]
    assert len(certain) == of
    other = open_store()
    names: dict[pyoxigraph.BlankNode, pyoxigraph.BlankNode] = {}

    def renamed(term: OxigraphTerm) -> OxigraphTerm:
        if isinstance(term, pyoxigraph.BlankNode):
            return names.setdefault(term, pyoxigraph.BlankNode())
        return term

    other.oxigraph.extend(
        pyoxigraph.Quad(renamed(q.subject), q.predicate, renamed(q.object), q.graph_name)  # type: ignore[arg-type]
        for q in store.oxigraph
    )
    before = len(other)
    for one in certain:
        other.update(one.update)
    assert len(other) == before
    return other


NAMELESS = """
    @prefix ex: <https://example.org/> .
    ex:a ex:has [ a ex:A ; ex:p "2026-01-31" ; ex:q "1" ] .
    ex:a ex:has [ a ex:A ; ex:p "2026-01-31" ; ex:q "2" ] .
    ex:b ex:has [ a ex:A ; ex:p "2026-01-31" ; ex:part [ a ex:A ; ex:p "2026-02-01" ] ] .
"""


def test_what_has_no_name_is_found_by_what_is_said_of_it() -> None:
    store = open_store()
    store.add(Graph().parse(data=NAMELESS), EX.graph)
    assert len(validate(store, DATED).results) == 4
    mended = applied(store, DATED, of=4)
    assert validate(mended, DATED).results == ()
    assert mended.graphs() == {EX.graph: 14}


def test_what_nothing_tells_apart_is_not_changed() -> None:
    data = Graph()
    for node in (BNode(), BNode()):
        data.add((node, RDF.type, EX.A)).add((node, EX.p, Literal("2026-01-31")))
    store = cases.store_of(data)
    report = validate(store, DATED)
    assert len(report.results) == 2
    assert propose(report, store, DATED).repairs == {}


def test_a_change_leaves_that_by_which_the_next_one_finds_the_same_thing() -> None:
    shapes = DATED + Graph().parse(
        data="""
        @prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
        ex:spelt sh:targetClass ex:A ; sh:property [ sh:path ex:r ; sh:hasValue ex:R ] .
        """
    )
    data = Graph().parse(
        data="""
        @prefix ex: <https://example.org/> .
        [] a ex:A ; ex:p "2026-01-31", "2026-02-01" ; ex:q 7 .
        [] a ex:A ; ex:p "2026-03-01" ; ex:q 8 .
        """
    )
    store = cases.store_of(data)
    report = propose(validate(store, shapes), store, shapes)
    for offered in report.repairs.values():
        if offered[0].is_certain:
            store.update(offered[0].update)
    assert len(report.results) == len(report.repairs) == 5
    assert validate(store, shapes).results == ()


def test_the_ontology_is_not_changed() -> None:
    shapes = Graph()
    shape = BNode()
    shapes.add((EX.unnamed, SH.targetNode, URIRef(knowledge.ontology_iri())))
    shapes.add((EX.unnamed, SH.property, shape)).add((shape, SH.path, RDF.type))
    shapes.add((shape, SH["in"], RDF.nil))
    store = cases.store_of(Graph())
    report = validate(store, shapes)
    assert len(report.results) == 1
    assert propose(report, store, shapes).repairs == {}


def test_only_the_first_results_of_each_rule_are_looked_at() -> None:
    data = Graph()
    for number in range(30):
        data.add((EX[f"a{number}"], RDF.type, EX.A))
        data.add((EX[f"a{number}"], EX.p, Literal("2026-01-31")))
    store = cases.store_of(data)
    report = propose(validate(store, DATED), store, DATED, each=7)
    assert list(report.repairs) == list(report.results[:7])


# ── How it is told ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def offered() -> Report:
    data = Graph().add((EX.a, RDF.type, EX.A)).add((EX.a, EX.p, Literal("2026-01-31")))
    data.add((EX.a, RDFS.label, Literal("A\nDROP ALL ;\r\nDROP ALL ; \u2028DROP ALL ; <b>")))
    store = cases.store_of(data)
    return propose(validate(store, DATED), store, DATED)


def test_text(offered: Report) -> None:
    assert '→ write "2026-01-31"^^xsd:date in place of "2026-01-31"\n' in render(offered, "text")


def test_json(offered: Report) -> None:
    (result,) = json.loads(render(offered, "json"))["results"]
    first, second = result["repairs"]
    assert first["kind"] == "replace"
    assert first["certain"] is True
    assert first["says"] == 'write "2026-01-31"^^xsd:date in place of "2026-01-31"'
    assert first["update"].startswith("DELETE DATA { <https://example.org/a>")
    assert (second["kind"], second["certain"]) == ("remove", False)


def test_html(offered: Report) -> None:
    page = render(offered, "html")
    HTMLParser().feed(page)
    assert "<th>What would mend it</th>" in page
    assert "<li><bdi>write &quot;2026-01-31&quot;^^xsd:date in place of" in page


def test_nothing_gets_out_of_a_comment_of_a_plan(offered: Report) -> None:
    written = plan.render(offered)
    store = pyoxigraph.Store()
    marker = pyoxigraph.Quad(*[pyoxigraph.NamedNode("https://example.org/kept")] * 3)
    store.add(marker)
    store.update(written)
    assert marker in store
    assert "Repairs for 1 of 1 results; 1 without a choice." in written


def test_a_plan_that_nobody_has_read_decides_nothing() -> None:
    file = next(file for file in FILES if file.stem == "sets")
    store = open_store()
    store.read(file)
    shapes = store.graph()
    report = propose(validate(store, shapes), store, shapes)
    before = set(store.oxigraph)
    store.update(plan.render(report))
    added = {str(quad.object) for quad in set(store.oxigraph) - before}
    assert before <= set(store.oxigraph)
    # Nothing else may be there, or nothing else is in the list.
    whole = "<http://www.w3.org/2001/XMLSchema#integer>"
    assert added == {"<https://example.org/Special>", f'"1"^^{whole}'}
    commented = re.sub("(?m)^# (INSERT|DELETE)", r"\1", plan.render(report))
    assert commented.count(" DATA {") > 10
    store.update(commented)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plan is written, applied to a store, and checked."""
    file, folder, ru = tmp_path / "data.ttl", tmp_path / "store", tmp_path / "plan.ru"
    file.write_text(
        """
        @prefix srm: <https://w3id.org/srm#> . @prefix ex: <https://example.org/> .
        ex:payroll a srm:ServiceRelationship ; srm:hasProvider ex:bureau ;
            srm:hasConsumer ex:acme ; srm:validUntil "2026-12-31" .
        ex:bureau a srm:Organization . ex:acme a srm:Organization .
        """
    )
    store = FolderStore.create(folder)
    with store.change() as copy:
        copy.read(file)
    store.close()
    named = ["--store", str(folder)]
    assert main(["validate", *named, "--fix-plan", "--show", "violation"]) == 1
    written = capsys.readouterr().out
    ru.write_text(written)
    assert "Repairs for 1 of 1 results; 1 without a choice." in written
    assert main(["update", str(ru), *named]) == 0
    assert "Updated by" in capsys.readouterr().out
    assert main(["validate", *named, "--show", "violation"]) == 0
    ru.write_text("INSERT DATA { <https://example.org/payroll> <https://w3id.org/srm#x> 1 }")
    capsys.readouterr()
    assert main(["update", str(ru), *named]) == 1
    output = capsys.readouterr()
    assert "only-declared-properties-are-used" in output.out
    assert "Nothing was changed." in output.err
