"""A service behind a proxy that gives it a part of its host: every link stays in that part."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import serving, signed_in
from tests.browser.places import PLACES, Place

from srmgraph import ServiceGraph, knowledge
from srmgraph.keys import Keys
from srmgraph.store.folder import FolderStore

PREFIX = "/service/graph"
_OF_THE_CONNECTION = ("connection", "transfer-encoding", "content-length", "date", "server")


@contextmanager
def proxy() -> Iterator[tuple[str, dict[str, str]]]:
    """A proxy that hands on what is below `PREFIX`, and the address to hand it to, to be set."""
    target: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            if not self.path.startswith(f"{PREFIX}/"):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            behind = http.client.HTTPConnection(urlsplit(target["address"]).netloc)
            path = self.path.removeprefix(PREFIX)
            behind.request(self.command, path, body, dict(self.headers))
            answer = behind.getresponse()
            content = answer.read()
            behind.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _OF_THE_CONNECTION:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = handle_one

        def log_message(self, *_: object) -> None:
            """Nothing is told."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", target
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def behind(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of a service behind a proxy, for somebody who is signed in."""
    store = tmp_path_factory.mktemp("prefix") / "store"
    with ServiceGraph(FolderStore.create(store)) as graph:
        graph.load(knowledge.example_file("training-ecosystem"), author="Ann")
        graph.load(knowledge.example_file("cellphone"), author="Bob")
    key = Keys(store).create("Ann", "admin")
    with (
        proxy() as (host, target),
        serving("--store", str(store), SRMGRAPH_BASE=host + PREFIX) as target["address"],
        signed_in(browser, host, key, PREFIX) as page,
    ):
        yield page


def go(page: Page, address: str) -> None:
    answer = page.goto(f"{PREFIX}{address}")
    assert answer is not None
    assert answer.status == 200


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_address_is_below_the_prefix(behind: Page, place: Place) -> None:
    go(behind, place.address)
    here = behind.url
    host = urljoin(here, "/")
    addresses = behind.evaluate(
        """[...document.querySelectorAll("[href], [src], form[action], [data-find]")]
            .map((one) => one.getAttribute("href") ?? one.getAttribute("src")
                ?? one.getAttribute("data-find") ?? one.getAttribute("action"))"""
    )
    own = {urljoin(here, one) for one in addresses}
    own = {one for one in own if one.startswith(host)}
    assert own
    assert [one for one in own if not one.startswith(f"{host[:-1]}{PREFIX}/")] == []
    # What was put into the address twice leads nowhere.
    assert [one for one in own if one.count(PREFIX) > 1] == []


def test_ways_lead_on_below_the_prefix(behind: Page) -> None:
    go(behind, "/")
    behind.get_by_role("link", name="Ontology & rules").click()
    expect(behind.locator("h1")).to_have_text("The service relationship model")
    behind.get_by_role("link", name="Rules about value").first.click()
    expect(behind.locator(".bar [aria-current]")).to_have_text("Ontology & rules")
    go(behind, "/ontology")
    expect(behind.locator("h1")).to_have_text("The service relationship model")
    behind.locator("#find").fill("https://example.org/training-ecosystem/google")
    behind.locator("#find").press("Enter")
    behind.get_by_role("link", name="Change").click()
    behind.locator(".actions").get_by_role("button", name="Save").click()
    expect(behind.locator("h1")).to_have_text("Google")
    assert urlsplit(behind.url).path == f"{PREFIX}/resource"
    go(behind, "/editor")
    behind.locator(".yasqe_queryButton:visible").click()
    expect(behind.locator(".yasr table.dataTable tbody tr").first).to_be_visible()
    behind.get_by_role("button", name="Sign out").click()
    expect(behind.locator(".who")).to_contain_text("Sign in")
    assert urlsplit(behind.url).path == f"{PREFIX}/"
    # Who signs in goes on where a key was asked for.
    go(behind, "/enter/person")
    expect(behind.locator("h1")).to_have_text("Sign in")
    assert behind.locator("[name=to]").get_attribute("value") == "/enter/person"
