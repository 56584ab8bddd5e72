"""Everyone who means harm, one after the other, at one service that goes on answering.

After each attack the next ordinary request is answered, and nothing was asked of the network,
written outside of the store, told of files, or kept of the attack in memory.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tests.attacks.cases import Attack, attacks
from tests.attacks.server import SECRET, Server, crowding, server

pytestmark = pytest.mark.slow

_MUCH = 60_000_000
"""More bytes than the process that listens needs for the largest thing that it lets in."""

_LATE = (503, 504)
_ATTEMPTS = 4
"""How often something is asked again that was not answered in time, where others have much to do;
where they have not, it counts at once."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("attacked")) as one:
        ordinary(one)
        yield one


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.name)
def test_no_attack_does_harm(service: Server, attack: Attack) -> None:
    files, memory, revision = service.others(), service.memory(), ordinary(service)
    status, answer = sent(service, attack)
    for _ in range(_ATTEMPTS):
        if status in _LATE and attack.status and status not in attack.status and crowding() > 1:
            status, answer = sent(service, attack)
    assert service.process.poll() is None
    assert ordinary(service) == revision or status in (200, 201, 204)
    assert service.canary.calls == []
    assert service.others() == files
    assert service.memory() < memory + _MUCH
    assert SECRET not in answer
    assert all(key not in service.log() for key in service.keys.values())
    assert "Traceback" not in service.log()
    if attack.status:
        assert status in attack.status, answer[:2000]
        assert attack.says in answer
    else:
        assert status == 0 or 400 <= status < 500, answer[:2000]


def test_the_canary_would_sing(service: Server) -> None:
    with socket.create_connection(("127.0.0.1", int(service.canary.address.rpartition(":")[2]))):
        pass
    ordinary(service)
    assert len(service.canary.calls) == 1
    service.canary.calls.clear()


def client(**settings: Any) -> httpx2.Client:
    """A client without certificates: nothing here is encrypted, and to read them takes longest."""
    return httpx2.Client(verify=False, **settings)


def ordinary(service: Server) -> str:
    """Ask what anybody may ask, and return the revision that answered; see `_ATTEMPTS`."""
    asked = {"query": "SELECT (COUNT(*) AS ?n) { ?s <x:p> ?o FILTER(?o < 300) }"}
    known = {"Authorization": f"Bearer {service.keys['read']}"}
    with client(base_url=service.address, timeout=60, headers=known) as asking:
        answer = asking.get("/sparql", params=asked)
        for _ in range(_ATTEMPTS):
            if answer.status_code in _LATE and crowding() > 1:
                answer = asking.get("/sparql", params=asked)
        assert answer.status_code == 200, answer.text
        assert answer.json()["results"]["bindings"][0]["n"]["value"] == "300"
        return str(answer.headers["etag"])


def sent(service: Server, attack: Attack) -> tuple[int, str]:
    """Send an attack, and return the status and text of the answer; 0 if there was none."""

    def written(text: str) -> str:
        text = text.replace("CANARY", service.canary.address)
        return text.replace("SECRET", (service.folder / "secret" / "file.ttl").as_uri())

    body = attack.content().replace(b"CANARY", service.canary.address.encode())
    body = body.replace(b"SECRET", written("SECRET").encode())
    if not attack.send:
        return raw(service, body.replace(b"KEY", service.keys["write"].encode()))
    method, _, path = written(attack.send).partition(" ")
    headers = {name: written(value) for name, value in attack.headers.items()}
    if attack.key:
        headers["Authorization"] = f"Bearer {service.keys[attack.key]}"
    with client(timeout=60) as sending:
        answer = sending.request(method, service.address + path, headers=headers, content=body)
        return answer.status_code, answer.text


def raw(service: Server, content: bytes) -> tuple[int, str]:
    """Send bytes as they are and return status and text of the first answer."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        received = b""
        try:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(100_000):
                received += part
        except OSError:
            # It hung up before all was sent.
            pass
    text = received.decode("latin-1")
    return (int(text.split()[1]) if text.startswith("HTTP/") else 0), text
