"""A copy of a revision in memory: it says what the revision says, and nothing depends on it."""

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import rdflib
from starlette.testclient import TestClient
from tests.unit.test_api_workers import Working, process

from srmgraph.keys import Keys
from srmgraph.store.folder import FolderStore
from srmgraph_api import create_app, jobs
from srmgraph_api.images import Image
from srmgraph_api.settings import Settings
from srmgraph_api.worker import Limits

DATA = """
@prefix x: <https://example.org/x#> .
<https://example.org/one> { x:a x:p [ x:q 1.50 , "deux"@fr , "a\\nb" , true ] }
<https://example.org/two> { x:a x:p x:b . x:c x:r 01 }
x:a x:p x:b .
"""
EMPTY = "https://example.org/empty"
LIMITS = Limits(memory=1 << 30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = FolderStore.create(tmp_path_factory.mktemp("images") / "store")
    store.parse(DATA, "trig")
    store.update(f"CREATE GRAPH <{EMPTY}>")
    return store.revisions.folder


@pytest.fixture(scope="module")
def both(folder: Path) -> Iterator[tuple[Working, Working]]:
    with closing(Working(folder)) as disk, closing(Working(folder, 1)) as memory:
        yield disk, memory


@pytest.mark.parametrize(
    ("job", "arguments"),
    [
        (jobs.answer, ("SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o", "json", [], [], 10**6, "x:")),
        (jobs.answer, ("SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o", "tsv", [], [],
                       10**6, "x:")),
        (jobs.answer, ("SELECT ?g { GRAPH ?g { } } ORDER BY ?g", "csv", [], [], 10**6, "x:")),
        (jobs.graph, (EMPTY, "turtle")),
        (jobs.graph, ("https://example.org/none", "turtle")),
        (jobs.listed, ([],)),
    ],
)  # fmt: skip
def test_a_copy_says_the_same(
    both: tuple[Working, Working], job: object, arguments: tuple[object, ...]
) -> None:
    disk, memory = (one.do(job, 1, *arguments, seconds=30) for one in both)  # type: ignore[arg-type]
    assert disk == memory


def test_other_revisions_are_there_too(both: tuple[Working, Working]) -> None:
    for one in both:
        content = one.do(jobs.listed, 0, [], seconds=30)
        assert (b"one" in content, b"empty" in content) == (True, False)


def test_forks_do_not_throw_the_same_dice(both: tuple[Working, Working]) -> None:
    memory, found = both[1], set()
    for _ in range(3):
        pid = memory.do(process, seconds=30)
        found.add(memory.do(jobs.answer, 1, "SELECT (UUID() AS ?u) (RAND() AS ?r) { }", "csv",
                            [], [], 10**6, "x:", seconds=30))  # fmt: skip
        os.kill(pid, signal.SIGKILL)
        memory.wait(0.1)
    assert len(found) == 3


def test_without_its_keeper_a_worker_reads_from_the_disk(folder: Path) -> None:
    with closing(Working(folder, 1)) as worker:
        before = worker.do(process, seconds=30)
        worker.image.close()
        worker.wait(0.2)
        assert worker.do(process, seconds=30) != before
        assert b"one" in worker.do(jobs.listed, 1, [], seconds=30)


@pytest.mark.parametrize(("number", "most"), [(7, 1 << 28), (0, 1 << 20)], ids=["none", "large"])
def test_what_cannot_be_copied_is_told(tmp_path: Path, number: int, most: int) -> None:
    store = FolderStore.create(tmp_path / "store")
    store.parse("\n".join(f"<x:{n}> <x:p> <x:{n}> ." for n in range(20_000)), "n-triples")

    async def prepare() -> None:
        image = Image(tmp_path / "store", number, LIMITS, most)
        try:
            await image.prepare()
        finally:
            image.close()

    with pytest.raises(OSError, match="ended"):
        asyncio.run(prepare())


def in_memory(client: TestClient, wanted: int) -> bool:
    """Whether that revision is in memory within ten seconds."""
    for _ in range(100):
        told = re.search(r"^srmgraph_revision_in_memory (\S+)$", client.get("/metrics").text, re.M)
        if told and float(told[1]) == wanted:
            return True
        time.sleep(0.1)
    return False


def test_a_service_copies_what_is_current_and_answers_meanwhile(tmp_path: Path) -> None:
    store = FolderStore.create(tmp_path / "store")
    store.parse("<x:a> <x:p> 1 .", "turtle")
    headers = {"Authorization": f"Bearer {Keys(tmp_path / 'store').create('test', 'write')}"}
    settings = Settings(store=str(tmp_path / "store"), checking="none", workers=2)
    with TestClient(create_app(settings=settings)) as client:

        def count() -> str:
            query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
            answer = client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"})
            return answer.text.split()[-1]

        assert in_memory(client, 0)
        assert count() == "1"
        graph = client.put("/graphs?graph=x:g", content="<x:b> <x:p> 2 .",
                           headers=headers | {"Content-Type": "text/turtle"})  # fmt: skip
        assert graph.status_code == 201
        assert count() == "2", "the new revision is asked, in memory or not"
        assert in_memory(client, 1)
        assert [count() for _ in range(3)] == ["2", "2", "2"]
    assert rdflib.URIRef("x:g") in FolderStore(tmp_path / "store").graphs()


def test_a_service_can_do_without(tmp_path: Path) -> None:
    FolderStore.create(tmp_path / "store").parse("<x:a> <x:p> 1 .", "turtle")
    settings = Settings(store=str(tmp_path / "store"), in_memory=0, workers=1)
    with TestClient(create_app(settings=settings)) as client:
        time.sleep(2)
        assert in_memory(client, -1)
        assert client.get("/sparql", params={"query": "ASK { <x:a> ?p 1 }"}).json()["boolean"]
