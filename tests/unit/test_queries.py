"""Kept questions: their headers, and terms in the places of their parameters."""

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import DCTERMS, RDF, RDFS, SH, XSD, BNode, Graph, Literal, URIRef, Variable
from rdflib.term import Node
from tests.unit.rdf_strategies import ANY_TEXT, LANGUAGES

from srmgraph import knowledge, names, queries, sparql
from srmgraph.errors import ParameterError, QuestionError, UnknownQuestionError
from srmgraph.queries import Question
from srmgraph.store import EmbeddedStore, open_store

HERE = Path(__file__).parent
FAULTY = sorted((HERE / "faulty-questions").glob("*.rq"))
EX = "https://example.org/"


def parsed(file: Path, parameter: str = "", row: str = "UNDEF") -> Question:
    """A question that answers what was put into its one place."""
    file.write_text(
        "# What was given?\n"
        "#\n"
        "# The answer is\n"
        "# what was asked.\n"
        "#\n"
        "# asked by: tester\n"
        "# uses inference: no\n"
        f"# parameter given{parameter}: anything\n"
        "# example: banking\n"
        f"PREFIX ex: <{EX}>\n"
        "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
        "SELECT ?given {\n"
        f"    VALUES ?given {{ {row} }} # as it is\n"
        "}\n",
        encoding="utf-8",
    )
    return queries.read_question(file)


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Question:
    return parsed(tmp_path_factory.mktemp("questions") / "what-was-given.rq")


@pytest.fixture
def store() -> EmbeddedStore:
    store = open_store()
    store.parse(
        f"PREFIX ex: <{EX}> PREFIX own: <{EX}own/> PREFIX rdfs: <{RDFS}> "
        "own:a rdfs:label 'Acme'@en , 'Akme'@de . ex:b rdfs:label 'Twin' . "
        "ex:c rdfs:label 'Twin' , 'twin of C' . [] rdfs:label 'Nobody' .",
        "turtle",
    )
    return store


def answer(
    question: Question, store: EmbeddedStore | None = None, /, **parameters: object
) -> Node | None:
    (row,) = open_store().select(question.bind(store, **parameters))
    return row.given


# ── Headers ─────────────────────────────────────────────────────────────────────────────────────


def test_a_header_is_read(question: Question) -> None:
    assert question.name == "what-was-given"
    assert question.summary == "What was given?"
    assert question.help == "The answer is what was asked."
    assert question.persona == "tester"
    assert question.uses_inference is False
    assert question.example == "banking"
    (parameter,) = question.parameters
    assert (parameter.name, parameter.help) == ("given", "anything")
    assert (parameter.default, parameter.datatype) == (None, None)
    assert question.prefixes() == {"ex": EX, "xsd": str(XSD)}


@pytest.mark.parametrize("file", FAULTY, ids=lambda file: file.stem)
def test_a_faulty_header_is_explained(file: Path) -> None:
    with pytest.raises(QuestionError) as caught:
        queries.read_question(file)
    expected = file.with_suffix(".error").read_text(encoding="utf-8")
    assert f"{caught.value}\n" == f"{file}{expected}"


def test_questions_are_those_of_the_project() -> None:
    known = queries.questions()
    assert list(known) == sorted(known) == [file.stem for file in knowledge.question_files()]
    for name, kept in known.items():
        assert queries.question(name) is kept
        assert sparql.form(kept.text) == "SELECT"
        # A query is to run unmodified anywhere, so also with all places left open.
        assert kept.bind() == kept.text


def test_an_unknown_question_is_answered_with_near_names() -> None:
    name = next(iter(queries.questions()))
    with pytest.raises(UnknownQuestionError, match=f"Did you mean {name}"):
        queries.question(f"{name}x")
    with pytest.raises(UnknownQuestionError, match=r"There are \d+, listed by: srmgraph ask"):
        queries.question("zzzzzzz")
    word = name.split("-")[-1]
    with pytest.raises(UnknownQuestionError, match=f"Did you mean .*{word}"):
        queries.question(word)


def test_questions_are_described_as_rdf() -> None:
    graph = queries.describe()
    described = set(graph.subjects(RDF.type, SH.SPARQLSelectExecutable))
    assert len(described) == len(queries.questions())
    for subject in described:
        kept = queries.question(str(subject).rpartition("/")[2])
        assert list(graph.objects(subject, RDFS.label)) == [Literal(kept.summary, lang="en")]
        assert list(graph.objects(subject, SH.select)) == [Literal(kept.text)]
        assert list(graph.objects(subject, DCTERMS.audience)) == [Literal(kept.persona)]
        assert {str(o) for o in graph.objects(subject, DCTERMS.references)} == set(
            kept.references()
        )


