"""The alignments name terms that exist, ours and theirs, and claim no more than is true."""

from pathlib import Path

import pytest
from rdflib import FOAF, ODRL2, ORG, OWL, PROV, RDF, RDFS, SDO, SKOS, Graph, URIRef
from rdflib.namespace import DCAT, ClosedNamespace, DefinedNamespace

from srmgraph import knowledge

ALIGNMENTS = sorted((knowledge.ROOT / "ontology" / "alignments").glob("*.ttl"))

# The vocabularies whose terms rdflib lists, so that a mistyped one is found without the network.
# Not checked: gist, FIBO, Common Core, USDL, ITSMO, ValueFlows, CPSV-AP, ArchiMate, gUFO, gr.
LISTED: list[type[DefinedNamespace] | ClosedNamespace] = [ORG, PROV, FOAF, ODRL2, DCAT, SDO]


@pytest.mark.parametrize("file", ALIGNMENTS, ids=lambda file: file.stem)
def test_our_terms_are_declared(file: Path) -> None:
    ontology = knowledge.ontology()
    ours = {term for triple in Graph().parse(file) for term in triple if _is_ours(term)}
    assert ours
    assert sorted(str(term) for term in ours if (term, RDF.type, None) not in ontology) == []


@pytest.mark.parametrize("file", ALIGNMENTS, ids=lambda file: file.stem)
def test_their_terms_exist(file: Path) -> None:
    theirs = {term for triple in Graph().parse(file) for term in triple if isinstance(term, URIRef)}
    for vocabulary in LISTED:
        prefix = str(vocabulary._NS) if isinstance(vocabulary, type) else str(vocabulary)
        known = {str(term) for term in dir(vocabulary)} | {prefix + str(t) for t in dir(vocabulary)}
        for term in theirs:
            if str(term).startswith(prefix):
                assert str(term) in known, f"{file.name}: {term} is no term of {prefix}"


@pytest.mark.parametrize("file", ALIGNMENTS, ids=lambda file: file.stem)
def test_no_alignment_claims_that_two_terms_are_the_same(file: Path) -> None:
    claimed = set(Graph().parse(file).predicates())
    assert not claimed & {OWL.equivalentClass, OWL.equivalentProperty, OWL.sameAs, SKOS.exactMatch}


@pytest.mark.parametrize("file", ALIGNMENTS, ids=lambda file: file.stem)
def test_strict_alignments_join_like_with_like(file: Path) -> None:
    ontology = knowledge.ontology()
    graph = Graph().parse(file)
    for term in graph.subjects(RDFS.subClassOf):
        assert (term, RDF.type, OWL.Class) in ontology, term
    for term in graph.subjects(RDFS.subPropertyOf):
        kinds = set(ontology.objects(term, RDF.type))
        assert kinds & {OWL.ObjectProperty, OWL.DatatypeProperty}, term


def _is_ours(term: object) -> bool:
    return isinstance(term, URIRef) and "w3id.org/srm#" in term
