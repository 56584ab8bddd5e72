"""The W3C's tests of bad syntax of RDF 1.1: each file is refused, and the place is told."""

import pyoxigraph
import pytest
from tests.conformance import w3c

from srmgraph.errors import ParseError
from srmgraph.store import open_store

ROOT = w3c.SUITES / "w3c" / "rdf11"
FORMATS = {
    "TestNTriplesNegativeSyntax": "n-triples",
    "TestNQuadsNegativeSyntax": "n-quads",
    "TestTurtleNegativeSyntax": "turtle",
    "TestTrigNegativeSyntax": "trig",
    "TestXMLNegativeSyntax": "rdf-xml",
}
CASES = (
    w3c.parameters(
        (
            case
            for manifest in sorted(ROOT.glob("rdf-*/manifest.ttl"))
            for case in w3c.cases(manifest, ROOT)
            if case.kind in FORMATS
        ),
        {},
    )
    if ROOT.is_dir()
    else w3c.absent(ROOT)
)


@pytest.mark.parametrize("case", CASES)
def test_bad_syntax_is_refused_where_it_is(case: w3c.Case) -> None:
    content = case.file(w3c.MF.action).read_bytes()
    format = FORMATS[case.kind]
    store = open_store()
    with pytest.raises(ParseError) as caught:
        store.parse(content, format)
    assert caught.value.line is not None
    assert caught.value.column is not None
    assert 1 <= caught.value.line <= content.count(b"\n") + 1
    assert caught.value.column >= 1
    assert len(store) == 0
    # It is not refused only because a relative IRI has nothing to be relative to.
    syntax = getattr(pyoxigraph.RdfFormat, format.upper().replace("-", "_"))
    with pytest.raises(SyntaxError):
        list(pyoxigraph.parse(content, syntax, base_iri="https://example.org/"))


def test_the_suite_is_whole() -> None:
    if CASES[0].id == "suite":
        pytest.skip("the suite is not there")
    assert len(CASES) == 312
