"""The picture of who serves whom, and what becomes of labels that would be markup."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import serving, watched

GOOGLE = "https://example.org/training-ecosystem/google"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*7 }}"
DATA = f"""
@prefix srm: <https://w3id.org/srm#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix ex: <https://example.org/hostile/> .
ex:a a srm:Organization ; rdfs:label "{HOSTILE}" .
ex:b a srm:Organization ; rdfs:label "B{HOSTILE}" .
ex:r a srm:ServiceRelationship ; rdfs:label "R{HOSTILE}" ;
    srm:hasProvider ex:a ; srm:hasConsumer ex:b .
ex:r1 srm:hasProvider ex:a ; srm:hasConsumer ex:c .
ex:r2 srm:hasProvider ex:a ; srm:hasConsumer ex:c .
ex:r3 srm:hasProvider ex:a ; srm:hasConsumer ex:c .
ex:r4 srm:hasProvider ex:a ; srm:hasConsumer ex:c .
"""


def drawn(page: Page) -> list[str]:
    """The names of what the picture shows, from left to right."""
    expect(page.locator(".picture canvas").first).to_be_visible()
    shown: list[str] = page.evaluate(
        """() => document.querySelector(".picture").picture.nodes().toArray()
            .sort((one, other) => one.position("x") - other.position("x"))
            .map((node) => node.data("label"))"""
    )
    return shown


def test_the_picture_leads_from_suppliers_to_consumers(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/")
    expect(page.locator("#relationships tbody tr")).to_have_count(5)
    first = ["Google", "Video streaming company", "Dion Training"]
    names = drawn(page)
    assert names[:3] == first
    assert sorted(names[3:]) == ["Engineer in the IT department", "Learner"]
    loops = "document.querySelector('.picture').picture.edges('.loop').length"
    assert page.evaluate(loops) == 3
    expect(page.locator("#relationships .badge")).to_have_count(3)


def test_filters_are_addresses(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Part of a name").fill("streaming")
    page.get_by_label("Criticality").select_option(label="critical (2)")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile(r"text=streaming&criticality=https"))
    expect(page.locator("#relationships tbody tr")).to_have_count(2)
    assert drawn(page) == ["Google", "Video streaming company", "Dion Training"]
    page.get_by_role("link", name="Show all").click()
    expect(page.locator("#relationships tbody tr")).to_have_count(5)
    page.goto("/?text=nobody")
    expect(page.locator(".empty")).to_have_text("No relationship fits. Show all.")


def test_a_neighbourhood_is_opened_from_the_picture(page: Page) -> None:
    page.goto("/")
    drawn(page)
    place = page.evaluate(
        """() => document.querySelector(".picture").picture.nodes()
            .filter((node) => node.data("label") === "Learner").renderedPosition()"""
    )
    page.locator(".picture").click(position=place)
    expect(page.locator(".chosen")).to_contain_text("Learner: consumes in 1 relationship")
    page.get_by_role("link", name="Its neighbourhood").click()
    assert drawn(page) == ["Dion Training", "Learner"]
    page.get_by_role("link", name="2 steps").click()
    assert len(drawn(page)) == 5


def test_arrows_may_be_as_wide_as_what_is_paid(page: Page) -> None:
    page.goto("/?width=USD")
    drawn(page)
    widths = page.evaluate(
        """() => Object.fromEntries(document.querySelector(".picture").picture.edges().toArray()
            .map((edge) => [edge.data("label"), edge.data("width")]))"""
    )
    assert widths["1,200,000 USD"] > widths["36,000 USD"] > widths["180 USD"]


@pytest.mark.parametrize(("button", "name"), [("SVG", ".svg"), ("PNG", ".png")])
def test_the_picture_is_saved(page: Page, button: str, name: str) -> None:
    page.goto("/")
    drawn(page)
    with page.expect_download() as waited:
        page.get_by_role("button", name=button).click()
    assert waited.value.suggested_filename == f"who-serves-whom{name}"
    content = waited.value.path().read_bytes()
    if button == "PNG":
        assert content.startswith(b"\x89PNG")
    else:
        root = ElementTree.fromstring(content)
        words = " ".join(
            element.text or "" for element in root.iter() if element.tag.endswith("text")
        )
        for part in ("Google", "Dion Training", "Learner"):
            assert part in words


def many() -> Iterator[str]:
    """A thousand parties, most of which have one provider, and a few that serve hundreds."""
    some = random.Random(7)
    yield "@prefix srm: <https://w3id.org/srm#> .\n@prefix ex: <https://example.org/many/> ."
    for number in range(1, 1001):
        provider = some.choice([0, 1, 2, 3, some.randrange(number)])
        yield f"ex:r{number} srm:hasProvider ex:p{provider} ; srm:hasConsumer ex:p{number} ."
        yield f"ex:p{number} a srm:{'Person' if number % 3 else 'Organization'} ."


def test_a_thousand_parties_are_no_hairball(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "many.ttl"
    file.write_text("\n".join(many()))
    with serving(str(file)) as address, watched(browser, address) as page:
        page.goto("/")
        expect(page.locator(".lead")).to_contain_text("1,001 parties in 1,000 relationships")
        labels = drawn(page)
        assert len(labels) <= 30
        page.get_by_role("link", name="Next").click()
        expect(page.locator(".pages")).to_contain_text("Page 2 of 10")


def overlapping(page: Page) -> list[list[str]]:
    """The names of what the picture shows that stand upon each other, two by two."""
    found: list[list[str]] = page.evaluate(
        """() => {
            const boxes = document.querySelector(".picture").picture.nodes().toArray()
                .map((node) => [node.data("label"), node.boundingBox()]);
            return boxes.flatMap(([name, one], index) => boxes.slice(index + 1)
                .filter(([, other]) => one.x1 < other.x2 && other.x1 < one.x2
                    && one.y1 < other.y2 && other.y1 < one.y2)
                .map(([other]) => [name, other]));
        }"""
    )
    return found


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("place", ["/", f"/what-if?thing={GOOGLE}"], ids=["map", "what-if"])
def test_no_name_stands_upon_another(page: Page, place: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(place)
    assert len(drawn(page)) == 5
    assert overlapping(page) == []


def test_the_table_needs_no_script(browser: Browser, site: str) -> None:
    with watched(browser, site, java_script_enabled=False) as page:
        page.goto("/")
        expect(page.get_by_role("link", name="Dion Training").first).to_be_visible()
        expect(page.locator(".picture")).to_be_hidden()
        page.get_by_label("Part of a name").fill("learner")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.locator("#relationships tbody tr")).to_have_count(1)


@pytest.fixture(scope="module")
def hostile(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of a service in which names are markup."""
    file = tmp_path_factory.mktemp("hostile") / "hostile.ttl"
    file.write_text(DATA)
    with serving(str(file)) as address, watched(browser, address) as page:
        yield page