def test_shapes_are_described_by_what_their_queries_mention() -> None:
    shapes = Graph().parse(
        data=f"""
        @prefix ex: <{EX}> . @prefix sh: <{SH}> .
        ex:names sh:declare [ sh:prefix "e" ; sh:namespace "{EX}" ] .
        ex:one sh:sparql [ sh:select "SELECT $this {{ $this e:p <urn:x:y> }}" ] .
        ex:two sh:or ( [ sh:not [ sh:sparql [ sh:select "SELECT $this {{ $this e:q 1 }}" ] ] ] ) .
        """
    )
    assert set(queries.describe_shapes(shapes)) == {
        (URIRef(f"{EX}one"), DCTERMS.references, URIRef(f"{EX}p")),
        (URIRef(f"{EX}one"), DCTERMS.references, URIRef("urn:x:y")),
        (URIRef(f"{EX}two"), DCTERMS.references, URIRef(f"{EX}q")),
    }


def test_where_there_is_much_what_is_needed_must_be_given(
    store: EmbeddedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = parsed(tmp_path / "what-was-given.rq")
    text = kept.text.replace("# example", "# needs given: There is so much.\n# example")
    kept.file.write_text(text, encoding="utf-8")
    needing = queries.read_question(kept.file)
    needing.require(store, [])
    monkeypatch.setattr(queries, "MUCH", len(store) - 1)
    needing.require(store, ["given"])
    kept.require(store, [])
    assert needing.missing(store, []) == {"given": "There is so much. Choose the given."}
    with pytest.raises(ParameterError, match="There is so much"):
        needing.require(store, [])


# ── Terms in their places ───────────────────────────────────────────────────────────────────────


@given(text=st.text(ANY_TEXT))
def test_any_text_comes_back_as_that_text(question: Question, text: str) -> None:
    assert answer(question, given=Literal(text)) == Literal(text)


@given(text=st.text(ANY_TEXT), tag=LANGUAGES)
def test_any_text_with_a_language_comes_back(question: Question, text: str, tag: str) -> None:
    literal = Literal(text, lang=tag)
    assert answer(question, given=literal) == literal


@given(text=st.text(st.sampled_from("\"'\\\n\r\t{}<>#?$@^.;u0041 ") | ANY_TEXT))
def test_no_text_breaks_out_of_its_place(question: Question, text: str) -> None:
    """As a term, as quoted text, and as whatever people may type: a term or a refusal."""
    bound = question.bind(given=Literal(text))
    assert bound.count("\n") == question.text.count("\n")
    for typed in (text, f'"{text}"', f"<{text}>", f"ex:{text}", f'"{text}"@en', f'"x"^^{text}'):
        try:
            bound = question.bind(given=typed)
        except ParameterError:
            continue
        assert bound.count("\n") == question.text.count("\n")
        assert len(list(open_store().select(bound))) == 1


@pytest.mark.parametrize(
    "attempt",
    [
        "} DROP ALL #",
        '" } } ; DROP ALL #',
        '"@en } } DROP ALL #',
        "\\",
        '\\" } #',
        "\n    VALUES ?given { 1 }\n",
        '"""',
        "'''",
        "\\u0022 } #",
        "\\g<1>",
        "\\1",
        "{UNDEF}",
    ],
)
def test_injection_stays_a_text(question: Question, attempt: str) -> None:
    assert answer(question, given=Literal(attempt)) == Literal(attempt)
    bound = question.bind(given=Literal(attempt))
    assert sparql.form(bound) == "SELECT"
    with pytest.raises(ParameterError, match="The value of “given” cannot be used: "):
        question.bind(given=attempt)


@pytest.mark.parametrize(
    "value",
    [
        URIRef(f"{EX}a> }} DROP ALL #"),
        URIRef(f"{EX}a b"),
        URIRef("relative"),
        f"<{EX}a> }} DROP ALL #>",
        f"{EX}a>b",
        "<>",
        "<relative>",
        "urn:x:y",
        '"x"^^<relative>',
        '"x"^^nowhere:type',
        BNode("b"),
        "_:b",
        Variable("given"),
        b"bytes",
        ["list"],
        3j,
    ],
    ids=repr,
)
def test_what_is_no_term_is_refused(question: Question, value: object) -> None:
    with pytest.raises(ParameterError, match="The value of “given” cannot be used: "):
        question.bind(given=value)


@pytest.mark.parametrize(
    ("value", "term"),
    [
        (f"<{EX}a>", URIRef(f"{EX}a")),
        (f"{EX}a", URIRef(f"{EX}a")),
        ("<urn:x:y>", URIRef("urn:x:y")),
        ("ex:a", URIRef(f"{EX}a")),
        ("xsd:date", XSD.date),
        ('"text"', Literal("text")),
        ('"a \\"b\\" \\\\ \\u00e4"@de-AT', Literal('a "b" \\ ä', lang="de-at")),
        ('"7"^^xsd:integer', Literal(7)),
        (f'"7"^^<{EX}t>', Literal("7", datatype=URIRef(f"{EX}t"))),
        (True, Literal(True)),
        (7, Literal(7)),
        (Decimal("1.5"), Literal(Decimal("1.5"))),
        (2.5, Literal(2.5)),
        (datetime.date(2026, 11, 23), Literal("2026-11-23", datatype=XSD.date)),
        (
            datetime.datetime(2026, 11, 23, 9, 30),
            Literal("2026-11-23T09:30:00", datatype=XSD.dateTime),
        ),
        (Literal("text"), Literal("text")),
        (URIRef(f"{EX}a"), URIRef(f"{EX}a")),
        (None, None),
    ],
    ids=repr,
)
def test_what_people_write_is_understood(
    question: Question, value: object, term: Node | None
) -> None:
    assert answer(question, given=value) == term


def test_a_label_stands_for_its_thing(question: Question, store: EmbeddedStore) -> None:
    assert answer(question, store, given="Acme") == URIRef(f"{EX}own/a")
    assert answer(question, store, given="akme") == URIRef(f"{EX}own/a")
    assert answer(question, store, given="twin of C") == URIRef(f"{EX}c")
    with pytest.raises(
        ParameterError, match=rf"several things are called “Twin”: <{EX}b>, <{EX}c>"
    ):
        question.bind(store, given="Twin")
    with pytest.raises(ParameterError, match=r"nothing is called “Acmee”\. Did you mean “Acme”"):
        question.bind(store, given="Acmee")
    # A blank node has no name that a query could use.
    with pytest.raises(ParameterError, match="nothing is called “Nobody”"):
        question.bind(store, given="Nobody")
    with pytest.raises(ParameterError, match="nothing is called “Acme”"):
        question.bind(given="Acme")


def test_a_label_of_the_ontology_stands_for_its_term(question: Question) -> None:
    labels: dict[str, set[Node]] = {}
    for term, label in knowledge.ontology().subject_objects(RDFS.label):
        labels.setdefault(str(label).lower(), set()).add(term)
    name = min(name for name, things in labels.items() if len(things) == 1)
    assert {answer(question, given=name)} == labels[name]


def test_a_prefixed_name_means_what_the_files_mean(
    question: Question, store: EmbeddedStore
) -> None:
    assert answer(question, store, given="own:a") == URIRef(f"{EX}own/a")
    with pytest.raises(ParameterError, match=r"the prefix other: is not known\. Known are code:, "):
        question.bind(store, given="other:a")
    # Another file takes the prefix for another namespace: the thing that is there is meant.
    store.parse(f"PREFIX own: <{EX}others/> own:b own:p 1 .", "turtle")
    assert answer(question, store, given="own:a") == URIRef(f"{EX}own/a")
    assert answer(question, store, given="own:b") == URIRef(f"{EX}others/b")
    store.parse(f"PREFIX own: <{EX}own/> own:b own:p 1 .", "turtle")
    with pytest.raises(ParameterError, match="own:b means several things"):
        question.bind(store, given="own:b")
    # What the question itself declares is never in doubt.
    store.parse(f"PREFIX ex: <{EX}others/> ex:a ex:p 1 .", "turtle")
    assert answer(question, store, given="ex:a") == URIRef(f"{EX}a")


def test_a_default_stands_until_something_else_is_given(tmp_path: Path) -> None:
    asked = parsed(tmp_path / "q.rq", row='"2026-01-31"^^xsd:date')
    assert asked.parameters[0].default == '"2026-01-31"^^xsd:date'
    assert answer(asked) == Literal("2026-01-31", datatype=XSD.date)
    assert answer(asked, given=None) == Literal("2026-01-31", datatype=XSD.date)
    assert answer(asked, given="2027-05-01") == Literal("2027-05-01", datatype=XSD.date)
    with pytest.raises(ParameterError, match=r"“soon” is no date\. Write it like 2027-01-31"):
        asked.bind(given="soon")
    with pytest.raises(ParameterError, match="“2026-02-30” is no date"):
        asked.bind(given="2026-02-30")
    number = parsed(tmp_path / "q.rq", row="5")
    assert answer(number, given="7") == Literal(7)
    with pytest.raises(ParameterError, match="“seven” is no integer"):
        number.bind(given="seven")
    thing = parsed(tmp_path / "q.rq", row="ex:a")
    assert answer(thing) == URIRef(f"{EX}a")
    assert answer(thing, given="ex:b") == URIRef(f"{EX}b")


@pytest.mark.parametrize(
    ("datatype", "text"),
    [("date", "2026-11-23"), ("integer", "7"), ("boolean", "true"), ("string", "any: <text> {")],
)
def test_a_datatype_makes_a_literal_of_a_text(tmp_path: Path, datatype: str, text: str) -> None:
    asked = parsed(tmp_path / "q.rq", parameter=f" ({datatype})")
    assert asked.parameters[0].datatype == datatype
    found = answer(asked, given=text)
    assert isinstance(found, Literal)
    assert str(found) == text
    assert found.datatype in (XSD[datatype], None)


def test_an_unknown_parameter_is_named_with_those_that_there_are(question: Question) -> None:
    with pytest.raises(ParameterError, match=r"has no parameter “gievn”\. It has: given"):
        question.bind(gievn="x")
    bare = next(kept for kept in queries.questions().values() if not kept.parameters)
    with pytest.raises(ParameterError, match="It has none at all"):
        bare.bind(given="x")


@pytest.mark.parametrize(
    ("variable", "words"),
    [("party", "party"), ("vendorsVendor", "vendors vendor"), ("inAYear", "in a year")],
)
def test_variables_are_told_in_words(variable: str, words: str) -> None:
    assert names.in_words(variable) == words
