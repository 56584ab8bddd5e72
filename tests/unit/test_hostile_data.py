"""Data that would take the engine's parsers down, or that JSON allows and RDF does not."""

import pytest

from srmgraph import ParseError, knowledge
from srmgraph.store import open_store

DEEP = 300_000


@pytest.mark.parametrize("format", ["turtle", "trig", "n-triples", "n-quads"])
def test_nested_triple_terms_are_refused(format: str) -> None:
    text = "<a:a> <a:b> " + "<<( <a:a> <a:b> " * DEEP + "<a:c>" + " )>>" * DEEP + " ."
    with pytest.raises(ParseError, match=r"RDF 1\.2"):
        open_store().parse(text, format)


@pytest.mark.parametrize("format", ["turtle", "n-triples"])
def test_their_sign_may_stand_in_a_text(format: str) -> None:
    store = open_store()
    store.parse('<a:a> <a:b> "' + "<<( " * 500 + '" .', format)
    assert len(store) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"@context":' + "[" * 900 + "{}" + "]" * 900 + "}", "nested too deep"),
        ('{"@context":' + "[" * DEEP + "{}" + "]" * DEEP + "}", "nested too deep"),
        ('{"@id":"a:a","a:b":' * DEEP + "1" + "}" * DEEP, "nested too deep"),
        ('{"@id":"a:a","a:b":' + "1" * 5000 + "}", "too many digits"),
        (f'{{"@context":"{knowledge.context_iri()}","label":"\\ud800"}}', "file"),
    ],
    ids=["context", "deeper-context", "nodes", "digits", "half-of-a-pair"],
)
def test_json_that_is_no_json_ld_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ParseError, match=expected):
        open_store().parse(text, "json-ld")
