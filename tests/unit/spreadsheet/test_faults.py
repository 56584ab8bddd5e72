"""What cannot be understood is told with its cell and what to do; files meant to harm do none.

Each case of bad input is a file beside this one: the CSV files of a folder, and what is said.
"""

from __future__ import annotations

import io
import re
import time
import zipfile
from pathlib import Path

import pytest
from rdflib import RDF, RDFS, Graph, Literal, URIRef

from srmgraph import knowledge
from srmgraph.adapters import spreadsheet
from srmgraph.adapters.spreadsheet import workbook
from srmgraph.adapters.spreadsheet.form import LISTS, form
from srmgraph.errors import MissingFileError, ParseError, UnknownFormatError

CASES = sorted((Path(__file__).parent / "faulty").glob("*.txt"))
SHEET = "xl/worksheets/sheet3.xml"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_bad_input_is_told_with_its_cell(case: Path, tmp_path: Path) -> None:
    parts = re.split(r"^== (.*)\n", case.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    files = dict(zip(parts[::2], parts[1::2], strict=True))
    expected = files.pop("error").strip()
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode().replace(rb"\xe9", b"\xe9"))
    with pytest.raises(ParseError) as caught:
        spreadsheet.read(tmp_path)
    said = str(caught.value).replace(f"{tmp_path}/", "").replace(f"{tmp_path}: ", "")
    assert said.startswith(expected)
    assert "\n" not in said


def test_all_problems_are_told_at_once_in_the_order_of_the_sheets(tmp_path: Path) -> None:
    rows = "".join(f"p{n},P,nobody {n}\n" for n in range(40))
    (tmp_path / "people.csv").write_text(f"ID,Name,Is member of\n{rows}")
    with pytest.raises(spreadsheet.TableError) as caught:
        spreadsheet.read(tmp_path, base="https://example.org/")
    assert [problem.row for problem in caught.value.problems] == list(range(2, 42))
    assert str(caught.value).endswith("… and 15 more")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_of_any_program_is_read(delimiter: str, mark: str, tmp_path: Path) -> None:
    lines = [("Name", "Is member of"), ("Ann, Lee; jr", "Acme"), ("# x", "")]
    text = "\r\n".join(f'"{a}"{delimiter}{b}' for a, b in lines)
    (tmp_path / "people.csv").write_text(f"{mark}{text}", encoding="utf-8")
    (tmp_path / "organizations.csv").write_text("Name\nAcme\n", encoding="utf-8")
    graph = spreadsheet.read(tmp_path, base="https://example.org").graph
    ann = URIRef("https://example.org/person/ann-lee-jr")
    assert URIRef("https://example.org/organization/acme") in set(graph.objects(ann))


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("Acme\u00a0AG", "Acme AG"),
        ("Acme AG", "Acme\u202fAG\u00a0"),
        ("Acme  AG", "Acme AG"),
        ("Café", "Cafe\u0301"),
    ],
)
def test_a_name_is_found_by_what_looks_the_same(name: str, reference: str, tmp_path: Path) -> None:
    (tmp_path / "organizations.csv").write_text(f"ID,Name\nacme,{name}\n", encoding="utf-8")
    people = f"Name,Is member of\nAnn,{reference}\n"
    (tmp_path / "people.csv").write_text(people, encoding="utf-8")
    graph = spreadsheet.read(tmp_path, base="https://example.org/").graph
    acme = URIRef("https://example.org/acme")
    assert acme in set(graph.objects(URIRef("https://example.org/person/ann")))
    assert [str(label) for label in graph.objects(acme, RDFS.label)] == [name]


