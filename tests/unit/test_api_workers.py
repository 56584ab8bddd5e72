"""Workers: what crashes, hangs, fills or reaches out takes one process down and nothing else."""

import asyncio
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
import uvloop
from rdflib import Graph

from srmgraph import errors
from srmgraph.errors import SrmgraphError
from srmgraph.store.folder import FolderStore
from srmgraph.validation import validate
from srmgraph_api import jobs
from srmgraph_api.images import Image
from srmgraph_api.jobs import Desk
from srmgraph_api.line import Line, WorkersEnd
from srmgraph_api.problems import Problem
from srmgraph_api.turns import Turns
from srmgraph_api.worker import Crashed, Limits, TooLong, Worker

PRODUCT = "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = FolderStore.create(tmp_path_factory.mktemp("workers") / "store")
    store.parse("\n".join(f"<x:{n}> <x:p> {n} ." for n in range(200)), "turtle")
    return store.revisions.folder


class Working:
    """A worker, and the event loop in which it is asked."""

    def __init__(self, folder: Path, in_memory: int = -1) -> None:
        limits = Limits(memory=1 << 30)
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._worker = Worker(folder, limits)
        self.image = Image(folder, in_memory, limits, most=1 << 28)
        if in_memory >= 0:
            self._runner.run(self.image.prepare())
            self._runner.run(self._worker.move(self.image))

    def do(self, job: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
        return self._runner.run(self._worker.do(job, *arguments, seconds=seconds))

    def wait(self, seconds: float) -> None:
        self._runner.run(asyncio.sleep(seconds))

    def leave(self, job: Callable[..., Any], *arguments: Any, seconds: float) -> None:
        """Ask, and be gone a moment later."""

        async def leave() -> None:
            asked = asyncio.create_task(self._worker.do(job, *arguments, seconds=seconds))
            await asyncio.sleep(0.1)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked

        self._runner.run(leave())

    def close(self) -> None:
        self._runner.run(self._worker.stop())
        self.image.close()
        self._runner.close()


@pytest.fixture(scope="module", params=[-1, 0], ids=["disk", "memory"])
def worker(folder: Path, request: pytest.FixtureRequest) -> Iterator[Working]:
    with closing(Working(folder, request.param)) as worker:
        yield worker


def ask(worker: Working, query: str = "ASK { ?s ?p ?o }", seconds: float = 30) -> Any:
    return worker.do(
        jobs.answer, 0, query, "json", [], [], 10_000_000, "https://example.org/", seconds=seconds
    )


# ── What is done in workers only, without any look at it before: jobs of this test ──────────────


def raw_query(desk: Desk, text: str) -> None:
    pyoxigraph.Store().query(text)


def raw_parse(desk: Desk, content: bytes, ending: str) -> int:
    format = pyoxigraph.RdfFormat.from_extension(ending)
    return sum(1 for _ in pyoxigraph.parse(content, format=format))


def connect(desk: Desk, port: int) -> None:
    socket.create_connection(("127.0.0.1", port), timeout=5)


def process(desk: Desk) -> int:
    return os.getpid()


def echo(desk: Desk, content: bytes) -> bytes:
    return content


def doze(desk: Desk, seconds: float) -> None:
    time.sleep(seconds)


def fail(desk: Desk) -> None:
    raise KeyError(lambda: "what cannot be sent")


_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "'
    + "ha" * 100
    + '">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 100}">' for n in range(5))
    + ']><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="x:">'
    '<rdf:Description rdf:about="x:a"><x:b>&f;</x:b></rdf:Description></rdf:RDF>'
)
ATTACKS: dict[str, tuple[Any, ...]] = {
    "braces": (raw_query, "ASK " + "{" * 20_000 + "}" * 20_000),
    "parentheses": (raw_query, "ASK{FILTER(" + "(" * 30_000 + "1" + ")" * 30_000 + ")}"),
    "negations": (raw_query, "ASK{FILTER(" + "!" * 60_000 + "1)}"),
    "unions": (raw_query, "ASK{{}" + "UNION{}" * 60_000 + "}"),
    "path": (raw_query, "ASK{?s " + "(" * 30_000 + "<a:>" + ")*" * 30_000 + " ?o}"),
    "laughs": (raw_parse, _LAUGHS.encode(), "rdf"),
    "nested JSON": (
        raw_parse,
        b'{"@id":"a:a","a:b":' * 60_000 + b"1" + b"}" * 60_000,
        "jsonld",
    ),
    "triple terms": (
        raw_parse,
        b"<a:a> <a:b> " + b"<<( <a:a> <a:b> " * 100_000 + b"<a:c>" + b" )>>" * 100_000 + b" .",
        "ttl",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_ends_the_engine_ends_one_worker(worker: Working, attack: str) -> None:
    job, *arguments = ATTACKS[attack]
    before = worker.do(process, seconds=30)
    with pytest.raises((Crashed, TooLong)):
        worker.do(job, *arguments, seconds=20)
    assert b"true" in ask(worker)
    assert worker.do(process, seconds=30) != before


def test_work_ends_at_its_deadline(worker: Working) -> None:
    begun = time.monotonic()
    with pytest.raises(TooLong):
        ask(worker, f"SELECT (COUNT(*) AS ?n) {PRODUCT}", seconds=1)
    assert time.monotonic() - begun < 5
    assert b"true" in ask(worker)


def test_memory_has_an_end(worker: Working) -> None:
    with pytest.raises((Crashed, errors.QueryError)) as caught:
        ask(worker, f"SELECT * {PRODUCT} ORDER BY ?o ?a", seconds=60)
    if isinstance(caught.value, Crashed):
        assert caught.value.code == -signal.SIGABRT
    assert b"true" in ask(worker)


def test_a_worker_reaches_nothing(worker: Working) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        port = server.getsockname()[1]
        with pytest.raises(OSError, match="unreachable"):
            worker.do(connect, port, seconds=30)
        service = f"ASK {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}"
        with pytest.raises(OSError, match="unreachable"):
            worker.do(raw_query, service, seconds=30)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_worker_that_was_killed_is_replaced(worker: Working) -> None:
    os.kill(worker.do(process, seconds=30), signal.SIGKILL)
    worker.wait(0.1)
    assert b"true" in ask(worker)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 30_000_000])
