"""Answers leave in one piece, and nothing of them is kept back."""

import asyncio

import pytest

from srmgraph_api.connections import Joined

HEAD, BODY = b"HTTP/1.1 200 OK\r\n\r\n", b"content"


class Recording(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.written.append(b"closed")


# What is written in turn, None for a round of the event loop, and what leaves.
CASES: dict[str, tuple[list[bytes | None], list[bytes]]] = {
    "head and content": ([HEAD, BODY], [HEAD + BODY]),
    "two answers": ([HEAD, BODY, HEAD, BODY], [HEAD + BODY, HEAD + BODY]),
    "content in parts": ([HEAD, BODY, BODY], [HEAD + BODY, BODY]),
    "no content": ([HEAD, b""], [HEAD]),
    "content that comes later": ([HEAD, None, BODY], [HEAD, BODY]),
    "content like a head": ([HEAD, BODY, HEAD, None], [HEAD + BODY, HEAD]),
    "two heads": ([HEAD, HEAD, BODY], [HEAD + HEAD, BODY]),
    "a head alone, and the end": ([HEAD, b"close"], [HEAD, b"closed"]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_head_leaves_with_what_comes_right_after_it(name: str) -> None:
    steps, expected = CASES[name]
    transport = Recording()

    async def play() -> None:
        joined = Joined(transport, asyncio.get_running_loop())
        for step in (*steps, None):
            if step is None:
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            elif step == b"close":
                joined.close()
            else:
                joined.write(step)

    asyncio.run(play())
    assert transport.written == expected
