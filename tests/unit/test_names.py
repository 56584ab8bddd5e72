"""What things are called: the label that is chosen, wherever the statements are."""

from pathlib import Path

import pytest
from rdflib import RDFS, BNode, URIRef

from srmgraph import knowledge
from srmgraph.names import labels
from srmgraph.store import open_store

CASES = {
    '"Bank"@en, "Amt"@de': "Bank",
    '"Amt"@de, "Bank"@en-GB': "Bank",
    '"Bank", "Amt"@de': "Bank",
    '"Bank"@en, "Anstalt"': "Anstalt",
    '"Zug"@de, "Amt"@fr': "Amt",
    '"English, not so"@enx, "Zug"': "Zug",
    "<https://example.org/name>": "https://example.org/name",
    "7": "7",
    '""': "",
}


@pytest.mark.parametrize("place", ["memory", "memory, two graphs", "folder"])
def test_the_label_that_a_reader_of_english_expects(place: str, tmp_path: Path) -> None:
    lines = [
        f"<https://example.org/{number}> <{RDFS.label}> {told} ."
        for number, told in enumerate(CASES)
    ]
    file = tmp_path / "labels.ttl"
    file.write_text("\n".join(lines))
    url = str(tmp_path / "store") if place == "folder" else "memory:"
    store = open_store(url, create=True)
    store.read(file)
    if place == "memory, two graphs":
        store.read(file, graph=URIRef("https://example.org/graph"))
    things = [URIRef(f"https://example.org/{number}") for number in range(len(CASES))]
    found = labels(store, [*things, BNode(), URIRef("https://example.org/unknown")])
    assert found == dict(zip(things, CASES.values(), strict=True))
    store.close()


def test_terms_of_the_ontology_are_known_anyway() -> None:
    terms = set(knowledge.ontology().subjects(RDFS.label))
    assert labels(open_store(), terms).keys() == {t for t in terms if isinstance(t, URIRef)}
