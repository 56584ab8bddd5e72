"""Every fact that follows has a proof that holds, runs in no circle, and is a shortest one."""

from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, assume, given, settings
from rdflib import OWL, PROV, RDF, RDFS, BNode, Graph
from rdflib.term import Node
from tests.unit.inference import strategies
from tests.unit.inference.strategies import EX

from srmgraph.errors import InconsistentError, UnprovedError
from srmgraph.inference import Closure, Program, Proof, contradictions, explain, search
from srmgraph.inference.picture import svg
from srmgraph.store import EmbeddedStore, open_store

ONTOLOGY = """
    ex:within a owl:ObjectProperty , owl:TransitiveProperty ; rdfs:label "is within"@en .
    ex:unitOf a owl:ObjectProperty ; rdfs:subPropertyOf ex:within ; rdfs:label "is unit of"@en .
    ex:memberOf a owl:ObjectProperty ; owl:inverseOf ex:member ; rdfs:label "is member of"@en .
    ex:member a owl:ObjectProperty ; owl:inverseOf ex:memberOf ; rdfs:label "has member"@en .
    ex:worksFor owl:propertyChainAxiom ( ex:memberOf ex:unitOf ) ; rdfs:label "works for"@en .
    ex:Unit a owl:Class ; rdfs:label "unit"@en ; owl:disjointWith ex:Person .
    ex:Person a owl:Class ; rdfs:label "Person"@de , "person"@en .
    ex:unitOf rdfs:domain ex:Unit .
    [ a owl:Restriction ; owl:onProperty ex:within ; owl:someValuesFrom ex:Unit ]
        rdfs:subClassOf ex:Inner .
    ex:Inner a owl:Class ; rdfs:label "inner part"@en .
"""
DATA = """
    ex:it ex:unitOf ex:group ; rdfs:label "IT"@en . ex:group ex:unitOf ex:holding .
    ex:ann ex:memberOf ex:it ; rdfs:label "Ann" .
"""


def read(text: str) -> EmbeddedStore:
    store = open_store()
    prefixes = f"PREFIX ex: <{EX}> PREFIX owl: <{OWL}> PREFIX rdfs: <{RDFS}>"
    store.parse(f"{prefixes} {text}", "turtle")
    return store


def proof(subject: Node, predicate: Node, value: Node, more: str = "") -> Proof:
    return explain(read(DATA + more), (subject, predicate, value), read(ONTOLOGY).graph())


def test_a_proof_is_text() -> None:
    assert str(proof(EX.ann, EX.worksFor, EX.group)) == "\n".join(
        [
            "Ann works for ex:group, because [prp-spo2]",
            "    Ann is member of IT (stated)",
            "    IT is unit of ex:group (stated)",
            "    “is member of” and then “is unit of” make “works for” (ontology)",
        ]
    )
    assert str(proof(EX.it, RDF.type, EX.Inner)) == "\n".join(
        [
            "IT is an inner part, because [cax-sco]",
            "    IT is something with a unit as “is within”, because [cls-svf1]",
            "        IT is within ex:group, because [prp-spo1]",
            "            IT is unit of ex:group (stated)",
            "            “is unit of” implies “is within” (ontology)",
            "        ex:group is a unit, because [prp-dom]",
            "            ex:group is unit of ex:holding (stated)",
            "            whatever has a value of “is unit of” is a unit (ontology)",
            "        “something with a unit as “is within”” is so defined: "
            "something with a unit as “is within” (ontology)",
            "    every something with a unit as “is within” is an inner part (ontology)",
        ]
    )


