"""A service in a process of its own, and Debian's Chromium to look at its pages."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from benchmarks.reliability import free_port
from tests.contract import servers

from srmgraph import ServiceGraph, knowledge
from srmgraph.keys import Keys
from srmgraph.store.folder import FolderStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")


@contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[str]:
    """`srmgraph serve` with these arguments and settings; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "srmgraph.cli", "serve", *arguments, "--port", str(port)]
    with servers.running(command, port, **environment) as address:
        yield address


@pytest.fixture(scope="session")
def key_and_store(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("browser") / "store"
    with ServiceGraph(FolderStore.create(folder)) as graph:
        graph.load(knowledge.example_file("training-ecosystem"))
    return Keys(folder).create("Ann", "write"), folder


@pytest.fixture(scope="session")
def site(key_and_store: tuple[str, Path]) -> Iterator[str]:
    """The address of a service over the training ecosystem."""
    with serving("--store", str(key_and_store[1])) as address:
        yield address


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a service whose data a module may change, and a key for everything."""
    folder = tmp_path_factory.mktemp("writing") / "store"
    with ServiceGraph(FolderStore.create(folder)) as graph:
        graph.load(knowledge.example_file("training-ecosystem"), author="Ann")
    key = Keys(folder).create("Bob", "admin")
    with serving("--store", str(folder)) as address:
        yield address, key


@pytest.fixture(scope="package")
def browser() -> "Iterator[Browser]":
    """Chromium, which all tests share: each opens a context of its own in it, see `watched`."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: "Browser", site: str) -> "Iterator[Page]":
    """A new page whose addresses are relative to the service; see `watched`."""
    with watched(browser, site) as page:
        yield page


@pytest.fixture
def writer(browser: "Browser", writing: tuple[str, str]) -> "Iterator[Page]":
    """The same for whoever may change everything, and is signed in."""
    with signed_in(browser, *writing) as page:
        yield page


@pytest.fixture(scope="session")
def revised(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[tuple[str, str]]":
    """The address of a service with two revisions that nobody changes, and a key for everything."""
    folder = tmp_path_factory.mktemp("revised") / "store"
    with ServiceGraph(FolderStore.create(folder)) as graph:
        graph.load(knowledge.example_file("training-ecosystem"), author="Ann")
        graph.load(knowledge.example_file("cellphone"), author="Bob")
    key = Keys(folder).create("Cleo", "admin")
    with serving("--store", str(folder)) as address:
        yield address, key


@pytest.fixture(scope="package")
def broken() -> Iterator[str]:
    """The address of a service over a file that breaks rules."""
    file = knowledge.example_file("training-ecosystem").with_name("broken.ttl")
    with serving(str(file)) as address:
        yield address


@pytest.fixture(scope="package")
def looked_at(browser: "Browser", revised: tuple[str, str]) -> "Iterator[Page]":
    """A page of somebody who is signed in, of a store with two revisions; tests only look, and say
    themselves how wide and dark it is."""
    with signed_in(browser, *revised) as page:
        yield page


@contextmanager
def signed_in(
    browser: "Browser", site: str, key: str, prefix: str = "", **setup: Any
) -> "Iterator[Page]":
    """A new page of a service for the owner of a key; see `watched`."""
    with watched(browser, site, **setup) as page:
        page.goto(f"{prefix}/sign-in")
        page.get_by_label("Key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        yield page


@contextmanager
def watched(browser: "Browser", site: str, excused: str = "", **setup: Any) -> "Iterator[Page]":
    """A new page of a service, in a browser that is set up as Playwright's `new_context` says.

    When it ends: no request left the host, no error was told on the console but those with a text
    that is `excused`.
    """
    context = browser.new_context(base_url=site, **setup)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((site, "data:", "blob:")) else faults.append(asked.url)
        ),
    )
    yield page
    context.close()
    # What a test asks for that is refused is told there, too.
    usual = ("status of 4", excused or "status of 4")
    assert [fault for fault in faults if not any(one in fault for one in usual)] == []
