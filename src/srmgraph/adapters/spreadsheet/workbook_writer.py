"""Workbooks (.xlsx) that people like to fill in: help at each heading, lists to choose from.

No text becomes a formula: every text is written as a text, and marked so that it stays one when
somebody edits it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from rdflib import XSD

from srmgraph.adapters.spreadsheet import cells
from srmgraph.adapters.spreadsheet.decode import BASE, LANGUAGE, STATEMENT
from srmgraph.adapters.spreadsheet.encode import Encoded, Written
from srmgraph.adapters.spreadsheet.form import ABOUT, ID, LISTS, OTHER, TYPE, Column, Form
from srmgraph.adapters.spreadsheet.tables import letters
from srmgraph.errors import InputError

LONGEST = 32_767
"""The most characters that a cell holds."""

_MOST_ROWS = 1_048_576
_SPARE = 1000
_COMMENT_WIDTH = 320
_LINE, _HIGHEST, _NARROW = 15, 405, 26
_GUIDE = """
A sheet for each kind of thing, a row for each thing, a column for each thing that can be said of it. Fill in what you know.
Headings in orange with a star are required, those in yellow recommended. Point at a heading to read what it means.

Name: what people call the thing. Other sheets refer to it by this name; write it there exactly as here.
ID: tells two things of one name apart, and stays when the name changes. Without one, it is made of sheet and name.
Several values: each on a line of its own in the cell (Alt+Enter).
Numbers, days, TRUE and FALSE are plain cells. Write values, not formulas.
Another language: "Straße"@de, in quotation marks. Something that has no row here: its IRI, as <https://example.org/it>.
Rows whose ID begins with # are examples. They are not read, and may be deleted.

