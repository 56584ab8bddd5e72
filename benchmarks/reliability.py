"""./run bench reliability: is a change that was acknowledged ever lost, or half a change ever seen?

A service runs over a store while its processes are killed (SIGKILL) at moments spread over their
work: the writer, the readers, the service as a whole, and a command that loads, updates and rolls
back beside it. After each round the store must open, hold every change that was acknowledged, and
no half of any. Each change has two parts, in two graphs.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from rdflib import Literal, URIRef

from srmgraph.keys import Keys
from srmgraph.store import EmbeddedStore
from srmgraph.store.folder import FolderStore

# Looked up before any fork: between fork and exec as little as possible is done.
_SYSTEM = ctypes.CDLL(None) if sys.platform == "linux" else None
_DEATH_OF_PARENT = 1  # PR_SET_PDEATHSIG of prctl.h

ONE, TWO = URIRef("https://example.org/one"), URIRef("https://example.org/two")

_COMMAND = """
import sys
from pathlib import Path
from rdflib import URIRef
from srmgraph.store.folder import FolderStore
store, number = FolderStore(Path(sys.argv[1])), int(sys.argv[2])
while True:
    with store.change("command", str(number)) as candidate:
        for name in ("one", "two"):
            text = f"<https://example.org/{number}> <https://example.org/is> {number} ."
            candidate.parse(text, "turtle", URIRef(f"https://example.org/{name}"))
    print(number, flush=True)
    number += 1
    # It makes a revision, and changes nothing.
    store.rollback(store.revision, "command")
"""


@dataclass
class Outcome:
    """What happened: rounds, changes by what was answered, and what was wrong (nothing, if all is
    well)."""

    rounds: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def run(folder: Path, rounds: int, seed: int = 1) -> Outcome:
    """Kill for so many rounds, half of them at the service and half at a command beside it."""
    chance, outcome = random.Random(seed), Outcome()
    store = FolderStore.create(folder)
    key = Keys(folder).create("reliability", "admin")
    acknowledged: set[int] = set()
    sent = 0
    for number in range(rounds):
        if number % 2:
            sent = _kill_command(folder, sent, chance, acknowledged, outcome)
        else:
            sent = _kill_service(folder, key, sent, chance, acknowledged, outcome)
        outcome.rounds += 1
        store.close()
        # A writer may live a moment longer than its service: both are read of one revision.
        revision = store.current
        one, two = (_numbers(revision, name) for name in (ONE, TWO))
        if one != two:
            outcome.faults.append(f"round {number}: half of the changes {sorted(one ^ two)}")
        if lost := acknowledged - one:
            outcome.faults.append(f"round {number}: lost are the changes {sorted(lost)}")
        if one - set(range(sent)):
            outcome.faults.append(f"round {number}: changes that nobody made")
        if store.revision > max((one.number for one in store.history()), default=-1):
            outcome.faults.append(f"round {number}: the history ends elsewhere")
    return outcome


def _numbers(store: EmbeddedStore, name: URIRef) -> set[int]:
    return {int(value) for value in store.graph(name).objects() if isinstance(value, Literal)}


def _kill_command(
    folder: Path, sent: int, chance: random.Random, acknowledged: set[int], outcome: Outcome
) -> int:
    with subprocess.Popen(
        [sys.executable, "-c", _COMMAND, str(folder), str(sent)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=end_with_parent,
    ) as command:
        assert command.stdout is not None
        told = [command.stdout.readline()]
        threading.Timer(chance.uniform(0, 0.5), command.kill).start()
        told += command.stdout.readlines()
    acknowledged.update(map(int, told))
    outcome.answers["command"] += len(told)
    # The one after the last that it told of may have been made as well.
    return sent + len(told) + 1


def _kill_service(
    folder: Path,
    key: str,
    sent: int,
    chance: random.Random,
    acknowledged: set[int],
    outcome: Outcome,
) -> int:
    with service(folder) as (process, address):
        stop = threading.Event()
        killer = threading.Thread(target=_kill_now_and_then, args=(process, chance, stop))
        killer.start()
        try:
            for _ in range(6):
                answer = _change(address, key, sent)
                outcome.answers[answer] += 1
                if answer == "204":
                    acknowledged.add(sent)
                sent += 1
                if process.poll() is not None:
                    break
        finally:
            stop.set()
            killer.join()
        if process.poll() is None:
            for _ in range(3):
                _get(address)
    return sent


def _kill_now_and_then(
    process: subprocess.Popen[bytes], chance: random.Random, stop: threading.Event
) -> None:
    """Kill one of the workers at a time, and at last perhaps the service itself."""
    for _ in range(4):
        if stop.wait(chance.uniform(0.05, 1.5)):
            return
        if workers := list(_descendants(process.pid)):
            # It may have ended by itself since.
            with suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)
    if not stop.wait(chance.uniform(0, 1)) and chance.random() < 0.5:
        process.kill()
        # A process that is killed goes on for a moment.
        process.wait()


def _descendants(pid: int) -> Iterator[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    for child in map(int, listed.stdout.split()):
        yield from _descendants(child)
        if _is_worker(child):
            yield child


def _is_worker(pid: int) -> bool:
    # The process that workers are forks of is part of the service, and so is what tidies up.
    try:
        parent = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        line = (Path("/proc") / str(parent) / "cmdline").read_bytes()
    except OSError:
        return False
    return b"forkserver" in line


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_with_parent() -> None:
    """Let this process be killed when the one that has started it ends, however that ends; to be
    called between fork and exec (`preexec_fn`). Elsewhere than on Linux it may stay.

    Source: prctl(2), PR_SET_PDEATHSIG. The parent is the thread that starts it.
    """
    if _SYSTEM is not None:
        _SYSTEM.prctl(_DEATH_OF_PARENT, signal.SIGKILL)


def wait_for(process: subprocess.Popen[bytes], address: str, seconds: float = 60) -> None:
    """Wait until a process answers at an address, for so long at most; raises RuntimeError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError):
            urlopen(address, timeout=5).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"A server did not start: {process.args!r}")


@contextmanager
def service(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A service over the store, in a process of its own, and its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "srmgraph.cli",
            "serve",
            "--store",
            str(folder),
            "--port",
            str(port),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=end_with_parent,
    )
    try:
        wait_for(process, f"{address}/live")
        yield process, address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _change(address: str, key: str, number: int) -> str:
    fact = f"<https://example.org/{number}> <https://example.org/is> {number}"
    update = " ; ".join(f"INSERT DATA {{ GRAPH <{name}> {{ {fact} }} }}" for name in (ONE, TWO))
    request = Request(
        f"{address}/update",
        update.encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/sparql-update"},
    )
    try:
        with urlopen(request, timeout=120) as response:
            return str(response.status)
    except HTTPError as error:
        return str(error.code)
    except OSError:
        return "no answer"


def _get(address: str, tries: int = 5) -> None:
    """Ask a question; it may be with a worker that was killed a moment ago, but not each time."""
    try:
        with urlopen(f"{address}/sparql?query=ASK%7B%7D", timeout=60) as response:
            assert json.load(response)["boolean"] is True
    except HTTPError as error:
        if error.code != 503 or tries == 1:
            raise
        _get(address, tries - 1)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="./run bench reliability", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(Path(folder) / "store", options.rounds, options.seed)
    print(
        f"{outcome.rounds} rounds, {sum(outcome.answers.values())} changes: {dict(outcome.answers)}"
    )
    print(
        "\n".join(outcome.faults) or "No acknowledged change was lost, and none was seen by half."
    )
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
