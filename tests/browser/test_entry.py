"""The pages of forms, in a real browser."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import watched

from srmgraph_api.pages.entries import sheets

GOOGLE = "https://example.org/training-ecosystem/google"


def statements(page: Page) -> set[str]:
    """All that is stated, as N-Triples with the graphs that state it."""
    listed = page.request.get("/graphs", headers={"Accept": "application/json"}).json()["graphs"]
    found = set()
    for graph in (one["graph"] for one in listed):
        if not graph.startswith("https://w3id.org/srm"):
            text = page.request.get(
                f"/graphs?graph={graph}", headers={"Accept": "application/n-triples"}
            ).text()
            found |= {f"{line} {graph}" for line in text.splitlines()}
    return found


def save(page: Page) -> None:
    page.locator(".actions").get_by_role("button", name="Save").click()


def test_every_kind_has_a_form(writer: Page) -> None:
    writer.goto("/enter")
    links = [str(link.get_attribute("href")) for link in writer.locator("ul.kinds a").all()]
    assert len(links) == len(sheets())
    for link in links:
        assert writer.request.get(link).status == 200


def test_what_breaks_a_rule_stays_typed_and_is_told_at_its_field(writer: Page) -> None:
    before = statements(writer)
    writer.goto("/enter/service-relationship")
    writer.get_by_label("Name").fill("Payroll")
    provider, consumer = (
        writer.get_by_label(f"Has {role} required") for role in ("provider", "consumer")
    )
    provider.select_option("Google")
    save(writer)
    writer.get_by_role("alert").get_by_role("link", name="Has consumer").click()
    expect(consumer).to_be_in_viewport()
    expect(consumer).to_have_attribute("aria-invalid", "true")
    expect(writer.locator(f"#{consumer.get_attribute('id')}-error")).to_contain_text(
        "A service relationship names at least one consumer. Add “has consumer”"
    )
    expect(provider).to_have_value("Google")
    expect(writer.get_by_label("Name")).to_have_value("Payroll")
    assert statements(writer) == before
    consumer.select_option("Dion Training")
    save(writer)
    expect(writer).to_have_url(re.compile("/resource"))
    new = "https://w3id.org/srm#"
    added = {line.partition(" ")[2] for line in statements(writer) - before}
    graph = writer.url.partition("/resource")[0] + "/graphs/entered"
    assert added == {
        f"<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{new}ServiceRelationship> . {graph}",
        f'<http://www.w3.org/2000/01/rdf-schema#label> "Payroll"@en . {graph}',
        f"<{new}hasProvider> <{GOOGLE}> . {graph}",
        f"<{new}hasConsumer> <https://example.org/training-ecosystem/dion-training> . {graph}",
    }


def test_only_what_is_changed_changes(writer: Page) -> None:
    before = statements(writer)
    writer.goto(f"/edit?iri={GOOGLE}")
    expect(writer.locator("h1")).to_have_text("Google")
    save(writer)
    assert statements(writer) == before
    writer.goto(f"/edit?iri={GOOGLE}")
    writer.get_by_label("Name").fill("Google LLC")
    save(writer)
    after = statements(writer)
    (gone,), (come,) = before - after, after - before
    assert come == gone.replace('"Google"', '"Google LLC"')
    writer.goto("/history")
    expect(writer.locator("#revisions tbody tr").first).to_contain_text("changed Google LLC")


def test_what_somebody_else_has_changed_is_not_overwritten(
    writer: Page, writing: tuple[str, str]
) -> None:
    writer.goto(f"/edit?iri={GOOGLE}")
    sent = writer.request.post(
        f"{writing[0]}/update",
        form={
            "update": f"INSERT DATA {{ GRAPH <urn:x> {{ <{GOOGLE}> "
            "<http://www.w3.org/2000/01/rdf-schema#comment> 'large' }}"
        },
        headers={"Authorization": f"Bearer {writing[1]}"},
    )
    assert sent.status == 204, sent.text()
    writer.get_by_label("Legal entity identifier").fill("5493006MHB84DD0ZWV18")
    save(writer)
    expect(writer.get_by_role("alert")).to_contain_text("Someone else has changed this thing")
    expect(writer.get_by_label("Legal entity identifier")).to_have_value("5493006MHB84DD0ZWV18")


def test_forms_need_no_script(browser: Browser, writing: tuple[str, str]) -> None:
    with watched(browser, writing[0], java_script_enabled=False) as page:
        page.goto("/enter/organization")
        expect(page.locator("h1")).to_have_text("Sign in")
        page.get_by_label("Key").fill(writing[1])
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Name").fill("Acme")
        page.get_by_role("button", name="Another Name").click()
        expect(page.get_by_label("Name").first).to_have_value("Acme")
        page.get_by_label("Name, line 2").fill("Acme Corporation")
        page.get_by_label("Name, line 2").press("Enter")
        expect(page).to_have_url(re.compile("/resource"))
        assert len([line for line in statements(page) if "/acme>" in line]) == 3


def test_another_line_comes_at_once(writer: Page) -> None:
    writer.goto("/enter/organization")
    writer.get_by_role("button", name="Another Name").click()
    expect(writer.get_by_label("Name, line 2")).to_be_focused()
    expect(writer).to_have_url(re.compile("/enter/organization$"))


@pytest.mark.parametrize(
    "sent",
    [
        {"graph": "no IRI"},
        {"graph": ""},
        {"graph": "urn:x", "language": "in my own words"},
        {"graph": "urn:x", "thing": "<>"},
    ],
    ids=str,
)
def test_what_no_form_sends_is_refused(writer: Page, sent: dict[str, str | float | bool]) -> None:
    writer.goto("/enter/person")
    token = str(writer.locator("[name=csrf]").first.get_attribute("value"))
    assert writer.request.post("/enter/person", form={"csrf": token, **sent}).status == 400
    assert writer.request.post("/enter/person", form=sent).status == 403


def test_a_key_enters_only_where_it_may(browser: Browser, site: str, page: Page) -> None:
    page.goto("/enter")
    expect(page.locator("main")).to_contain_text("Entering needs a key that may write.")
    assert page.request.get("/enter/nothing").status == 404
    assert page.request.get("/edit?iri=https://example.org/nothing").status == 404