def test_sheets_that_are_not_of_the_form_are_told(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("To do\nlater\n")
    (tmp_path / "empty.csv").write_text("")
    read = spreadsheet.read(tmp_path)
    assert len(read.graph) == 0
    (note,) = read.notes
    assert note.startswith(f"{tmp_path}/notes.csv: sheet notes: This sheet is not part of the form")


def test_a_sheet_that_was_renamed_is_told_with_what_misses_it(tmp_path: Path) -> None:
    (tmp_path / "orgs.csv").write_text("Name\nAcme\n")
    (tmp_path / "people.csv").write_text("Name,Is member of\nAnn,Acme\n")
    with pytest.raises(spreadsheet.TableError) as caught:
        spreadsheet.read(tmp_path, base="https://example.org/")
    renamed, missing = caught.value.problems
    assert (renamed.sheet, renamed.row) == ("orgs", 0)
    assert "Give it the name that it should have" in renamed.message
    assert (missing.sheet, missing.row, missing.column) == ("people", 2, "B")


def test_a_rule_about_a_column_that_was_removed_says_so(tmp_path: Path) -> None:
    provider, other = (
        URIRef(f"{knowledge.ontology_iri()}#{name}")
        for name in ("hasProvider", "hasProviderParticipation")
    )
    relationship = URIRef("https://example.org/r")

    def words(text: str) -> str:
        (tmp_path / "relationships.csv").write_text(text)
        sheets = spreadsheet.read(tmp_path, base="https://example.org/")
        found = sheets.place(relationship, (provider, other))
        assert found is not None
        assert found[1] == 2
        return found[2].removeprefix(f"{tmp_path}/")

    where = "relationships.csv: sheet relationships, row 2"
    assert words("ID,Has provider participation\nr,\n") == (
        f"{where}, which has no column Has provider"
    )
    assert words("ID,Has provider participation,Has provider\nr,,\n") == (
        f"{where}, column Has provider, cell C2"
    )
    assert words("ID,Has provider participation\nr,<https://example.org/p>\n") == (
        f"{where}, column Has provider participation, cell B2"
    )


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        spreadsheet.read(tmp_path / "none.xlsx")
    (tmp_path / "book.ods").write_bytes(b"PK")
    with pytest.raises(UnknownFormatError, match="Save it as"):
        spreadsheet.read(tmp_path / "book.ods")


# ── No text becomes a formula, and no formula a value ───────────────────────────────────────────

RISKY = [
    "=1+1",
    "+1",
    "-1",
    "@A1",
    "\t=1",
    "\r=1",
    "=cmd|' /C calc'!A0",
    "'=1",
    "''",
    "-",
    "=",
    "+a",
]


def risky() -> Graph:
    graph = Graph()
    for number, text in enumerate(RISKY):
        graph.add((URIRef(f"https://example.org/{number}"), RDFS.label, Literal(text)))
        graph.add((URIRef(f"https://example.org/{number}"), RDFS.comment, Literal(text)))
    for thing in set(graph.subjects()):
        graph.add((thing, RDFS.seeAlso, Literal("=x")))
        graph.add((thing, RDF.type, form().sheets[0].cls))
    return graph


def test_no_text_becomes_a_formula_in_csv(tmp_path: Path) -> None:
    import csv

    spreadsheet.write(risky(), tmp_path / "folder")
    cells = [
        cell
        for file in (tmp_path / "folder").iterdir()
        for row in csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline=""))
        for cell in row
    ]
    # Plain numbers are left as they are: they are no formulas.
    cells = [cell for cell in cells if not re.fullmatch(r"[+-][0-9]+", cell)]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert set(spreadsheet.read(tmp_path / "folder").graph) == set(risky())


