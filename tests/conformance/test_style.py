"""The ontology and the shapes are written in one order and one style, as if by one hand."""

import re
from pathlib import Path

import pytest

from srmgraph import knowledge

TURTLE = sorted(
    file
    for folder in ("ontology", "shapes", "data")
    for file in (knowledge.ROOT / folder).rglob("*.ttl")
)
MODULES = sorted((knowledge.ROOT / "ontology").glob("*.ttl"))
TERM_ORDER = [
    "a",
    "rdfs:subClassOf",
    "owl:equivalentClass",
    "owl:disjointWith",
    "rdfs:subPropertyOf",
    "rdfs:domain",
    "rdfs:range",
    "owl:inverseOf",
    "owl:propertyChainAxiom",
    "rdfs:label",
    "skos:altLabel",
    "skos:definition",
    "skos:example",
    "skos:scopeNote",
    "skos:inScheme",
    "dct:source",
    "rdfs:isDefinedBy",
]


@pytest.mark.parametrize("file", TURTLE, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_turtle_is_tidy(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# "), "the first line says what the file is about"
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{file.name}:{number}"
        assert line == line.rstrip(), f"{where}: white space at the end of the line"
        assert "\t" not in line, f"{where}: a tab"


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.stem)
def test_terms_are_described_in_one_order(file: Path) -> None:
    blocks = re.findall(
        r"^(?:srm|code):\S+\n((?:    .*\n)+)", file.read_text(encoding="utf-8"), re.MULTILINE
    )
    for block in blocks:
        found = re.findall(r"^    (\S+) ", block, re.MULTILINE)
        assert found == sorted(found, key=TERM_ORDER.index), block


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.stem)
def test_annotations_have_one_voice(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for kind in ("definition", "scopeNote"):
        for sentence in re.findall(rf'skos:{kind} "(.*)"@en ;', text):
            assert sentence[0].isupper(), sentence
            assert sentence.endswith("."), sentence
    for label in re.findall(r'rdfs:label "(.*)"@en ;\n    skos:definition "Relates', text):
        assert label == label.lower(), label
