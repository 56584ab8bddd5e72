"""Every kept question gives the right answer, by two engines, with and without inference.

The expected answers are tables in `queries/`, in CSV because people read and review them beside the
story that they come from; each says first why it is right. Most are asked of the worked examples;
`loose-ends.ttl` holds what a good story lacks, and `registers.trig` what two sides report apart.
"""

import re
import time
from datetime import date
from pathlib import Path

import pytest
from benchmarks.ecosystem import write_ecosystem
from rdflib import OWL, RDFS, URIRef
from rdflib.collection import Collection
from tests.conformance.answers import (
    FOLDER,
    Case,
    ask_oxigraph,
    ask_rdflib,
    closed,
    read,
    stated,
    told_otherwise,
    told_shortly,
    told_twice,
)

from srmgraph import knowledge, sparql
from srmgraph.queries import Question, questions

# rdflib warns of what it does itself.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:Dataset\.(default_context|contexts) is deprecated:DeprecationWarning"
)

QUESTIONS = list(questions().values())
DOING_WITHOUT = [question for question in QUESTIONS if not question.uses_inference]
CASES = [read(file) for file in sorted(FOLDER.glob("*.csv"))]
PLAIN = [case for case in CASES if not case.question.uses_inference]
INFERRING = [case for case in CASES if case.question.uses_inference]
OF_EXAMPLES = [case for case in PLAIN if case.data.stem not in ("broken", "registers")]
# These ask for the very words: in which manner, by which service.
_WORDY = {"manner", "service", "needed", "side"}
TOLD_SHORTLY = [
    case
    for case in OF_EXAMPLES
    if re.search("srm:obtainedThrough|srm:underliesOffering", case.question.text)
    and not _WORDY & set(case.answer.variables)
]
ENGINES = {"oxigraph": ask_oxigraph, "rdflib": ask_rdflib}

by_engine = pytest.mark.parametrize("engine", ENGINES)


def name(item: Case | Question) -> str:
    return item.file.stem


def test_every_question_has_an_answer_that_is_not_empty() -> None:
    assert {case.question.name for case in CASES if case.answer.rows} == set(questions())


def test_every_case_has_a_reason() -> None:
    assert [name(case) for case in CASES if len(case.reason) < 10] == []


@pytest.mark.parametrize("question", QUESTIONS, ids=name)
def test_question_is_a_select_whose_prefixes_are_declared(question: Question) -> None:
    assert sparql.form(question.text) == "SELECT"
    assert sparql.undeclared(question.text) == []
    assert question.example in {folder.name for folder in knowledge.examples()}


@by_engine
@pytest.mark.parametrize("case", PLAIN, ids=name)
def test_answer(case: Case, engine: str) -> None:
    assert ENGINES[engine](stated(case.data), case.sparql, stated(case.data)) == case.answer


@pytest.mark.slow
@by_engine
@pytest.mark.parametrize("case", INFERRING, ids=name)
def test_answer_after_inference(case: Case, engine: str) -> None:
    assert ENGINES[engine](closed(case.data), case.sparql, stated(case.data)) == case.answer
    assert ENGINES[engine](stated(case.data), case.sparql, stated(case.data)) != case.answer


@pytest.mark.slow
@pytest.mark.parametrize("case", OF_EXAMPLES, ids=name)
def test_inference_changes_no_answer_of_a_question_that_does_without(case: Case) -> None:
    assert ask_oxigraph(closed(case.data), case.sparql, stated(case.data)) == case.answer


@pytest.mark.parametrize("with_participations", [False, True])
@pytest.mark.parametrize("case", OF_EXAMPLES, ids=name)
def test_other_words_for_the_same_facts_change_no_answer(
    case: Case, with_participations: bool
) -> None:
    store = told_otherwise(case.data, with_participations=with_participations)
    assert ask_oxigraph(store, case.sparql, stated(case.data)) == case.answer


@pytest.mark.parametrize("case", TOLD_SHORTLY, ids=name)
def test_fewer_words_for_deliveries_and_products_change_no_answer(case: Case) -> None:
    assert ask_oxigraph(told_shortly(case.data), case.sparql, stated(case.data)) == case.answer


@pytest.mark.parametrize("case", OF_EXAMPLES, ids=name)
def test_facts_that_stand_in_two_graphs_count_once(case: Case) -> None:
    assert ask_oxigraph(told_twice(case.data), case.sparql, stated(case.data)) == case.answer


@pytest.mark.parametrize("question", DOING_WITHOUT, ids=name)
def test_question_names_all_from_which_what_it_names_follows(question: Question) -> None:
    """Without inference, a property is not found in what is stated by a narrower or inverse one."""
    ontology, named = knowledge.ontology(), {URIRef(iri) for iri in question.references()}
    for term in sorted(named):
        needed = set(ontology.subjects(RDFS.subPropertyOf, term))
        needed |= set(ontology.objects(term, OWL.inverseOf))
        needed |= set(ontology.subjects(OWL.inverseOf, term))
        for chain in ontology.objects(term, OWL.propertyChainAxiom):
            needed |= set(Collection(ontology, chain))
        assert needed <= named, f"{term} follows from {needed - named}"


