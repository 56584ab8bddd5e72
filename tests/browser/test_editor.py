"""The editor, in a real browser."""

from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import watched


def ask(page: Page) -> None:
    page.locator(".yasqe_queryButton:visible").click()


def test_a_query_is_answered_here(page: Page) -> None:
    answer = page.goto("/editor")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    ask(page)
    rows = page.locator(".yasr table.dataTable tbody tr")
    expect(rows).to_have_count(4)
    rows.first.locator("a.iri").click()
    page.wait_for_url("**/resource?iri=https%3A%2F%2Fexample.org%2F*")
    expect(page.locator("h1")).to_be_visible()


def test_a_kept_question_is_a_beginning(page: Page) -> None:
    page.goto("/questions/who-loses-value-if-a-provider-fails?provider=Google")
    page.get_by_text("The question in SPARQL").click()
    page.get_by_role("link", name="Open in the editor").click()
    expect(page.locator(".CodeMirror:visible")).to_contain_text(
        "VALUES ?provider { <https://example.org/training-ecosystem/google> }"
    )
    ask(page)
    expect(page.locator(".yasr:visible table.dataTable tbody")).to_contain_text("learner")
    other = "Who are the vendors of our vendors?"
    page.get_by_label("Begin with a kept question").select_option(other)
    page.get_by_role("button", name="Take it").click()
    expect(page.locator(".CodeMirror:visible")).to_contain_text(other)
    tabs = page.locator(".tabsList .tab").count()
    page.reload()
    expect(page.locator(".CodeMirror:visible")).to_contain_text(other)
    expect(page.locator(".tabsList .tab")).to_have_count(tabs)
    # A mistake is told, as the service says it.
    page.locator(".CodeMirror:visible").evaluate("editor => editor.CodeMirror.setValue('SELECT')")
    page.locator(".CodeMirror:visible").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".yasr:visible .errorResult")).to_be_visible()


def test_terms_of_the_ontology_are_completed(page: Page) -> None:
    page.goto("/editor")
    editor = page.locator(".CodeMirror")
    editor.evaluate(
        """editor => {
          const text = 'PREFIX srm: <https://w3id.org/srm#>\\nSELECT * { ?x a srm:ServiceRel';
          editor.CodeMirror.setValue(text);
          editor.CodeMirror.setCursor(1, 99);
          editor.CodeMirror.focus();
        }"""
    )
    page.keyboard.press("Control+Space")
    hints = page.locator(".CodeMirror-hints li")
    expect(hints.first).to_contain_text("ServiceRelationship")


def test_without_a_script_a_query_can_be_sent(browser: Browser, site: str) -> None:
    with watched(browser, site, java_script_enabled=False) as page:
        page.goto("/editor?question=who-are-the-vendors-of-our-vendors")
        expect(page.get_by_label("Query")).to_contain_text("vendors")
