"""Deleting a thing by a form: what refers to it is told first, and rules are kept."""

import re

from playwright.sync_api import Page, expect
from tests.browser.test_entry import save, statements

BASE = "https://example.org/training-ecosystem/"


def delete(page: Page) -> None:
    page.get_by_role("button", name="Delete it").click()


def test_a_thing_goes_with_all_that_refers_to_it(writer: Page) -> None:
    writer.goto("/enter/organization")
    writer.get_by_label("Name").fill("Acme")
    save(writer)
    acme = writer.locator("aside code").inner_text()
    before = statements(writer)
    writer.goto(f"/edit?iri={BASE}streaming-relationship")
    writer.get_by_label("Has consumer required").select_option("Dion Training")
    writer.get_by_role("button", name="Another Has consumer").click()
    writer.get_by_label("Has consumer, line 2").select_option("Acme")
    save(writer)
    writer.goto(f"/resource?iri={acme}")
    writer.get_by_role("link", name="Delete").click()
    expect(writer.locator("h1")).to_have_text("Delete Acme?")
    expect(writer.locator(".lead")).to_contain_text(
        "2 statements say what it is, and 1 refers to it."
    )
    expect(writer.locator("#references tbody tr")).to_have_text(
        [re.compile(r"Video streaming for Dion Training\s*has consumer")]
    )
    delete(writer)
    expect(writer.locator("#revisions tbody tr").first).to_contain_text(
        re.compile(r"Bob\s+deleted Acme")
    )
    assert statements(writer) == {line for line in before if acme not in line}
    answer = writer.goto(f"/delete?iri={acme}")
    assert answer is not None
    assert answer.status == 404


def test_what_others_need_is_not_deleted(writer: Page) -> None:
    before = statements(writer)
    writer.goto(f"/delete?iri={BASE}google")
    delete(writer)
    expect(writer.get_by_role("alert")).to_contain_text("Nothing was deleted.")
    expect(writer.locator("#relationship-has-provider")).to_contain_text("Cloud hosting")
    assert statements(writer) == before


def test_what_has_changed_meanwhile_is_looked_at_again(
    writer: Page, writing: tuple[str, str]
) -> None:
    writer.goto(f"/delete?iri={BASE}course")
    sent = writer.request.post(
        f"{writing[0]}/update",
        form={
            "update": f"INSERT DATA {{ GRAPH <urn:x> {{ <{BASE}course> "
            "<http://www.w3.org/2000/01/rdf-schema#comment> 'new' }}"
        },
        headers={"Authorization": f"Bearer {writing[1]}"},
    )
    assert sent.status == 204, sent.text()
    before = statements(writer)
    delete(writer)
    expect(writer.get_by_role("alert")).to_contain_text("Someone else has changed")
    assert statements(writer) == before


def test_only_forms_of_those_who_may_delete(writer: Page, page: Page) -> None:
    form: dict[str, str | float | bool] = {"iri": f"{BASE}google", "seen": "0"}
    assert writer.request.post("/delete", form=form).status == 403
    writer.goto(f"/delete?iri={BASE}google")
    token = str(writer.locator("[name=csrf]").first.get_attribute("value"))
    for name, wrong in (("seen", "x"), ("iri", "no IRI")):
        assert (
            writer.request.post("/delete", form={"csrf": token, **form, name: wrong}).status == 400
        )
    # Who is not signed in comes back after signing in.
    page.goto(f"/delete?iri={BASE}google")
    expect(page.locator("h1")).to_have_text("Sign in")
    assert page.locator("[name=to]").get_attribute("value") == f"/delete?iri={BASE}google"
