"""srmgraph validate --watch, as a process of its own."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from benchmarks.reliability import end_with_parent
from rdflib import BNode, Graph, Literal, URIRef

from srmgraph.cli import main
from srmgraph.store import open_store
from srmgraph.validation import Report, validate
from srmgraph.verbs.watching import came_and_went

GOOD = """
@prefix srm: <https://w3id.org/srm#> . @prefix ex: <https://example.org/> .
ex:payroll a srm:ServiceRelationship ; srm:hasProvider ex:bureau ; srm:hasConsumer ex:acme .
ex:bureau a srm:Organization . ex:acme a srm:Organization .
"""
BAD = GOOD.replace("srm:hasProvider ex:bureau ;", "")


class Watching:
    """A process that watches, and what it writes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.Queue[str] = queue.Queue()
        assert process.stdout is not None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def until(self, words: str) -> str:
        """What is written up to the first line that has those words."""
        found = ""
        while words not in found.rpartition("\n")[2]:
            found += "\n" + self._lines.get(timeout=60).rstrip("\n")
        return found


def _heed_interrupts() -> None:
    end_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def watching(*arguments: str) -> Iterator[Watching]:
    process = subprocess.Popen(
        [sys.executable, "-m", "srmgraph.cli", "validate", "--watch", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        # What runs in the background of a shell ignores Ctrl-C, and so would what it starts.
        preexec_fn=_heed_interrupts,
    )
    try:
        yield Watching(process)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def test_a_file_is_checked_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "acme.ttl"
    file.write_text(GOOD)
    with watching(str(file), "--show", "violation") as watched:
        assert "Conforms" in watched.until("Watching")
        file.write_text(BAD)
        told = watched.until("Watching")
        assert "acme.ttl changed" in told
        assert "Does not conform" in told
        assert "+ relationship-has-provider: <ex:payroll>" in told
        file.write_text(BAD.replace("a srm:Organization .", "a srm:Organization, srm:Service ."))
        # What is not shown is not told of either.
        told = watched.until("Watching")
        assert "Nothing came and nothing went." in told
        file.write_text(BAD + "ex:payroll srm:hasProvider")
        told = watched.until("Watching")
        assert "acme.ttl:5" in told
        file.unlink()
        assert "acme.ttl" in watched.until("Watching")
        file.write_text(GOOD)
        told = watched.until("Watching")
        assert "- relationship-has-provider: <ex:payroll>" in told
        assert "Conforms" in told
        watched.process.send_signal(signal.SIGINT)
        assert "Traceback" not in watched.until("Stopped.")
        assert watched.process.wait(10) == 0


@pytest.mark.parametrize("arguments", [["-"], ["--store", "somewhere"]])
def test_only_files_are_watched(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--watch", *arguments]) == 2
    assert "What is watched are files" in capsys.readouterr().err


SHAPES = Graph().parse(
    data="""
    @prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
    ex:named sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:name ; sh:minCount 1 ] .
    """
)


def test_what_came_and_went_does_not_depend_on_names_that_are_made_up() -> None:
    def report(nameless: int, *names: str) -> Report:
        graph = Graph()
        nodes = [*(BNode() for _ in range(nameless)), *(URIRef(f"urn:{name}") for name in names)]
        for node in nodes:
            graph.add((node, URIRef("https://example.org/p"), Literal(1)))
        store = open_store()
        store.add(graph)
        return validate(store, SHAPES)

    assert came_and_went(report(2, "a"), report(2, "a")) == ([], [])
    came, went = came_and_went(report(3, "a", "b"), report(1, "b", "c"))
    assert [str(result.focus_node) for result in came] == ["urn:c"]
    assert [isinstance(result.focus_node, BNode) for result in went].count(True) == 2
    assert [str(r.focus_node) for r in went if isinstance(r.focus_node, URIRef)] == ["urn:a"]
