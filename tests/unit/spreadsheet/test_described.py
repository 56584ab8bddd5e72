"""CSV files of others: described as the W3C's standard does, and real ones."""

from __future__ import annotations

import csv
import json
import os
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from rdflib import RDF, RDFS, XSD, Graph, Literal, URIRef

from srmgraph import cli, knowledge
from srmgraph.adapters import spreadsheet
from srmgraph.errors import ParseError
from srmgraph.store import EmbeddedStore
from srmgraph.validation import Report, validate

MAPPINGS = knowledge.ROOT / "mappings" / "csv"
SUITE = Path(os.environ.get("SRMGRAPH_SUITES", "../shared/suites")) / "organizations"
LISTS = sorted(SUITE.glob("*-subprocessors/*.md"))
E = "https://example.org/"


def described(folder: Path, table: str, said: dict[str, object]) -> Graph:
    (folder / "t.csv").write_text(table, encoding="utf-8")
    (folder / "t.json").write_text(json.dumps(said), encoding="utf-8")
    return spreadsheet.read_described(folder / "t.csv", folder / "t.json", base=E).graph


def columns(*said: dict[str, object], **shared: object) -> dict[str, object]:
    return {"url": "t.csv", "tableSchema": {"columns": list(said), **shared}}


def report_on(graph: Graph) -> Report:
    store = EmbeddedStore()
    store.add(graph)
    return validate(store, exclusive=True)


ID = {"name": "id", "suppressOutput": True}
ABOUT = "x/{id}"
DAY = {"base": "date", "format": "d.M.yyyy"}
COMMA = {"base": "decimal", "format": {"decimalChar": ",", "groupChar": "."}}
SPACED = {"base": "decimal", "format": {"decimalChar": ",", "groupChar": " "}}
DIGITS = {"base": "decimal", "format": "#0"}
P, X = URIRef(E + "p"), URIRef(E + "x/1")


def cell(text: str, **said: object) -> tuple[str, dict[str, object]]:
    column = {"name": "v", "propertyUrl": "p", **said}
    return f'id,v\n1,"{text}"\n', columns(ID, column, aboutUrl=ABOUT)


def decimal(text: str) -> Literal:
    return Literal(text, datatype=XSD.decimal, normalize=False)


@pytest.mark.parametrize(
    ("text", "said", "values"),
    [
        ("a", {}, [Literal("a")]),
        ("a", {"lang": "de"}, [Literal("a", lang="de")]),
        ("", {}, []),
        ("", {"default": "b"}, [Literal("b")]),
        ("-", {"null": "-"}, []),
        ("?", {"null": ["-", "?"], "default": "b"}, [Literal("b")]),
        ("a|b | c", {"separator": "|"}, [Literal("a"), Literal("b"), Literal("c")]),
        ("1.50", {"datatype": "decimal"}, [Literal("1.50", datatype=XSD.decimal, normalize=False)]),
        ("12.500,50", {"datatype": COMMA}, [decimal("12500.50")]),
        ("-1,5", {"datatype": COMMA}, [decimal("-1.5")]),
        ("980", {"datatype": COMMA}, [decimal("980")]),
        ("1\u202f234\u00a0567,5", {"datatype": SPACED}, [decimal("1234567.5")]),
        ("1 234", {"datatype": {"base": "integer", "format": {"groupChar": " "}}}, [Literal(1234)]),
        ("Y", {"datatype": {"base": "boolean", "format": "Y|N"}}, [Literal(True)]),
        (
            "1.10.2024",
            {"datatype": {"base": "date", "format": "d.M.yyyy"}},
            [Literal("2024-10-01", datatype=XSD.date)],
        ),
        ("a b/c", {"valueUrl": "y/{v}"}, [URIRef(E + "y/a%20b%2Fc")]),
        ("http://a.example/b#c", {"valueUrl": "{+v}"}, [URIRef("http://a.example/b#c")]),
        ("a", {"valueUrl": "{#v}"}, [URIRef(E + "#a")]),
        ("a;b", {"separator": ";", "valueUrl": "y/{v}-{_row}"}, ["y/a-2", "y/b-2"]),
        ("a", {"valueUrl": "rdfs:label"}, [RDFS.label]),
    ],
)  # fmt: skip
def test_a_cell_becomes_values(
    text: str, said: dict[str, object], values: list[object], tmp_path: Path
) -> None:
    graph = described(tmp_path, *cell(text, **said))
    wanted = {URIRef(E + value) if type(value) is str else value for value in values}
    assert set(graph) == {(X, P, value) for value in wanted}


