"""Many clients at a time, each of whom does little: the service goes on answering all others.

It holds no more of them than it is set to hold, and hangs up on who makes no headway.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from tests.attacks.server import LITTLE, Server, server
from tests.attacks.test_attacks import ordinary

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
    "SRMGRAPH_LARGEST_ANSWER": "5000000",
}
_UPLOAD = (
    b"POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/turtle\r\n"
    b"Content-Length: 9900000\r\n\r\n"
)
_LARGE_ANSWER = (
    b"GET /sparql?query=SELECT%20*%20%7B?a%20?b%20?c.?d%20?e%20?f%7D%20LIMIT%2025000 HTTP/1.1\r\n"
    b"Host: localhost\r\nAccept: text/csv\r\n\r\n"
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("crowded"), _SETTINGS) as one:
        ordinary(one)
        yield one


async def opened(service: Server, content: bytes, *, reads: bool) -> tuple[bytes, float]:
    """Send and wait until the service hangs up; return what it said, and after how many seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    begun = time.monotonic()
    said = b""
    try:
        writer.write(content)
        if not reads:
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.sleep(3 * _SECONDS)
            return said, time.monotonic() - begun
        while part := await reader.read(100_000):
            said += part
    except OSError:
        # It hung up while more was sent.
        pass
    finally:
        writer.close()
    return said, time.monotonic() - begun


def crowd(service: Server, content: bytes, many: int, *, reads: bool = True) -> list[bytes]:
    """Let so many clients send the same at once, ask what is ordinary meanwhile and afterwards."""
    memory, revision = service.memory(), ordinary(service)
    most = memory

    async def all_at_once() -> list[bytes]:
        nonlocal most
        clients = [asyncio.create_task(opened(service, content, reads=reads)) for _ in range(many)]
        for _ in range(3):
            await asyncio.sleep(_SECONDS / 3)
            assert await asyncio.to_thread(ordinary, service) == revision
            most = max(most, service.memory())
        done = await asyncio.gather(*clients)
        assert max(seconds for _, seconds in done) < 4 * _SECONDS
        return [said for said, _ in done]

    said = asyncio.run(all_at_once())
    assert ordinary(service) == revision
    assert max(most, service.memory()) < memory + _MUCH
    assert "Traceback" not in service.log()
    return said


def test_uploads_that_do_not_end_are_given_up(service: Server) -> None:
    said = crowd(service, _UPLOAD + b" " * 9_000_000, 40)
    told = [one.split()[1] for one in said if one]
    assert set(told) <= {b"408", b"429"}
    assert {b"408", b"429"} <= set(told)


def test_heads_that_do_not_end_are_given_up(service: Server) -> None:
    said = crowd(service, b"GET /live HTTP/1.1\r\nHost: localhost\r\nX: ", 80)
    assert {one.split()[1] for one in said} == {b"408"}


def test_connections_on_which_nothing_comes_make_room_for_others(service: Server) -> None:
    with ExitStack() as held:
        for _ in range(300):
            one = socket.create_connection(("127.0.0.1", service.port))
            held.enter_context(closing(one))
        ordinary(service)


def test_a_head_has_an_end(service: Server) -> None:
    (said,) = crowd(service, b"GET /live HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 900_000, 1)
    assert not said or said.split()[1] == b"431"


def test_answers_that_nobody_reads_are_given_up(service: Server) -> None:
    crowd(service, _LARGE_ANSWER, 30, reads=False)
