"""The same form as a folder of CSV files: one for each sheet, named after it.

Programs for spreadsheets take a text that begins with one of `= + - @` for a formula. Such a text
gets an apostrophe before it, and loses it when it is read; so does one that begins with an
apostrophe before one of these. Sources: RFC 4180; OWASP, “CSV Injection”.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from srmgraph.adapters.spreadsheet.cells import Value
from srmgraph.adapters.spreadsheet.decode import BASE, LANGUAGE, STATEMENT
from srmgraph.adapters.spreadsheet.encode import Encoded
from srmgraph.adapters.spreadsheet.form import ABOUT, ID, OTHER, TYPE
from srmgraph.adapters.spreadsheet.tables import Faulty, Table
from srmgraph.errors import ParseError
from srmgraph.syntax import read_bytes

LARGEST = 512 * 1024 * 1024
"""The most bytes of a file that are read."""

LONGEST = 10_000_000
"""The most characters of a cell that are read."""

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_MARKED = re.compile(r"'+[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_DELIMITERS = ",;\t"


def read(folder: Path) -> list[Table]:
    """Return the tables of a folder, sorted by name; raises ParseError for what is no CSV."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".csv")
    if not files:
        raise ParseError("This folder holds no file that ends in .csv.", folder)
    return [_table(file) for file in files]


def write(encoded: Encoded, examples: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
    """Return the files by their names; the same tables always give the same bytes."""
    about = [(BASE, encoded.base), (LANGUAGE, encoded.language)]
    files = {file_name(ABOUT): text(about)}
    for written in encoded.sheets:
        has_types = written.sheet.has_types
        head = [ID, *([TYPE] if has_types else []), *(column.title for column in written.columns)]
        rows = [*filter(None, [examples.get(written.sheet.title)]), *written.rows]
        shown = (row if has_types else [row[0], *row[2:]] for row in rows)
        files[file_name(written.sheet.title)] = text([head, *shown])
    files[file_name(OTHER)] = text([STATEMENT, *encoded.others])
    return files


def file_name(title: str) -> str:
    """Return the name of the file of a sheet."""
    return f"{title.lower().replace(' ', '-')}.csv"


def text(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as CSV in UTF-8, with a mark at its beginning that tells programs so."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_marked(cell) for cell in row])
    return target.getvalue().encode("utf-8-sig")


def rows(content: bytes, file: Path, delimiter: str | None = None) -> Iterable[list[str]]:
    """Return the rows of a CSV file as they stand there; comma, semicolon or tab is found out.

    Raises ParseError for what is not UTF-8, or no CSV.
    """
    if len(content) > LARGEST:
        raise ParseError(f"This has {len(content):,} bytes; at most {LARGEST:,} are read.", file)
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ParseError("This is not UTF-8. Save it as CSV UTF-8.", file, line) from None
    reader = csv.reader(
        io.StringIO(decoded, newline=""), delimiter=delimiter or _delimiter(decoded), strict=True
    )
    before = csv.field_size_limit(LONGEST)
    try:
        yield from reader
    except csv.Error as error:
        raise ParseError(f"This is no CSV: {error}.", file, reader.line_num) from None
    finally:
        csv.field_size_limit(before)


def _table(file: Path) -> Table:
    table = Table(file.stem.replace("-", " "), file)
    for number, row in enumerate(rows(read_bytes(file), file), 1):
        values: dict[int, Value | Faulty] = {
            place: _unmarked(cell) for place, cell in enumerate(row) if cell
        }
        if values:
            table.rows.append((number, values))
    return table


def _delimiter(content: str) -> str:
    """Return the sign between the cells of the first line: the one that occurs most outside
    quotes."""
    end = content.find("\n")
    first = re.sub('"[^"]*"', "", content[: end if end >= 0 else len(content)])
    return max(_DELIMITERS, key=lambda sign: first.count(sign))


def _marked(cell: str) -> str:
    return f"'{cell}" if _RISKY.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _unmarked(cell: str) -> str:
    return cell[1:] if _MARKED.match(cell) else cell
