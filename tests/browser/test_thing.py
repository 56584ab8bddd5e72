"""The page of a thing: what it is, what it does, until when, what rules say, and why."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import watched

BASE = "https://example.org/training-ecosystem/"


def open_page(page: Page, name: str) -> None:
    page.goto(f"/resource?iri={BASE}{name}")


SECTIONS = {
    "dion-training": {
        "Service provider": ["Learner", "Engineer in the IT department", "Google"],
        "Service consumer": ["Video streaming company"],
        "What is agreed, and until when?": ["Streaming contract", "2026-02-28", "60", "yes"],
    },
    "learner-relationship": {
        "Who takes part in it, and as what?": ["Learner", "sponsor", "Dion Training"],
        "Provision": ["Teach", "Open the course"],
        "Consumption": ["Watch the videos"],
        "Management by both": ["Talk about progress halfway through the course"],
        "On what does it rest?": ["Video streaming for Dion Training"],
        "How is it valued, by whom?": ["2026-03-12"],
    },
    "course": {
        "Access": ["Use of videos and practice exams", "Practice exams"],
        "Actions": ["Lessons by an instructor"],
        "Visible": ["Lesson videos", "Website diontraining.com"],
        "Hidden": ["Streaming channel of Dion Training", "Instructors of Dion Training"],
    },
    "dion-channel": {
        "Where is it built in, and for whom?": ["Training platform", "Training for teams"]
    },
}


@pytest.mark.parametrize("name", SECTIONS)
def test_what_a_thing_is_in_words(page: Page, name: str) -> None:
    open_page(page, name)
    for heading, texts in SECTIONS[name].items():
        place = page.locator("section, .group").filter(
            has=page.get_by_role("heading", name=re.compile(f"^{re.escape(heading)} "))
        )
        for text in texts:
            expect(place.last).to_contain_text(text)
    # Nothing is drawn by scripts.
    assert page.locator("main script").count() == 0


def test_an_activity_of_several_is_one_row(page: Page) -> None:
    open_page(page, "streaming-relationship")
    section = page.locator("section:has(> #activities)")
    expect(section.locator("h2")).to_contain_text("5")
    row = section.locator("tr").filter(has_text="Spring review")
    expect(row).to_have_count(1)
    expect(row.locator("td").last).to_have_text(
        "Account manager at the streaming company, Video operations lead"
    )


def test_only_what_has_a_form_is_changed(writer: Page) -> None:
    def ways() -> list[str]:
        return writer.locator("main .actions a").all_inner_texts()

    open_page(writer, "google")
    assert {"Change", "Delete"} <= set(ways())
    writer.goto("/resource?iri=https://w3id.org/srm%23ServiceProvider")
    assert ways() == ["In the documentation"]


def test_kind_address_and_origin(page: Page) -> None:
    open_page(page, "google")
    expect(page.get_by_role("heading", level=1)).to_have_text("Google")
    expect(page.locator(".eyebrow")).to_have_text("organization")
    expect(page.locator(".lead")).to_contain_text("shared objectives")
    expect(page.locator("aside")).to_contain_text("It keeps all rules.")
    expect(page.locator("aside")).to_contain_text(
        re.compile(r"training-ecosystem\.ttl\d+ statements, loaded")
    )
    # No word of RDF is left to those who would rather read.
    expect(page.locator("section:has(> #stated)")).to_contain_text(
        re.compile(r"kind\s*organization\s*name\s*Google")
    )
    for name, start in (("Turtle", "@prefix"), ("JSON-LD", "{"), ("N-Triples", "<https")):
        address = page.get_by_role("link", name=name, exact=True).get_attribute("href")
        assert address is not None
        assert page.request.get(address).text().lstrip("[\n ").startswith(start)


def test_why_something_follows(page: Page) -> None:
    open_page(page, "google")
    page.locator("#inferred summary").click()
    line = page.locator("#inferred li").filter(has_text="Video streaming company").first
    line.get_by_role("link", name="why?").click()
    expect(page.locator("pre")).to_contain_text(
        "Cloud hosting for the streaming company has provider Google (stated)"
    )
    proof = page.locator("img.proof")
    expect(proof).to_be_visible()
    assert proof.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 100
    page.get_by_role("link", name="Back to the thing").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Google")


def test_agreements_have_bars(page: Page) -> None:
    open_page(page, "dion-training")
    bars = page.locator("svg.time rect:not(.today)")
    expect(bars).to_have_count(3)
    places = bars.evaluate_all(
        "(all) => all.map((one) => ['x', 'width'].map((name) => Number(one.getAttribute(name))))"
    )
    assert places == sorted(places)
    assert all(0 <= x <= x + width <= 100.5 for x, width in places)


def test_advice_leads_to_the_field_in_which_to_follow_it(writer: Page) -> None:
    open_page(writer, "teach")
    finding = writer.locator(".findings li.message").filter(has_text="when")
    finding.get_by_role("link", name="Change it in the form").click()
    expect(writer.locator("input:focus, select:focus")).to_be_in_viewport()
    name = writer.evaluate("document.activeElement.name")
    assert name.startswith("https://w3id.org/srm#")
    # Who comes for no field in particular is led to none.
    writer.goto(f"/edit?iri={BASE}teach")
    expect(writer.get_by_role("heading", level=1)).to_have_text("Teach")
    assert writer.evaluate("document.activeElement === document.body")


def test_advice_leads_to_the_question_about_the_thing(page: Page) -> None:
    open_page(page, "streaming-relationship")
    page.locator(".findings").get_by_role("link", name="On which").click()
    expect(page.get_by_label("Relationship")).to_have_value("Video streaming for Dion Training")
    expect(page.locator("#answers tbody tr").first).to_be_visible()
    page.goto("/validation")
    page.locator("#relationship-does-not-rest-on-itself").get_by_role(
        "link", name="On which"
    ).click()
    expect(page.get_by_label("Relationship")).to_have_value("")


def test_what_rules_say_of_a_thing(browser: Browser, broken: str) -> None:
    with watched(browser, broken) as page:
        page.goto("/validation")
        thing = page.locator("main a[href*='/resource?iri=']").first
        name = thing.inner_text()
        thing.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        finding = page.locator(".findings li").first
        expect(finding).to_be_visible()
        expect(finding.locator(".advice")).not_to_be_empty()
        expect(finding.get_by_role("link", name="The rule")).to_be_visible()