When you are done:  srmgraph import FILE.xlsx --output FILE.ttl
""".strip()  # noqa: E501

_HEADING = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
_FORMATS: dict[str, dict[str, Any]] = {
    "plain": {**_HEADING, "bg_color": "#D9E2EC"},
    "recommended": {**_HEADING, "bg_color": "#FFE8A3"},
    "required": {**_HEADING, "bg_color": "#F5A65B"},
    "text": {"text_wrap": True, "valign": "top", "num_format": "@"},
    "sign": {"text_wrap": True, "valign": "top", "num_format": "@", "quote_prefix": True},
    "example": {"text_wrap": True, "valign": "top", "italic": True, "font_color": "#7B8794"},
    "date": {"valign": "top", "num_format": "yyyy-mm-dd"},
    "moment": {"valign": "top", "num_format": "yyyy-mm-dd hh:mm:ss"},
    "number": {"valign": "top", "num_format": "General"},
    "title": {"bold": True, "font_size": 14},
    "guide": {"valign": "top"},
}  # fmt: skip
_LEVELS = ("plain", "recommended", "required")


def write(encoded: Encoded, form: Form, examples: Mapping[str, Sequence[str]], file: Path) -> bytes:
    """Return the workbook; the same tables always give the same bytes.

    `examples` are rows to look at, by the titles of their sheets. Raises InputError for more rows
    than a sheet has.
    """
    target = io.BytesIO()
    # What stands in the cells is not to be guessed at; the moment of writing leaves no trace.
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
    )
    book.set_properties({"created": datetime(2000, 1, 1), "title": "Service relationships"})
    writer = _Book(book, form, file)
    writer.about(encoded)
    for written in encoded.sheets:
        writer.sheet(written, examples.get(written.sheet.title))
    writer.others(encoded.others)
    writer.lists()
    book.close()
    return target.getvalue()


class _Book:
    def __init__(self, book: xlsxwriter.Workbook, form: Form, file: Path) -> None:
        self._book, self._form, self._file = book, form, file
        self._formats = {name: book.add_format(said) for name, said in _FORMATS.items()}
        self._lists: dict[tuple[str, ...], int] = {}
        self._decimals: dict[int, Any] = {}

    def about(self, encoded: Encoded) -> None:
        sheet = self._book.add_worksheet(ABOUT)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 125)
        sheet.write_string(0, 0, "Service relationships", self._formats["title"])
        self._text(sheet, 2, 0, BASE, "plain")
        self._text(sheet, 2, 1, encoded.base, "text")
        self._text(sheet, 3, 0, LANGUAGE, "plain")
        self._text(sheet, 3, 1, encoded.language, "text")
        sheet.write_comment(
            2, 0, "With what the IRIs of your things begin. It is to stay the same."
        )
        sheet.write_comment(3, 0, "en, de, …; empty if texts are to have no language.")
        for number, line in enumerate(_GUIDE.splitlines()):
            self._text(sheet, 5 + number, 1, line, "guide")

    def sheet(self, written: Written, example: Sequence[str] | None) -> None:
        form = written.sheet
        columns = written.columns
        shift = 2 if form.has_types else 1
        sheet = self._book.add_worksheet(form.title)
        sheet.freeze_panes(1, shift + 1)
        sheet.set_landscape()
        sheet.repeat_rows(0)
        self._heading(sheet, 0, ID, "plain", "What stays when the name changes. May be left empty.")
        sheet.set_column(0, 0, 22, self._formats["text"])
        if form.has_types:
            self._heading(sheet, 1, TYPE, "plain", f"{form.help}\nEmpty: {next(iter(form.types))}.")
            sheet.set_column(1, 1, 22, self._formats["text"])
            self._choose(sheet, 1, tuple(form.types), "information")
        last = len(written.rows) + 1
        for number, column in enumerate(columns, shift):
            star = " *" if column.required == 2 else ""
            self._heading(sheet, number, column.title + star, _LEVELS[column.required], column.help)
            sheet.set_column(number, number, _width(column), self._format(column))
            self._offer(sheet, number, column)
        first = 1
        if example:
            self._row(sheet, first, example, None, form.has_types)
            first, last = first + 1, last + 1
        if last > _MOST_ROWS:
            raise InputError(
                f"A sheet of a workbook has at most {_MOST_ROWS:,} rows, and {form.title} has "
                f"{last:,}. Write a folder of CSV files instead.",
                self._file,
            )
        for number, row in enumerate(written.rows, first):
            self._row(sheet, number, row, columns, form.has_types)
        sheet.autofilter(0, 0, max(last - 1, 1), shift + len(columns) - 1)

    def others(self, statements: Iterable[tuple[str, str, str]]) -> None:
        sheet = self._book.add_worksheet(OTHER)
        sheet.set_column(0, 1, 36, self._formats["text"])
        sheet.set_column(2, 2, 80, self._formats["text"])
        sheet.freeze_panes(1, 0)
        for number, title in enumerate(STATEMENT):
            self._heading(sheet, number, title, "plain", "What has no place on another sheet.")
        for number, statement in enumerate(statements, 1):
            for place, text in enumerate(statement):
                self._text(sheet, number, place, text, "text")

    def lists(self) -> None:
        sheet = self._book.add_worksheet(LISTS)
        for values, number in self._lists.items():
            for place, text in enumerate(values):
                sheet.write_string(place, number, text)
        sheet.hide()

    def _heading(self, sheet: Any, column: int, title: str, format: str, help: str) -> None:
        sheet.write_string(0, column, title, self._formats[format])
        lines = sum(1 + len(line) // 50 for line in help.splitlines())
        size = {"x_scale": _COMMENT_WIDTH / 128, "height": 24 + 18 * lines}
        sheet.write_comment(0, column, help, size)

    def _offer(self, sheet: Any, number: int, column: Column) -> None:
        """Let a column offer what can be chosen; it insists only where nothing else is right."""
        if column.codes:
            kind = "stop" if column.is_single else "information"
            self._choose(sheet, number, tuple(map(self._form.label, column.codes)), kind)
        elif column.datatype == XSD.boolean:
            self._choose(sheet, number, ("TRUE", "FALSE"), "stop")
        elif column.is_thing and (near := self._form.sheets_near(column.range)):
            name = letters(2 if near[0].has_types else 1)
            source = f"='{near[0].title}'!${name}$2:${name}${_SPARE}"
            self._validate(sheet, number, {"validate": "list", "source": source}, None)

    def _choose(self, sheet: Any, number: int, values: tuple[str, ...], kind: str) -> None:
        place = letters(self._lists.setdefault(values, len(self._lists)))
        source = f"={LISTS}!${place}$1:${place}${len(values)}"
        self._validate(sheet, number, {"validate": "list", "source": source}, kind)

    def _validate(self, sheet: Any, number: int, rule: dict[str, Any], kind: str | None) -> None:
        told = {"show_error": False} if kind is None else {"error_type": kind}
        sheet.data_validation(1, number, _MOST_ROWS - 1, number, rule | told)

    def _row(
        self,
        sheet: Any,
        number: int,
        row: Sequence[str],
        columns: Sequence[Column] | None,
        has_types: bool,
    ) -> None:
        format = "text" if columns is not None else "example"
        # Not every program works out by itself how high a row must be.
        lines = max(map(_lines, row))
        if lines > 1:
            sheet.set_row(number, min(_LINE * lines, _HIGHEST))
        self._text(sheet, number, 0, row[0], format)
        if has_types:
            self._text(sheet, number, 1, row[1], format)
        shift = 2 if has_types else 1
        for place, text in enumerate(row[2:]):
            if not text:
                continue
            column = columns[place] if columns is not None else None
            value = text if column is None else cells.native(text, column)
            if isinstance(value, str):
                self._text(sheet, number, shift + place, text, format)
                continue
            assert column is not None, "only what has a kind is more than a text"
            if isinstance(value, bool):
                sheet.write_boolean(number, shift + place, value)
            elif isinstance(value, date):
                sheet.write_datetime(number, shift + place, value, self._format(column))
            else:
                # As many decimals are shown as there are: what is seen is what is meant.
                decimals = len(text.partition(".")[2])
                sheet.write_number(number, shift + place, value, self._format(column, decimals))

    def _text(self, sheet: Any, row: int, column: int, text: str, format: str) -> None:
        if len(text) > LONGEST:
            raise InputError(
                f"A cell of a workbook holds at most {LONGEST:,} characters, and the text that "
                f"begins “{cells.shortened(text)}” has {len(text):,}. Write a folder of CSV files "
                "instead.",
                self._file,
            )
        if text:
            format = "sign" if text[0] in "=+-@" and format == "text" else format
            sheet.write_string(row, column, text, self._formats[format])

    def _format(self, column: Column, decimals: int | None = None) -> Any:
        if column.datatype == XSD.date:
            return self._formats["date"]
        if column.datatype == XSD.dateTime:
            return self._formats["moment"]
        if column.datatype == XSD.decimal:
            places = column.decimals if decimals is None else decimals
            if places not in self._decimals:
                said = {"valign": "top", "num_format": f"0.{'0' * places}"}
                self._decimals[places] = self._book.add_format(said)
            return self._decimals[places]
        if column.datatype is None or column.is_thing or column.datatype == XSD.string:
            return self._formats["text"]
        return self._formats["number"]


def _lines(text: str) -> int:
    if len(text) <= _NARROW and "\n" not in text:
        return 1
    return sum(1 + len(line) // _NARROW for line in text.split("\n"))


def _width(column: Column) -> int:
    if column.is_thing or column.datatype is None:
        return 30
    return 24 if column.datatype == XSD.string else 18
