"""What people write is shown as they wrote it, never as markup, script or template.

Each label of an example is turned into an attack, and every page is looked at.
"""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import serving, watched
from tests.browser.places import PLACES, Place

from srmgraph import ServiceGraph, knowledge
from srmgraph.keys import Keys
from srmgraph.store.folder import FolderStore

# Whatever becomes an element or runs leaves a trace: the class, or the variable.
CORPUS = [
    "<img class=hostile src=x onerror='window.hostile=1'>",
    "<script class=hostile>window.hostile=1</script>",
    "\"><svg class=hostile onload='window.hostile=1'>",
    "' autofocus onfocus='window.hostile=1' class='hostile",
    '" autofocus onfocus="window.hostile=1" class="hostile',
    "</title></textarea></select></script><b class=hostile>",
    "</style><link class=hostile rel=stylesheet href=//example.org/x>",
    "--><iframe class=hostile srcdoc='<script>parent.hostile=1</script>'>",
    "javascript:window.hostile=1//",
    "<a class=hostile href='javascript:window.hostile=1'>click</a>",
    "{{ 7*191 }}{% raw %}${7*191}<%= 7*191 %>#{7*191}",
    "&lt;b class=hostile&gt;&#60;b class=hostile&#62;",
    "<math><mtext><table><mglyph><style><img class=hostile src onerror=window.hostile=1>",
    "\u202egnitset \u2066<b class=hostile>",
    "<form class=hostile action=//example.org><input class=hostile name=csrf>",
    '{"__proto__": {"hostile": 1}} \\u003cb class=hostile\\u003e \\\\',
]


_TEXTS = re.compile(r'(rdfs:label|rdfs:comment|srm:termText|srm:measureName)\s+"([^"]*)"')


def hostile(text: str, start: int) -> str:
    """Turtle whose labels in English are attacks, each before what it was."""
    number = count(start)

    def attack(found: re.Match[str]) -> str:
        written = CORPUS[next(number) % len(CORPUS)].replace("\\", "\\\\").replace('"', '\\"')
        return f'{found[1]} "{written} {found[2]}"'

    changed, times = _TEXTS.subn(attack, text)
    assert times > 3 * len(CORPUS)
    return changed


@pytest.fixture(scope="module")
def attacked(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of a service whose every label is an attack, for somebody who is signed in."""
    folder = tmp_path_factory.mktemp("hostile")
    file, store = folder / "hostile.ttl", folder / "store"
    text = knowledge.example_file("training-ecosystem").read_text(encoding="utf-8")
    with ServiceGraph(FolderStore.create(store)) as graph:
        for start in (0, 1):
            file.write_text(hostile(text, start), encoding="utf-8")
            graph.load(file, author=CORPUS[start])
    key = Keys(store).create(CORPUS[0], "admin")
    with serving("--store", str(store)) as address, watched(browser, address) as page:
        page.goto("/sign-in")
        page.get_by_label("Key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        yield page


def check(page: Page) -> None:
    """Nothing of the corpus has become anything but text."""
    # What an element does that comes to be is done soon.
    page.wait_for_timeout(50)
    assert page.locator(".hostile").count() == 0
    assert page.evaluate("window.hostile === undefined && {}.hostile === undefined")
    assert "1337" not in page.content()
    addresses = page.evaluate(
        """[...document.querySelectorAll("a[href], form[action]")]
            .map(one => (one.getAttribute("href") ?? one.getAttribute("action")).trim())"""
    )
    assert [one for one in addresses if one.lower().startswith(("javascript:", "//"))] == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_labels_are_text(attacked: Page, place: Place) -> None:
    answer = attacked.goto(place.address)
    assert answer is not None
    assert answer.status == 200
    # The name of the key stands on each page.
    expect(attacked.locator(".who")).to_contain_text(CORPUS[0])
    check(attacked)


def test_labels_are_text_in_the_editors_answers(browser: Browser, attacked: Page) -> None:
    attacked.goto("/editor")
    # The editor parses a text to clean it, and the policy tells what it keeps from running there.
    excused = "inline event handler violates"
    with watched(browser, attacked.url.removesuffix("/editor"), excused) as page:
        page.goto("/editor")
        page.locator(".yasqe_queryButton:visible").click()
        table = page.locator(".yasr table.dataTable")
        expect(table.locator("tbody tr").first).to_be_visible()
        assert any(attack in str(table.text_content()) for attack in CORPUS)
        check(page)


def test_what_is_typed_is_text_when_it_is_refused(attacked: Page) -> None:
    attacked.goto("/enter/service-relationship")
    for attack in CORPUS:
        attacked.get_by_label("Name").first.fill(attack)
    attacked.locator(".actions").get_by_role("button", name="Save").click()
    expect(attacked.get_by_role("alert")).to_be_visible()
    expect(attacked.get_by_label("Name").first).to_have_value(CORPUS[-1])
    check(attacked)


def test_a_file_is_text_when_it_is_checked_and_compared(attacked: Page, tmp_path: Path) -> None:
    file = tmp_path / "hostile.ttl"
    text = knowledge.example_file("cellphone").read_text(encoding="utf-8")
    file.write_text(hostile(text.replace("srm:hasConsumer", "srm:hasUser", 1), 3), encoding="utf-8")
    attacked.goto("/check")
    attacked.get_by_label("File").set_input_files(file)
    attacked.get_by_role("button", name="Check").click()
    expect(attacked.locator("ul.found").first).to_be_visible()
    check(attacked)
    attacked.get_by_role("link", name="See what it would change").click()
    expect(attacked.locator(".came").first).to_be_visible()
    check(attacked)
