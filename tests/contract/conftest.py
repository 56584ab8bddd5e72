"""The stores that keep the contract. One more is one more entry in KINDS."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.contract import servers
from tests.contract.script import Script

from srmgraph.store import EmbeddedStore, Store, open_store
from srmgraph.store.remote import RemoteStore


@dataclass(frozen=True)
class Kind:
    """A kind of store: how it is opened at an address, and what runs the server that it needs.

    `missing` says why it cannot be tried here, if so.
    """

    open: Callable[[str], Store]
    server: Callable[[], AbstractContextManager[str]] | None = None
    missing: str = ""


def folder(address: str) -> Store:
    return open_store(address, create=True)


def oxigraph(address: str) -> Store:
    return RemoteStore(address, server="oxigraph")


def any_server(address: str) -> Store:
    """A server of which no more is known than that it keeps to SPARQL 1.1; no data endpoint."""
    return RemoteStore(address, query="/query", update="/update")


def own_service(address: str) -> Store:
    return RemoteStore(address, server="srmgraph")


def virtuoso(address: str) -> Store:
    return RemoteStore(address, server="virtuoso")


MEMORY = Path("/dev/shm")
NO_OXIGRAPH = "" if servers.OXIGRAPH.exists() else "the package oxigraph is not installed"
NO_VIRTUOSO = "" if servers.VIRTUOSO else "virtuoso-t is not installed (virtuoso-opensource)"
KINDS = {
    "memory": Kind(lambda address: open_store()),
    "folder": Kind(folder),
    "oxigraph": Kind(oxigraph, servers.oxigraph, NO_OXIGRAPH),
    "sparql": Kind(any_server, servers.oxigraph, NO_OXIGRAPH),
    "srmgraph": Kind(own_service, servers.srmgraph),
    "virtuoso": Kind(virtuoso, servers.virtuoso, NO_VIRTUOSO),
}


@pytest.fixture(scope="session")
def running() -> Iterator[Callable[[str], str]]:
    """Start the server of a kind of store, once, and return its address."""
    addresses: dict[str, str] = {}
    with ExitStack() as stack:

        def start(name: str) -> str:
            server = KINDS[name].server
            assert server is not None
            if name not in addresses:
                addresses[name] = stack.enter_context(server())
            return addresses[name]

        yield start


@pytest.fixture(
    params=[
        pytest.param(name, marks=[pytest.mark.slow] if name == "virtuoso" else []) for name in KINDS
    ]
)
def kind(request: pytest.FixtureRequest) -> str:
    """The name of each kind of store in turn."""
    name = str(request.param)
    if KINDS[name].missing:
        pytest.skip(KINDS[name].missing)
    return name


@pytest.fixture
def store(kind: str, running: Callable[[str], str]) -> Iterator[Store]:
    """An empty store of each kind in turn."""
    # What is tested is not the disk, and memory is faster.
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        server = KINDS[kind].server
        store = KINDS[kind].open(f"{folder}/store" if server is None else running(kind))
        if len(store):
            with store.change() as copy:
                copy.oxigraph.clear()
        assert len(store) == 0
        yield store
        store.close()


@pytest.fixture(name="oxigraph")
def on_an_oxigraph_server(running: Callable[[str], str]) -> Iterator[RemoteStore]:
    """A store on an Oxigraph server; whatever tries to write to it by itself fails."""
    store = RemoteStore(running("oxigraph"), server="oxigraph")
    yield store
    fill(store, open_store())
    store.close()


def fill(store: RemoteStore, local: EmbeddedStore) -> None:
    """Let a server hold what a store here holds, and nothing else."""
    with store.change() as copy:
        copy.oxigraph.clear()
        copy.oxigraph.extend(local.oxigraph)


@pytest.fixture
def script() -> Iterator[Script]:
    """A server that answers as it is told."""
    script = Script()
    yield script
    script.server.shutdown()
    script.server.server_close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long is waited between attempts; nothing is waited for in fact."""
    found: list[float] = []
    monkeypatch.setattr("srmgraph.store.remote_http._sleep", found.append)
    return found
