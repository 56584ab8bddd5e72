"""What is left to pySHACL is checked in a process of its own, which can be ended."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import pytest
from rdflib import Graph
from tests.unit import shacl_cases as cases

from srmgraph.errors import ShapesError
from srmgraph.store import EmbeddedStore, open_store
from srmgraph.validation import Validator, processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")

EX = cases.EX
TEXT = f"""
    PREFIX ex: <{EX}> PREFIX sh: <http://www.w3.org/ns/shacl#>
    ex:begins a sh:PropertyShape ; sh:targetSubjectsOf ex:p ; sh:path ex:p ; sh:pattern "^(?!x)" .
"""
# Solutions that are grouped inside another shape, of very many combinations.
LONG = (
    TEXT
    + """
    ex:long a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:not [ sh:sparql [ sh:select
        "SELECT $this { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . } GROUP BY $this" ] ] .
"""
)
DATA = f'<{EX}good1> <{EX}p> "y" . <{EX}bad1> <{EX}p> "x" .'


def store() -> EmbeddedStore:
    made = open_store()
    made.parse(DATA, "turtle")
    return made


def checked() -> list[str]:
    """What is found by shapes that are left to pySHACL."""
    report = Validator(Graph().parse(data=TEXT)).validate(store())
    assert "was checked by pySHACL" in report.notes[0]
    return [str(result.focus_node) for result in report.results]


def children(parent: int) -> list[int]:
    """The processes that a process has begun, those among them that are dead and not waited for."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == parent and b"second_engine" in (folder / "cmdline").read_bytes():
            found.append(int(folder.name))
    return found


def wait_until(holds: Callable[[], object]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    pytest.fail("It never came to be so.")


@pytest.fixture
def alone() -> Iterator[None]:
    """No process is there before, nor afterwards."""
    processes._end_all()
    assert children(os.getpid()) == []
    yield
    processes._end_all()
    assert children(os.getpid()) == []


@pytest.mark.usefixtures("alone")
def test_a_process_is_kept_for_the_next() -> None:
    assert checked() == [f"{EX}bad1"]
    first = children(os.getpid())
    assert len(first) == 1
    assert checked() == [f"{EX}bad1"]
    assert children(os.getpid()) == first


@pytest.mark.usefixtures("alone")
def test_one_that_has_read_much_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_MOST_KEPT", 10)
    assert checked() == [f"{EX}bad1"]
    assert children(os.getpid()) == []


@pytest.mark.usefixtures("alone")
def test_one_that_takes_too_long_is_stopped() -> None:
    validator = Validator(Graph().parse(data=LONG), timeout=2)
    with pytest.raises(ShapesError, match=r"begins \(.*\), long \(.*stopped after 2 seconds"):
        validator.validate(store())
    assert children(os.getpid()) == []
    # In a stream, what was found before is there.
    with pytest.raises(ShapesError, match="stopped after 2 seconds"):
        list(validator.stream(store()))
    assert checked() == [f"{EX}bad1"]


@pytest.mark.usefixtures("alone")
def test_one_that_ends_by_itself_is_told() -> None:
    def kill() -> None:
        wait_until(lambda: children(os.getpid()))
        os.kill(children(os.getpid())[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(
        ShapesError, match=r"ended by itself \(signal 9\), perhaps since its memory"
    ):
        Validator(Graph().parse(data=LONG)).validate(store())
    killer.join()


@pytest.mark.usefixtures("alone")
def test_one_that_died_while_nobody_needed_it_is_replaced() -> None:
    checked()
    (child,) = children(os.getpid())
    os.kill(child, signal.SIGKILL)
    assert checked() == [f"{EX}bad1"]
    assert child not in children(os.getpid())


@pytest.mark.usefixtures("alone")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_workers_have_one_too(method: str) -> None:
    """Also daemons, and forks of a process that has one."""
    checked()
    context = multiprocessing.get_context(method)
    answers = context.SimpleQueue()
    worker = context.Process(  # type: ignore[attr-defined]
        target=_work, args=(answers,), daemon=True
    )
    worker.start()
    assert answers.get() == [f"{EX}bad1"]
    worker.join()
    assert checked() == [f"{EX}bad1"]


def _work(answers: "SimpleQueue[list[str]]") -> None:
    answers.put(checked())


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_it_ends_with_who_began_it(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    """Ctrl-C reaches both; of a sudden end, only the one learns."""
    (tmp_path / "data.ttl").write_text(DATA)
    (tmp_path / "shapes.ttl").write_text(LONG)
    command = [sys.executable, "-m", "srmgraph.cli", "validate", "data.ttl"]
    with subprocess.Popen(
        [*command, "--shapes", "shapes.ttl"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as running:
        wait_until(lambda: children(running.pid))
        (child,) = children(running.pid)
        # Not while it still begins.
        wait_until(lambda: _time(child) > 1)
        if sent == signal.SIGINT:
            os.killpg(running.pid, sent)
        else:
            running.send_signal(sent)
        assert running.wait(60) == code
        assert running.stderr is not None
        assert b"Traceback" not in running.stderr.read()
    wait_until(lambda: not Path(f"/proc/{child}").exists())


def _time(process: int) -> float:
    """Seconds of a processor that a process has taken."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
