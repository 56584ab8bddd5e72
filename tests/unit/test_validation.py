"""Validation against SHACL shapes of any kind, by both engines."""

from pathlib import Path
from typing import Literal as OneOf
from typing import TypeAlias

import pyoxigraph
import pytest
from _pytest.mark import ParameterSet
from rdflib import RDF, SH, XSD, BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from tests.unit import shacl_cases as cases

from srmgraph import knowledge
from srmgraph.errors import ShapesError
from srmgraph.store import open_store
from srmgraph.validation import Change, revalidate, runs, validate, wellformed
from srmgraph.validation.shapes import Shapes

Engine: TypeAlias = OneOf["compiled", "pyshacl"]
ENGINES: tuple[Engine, ...] = ("compiled", "pyshacl")

HERE = Path(__file__).parent
SHAPES = sorted((HERE / "shapes").glob("*.ttl"))
FAULTY = sorted((HERE / "faulty-shapes").glob("*.ttl"))


def case(file: Path, engine: str) -> ParameterSet:
    differs = cases.remark(file, "pySHACL differs") if engine == "pyshacl" else ""
    marks = [pytest.mark.xfail(reason=differs)] if differs else []
    return pytest.param(file, engine, id=f"{file.stem} {engine}", marks=marks)


@pytest.mark.parametrize(("file", "engine"), [case(file, e) for file in SHAPES for e in ENGINES])
def test_shapes_find_what_they_should(file: Path, engine: Engine) -> None:
    graph, expected = cases.split(file)
    report = validate(cases.store_of(graph), graph, engine=engine)
    wanted, found = cases.compared(expected, report)
    assert found == wanted
    reason = cases.remark(file, "left to pySHACL") if engine == "compiled" else ""
    note = f"shape was checked by pySHACL: no query for {reason}."
    assert report.notes == ((note,) if reason else ())


@pytest.mark.parametrize("file", SHAPES, ids=lambda file: file.stem)
def test_a_case_has_what_is_right_and_what_is_wrong(file: Path) -> None:
    """One where all or nothing is at fault would not tell a right engine from a simple one."""
    graph, expected = cases.split(file)
    good, bad = cases.names(graph)
    found = {str(result[SH.focusNode][0]).removeprefix(cases.EX) for result in expected}
    assert good
    assert found
    assert good.isdisjoint(found)
    assert bad <= found


@pytest.mark.parametrize(("file", "engine"), [case(f, e) for f in FAULTY for e in ENGINES])
def test_faulty_shapes_are_told_as_such(file: Path, engine: Engine) -> None:
    graph, _ = cases.split(file)
    with pytest.raises(ShapesError) as caught:
        validate(cases.store_of(graph), graph, engine=engine)
    # What is found in the middle of the work, pySHACL puts in words of its own.
    if engine == "compiled" or "The shapes break the rules of SHACL" in str(caught.value):
        assert cases.remark(file, "error") in str(caught.value)


def test_the_rules_of_the_project_are_well_formed() -> None:
    wellformed.check(Shapes(knowledge.shapes()))
    wellformed.check(Shapes(knowledge.meta_shapes()))


@pytest.mark.parametrize("engine", ENGINES)
def test_values_are_compared_however_they_are_written(engine: Engine) -> None:
    """A store writes 4.0 as 4 and 007 as 7; shapes that users hand over are not from a store."""
    shapes = Graph()
    values = Collection(shapes, BNode(), [Literal("4.0", datatype=XSD.decimal)])
    values.append(Literal("007", datatype=XSD.integer, normalize=False))
    shape = URIRef(f"{cases.EX}shape")
    shapes += Graph().parse(
        data=f"<{shape}> a <{SH.NodeShape}> ; <{SH.targetObjectsOf}> <{cases.EX}p> ."
    )
    shapes.add((shape, SH["in"], values.uri))
    store = open_store()
    store.parse(f"<{cases.EX}a> <{cases.EX}p> 4.00 , 7 , 5 .", "turtle")
    found = validate(store, shapes, engine=engine).results
    assert [result.focus_node for result in found] == [Literal(5)]


