"""The same form as a folder of CSV files: one for each sheet, named after it.

Programs for spreadsheets take a text that begins with one of `= + - @` for a formula. Such a text
gets an apostrophe before it, and loses it when it is read; so does one that begins with an
apostrophe before one of these. Sources: RFC 4180; OWASP, “CSV Injection”.
"""

from __future__ import annotations

import codecs
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
_TOLD = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


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


def rows(
    content: bytes, file: Path, delimiter: str | None = None, encoding: str | None = None
) -> Iterable[list[str]]:
    """Return the rows of a CSV file as they stand there; comma, semicolon or tab is found out.

    Without an encoding it is UTF-8, or UTF-16 with a mark at its beginning, as Excel writes it. Of
    a first line such as `sep=;`, by which Excel is told the sign, an empty row is left. Raises
    ParseError for what is not so encoded, or no CSV.
    """
    if len(content) > LARGEST:
        raise ParseError(f"This has {len(content):,} bytes; at most {LARGEST:,} are read.", file)
    decoded = _decoded(content, file, encoding)
    told = _TOLD.match(decoded)
    if told is not None:
        delimiter = delimiter or told[1]
        decoded = decoded[told.end() :]
        yield []
    reader = csv.reader(
        io.StringIO(decoded, newline=""), delimiter=delimiter or _delimiter(decoded), strict=True
    )
    before = csv.field_size_limit(LONGEST)
    try:
        yield from reader
    except csv.Error as error:
        line = reader.line_num + (told is not None)
        raise ParseError(f"This is no CSV: {error}.", file, line) from None
    finally:
        csv.field_size_limit(before)


def _decoded(content: bytes, file: Path, encoding: str | None) -> str:
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    used = encoding or ("utf-16" if is_utf_16 else "utf-8")
    try:
        # A mark at the beginning is none of the text, whoever has named the encoding.
        return content.decode(used).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        name = used.upper()
        raise ParseError(
            f"This is not {name}. Save it as CSV UTF-8, or name its encoding in the description of "
            "its columns, if it has one.",
            file,
            line,
        ) from None
    except LookupError:
        raise ParseError(f"No encoding is called “{used}”.", file) from None


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
    """Return the sign between the cells: of the first line that has one outside quotes, the one
    that occurs most."""
    for line in io.StringIO(content):
        outside = re.sub('"[^"]*"', "", line)
        if any(sign in outside for sign in _DELIMITERS):
            return max(_DELIMITERS, key=outside.count)
    return _DELIMITERS[0]


def _marked(cell: str) -> str:
    return f"'{cell}" if _RISKY.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _unmarked(cell: str) -> str:
    return cell[1:] if _MARKED.match(cell) else cell
