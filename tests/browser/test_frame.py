"""What all pages have in common, in a real browser: each is opened in three widths, in light and
dark, with and without scripts."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import signed_in
from tests.browser.places import PLACES, Place

from srmgraph_api.pages import vendor

WINDOWS: list[tuple[int, Literal["light", "dark"]]] = [
    (360, "light"), (800, "dark"), (1920, "light"),
]  # fmt: skip


@pytest.fixture(scope="module")
def without_scripts(browser: Browser, revised: tuple[str, str]) -> Iterator[Page]:
    """The same in a browser that runs no scripts."""
    with signed_in(browser, *revised, java_script_enabled=False) as page:
        yield page


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_fits_its_window(looked_at: Page, place: Place) -> None:
    for width, scheme in WINDOWS:
        looked_at.set_viewport_size({"width": width, "height": 800})
        looked_at.emulate_media(color_scheme=scheme)
        answer = looked_at.goto(place.address)
        assert answer is not None
        assert answer.status == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert looked_at.evaluate("document.documentElement.scrollWidth") <= width
        expect(looked_at.locator("h1")).to_have_count(1)
        expect(looked_at.locator("main")).to_have_count(1)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_needs_no_script(without_scripts: Page, place: Place) -> None:
    answer = without_scripts.goto(place.address)
    assert answer is not None
    assert answer.status == 200
    expect(without_scripts.locator("h1")).to_be_visible()
    # What stands there says it all: a table, a list, a form or a text.
    shown = "main :is(table, ul, dl, form, pre)"
    expect(without_scripts.locator(shown).locator("visible=true").first).to_be_visible()
    assert without_scripts.locator("main button:visible[type=button]").count() == 0


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_all_that_can_be_used_is_reached_by_keys(looked_at: Page, place: Place) -> None:
    looked_at.goto(place.address)
    looked_at.keyboard.press("Tab")
    expect(looked_at.locator(":focus")).to_have_text("To the content")
    looked_at.keyboard.press("Enter")
    expect(looked_at.locator("main")).to_be_focused()
    # None of them is left out of the order, and where one is can be seen.
    assert (
        looked_at.evaluate(
            """[...document.querySelectorAll("main :is(a[href], button, input, select, textarea)")]
            .filter((one) => one.tabIndex < 0 && one.checkVisibility())
            .filter((one) => !one.closest("[aria-hidden], #editor"))
            .map((one) => one.outerHTML)"""
        )
        == []
    )
    looked_at.keyboard.press("Tab")
    assert looked_at.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_every_page_is_watched() -> None:
    """No test opens a page in another way than `watched`, but for drawings without a service."""
    own = {"conftest.py", "pictures.py", "test_drawing.py", Path(__file__).name}
    for file in Path(__file__).parent.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert file.name in own or not re.search(r"\bnew_(page|context)\(", text), file.name


@pytest.mark.parametrize(
    ("address", "section"),
    [("/", "Who serves whom"), ("/check", "Validation"), ("/history/0/1", "History"),
     ("/documentation/questions.html", "Ontology & rules"), ("/sign-in", None)],
)  # fmt: skip
def test_the_bar_says_where_one_is(looked_at: Page, address: str, section: str | None) -> None:
    looked_at.goto(address)
    current = looked_at.locator(".bar nav [aria-current]")
    expect(current).to_have_text([section] if section else [])


def test_an_error_is_a_page_for_browsers(page: Page) -> None:
    page.goto("/nowhere")
    expect(page.get_by_role("heading")).to_have_text("Not Found")
    page.locator("main").get_by_role("link", name="who serves whom").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who serves whom")
    told = page.request.get("/nowhere", headers={"Accept": "*/*"})
    assert told.headers["content-type"] == "application/problem+json"


def test_signing_in_and_out(page: Page, key_and_store: tuple[str, object]) -> None:
    page.goto("/api")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Key").fill("srm_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known")
    page.get_by_label("Key").fill(key_and_store[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/api$"))
    expect(page.locator(".who")).to_contain_text("Ann")
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    # The cookie alone writes nothing: neither by the interface for machines nor without the token.
    sent = page.request.post("/sparql", form={"update": "CLEAR ALL"})
    assert sent.status == 403
    assert page.request.post("/sign-out", form={}).status == 403
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator(".who")).to_contain_text("Sign in")
    assert page.context.cookies() == []


def test_no_other_site_signs_a_browser_in(page: Page, key_and_store: tuple[str, object]) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    sent = page.request.post("/sign-in", form={"key": key_and_store[0]}, headers=headers)
    assert sent.status == 403
    page.goto("/sign-in?to=//example.org/")
    assert page.locator("[name=to]").get_attribute("value") == "/"


def test_files_are_kept_until_they_change(page: Page) -> None:
    page.goto("/")
    address = page.locator("link[rel=stylesheet]").first.get_attribute("href")
    assert address is not None
    assert "immutable" in page.request.get(address).headers["cache-control"]
    plain = page.request.get(address.partition("?")[0])
    assert plain.headers["cache-control"] == "no-cache"
    assert page.request.get("/static/../site.py").status == 404


def test_scripts_of_others_are_what_the_lock_names() -> None:
    assert vendor.faults() == []


def test_keys_lead_out_of_the_editor(page: Page) -> None:
    page.goto("/editor")
    editor = page.locator(".CodeMirror:visible textarea")
    editor.focus()
    page.keyboard.press("Tab")
    expect(editor).not_to_be_focused()