def test_a_proof_is_a_picture() -> None:
    assert proof(EX.it, EX.within, EX.group).mermaid() == (
        "flowchart TD\n"
        '    s0["IT is unit of ex:group"]\n'
        '    s1[["“is unit of” implies “is within”"]]\n'
        '    s2("IT is within ex:group")\n'
        '    r2{"prp-spo1"} --> s2\n'
        "    s0 --> r2\n"
        "    s1 --> r2\n"
    )
    quoted = proof(EX.x, EX.within, EX.it, 'ex:x ex:unitOf ex:it ; rdfs:label "a \\"b\\" <c>&" .')
    assert 's2("a #quot;b#quot; #lt;c#gt;#amp; is within IT")' in quoted.mermaid()


def test_a_proof_is_rdf() -> None:
    graph = proof(EX.it, EX.within, EX.holding).graph()
    (whole,) = set(graph.subjects(PROV.wasGeneratedBy)) - set(graph.objects(None, PROV.used))
    assert graph.value(whole, RDF.subject) == EX.it
    assert graph.value(whole, RDF.object) == EX.holding
    activity = graph.value(whole, PROV.wasGeneratedBy)
    assert str(graph.value(activity, RDFS.label)) == "prp-trp"
    assert len(list(graph.objects(activity, PROV.used))) == 3
    assert set(graph.objects(activity, PROV.used)) == set(graph.objects(whole, PROV.wasDerivedFrom))
    reached = set(graph.transitive_objects(whole, PROV.wasDerivedFrom))
    assert reached == set(graph.subjects(RDF.type, RDF.Statement))


def test_what_is_stated_needs_no_proof() -> None:
    stated = proof(EX.it, EX.unitOf, EX.group)
    assert stated.is_stated
    assert not stated.is_axiom
    assert stated.steps == 0
    assert str(stated) == "IT is unit of ex:group (stated)"
    assert stated.alternatives == (stated,)
    assert proof(EX.unitOf, RDFS.subPropertyOf, EX.within).is_axiom


def test_what_does_not_follow_has_none() -> None:
    with pytest.raises(UnprovedError, match="That ex:it has ex:ann as ex:unitOf is neither stated"):
        proof(EX.it, EX.unitOf, EX.ann)


def test_other_ways_are_told_on_demand() -> None:
    found = proof(
        EX.ann, EX.worksFor, EX.group, "ex:ann ex:memberOf ex:hr . ex:hr ex:unitOf ex:group ."
    )
    assert {one.premises[1].sentence for one in found.alternatives} == {
        "IT is unit of ex:group",
        "ex:hr is unit of ex:group",
    }
    assert [one.steps for one in found.alternatives] == [1, 1]
    # That has member follows from is member of, and the other way round, is no second way.
    turned = proof(EX.it, EX.member, EX.ann)
    assert {one.rule for one in turned.alternatives} == {"prp-inv1", "prp-inv2"}
    assert all(one.premises[0].is_stated for one in turned.alternatives)


def test_a_contradiction_has_a_proof() -> None:
    (found,) = contradictions(read(DATA + "ex:it a ex:Person ."), read(ONTOLOGY).graph())
    assert found.statement is None
    assert str(found) == "\n".join(
        [
            "IT is a person and a unit, and nothing is both, because [cax-dw]",
            "    IT is a unit, because [prp-dom]",
            "        IT is unit of ex:group (stated)",
            "        whatever has a value of “is unit of” is a unit (ontology)",
            "    IT is a person (stated)",
            "    nothing is both a unit and a person (ontology)",
        ]
    )
    assert 'r5{"cax-dw"}' in found.mermaid()
    assert (None, RDFS.label, None) in found.graph()
    assert contradictions(read(DATA), read(ONTOLOGY).graph()) == []