@pytest.mark.parametrize(
    ("encoding", "dialect", "before"),
    [
        ("utf-8-sig", {}, ""),
        ("utf-16", {}, ""),
        ("cp1252", {"encoding": "windows-1252"}, ""),
        ("utf-8-sig", {"encoding": "utf-8"}, ""),
        ("utf-8-sig", {}, "sep=;\r\n"),
        ("utf-8", {}, "\r\n;\r\n"),
        ("utf-8", {"skipRows": 1}, "List of suppliers\r\n"),
    ],
)
def test_what_programs_make_of_a_file_is_read(
    encoding: str, dialect: dict[str, object], before: str, tmp_path: Path
) -> None:
    table = f"{before}id;v\r\n1;Müller\r\n\r\n".encode(encoding)
    said = {**columns(ID, {"name": "v", "propertyUrl": "p"}, aboutUrl=ABOUT), "dialect": dialect}
    (tmp_path / "t.csv").write_bytes(table)
    (tmp_path / "t.json").write_text(json.dumps(said))
    read = spreadsheet.read_described(tmp_path / "t.csv", tmp_path / "t.json", base=E)
    assert set(read.graph) == {(X, P, Literal("Müller"))}
    row = table.decode(encoding).splitlines().index("1;Müller") + 1
    assert read.place(X, [P]) == (
        tmp_path / "t.csv",
        row,
        f"{tmp_path / 't.csv'}: sheet t, row {row}, column v, cell B{row}",
    )


def test_columns_that_only_the_description_has(tmp_path: Path) -> None:
    said = columns(
        {"titles": {"en": ["No", "Number"]}, "name": "id", "propertyUrl": "p"},
        {"virtual": True, "propertyUrl": "rdf:type", "valueUrl": "foaf:Person"},
        {"virtual": True, "propertyUrl": "q", "default": "a"},
        {"virtual": True, "propertyUrl": "r", "valueUrl": "z/{other}"},
        {"name": "other", "suppressOutput": True},
        aboutUrl=ABOUT,
    )
    graph = described(tmp_path, "other;Number\n;1\n", said)
    person = URIRef("http://xmlns.com/foaf/0.1/Person")
    # The statement whose template has no value is left out.
    assert set(graph) == {
        (X, P, Literal("1")),
        (X, RDF.type, person),
        (X, URIRef(E + "q"), Literal("a")),
    }


