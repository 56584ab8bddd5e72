"""Every statement of the sources leads to the model, and no part of the model claims one in vain.

docs/coverage.md is data: a section for each text, in it a table with a row for each statement. The
small bad tables at the end show that each of these checks can fail.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from rdflib import DCTERMS, RDF, RDFS, Graph, Namespace, URIRef

from srmgraph import ServiceGraph, knowledge
from srmgraph.validation.shapes import Shapes

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
COLUMNS = ("What it says", "Terms", "Rules", "Questions", "Examples")
SPACES = {
    prefix: Namespace(f"https://w3id.org/srm{path}")
    for prefix, path in {"srm": "#", "code": "/code#", "source": "/source/"}.items()
}
RULE = Namespace("https://w3id.org/srm/rule#")
# The other entries of ontology/sources.ttl are vocabularies, regulations and our own decisions.
TEXTS = [
    SPACES["source"][name]
    for name in (
        "service-relationships",
        "training-lesson",
        "service-constructs",
        "digital-era",
        "service-offering",
    )
]


@dataclass(frozen=True)
class Row:
    """One statement of a text, with the names that its cells hold in backticks."""

    source: URIRef
    statement: str
    terms: tuple[str, ...]
    rules: tuple[str, ...]
    questions: tuple[str, ...]
    examples: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.source.rpartition('/')[2]}: {self.statement}"


def read(page: str) -> tuple[dict[URIRef, str], list[Row]]:
    """The sections of a page, each text with its heading, and the rows of their tables."""
    headings: dict[URIRef, str] = {}
    rows: list[Row] = []
    source: URIRef | None = None
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("#"):
            heading = re.fullmatch(r"## (.+) \(`source:([a-z0-9-]+)`\)", line)
            source = SPACES["source"][heading[2]] if heading else None
            if source is not None and heading is not None:
                assert source not in headings, f"line {number}: a second section of {source}"
                headings[source] = heading[1]
        elif line.startswith("|"):
            assert source is not None, f"line {number}: a table outside a section of a text"
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            assert len(cells) == len(COLUMNS), f"line {number}: {len(cells)} cells"
            if tuple(cells) != COLUMNS and set("".join(cells)) != {"-"}:
                rows.append(Row(source, cells[0], *(_names(cell) for cell in cells[1:])))
    return headings, rows


def _names(cell: str) -> tuple[str, ...]:
    """The names in a cell; the rest of it can be no more than what keeps names apart."""
    assert re.sub(r"`[^`]+`", "", cell).strip(" ;,") == "", f"not in backticks: {cell}"
    return tuple(re.findall(r"`([^`]+)`", cell))


# ── What there is to point to ─────────────────────────────────────────────────────────────────────


@cache
def rules() -> frozenset[str]:
    return frozenset(
        str(shape).removeprefix(RULE) for shape in Shapes(knowledge.shapes()).with_targets()
    )


@cache
def individuals(folder: str) -> frozenset[str]:
    """The names of what an example speaks of, as written in it: `ex:…`."""
    file = knowledge.ROOT / "data" / folder / f"{folder}.ttl"
    if not file.is_file():
        return frozenset()
    graph = Graph().parse(file)
    space = dict(graph.namespaces())["ex"]
    return frozenset(
        f"ex:{subject.removeprefix(space)}"
        for subject in graph.subjects(RDF.type)
        if isinstance(subject, URIRef) and subject.startswith(space)
    )


def expand(name: str) -> URIRef | None:
    prefix, _, local = name.partition(":")
    return SPACES[prefix][local] if prefix in SPACES and local else None


def claims(graph: Graph, source: URIRef, spaces: Iterable[Namespace]) -> set[URIRef]:
    """What names a text as its source, in one of the namespaces."""
    return {
        term
        for term in graph.subjects(DCTERMS.source, source)
        for space in spaces
        if isinstance(term, URIRef) and term.startswith(space)
    }


# ── What can be wrong with a page ─────────────────────────────────────────────────────────────────


def faults_of_rows(rows: Iterable[Row]) -> Iterator[str]:
    """Traces that lead nowhere, and statements that lead to nothing."""
    questions = {file.stem for file in knowledge.question_files()}
    for row in rows:
        if not row.statement:
            yield f"{row}no statement, only traces"
        if not (row.terms or row.rules or row.questions or row.examples):
            yield f"{row}: no trace"
        elif not row.terms:
            yield f"{row}: no term"
        yield from (f"{row}: {fault}" for name in row.terms for fault in _faults_of_term(row, name))
        yield from (f"{row}: no rule {name}" for name in row.rules if name not in rules())
        yield from (f"{row}: no question {name}" for name in row.questions if name not in questions)
        yield from (f"{row}: {fault}" for fault in _faults_of_examples(row.examples))


def _faults_of_term(row: Row, name: str) -> Iterator[str]:
    term, ontology = expand(name), knowledge.ontology()
    if term is None or (term, RDF.type, None) not in ontology:
        yield f"no term {name}"
    elif name.startswith("source:"):
        if term != row.source:
            yield f"{name} is another text"
    elif (term, DCTERMS.source, row.source) not in ontology:
        yield f"{name} does not name this text as a source"


def _faults_of_examples(names: Iterable[str]) -> Iterator[str]:
    folder = ""
    for name in names:
        if name.startswith("data/"):
            folder = name.removeprefix("data/")
            if not individuals(folder):
                yield f"no example {name}"
        elif not folder:
            yield f"{name} stands before any example"
        elif name not in individuals(folder):
            yield f"no {name} in data/{folder}"


def faults_of_sections(headings: dict[URIRef, str]) -> Iterator[str]:
    """Texts without a section, sections without a text, and headings that differ from the title."""
    yield from (f"no section of {text}" for text in TEXTS if text not in headings)
    for source, heading in headings.items():
        title = knowledge.ontology().value(source, RDFS.label)
        if source not in TEXTS:
            yield f"{source} is none of the texts"
        elif heading != str(title):
            yield f"the title is not {heading} but {title}"


def faults_of_claims(rows: Iterable[Row], source: URIRef) -> Iterator[str]:
    """Terms and rules that name a text as their source though no statement of it leads to them."""
    own = [row for row in rows if row.source == source]
    terms = {expand(name) for row in own for name in row.terms}
    held = {RULE[name] for row in own for name in row.rules}
    vocabulary = claims(knowledge.ontology(), source, (SPACES["srm"], SPACES["code"]))
    yield from (f"no statement of {source} leads to {term}" for term in sorted(vocabulary - terms))
    with_targets = {RULE[name] for name in rules()}
    demanded = claims(knowledge.shapes(), source, [RULE]) & with_targets
    yield from (f"no statement of {source} leads to {rule}" for rule in sorted(demanded - held))


# ── The page itself ───────────────────────────────────────────────────────────────────────────────

HEADINGS, ROWS = read(PAGE.read_text(encoding="utf-8"))


def test_every_text_has_a_section_under_its_title() -> None:
    assert list(faults_of_sections(HEADINGS)) == []
    assert list(HEADINGS) == TEXTS


def test_every_statement_leads_to_what_exists() -> None:
    assert list(faults_of_rows(ROWS)) == []


@pytest.mark.parametrize("source", TEXTS, ids=lambda source: source.rpartition("/")[2])
def test_whatever_names_a_text_as_its_source_expresses_a_statement_of_it(source: URIRef) -> None:
    assert list(faults_of_claims(ROWS, source)) == []


@pytest.mark.parametrize("source", TEXTS, ids=lambda source: source.rpartition("/")[2])
def test_no_statement_stands_twice(source: URIRef) -> None:
    statements = [row.statement for row in ROWS if row.source == source]
    assert len(statements) > 20
    assert len(statements) == len(set(statements))


def test_every_example_is_told() -> None:
    told = {name for row in ROWS for name in row.examples if name.startswith("data/")}
    assert told == {f"data/{folder.name}" for folder in knowledge.examples()}


# These ask for what is missing or wrong, so no answer is a good answer.
ASK_FOR_FAULTS = {
    "which-offerings-are-unlisted-or-unused",
    "which-parts-belong-to-others-for-no-known-reason",
    "which-relationships-have-few-activities",
    "which-relationships-have-no-agreement-in-force",
    "which-service-levels-were-missed",
}


@cache
def example(folder: str) -> ServiceGraph:
    graph = ServiceGraph.open()
    # That it keeps the rules is for test_examples.py to say, so it is not checked again.
    graph.store.read(knowledge.ROOT / "data" / folder / f"{folder}.ttl")
    return graph


@cache
def has_answer(question: str, folder: str) -> bool:
    return next(iter(example(folder).ask(question)), None) is not None


def unanswered(rows: Iterable[Row]) -> Iterator[str]:
    """Questions that none of the examples of their statement answers."""
    for row in rows:
        folders = [name.removeprefix("data/") for name in row.examples if name.startswith("data/")]
        for question in row.questions:
            told = not folders or any(has_answer(question, folder) for folder in folders)
            if question not in ASK_FOR_FAULTS and not told:
                yield f"{row}: no answer to {question}"


def test_an_example_of_a_statement_answers_the_questions_about_it() -> None:
    assert list(unanswered(ROWS)) == []


# ── Pages that must be found wanting ──────────────────────────────────────────────────────────────

SECTION = "## Service offering and relationship (`source:service-offering`)\n\n"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("| Goods change hands. | | | | |", "no trace"),
        ("| | `srm:Goods` | | | |", "no statement"),
        ("| Goods change hands. | | `offering-has-elements` | | |", "no term"),
        ("| Goods change hands. | `srm:Good` | | | |", "no term srm:Good"),
        ("| Goods change hands. | `Goods` | | | |", "no term Goods"),
        ("| Goods change hands. | `code:Goods` | | | |", "no term code:Goods"),
        ("| Goods change hands. | `srm:Product` | | | |", "srm:Product does not name this text"),
        ("| Goods change hands. | `source:digital-era` | | | |", "is another text"),
        ("| Goods change hands. | `srm:Goods` | `goods-change-hands` | | |", "no rule goods-"),
        ("| Goods change hands. | `srm:Goods` | | `who-gives-goods` | |", "no question who-"),
        ("| Goods change hands. | `srm:Goods` | | `offering-has-elements` | |", "no question off"),
        ("| Goods change hands. | `srm:Goods` | | | `data/market` |", "no example data/market"),
        ("| Goods change hands. | `srm:Goods` | | | `ex:phone` |", "before any example"),
        (
            "| Goods change hands. | `srm:Goods` | | | `data/co-location` `ex:phone` |",
            "no ex:phone in data/co-location",
        ),
    ],
)
def test_a_bad_row_is_found(row: str, fault: str) -> None:
    _, rows = read(SECTION + row)
    found = list(faults_of_rows(rows))
    assert len(found) == 1
    assert fault in found[0]


def test_a_good_row_is_not() -> None:
    row = (
        "| Goods change hands. | `srm:Goods` | `goods-element-names-its-goods` "
        "| `what-does-an-offering-promise` | `data/cellphone` `ex:phone`; `data/co-location` |"
    )
    _, rows = read(SECTION + row)
    assert len(rows) == 1
    assert list(faults_of_rows(rows)) == []


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("| Goods change hands. | `srm:Goods` | | | |", "outside a section"),
        ("## Goods\n| Goods change hands. | `srm:Goods` | | | |", "outside a section"),
        (SECTION + "| Goods change hands. | `srm:Goods` |", "2 cells"),
        (SECTION + "| Goods change hands. | srm:Goods | | | |", "not in backticks"),
        (SECTION + SECTION, "a second section"),
    ],
)
def test_a_page_that_cannot_be_read_is_refused(page: str, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        read(page)


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("", "no section of https://w3id.org/srm/source/service-offering"),
        (SECTION.replace("relationship", "model"), "the title is not Service offering and model"),
        (SECTION.replace("service-offering", "itil4"), "itil4 is none of the texts"),
    ],
)
def test_a_missing_or_misnamed_section_is_found(page: str, fault: str) -> None:
    headings, _ = read(page)
    assert any(fault in found for found in faults_of_sections(headings))


@pytest.mark.parametrize("name", ["`srm:GoodsReceipt`", "`promised-goods-can-be-owned`"])
def test_a_claim_without_a_statement_is_found(name: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert name in page
    _, rows = read(page.replace(name, ""))
    found = list(faults_of_claims(rows, SPACES["source"]["service-offering"]))
    assert len(found) == 1
    assert found[0].endswith(re.sub(r"`(srm:)?", "", name, count=1).rstrip("`"))


def test_a_question_without_an_answer_is_found() -> None:
    row = "| Parties serve each other. | | | `which-parties-serve-each-other` | `data/{}` |"
    for folder, count in {"training-ecosystem": 1, "facility-it-finance": 0}.items():
        _, rows = read(SECTION + row.format(folder))
        assert len(list(unanswered(rows))) == count
