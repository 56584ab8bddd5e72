"""Results that are told as they are found are those of the whole report, and are not kept."""

import gc
import json
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, note
from rdflib import RDF, SH, Graph, Literal, Namespace
from tests.unit import shacl_cases as cases
from tests.unit import shacl_strategies as random

from srmgraph import knowledge
from srmgraph.cli import main
from srmgraph.errors import ShapesError
from srmgraph.store import EmbeddedStore, open_store
from srmgraph.validation import Report, Result, Validator, runs, validate
from srmgraph.validation.columns import tables
from srmgraph.validation.engine import ONTOLOGY
from srmgraph.validation.formats import json as whole
from srmgraph.validation.formats import jsonl
from srmgraph.validation.report import sorted_results

EX = Namespace(cases.EX)
EXAMPLES = sorted(Path(knowledge.example_files()[0]).parents[1].rglob("*.ttl"))
MANY = pytest.mark.parametrize("many", [runs.MANY, 0], ids=["in the store", "on columns"])


def same(validator: Validator, store: EmbeddedStore, exclusive: bool = False) -> Report:
    """Compare what is streamed with the whole report, and return the summary."""
    report = validator.validate(store)
    with validator.stream(store, exclusive=exclusive) as stream:
        with pytest.raises(ValueError, match="no summary before"):
            _ = stream.summary
        parts = list(stream.parts())
    summary = stream.summary
    results = [result for part in parts for result in part.results]
    assert Counter(results) == Counter(report.results)
    told = Counter(line for part in parts for line in jsonl.lines(part))
    assert told == Counter(jsonl.lines(report))
    expected = {**whole.summary(report), "results": []}
    assert {**json.loads(jsonl.last(summary)), "results": []} == json.loads(json.dumps(expected))
    assert list(summary.counts_by_rule) == list(report.counts_by_rule)
    assert [summary.fails(at) for at in ("Violation", "Warning", "Info")] == [
        report.fails(at) for at in ("Violation", "Warning", "Info")
    ]
    for part in parts:
        assert part.results == sorted_results(part.results)
    assert list(validator.stream(store)) == results
    return summary


@given(data=random.data(), shapes=random.shapes(sparql=True))
def test_random_shapes(data: Graph, shapes: Graph) -> None:
    note(f"{data.serialize()}\n{shapes.serialize()}")
    store, validator = cases.store_of(data), Validator(shapes)
    same(validator, store)
    in_the_store = list(validator.stream(store))
    before, runs.MANY = runs.MANY, 0
    try:
        assert list(validator.stream(store)) == in_the_store
        same(validator, store)
    finally:
        runs.MANY = before


