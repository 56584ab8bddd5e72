"""The pages of reports, of files and of the history, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import watched

from srmgraph import knowledge
from srmgraph.adapters import archimate, spreadsheet
from srmgraph.store import EmbeddedStore

EXAMPLE = "training-ecosystem"
BASE = f"https://example.org/{EXAMPLE}/"
OTHER = "cellphone"


def test_the_report_says_what_to_do_and_where(page: Page) -> None:
    page.goto("/validation")
    expect(page.locator(".figures")).to_contain_text(re.compile(r"remarks\s*14"))
    rule = page.locator("#activity-says-when-or-how-often")
    expect(rule).to_contain_text("An activity says when it started or how often it is repeated.")
    expect(rule).to_contain_text("Add “started at” with day and time")
    rule.get_by_role("link").nth(1).click()
    assert "/resource?iri=" in page.url
    page.goto("/validation?severity=Warning")
    expect(page.locator("main")).to_contain_text("Nothing of this kind was found.")
    page.get_by_label("Severity").select_option("remarks")
    page.get_by_label("Source").select_option(f"{EXAMPLE}.ttl")
    page.get_by_role("button", name="Show").click()
    expect(rule).to_be_visible()
    assert page.request.get("/validation?severity=Worst").status == 400


def test_the_report_is_grouped_by_organization(page: Page) -> None:
    page.goto("/validation")
    rows = page.locator("#by-organization tbody tr")
    expect(rows).to_have_text(
        [
            re.compile(rf"^{name}\s*{number}$")
            for name, number in (
                ("Dion Training", 8),
                ("Video streaming company", 5),
                ("Google", 4),
                ("IT department inside Google", 2),
                ("Employer of the learner", 1),
            )
        ]
    )
    rows.nth(2).get_by_role("link").click()
    expect(page.get_by_label("Organization")).to_have_value(f"{BASE}google")
    expect(page.locator(".figures")).to_contain_text(re.compile(r"remarks\s*4"))
    expect(page.locator("main .rule")).to_contain_text(["Allot servers", "Cloud hosting"])
    # The groups are those of the whole all the same.
    expect(rows).to_have_count(5)


def test_what_was_found_over_time(browser: Browser, revised: tuple[str, str]) -> None:
    with watched(browser, revised[0]) as page:
        page.goto("/validation")
        expect(page.locator("svg.trend rect.floor")).to_have_count(2)
        page.get_by_text("The numbers").click()
        rows = page.locator("svg.trend + details tbody tr")
        expect(rows.first).to_contain_text(re.compile(r"^1 "))
        expect(rows.last).to_contain_text(re.compile(r"^0 .*14$"))


def test_a_rule_leads_to_what_is_written_about_it(page: Page) -> None:
    page.goto("/validation")
    page.get_by_role("link", name="activity-says-when-or-how-often").click()
    expect(page.locator("#activity-says-when-or-how-often")).to_be_visible()


def files(folder: Path) -> dict[str, Path]:
    """One model, broken in one point, in each kind of file."""
    text = knowledge.example_file(OTHER).read_text(encoding="utf-8")
    broken = re.sub(r"srm:hasConsumer [^;.]+ ;", "", text)
    assert broken != text
    store = EmbeddedStore()
    store.parse(broken, "turtle")
    found = {name: folder / f"model{name}" for name in (".ttl", ".xlsx", ".xml")}
    found[".ttl"].write_text(broken, encoding="utf-8")
    spreadsheet.write(store, found[".xlsx"])
    archimate.write(store, found[".xml"])
    return found


@pytest.mark.parametrize("ending", [".ttl", ".xlsx", ".xml"])
def test_a_file_is_checked_and_forgotten(
    browser: Browser, site: str, tmp_path: Path, ending: str
) -> None:
    with watched(browser, site, java_script_enabled=False) as page:
        page.goto("/check")
        page.get_by_label("File").set_input_files(files(tmp_path)[ending])
        page.get_by_role("button", name="Check").click()
        rule = page.locator("#relationship-has-consumer")
        expect(rule).to_contain_text("Phone subscription")
        place = {
            ".ttl": r"line \d+",
            ".xlsx": r"· sheet Relationships, row 2, column Has consumer",
        }.get(ending, ".")
        expect(rule).to_contain_text(re.compile(place))
        expect(page.locator("main")).to_contain_text("This one is forgotten again.")


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("model.ttl", b"<a> <b> ", "model.ttl cannot be read. Line 1: "),
        ("model.doc", b"x", "model.doc cannot be read. The ending “.doc” is not known here."),
        ("model.xlsx", b"x", "model.xlsx cannot be read."),
        ("<b>model.xml", b"<model>", "_b_model.xml cannot be read."),
        ("../../etc/model.nt", b"<", "model.nt cannot be read."),
        ("..", b"x", "file cannot be read. A file without ending tells no format."),
    ],
)
def test_what_cannot_be_read_is_told(page: Page, name: str, content: bytes, advice: str) -> None:
    sent = page.request.post(
        "/check",
        multipart={"file": {"name": name, "mimeType": "text/plain", "buffer": content}},
        headers={"Accept": "text/html,*/*"},
    )
    assert sent.status == 400
    page.set_content(sent.text())
    expect(page.get_by_role("alert")).to_contain_text(advice)


def drop(page: Page, file: Path) -> None:
    page.goto("/check")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Check").click()
    page.get_by_role("link", name="See what it would change").click()


def test_a_file_is_loaded_after_a_look_at_what_it_changes(writer: Page, tmp_path: Path) -> None:
    file = tmp_path / f"{EXAMPLE}.ttl"
    text = knowledge.example_file(EXAMPLE).read_text(encoding="utf-8")
    file.write_text(text.replace('"Dion Training"', '"Dion Training Ltd"'), encoding="utf-8")
    drop(writer, file)
    expect(writer.locator("h2")).to_have_text(re.compile(rf"{EXAMPLE}.ttl \+1 \W1"))
    expect(writer.locator(".came")).to_contain_text("Dion Training Ltd")
    expect(writer.locator(".went")).to_contain_text("Dion Training")
    writer.get_by_role("button", name="Load it").click()
    expect(writer.locator("h1")).to_have_text("History")
    row = writer.locator("#revisions tbody tr").first
    expect(row).to_contain_text(re.compile(rf"Bob\s+loaded {EXAMPLE}.ttl"))
    row.get_by_role("link", name="What changed").click()
    expect(writer.locator(".came")).to_contain_text("Dion Training Ltd")
    # The same again changes nothing, and cannot be sent.
    drop(writer, file)
    expect(writer.locator("main")).to_contain_text("No statement came or went.")
    expect(writer.get_by_role("button", name="Load it")).to_be_disabled()


def test_what_breaks_a_rule_is_not_loaded(writer: Page, tmp_path: Path) -> None:
    drop(writer, files(tmp_path)[".ttl"])
    writer.get_by_role("button", name="Load it").click()
    expect(writer.get_by_role("alert")).to_contain_text("Nothing was changed: ")
    expect(writer.locator("#relationship-has-consumer")).to_contain_text("Phone subscription")
    writer.goto("/history")
    expect(writer.locator("main")).not_to_contain_text("model.ttl")


def test_what_has_changed_meanwhile_is_looked_at_again(
    writer: Page, writing: tuple[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "note.nt"
    file.write_text('<https://example.org/a> <http://www.w3.org/2000/01/rdf-schema#label> "A" .')
    drop(writer, file)
    sent = writer.request.put(
        f"{writing[0]}/graphs/elsewhere",
        data='<https://example.org/b> <http://www.w3.org/2000/01/rdf-schema#label> "B" .',
        headers={"Authorization": f"Bearer {writing[1]}", "Content-Type": "application/n-triples"},
    )
    assert sent.status == 201
    writer.get_by_role("button", name="Load it").click()
    expect(writer.get_by_role("alert")).to_contain_text("Someone else has changed the data")
    writer.get_by_role("button", name="Load it").click()
    expect(writer.locator("h1")).to_have_text("History")


def test_a_dropped_file_is_its_owners_alone(
    browser: Browser, writing: tuple[str, str], writer: Page, tmp_path: Path
) -> None:
    drop(writer, files(tmp_path)[".ttl"])
    place = writer.url
    with watched(browser, writing[0]) as other:
        other.goto(place)
        expect(other.locator("h1")).to_have_text("Sign in")
        assert other.request.post(place, form={"graph": "urn:x"}).status == 403
    assert writer.request.post(place, form={"graph": "urn:x"}).status == 403
    assert writer.goto(f"{place}x").status == 404  # type: ignore[union-attr]


def test_the_way_back_is_a_revision_of_its_own(writer: Page) -> None:
    writer.goto("/history")
    rows = writer.locator("#revisions tbody tr")
    before, first = rows.count(), rows.last.locator("td").nth(4).text_content()
    rows.last.get_by_role("button", name="Go back to it").click()
    expect(rows).to_have_count(before + 1)
    expect(rows.first).to_contain_text(re.compile(r"Bob\s+back to revision 0"))
    expect(rows.first.locator("td").nth(4)).to_have_text(str(first))
    sent = writer.request.post("/history/0/rollback", form={"revision": str(before)})
    assert sent.status == 403


def test_the_history_is_seen_by_all_and_changed_by_few(page: Page) -> None:
    page.goto("/history")
    expect(page.locator("#revisions tbody tr")).to_have_count(1)
    expect(page.get_by_role("button", name="Go back")).to_have_count(0)
    assert page.request.get("/history", headers={"Accept": "*/*"}).json()["revisions"]
    answer = page.goto("/history/0/7")
    assert answer is not None
    assert answer.status == 404
