"""What a form shows means what is stated, and what it offers can be told apart."""

from functools import cache

import pytest
from rdflib import RDF, RDFS, URIRef

from srmgraph import knowledge
from srmgraph.adapters.spreadsheet.cells import CellError
from srmgraph.adapters.spreadsheet.form import form
from srmgraph.graph import ServiceGraph
from srmgraph_api.pages import entering
from srmgraph_api.pages.entries import Entry, FaultsError, Reading, plain, sheet_for, sheets

EX = "https://example.org/odd/"
ODD = f"""
@prefix srm: <https://w3id.org/srm#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <{EX}> .
ex:a a srm:Organization ; rdfs:label "Bank"@en , "Bank"@de , "Bank" , " Bank " , "Ban\\r\\nk" .
ex:b a srm:Organization ; rdfs:label "Bank" ;
    srm:isWithin ex:a , ex:nowhere , [ a srm:Organization ] .
ex:c a srm:ServiceAgreement ; rdfs:label "Agreement" ;
    srm:validFrom "2027-01-31Z"^^xsd:date , "soon" ;
    srm:renewsAutomatically "1"^^xsd:boolean ; srm:annualValue "01.50"^^xsd:decimal .
"""


@cache
def reading(name: str) -> Reading:
    with ServiceGraph.open() as graph:
        if name == "odd":
            graph.store.parse(ODD, "turtle")
        else:
            graph.store.read(knowledge.example_file(name))
        return Reading(graph.store.snapshot().copy(), [])


@pytest.mark.parametrize("name", [*(folder.name for folder in knowledge.examples()), "odd"])
def test_a_form_that_is_sent_as_it_is_changes_nothing(name: str) -> None:
    held = reading(name)
    store = held._store
    number = 0
    for thing in sorted(
        {
            str(row["thing"])
            for row in store.select("SELECT ?thing { ?thing a ?c FILTER(isIRI(?thing)) }")
        }
    ):
        sheet = sheet_for(map(str, held.types(thing)))
        if sheet is None:
            continue
        number += 1
        stated = {column.property: set(held.stated(thing, column)) for column in sheet.columns}
        lines = {
            str(column.property): [
                plain(held.written(value, column)) for value in held.stated(thing, column)
            ]
            for column in sheet.columns
        }
        entry = Entry(sheet.slug, thing, "", "", "en", 0, "", lines)
        assert entering.understood(sheet, entry, held) == stated, thing
    assert number > 2


def test_things_of_one_name_are_told_apart() -> None:
    held = reading("odd")
    column = sheets()["organization"].by_property[URIRef("https://w3id.org/srm#isWithin")]
    texts = [one.text for one in held.choices(column)]
    assert len(texts) == len(set(texts)) == 2
    for one in held.choices(column):
        assert held.meant(one.text, column, "en") == URIRef(one.iri)
    with pytest.raises(CellError, match="Several things are called so"):
        held.meant("Bank", column, "en")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"validFrom": ["tomorrow"]}, "“tomorrow” is no date. Write it like 2027-01-31."),
        ({"validFrom": ["2027-01-01", "2027-01-02"]}, "There can be only one."),
        ({"hasStatus": ["Lively"]}, "“Lively” is not on the list."),
        ({"hasAgreementParty": ["Bnak"]}, "Nothing is called “Bnak”."),
        ({"hasAgreementParty": ['"x"']}, "Nothing is called"),
        ({"annualValue": ["a lot"]}, "“a lot” is no decimal."),
    ],
)
def test_what_cannot_be_understood_is_told_at_its_field(
    typed: dict[str, list[str]], words: str
) -> None:
    lines = {f"https://w3id.org/srm#{name}": texts for name, texts in typed.items()}
    entry = Entry("service-agreement", "", "", "", "en", 0, "", lines)
    with pytest.raises(FaultsError) as caught:
        entering.understood(sheets()["service-agreement"], entry, reading("odd"))
    assert list(caught.value.faults) == list(lines)
    assert next(iter(caught.value.faults.values())).startswith(words)


def test_a_new_thing_is_named_beside_others_and_never_twice() -> None:
    held = reading("odd")
    assert held.mint(sheets()["person"], "Ann Öther", EX) == URIRef(f"{EX}person/ann-öther")
    held._store.parse(f"<{EX}person/ann> a <urn:x> .", "turtle")
    assert held.mint(sheets()["person"], "Ann", EX) == URIRef(f"{EX}person/ann-2")


def test_every_kind_has_a_form() -> None:
    assert len(sheets()) == len(form().sheets)
    for sheet in form().sheets:
        assert sheet_for([str(cls) for cls in sheet.types.values()]) == sheet
        assert RDFS.label in sheet.by_property
        assert RDF.type not in sheet.by_property
