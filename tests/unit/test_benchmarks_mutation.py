"""The mutation score counts a deletion only if a result is new."""

from collections import Counter

from benchmarks.mutation import Mutant, Result, delete_each, score_table, unnoticed_table
from rdflib import RDFS, Graph, Literal, URIRef
from rdflib.namespace import RDF

THING = URIRef("https://example.org/thing")
NAME = (THING, RDFS.label, Literal("a thing"))
NOTE = (THING, RDFS.comment, Literal("a note"))
KIND = (THING, RDF.type, RDFS.Resource)


def _needs_label_and_comment(graph: Graph) -> Counter[Result]:
    found: Counter[Result] = Counter({("Info", "always", str(THING), "", ""): 1})
    if NAME not in graph:
        found["Violation", "has-label", str(THING), "", ""] += 1
        found["Info", "has-name", str(THING), "", ""] += 1
    if NOTE not in graph:
        found["Warning", "has-comment", str(THING), "", ""] += 1
    return found


def _mutants() -> list[Mutant]:
    graph = Graph()
    for triple in (NAME, NOTE, KIND):
        graph.add(triple)
    untouched = _needs_label_and_comment(graph)
    mutants = delete_each("x", graph, sorted(graph), untouched, _needs_label_and_comment)
    assert set(graph) == {NAME, NOTE, KIND}, "the graph is as it was"
    return mutants


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
