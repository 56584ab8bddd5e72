"""What helps with what a rule finds: questions that there are, about things that it finds."""

import re

from rdflib import RDFS, SH, Namespace, URIRef

from srmgraph import knowledge, queries
from srmgraph_api.pages import helping, reports

RULE = Namespace("https://w3id.org/srm/rule#")


def test_each_names_a_question_and_a_parameter_of_it() -> None:
    shapes = set(knowledge.shapes().subjects(RDFS.seeAlso))
    assert set(map(str, shapes)) == helping.helps().keys()
    for several in helping.helps().values():
        for one in several:
            names = [parameter.name for parameter in one.question.parameters]
            assert not one.parameter or one.parameter in names


def test_a_parameter_is_called_as_what_the_rule_looks_at() -> None:
    shapes, ontology = knowledge.shapes(), knowledge.ontology()
    for shape, several in helping.helps().items():
        looked_at = {
            str(ontology.value(cls, RDFS.label))
            for cls in shapes.objects(URIRef(shape), SH.targetClass)
        }
        for one in several:
            assert not one.parameter or any(one.parameter in name for name in looked_at), shape


def test_questions_are_kept_ones() -> None:
    names = {one.question.name for several in helping.helps().values() for one in several}
    assert len(names) > 10
    assert names <= queries.questions().keys()


def test_a_question_that_advice_speaks_of_is_one_that_helps() -> None:
    for rule, advice in knowledge.shapes().subject_objects(RULE.advice):
        for name in re.findall("srmgraph ask ([a-z-]+)", str(advice)):
            helping_names = [one.question.name for one in helping.helps()[str(rule)]]
            assert name in helping_names
            told = reports.in_words(str(advice))
            assert queries.question(name).summary in told
            assert "srmgraph ask" not in told
