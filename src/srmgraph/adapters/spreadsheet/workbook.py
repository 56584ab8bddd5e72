"""Workbooks (.xlsx) read with suspicion: what each cell holds, and nothing else.

Formulas are not taken for values: what one was worth when a program last worked it out, if any did,
is not what the file says. Sources: ECMA-376 part 1, SpreadsheetML; part 2, Open Packaging.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from xml.parsers import expat

from srmgraph.adapters.spreadsheet.cells import Value
from srmgraph.adapters.spreadsheet.tables import Faulty, Table, number
from srmgraph.errors import ParseError

LARGEST = 512 * 1024 * 1024
"""The most bytes of a workbook when it is unpacked. 100,000 full rows have 100 million."""

_MOST_CELLS = 8_000_000
_MOST_ENTRIES = 5000
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_RATIO, _SMALL = 200, 16 * 1024 * 1024
_SIGNATURE, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
# Which of the formats that have no text of their own show a day, and which of them a time of day.
_DAYS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NOT_DATE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_DATE_LETTERS = re.compile(r"[dmyhs]", re.IGNORECASE)
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_NO_DTD = (
    "A document type or an entity is declared in it. No workbook needs one, and it could make the "
    "reader open other files."
)


def read(content: bytes, file: Path, largest: int = LARGEST) -> list[Table]:
    """Return the sheets of a workbook, in their order.

    Raises ParseError for what is no workbook, or is larger than is reasonable.
    """
    if content.startswith(_OLD):
        raise ParseError(
            "This is a workbook of the old kind (.xls) or one with a password. Open it and save it "
            "as .xlsx, without a password.",
            file,
        )
    if not content.startswith(_SIGNATURE):
        raise ParseError("This is no workbook: an .xlsx is a zip, and this is none.", file)
    package = _Package(content, file, largest)
    return _Workbook(package, file).tables()


class _Package:
    """The parts of a zip, each unpacked when it is asked for, within what is allowed in all."""

    def __init__(self, content: bytes, file: Path, largest: int) -> None:
        self._file, self._size = file, len(content)
        self._room = self._largest = largest
        with _zip_errors(file):
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        entries = self._zip.infolist()
        if len(entries) > _MOST_ENTRIES:
            raise ParseError(f"This workbook has more than {_MOST_ENTRIES:,} parts.", file)
        self._names = {entry.filename: entry for entry in entries}
        claimed = sum(entry.file_size for entry in entries)
        if claimed > largest or claimed > max(_SMALL, _RATIO * self._size):
            raise self._too_large()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def part(self, name: str) -> bytes:
        """Return a part; raises ParseError when there is none, or it is too large."""
        if name not in self._names:
            raise ParseError(f"This is no workbook: it has no part {name}.", self._file)
        with _zip_errors(self._file), self._zip.open(self._names[name]) as stream:
            # What the zip says of sizes may be a lie: so much is read, and no more.
            content = stream.read(self._room + 1)
        self._room -= len(content)
        if self._room < 0:
            raise self._too_large()
        return content

    def _too_large(self) -> ParseError:
        return ParseError(
            f"Unpacked, this workbook of {self._size:,} bytes is too large: at most "
            f"{self._largest:,} bytes, and {_RATIO} for each byte packed, are read. If it is what "
            "it seems to be, split it.",
            self._file,
        )


class _zip_errors:
    """Turns what zipfile raises into ParseError."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        known = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError)
        if isinstance(error, (*known, ValueError)) or type(error).__name__ == "error":
            raise ParseError(f"This workbook cannot be unpacked: {error}.", self._file) from error


