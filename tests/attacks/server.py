"""A service as users start it, with little of everything, and what is seen of it from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx2
from benchmarks.reliability import end_with_parent, free_port

from srmgraph.keys import Keys
from srmgraph.store.folder import FolderStore


def crowding() -> float:
    """How much more there is to do on this machine than two tests for each processor: 1 if not."""
    return max(1.0, os.getloadavg()[0] / (2 * (os.cpu_count() or 1)))


# Where others have much to do, what takes a moment may take seconds, and that is no fault.
_SLOWER = min(crowding(), 5.0)
LITTLE = {
    "SRMGRAPH_WORKERS": "2",
    "SRMGRAPH_WORKER_MEMORY": "512",
    "SRMGRAPH_QUERY_SECONDS": str(2 * _SLOWER),
    "SRMGRAPH_WRITE_SECONDS": str(4 * _SLOWER),
    "SRMGRAPH_LARGEST_UPLOAD": "2000000",
    "SRMGRAPH_LARGEST_ANSWER": "500000",
}
THINGS = "\n".join(f"<x:{n}> <x:p> {n} ." for n in range(300))
SECRET = "what no answer may hold"


@dataclass
class Canary:
    """A port that nobody has a reason to call, and who called it."""

    address: str
    calls: list[bytes] = field(default_factory=list)


@dataclass
class Server:
    """A service that runs, the keys to it, and the folder in which nothing but its store is its."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    canary: Canary
    keys: dict[str, str]

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> int:
        """Return how many bytes of memory the process that listens has."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def others(self) -> dict[str, str]:
        """Return all files but those of its store and its log, with their sums."""
        return {
            str(file): sha256(file.read_bytes()).hexdigest()
            for place in ("home", "secret")
            for file in sorted((self.folder / place).rglob("*"))
            if file.is_file()
        }

    def log(self) -> str:
        """Return what it has written so far."""
        return (self.folder / "log").read_text(errors="replace")


@contextmanager
def canary() -> Iterator[Canary]:
    """Listen on a port, and note what is sent to it."""
    server = socket.create_server(("127.0.0.1", 0))
    seen = Canary(f"http://127.0.0.1:{server.getsockname()[1]}")

    def listen() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(1)
                try:
                    seen.calls.append(connection.recv(1000))
                except OSError:
                    seen.calls.append(b"")

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


@contextmanager
def server(folder: Path, settings: Mapping[str, str] = LITTLE) -> Iterator[Server]:
    """Run the service over a store in a folder."""
    for name in ("home", "secret", "scratch"):
        (folder / name).mkdir()
    (folder / "secret" / "file.ttl").write_text(f'<x:secret> <x:is> "{SECRET}" .')
    store = FolderStore.create(folder / "store")
    store.parse(THINGS, "turtle")
    store.close()
    kept = Keys(folder / "store")
    keys = {role: kept.create(role, role, ()) for role in ("read", "write", "admin")}
    keys["one graph"] = kept.create("one graph", "write", ("https://example.org/own",))
    port = free_port()
    with canary() as watched, (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "srmgraph.cli", "serve", "--store", str(folder / "store")),
                *("--port", str(port), "--log"),
            ],
            cwd=folder / "home",
            env={
                **os.environ,
                **settings,
                "HOME": str(folder / "home"),
                "TMPDIR": str(folder / "scratch"),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=end_with_parent,
        )
        one = Server(process, port, folder, watched, keys)
        try:
            for _ in range(600):
                assert process.poll() is None, f"the server ended by itself: {one.log()}"
                try:
                    httpx2.get(f"{one.address}/live", verify=False)
                    break
                except httpx2.TransportError:
                    time.sleep(0.1)
            yield one
            assert process.poll() is None, f"the server ended by itself: {one.log()}"
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
        finally:
            process.kill()
            process.wait()