@MANY
@pytest.mark.parametrize("name", ["broken", "broken-report"])
def test_examples(name: str, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MANY", many)
    files = [file for file in EXAMPLES if file.stem == name]
    store = open_store()
    for number, file in enumerate(files):
        store.read(file, graph=EX[f"graph{number}"] if number % 2 else None)
    before = set(store.oxigraph)
    summary = same(Validator(), store, exclusive=True)
    assert len(summary.by_graph) > 2 or name == "broken-report"
    assert set(store.oxigraph) == before


def store_of_many(number: int) -> EmbeddedStore:
    """Things, each without a name and with an age that is none."""
    store = open_store()
    things = (f'<{EX}{one:05}> a <{EX}T> ; <{EX}age> "x" .' for one in range(number))
    store.parse("\n".join(things), "turtle")
    return store


def shapes_of_many(number: int) -> Graph:
    """Rules, each of which two queries check."""
    shapes = Graph()
    for one in range(number):
        shape = EX[f"rule{one:02}"]
        shapes.add((shape, RDF.type, SH.PropertyShape))
        shapes.add((shape, SH.targetClass, EX.T))
        shapes.add((shape, SH.path, EX.age))
        shapes.add((shape, SH.minCount, Literal(2)))
        shapes.add((shape, SH.nodeKind, SH.IRI))
    return shapes


def test_nothing_of_earlier_queries_is_kept() -> None:
    """Of 60 queries, a few are held at a time, so that memory does not grow with their number."""
    store, validator = store_of_many(200), Validator(shapes_of_many(30))

    def streamed() -> None:
        assert sum(len(part.results) for part in validator.stream(store).parts()) == 12_000

    def whole() -> None:
        assert len(validator.validate(store).results) == 12_000

    assert peak(streamed) < peak(whole) / 3


def peak(work: Callable[[], None]) -> int:
    """The most memory that Python holds meanwhile, without what it holds before."""
    # What is made ready once does not count.
    work()
    gc.collect()
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_who_has_seen_enough_may_go(monkeypatch: pytest.MonkeyPatch) -> None:
    store, validator = store_of_many(10), Validator(shapes_of_many(20))
    done: list[int] = []
    with validator.stream(
        store, exclusive=True, progress=lambda number, of: done.append(number)
    ) as stream:
        for _part in stream.parts():
            assert store.oxigraph.contains_named_graph(ONTOLOGY)
            if len(done) == 3:
                break
    assert done == [1, 2, 3]
    assert not store.oxigraph.contains_named_graph(ONTOLOGY)
    assert list(stream) == []


def test_what_columns_cannot_answer_is_asked_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of data that were read without a store, they are loaded then, and nothing is told twice."""
    lines = [f"<{EX}{one % 100:05}> <{EX}p{one // 100}> <{EX}o> ." for one in range(30_000)]
    lines += [f"<{EX}{one:05}> <{RDF.type}> <{EX}T> ." for one in range(100)]
    file = tmp_path / "data.nt"
    file.write_text("\n".join(lines) + "\n")
    store, fresh = open_store(), open_store()
    for one in (store, fresh):
        one.read(file)
    assert store.is_unloaded
    monkeypatch.setattr(tables, "MOST_ROWS", 10)
    shapes = shapes_of_many(1) + Graph().parse(
        data=f"""
        PREFIX ex: <{EX}> PREFIX sh: <{SH}>
        ex:apart a sh:NodeShape ; sh:targetClass ex:T ; sh:sparql [ sh:select
            "SELECT $this ?value {{ $this <{EX}p1> ?any . ?value <{EX}p2> ?any }}" ] .
        """
    )
    validator = Validator(shapes)
    results = list(validator.stream(store, exclusive=True))
    assert not store.is_unloaded
    assert len(results) > 100
    assert Counter(results) == Counter(validator.validate(fresh).results)


def test_a_failure_comes_after_what_was_found_before() -> None:
    shapes = shapes_of_many(1) + Graph().parse(
        data=f"""
        PREFIX ex: <{EX}> PREFIX sh: <{SH}>
        ex:whole a sh:NodeShape ; sh:targetNode ex:x ; sh:sparql [ sh:select
            "SELECT $this ?failure {{ BIND(true AS ?failure) }}" ] .
        """
    )
    stream = Validator(shapes).stream(store_of_many(1))
    taken: list[Result] = []
    with pytest.raises(ShapesError, match="it failed on"):
        taken.extend(stream)
    assert [result.rule for result in taken] == ["rule00", "rule00"]
    with pytest.raises(ValueError, match="no summary"):
        _ = stream.summary


def test_an_unknown_engine_is_told_at_once() -> None:
    with pytest.raises(ShapesError, match="use 'compiled' or 'pyshacl'"):
        Validator(Graph()).stream(open_store(), engine="other")  # type: ignore[arg-type]


# ── From the command line ───────────────────────────────────────────────────────────────────────


def test_the_command_writes_lines(tmp_path: Path) -> None:
    file = next(file for file in EXAMPLES if file.stem == "broken")
    wanted = json.loads(whole.render(validate(_read(file)).at_least("Warning")))
    out = tmp_path / "report.jsonl"
    arguments = [*("validate", str(file), "--show", "warning"), *("--format", "jsonl")]
    assert main([*arguments, "--output", str(out)]) == 1
    *results, rest = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert rest == {key: value for key, value in wanted.items() if key != "results"}
    assert sorted(map(json.dumps, results)) == sorted(map(json.dumps, wanted["results"]))
    assert main([*arguments, "--output", str(tmp_path / "none" / "report.jsonl")]) == 2


def test_a_reader_that_has_seen_enough_ends_it_quietly(tmp_path: Path) -> None:
    data, shapes = tmp_path / "data.ttl", tmp_path / "shapes.ttl"
    # More than a pipe holds.
    data.write_text("\n".join(f'<{EX}{one}> a <{EX}T> ; <{EX}age> "x" .' for one in range(1_000)))
    shapes_of_many(2).serialize(shapes)
    command = [sys.executable, "-m", "srmgraph.cli", "validate", str(data), "--shapes", str(shapes)]
    with subprocess.Popen(
        [*command, "--format", "jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        first = json.loads(running.stdout.readline())
        running.stdout.close()
        said = running.stderr.read()
    assert first["rule"] == "rule00"
    assert said == b""
    assert running.returncode == 0


def _read(file: Path) -> EmbeddedStore:
    store = open_store()
    store.read(file)
    return store
