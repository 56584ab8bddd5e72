"""Forms that change something: only from a page of the same browser, only for those who may."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from srmgraph import ServiceGraph, knowledge
from srmgraph.keys import Keys
from srmgraph.store.folder import FolderStore
from srmgraph_api import create_app
from srmgraph_api import pages as pages_of_the_service
from srmgraph_api.settings import Settings

EXAMPLE = "training-ecosystem"
GOOGLE = f"https://example.org/{EXAMPLE}/google"
NOTE = b'<urn:x:a> <http://www.w3.org/2000/01/rdf-schema#label> "A" .'
PAGE = {"Accept": "text/html,*/*"}
FORMS: dict[str, dict[str, str]] = {
    "/check": {},
    "/check/{token}": {"graph": "urn:x:g"},
    "/enter/{slug}": {"graph": "urn:x:g", "label-0": "Ann", "name": "Ann"},
    "/delete": {"iri": GOOGLE, "seen": "1"},
    "/history/{number}/rollback": {"revision": "1"},
    "/sign-out": {},
}


class Browser:
    """Somebody who is signed in, with cookies of their own."""

    def __init__(self, site: "Site", key: str) -> None:
        self.client = site.another_client()
        assert self.client.post("/sign-in", data={"key": key}).status_code == 303
        found = re.search(r'name="csrf" value="([^"]+)"', self.page("/history"))
        assert found is not None
        self.token = found[1]

    def page(self, address: str) -> str:
        answer = self.client.get(address, headers=PAGE)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, address: str, form: dict[str, str], **more: Any) -> Any:
        return self.client.post(address, data=form, headers=PAGE, **more)

    def drop(self, name: str, content: bytes, token: str | None = None) -> str:
        """The page about a file; its address is the one at which it can be loaded."""
        form = {"csrf": self.token if token is None else token}
        return str(self.send("/check", form, files={"file": (name, content)}).text)


class Site:
    """A service with two revisions, and who uses it."""

    def __init__(self, folder: Path) -> None:
        with ServiceGraph(FolderStore.create(folder)) as graph:
            graph.load(knowledge.example_file(EXAMPLE))
            graph.load(knowledge.example_file("cellphone"))
        keys = Keys(folder)
        self.app = create_app(settings=Settings(store=str(folder)))
        self.client = TestClient(self.app)
        self.keys = {role: keys.create(role, role) for role in ("write", "admin")}

    def another_client(self) -> TestClient:
        """Somebody else, with cookies of their own, at the same service."""
        client = TestClient(self.app, follow_redirects=False)
        # The service runs in one loop, whoever asks.
        client.portal = self.client.portal
        return client

    def state(self) -> tuple[int, frozenset[str]]:
        """The revision, and all that the graphs say."""
        text = self.client.get("/graphs", headers={"Accept": "application/json"}).json()
        said = {
            f"{line} {one['graph']}"
            for one in text["graphs"]
            for line in self.client.get(
                "/graphs",
                params={"graph": one["graph"]},
                headers={"Accept": "application/n-triples"},
            ).text.splitlines()
        }
        return self.client.get("/ready").json()["revision"], frozenset(said)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("signing-in") / "store")
    with site.client:
        yield site


def at(place: str, upload: str = "none") -> str:
    return place.format(token=upload, slug="person", number=0)


def test_all_forms_that_change_something_are_tried() -> None:
    pages = {
        place
        for file in Path(pages_of_the_service.__file__).parent.glob("*.py")
        for place in re.findall(r'\.post\("([^"]+)"', file.read_text(encoding="utf-8"))
    }
    # Signing in needs a key; that no other site does it is tried in a browser.
    assert pages == {*FORMS, "/sign-in"}


@pytest.mark.parametrize("wrong", ["none", "empty", "made up", "of somebody else"])
@pytest.mark.parametrize("place", FORMS)
def test_a_form_of_another_page_changes_nothing(site: Site, place: str, wrong: str) -> None:
    ann, bob = (Browser(site, site.keys["admin"]) for _ in range(2))
    upload = re.search(r"/check/([\w-]+)", ann.drop("note.nt", NOTE))
    assert upload is not None
    before = site.state()
    form = dict(FORMS[place])
    if wrong != "none":
        form["csrf"] = {"empty": "", "made up": "x" * 43, "of somebody else": bob.token}[wrong]
    files = {"file": ("note.nt", NOTE)} if place == "/check" else None
    answer = ann.send(at(place, upload[1]), form, files=files)
    assert answer.status_code == 403
    assert "load it again" in answer.text
    assert site.state() == before
    # Nor is anybody signed out.
    assert ann.client.get("/enter/person").status_code == 200


@pytest.mark.parametrize("place", [place for place in FORMS if place != "/check"])
def test_the_form_of_a_page_is_taken(site: Site, place: str) -> None:
    """What is refused above is refused for its token alone."""
    ann = Browser(site, site.keys["write"])
    answer = ann.send(at(place), {**FORMS[place], "seen": "x", "csrf": ann.token, "graph": ""})
    assert "load it again" not in answer.text


def test_who_may_write_may_not_go_back(site: Site) -> None:
    before = site.state()
    roles = {role: Browser(site, key) for role, key in site.keys.items()}
    for address in ("/history", "/history/0/1"):
        assert "rollback" in roles["admin"].page(address)
        assert "rollback" not in roles["write"].page(address)
    answer = roles["write"].send(
        "/history/0/rollback", {"csrf": roles["write"].token, "revision": str(before[0])}
    )
    assert answer.status_code == 403
    assert "admin" in answer.text
    assert site.state() == before


@pytest.mark.parametrize("name", ["note.nt", "broken.ttl", "unreadable.ttl"])
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_a_check_stores_nothing(site: Site, name: str, *, is_signed_in: bool) -> None:
    content = {
        "note.nt": NOTE,
        "broken.ttl": knowledge.example_file(EXAMPLE).with_name("broken.ttl").read_bytes(),
        "unreadable.ttl": b"<a> <b> ",
    }[name]
    before = site.state()
    if is_signed_in:
        ann = Browser(site, site.keys["admin"])
        told = ann.drop(name, content)
        upload = re.search(r"/check/[\w-]+", told)
        assert (upload is None) == (name == "unreadable.ttl")
        if upload is not None:
            assert "Nothing has been changed yet" in ann.page(upload[0])
    else:
        files = {"file": (name, content)}
        told = site.another_client().post("/check", files=files, headers=PAGE).text
        assert ("forgotten again" in told) == (name != "unreadable.ttl")
    assert ("cannot be read" in told) == (name == "unreadable.ttl")
    assert site.state() == before