def test_a_literal_that_is_named_as_target_is_reported_as_it_is_named() -> None:
    shapes = Graph()
    shape = URIRef(f"{cases.EX}shape")
    named = [Literal(text, datatype=XSD.decimal, normalize=False) for text in ("4.00", "4", "4.0")]
    named.append(Literal("007", datatype=XSD.integer, normalize=False))
    for target in named:
        shapes.add((shape, SH.targetNode, target))
    shapes.add((shape, RDF.type, SH.NodeShape))
    shapes.add((shape, SH.nodeKind, SH.IRI))
    report = validate(open_store(), shapes)
    found = [(result.focus_node, result.value) for result in report.results]
    assert sorted(found, key=str) == sorted(zip(named, named, strict=True), key=str)
    change = Change.of([(shape, shape, named[0])])
    store = open_store()
    store.oxigraph.extend(pyoxigraph.Quad(t.subject, t.predicate, t.object) for t in change.added)
    assert revalidate(store, report, change, shapes).results == report.results


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("many", [runs.MANY, 0], ids=["in the store", "on columns"])
def test_a_target_need_not_be_in_the_data(
    engine: Engine, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the case of the same name, the store holds the shapes too, and so every target."""
    monkeypatch.setattr(runs, "MANY", many)
    graph, expected = cases.split(HERE / "shapes" / "strangers.ttl")
    data = Graph()
    for predicate in (URIRef(f"{cases.EX}p"), URIRef(f"{cases.EX}q")):
        data += graph.triples((None, predicate, None))
    report = validate(cases.store_of(data), graph, engine=engine)
    wanted, found = cases.compared(expected, report)
    assert found == wanted
    assert not report.notes


def test_a_number_among_the_targets_is_its_own_value_as_it_is_written() -> None:
    shapes = Graph().parse(
        data=f"""
        PREFIX ex: <{cases.EX}> PREFIX sh: <{SH}>
        ex:shape a sh:PropertyShape ; sh:path [ sh:zeroOrOnePath ex:p ] ; sh:nodeKind sh:IRI .
        """
    )
    named = Literal("007", datatype=XSD.integer, normalize=False)
    shapes.add((URIRef(f"{cases.EX}shape"), SH.targetNode, named))
    (result,) = validate(open_store(), shapes).results
    assert (result.focus_node, result.value) == (named, named)


def test_the_shapes_are_apart_from_the_data() -> None:
    """Also where a query looks at them, and when it is over."""
    shapes = Graph().parse(
        data=f"""
        PREFIX ex: <{cases.EX}> PREFIX sh: <{SH}>
        ex:shape a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:sparql [ sh:select \"\"\"
            SELECT $this ?value {{ ?value a <{SH.NodeShape}> FILTER(bound($shapesGraph)) }}
        \"\"\" ] ; sh:sparql [ sh:select \"\"\"
            SELECT $this ?value {{ GRAPH $shapesGraph {{ ?value a <{SH.NodeShape}> }}
                FILTER NOT EXISTS {{ GRAPH ?other {{ ?thing <{cases.EX}p> ?any }} }} }}
        \"\"\" ] .
        """
    )
    store = open_store()
    store.parse(f"<{cases.EX}a> <{cases.EX}p> 1 .", "turtle", URIRef(f"{cases.EX}graph"))
    before = list(store.oxigraph)
    report = validate(store, shapes, exclusive=True)
    assert [result.value for result in report.results] == [URIRef(f"{cases.EX}shape")]
    assert list(store.oxigraph) == before
    assert list(store.graphs()) == [URIRef(f"{cases.EX}graph")]


def test_there_are_two_engines() -> None:
    with pytest.raises(ShapesError, match="use 'compiled' or 'pyshacl'"):
        validate(open_store(), Graph(), engine="other")  # type: ignore[arg-type]
