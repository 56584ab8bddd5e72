"""`srmgraph serve` in a process of its own: it answers, outlives bad requests, stops when asked."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from benchmarks.reliability import end_with_parent, free_port

FILES = Path(__file__).parent / "files"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "srmgraph.cli", "serve", "acme.ttl", "--log", "--port", str(port)],
        cwd=FILES,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=end_with_parent,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(process, address)
        yield process, address
    finally:
        process.kill()
        process.communicate()


def _wait_for(process: subprocess.Popen[bytes], address: str) -> None:
    for _ in range(600):
        assert process.poll() is None, "the server ended by itself"
        try:
            urlopen(f"{address}/health", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server does not answer")


def _get(address: str, path: str) -> object:
    with urlopen(address + path, timeout=30) as response:
        return json.load(response)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_and_stops(
    server: tuple[subprocess.Popen[bytes], str], tmp_path: Path, how: signal.Signals
) -> None:
    process, address = server
    rows = _get(address, "/queries/who-provides-and-who-consumes")
    assert isinstance(rows, dict)
    assert len(rows["results"]["bindings"]) == 1
    with pytest.raises(HTTPError, match="400"):
        _get(address, "/sparql?query=" + quote("ASK { " + "{" * 3200 + "}" * 3200 + " }"))
    bad = Request(f"{address}/validate", b"\xff", {"Content-Type": "text/turtle"})
    with pytest.raises(HTTPError, match="400"):
        urlopen(bad, timeout=30)
    assert _get(address, "/sparql?query=ASK%7B%7D") == {"head": {}, "boolean": True}
    process.send_signal(how)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert [*tmp_path.iterdir()] == [], "it leaves nothing behind"
    assert b"Traceback" not in output
    assert b'"path": "/sparql", "status": 200' in output
    assert address.encode() in output
