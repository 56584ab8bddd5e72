"""By which name the service is called, also by programs that are older than names."""

import asyncio
from typing import Any, cast

import pytest
from starlette.responses import PlainTextResponse

from srmgraph_api.gate import Gate
from srmgraph_api.operations import Counters

CALLS: list[tuple[str, list[bytes], int]] = [
    ("1.1", [b"localhost"], 200),
    ("1.1", [b"LOCALHOST:8000"], 200),
    ("1.1", [b"[::1]:8000"], 200),
    ("1.1", [b"attacker.example"], 421),
    ("1.1", [], 400),
    ("1.1", [b"localhost", b"attacker.example"], 400),
    # Such as a balancer of loads that looks whether the service is there.
    ("1.0", [], 200),
    ("1.0", [b"localhost"], 200),
    ("1.0", [b"attacker.example"], 421),
    ("1.0", [b"localhost", b"localhost"], 400),
]


class NoCounters:
    """What counts nothing."""

    def count(self, *told: object) -> None:
        """Forget it."""


@pytest.mark.parametrize(("version", "hosts", "status"), CALLS, ids=str)
def test_the_service_answers_to_its_names(version: str, hosts: list[bytes], status: int) -> None:
    seen: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        seen.append(message)

    scope = {
        "type": "http",
        "http_version": version,
        "method": "GET",
        "path": "/live",
        "headers": [(b"host", host) for host in hosts],
    }
    gate = Gate(PlainTextResponse("here"), "localhost [::1]", cast(Counters, NoCounters()))
    asyncio.run(gate(scope, receive, send))
    assert seen[0]["status"] == status


def test_who_is_not_waited_for_when_the_service_stops_is_told_so() -> None:
    seen: list[Any] = []

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        seen.append(message)

    async def stop() -> None:
        scope = {"type": "http", "http_version": "1.0", "method": "GET", "path": "/", "headers": []}
        gate = Gate(endless, "", cast(Counters, NoCounters()))
        task = asyncio.create_task(gate(scope, cast(Any, None), send))
        await asyncio.sleep(0)
        task.cancel()
        await task

    asyncio.run(stop())
    assert seen[0]["status"] == 503
    assert (b"retry-after", b"30") in seen[0]["headers"]
    assert b"being stopped" in seen[1]["body"]
