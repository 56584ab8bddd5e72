"""The pages of questions, in a real browser."""

import csv
import io
import json

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import watched

from srmgraph.queries import questions

END = "/questions/which-agreements-end-before-a-day"


def test_all_questions_are_listed_by_who_asks_them(page: Page) -> None:
    page.goto("/questions")
    expect(page.locator("main li a")).to_have_count(len(questions()))
    personas = {question.persona.capitalize() for question in questions().values()}
    assert {
        text.rstrip("0123456789 ") for text in page.locator("h2").all_text_contents()
    } == personas
    page.get_by_label("Find a question").fill("vendor stop")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Which single vendor could stop").click()
    expect(page.locator("h1")).to_contain_text("Which single vendor")
    page.goto("/questions?find=<b>nowhere</b>")
    expect(page.locator("main")).to_contain_text("No question speaks of “<b>nowhere</b>”")


def test_a_form_takes_names_and_keeps_them(page: Page) -> None:
    page.goto(END)
    expect(page.locator("#answers tbody tr")).to_have_count(4)
    page.get_by_label("Party").select_option("Dion Training")
    page.get_by_label("Day").fill("2026-06-01")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#answers tbody tr")).to_have_count(2)
    expect(page.get_by_label("Party")).to_have_value("Dion Training")
    expect(page.get_by_label("Day")).to_have_value("2026-06-01")
    page.locator("#answers").get_by_role("link", name="Streaming contract").click()
    expect(page.locator("h1")).to_be_visible()
    assert "resource?iri=" in page.url


def test_an_answer_is_downloaded_as_it_is_shown(page: Page) -> None:
    page.goto(f"{END}?party=Dion+Training")
    shown = page.locator("#answers tbody tr").count()
    with page.expect_download() as started:
        page.get_by_role("link", name="CSV").click()
    assert started.value.suggested_filename == "which-agreements-end-before-a-day.csv"
    told = page.request.get(f"{END}.csv?party=Dion+Training").text()
    assert len(list(csv.DictReader(io.StringIO(told)))) == shown
    told = page.request.get(f"{END}.json?party=Dion+Training").text()
    assert len(json.loads(told)["results"]["bindings"]) == shown
    assert page.request.get(f"{END}.doc").status == 404


@pytest.mark.parametrize(
    ("given", "label", "advice"),
    [
        ("party=Dion+Trainin", "Party", "Did you mean “Dion Training”?"),
        ("party=the+<b>x</b>", "Party", "Nothing is called “the <b>x</b>”."),
        ("party=no:thing", "Party", "no: is not known"),
        ("day=tomorrow", "Day", "“tomorrow” is no date. Write it like 2027-01-31."),
    ],
)
def test_what_is_not_understood_is_told_at_its_field(
    page: Page, given: str, label: str, advice: str
) -> None:
    answer = page.goto(f"{END}?{given}")
    assert answer is not None
    assert answer.status == 400
    field = page.get_by_label(label)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text(advice)


def test_a_bar_shows_how_much(page: Page) -> None:
    page.goto("/questions/which-parties-are-the-hubs?least=1")
    row = page.locator("#answers tbody tr")
    counts = [int(text) for text in row.locator("td.number:nth-child(2)").all_text_contents()]
    widths = [
        float(str(bar.get_attribute("width"))) for bar in row.locator("td:nth-child(2) rect").all()
    ]
    assert widths == pytest.approx([100 * count / max(counts) for count in counts], abs=0.01)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("which-agreements-end-before-a-day", "2025-01-01 to 2025-01-31"),
        ("which-vendors-supply-the-most", "1, 33%; 67% with those above"),
    ],
)
def test_a_chart_stands_above_the_table_and_says_itself_in_words(
    page: Page, name: str, words: str
) -> None:
    page.goto(f"/questions/{name}")
    chart = page.locator("figure.chart")
    expect(chart).to_contain_text(words)
    drawn = chart.locator("svg.time rect:not(.ground):not(.today)")
    expect(drawn).to_have_count(chart.locator("li").count())
    box = drawn.first.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) > 0


def test_questions_need_no_script(browser: Browser, site: str) -> None:
    with watched(browser, site, java_script_enabled=False) as page:
        page.goto("/questions/who-loses-value-if-a-provider-fails")
        page.get_by_label("Provider").select_option("Google")
        page.get_by_role("button", name="Ask").click()
        expect(page.locator("#answers tbody")).to_contain_text("Dion Training")
