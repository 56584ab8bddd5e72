"""Every page is one that everybody can use, as far as axe-core can tell; in both colour schemes.

What it cannot tell (whether words are plain, whether the order makes sense) was looked at.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.conftest import signed_in
from tests.browser.places import PLACES, Place

from srmgraph_api.pages import vendor

HERE = Path(__file__).parent
(AXE,) = (HERE / "vendor").glob("axe-core-*/axe.min.js")
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def looked_at(browser: Browser, revised: tuple[str, str]) -> Iterator[Page]:
    """A page of somebody who is signed in, of a store with two revisions."""
    with signed_in(browser, *revised) as page:
        yield page


def faults(page: Page) -> list[str]:
    """What axe-core finds that is serious or critical."""
    if not page.evaluate("'axe' in window"):
        # As a developer does by hand: the policy of the page lets no other script in.
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_has_no_grave_fault(
    looked_at: Page, place: Place, scheme: Literal["light", "dark"]
) -> None:
    looked_at.emulate_media(color_scheme=scheme)
    answer = looked_at.goto(place.address)
    assert answer is not None
    assert answer.status == 200
    assert faults(looked_at) == []


def test_faults_would_be_found(looked_at: Page) -> None:
    looked_at.goto("/sign-in")
    looked_at.evaluate("document.querySelector('main').innerHTML = '<img src=\"/x\"><input>'")
    assert len(faults(looked_at)) == 2


def test_axe_is_what_the_lock_names() -> None:
    assert vendor.faults(HERE / "vendor.toml", HERE / "vendor") == []
