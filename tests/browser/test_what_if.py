"""What fails if something fails: the chain behind a training video, step by step."""

import csv
import io
import re

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import watched

BASE = "https://example.org/training-ecosystem/"
CLOUD, STREAMING = "Cloud hosting for the streaming company", "Video streaming for Dion Training"
LEARNER, STAFF = "Training of a learner", "Training of IT staff at Google"
CHAINS = {
    "google": [
        (1, "Video streaming company", [CLOUD]),
        (2, "Dion Training", [CLOUD, STREAMING]),
        (3, "Engineer in the IT department", [CLOUD, STREAMING, STAFF]),
        (3, "Google", [CLOUD, STREAMING, STAFF]),
        (3, "Learner", [CLOUD, STREAMING, LEARNER]),
    ],
    "dion-channel": [
        (1, "Dion Training", [STREAMING]),
        (1, "Engineer in the IT department", [STAFF]),
        (1, "Google", [STAFF]),
        (1, "Learner", [LEARNER]),
        (2, "Video streaming company", [STAFF, CLOUD]),
    ],
    "learner": [],
}


def chains(page: Page) -> list[tuple[int, str, list[str]]]:
    rows = page.locator("#losses tbody tr")
    return [
        (
            int(row.locator("td").nth(0).inner_text()),
            row.locator("td").nth(1).inner_text(),
            row.locator("td").nth(2).locator("li").all_inner_texts(),
        )
        for row in rows.all()
    ]


@pytest.mark.parametrize("thing", CHAINS)
def test_exactly_the_right_chain(page: Page, thing: str) -> None:
    page.goto(f"/what-if?thing={BASE}{thing}")
    assert chains(page) == CHAINS[thing]


def test_from_a_name_to_picture_table_and_file(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="What if it fails?").click()
    page.get_by_label("Its name").fill("google")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("thing=https.*google$"))
    expect(page.locator(".lead")).to_have_text(
        "5 parties would be hit, the farthest after 3 steps; it comes round to Google again."
    )
    expect(page.locator(".picture canvas").first).to_be_visible()
    places = page.evaluate(
        """() => Object.fromEntries(document.querySelector(".picture").picture.nodes()
            .map((node) => [node.data("label"), node.data("tier")]))"""
    )
    assert places["Video streaming company"] < places["Dion Training"] < places["Learner"]
    nothing = page.locator("#components").get_by_text("nothing", exact=True)
    expect(nothing).to_have_count(3)
    expect(page.locator("#vendors")).to_contain_text("Dion Training")
    expect(page.locator("#people")).to_contain_text("Head of the IT department")
    with page.expect_download() as waited:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(waited.value.path().read_text("utf-8-sig"))))
    told = [(int(row["steps"]), row["consumer"], row["chain"].split(" > ")) for row in rows]
    assert told == CHAINS["google"]


@pytest.mark.parametrize(("button", "start"), [("SVG", b"<"), ("PNG", b"\x89PNG")])
def test_the_picture_is_saved(page: Page, button: str, start: bytes) -> None:
    page.goto(f"/what-if?thing={BASE}google")
    expect(page.locator(".picture canvas").first).to_be_visible()
    with page.expect_download() as waited:
        page.get_by_role("button", name=button).click()
    assert waited.value.suggested_filename.endswith(f".{button.lower()}")
    assert waited.value.path().read_bytes().startswith(start)


def test_a_name_of_many_things_is_asked_back(page: Page) -> None:
    page.goto("/what-if?thing=training")
    expect(page.get_by_role("heading", name="Which of these?")).to_be_visible()
    page.get_by_role("link", name="Training platform").click()
    assert [steps for steps, *_ in chains(page)][:3] == [1, 1, 1]
    page.goto("/what-if?thing=nobody")
    expect(page.locator(".empty")).to_contain_text("Nothing here")


def test_it_needs_no_script(browser: Browser, site: str) -> None:
    with watched(browser, site, java_script_enabled=False) as page:
        page.goto("/what-if")
        page.locator("#missed-most").get_by_role("link", name="Google").click()
        assert chains(page) == CHAINS["google"]