def test_what_is_large_comes_whole(worker: Working, size: int) -> None:
    content = os.urandom(size)
    assert worker.do(echo, content, seconds=30) == content


def test_who_leaves_does_not_disturb_the_work(worker: Working) -> None:
    before = worker.do(process, seconds=30)
    worker.leave(doze, 0.3, seconds=30)
    assert worker.do(process, seconds=30) == before, "the answer to another is nobody's"
    worker.leave(doze, 60, seconds=0.5)
    assert worker.do(process, seconds=30) != before, "the deadline holds for nobody too"


# How long each of three messages is awaited in turn, and when the other end sends each; None never.
AWAITED: dict[str, list[tuple[float, float | None]]] = {
    "each comes": [(5, 0), (5, 0), (5, 0)],
    "a later end after an earlier one": [(0.2, 0), (5, 0.4), (5, 0)],
    "an earlier end after a later one": [(60, 0), (0.2, None), (5, 0)],
    "the last does not come": [(0.3, 0), (0.3, 0), (0.3, None)],
}


@pytest.mark.parametrize("name", AWAITED)
def test_each_message_has_an_end_of_its_own(name: str) -> None:
    ours, theirs = socket.socketpair()
    other = WorkersEnd(theirs)

    async def play() -> None:
        line = await Line.over(ours)
        loop = asyncio.get_running_loop()
        for seconds, pause in AWAITED[name]:
            begun = loop.time()
            if pause is not None:
                loop.call_later(pause, other.send, name)
                assert await line.next(seconds) == name
                continue
            with pytest.raises(TimeoutError):
                await line.next(seconds)
            assert seconds - 0.01 <= loop.time() - begun < seconds + 2
        line.close()

    with theirs:
        uvloop.run(play())


def test_who_is_gone_takes_no_message_with_them() -> None:
    ours, theirs = socket.socketpair()

    async def play() -> None:
        line = await Line.over(ours)
        left = line.next(5)
        left.cancel()
        WorkersEnd(theirs).send("it")
        await asyncio.sleep(0.1)
        assert await line.next(5) == "it"
        line.close()

    with theirs:
        uvloop.run(play())


