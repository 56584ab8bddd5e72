"""Fields that take more things than a list can hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import serving, signed_in
from tests.browser.test_entry import save

from srmgraph import ServiceGraph
from srmgraph.keys import Keys
from srmgraph.store.folder import FolderStore
from srmgraph_api.pages.entries import MOST_CHOICES

_BASE = "https://example.org/many/"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a service with more parties than a list offers, and a key."""
    folder: Path = tmp_path_factory.mktemp("many")
    file, store = folder / "many.ttl", folder / "store"
    parties = "".join(
        f':p{number} a srm:Organization ; rdfs:label "Party {number:05}"@en .\n'
        for number in range(MOST_CHOICES + 200)
    )
    file.write_text(
        f"@prefix : <{_BASE}> . @prefix srm: <https://w3id.org/srm#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        f'{parties}:zebra a srm:Organization ; rdfs:label "Zebra Zoo"@en .\n'
        ':twin1 a srm:Organization ; rdfs:label "Zebra Twin"@en .\n'
        ':twin2 a srm:Organization ; rdfs:label "Zebra Twin"@en .\n'
        ':zebras a srm:Service ; rdfs:label "Zebra keeping"@en .\n'
    )
    with ServiceGraph(FolderStore.create(store)) as graph:
        graph.load(file)
    key = Keys(store).create("Ann", "write")
    with serving("--store", str(store)) as address:
        yield address, key


def options(page: Page, name: str) -> list[str]:
    found: list[str] = page.locator(f"datalist#{name} option").evaluate_all(
        "(all) => all.map((one) => one.value)"
    )
    return found


def test_what_is_typed_is_completed_by_the_service(browser: Browser, many: tuple[str, str]) -> None:
    with signed_in(browser, *many) as page:
        page.goto("/enter/service-relationship")
        field = page.get_by_label("Has provider required")
        name = str(field.get_attribute("list"))
        assert len(options(page, name)) == MOST_CHOICES
        with page.expect_response("**/find?**"):
            field.press_sequentially("zebra")
        # Parties only; and what is called the same is told by its address.
        twins = [f"<{_BASE}twin1>", f"<{_BASE}twin2>"]
        page.wait_for_function(
            "name => document.getElementById(name).options.length < 10", arg=name
        )
        assert sorted(options(page, name)) == [*twins, "Zebra Zoo"]
        field.fill("Zebra Zoo")
        page.get_by_label("Has consumer required").fill(twins[0])
        page.get_by_label("Name recommended").fill("Feeding")
        save(page)
        expect(page.locator("h1")).to_have_text("Feeding")
        expect(page.locator("main")).to_contain_text("Zebra Zoo")


def test_without_scripts_names_and_addresses_are_typed(
    browser: Browser, many: tuple[str, str]
) -> None:
    with signed_in(browser, *many, java_script_enabled=False) as page:
        page.goto("/enter/service-relationship")
        page.get_by_label("Name recommended").fill("Grooming")
        provider = page.get_by_label("Has provider required")
        expect(page.locator(f"#{provider.get_attribute('id')}-help")).to_contain_text(
            "Write its name, or its IRI."
        )
        provider.fill("Zebra Twin")
        page.get_by_label("Has consumer required").fill(f"{_BASE}twin2")
        save(page)
        expect(page.get_by_role("alert")).to_contain_text("Several things are called so.")
        provider.fill("Zebra Zoo")
        save(page)
        expect(page.locator("h1")).to_have_text("Grooming")


def test_a_thing_that_may_fail_is_completed(browser: Browser, many: tuple[str, str]) -> None:
    with signed_in(browser, *many) as page:
        page.goto("/what-if")
        with page.expect_response("**/find?**"):
            page.get_by_label("Its name").press_sequentially("zebra")
        page.wait_for_function("() => document.getElementById('missed').options.length == 4")
        assert "Zebra keeping" in options(page, "missed")
        page.get_by_label("Its name").fill(f"<{_BASE}twin1>")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("h1")).to_contain_text("Zebra Twin")
