"""Every page is one that everybody can use, as far as axe-core can tell: light on a small screen,
dark on a large one.

What it cannot tell (whether words are plain, whether the order makes sense) was looked at.
"""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect
from tests.browser.places import PLACES, Place

from srmgraph import knowledge
from srmgraph_api.pages import vendor

HERE = Path(__file__).parent
(AXE,) = (HERE / "vendor").glob("axe-core-*/axe.min.js")
WINDOWS = [("light", 360), ("dark", 1280)]


def faults(page: Page) -> list[str]:
    """What axe-core finds, however slight."""
    if not page.evaluate("'axe' in window"):
        # As a developer does by hand: the policy of the page lets no other script in.
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("scheme", "width"), WINDOWS)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_has_no_fault(
    looked_at: Page, place: Place, scheme: Literal["light", "dark"], width: int
) -> None:
    looked_at.emulate_media(color_scheme=scheme)
    looked_at.set_viewport_size({"width": width, "height": 800})
    answer = looked_at.goto(place.address)
    assert answer is not None
    assert answer.status == 200
    assert faults(looked_at) == []


@pytest.mark.parametrize(("scheme", "width"), WINDOWS)
def test_nor_has_what_is_refused_or_empty(
    looked_at: Page, scheme: Literal["light", "dark"], width: int
) -> None:
    looked_at.emulate_media(color_scheme=scheme)
    looked_at.set_viewport_size({"width": width, "height": 800})
    for address in ("/nowhere", "/history/x/1", "/find", "/find?text=qqqq", "/?text=nobody"):
        looked_at.goto(address)
        assert faults(looked_at) == [], address
    looked_at.goto("/enter/service-relationship")
    looked_at.locator(".actions").get_by_role("button", name="Save").click()
    expect(looked_at.get_by_role("alert")).to_be_visible()
    assert faults(looked_at) == []
    looked_at.goto("/check")
    broken = knowledge.example_file("training-ecosystem").with_name("broken.ttl")
    looked_at.get_by_label("File").set_input_files(broken)
    looked_at.get_by_role("button", name="Check").click()
    expect(looked_at.locator(".rule").first).to_be_visible()
    assert faults(looked_at) == []
    looked_at.get_by_role("link", name="See what it would change").click()
    expect(looked_at.locator(".came").first).to_be_visible()
    assert faults(looked_at) == []


def test_faults_would_be_found(looked_at: Page) -> None:
    looked_at.goto("/sign-in")
    looked_at.evaluate(
        "document.querySelector('main').innerHTML = '<h1>A</h1><img src=\"/x\"><input>'"
    )
    assert len(faults(looked_at)) == 2


def test_axe_is_what_the_lock_names() -> None:
    assert vendor.faults(HERE / "vendor.toml", HERE / "vendor") == []
