"""Things found by their names, from the field at the top of every page."""

import re

import pytest
from playwright.sync_api import Page, expect


def test_things_are_found_by_a_part_of_their_name(page: Page) -> None:
    page.goto("/api")
    field = page.get_by_role("searchbox", name="Find a thing")
    field.fill("  dion TRAIN ")
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("dion TRAIN")
    first = page.locator(".found tbody tr").first
    expect(first).to_have_text(re.compile(r"Dion Training\s*organization"))
    # What the store notes about its own files is not what people look for.
    expect(page.locator("main")).not_to_contain_text(".ttl")
    first.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("iri=.*dion-training$"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Find a thing"),
        ("no such thing", "No things with this in their names"),
        ('"}<b>', "No things with this in their names"),
        ("sponsor", "Terms of the model"),
    ],
)
def test_what_a_search_tells(page: Page, text: str, told: str) -> None:
    page.goto(f"/find?text={text}")
    expect(page.locator("main")).to_contain_text(told)


def test_an_address_is_the_thing_itself(page: Page) -> None:
    page.goto("/find?text=https://example.org/training-ecosystem/google")
    expect(page).to_have_url(re.compile("/resource"))