@pytest.mark.parametrize("case", PLAIN, ids=name)
def test_order_does_not_depend_on_the_order_of_the_data(case: Case) -> None:
    assert ask_rdflib(stated(case.data), case.sparql, stated(case.data), shuffle=1) == case.answer


@pytest.mark.slow
def test_the_order_of_the_data_would_show_without_order_by() -> None:
    """Otherwise the test above could not fail. How many answers show it is a matter of chance."""
    disordered = []
    for case in PLAIN:
        if 3 <= len(case.answer.rows) <= 9:
            unordered = case.sparql.rpartition("ORDER BY")[0]
            answer = ask_rdflib(stated(case.data), unordered, stated(case.data), shuffle=1)
            assert sorted(answer.rows) == sorted(case.answer.rows)
            disordered.append(answer != case.answer)
    assert sum(disordered) > 0.5 * len(disordered)


# ── Parameters ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("case", [case for case in PLAIN if not case.parameters], ids=name)
def test_parameter_that_is_a_column_picks_the_rows_with_its_value(case: Case) -> None:
    columns = case.answer.variables
    for parameter in case.question.parameters:
        if parameter.name not in columns:
            continue
        place = columns.index(parameter.name)
        for value in {row[place] for row in case.answer.rows} - {""}:
            bound = case.question.bind(stated(case.data), **{parameter.name: value})
            answer = ask_oxigraph(stated(case.data), bound, stated(case.data))
            assert answer.rows == tuple(row for row in case.answer.rows if row[place] == value)
            if value.startswith("ex:"):
                other = f"{value}-of-another"
                bound = case.question.bind(stated(case.data), **{parameter.name: other})
                assert not ask_oxigraph(stated(case.data), bound, stated(case.data)).rows


@pytest.mark.parametrize("question", QUESTIONS, ids=name)
def test_every_parameter_is_tried(question: Question) -> None:
    cases = [case for case in CASES if case.question == question]
    columns = {column for case in cases for column in case.answer.variables}
    tried = columns.union(*(case.parameters for case in cases))
    assert {parameter.name for parameter in question.parameters} <= tried


# ── At random, and at size ───────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def ecosystem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic ecosystem with defects, qualified roles and a relationship that has ended."""
    return write_ecosystem(tmp_path_factory.mktemp("ecosystem") / "small.nt", 2_000).data


@pytest.fixture(scope="module")
def sound_ecosystem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic ecosystem without defects, for some of them contradict the ontology."""
    target = tmp_path_factory.mktemp("ecosystem") / "sound.nt"
    return write_ecosystem(target, 1_000, defects=False).data


@pytest.fixture(scope="module")
def large_ecosystem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic ecosystem of 350 relationships."""
    return write_ecosystem(tmp_path_factory.mktemp("ecosystem") / "large.nt", 60_000).data


def without_parameters(question: Question, data: Path) -> str:
    """The query as it stands, but for a day in the place of today."""
    days = {p.name: date(2026, 6, 1) for p in question.parameters if p.datatype == "date"}
    return question.bind(stated(data), **days)


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS, ids=name)
def test_both_engines_agree_on_a_synthetic_ecosystem(question: Question, ecosystem: Path) -> None:
    store = stated(ecosystem)
    asked = without_parameters(question, ecosystem)
    assert ask_rdflib(store, asked, store) == ask_oxigraph(store, asked, store)


@pytest.mark.slow
@pytest.mark.parametrize("question", DOING_WITHOUT, ids=name)
def test_inference_changes_no_answer_on_a_synthetic_ecosystem(
    question: Question, sound_ecosystem: Path
) -> None:
    asked, names = without_parameters(question, sound_ecosystem), stated(sound_ecosystem)
    assert ask_oxigraph(closed(sound_ecosystem), asked, names) == ask_oxigraph(names, asked, names)


@pytest.mark.slow
@pytest.mark.parametrize("question", DOING_WITHOUT, ids=name)
def test_answer_comes_soon_on_a_large_ecosystem(question: Question, large_ecosystem: Path) -> None:
    """A query planned badly takes ten times as long; processor time does not mind neighbours."""
    store = stated(large_ecosystem)
    begun = time.process_time()
    for _ in store.select(without_parameters(question, large_ecosystem)):
        pass
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("question", QUESTIONS, ids=name)
def test_the_choices_for_a_parameter_are_what_has_an_answer(question: Question) -> None:
    store = closed(knowledge.example_file(question.example))
    solutions = store.select(question.text)
    shown, open_answer = solutions.variables, list(solutions)
    for parameter in question.parameters:
        found = {row[parameter.name] for row in store.select(question.choices(parameter.name))}
        if parameter.default is None and parameter.name in shown:
            assert found == {row[parameter.name] for row in open_answer}
        for value in sorted(found, key=str)[:3]:
            assert list(store.select(question.bind(store, **{parameter.name: value}))) != []