def test_an_error_comes_back_as_it_was(worker: Working) -> None:
    with pytest.raises(errors.QueryError) as caught:
        ask(worker, "ASK { ?s ?p")
    assert (caught.value.line, "still open" in str(caught.value)) == (1, True)
    with pytest.raises(RuntimeError, match="KeyError"):
        worker.do(fail, seconds=30)


def test_every_error_goes_between_processes() -> None:
    made: list[SrmgraphError] = [
        errors.InputError("What", Path("a.ttl"), 1, 2),
        errors.QueryError("Why", "ASK {\n x", 2, 2),
        errors.DoesNotConformError("No", None),
        errors.InconsistentError(["black is white", "yes is no"]),
        errors.FullStoreError("No room"),
    ]
    for error in made:
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert (str(again), vars(again)) == (str(error), vars(error))


def test_a_report_goes_between_processes() -> None:
    from srmgraph.store import open_store

    store = open_store()
    store.parse("<x:a> a <https://w3id.org/srm#ServiceRelationship> .", "turtle")
    report = validate(store)
    assert len(pickle.loads(pickle.dumps(report)).results) == len(report.results) > 0
    assert isinstance(report.graph(), Graph)


_PARENT = """
import sys, time
from pathlib import Path
from tests.unit.test_api_workers import Working, process
if __name__ == "__main__":
    print(Working(Path(sys.argv[1])).do(process, seconds=30), flush=True)
    time.sleep(60)
"""


def test_workers_end_when_their_parent_does(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    with subprocess.Popen(
        [sys.executable, script, folder],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(["", *sys.path, str(Path.cwd())])},
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.kill(pid, 0)
        parent.kill()
        parent.wait()
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the worker lives on")


# ── Whose turn it is ────────────────────────────────────────────────────────────────────────────


def test_clients_take_turns() -> None:
    order: list[str] = []

    async def play() -> None:
        turns = Turns(["the only one"], waiting=20, of_each=10, patience=5)

        async def work(client: str) -> None:
            async with turns.turn(client):
                order.append(client)
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            for client in ("eager",) * 6 + ("modest", "shy"):
                group.create_task(work(client))
        assert (turns.busy, turns.waiting) == (0, 0)

    asyncio.run(play())
    assert len(order) == 8
    assert set(order[1:4]) == {"eager", "modest", "shy"}, "nobody pushes in front of the others"


def test_queues_have_an_end() -> None:
    async def play() -> None:
        turns = Turns([1], waiting=2, of_each=1, patience=0.2)
        async with turns.turn("first"):
            waits = asyncio.create_task(turns.turn("second").__aenter__())
            await asyncio.sleep(0)
            with pytest.raises(Problem) as told:
                await turns.turn("second").__aenter__()
            assert (told.value.status, told.value.headers) == (429, {"Retry-After": "5"})
            third = asyncio.create_task(turns.turn("third").__aenter__())
            await asyncio.sleep(0)
            with pytest.raises(Problem) as told:
                await turns.turn("fourth").__aenter__()
            assert told.value.status == 503
            for one in (waits, third):
                with pytest.raises(Problem, match="busy"):
                    await one
        # Those who gave up have taken nothing with them.
        async with turns.turn("fifth") as thing:
            assert thing == 1

    asyncio.run(play())


def test_who_leaves_the_queue_loses_nothing() -> None:
    async def play() -> None:
        turns = Turns([1], waiting=5, of_each=5, patience=5)
        held = turns.turn("first")
        await held.__aenter__()
        gone = asyncio.create_task(turns.turn("second").__aenter__())
        await asyncio.sleep(0)
        gone.cancel()
        await held.__aexit__(None, None, None)
        async with asyncio.timeout(1), turns.turn("third") as thing:
            assert thing == 1

    asyncio.run(play())


def test_a_worker_keeps_what_follows_from_the_last_revision_it_was_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore.create(tmp_path / "store")
    for number in range(2):
        store.parse(f"<x:a{number}> <https://w3id.org/srm#hasConsumer> <x:b> .", "turtle")
    desk = Desk(store.revisions.folder)
    first = desk.closure(0)
    assert desk.closure(0) is first
    second = desk.closure(1)
    assert len(second) > len(first)
    assert desk.closure(0) is not first
    monkeypatch.setattr(jobs, "_MOST_TERMS", 1)
    assert desk.closure(1) is not desk.closure(1), "one that is large is not kept"
