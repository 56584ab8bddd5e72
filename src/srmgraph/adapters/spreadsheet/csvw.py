"""CSV files of others, by a description of their columns: CSV on the Web, as it becomes RDF.

Sources: W3C Metadata Vocabulary for Tabular Data; Generating RDF from Tabular Data on the Web,
minimal mode; RFC 6570 for templates. Not there: foreign keys, notes, transformations, patterns of
numbers. A statement is left out where a variable of its templates has no value in the row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import rdflib
from rdflib import RDF, XSD, Literal, URIRef
from rdflib.term import Node

from srmgraph.adapters.spreadsheet import cells
from srmgraph.adapters.spreadsheet.cells import CellError
from srmgraph.adapters.spreadsheet.folder import rows
from srmgraph.adapters.spreadsheet.tables import Problem, TableError, letters, place
from srmgraph.errors import ParseError
from srmgraph.garbage import uncollected
from srmgraph.syntax import read_bytes
from srmgraph.terms import Statement, to_graph

_INHERITED = (
    *("aboutUrl", "propertyUrl", "valueUrl", "datatype", "default", "lang", "null", "required"),
    *("separator",),
)
# Of the prefixes that the standard knows without being told, those that are in use here.
_PREFIXES = {
    "rdf": str(RDF),
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": str(XSD),
    "owl": "http://www.w3.org/2002/07/owl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dc": "http://purl.org/dc/terms/",
    "dcterms": "http://purl.org/dc/terms/",
    "schema": "http://schema.org/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "org": "http://www.w3.org/ns/org#",
    "prov": "http://www.w3.org/ns/prov#",
}
_NUMBERS = ("decimal", "number", "double", "float", "integer")
_DATATYPES = {"number": XSD.double, "any": XSD.string, "datetime": XSD.dateTime}
_SPACES = re.compile("[\\s\u00a0\u202f]")
_VARIABLE = re.compile(r"\{([+#]?)([^{}]+)\}")
_DATE_PARTS = re.compile("yyyy|MM|dd|M|d")
_DATES = {"yyyy": "(?P<y>[0-9]{4})", "MM": "(?P<m>[0-9]{2})", "dd": "(?P<d>[0-9]{2})"} | {
    "M": "(?P<m>[0-9]{1,2})",
    "d": "(?P<d>[0-9]{1,2})",
}


@dataclass(slots=True)
class _Column:
    """A column: its number in the file, or None for one that only the description has."""

    name: str
    number: int | None
    said: dict[str, Any]


class Described:
    """What a CSV file states by its description; `place` says where."""

    def __init__(self, file: Path) -> None:
        self.notes, self._file = (), file
        self.statements: set[Statement] = set()
        self._rows: dict[Node, int] = {}
        self._columns: dict[Node, tuple[int, str]] = {}

    @cached_property
    def graph(self) -> rdflib.Graph:
        """The statements."""
        return to_graph(self.statements)

    def place(self, thing: Node, properties: Iterable[Node] = ()) -> tuple[Path, int, str] | None:
        """Return the file, the row and the words for where a thing is first spoken of."""
        if thing not in self._rows:
            return None
        row = self._rows[thing]
        columns = (self._columns[p] for p in properties if p in self._columns)
        number, title = next(columns, (0, ""))
        words = place(self._file, self._file.stem, row, letters(number) if title else "", title)
        return self._file, row, words


@uncollected()
def read(file: Path, description: Path, base: str | None = None) -> Described:
    """Read a CSV file by a description of its columns (JSON).

    `base` is what relative IRIs are relative to, unless the description says so. Raises
    MissingFileError and ParseError; TableError names each cell that cannot be understood.
    """
    said = _description(description)
    context = said.get("@context")
    local = context[-1] if isinstance(context, list) and context else None
    own = local.get("@base") if isinstance(local, dict) else None
    table = _table(said, file, description)
    reader = _Reader(file, description, table, base or str(own or ""))
    return reader.read()


class _Reader:
    def __init__(self, file: Path, description: Path, table: dict[str, Any], base: str) -> None:
        self._file, self._description, self._base = file, description, base
        self._table = table
        self._problems: list[Problem] = []
        self._terms: dict[str, URIRef] = {}

    def read(self) -> Described:
        dialect = self._table.get("dialect", {})
        told = dialect.get("delimiter"), dialect.get("encoding")
        content = rows(read_bytes(self._file), self._file, *told)
        skip = dialect.get("skipRows", 0)
        numbered = ((n, row) for n, row in enumerate(content, 1) if n > skip and any(row))
        line, head = next(numbered, (1, [])) if dialect.get("header", True) else (1, [])
        columns = self._columns(head, line)
        described = Described(self._file)
        for column in columns:
            if column.number is not None and "propertyUrl" in column.said:
                property = column.said["propertyUrl"]
                if "{" not in property:
                    described._columns[self._iri(property)] = (column.number, column.name)
        for number, row in numbered:
            for statement in self._statements(columns, row, number):
                described.statements.add(statement)
                described._rows.setdefault(statement[0], number)
        if self._problems:
            raise TableError(self._problems)
        return described

    def _columns(self, head: list[str], line: int) -> list[_Column]:
        """Find the columns that are described; all that are not virtual must be in the file."""
        schema = self._table.get("tableSchema", {})
        inherited = {k: v for k, v in {**self._table, **schema}.items() if k in _INHERITED}
        found = []
        for place_, said in enumerate(schema.get("columns", [])):
            _check(said if not isinstance(said, dict) else {**inherited, **said}, self._description)
            titles = _titles(said)
            name = said.get("name") or (titles[0] if titles else f"_col.{place_ + 1}")
            number = None
            if not said.get("virtual"):
                number = next((head.index(t) for t in [*titles, name] if t in head), None)
                if not head:
                    number = place_
                if number is None:
                    raise ParseError(
                        f"There is no column “{name}”. The file has: {', '.join(head)}. Correct "
                        f"its titles in {self._description}.",
                        self._file,
                        line,
                    )
            found.append(_Column(name, number, {**inherited, **said}))
        return found

    def _statements(
        self, columns: list[_Column], row: list[str], number: int
    ) -> Iterator[Statement]:
        values: dict[str, list[str]] = {"_row": [str(number)], "_sourceRow": [str(number)]}
        for column in columns:
            if column.number is not None:
                values[column.name] = self._split(column, row, number)
        texts = {name: (found[0] if found else None) for name, found in values.items()}
        for column in columns:
            if column.said.get("suppressOutput"):
                continue
            try:
                yield from self._of_cell(column, values.get(column.name, []), texts, number)
            except CellError as error:
                self._tell(column, number, str(error))

    def _split(self, column: _Column, row: list[str], number: int) -> list[str]:
        assert column.number is not None, "only columns of the file have cells"
        text = row[column.number] if column.number < len(row) else ""
        text = text.strip()
        null = column.said.get("null", "")
        if text in ([null] if isinstance(null, str) else null) or not text:
            text = column.said.get("default", "")
        if not text:
            if column.said.get("required"):
                self._tell(column, number, "This cell is empty, and must not be.")
            return []
        separator = column.said.get("separator")
        return [part.strip() for part in text.split(separator)] if separator else [text]

    def _of_cell(
        self, column: _Column, found: list[str], texts: dict[str, str | None], number: int
    ) -> Iterator[Statement]:
        said = column.said
        if column.number is not None and not found:
            return
        here = {**texts, "_name": column.name}
        about = self._expand(said.get("aboutUrl", f"#row-{number}"), here)
        property = self._expand(said.get("propertyUrl", f"#{quote(column.name, safe='')}"), here)
        if about is None or property is None:
            return
        for text in found or [""]:
            value: Node | None
            if "valueUrl" in said:
                value = self._expand(said["valueUrl"], {**here, column.name: text})
            elif found:
                value = _literal(text, said)
            else:
                value = _literal(said["default"], said) if said.get("default") else None
            if value is not None:
                yield about, property, value

    def _expand(self, template: str, values: Mapping[str, str | None]) -> URIRef | None:
        """Return the IRI that a template makes of a row, or None where a value is missing."""
        missing = False

        def filled(found: re.Match[str]) -> str:
            nonlocal missing
            parts = [values.get(name.strip(), "\0") for name in found[2].split(",")]
            if "\0" in parts:
                raise CellError(
                    f"The template {template} names a column that is not described: {found[2]}."
                )
            missing = missing or None in parts
            safe = "" if not found[1] else ":/?#[]@!$&'()*+,;="
            text = ",".join(quote(part or "", safe=f"{safe}-._~") for part in parts)
            return f"#{text}" if found[1] == "#" else text

        text = _VARIABLE.sub(filled, template)
        return None if missing else self._iri(text)

    def _iri(self, text: str) -> URIRef:
        known = self._terms.get(text)
        if known is None:
            prefix, _, local = text.partition(":")
            whole = _PREFIXES[prefix] + local if prefix in _PREFIXES else urljoin(self._base, text)
            if ":" not in whole:
                raise CellError(
                    f"“{cells.shortened(whole)}” is relative to nothing. Say in the description "
                    "what it is relative to (@base), or with --base-iri."
                )
            checked = cells.explicit(f"<{whole}>")
            assert isinstance(checked, URIRef), "what stands in brackets is an IRI"
            known = self._terms[text] = checked
        return known

    def _tell(self, column: _Column, row: int, message: str) -> None:
        letter = "" if column.number is None else letters(column.number)
        self._problems.append(
            Problem(self._file, self._file.stem, row, letter, column.name, message)
        )


def _literal(text: str, said: Mapping[str, Any]) -> Literal:
    kind = said.get("datatype", "string")
    kind, format = (
        (kind.get("base", "string"), kind.get("format")) if isinstance(kind, dict) else (kind, None)
    )
    datatype = _DATATYPES.get(kind) or XSD[kind]
    if datatype == XSD.string:
        return Literal(text, lang=said.get("lang"))
    if format and datatype == XSD.boolean:
        yes, _, no = format.partition("|")
        text = {yes: "true", no: "false"}.get(text, text)
    elif format and datatype == XSD.date:
        text = _day(text, format)
    elif isinstance(format, dict):
        text = _number(text, format)
    elif format:
        raise CellError(f"The format “{format}” is not known for {kind}. Leave it out.")
    return cells.literal(text, datatype, "")


def _number(text: str, format: Mapping[str, str]) -> str:
    """Return a number as XML Schema writes it; its format tells which signs part its digits."""
    point, group = format.get("decimalChar", "."), format.get("groupChar", "")
    # Programs write a space that is not to be broken where people say space.
    plain = _SPACES.sub(" ", text) if group.isspace() else text
    digits = f"[0-9]{{1,3}}(?:{re.escape(group or ',')}[0-9]{{3}})+|[0-9]+"
    if re.fullmatch(f"[+-]?(?:{digits})(?:{re.escape(point)}[0-9]+)?", plain) is None:
        example = f"1{group}234{point}50"
        raise CellError(f"“{cells.shortened(text)}” is no number written like {example}.")
    return plain.replace(group or ",", "").replace(point, ".")


def _day(text: str, format: str) -> str:
    """Return a day as XML Schema writes it; its format has years, months and days in digits."""
    pieces, end = [], 0
    for part in _DATE_PARTS.finditer(format):
        pieces += [re.escape(format[end : part.start()]), _DATES[part[0]]]
        end = part.end()
    found = re.fullmatch("".join([*pieces, re.escape(format[end:])]), text)
    try:
        if found is None:
            raise ValueError
        return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    except (ValueError, IndexError):
        raise CellError(f"“{cells.shortened(text)}” is no day written as {format}.") from None


def _description(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(read_bytes(file))
    except json.JSONDecodeError as error:
        raise ParseError(
            f"This is no JSON: {error.msg}.", file, error.lineno, error.colno
        ) from None
    except ValueError:
        raise ParseError("This is no JSON: save it as UTF-8.", file) from None
    if not isinstance(said, dict):
        raise ParseError("A description of CSV on the Web is an object: { … }.", file)
    return said


def _table(said: dict[str, Any], file: Path, description: Path) -> dict[str, Any]:
    """Return what is said of one file: the only table, or that with its name."""
    tables = said.get("tables", [said])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ParseError("The “tables” are a list of objects: [{ … }].", description)
    named = [table for table in tables if Path(str(table.get("url", ""))).name == file.name]
    if not named and len(tables) == 1:
        named = tables
    if not named or not isinstance(named[0].get("tableSchema"), dict):
        raise ParseError(
            f"It says nothing of {file.name}: add a table with that “url”, and a “tableSchema” "
            "with its columns.",
            description,
        )
    shared = {k: v for k, v in said.items() if k in (*_INHERITED, "dialect")}
    table = {**shared, **named[0]}
    if not isinstance(table["tableSchema"].get("columns", []), list):
        raise ParseError("The “columns” are a list of objects: [{ … }].", description)
    dialect = table.get("dialect", {})
    parts = dialect if isinstance(dialect, dict) else {"skipRows": None}
    skipped, delimiter = parts.get("skipRows", 0), parts.get("delimiter", ",")
    is_known = type(skipped) is int and isinstance(parts.get("encoding", ""), str)
    if not is_known or not (isinstance(delimiter, str) and len(delimiter) == 1):
        raise ParseError(
            "A “dialect” is an object with a “delimiter” of one sign, an “encoding” and a number "
            "of “skipRows”.",
            description,
        )
    return table


def _titles(said: Mapping[str, Any]) -> list[str]:
    titles = said.get("titles", [])
    if isinstance(titles, dict):
        several = (found if isinstance(found, list) else [found] for found in titles.values())
        titles = [title for found in several for title in found]
    return [str(title) for title in (titles if isinstance(titles, list) else [titles])]


def _check(column: object, description: Path) -> None:
    """Refuse what is described otherwise than it can be; raises ParseError."""
    if not isinstance(column, dict):
        raise ParseError("Each of the “columns” is an object: { … }.", description)
    name = column.get("name") or column.get("titles") or "a column"
    for key in ("aboutUrl", "propertyUrl", "valueUrl", "separator", "default", "lang"):
        if not isinstance(column.get(key, ""), str):
            raise ParseError(f"The “{key}” of {name} is no text.", description)
    null = column.get("null", "")
    nulls = null if isinstance(null, list) else [null]
    if not all(isinstance(one, str) for one in nulls) or column.get("separator") == "":
        raise ParseError(f"The “null” or “separator” of {name} is no text.", description)
    datatype = column.get("datatype", "string")
    kind = datatype.get("base", "string") if isinstance(datatype, dict) else datatype
    format = datatype.get("format", "") if isinstance(datatype, dict) else ""
    if isinstance(format, dict) and kind in _NUMBERS:
        signs = [key in ("decimalChar", "groupChar") and sign for key, sign in format.items()]
        if not all(isinstance(sign, str) and len(sign) == 1 for sign in signs):
            raise ParseError(
                f"The format of {name} tells a “decimalChar” and a “groupChar”, one sign each; "
                "patterns are not understood.",
                description,
            )
    elif not isinstance(format, str):
        raise ParseError(
            f"The format of {name} is no text; only that of a number is an object.", description
        )
    if not isinstance(kind, str):
        raise ParseError(f"The datatype of {name} is no text.", description)
    if kind not in _DATATYPES and URIRef(str(XSD) + kind) not in XSD:
        raise ParseError(f"The datatype “{kind}” of {name} is not one of XML Schema.", description)
