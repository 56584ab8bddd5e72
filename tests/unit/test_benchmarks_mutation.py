"""The mutation score counts a deletion only if a result is new."""

from collections import Counter

from benchmarks.mutation import (
    Examiner,
    Mutant,
    Result,
    Triple,
    delete_each,
    read_example,
    score_table,
    unnoticed_table,
)
from rdflib import RDF, RDFS, Graph, Literal, URIRef

from srmgraph import knowledge
from srmgraph.store import open_store
from srmgraph.validation import validate

THING = URIRef("https://example.org/thing")
NAME = (THING, RDFS.label, Literal("a thing"))
NOTE = (THING, RDFS.comment, Literal("a note"))
KIND = (THING, RDF.type, RDFS.Resource)


def _found(without: Triple | None) -> Counter[Result]:
    """Two rules demand the name, one the note, and one is never content."""
    found: Counter[Result] = Counter({("Info", "always", str(THING), "", ""): 1})
    if without == NAME:
        found["Violation", "has-label", str(THING), "", ""] += 1
        found["Info", "has-name", str(THING), "", ""] += 1
    if without == NOTE:
        found["Warning", "has-comment", str(THING), "", ""] += 1
    return found


def _mutants() -> list[Mutant]:
    return delete_each("x", [NAME, NOTE, KIND], _found)


def test_the_worst_new_severity_counts() -> None:
    noticed = {mutant.triple: mutant.noticed for mutant in _mutants()}
    assert noticed == {NAME: "Violation", NOTE: "Warning", KIND: ""}


def test_the_score_is_the_share_of_deletions_noticed() -> None:
    cells = [cell.strip() for cell in score_table(_mutants()).splitlines()[2].split("|")[1:-1]]
    assert cells == ["x", "3", "1", "2", "2", "67%"]


def test_what_is_not_noticed_goes_by_property_and_class() -> None:
    unnoticed = unnoticed_table(_mutants()).splitlines()[2:]
    assert len(unnoticed) == 1
    assert "Resource" in unnoticed[0]


def without(graph: Graph, triple: Triple) -> Graph:
    rest = Graph()
    for other in graph:
        if other != triple:
            rest.add(other)
    return rest


def test_an_example_is_validated_as_always() -> None:
    folder = knowledge.ROOT / "data" / "cellphone"
    graph = read_example(folder)
    examiner = Examiner(graph)
    untouched = examiner.results()
    for triple in sorted(graph)[:: len(graph) // 5]:
        store = open_store("memory:")
        store.add(without(graph, triple))
        expected = Counter(
            (r.severity, r.rule, str(r.focus_node), str(r.path), str(r.value))
            for r in validate(store).results
        )
        assert examiner.results(triple) == expected, triple
    assert examiner.results() == untouched, "the graph is as it was"
