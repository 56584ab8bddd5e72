"""What all pages have in common, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from srmgraph_api.pages import vendor

PLACES = [
    "/",
    "/sign-in",
    "/api",
    "/questions",
    "/questions/which-parties-are-the-hubs",
    "/resource?iri=https://example.org/training-ecosystem/google",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("width", [360, 1280, 1920])
def test_a_page_fits_its_window(page: Page, place: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    answer = page.goto(place)
    assert answer is not None
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("h1")).to_have_count(1)


def test_an_error_is_a_page_for_browsers(page: Page) -> None:
    page.goto("/nowhere")
    expect(page.get_by_role("heading")).to_have_text("Not Found")
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
    address = page.locator("link[rel=stylesheet]").get_attribute("href")
    assert address is not None
    assert "immutable" in page.request.get(address).headers["cache-control"]
    plain = page.request.get(address.partition("?")[0])
    assert plain.headers["cache-control"] == "no-cache"
    assert page.request.get("/static/../site.py").status == 404


def test_scripts_of_others_are_what_the_lock_names() -> None:
    assert vendor.faults() == []