class _Workbook:
    def __init__(self, package: _Package, file: Path) -> None:
        self._package, self._file = package, file
        main = self._target("_rels/.rels", "", "officeDocument") or "xl/workbook.xml"
        self._sheets: list[tuple[str, str]] = []
        self._epoch = datetime(1899, 12, 30)
        _parse(package.part(main), self._workbook_element, file=file)
        folder, name = posixpath.split(main)
        self._relations = f"{folder}/_rels/{name}.rels"
        self._folder = folder
        self._strings: list[str] = []
        self._is_date: list[bool] = []

    def tables(self) -> list[Table]:
        strings = self._target(self._relations, self._folder, "sharedStrings")
        if strings in self._package:
            reader = _Strings()
            _parse(self._package.part(strings), reader.start, reader.end, reader.text, self._file)
            self._strings = reader.found
        styles = self._target(self._relations, self._folder, "styles")
        if styles in self._package:
            formats = _Styles()
            _parse(self._package.part(styles), formats.start, formats.end, file=self._file)
            self._is_date = formats.found()
        targets = self._targets(self._relations, self._folder)
        tables = []
        for title, relation in self._sheets:
            kind, target = targets.get(relation, ("", ""))
            # Charts and dialogs are sheets too.
            if kind == "worksheet":
                tables.append(self._table(title, target))
        return tables

    def _table(self, title: str, part: str) -> Table:
        table = Table(title, self._file)
        cells = _Cells(table, self._strings, self._is_date, self._epoch)
        _parse(self._package.part(part), cells.start, cells.end, cells.text, self._file)
        table.rows = [(row, cells.rows[row]) for row in sorted(cells.rows)]
        return table

    def _workbook_element(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            relation = next((v for k, v in attributes.items() if k.endswith(" id")), "")
            self._sheets.append((attributes.get("name", ""), relation))
        elif name == "workbookPr" and attributes.get("date1904", "0") in ("1", "true"):
            self._epoch = datetime(1904, 1, 1)

    def _targets(self, relations: str, folder: str) -> dict[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}

        def element(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                whole = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = (kind, whole)

        if relations in self._package:
            _parse(self._package.part(relations), element, file=self._file)
        return found

    def _target(self, relations: str, folder: str, wanted: str) -> str:
        targets = self._targets(relations, folder).values()
        return next((target for kind, target in targets if kind == wanted), "")


class _Strings:
    """The texts that cells share; what tells how to pronounce them is left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._inside = self._aside = False

    def start(self, name: str, _: dict[str, str]) -> None:
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._aside = True
        elif name == "t":
            self._inside = not self._aside

    def end(self, name: str) -> None:
        if name == "t":
            self._inside = False
        elif name == "rPh":
            self._aside = False
        elif name == "si":
            self.found.append(_text("".join(self._parts)))

    def text(self, text: str) -> None:
        if self._inside:
            self._parts.append(text)


class _Styles:
    """Which of the styles of cells show a number as a day."""

    def __init__(self) -> None:
        self._own: dict[int, bool] = {}
        self._cells: list[int] = []
        self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            shown = _NOT_DATE.sub("", attributes.get("formatCode", ""))
            self._own[_whole(attributes.get("numFmtId"))] = bool(_DATE_LETTERS.search(shown))
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            self._cells.append(_whole(attributes.get("numFmtId")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False

    def found(self) -> list[bool]:
        return [self._own.get(format, format in _DAYS) for format in self._cells]


class _Cells:
    """The cells of a sheet."""

    def __init__(
        self, table: Table, strings: list[str], is_date: list[bool], epoch: datetime
    ) -> None:
        self.rows: dict[int, dict[int, Value | Faulty]] = {}
        self._strings, self._is_date, self._epoch = strings, is_date, epoch
        self._file, self._title = table.file, table.title
        self._row, self._column, self._count = 0, -1, 0
        self._kind, self._style = "n", 0
        self._parts: list[str] = []
        self._formula: list[str] | None = None
        self._inside = self._aside = self._in_formula = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._begin(attributes)
        elif name in ("v", "t"):
            self._inside = not self._aside
        elif name == "f":
            self._formula, self._in_formula = [], True
        elif name == "rPh":
            self._aside = True
        elif name == "row":
            row = attributes.get("r")
            self._row = self._row + 1 if row is None else _whole(row)
            self._column = -1

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._inside = False
        elif name == "f":
            self._in_formula = False
        elif name == "rPh":
            self._aside = False
        elif name == "c" and (self._parts or self._formula is not None):
            value = self._value("".join(self._parts))
            if value != "":
                if not (0 < self._row <= _MOST_ROWS and 0 <= self._column < _MOST_COLUMNS):
                    raise ParseError(
                        f"The sheet {self._title} has a cell in row {self._row}, column "
                        f"{self._column + 1}, where no sheet has one.",
                        self._file,
                    )
                self._count += 1
                if self._count > _MOST_CELLS:
                    raise ParseError(
                        f"The sheet {self._title} has more than {_MOST_CELLS:,} cells. Split it.",
                        self._file,
                    )
                self.rows.setdefault(self._row, {})[self._column] = value

    def text(self, text: str) -> None:
        if self._inside:
            self._parts.append(text)
        elif self._in_formula and self._formula is not None:
            self._formula.append(text)

    def _begin(self, attributes: dict[str, str]) -> None:
        self._parts, self._formula = [], None
        self._kind = attributes.get("t", "n")
        self._style = _whole(attributes.get("s"))
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        if found:
            self._column, self._row = number(found[1]), int(found[2])
        else:
            self._column += 1

    def _value(self, text: str) -> Value | Faulty:
        if self._formula is not None:
            # LibreOffice writes truth values so.
            formula = "".join(self._formula).strip().upper()
            if formula in ("TRUE()", "FALSE()"):
                return formula == "TRUE()"
            return Faulty(
                "This is a formula. What it is worth depends on when and where it is worked out: "
                "copy the cell and paste its value in its place (Paste special, Values)."
            )
        try:
            if self._kind == "s":
                return self._strings[int(text)]
            if self._kind in ("str", "inlineStr"):
                return _text(text)
            if self._kind == "b":
                return text.strip() in ("1", "true")
            if self._kind == "e":
                return Faulty(f"This is the error {text}. Write the value that is meant.")
            if self._kind == "d":
                return datetime.fromisoformat(text)
            if not text.strip():
                return ""
            amount = float(text)
            if self._style < len(self._is_date) and self._is_date[self._style]:
                return self._day(amount)
            if amount - amount != 0:
                raise ValueError
            return amount
        except (ValueError, IndexError, OverflowError):
            return Faulty(f"The file is damaged here: “{text[:40]}” is not what it says it is.")

    def _day(self, serial: float) -> datetime:
        # Some programs count a day in 1900 that never was, and disagree on those before it.
        if serial < 61 and self._epoch.year != 1904:
            raise ValueError
        return self._epoch + timedelta(milliseconds=round(serial * 86_400_000))


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 9 else 0


def _text(text: str) -> str:
    if "_x" in text:
        return _ESCAPED.sub(_unescaped, text)
    return text


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if 0xD800 <= code < 0xE000 else chr(code)


def _parse(
    content: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
    file: Path | None = None,
) -> None:
    """Call `start`, `end` and `text` for the elements of a part, by their names without
    namespaces."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: object) -> int:
        raise ParseError(_NO_DTD, file)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    local: dict[str, str] = {}

    def named(name: str) -> str:
        found = local.get(name)
        if found is None:
            found = local[name] = name.rpartition(" ")[2]
        return found

    parser.StartElementHandler = lambda name, attributes: start(named(name), attributes)
    if end is not None:
        finish = end
        parser.EndElementHandler = lambda name: finish(named(name))
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ParseError(
            f"This workbook is damaged: {expat.errors.messages.get(error.code, 'not XML')}.", file
        ) from None
    except (ValueError, LookupError) as error:
        # Of encodings, expat asks Python for those that it does not know itself.
        raise ParseError(f"This workbook is damaged: {error}.", file) from None
