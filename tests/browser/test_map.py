"""The picture of who serves whom, and what becomes of labels that would be markup."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import serving

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*7 }}"
DATA = f"""
@prefix srm: <https://w3id.org/srm#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix ex: <https://example.org/hostile/> .
ex:a a srm:Organization ; rdfs:label "{HOSTILE}" .
ex:b a srm:Organization ; rdfs:label "B{HOSTILE}" .
ex:r a srm:ServiceRelationship ; rdfs:label "R{HOSTILE}" ;
    srm:hasProvider ex:a ; srm:hasConsumer ex:b .
"""


def test_the_picture_is_drawn_from_the_table(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#relationships tbody tr")).to_have_count(5)
    expect(page.locator("#map canvas").first).to_be_visible()


def test_the_table_needs_no_script(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("link", name="Dion Training").first).to_be_visible()
    expect(page.locator("#map")).to_be_hidden()
    context.close()


def test_labels_are_never_markup(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "hostile.ttl"
    file.write_text(DATA)
    with serving(str(file)) as address:
        context = browser.new_context(base_url=address)
        page = context.new_page()
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        for place in ("/", "/resource?iri=https://example.org/hostile/r"):
            page.goto(place)
            expect(page.get_by_text(HOSTILE).first).to_be_visible()
            assert page.locator("main img").count() == 0
            assert page.locator("main script").count() == 0
        assert dialogs == []
        context.close()