def test_labels_are_never_markup(hostile: Page) -> None:
    dialogs: list[str] = []
    hostile.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for place in ("/", "/resource?iri=https://example.org/hostile/r"):
        hostile.goto(place)
        expect(hostile.locator("main").get_by_role("link", name=HOSTILE).first).to_be_visible()
        assert hostile.locator("main img").count() == 0
        assert hostile.locator("main script:not([type='application/json'])").count() == 0
    assert dialogs == []


def test_an_arrow_is_the_wider_the_more_relationships_it_stands_for(hostile: Page) -> None:
    hostile.goto("/")
    drawn(hostile)
    widths = hostile.evaluate(
        """() => Object.fromEntries(document.querySelector(".picture").picture.edges().toArray()
            .map((edge) => [edge.data("label"), edge.data("width")]))"""
    )
    assert widths.keys() == {"", "4"}
    assert widths["4"] > 2 * widths[""] > 0


def test_who_breaks_rules_is_marked(browser: Browser, broken: str) -> None:
    with watched(browser, broken) as page:
        page.goto("/")
        for _ in range(20):
            # The rules are checked when the page has been sent.
            if page.locator("#relationships .violation").count():
                break
            page.wait_for_timeout(500)
            page.reload()
        assert any("violation" in name for name in drawn(page))
        expect(page.locator(".legend")).to_contain_text("rules are broken there")