@pytest.mark.parametrize(
    ("table", "said", "error"),
    [
        (*cell("1,5", datatype="decimal"), "t.csv: sheet t, row 2, column v, cell B2: “1,5” is no"),
        (*cell("2024", datatype=DAY), "column v, cell B2: “2024” is no day written as d.M.yyyy."),
        (*cell("", required=True), "column v, cell B2: This cell is empty, and must not be."),
        (*cell("a", valueUrl="{w}"), "The template {w} names a column that is not described: w."),
        (*cell("a", datatype="colour"), "The datatype “colour” of v is not one of XML Schema."),
        (*cell("12.50", datatype=COMMA), "“12.50” is no number written like 1.234,50."),
        (*cell("1.5", datatype={"base": "decimal", "format": {"pattern": "0"}}), "The format of v"),
        (*cell("1", datatype={"base": "date", "format": {}}), "The format of v is no text"),
        (*cell("a", datatype=DIGITS), "The format “#0” is not known for decimal."),
        (*cell("a", valueUrl=1), "The “valueUrl” of v is no text."),
        ("id\n1\n", columns({"name": "w"}), "t.csv:1: There is no column “w”. The file has: id."),
        ("id\n1\n", {"tables": [{"url": "a.csv"}, {"url": "b.csv"}]}, "It says nothing of t.csv"),
        ("id\n1\n", columns("id"), "Each of the “columns” is an object"),  # type: ignore[arg-type]
        ("id\n1\n", {"tables": 1}, "The “tables” are a list of objects"),
        ("id\n1\n", {"url": "t.csv", "tableSchema": {"columns": 1}}, "The “columns” are a list"),
        ("id\n1\n", {**columns(ID), "dialect": []}, "A “dialect” is an object"),
        ("id\n1\n", {**columns(ID), "dialect": {"delimiter": "ab"}}, "A “dialect” is an object"),
        ("id\n1\n", {**columns(ID), "dialect": {"encoding": "x"}}, "No encoding is called “x”."),
        ("id\né\n", {**columns(ID), "dialect": {"encoding": "ascii"}}, "This is not ASCII"),
        ("id\n1\n", columns({"name": "id", "null": 1}), "The “null” or “separator” of id"),
        ("id\n1\n", columns({"name": "id", "datatype": []}), "The datatype of id is no text"),
        ("id\n1\n", columns(ID, datatype=1), "The datatype of id is no text"),
        ("id\n1\n", [], "A description of CSV on the Web is an object"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(
    table: str, said: dict[str, object], error: str, tmp_path: Path
) -> None:
    with pytest.raises(ParseError, match=re.escape(error)):
        described(tmp_path, table, said)


# ── Real tables ─────────────────────────────────────────────────────────────────────────────────


def as_csv(file: Path, target: Path) -> int:
    """A list of subprocessors as a table; the number of its rows."""
    text = file.read_text(encoding="utf-8")
    found = re.search("^# (.*) subprocessors", text, re.MULTILINE | re.IGNORECASE)
    product = found[1] if found else file.stem
    location, rows = "", []
    for line in text.splitlines():
        place = re.search(r"located in (.*?):", line)
        location = place[1] if place else location
        entry = re.fullmatch(r"\* \[(.*?)\]\((.*?)\)\. (.*?)\.?", line.strip())
        if entry:
            rows.append([product, entry[1], entry[2], entry[3], location])
    with target.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([["Product", "Name", "URL", "Purpose", "Location"], *rows])
    return len(rows)


@pytest.mark.skipif(not LISTS, reason="the lists of subprocessors are not at hand")
def test_lists_of_subprocessors_become_relationships(tmp_path: Path) -> None:
    together, number = Graph(), 0
    for file in LISTS:
        number += as_csv(file, tmp_path / "list.csv")
        together += spreadsheet.read_described(
            tmp_path / "list.csv", MAPPINGS / "subprocessors.json"
        ).graph
    assert number == 49
    kind = URIRef(knowledge.ontology_iri() + "#" + "Service" + "Relationship")
    assert len(set(together.subjects(RDF.type, kind))) == 49
    assert report_on(together).conforms


def tables() -> Path | None:
    try:
        found = distribution("whotracksme")
    except PackageNotFoundError:
        return None
    return Path(str(found.locate_file("whotracksme/data/assets/2018-04/global")))


@pytest.mark.skipif(tables() is None, reason="the package whotracksme is not installed")
def test_tables_of_who_tracks_me_become_relationships(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tables()
    assert folder is not None
    with (folder / "sites_trackers.csv").open(encoding="utf-8") as whole:
        lines = [next(whole) for _ in range(301)]
    (tmp_path / "sites_trackers.csv").write_text("".join(lines), encoding="utf-8")
    out = tmp_path / "out.nt"
    arguments = ["import", str(tmp_path / "sites_trackers.csv"), "--output", str(out)]
    assert cli.main([*arguments, "--mapping", str(MAPPINGS / "whotracksme.json")]) == 0
    said = capsys.readouterr().out
    assert "Conforms" in said
    assert "sites_trackers.csv: sheet sites_trackers, row " in said
    assert out.read_text().count("ServiceRelationship>") == 300