@pytest.mark.parametrize(
    ("axiom", "data", "words"),
    [
        (
            "[] a owl:NegativePropertyAssertion ; owl:sourceIndividual ex:a ; "
            "owl:assertionProperty ex:p ; owl:{denied} ex:b .",
            "ex:a ex:p ex:b .",
            "it is not so that ex:a ex:p ex:b",
        ),
        (
            "[] a owl:AllDifferent ; owl:members ( ex:a ex:b ) .",
            "ex:a owl:sameAs ex:b .",
            "these exclude each other: ex:a and ex:b",
        ),
        (
            "ex:p a owl:AsymmetricProperty .",
            "ex:a ex:p ex:b . ex:b ex:p ex:a .",
            "“ex:p” never goes both ways",
        ),
        (
            "ex:p owl:propertyDisjointWith ex:q .",
            "ex:a ex:p ex:b ; ex:q ex:b .",
            "nothing has the same value of “ex:p” and of “ex:q”",
        ),
        (
            "ex:A owl:complementOf ex:B .",
            "ex:a a ex:A , ex:B .",
            "nothing is both an ex:A and an ex:B",
        ),
    ],
)
def test_axioms_are_told_in_words(axiom: str, data: str, words: str) -> None:
    ontology = read(axiom.format(denied="targetIndividual")).graph()
    (found,) = contradictions(read(data), ontology)
    assert words in [premise.sentence for premise in found.premises]


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(ontology=strategies.ontologies(of_all_kinds=True), data=strategies.data(most=8))
def test_every_proof_holds(ontology: Graph, data: Graph) -> None:
    program = Program.compile(ontology)
    try:
        closure = Closure(program, data)
    except InconsistentError:
        assume(False)
    store = open_store()
    store.add(data)
    store.add(ontology)
    # As the store writes them, for it writes some literals anew.
    known: set[object] = set(store.graph())
    for statement in sorted(closure)[:12]:
        found = closure.explain(statement)
        assert found.statement == statement
        grounds = {part.statement for part in found.parts() if part.is_stated}
        assert grounds <= known
        # From nothing but what the proof rests on, the same follows; lists go with their axioms.
        rests = [t for t in data if t in grounds or isinstance(t[0], BNode)]
        assert statement in Closure(program, rests)
        lengths = [one.steps for one in found.alternatives]
        assert lengths == sorted(lengths)
        assert lengths[0] == found.steps


def test_where_a_shortest_proof_takes_too_long_another_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ring = " ".join(f"ex:u{n} ex:unitOf ex:u{(n + 1) % 9} ." for n in range(9))
    shortest = proof(EX.u0, EX.within, EX.u5, ring)
    assert shortest.is_shortest
    assert shortest.steps == 5 + 4
    monkeypatch.setattr(search, "DEEPEST", 2)
    another = proof(EX.u0, EX.within, EX.u5, ring)
    assert not another.is_shortest
    grounds = {part.sentence for part in another.parts() if part.is_stated and not part.is_axiom}
    assert {f"ex:u{n} is unit of ex:u{n + 1}" for n in range(5)} <= grounds


def test_any_proof_will_do_where_axioms_follow_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "DEEPEST", 0)
    program = Program.compile(read(ONTOLOGY).graph())
    data = read(
        DATA + "ex:in owl:sameAs ex:within . ex:x ex:in ex:y . ex:y ex:in ex:z . ex:C "
        "rdfs:subClassOf ex:D . ex:z a ex:C . ex:D owl:sameAs ex:E ."
    ).graph()
    closure = Closure(program, data)
    assert (EX.x, EX["in"], EX.z) in closure
    for statement in closure:
        found = closure.explain(statement)
        grounds = {part.statement for part in found.parts() if part.is_stated}
        assert statement in Closure(program, [one for one in data if one in grounds])


def test_a_picture_is_xml_whatever_things_are_called() -> None:
    more = 'ex:ann rdfs:label "<b>&\\u0001]]>" . ex:bo ex:memberOf ex:it .'
    drawn = svg(
        [proof(EX.ann, EX.worksFor, EX.group, more), proof(EX.bo, EX.worksFor, EX.group, more)]
    )
    boxes = ElementTree.fromstring(drawn).findall(".//{http://www.w3.org/2000/svg}rect")
    assert [box.get("class") for box in boxes[:4]] == ["follows", "stated", "stated", "ontology"]
