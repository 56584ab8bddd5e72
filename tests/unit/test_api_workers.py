"""Workers: what crashes, hangs, fills or reaches out takes one process down and nothing else."""

import asyncio
import os
import pickle
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, suppress
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
from srmgraph_api.crew import Crew
from srmgraph_api.images import Image
from srmgraph_api.jobs import Desk
from srmgraph_api.line import WorkersEnd
from srmgraph_api.problems import Problem
from srmgraph_api.turns import Turns
from srmgraph_api.worker import Crashed, Limits, TooLong, Worker, work

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
        worker = Worker(folder, limits)
        self._crew = Crew([worker], waiting=10, of_each=10, patience=30, ahead=1)
        self.image = Image(folder, in_memory, limits, most=1 << 28)
        if in_memory >= 0:
            self._runner.run(self.image.prepare())
            self._runner.run(self._crew.move(worker, self.image))

    def do(self, job: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
        return self._runner.run(self._crew.do("", job, *arguments, seconds=seconds))

    def wait(self, seconds: float) -> None:
        self._runner.run(asyncio.sleep(seconds))

    def leave(self, job: Callable[..., Any], *arguments: Any, seconds: float) -> None:
        """Ask, and be gone a moment later."""

        async def leave() -> None:
            asked = asyncio.create_task(self._crew.do("", job, *arguments, seconds=seconds))
            await asyncio.sleep(0.1)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked

        self._runner.run(leave())

    def close(self) -> None:
        self._runner.run(self._crew.stop())
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


def test_an_error_comes_back_as_it_was(worker: Working) -> None:
    with pytest.raises(errors.QueryError) as caught:
        ask(worker, "ASK { ?s ?p")
    assert (caught.value.line, "still open" in str(caught.value)) == (1, True)
    with pytest.raises(RuntimeError, match="KeyError"):
        worker.do(fail, seconds=30)


def give_up(desk: Desk) -> None:
    raise SystemError("error return without exception set")


def test_compiled_code_that_gives_up_lacks_memory(worker: Working) -> None:
    with pytest.raises(MemoryError):
        worker.do(give_up, seconds=30)


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


def test_a_worker_whose_service_is_gone_ends_quietly(folder: Path) -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs:
        work(WorkersEnd(theirs), Desk(folder))


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
    turns: Turns[str] = Turns(20, of_each=10)
    for client in ("eager",) * 6 + ("modest", "shy"):
        turns.add(client, client)
    order = [turns.next() for _ in range(turns.waiting)]
    assert order[:3] == ["eager", "modest", "shy"], "nobody pushes in front of the others"
    assert (order[3:], turns.waiting, turns.next()) == (["eager"] * 5, 0, None)


def test_queues_have_an_end() -> None:
    turns: Turns[int] = Turns(2, of_each=1)
    turns.add("first", 1)
    with pytest.raises(Problem) as told:
        turns.add("first", 2)
    assert (told.value.status, told.value.headers) == (429, {"Retry-After": "5"})
    turns.add("second", 3)
    with pytest.raises(Problem, match="busy") as told:
        turns.add("third", 4)
    assert told.value.status == 503
    # Who leaves makes room; what has waited already comes before all others.
    turns.remove("first", 1)
    turns.remove("first", 1)
    turns.add("third", 4)
    turns.add_first("second", 5)
    assert [turns.next() for _ in range(4)] == [5, 4, 3, None]


# ── Who does it ─────────────────────────────────────────────────────────────────────────────────


def note(desk: Desk, file: str) -> None:
    Path(file).touch()


def die(desk: Desk) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def play(
    folder: Path,
    steps: Callable[[Crew], Coroutine[Any, Any, None]],
    workers: int = 1,
    patience: float = 30,
) -> None:
    """Let a crew whose workers are ready go through some steps."""
    limits = Limits(memory=1 << 30)

    async def all_of_it() -> None:
        each = [Worker(folder, limits) for _ in range(workers)]
        crew = Crew(each, waiting=50, of_each=50, patience=patience, ahead=1)
        crew.start()
        while not all(worker.is_ready for worker in each):
            await asyncio.sleep(0.01)
        try:
            await steps(crew)
            # What was withdrawn is told of, and what was left is done.
            async with asyncio.timeout(30):
                while crew.busy:
                    await asyncio.sleep(0.01)
            assert crew.waiting == 0
        finally:
            await crew.stop()

    uvloop.run(all_of_it())


def asked(
    crew: Crew, job: Callable[..., Any], *arguments: Any, seconds: float = 30
) -> asyncio.Task[Any]:
    return asyncio.create_task(crew.do("", job, *arguments, seconds=seconds))


def test_what_waits_behind_a_slow_task_is_done_by_another(folder: Path) -> None:
    async def steps(crew: Crew) -> None:
        slow, quick = asked(crew, doze, 2), asked(crew, doze, 0.1)
        ahead = [asked(crew, process), asked(crew, process)]
        first, *_ = await asyncio.gather(*ahead, quick)
        assert first == await ahead[1]
        assert not slow.done()
        await slow

    play(folder, steps, workers=2)


def test_what_nobody_wants_any_more_is_not_begun(folder: Path, tmp_path: Path) -> None:
    async def steps(crew: Crew) -> None:
        slow = asked(crew, doze, 0.3)
        left, kept = (asked(crew, note, str(tmp_path / name)) for name in ("left", "kept"))
        await asyncio.sleep(0.05)
        left.cancel()
        await asyncio.gather(slow, kept)

    play(folder, steps)
    assert [file.name for file in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize(("job", "arguments"), [(die, ()), (doze, (60,))], ids=["dies", "is late"])
def test_what_waits_behind_what_kills_its_worker_is_done(
    folder: Path, job: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    async def steps(crew: Crew) -> None:
        before = await asked(crew, process)
        bad = asked(crew, job, *arguments, seconds=0.5)
        ahead, behind = asked(crew, process), asked(crew, process)
        with pytest.raises((Crashed, TooLong)):
            await bad
        assert await ahead == await behind != before

    play(folder, steps)


def test_who_waits_too_long_is_sent_away(folder: Path, tmp_path: Path) -> None:
    async def steps(crew: Crew) -> None:
        slow = asked(crew, doze, 0.8)
        waits = [asked(crew, note, str(tmp_path / name)) for name in ("ahead", "behind")]
        for one in waits:
            with pytest.raises(Problem, match="busy"):
                await one
        assert not slow.done()
        await slow

    play(folder, steps, patience=0.2)
    assert not list(tmp_path.iterdir())


def test_who_leaves_before_there_is_a_worker_leaves_nothing(folder: Path) -> None:
    async def steps() -> None:
        crew = Crew([Worker(folder, Limits(memory=1 << 30))], 50, 50, 30, ahead=1)
        left = asked(crew, doze, 60)
        await asyncio.sleep(0)
        left.cancel()
        async with asyncio.timeout(30):
            assert await asked(crew, echo, b"it") == b"it"
        assert (crew.busy, crew.waiting) == (0, 0)
        await crew.stop()

    uvloop.run(steps())


class Broken:
    """Where no worker can be begun."""

    def begin(self, end: socket.socket) -> Any:
        raise OSError("no more processes")


def test_who_waits_for_a_worker_that_cannot_be_begun_learns_why(folder: Path) -> None:
    worker = Worker(folder, Limits(memory=1 << 30))
    begun, worker._disk = worker._disk, Broken()  # type: ignore[assignment]
    worker._origin = worker._disk

    async def steps() -> None:
        crew = Crew([worker], waiting=50, of_each=50, patience=30, ahead=1)
        crew.start()
        for _ in range(2):
            for one in [asked(crew, process), asked(crew, process)]:
                with pytest.raises(OSError, match="no more processes"):
                    await one
        worker._disk = worker._origin = begun
        assert await asked(crew, process)
        await crew.stop()

    uvloop.run(steps())


@pytest.mark.parametrize("seed", range(3))
def test_everybody_gets_the_answer_to_their_own_question(folder: Path, seed: int) -> None:
    chance = random.Random(seed)

    async def ask_one(crew: Crew, number: int) -> None:
        await asyncio.sleep(chance.random())
        kind = chance.choices(["echo", "slow", "late", "dies", "leaves"], [30, 6, 1, 1, 4])[0]
        content = os.urandom(chance.choice([1, 1000, 200_000]))
        if kind == "echo":
            assert await crew.do("", echo, content, seconds=30) == content
        elif kind == "slow":
            assert await crew.do("", doze, chance.random() / 20, seconds=30) is None
        elif kind == "late":
            with pytest.raises(TooLong):
                await crew.do("", doze, 60, seconds=0.2)
        elif kind == "dies":
            with pytest.raises(Crashed):
                await crew.do("", die, seconds=30)
        else:
            left = asked(crew, doze, chance.random() / 20)
            await asyncio.sleep(chance.random() / 50)
            left.cancel()
            with suppress(asyncio.CancelledError):
                await left

    async def steps(crew: Crew) -> None:
        await asyncio.gather(*(ask_one(crew, number) for number in range(40)))

    play(folder, steps, workers=3)


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
