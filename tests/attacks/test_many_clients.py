"""Many clients at a time, each of whom does little: the service goes on answering all others.

It holds no more of them than it is set to hold, and hangs up on who makes no headway.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from tests.attacks.server import LITTLE, Server, server
from tests.attacks.test_attacks import ordinary, raw

pytestmark = pytest.mark.slow

_SECONDS = 3
_HELD = 20_000_000
_MUCH = 45_000_000
"""More bytes than the process that listens may grow by: what it may hold, and its copies."""
_SETTINGS = {
    **LITTLE,
    "SRMGRAPH_ARRIVING": str(_HELD),
    "SRMGRAPH_ARRIVING_SECONDS": str(_SECONDS),
    "SRMGRAPH_CONNECTIONS": "100",
    "SRMGRAPH_LARGEST_ANSWER": "9000000",
    "SRMGRAPH_READING": "keys",
}
_UPLOAD = (
    b"POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/turtle\r\n"
    b"Content-Length: 9900000\r\nAuthorization: Bearer KEY\r\n\r\n"
)
_LARGE_ANSWER = (
    b"GET /sparql?query=SELECT%20*%20%7B?a%20?b%20?c.?d%20?e%20?f%7D%20LIMIT%2020000 HTTP/1.1\r\n"
    b"Host: localhost\r\nAuthorization: Bearer KEY\r\n\r\n"
)
_HEAD = b"GET /live HTTP/1.1\r\nHost: localhost\r\nX: "


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("crowded"), _SETTINGS) as one:
        ordinary(one)
        yield one


async def opened(service: Server, content: bytes, drip: bytes, pause: float, address: str) -> bytes:
    """Send from an address, and go on with a drop now and then, if any; read on a pause after the
    first of the answer has come, until the service hangs up, and return what it said."""
    own = socket.socket()
    own.bind((address, 0))
    # Little stands in the network on its way, so that it is the service that waits.
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10_000)
    own.setblocking(False)
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", service.port))
    reader, writer = await asyncio.open_connection(sock=own, limit=1_000)
    said = b""

    async def dripping() -> None:
        while True:
            await asyncio.sleep(_SECONDS / 10)
            writer.write(drip)

    drops = asyncio.create_task(dripping()) if drip else None
    try:
        writer.write(content.replace(b"KEY", service.keys["read"].encode()))
        if pause:
            # Where all are busy, an answer may take longer to begin than the pause lasts.
            said += await reader.read(1)
            await asyncio.sleep(pause)
        while part := await reader.read(100_000):
            said += part
    except OSError:
        # It hung up while more was sent, or before all was read.
        pass
    finally:
        if drops:
            drops.cancel()
        writer.close()
    return said


def crowd(
    service: Server,
    content: bytes,
    many: int,
    *,
    drip: bytes = b"",
    pause: float = 0,
    addresses: int = 1,
) -> list[bytes]:
    """Let so many clients at so many addresses send the same at once, ask what is ordinary
    meanwhile and afterwards.

    Each ends when the service hangs up on it: where it did not, this would not end.
    """
    memory, revision = service.memory(), ordinary(service)
    most = memory

    async def all_at_once() -> list[bytes]:
        nonlocal most
        # Whoever asks what is ordinary is at the first address of the machine, and these are not.
        clients = [
            asyncio.create_task(
                opened(service, content, drip, pause, f"127.0.0.{2 + number % addresses}")
            )
            for number in range(many)
        ]
        for _ in range(3):
            await asyncio.sleep(_SECONDS / 3)
            assert await asyncio.to_thread(ordinary, service) == revision
            most = max(most, service.memory())
        return await asyncio.gather(*clients)

    said = asyncio.run(all_at_once())
    assert ordinary(service) == revision
    assert max(most, service.memory()) < memory + _MUCH
    assert "Traceback" not in service.log()
    return said


def test_uploads_that_do_not_end_are_given_up(service: Server) -> None:
    said = crowd(service, _UPLOAD + b" " * 9_000_000, 40)
    assert {one.split()[1] for one in said if one} == {b"408", b"429"}
    assert all(b"\r\nretry-after: " in one.lower() for one in said if b" 429 " in one[:20])


def test_uploads_are_bounded_for_all_clients_together(service: Server) -> None:
    # None sends as much as one may: it is too much of all of them.
    said = crowd(service, _UPLOAD + b" " * (_HELD // 4), 40, addresses=40)
    assert {one.split()[1] for one in said if one} == {b"408", b"503"}
    assert all(b"\r\nretry-after: " in one.lower() for one in said if b" 503 " in one[:20])


def test_who_may_not_come_in_is_told_so_before_all_has_come(service: Server) -> None:
    for path in (b"validate", b"sparql", b"update"):
        status, _ = raw(service, _UPLOAD.replace(b"validate", path).replace(b"KEY", b"none"))
        assert status == 401


def test_heads_that_do_not_end_are_given_up(service: Server) -> None:
    said = crowd(service, _HEAD, 90, drip=b"x")
    assert {one.split()[1] for one in said} == {b"408"}


def test_connections_on_which_nothing_comes_make_room_for_others(service: Server) -> None:
    with ExitStack() as held:
        for _ in range(300):
            one = socket.create_connection(("127.0.0.1", service.port), timeout=60)
            held.enter_context(closing(one))
        ordinary(service)
        assert one.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_head_has_an_end(service: Server) -> None:
    (said,) = crowd(service, _HEAD + b"x" * 90_000, 1, drip=b"x" * 20_000)
    assert said.split()[1] == b"431"


def test_answers_that_nobody_reads_are_given_up(service: Server) -> None:
    said = crowd(service, _LARGE_ANSWER, 30, pause=3 * _SECONDS)
    begun = [one for one in said if one.startswith(b"HTTP/1.1 200 ")]
    assert begun
    for one in begun:
        head, _, body = one.partition(b"\r\n\r\n")
        (length,) = [line for line in head.lower().split(b"\r\n") if b"content-length" in line]
        assert len(body) < int(length.split()[1])
