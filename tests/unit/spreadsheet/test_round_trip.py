"""Whatever statements there are: written to sheets and read again, they are the same."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from benchmarks.ecosystem import write_ecosystem
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rdflib import RDF, RDFS, XSD, Graph, Literal, URIRef
from rdflib.term import Node
from tests.unit import rdf_strategies as rdf_

from srmgraph import knowledge
from srmgraph.adapters import rdf, spreadsheet
from srmgraph.adapters.spreadsheet.encode import encode
from srmgraph.adapters.spreadsheet.form import form
from srmgraph.errors import InputError

TARGETS = ["book.xlsx", "folder"]
EX = "https://example.org/acme/"


def lines(graph: Graph) -> list[bytes]:
    return rdf.serialize(graph, "n-triples").splitlines()


def worth(term: Node) -> object:
    return term.toPython() if isinstance(term, Literal) else term


def content(path: Path) -> dict[str, bytes]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}


def assert_comes_home(graph: Graph, target: Path) -> None:
    spreadsheet.write(graph, target)
    read = spreadsheet.read(target)
    assert read.notes == ()
    assert lines(read.graph) == lines(graph)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("file", knowledge.example_files(), ids=lambda file: file.stem)
def test_examples_come_home(file: Path, target: str, tmp_path: Path) -> None:
    graph = Graph().parse(file)
    assert_comes_home(graph, tmp_path / target)
    before = content(tmp_path / target)
    spreadsheet.write(spreadsheet.read(tmp_path / target).graph, tmp_path / target)
    assert content(tmp_path / target) == before, "the same statements give the same bytes"


@pytest.mark.parametrize("file", knowledge.example_files(), ids=lambda file: file.stem)
def test_examples_need_no_other_statements_and_no_columns_besides(file: Path) -> None:
    encoded = encode(Graph().parse(file), form())
    assert encoded.others == []
    for written in encoded.sheets:
        assert tuple(written.columns) == written.sheet.columns, written.sheet.title


@pytest.mark.parametrize("target", TARGETS)
def test_a_generated_ecosystem_comes_home(target: str, tmp_path: Path) -> None:
    write_ecosystem(tmp_path / "ecosystem.nt", 4000)
    assert_comes_home(Graph().parse(tmp_path / "ecosystem.nt"), tmp_path / target)


NAMES = st.sampled_from(["Acme", "acme", "Bürö", "a; b", "=1+1", "'=x", "7", "Acme ", '"', "_:b"])
THINGS = st.sampled_from([URIRef(EX + name) for name in ("acme", "b/c", "7", "=x", "Acme", "é")])


def likely_statements() -> st.SearchStrategy[tuple[object, object, object]]:
    """Statements that have cells: things with classes, names that collide, values of all kinds."""
    classes = st.sampled_from([cls for sheet in form().sheets for cls in sheet.types.values()])
    columns = [column for sheet in form().sheets for column in sheet.columns]
    things = [column.property for column in columns if column.is_thing]
    codes = st.sampled_from(sorted(form().codes))
    lexical = rdf_.LEXICAL | st.sampled_from(["12.50", "2026-11-23T10:00:00", "1.5", "12", "false"])
    value = st.sampled_from([c for c in columns if not c.is_thing]).flatmap(
        lambda c: st.tuples(
            THINGS,
            st.just(c.property),
            lexical.map(lambda text: Literal(text, datatype=c.datatype, normalize=False)),
        )
    )
    return st.one_of(
        st.tuples(THINGS, st.just(RDF.type), classes),
        st.tuples(THINGS, st.just(RDFS.label), NAMES.map(lambda n: Literal(n, lang="en"))),
        st.tuples(THINGS, st.just(RDFS.label), rdf_.literals(rdf_.ANY_TEXT)),
        st.tuples(THINGS, st.sampled_from(things), THINGS | codes),
        value,
    )


def graphs() -> st.SearchStrategy[Graph]:
    def made(statements: list[tuple[object, object, object]]) -> Graph:
        graph = Graph(bind_namespaces="none")
        for statement in statements:
            graph.add(statement)  # type: ignore[arg-type]
        return graph

    likely = st.lists(likely_statements(), max_size=20).map(made)
    return st.tuples(likely, rdf_.graphs()).map(lambda pair: pair[0] + pair[1])


LONG = Graph()
LONG.add((URIRef(EX + "acme"), RDF.type, form().sheets[0].cls))
for word in ("a", "b", "c"):
    LONG.add((URIRef(EX + "acme"), RDFS.comment, Literal(word * 16_000)))


@example(LONG)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_any_graph_comes_home_from_a_folder(graph: Graph) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_comes_home(graph, Path(folder) / "folder")


@example(LONG)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_any_graph_comes_home_from_a_workbook(graph: Graph) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_comes_home(graph, Path(folder) / "book.xlsx")


def test_a_text_that_no_cell_holds_is_refused_in_a_workbook_only(tmp_path: Path) -> None:
    graph = Graph()
    graph.add((URIRef(EX + "acme"), RDFS.comment, Literal("x" * 40_000)))
    with pytest.raises(InputError, match="at most 32,767 characters"):
        spreadsheet.write(graph, tmp_path / "book.xlsx")
    assert_comes_home(graph, tmp_path / "folder")


def test_numbers_days_and_truth_are_no_texts(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    file = knowledge.example_file("facility-it-finance")
    spreadsheet.write(Graph().parse(file), tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(tmp_path / "book.xlsx", read_only=True)
    kinds: dict[str, set[str]] = {}
    head, *rows = book["Agreements"].iter_rows()
    for row in rows:
        for title, cell in zip(head, row, strict=True):
            if cell.value is not None:
                kinds.setdefault(title.value.rstrip(" *"), set()).add(type(cell.value).__name__)
    for column in form().sheets[12].columns:
        wanted = {
            XSD.date: {"datetime"},
            XSD.boolean: {"bool"},
            XSD.decimal: {"int", "float"},
            XSD.nonNegativeInteger: {"int"},
        }.get(column.datatype or XSD.string, {"str"})
        assert kinds.get(column.title, set()) <= wanted, column.title


def test_openpyxl_reads_the_same_cells_as_we_do(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    from srmgraph.adapters.spreadsheet import workbook

    target = tmp_path / "book.xlsx"
    spreadsheet.write(Graph().parse(knowledge.example_file("banking")), target)
    peer = openpyxl.load_workbook(target)
    tables = workbook.read(target.read_bytes(), target)
    assert [table.title for table in tables] == peer.sheetnames
    for table in tables:
        cells = {
            (row, column + 1): value
            for row, values in table.rows
            for column, value in values.items()
        }
        theirs = {
            (cell.row, cell.column): cell.value
            for row in peer[table.title].iter_rows()
            for cell in row
            if cell.value is not None
        }
        assert cells == theirs


def test_what_openpyxl_writes_is_read(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    graph = Graph().parse(knowledge.example_file("banking"))
    spreadsheet.write(graph, tmp_path / "book.xlsx")
    openpyxl.load_workbook(tmp_path / "book.xlsx").save(tmp_path / "again.xlsx")
    assert lines(spreadsheet.read(tmp_path / "again.xlsx").graph) == lines(graph)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_what_libreoffice_saves_is_read(ending: str, tmp_path: Path) -> None:
    graph = Graph().parse(knowledge.example_file("banking"))
    spreadsheet.write(graph, tmp_path / "book.xlsx")
    out = tmp_path / "out"
    # Every sheet to a file of its own, in UTF-8.
    to = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    subprocess.run(
        [
            *("soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"),
            *("--convert-to", to if ending == "csv" else "xlsx:Calc MS Excel 2007 XML"),
            *("--outdir", str(out), str(tmp_path / "book.xlsx")),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    if ending == "csv":
        for file in out.iterdir():
            file.rename(out / f"{file.stem.partition('-')[2]}.csv")
        (out / "Lists.csv").unlink(missing_ok=True)
    read = spreadsheet.read(out if ending == "csv" else out / "book.xlsx").graph
    if ending == "csv":
        # It writes 12.00 as 12, which is the same number.
        assert {(s, p, worth(o)) for s, p, o in read} == {(s, p, worth(o)) for s, p, o in graph}
    else:
        assert lines(read) == lines(graph)
