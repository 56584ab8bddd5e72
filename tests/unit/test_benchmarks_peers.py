"""The benchmark against other engines: its data, and a run in which srmgraph is alone."""

import sys
from pathlib import Path

import pytest
from benchmarks.lubm import write_universities
from benchmarks.peers import main

from srmgraph.store import open_store

_SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ub: <http://swat.cse.lehigh.edu/onto/univ-bench.owl#> .
ub:Shape sh:targetClass ub:FullProfessor ;
    sh:property [ sh:path ub:headOf ; sh:minCount 1 ] , [ sh:path ub:name ; sh:maxCount 1 ] .
"""


def test_universities_are_the_same_each_time_and_as_many_as_was_said(tmp_path: Path) -> None:
    one, other = tmp_path / "one.nt", tmp_path / "other.nt"
    number = write_universities(one, 2_000)
    assert write_universities(other, 2_000) == number
    assert one.read_bytes() == other.read_bytes()
    store = open_store()
    store.read(one)
    assert 2_000 <= len(store) == number


def test_a_run_tells_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(_SHAPES)
    arguments = [
        "peers",
        "--lubm",
        "--triples",
        "1000",
        "--runs",
        "1",
        "--engines",
        "srmgraph",
        "jena",
        "--shapes",
    ]
    monkeypatch.setattr(sys, "argv", [*arguments, str(shapes)])
    assert main() == 0
    told = capsys.readouterr()
    # All professors but the head of the one department.
    (line,) = [line for line in told.out.splitlines() if "srmgraph" in line]
    cells = [cell.strip() for cell in line.split("|")]
    assert int(cells[6]) >= 6
    assert cells[7] == "0"
    assert "jena is not installed" in told.err
