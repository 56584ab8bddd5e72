"""The W3C's tests of bad syntax of RDF 1.1: each file is refused, and the place is told.

Both where a store reads it and where it is sent to a service.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pyoxigraph
import pytest
from starlette.testclient import TestClient
from tests.conformance import w3c

from srmgraph.errors import ParseError
from srmgraph.keys import Keys
from srmgraph.store import open_store
from srmgraph.store.folder import FolderStore
from srmgraph.syntax import FORMATS as SYNTAXES
from srmgraph_api import create_app
from srmgraph_api.settings import Settings

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


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[bytes, str], Any]]:
    """How a service with a store answers to content in a format, that is to be a graph."""
    folder = tmp_path_factory.mktemp("rdf") / "store"
    FolderStore.create(folder).close()
    key = Keys(folder).create("tester", "write", ())
    with TestClient(create_app(settings=Settings(store=str(folder)))) as client:

        def send(content: bytes, format: str) -> Any:
            kind = {"Content-Type": SYNTAXES[format].media_type, "Authorization": f"Bearer {key}"}
            graph = {"graph": "https://example.org/graph"}
            return client.put("/graphs", params=graph, content=content, headers=kind)

        yield send
        assert client.get("/graphs").json()["graphs"] == []
        assert client.get("/history").json()["revisions"] == []


@pytest.mark.parametrize("case", CASES)
def test_bad_syntax_that_is_sent_is_answered_with_its_place(
    case: w3c.Case, sent: Callable[[bytes, str], Any]
) -> None:
    content = case.file(w3c.MF.action).read_bytes()
    answer = sent(content, FORMATS[case.kind])
    assert answer.status_code == 400, answer.text
    told = answer.json()
    assert 1 <= told["line"] <= content.count(b"\n") + 1
    assert told["column"] >= 1


def test_the_suite_is_whole() -> None:
    if CASES[0].id == "suite":
        pytest.skip("the suite is not there")
    assert len(CASES) == 312
