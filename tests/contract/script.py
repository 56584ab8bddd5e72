"""A server that answers as it is told: what real servers do only when they are in trouble."""

import json
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

ROWS = "application/sparql-results+json"
NO_ROWS = json.dumps({"head": {"vars": ["s"]}, "results": {"bindings": []}})


@dataclass
class Reply:
    """What the server answers; `promised` is the length that it tells, if not that of the body."""

    status: int = 200
    body: str = NO_ROWS
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": ROWS})
    promised: int | None = None
    pause: float = 0.0
    pieces: int = 1


@dataclass
class Request:
    """What the server was asked."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)


class Script:
    """A server that answers one request after the other as it is told; the last answer stays."""

    def __init__(self) -> None:
        self.replies: list[Reply | Callable[[Request], Reply]] = [Reply()]
        self.requests: list[Request] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = Request(self.path, dict(self.headers), body)
                script.requests.append(request)
                reply = script.replies[0] if len(script.replies) == 1 else script.replies.pop(0)
                if not isinstance(reply, Reply):
                    reply = reply(request)
                time.sleep(reply.pause)
                content = reply.body.encode()
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                length = len(content) if reply.promised is None else reply.promised
                self.send_header("Content-Length", str(length))
                self.end_headers()
                size = -(-len(content) // reply.pieces) or 1
                for start in range(0, len(content), size):
                    self.wfile.write(content[start : start + size])
                    self.wfile.flush()
                    time.sleep(reply.pause if reply.pieces > 1 else 0)
                self.close_connection = reply.promised is not None

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                # The client may have gone away, which is what some tests are about.
                pass

        self.server: socketserver.BaseServer = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