def test_no_text_becomes_a_formula_in_a_workbook(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    spreadsheet.write(risky(), tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell for cell in cells if cell.data_type == "f"] == []
    texts = [c for c in cells if isinstance(c.value, str) and c.value.startswith("=")]
    assert texts
    assert all(cell.quotePrefix for cell in texts)
    assert set(spreadsheet.read(tmp_path / "book.xlsx").graph) == set(risky())


def filled(tmp_path: Path, changes: dict[str, object]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    spreadsheet.template(tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    for place, value in changes.items():
        sheet, _, cell = place.partition("!")
        book[sheet][cell] = value
    book.save(tmp_path / "filled.xlsx")
    return tmp_path / "filled.xlsx"


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("People!B3", "=1+1", "row 3, column Name, cell B3: This is a formula"),
        ("People!B3", "#N/A", "row 3, column Name, cell B3: This is the error #N/A"),
        (
            "Agreements!E3",
            45000,
            "column Valid from, cell E3: The number 45000.0 stands where a day",
        ),
    ],
)
def test_formulas_errors_and_bare_numbers_are_no_values(
    place: str, value: object, said: str, tmp_path: Path
) -> None:
    changes = {"People!A3": "ann", "Agreements!A3": "a", place: value}
    file = filled(tmp_path, changes)
    with pytest.raises(ParseError) as caught:
        spreadsheet.read(file)
    assert said in str(caught.value)


@pytest.mark.parametrize("value", ["=1+1", "#N/A"])
def test_a_row_whose_name_is_a_formula_is_told_once(value: str, tmp_path: Path) -> None:
    with pytest.raises(ParseError) as caught:
        spreadsheet.read(filled(tmp_path, {"People!B3": value, "People!F3": "A comment"}))
    assert "cell B3" in str(caught.value)
    assert "neither an ID nor a name" not in str(caught.value)


def test_the_template_filled_in_is_read_and_its_examples_are_not(tmp_path: Path) -> None:
    graph = spreadsheet.read(filled(tmp_path, {"People!B3": "Ann"})).graph
    assert set(graph.subjects()) == {URIRef("https://example.org/person/ann")}
    assert len(graph) == 2


# ── Files that are meant to harm ────────────────────────────────────────────────────────────────


def remade(tmp_path: Path, changes: dict[str, bytes | None]) -> Path:
    """A workbook with other parts."""
    spreadsheet.template(tmp_path / "book.xlsx")
    target = tmp_path / "bad.xlsx"
    with (
        zipfile.ZipFile(tmp_path / "book.xlsx") as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in sorted({*source.namelist(), *changes}):
            content = changes[name] if name in changes else source.read(name)
            if content is not None:
                archive.writestr(name, content)
    return target


def sheet_of(inner: str, head: str = "") -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'{head}<worksheet xmlns="{space}"><sheetData>{inner}</sheetData></worksheet>'.encode()


NESTED = "".join(
    f"<!ENTITY {b} '{f'&{a};' * 8}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
ENTITIES = f"<!DOCTYPE x [<!ENTITY a 'aaaa'>{NESTED}]>"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({SHEET: sheet_of("", ENTITIES)}, "A document type or an entity is declared"),
        ({"xl/sharedStrings.xml": ENTITIES.encode() + b"<sst/>"}, "A document type or an entity"),
        ({"xl/workbook.xml": ENTITIES.encode() + b"<workbook/>"}, "A document type or an entity"),
        ({SHEET: sheet_of(" " * 60_000_000)}, "Unpacked, this workbook of"),
        ({"xl/media/x.bin": b"\0" * 60_000_000}, "Unpacked, this workbook of"),
        ({SHEET: None}, "it has no part xl/worksheets/sheet3.xml"),
        ({"xl/workbook.xml": None}, "it has no part xl/workbook.xml"),
        ({SHEET: sheet_of("<row><c>")}, "This workbook is damaged: mismatched tag"),
        ({SHEET: b"\xff\xfe\0\0"}, "This workbook is damaged"),
        ({SHEET: b'<?xml version="1.0" encoding="klingon"?><a/>'}, "unknown encoding: klingon"),
        (
            {SHEET: sheet_of('<row r="1048577"><c><v>1</v></c></row>')},
            "has a cell in row 1048577, column 1, where no sheet has one",
        ),
        (
            {SHEET: sheet_of('<row r="2"><c r="A2" t="s"><v>999999999</v></c></row>')},
            "row 2, cell A2: The file is damaged here",
        ),
        (
            {SHEET: sheet_of('<row r="2"><c r="A2"><v>1e999</v></c></row>')},
            "row 2, cell A2: The file is damaged here",
        ),
    ],
)  # fmt: skip
def test_harmful_workbooks_are_refused_in_short_time(
    changes: dict[str, bytes | None], said: str, tmp_path: Path
) -> None:
    file = remade(tmp_path, changes)
    begun = time.process_time()
    with pytest.raises(ParseError) as caught:
        spreadsheet.read(file)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(file))
    assert time.process_time() - begun < 3


