"""From tables to statements; every cell that cannot be understood is told, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import rdflib
from rdflib import RDF, URIRef
from rdflib.term import Node

from srmgraph.adapters.spreadsheet import cells
from srmgraph.adapters.spreadsheet.cells import CellError, Value
from srmgraph.adapters.spreadsheet.form import ABOUT, ID, LISTS, OTHER, TYPE, Column, Form, Sheet
from srmgraph.adapters.spreadsheet.references import References
from srmgraph.adapters.spreadsheet.tables import Faulty, Problem, Table, TableError, letters, place
from srmgraph.errors import ParseError
from srmgraph.terms import Statement

BASE, LANGUAGE = "Base of IRIs", "Language of texts"
"""What the sheet About tells: with what the IRIs of things begin, and in which language texts are
that say nothing of it."""

STATEMENT = ("Thing", "Property", "Value")
"""The titles of the columns of what has no other place."""

COMMENT = "#"
"""With it begins the ID of a row that is only an example."""


@dataclass(slots=True)
class _Row:
    number: int
    texts: dict[int, str]
    faulty: frozenset[int]
    thing: Node | None = None


@dataclass(slots=True)
class _Filled:
    """A sheet of the form as it was filled in: its columns by number, and its rows."""

    sheet: Sheet
    table: Table
    id: int | None = None
    type: int | None = None
    columns: dict[int, Column] = field(default_factory=dict)
    rows: list[_Row] = field(default_factory=list)

    def at(self, column: int) -> str:
        """The title of a column."""
        if column in self.columns:
            return self.columns[column].title
        return {self.id: ID, self.type: TYPE}.get(column, "")


class Decoded:
    """What tables state.

    `notes` tell what was left out. Raises TableError for what cannot be understood.
    """

    def __init__(self, tables: Sequence[Table], form: Form, base: str | None, file: Path) -> None:
        self._form, self._file = form, file
        self._problems: list[Problem] = []
        left_out: list[Problem] = []
        titles = {sheet.title.lower(): sheet for sheet in form.sheets}
        others: list[Table] = []
        self._filled: list[_Filled] = []
        settings: dict[str, str] = {}
        for table in tables:
            title = table.title.strip().lower()
            if title in titles:
                self._filled.append(self._head(titles[title], table))
            elif title == ABOUT.lower():
                settings = _settings(table)
            elif title == OTHER.lower():
                others.append(table)
            elif title != LISTS.lower() and table.rows:
                left_out.append(Problem(table.file, table.title, 0, "", "", _left_out(form)))
        self.notes = [str(problem) for problem in left_out]
        self._language = settings.get(LANGUAGE, "")
        self.references = References(form, _whole_base(base or settings.get(BASE, ""), file))
        self._rows_of: dict[Node, list[tuple[_Filled, _Row]]] = {}
        for filled in self._filled:
            self._identify(filled)
        self.statements: set[Statement] = set()
        for filled in self._filled:
            self.statements.update(self._state(filled))
        for table in others:
            self.statements.update(self._state_others(table))
        if self._problems:
            # A sheet that was renamed is often why other sheets name what is not there.
            self._problems += left_out
            order = {table.title: number for number, table in enumerate(tables)}
            raise TableError(
                sorted(self._problems, key=lambda p: (order[p.sheet], p.row, len(p.column), p))
            )

    def place(self, thing: Node, properties: Iterable[Node]) -> tuple[Path, int, str] | None:
        """Return the file, the row and the words for where one of the properties of a thing has a
        cell, or else the thing itself; None for what has no row.

        A cell that is filled comes before one that is empty, and a property before those after it;
        a column of the form that somebody has removed is told as missing.
        """
        rows = self._rows_of.get(thing)
        if not rows:
            return None
        wanted = {name: order for order, name in enumerate(properties)}
        found = [
            (number not in row.texts, wanted[column.property], filled, row, number)
            for filled, row in rows
            for number, column in filled.columns.items()
            if column.property in wanted
        ]
        best = min(found, key=lambda one: one[:2], default=None)
        if best is None or best[:2] > (True, 0):
            for filled, row in rows:
                for own in filled.sheet.columns:
                    if wanted.get(own.property) == 0:
                        where = place(filled.table.file, filled.table.title, row.number, "", "")
                        words = f"{where}, which has no column {own.title}"
                        return filled.table.file, row.number, words
        filled, row, number = best[2:] if best else (*rows[0], rows[0][0].id or 0)
        return filled.table.file, row.number, self._words(filled, row.number, number)

    def _words(self, filled: _Filled, row: int, column: int) -> str:
        table = filled.table
        return place(table.file, table.title, row, letters(column), filled.at(column))

    def _head(self, sheet: Sheet, table: Table) -> _Filled:
        """Find out which property each column is."""
        filled = _Filled(sheet, table)
        if not table.rows:
            return filled
        row, titles = table.rows[0]
        own = {column.title.lower(): column for column in sheet.columns}
        seen: dict[object, int] = {}
        for number, value in titles.items():
            if isinstance(value, Faulty):
                self._tell(filled, row, number, value.reason)
                continue
            title = str(value).strip().rstrip("*").strip()
            key: object = title
            if title == ID:
                filled.id = number
            elif title == TYPE:
                filled.type = number
            else:
                column = own.get(title.lower()) or self._foreign(title, sheet)
                if column is None:
                    self._tell(
                        filled,
                        row,
                        number,
                        f"No property is called “{cells.shortened(title)}”. Correct the heading, "
                        "or remove the column.",
                    )
                    continue
                filled.columns[number] = column
                key = column.property
            if key in seen:
                self._tell(
                    filled, row, number, f"The column {letters(seen[key])} has the same heading."
                )
            seen[key] = number
        for row, values in table.rows[1:]:
            found = self._texts(filled, row, values)
            id = "" if filled.id is None else found.get(filled.id, "")
            if found and not id.startswith(COMMENT):
                faulty = (n for n, value in values.items() if isinstance(value, Faulty))
                filled.rows.append(_Row(row, found, frozenset(faulty)))
        return filled

    def _foreign(self, title: str, sheet: Sheet) -> Column | None:
        """Return a column that the sheet does not have of itself."""
        property = self._form.properties.get(title.lower())
        if property is None:
            try:
                named = References(self._form, "").thing(title)
            except CellError:
                return None
            if not isinstance(named, URIRef):
                return None
            property = named
        return self._form.column(property, sheet.cls)

    def _texts(
        self, filled: _Filled, row: int, values: dict[int, Value | Faulty]
    ) -> dict[int, str]:
        texts: dict[int, str] = {}
        for number, value in values.items():
            if isinstance(value, Faulty):
                self._tell(filled, row, number, value.reason)
                continue
            try:
                text = cells.text_of(value, filled.columns.get(number))
            except CellError as error:
                self._tell(filled, row, number, str(error))
                continue
            if not text.strip():
                continue
            if number not in filled.columns and number not in (filled.id, filled.type):
                if number not in filled.table.rows[0][1]:
                    self._tell(
                        filled, row, number, "This column has no heading: give it one, or clear it."
                    )
                continue
            texts[number] = text
        return texts

    def _identify(self, filled: _Filled) -> None:
        """Give each row its thing, and let it be known by ID and names."""
        names = next((n for n, c in filled.columns.items() if c == filled.sheet.columns[0]), None)
        seen: dict[Node, int] = {}
        for row in filled.rows:
            id = "" if filled.id is None else row.texts.get(filled.id, "").strip()
            called = list(self._names(row.texts.get(names, "") if names is not None else ""))
            try:
                if id:
                    row.thing = self.references.thing(id)
                    if isinstance(row.thing, rdflib.Literal):
                        raise CellError("A text in quotation marks is no ID.")
                elif called:
                    row.thing = self.references.mint(filled.sheet, called[0])
                elif row.faulty & {filled.id, names}:
                    continue  # What is wrong with its ID or its name has been told.
                else:
                    raise CellError("This row has neither an ID nor a name: give it one of them.")
                if row.thing in seen:
                    what = "ID" if id else "name"
                    raise CellError(
                        f"Row {seen[row.thing]} has the same {what}. Join the two rows, or give "
                        f"each {'its own ID' if id else 'an ID, or names that differ'}."
                    )
            except CellError as error:
                row.thing = None
                number = filled.id if id or names is None else names
                self._tell(filled, row.number, number or 0, str(error))
                continue
            seen[row.thing] = row.number
            self._rows_of.setdefault(row.thing, []).append((filled, row))
            self.references.add(filled.sheet, row.thing, id, called)

    def _names(self, text: str) -> Iterator[str]:
        for item in cells.items(text):
            try:
                explicit = cells.explicit(item)
            except CellError:
                explicit = None
            yield item if explicit is None else str(explicit)

    def _state(self, filled: _Filled) -> Iterator[Statement]:
        sheet, find, language = filled.sheet, self.references.find, self._language
        for row in filled.rows:
            thing = row.thing
            if thing is None:
                continue
            is_typed = False
            for number, text in row.texts.items():
                if number == filled.id:
                    continue
                column = filled.columns.get(number)
                try:
                    for item in cells.items(text):
                        if column is None:
                            yield thing, RDF.type, self._type(item, sheet)
                            is_typed = True
                        elif column.is_thing:
                            yield thing, column.property, find(item, column)
                        else:
                            yield thing, column.property, cells.value(item, column, language)
                except CellError as error:
                    self._tell(filled, row.number, number, str(error))
            if not is_typed:
                yield thing, RDF.type, sheet.cls

    def _type(self, item: str, sheet: Sheet) -> Node:
        found = sheet.types.get(item) or cells.explicit(item) or self.references.prefixed(item)
        if found is None:
            choices = ", ".join(sheet.types)
            raise CellError(
                f"“{cells.shortened(item)}” is no type of this sheet. Choose one of: {choices}."
            )
        return found

    def _state_others(self, table: Table) -> Iterator[Statement]:
        if not table.rows:
            return
        titles = {str(value).strip(): number for number, value in table.rows[0][1].items()}
        if missing := [title for title in STATEMENT if title not in titles]:
            self._problems.append(
                Problem(
                    *(table.file, table.title, table.rows[0][0], "", ""),
                    f"The heading {missing[0]} is missing. There are: {', '.join(STATEMENT)}.",
                )
            )
            return
        for row, values in table.rows[1:]:
            terms: list[Node] = []
            for title in STATEMENT:
                value = values.get(titles[title], "")
                try:
                    if isinstance(value, Faulty):
                        raise CellError(value.reason)
                    text = cells.text_of(value, None).strip()
                    terms.append(self._term(text, title))
                except CellError as error:
                    column = letters(titles[title])
                    self._problems.append(
                        Problem(table.file, table.title, row, column, title, str(error))
                    )
            if len(terms) == len(STATEMENT):
                yield terms[0], terms[1], terms[2]

    def _term(self, text: str, title: str) -> Node:
        if not text:
            raise CellError(f"The {title.lower()} is missing. A statement has all three.")
        term = self.references.thing(text)
        if title == STATEMENT[1] and not isinstance(term, URIRef):
            raise CellError("A property is an IRI: write one with a prefix, or as <…>.")
        if title == STATEMENT[0] and isinstance(term, rdflib.Literal):
            raise CellError("A text can be the value of a statement, but not what it is about.")
        return term

    def _tell(self, filled: _Filled, row: int, column: int, message: str) -> None:
        table = filled.table
        title = filled.at(column)
        self._problems.append(
            Problem(table.file, table.title, row, letters(column), title, message)
        )


def _left_out(form: Form) -> str:
    known = ", ".join(sheet.title for sheet in form.sheets)
    return (
        "This sheet is not part of the form and is left out. Give it the name that it should have, "
        f"if it is one of these: {known}."
    )


def _settings(table: Table) -> dict[str, str]:
    found: dict[str, str] = {}
    for _, values in table.rows:
        key, value = values.get(0), values.get(1)
        if isinstance(key, str) and isinstance(value, str):
            found[key.strip()] = value.strip()
    return found


def _whole_base(text: str, file: Path) -> str:
    if not text:
        return ""
    base = text if text.endswith(("/", "#", ":")) else f"{text}/"
    try:
        cells.explicit(f"<{base}>")
    except CellError:
        raise ParseError(
            f"“{cells.shortened(text)}” is no IRI with which others can begin. Write one like "
            f"https://example.org/acme/ on the sheet {ABOUT}, or with --base-iri.",
            file,
        ) from None
    return base