def test_sizes_that_a_zip_tells_are_not_believed(tmp_path: Path) -> None:
    file = remade(tmp_path, {SHEET: sheet_of(" " * 60_000_000)})
    content = bytearray(file.read_bytes())
    # The size in the list of contents is a lie: ten bytes.
    place = content.rfind(SHEET.encode()) - 46
    assert content[place : place + 4] == b"PK\x01\x02"
    content[place + 24 : place + 28] = (10).to_bytes(4, "little")
    begun = time.process_time()
    with pytest.raises(ParseError):
        workbook.read(bytes(content), file)
    assert time.process_time() - begun < 3


def test_a_cell_far_away_does_not_fill_the_memory(tmp_path: Path) -> None:
    far = sheet_of('<row r="1048576"><c r="XFD1048576" t="str"><v>x</v></c></row>')
    tables = workbook.read(remade(tmp_path, {SHEET: far}).read_bytes(), tmp_path)
    assert tables[2].rows == [(1_048_576, {16_383: "x"})]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This is no workbook"),
        (b"ID,Name", "This is no workbook"),
        (b"PK\x03\x04 and then nothing", "This workbook cannot be unpacked"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "or one with a password"),
    ],
)
def test_what_is_no_workbook_is_told(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(content)
    with pytest.raises(ParseError, match=re.escape(said)):
        spreadsheet.read(tmp_path / "x.xlsx")


def test_cells_as_other_programs_write_them(tmp_path: Path) -> None:
    inner = (
        '<row><c t="inlineStr"><is><r><t>A</t></r><r><t>cme</t></r><rPh><t>no</t></rPh></is></c>'
        '<c t="str"><v>_x0041_</v></c><c t="b"><v>1</v></c><c t="d"><v>2026-11-25T00:00:00</v></c>'
        "<c><f>TRUE()</f><v>1</v></c><c/><c><v> </v></c><c><v>1.5</v></c></row>"
        '<row><c t="e"><v>#REF!</v></c><c><f>A1</f></c></row>'
    )
    table = workbook.read(remade(tmp_path, {SHEET: sheet_of(inner)}).read_bytes(), tmp_path)[2]
    (first, values), (second, faulty) = table.rows
    assert (first, second) == (1, 2)
    texts = {n: str(v) for n, v in values.items()}
    wanted = ["Acme", "A", "True", "2026-11-25 00:00:00", "True", "1.5"]
    assert texts == dict(zip((0, 1, 2, 3, 4, 7), wanted, strict=True))
    assert [type(value).__name__ for value in faulty.values()] == ["Faulty", "Faulty"]


# ── The template ────────────────────────────────────────────────────────────────────────────────


def test_the_template_is_made_of_ontology_and_rules(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    spreadsheet.template(tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    ontology = knowledge.ontology()
    for sheet in form().sheets:
        page = book[sheet.title]
        head = {cell.value.rstrip(" *"): cell for cell in page[1]}
        for column in sheet.columns:
            cell = head[column.title]
            assert cell.value.endswith("*") == (column.required == 2)
            label = ontology.value(column.property, RDFS.label)
            assert label is None or str(label).lower() == column.title.lower()
            assert column.help
            assert cell.comment.text == column.help
        rules = page.data_validations.dataValidation
        lists = {str(rule.sqref).split(":")[0].rstrip("0123456789"): rule for rule in rules}
        for column in sheet.columns:
            if column.codes:
                source = lists[head[column.title].column_letter].formula1.replace("$", "")
                name, _, cells = source.partition("!")
                found = [cell.value for (cell,) in book[name][cells]]
                assert found == [str(ontology.value(code, RDFS.label)) for code in column.codes]
        assert page["A2"].value is None or page["A2"].value.startswith("# example")
    assert book[LISTS].sheet_state == "hidden"
